//! Data classes: how far a text may travel. Entry function: [`classify`].
//!
//! Invariant: a class is the highest that tags, the kind of resource and the content ask for; nothing lowers it, and
//! what is not known is confidential.

use crate::Redactor;

/// How far a text may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Anybody may read it.
    Public,
    /// Anybody of the organisation may.
    Internal,
    /// Those who need it may; it leaves the fleet with people's data taken out.
    Confidential,
    /// Secrets: it goes nowhere but where it is.
    Restricted,
}

impl Class {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }

    /// The class that a tag's value names, in the words that organisations use.
    fn of_word(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        let is = |words: &[&str]| words.contains(&word.as_str());
        if is(&["public", "open", "unclassified", "公开"]) {
            Some(Self::Public)
        } else if is(&["internal", "private", "general", "内部", "内部公开"]) {
            Some(Self::Internal)
        } else if is(&["confidential", "sensitive", "pii", "personal", "机密", "敏感", "秘密"]) {
            Some(Self::Confidential)
        } else if is(&[
            "restricted",
            "secret",
            "highly confidential",
            "highly-confidential",
            "top secret",
            "phi",
            "pci",
            "受限",
            "绝密",
            "高度机密",
        ]) {
            Some(Self::Restricted)
        } else {
            None
        }
    }
}

/// What is to be classified.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// `service` or `service:kind`, as in an ARN (`secretsmanager:secret`); `None` when the text is no resource's.
    pub resource: Option<&'a str>,
    /// The resource's tags.
    pub tags: &'a [(&'a str, &'a str)],
    /// The text itself.
    pub content: Option<&'a str>,
}

/// Keys of tags that state a class.
const TAG_KEYS: [&str; 8] =
    ["classification", "data-classification", "dataclassification", "data-class", "dataclass", "sensitivity", "数据分级", "密级"];

/// Kinds of resources whose content is secret, and those that may hold people's data.
const RESTRICTED: [&str; 5] = ["secretsmanager", "kms", "ssm:parameter", "acm:private-key", "iam:access-key"];
const CONFIDENTIAL: [&str; 12] =
    ["logs", "dynamodb", "rds", "s3:object", "iam", "cognito-idp", "sqs", "sns", "kinesis", "cloudtrail", "es", "redshift"];
const INTERNAL: [&str; 14] = [
    "ec2",
    "autoscaling",
    "elasticloadbalancing",
    "lambda",
    "ecs",
    "eks",
    "cloudwatch",
    "states",
    "apigateway",
    "cloudformation",
    "s3",
    "route53",
    "elasticache",
    "events",
];

/// The class of a text, with the reason that decided it: `tag`, `resource`, `content` or `unknown`.
#[must_use]
pub fn classify(redactor: &Redactor, subject: &Subject<'_>) -> (Class, &'static str) {
    let mut highest: Option<(Class, &'static str)> = None;
    let mut raise = |class: Class, why: &'static str| {
        if highest.is_none_or(|(now, _)| class > now) {
            highest = Some((class, why));
        }
    };
    if let Some(resource) = subject.resource {
        raise(of_resource(resource), "resource");
    }
    for (key, value) in subject.tags {
        let key = key.rsplit(':').next().unwrap_or(key).to_lowercase().replace('_', "-");
        if TAG_KEYS.contains(&key.as_str()) {
            // A word that nobody knows asks for care, not for publication.
            raise(Class::of_word(value).unwrap_or(Class::Confidential), "tag");
        }
        if let Some(class) = redactor.find_named(key.as_str(), value).iter().map(|f| f.kind.class()).max() {
            raise(class, "content");
        }
    }
    if let Some(content) = subject.content
        && let Some(class) = redactor.find(content.as_bytes()).iter().map(|f| f.kind.class()).max()
    {
        raise(class, "content");
    }
    highest.unwrap_or((Class::Confidential, "unknown"))
}

fn of_resource(resource: &str) -> Class {
    let resource = resource.to_lowercase();
    let service = resource.split(':').next().unwrap_or_default();
    let is = |list: &[&str]| list.contains(&resource.as_str()) || list.contains(&service);
    if is(&RESTRICTED) {
        Class::Restricted
    } else if CONFIDENTIAL.contains(&resource.as_str()) {
        Class::Confidential
    } else if is(&INTERNAL) {
        Class::Internal
    } else {
        Class::Confidential
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "hunter22!";

    fn class(resource: Option<&str>, tags: &[(&str, &str)], content: Option<&str>) -> (Class, &'static str) {
        classify(Redactor::shared(), &Subject { resource, tags, content })
    }

    #[test]
    fn the_highest_of_tag_resource_and_content_counts() {
        assert_eq!(class(Some("ec2:instance"), &[], None), (Class::Internal, "resource"));
        assert_eq!(class(Some("ec2:instance"), &[("Data_Classification", "Restricted")], None), (Class::Restricted, "tag"));
        assert_eq!(class(Some("secretsmanager:secret"), &[("classification", "public")], None), (Class::Restricted, "resource"));
        assert_eq!(class(Some("ec2:instance"), &[], Some(concat!("电话 138", "12345678"))), (Class::Confidential, "content"));
        assert_eq!(class(Some("ec2:instance"), &[("DB_PASSWORD", PLAIN)], None), (Class::Restricted, "content"));
        assert_eq!(class(Some("ec2:instance"), &[("密级", "绝密")], None), (Class::Restricted, "tag"));
    }

    #[test]
    fn what_is_not_known_is_confidential() {
        assert_eq!(class(None, &[], None), (Class::Confidential, "unknown"));
        assert_eq!(class(Some("newservice:thing"), &[], None).0, Class::Confidential);
        assert_eq!(class(Some("ec2:instance"), &[("sensitivity", "level-7")], None).0, Class::Confidential);
    }
}
