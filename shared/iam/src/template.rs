//! The roles of a CloudFormation template, as they will be. Entry function: [`roles`].
//!
//! Invariant: an intrinsic or a property that is not understood is an error: a role is read whole or not at all.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::document::{Policy, PolicyError};
use crate::evaluate::Principal;

/// Where a template is deployed, and with which parameters.
#[derive(Debug, Clone)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// Parameters that differ from their defaults.
    pub parameters: BTreeMap<String, String>,
}

/// A role as a template makes it.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its logical id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Who may assume it.
    pub trust: Policy,
    /// What it may do.
    pub principal: Principal,
    /// Its own policies as they will be written, for other tools.
    pub documents: Vec<Value>,
}

/// Why a template's roles cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Something in it is not understood.
    #[error("`{at}`: {why}")]
    NotUnderstood {
        /// The resource or property.
        at: String,
        /// What about it.
        why: String,
    },
    /// A policy in it is malformed.
    #[error("the policies of `{at}`")]
    Policy {
        /// The resource.
        at: String,
        /// Why.
        source: PolicyError,
    },
}

fn not_understood(at: &str, why: impl Into<String>) -> TemplateError {
    TemplateError::NotUnderstood { at: at.to_owned(), why: why.into() }
}

/// The roles of a template whose conditions hold, in the order of their ids.
///
/// # Errors
/// Something that a role depends on is not understood.
pub fn roles(template: &Value, place: &Place) -> Result<Vec<Role>, TemplateError> {
    let reader = Reader { template, place };
    let mut found: BTreeMap<String, Role> = BTreeMap::new();
    for (id, resource) in reader.resources_of("AWS::IAM::Role")? {
        found.insert(id.to_owned(), reader.role(id, resource)?);
    }
    // Policies that name their roles instead of being named by them.
    for kind in ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"] {
        for (id, resource) in reader.resources_of(kind)? {
            let properties = reader.properties(id, resource)?;
            let names = properties.get("Roles").or_else(|| properties.get("RoleName"));
            for name in names.map(list).unwrap_or_default() {
                let name = name.as_str().unwrap_or_default();
                let attached = found.values_mut().find(|r| r.arn.ends_with(&format!("role/{name}")));
                let role = attached.ok_or_else(|| not_understood(id, format!("no role `{name}` to attach it to")))?;
                role.principal.identity.push(policy(id, properties.get("PolicyDocument"))?);
                role.documents.extend(properties.get("PolicyDocument").cloned());
            }
        }
    }
    Ok(found.into_values().collect())
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn policy(at: &str, document: Option<&Value>) -> Result<Policy, TemplateError> {
    Policy::of(document.unwrap_or(&Value::Null)).map_err(|source| TemplateError::Policy { at: at.to_owned(), source })
}

struct Reader<'a> {
    template: &'a Value,
    place: &'a Place,
}

impl<'a> Reader<'a> {
    /// Resources of a type whose condition holds.
    fn resources_of(&self, kind: &str) -> Result<Vec<(&'a str, &'a Value)>, TemplateError> {
        let mut found = Vec::new();
        for (id, resource) in self.template.get("Resources").and_then(Value::as_object).into_iter().flatten() {
            if resource.get("Type").and_then(Value::as_str) != Some(kind) {
                continue;
            }
            let holds = match resource.get("Condition").and_then(Value::as_str) {
                Some(name) => self.condition(name)?,
                None => true,
            };
            if holds {
                found.push((id.as_str(), resource));
            }
        }
        Ok(found)
    }

    fn properties(&self, id: &str, resource: &Value) -> Result<Map<String, Value>, TemplateError> {
        let properties = self.resolve(id, resource.get("Properties").unwrap_or(&Value::Null))?;
        match properties {
            Some(Value::Object(map)) => Ok(map),
            _ => Err(not_understood(id, "it has no properties")),
        }
    }

    fn role(&self, id: &str, resource: &Value) -> Result<Role, TemplateError> {
        let properties = self.properties(id, resource)?;
        let (mut identity, mut documents) = (Vec::new(), Vec::new());
        for inline in properties.get("Policies").map(list).unwrap_or_default() {
            identity.push(policy(id, inline.get("PolicyDocument"))?);
            documents.extend(inline.get("PolicyDocument").cloned());
        }
        for arn in properties.get("ManagedPolicyArns").map(list).unwrap_or_default() {
            identity.push(self.managed(id, arn)?);
        }
        let boundary = properties.get("PermissionsBoundary").map(|arn| self.managed(id, arn)).transpose()?;
        Ok(Role {
            id: id.to_owned(),
            arn: self.arn(id)?,
            trust: policy(id, properties.get("AssumeRolePolicyDocument"))?,
            principal: Principal { identity, boundary, ..Principal::default() },
            documents,
        })
    }

    /// A managed policy of the same template.
    fn managed(&self, at: &str, arn: &Value) -> Result<Policy, TemplateError> {
        let wanted = arn.as_str().unwrap_or_default();
        for (id, resource) in self.resources_of("AWS::IAM::ManagedPolicy")? {
            if self.arn(id)? == wanted {
                return policy(id, self.properties(id, resource)?.get("PolicyDocument"));
            }
        }
        Err(not_understood(at, format!("the policy `{wanted}` is not of this template")))
    }

    /// A value without intrinsics; `None` for `AWS::NoValue`.
    fn resolve(&self, at: &str, value: &Value) -> Result<Option<Value>, TemplateError> {
        match value {
            Value::Array(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for item in items {
                    resolved.extend(self.resolve(at, item)?);
                }
                Ok(Some(Value::Array(resolved)))
            }
            Value::Object(map) => {
                if let (1, Some((key, inner))) = (map.len(), map.iter().next())
                    && (key == "Ref" || key.starts_with("Fn::"))
                {
                    return self.intrinsic(at, key, inner);
                }
                let mut resolved = Map::new();
                for (key, inner) in map {
                    if let Some(inner) = self.resolve(at, inner)? {
                        resolved.insert(key.clone(), inner);
                    }
                }
                Ok(Some(Value::Object(resolved)))
            }
            other => Ok(Some(other.clone())),
        }
    }

    fn intrinsic(&self, at: &str, key: &str, inner: &Value) -> Result<Option<Value>, TemplateError> {
        let text = |t: String| Ok(Some(Value::String(t)));
        match (key, inner) {
            ("Ref", Value::String(name)) if name == "AWS::NoValue" => Ok(None),
            ("Ref", Value::String(name)) => text(self.reference(at, name)?),
            ("Fn::GetAtt", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(id), Value::String(attribute)] => text(self.attribute(id, attribute)?),
                _ => Err(not_understood(at, "an attribute without a name")),
            },
            ("Fn::Sub", Value::String(pattern)) => text(self.substitute(at, pattern)?),
            ("Fn::If", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(name), yes, no] => self.resolve(at, if self.condition(name)? { yes } else { no }),
                _ => Err(not_understood(at, "a choice without its parts")),
            },
            ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(between), Value::Array(items)] => {
                    let items = self.resolve(at, &Value::Array(items.clone()))?;
                    let items: Vec<&str> =
                        items.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
                    text(items.join(between))
                }
                _ => Err(not_understood(at, "a join without its parts")),
            },
            // Whatever else only describes things that no policy depends on is kept as a name nobody else has.
            ("Fn::Split" | "Fn::Select" | "Fn::Base64" | "Fn::FindInMap" | "Fn::ImportValue", _) => text(format!("<{key}>")),
            _ => Err(not_understood(at, format!("the intrinsic `{key}`"))),
        }
    }

    fn reference(&self, at: &str, name: &str) -> Result<String, TemplateError> {
        let place = self.place;
        Ok(match name {
            "AWS::Partition" => place.partition.clone(),
            "AWS::Region" => place.region.clone(),
            "AWS::AccountId" => place.account.clone(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => "stack".to_owned(),
            "AWS::StackId" => format!("arn:{}:cloudformation:{}:{}:stack/stack/id", place.partition, place.region, place.account),
            _ => {
                if let Some(value) = self.parameter(name) {
                    return Ok(value);
                }
                let kind = self.kind(name).ok_or_else(|| not_understood(at, format!("nothing is called `{name}`")))?;
                // What `Ref` means depends on the type: a name, or an ARN.
                match kind {
                    "AWS::IAM::Role"
                    | "AWS::DynamoDB::Table"
                    | "AWS::Logs::LogGroup"
                    | "AWS::Lambda::Function"
                    | "AWS::Serverless::Function" => {
                        let arn = self.arn(name)?;
                        arn.trim_end_matches(":*").rsplit(['/', ':']).next().unwrap_or_default().to_owned()
                    }
                    _ => self.arn(name)?,
                }
            }
        })
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let given = self.place.parameters.get(name).cloned();
        let declared = self.template.pointer(&format!("/Parameters/{name}"))?;
        given.or_else(|| match declared.get("Default") {
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
            None => Some(format!("<{name}>")),
        })
    }

    fn kind(&self, id: &str) -> Option<&'a str> {
        self.template.get("Resources")?.get(id)?.get("Type")?.as_str()
    }

    fn attribute(&self, id: &str, attribute: &str) -> Result<String, TemplateError> {
        let arn = self.arn(id)?;
        Ok(match attribute {
            "Arn" | "RoleArn" | "TopicArn" => arn,
            "StreamArn" => format!("{arn}/stream/latest"),
            other => format!("{arn}/{other}"),
        })
    }

    /// The ARN of a resource, by the name it is given; by its logical id where it is given none.
    fn arn(&self, id: &str) -> Result<String, TemplateError> {
        let kind = self.kind(id).ok_or_else(|| not_understood(id, "there is no such resource"))?;
        let resource = self.template.pointer(&format!("/Resources/{id}/Properties"));
        let name = |property: &str| -> Result<String, TemplateError> {
            let given = resource.and_then(|r| r.get(property)).map(|v| self.resolve(id, v)).transpose()?.flatten();
            Ok(given.and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_else(|| id.to_owned()))
        };
        let (service, path, global) = match kind {
            "AWS::IAM::Role" => ("iam", format!("role/{}", name("RoleName")?), true),
            "AWS::IAM::ManagedPolicy" => ("iam", format!("policy/{}", name("ManagedPolicyName")?), true),
            "AWS::DynamoDB::Table" => ("dynamodb", format!("table/{}", name("TableName")?), false),
            "AWS::Lambda::Function" | "AWS::Serverless::Function" => ("lambda", format!("function:{}", name("FunctionName")?), false),
            "AWS::Logs::LogGroup" => ("logs", format!("log-group:{}:*", name("LogGroupName")?), false),
            "AWS::SNS::Topic" => ("sns", name("TopicName")?, false),
            "AWS::SQS::Queue" => ("sqs", name("QueueName")?, false),
            "AWS::S3::Bucket" => return Ok(format!("arn:{}:s3:::{}", self.place.partition, name("BucketName")?)),
            "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine" => {
                ("states", format!("stateMachine:{}", name("StateMachineName")?), false)
            }
            other => {
                let service = other.split("::").nth(1).unwrap_or_default().to_lowercase();
                return Ok(format!("arn:{}:{service}:{}:{}:{id}", self.place.partition, self.place.region, self.place.account));
            }
        };
        let region = if global { "" } else { &self.place.region };
        Ok(format!("arn:{}:{service}:{region}:{}:{path}", self.place.partition, self.place.account))
    }

    fn substitute(&self, at: &str, pattern: &str) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, tail)) = rest.split_once("${") {
            out.push_str(before);
            let (name, after) = tail.split_once('}').ok_or_else(|| not_understood(at, "a placeholder without an end"))?;
            match (name.strip_prefix('!'), name.split_once('.')) {
                // A policy variable of IAM's own.
                (Some(literal), _) => out.push_str(&format!("${{{literal}}}")),
                (None, Some((id, attribute))) => out.push_str(&self.attribute(id, attribute)?),
                (None, None) => out.push_str(&self.reference(at, name)?),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        let value =
            self.template.pointer(&format!("/Conditions/{name}")).ok_or_else(|| not_understood(name, "there is no such condition"))?;
        self.holds(name, value)
    }

    fn holds(&self, at: &str, value: &Value) -> Result<bool, TemplateError> {
        let Some((key, inner)) = value.as_object().and_then(|m| m.iter().next()) else {
            return Err(not_understood(at, "a condition that is none"));
        };
        let parts = inner.as_array().map(Vec::as_slice).unwrap_or_default();
        match (key.as_str(), parts) {
            ("Fn::Equals", [left, right]) => Ok(self.resolve(at, left)? == self.resolve(at, right)?),
            ("Fn::Not", [one]) => Ok(!self.holds(at, one)?),
            ("Fn::And", parts) => parts.iter().try_fold(true, |all, one| Ok(all && self.holds(at, one)?)),
            ("Fn::Or", parts) => parts.iter().try_fold(false, |any, one| Ok(any || self.holds(at, one)?)),
            ("Condition", _) => self.condition(inner.as_str().unwrap_or_default()),
            _ => Err(not_understood(at, format!("the condition `{key}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Decision, Doubt};

    const TEMPLATE: &str = r#"
Parameters: {Prefix: {Type: String, Default: fleet}, Org: {Type: String, Default: ""}}
Conditions: {Inside: !Not [!Equals [!Ref Org, ""]]}
Resources:
  Table: {Type: 'AWS::DynamoDB::Table', Properties: {TableName: !Sub '${Prefix}-t'}}
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Properties: {ManagedPolicyName: limit, PolicyDocument: {Statement: [{Effect: Allow, Action: 'dynamodb:Get*', Resource: '*'}]}}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '${Prefix}-reader'
      PermissionsBoundary: !Ref Limit
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: 'dynamodb:*', Resource: !GetAtt Table.Arn, Condition: !If [Inside, {StringEquals: {'aws:ResourceOrgID': [!Ref Org]}}, !Ref AWS::NoValue]}
"#;

    fn place(org: &str) -> Place {
        let parameters = BTreeMap::from([("Org".to_owned(), org.to_owned())]);
        Place { partition: "aws".into(), region: "eu-west-1".into(), account: "111122223333".into(), parameters }
    }

    #[test]
    fn roles_come_with_their_names_policies_and_boundaries() {
        let template = crate::yaml::parse(TEMPLATE).unwrap();
        let role = roles(&template, &place("")).unwrap().pop().unwrap();
        assert_eq!(role.arn, "arn:aws:iam::111122223333:role/fleet-reader");
        let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/fleet-t";
        let decide = |action| role.principal.decide(action, table, &Context::default(), Doubt::Denies);
        assert_eq!(decide("dynamodb:GetItem"), Decision::Allowed);
        assert_eq!(decide("dynamodb:PutItem"), Decision::NotAllowed, "the boundary");
        let inside = roles(&template, &place("o-abc")).unwrap().pop().unwrap();
        assert_eq!(inside.principal.decide("dynamodb:GetItem", table, &Context::default(), Doubt::Denies), Decision::NotAllowed);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for (from, to) in [
            ("!Ref Limit", "!Ref Nobody"),
            ("!Ref Limit", "arn:aws:iam::aws:policy/AdministratorAccess"),
            ("!GetAtt Table.Arn", "!Cidr [x]"),
        ] {
            let template = crate::yaml::parse(&TEMPLATE.replace(from, to)).unwrap();
            assert!(roles(&template, &place("")).is_err(), "{to}");
        }
    }
}
