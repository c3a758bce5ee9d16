//! What the services answer, as XML and JSON.

use testkit::{Answer, Sent};

use super::{ACCOUNT, BUCKET, DATABASE, FUNCTION, GROUP, INSTANCE, OTHER_INSTANCE, SCALING_GROUP, State, actions, field, is_write};

const EC2: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/web/0123456789abcdef";

/// What the account says to a request.
pub fn answer(state: &mut State, sent: &Sent) -> Answer {
    let names = actions(sent);
    let action = names.first().cloned().unwrap_or_default();
    if state.denied.as_ref().is_some_and(|denied| *denied == action) {
        return denied(&action);
    }
    if is_write(&action)
        && let Some(fault) = &state.write_fault
    {
        return fault.clone();
    }
    let (service, name) = action.split_once(':').unwrap();
    match service {
        "ec2" => ec2(state, name, &sent.body),
        "elasticloadbalancing" => elb(state, name, &sent.body),
        "autoscaling" => autoscaling(state, name, &sent.body),
        "rds" => rds(state, name, &sent.body),
        "lambda" => lambda(state, name, sent),
        "s3" => s3(state, name, sent),
        other => panic!("no service {other}"),
    }
}

/// A refusal in the service's own form.
pub fn fault(service: &str, status: u16, code: &str) -> Answer {
    let body = match service {
        "ec2" => format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>told so</Message></Error></Errors><RequestID>r</RequestID></Response>"
        ),
        "s3" => format!("<Error><Code>{code}</Code><Message>told so</Message><RequestId>r</RequestId></Error>"),
        "lambda" => format!(r#"{{"Type":"User","Message":"told so","__type":"{code}"}}"#),
        _ => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>told so</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
    };
    Answer::new(status, body).header("x-amzn-errortype", code)
}

fn denied(action: &str) -> Answer {
    let service = action.split(':').next().unwrap();
    fault(service, 403, if service == "ec2" { "UnauthorizedOperation" } else { "AccessDenied" })
}

/// One page; where paging is on, an empty first page goes before it.
fn page(state: &State, body: &str, full: String, empty: String, token: &str, next: &str) -> String {
    match (state.paged, field(body, token)) {
        (true, None) => format!("{empty}<{next}>two</{next}>"),
        _ => full,
    }
}

fn ec2_answer(name: &str, inner: &str) -> Answer {
    Answer::new(200, format!(r#"<{name}Response xmlns="{EC2}"><requestId>r-1</requestId>{inner}</{name}Response>"#))
}

fn ec2(state: &mut State, name: &str, body: &str) -> Answer {
    let list = |full: String, set: &str| {
        let full = if state.exists { full } else { String::new() };
        page(state, body, format!("<{set}>{full}</{set}>"), format!("<{set}/>"), "NextToken", "nextToken")
    };
    let inner = match name {
        "DescribeInstances" => list(format!("<item><instancesSet>{}</instancesSet></item>", instance(state)), "reservationSet"),
        "DescribeInstanceStatus" => list(
            format!(
                "<item><instanceId>{INSTANCE}</instanceId><instanceState><name>{}</name></instanceState><systemStatus><status>ok</status></systemStatus>\
                 <instanceStatus><status>{}</status></instanceStatus></item>",
                state.instance, state.status_checks
            ),
            "instanceStatusSet",
        ),
        "DescribeInstanceTypes" => list(
            "<item><instanceType>m5d.large</instanceType><instanceStorageSupported>true</instanceStorageSupported></item>".into(),
            "instanceTypeSet",
        ),
        "DescribeAddresses" => "<addressesSet/>".into(),
        "DescribeSecurityGroups" => list(
            format!(
                "<item><ownerId>{ACCOUNT}</ownerId><groupId>{GROUP}</groupId><groupName>web</groupName><vpcId>vpc-1</vpcId>\
                 <tagSet><item><key>owner</key><value>team-a</value></item></tagSet></item>"
            ),
            "securityGroupInfo",
        ),
        "DescribeSecurityGroupRules" => list(rules(state), "securityGroupRuleSet"),
        "DescribeNetworkInterfaces" => list(
            format!(
                "<item><networkInterfaceId>eni-1</networkInterfaceId><vpcId>vpc-1</vpcId><privateIpAddress>10.0.0.5</privateIpAddress>\
                 <groupSet><item><groupId>{GROUP}</groupId></item></groupSet><attachment><instanceId>{INSTANCE}</instanceId></attachment></item>"
            ),
            "networkInterfaceSet",
        ),
        "StopInstances" | "StartInstances" => {
            let (set, word) = if name == "StopInstances" { ("stopped", "stopped") } else { ("running", "running") };
            let former = std::mem::replace(&mut state.instance, set.into());
            format!(
                "<instancesSet><item><instanceId>{INSTANCE}</instanceId><currentState><name>{word}</name></currentState>\
                 <previousState><name>{former}</name></previousState></item></instancesSet>"
            )
        }
        "RebootInstances" => "<return>true</return>".into(),
        "RevokeSecurityGroupIngress" => return revoke(state, body),
        "AuthorizeSecurityGroupIngress" => return authorize(state, body),
        other => panic!("no answer to ec2:{other}"),
    };
    ec2_answer(name, &inner)
}

fn instance(state: &State) -> String {
    format!(
        "<item><instanceId>{INSTANCE}</instanceId><instanceState><code>0</code><name>{}</name></instanceState><instanceType>m5d.large</instanceType>\
         <ipAddress>198.51.100.7</ipAddress><privateIpAddress>10.0.0.5</privateIpAddress><vpcId>vpc-1</vpcId>\
         <tagSet><item><key>Name</key><value>web\u{202E}1</value></item><item><key>owner</key><value>team-a</value></item></tagSet></item>",
        state.instance
    )
}

fn rules(state: &State) -> String {
    state
        .rules
        .iter()
        .map(|(id, port, cidr, about)| {
            format!(
                "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>{GROUP}</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>\
                 <fromPort>{port}</fromPort><toPort>{port}</toPort><cidrIpv4>{cidr}</cidrIpv4><description>{about}</description></item>"
            )
        })
        .collect()
}

/// The rules of a request: port, source, description.
fn permissions(body: &str) -> Vec<(i64, String, String)> {
    (1..10)
        .filter_map(|n| {
            let part = |name: &str| field(body, &format!("IpPermissions.{n}.{name}"));
            let port = part("FromPort")?.parse().ok()?;
            Some((port, part("IpRanges.1.CidrIp")?, part("IpRanges.1.Description").unwrap_or_default()))
        })
        .collect()
}

fn revoke(state: &mut State, body: &str) -> Answer {
    let asked = permissions(body);
    let is = |rule: &(String, i64, String, String), asked: &(i64, String, String)| rule.1 == asked.0 && rule.2 == asked.1;
    if asked.is_empty() || !asked.iter().all(|a| state.rules.iter().any(|r| is(r, a))) {
        return fault("ec2", 400, "InvalidPermission.NotFound");
    }
    state.rules.retain(|rule| !asked.iter().any(|a| is(rule, a)));
    ec2_answer("RevokeSecurityGroupIngress", "<return>true</return>")
}

fn authorize(state: &mut State, body: &str) -> Answer {
    let asked = permissions(body);
    if asked.iter().any(|a| state.rules.iter().any(|r| r.1 == a.0 && r.2 == a.1)) {
        return fault("ec2", 400, "InvalidPermission.Duplicate");
    }
    for (port, cidr, about) in asked {
        state.next_rule += 1;
        state.rules.push((format!("sgr-{}", state.next_rule), port, cidr, about));
    }
    ec2_answer("AuthorizeSecurityGroupIngress", "<return>true</return>")
}

fn elb(state: &State, name: &str, body: &str) -> Answer {
    let inner = match name {
        "DescribeTargetGroups" => page(
            state,
            body,
            format!(
                "<TargetGroups><member><TargetGroupArn>{TARGET_GROUP}</TargetGroupArn><TargetGroupName>web</TargetGroupName><VpcId>vpc-1</VpcId>\
                 <TargetType>instance</TargetType></member></TargetGroups>"
            ),
            "<TargetGroups/>".into(),
            "Marker",
            "NextMarker",
        ),
        "DescribeTargetHealth" => {
            let members: String = [INSTANCE, OTHER_INSTANCE]
                .into_iter()
                .map(|id| {
                    let healthy = state.healthy.iter().any(|h| h == id) && (id != INSTANCE || state.instance == "running");
                    let word = if healthy { "healthy" } else { "unhealthy" };
                    format!(
                        "<member><Target><Id>{id}</Id><Port>80</Port></Target><TargetHealth><State>{word}</State></TargetHealth></member>"
                    )
                })
                .collect();
            format!("<TargetHealthDescriptions>{members}</TargetHealthDescriptions>")
        }
        other => panic!("no answer to elasticloadbalancing:{other}"),
    };
    query("http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", name, &inner)
}

fn query(namespace: &str, name: &str, inner: &str) -> Answer {
    Answer::new(
        200,
        format!(
            r#"<{name}Response xmlns="{namespace}"><{name}Result>{inner}</{name}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{name}Response>"#
        ),
    )
}

fn autoscaling(state: &mut State, name: &str, body: &str) -> Answer {
    let [min, desired, max] = state.numbers;
    let inner = match name {
        "DescribeAutoScalingInstances" => page(
            state,
            body,
            format!(
                "<AutoScalingInstances><member><InstanceId>{INSTANCE}</InstanceId><AutoScalingGroupName>web</AutoScalingGroupName>\
                 <LifecycleState>InService</LifecycleState></member></AutoScalingInstances>"
            ),
            "<AutoScalingInstances/>".into(),
            "NextToken",
            "NextToken",
        ),
        "DescribeAutoScalingGroups" => {
            let instances: String = (0..desired)
                .map(|n| format!("<member><InstanceId>i-{n}</InstanceId><LifecycleState>InService</LifecycleState></member>"))
                .collect();
            let group = format!(
                "<member><AutoScalingGroupName>{SCALING_GROUP}</AutoScalingGroupName><AutoScalingGroupARN>arn:aws:autoscaling:us-east-1:{ACCOUNT}:\
                 autoScalingGroup:0fbe5823-5fb2-429c-8d85-8ec977469b9e:autoScalingGroupName/{SCALING_GROUP}</AutoScalingGroupARN><MinSize>{min}</MinSize>\
                 <MaxSize>{max}</MaxSize><DesiredCapacity>{desired}</DesiredCapacity><Instances>{instances}</Instances></member>"
            );
            let group = if state.exists { group } else { String::new() };
            let full = format!("<AutoScalingGroups>{group}</AutoScalingGroups>");
            page(state, body, full, "<AutoScalingGroups/>".into(), "NextToken", "NextToken")
        }
        "UpdateAutoScalingGroup" => {
            let number = |name: &str| field(body, name).unwrap().parse().unwrap();
            state.numbers = [number("MinSize"), number("DesiredCapacity"), number("MaxSize")];
            String::new()
        }
        other => panic!("no answer to autoscaling:{other}"),
    };
    query("http://autoscaling.amazonaws.com/doc/2011-01-01/", name, &inner)
}

fn rds(state: &State, name: &str, _: &str) -> Answer {
    if !state.exists {
        return fault("rds", 404, "DBInstanceNotFound");
    }
    let database = format!(
        "<DBInstanceIdentifier>{DATABASE}</DBInstanceIdentifier><DBInstanceStatus>{}</DBInstanceStatus><MultiAZ>true</MultiAZ><Engine>postgres</Engine>\
         <DBInstanceArn>arn:aws:rds:us-east-1:{ACCOUNT}:db:{DATABASE}</DBInstanceArn>\
         <DBParameterGroups><DBParameterGroup><DBParameterGroupName>tuned</DBParameterGroupName>\
         <ParameterApplyStatus>pending-reboot</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>",
        state.database
    );
    let inner = match name {
        "DescribeDBInstances" => format!("<DBInstances><DBInstance>{database}</DBInstance></DBInstances>"),
        "RebootDBInstance" => format!("<DBInstance>{database}</DBInstance>"),
        other => panic!("no answer to rds:{other}"),
    };
    query("http://rds.amazonaws.com/doc/2014-10-31/", name, &inner)
}

fn lambda(state: &mut State, name: &str, sent: &Sent) -> Answer {
    let body = &sent.body;
    if !state.exists && name == "GetFunction" {
        return fault("lambda", 404, "ResourceNotFoundException");
    }
    let text = match name {
        "GetAccountSettings" => {
            let left = 1000 - state.concurrency.unwrap_or_default();
            format!(r#"{{"AccountLimit":{{"ConcurrentExecutions":1000,"UnreservedConcurrentExecutions":{left}}}}}"#)
        }
        "GetFunction" => {
            let reserved = state.concurrency.map(|n| format!(r#""ReservedConcurrentExecutions":{n}"#)).unwrap_or_default();
            format!(
                r#"{{"Configuration":{{"FunctionName":"{FUNCTION}","FunctionArn":"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{FUNCTION}"}},
                "Concurrency":{{{reserved}}},"Tags":{{"owner":"pay-team"}}}}"#
            )
        }
        "PutFunctionConcurrency" => {
            let value: serde_json::Value = serde_json::from_str(body).unwrap();
            state.concurrency = value["ReservedConcurrentExecutions"].as_i64();
            body.to_owned()
        }
        "GetAlias" if !sent.uri.ends_with("/aliases/live") => return fault("lambda", 404, "ResourceNotFoundException"),
        "GetAlias" => alias(state),
        "UpdateAlias" => {
            let value: serde_json::Value = serde_json::from_str(body).unwrap();
            let shares = value["RoutingConfig"]["AdditionalVersionWeights"].as_object().unwrap();
            let shares = shares.iter().map(|(version, share)| (version.clone(), share.as_f64().unwrap())).collect();
            state.alias = (value["FunctionVersion"].as_str().unwrap().to_owned(), shares);
            alias(state)
        }
        // The order is that of a service that sorts numbers as texts.
        "ListVersionsByFunction" => match (state.paged, sent.uri.contains("Marker=two")) {
            (true, false) => r#"{"NextMarker":"two","Versions":[]}"#.to_owned(),
            _ => {
                let version = |number: &str, code: &str| {
                    format!(
                        r#"{{"FunctionName":"{FUNCTION}","Version":"{number}","CodeSha256":"{code}","LastModified":"2026-11-0{}T08:00:00.000+0000"}}"#,
                        code.len()
                    )
                };
                let all = [version("$LATEST", "ccc"), version("1", "a"), version("10", "dddd"), version("2", "bb"), version("3", "bb")];
                format!(r#"{{"Versions":[{}]}}"#, all.join(","))
            }
        },
        "DeleteFunctionConcurrency" => {
            state.concurrency = None;
            return Answer::new(204, "");
        }
        other => panic!("no answer to lambda:{other}"),
    };
    Answer::new(200, text)
}

fn alias(state: &State) -> String {
    let shares: Vec<String> = state.alias.1.iter().map(|(version, share)| format!(r#""{version}":{share}"#)).collect();
    let routing = if shares.is_empty() {
        String::new()
    } else {
        format!(r#","RoutingConfig":{{"AdditionalVersionWeights":{{{}}}}}"#, shares.join(","))
    };
    format!(r#"{{"Name":"live","FunctionVersion":"{}"{routing}}}"#, state.alias.0)
}

fn s3(state: &mut State, name: &str, sent: &Sent) -> Answer {
    assert!(sent.uri.contains(BUCKET), "{}", sent.uri);
    if !state.exists {
        return fault("s3", 404, "NoSuchBucket");
    }
    let tags = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    match (name, sent.method.as_str()) {
        ("GetBucketPublicAccessBlock", _) => match state.block {
            None => fault("s3", 404, "NoSuchPublicAccessBlockConfiguration"),
            Some(flags) => {
                let inner: String = tags.iter().zip(flags).map(|(tag, flag)| format!("<{tag}>{flag}</{tag}>")).collect();
                Answer::new(200, format!("<PublicAccessBlockConfiguration>{inner}</PublicAccessBlockConfiguration>"))
            }
        },
        ("PutBucketPublicAccessBlock", "PUT") => {
            state.block = Some(tags.map(|tag| sent.body.contains(&format!("<{tag}>true</{tag}>"))));
            Answer::new(200, "")
        }
        ("PutBucketPublicAccessBlock", _) => {
            state.block = None;
            Answer::new(204, "")
        }
        ("GetBucketPolicy", _) => Answer::new(200, r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}"#),
        ("GetBucketPolicyStatus", _) => Answer::new(200, "<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>"),
        ("GetBucketAcl", _) => Answer::new(
            200,
            r#"<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
            <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"#,
        ),
        ("GetBucketWebsite", _) => fault("s3", 404, "NoSuchWebsiteConfiguration"),
        ("GetBucketTagging", _) => fault("s3", 404, "NoSuchTagSet"),
        other => panic!("no answer to {other:?}"),
    }
}
