//! Things that are recognised by their shape: ids, ARNs, addresses, numbers, regions. Entry point: [`classify`].
//!
//! Invariant: shape decides, never the sentence around it; what a thing is for is decided by whoever reads the sentence.

use catalogue::Resource;

/// The shape of a run of letters and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An id whose prefix names the kind of resource.
    Id(Option<Resource>),
    /// An ARN.
    Arn,
    /// `s3://…`.
    BucketUrl,
    /// Another URL.
    Url,
    /// Twelve digits.
    AccountId,
    /// An IAM access key id.
    AccessKey,
    /// An address block.
    Cidr,
    /// An address.
    Address,
    /// A region code.
    Region,
    /// An instance type.
    InstanceType,
    /// A database class.
    DatabaseClass,
    /// A plan, incident, execution or other id of the platform.
    Ticket,
    /// A runbook's name.
    Sop,
    /// A date, with or without a time.
    Date,
    /// A time of day.
    Clock,
    /// A whole number.
    Number,
    /// A number with its unit.
    Quantity,
    /// The id of a catalogue entry.
    Operation,
    /// `family:revision`.
    Revision,
    /// A KMS alias or a key's id.
    Key,
    /// A state in capitals (`UPDATE_ROLLBACK_FAILED`).
    State,
    /// An option of a command line (`--all`).
    Flag,
    /// A path such as a log group's.
    Path,
    /// A mail address.
    Mail,
    /// A name: letters with digits, signs or inner capitals.
    Name,
}

/// Words before the number in ids of the platform.
const TICKETS: &[&str] = &[
    "plan", "pln", "inc", "incident", "exec", "rca", "scan", "chg", "cr", "req", "evt", "event", "exe", "case", "op", "change", "ops",
    "diag", "finding", "issue", "ticket", "apr", "approval", "run", "job", "task",
];

/// Kinds of ids by prefix.
const PREFIXES: &[(&str, Option<Resource>)] = &[
    ("i", Some(Resource::Instance)),
    ("vol", Some(Resource::Volume)),
    ("sg", Some(Resource::SecurityGroup)),
    ("vpc", None),
    ("subnet", None),
    ("eni", None),
    ("snap", None),
    ("ami", None),
    ("rtb", None),
    ("igw", None),
    ("nat", None),
    ("eipalloc", None),
    ("acl", None),
    ("mrk", Some(Resource::EncryptionKey)),
];

/// The shape of a run, where it has one; `None` for a plain word.
pub(crate) fn classify(run: &str) -> Option<Shape> {
    let lower = run.to_lowercase();
    let l = lower.as_str();
    if l.starts_with("arn:") && l.matches(':').count() >= 4 {
        return Some(Shape::Arn);
    }
    if l.contains("://") {
        return Some(if l.starts_with("s3://") { Shape::BucketUrl } else { Shape::Url });
    }
    if l.starts_with("--") {
        return Some(Shape::Flag);
    }
    if catalogue::is_cidr(l) {
        return Some(Shape::Cidr);
    }
    if l.contains(['.', ':']) && l.parse::<std::net::IpAddr>().is_ok() {
        return Some(Shape::Address);
    }
    if l.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(number(l));
    }
    if let Some((name, domain)) = l.split_once('@')
        && !name.is_empty()
    {
        return Some(if domain.contains('.') { Shape::Mail } else { Shape::Name });
    }
    if is_region(l) {
        return Some(Shape::Region);
    }
    if let Some(shape) = machine_type(l) {
        return Some(shape);
    }
    if l.contains('.') && catalogue::entry(l).is_some() {
        return Some(Shape::Operation);
    }
    if (run.starts_with("AKIA") || run.starts_with("ASIA")) && run.len() >= 12 && run.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Some(Shape::AccessKey);
    }
    if let Some(shape) = prefixed(l) {
        return Some(shape);
    }
    if l.starts_with("alias/") || is_uuid(l) {
        return Some(Shape::Key);
    }
    if run.contains('_') && run.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return Some(Shape::State);
    }
    if l.starts_with('/') {
        return Some(Shape::Path);
    }
    if let Some((family, revision)) = l.split_once(':')
        && !family.is_empty()
        && !revision.is_empty()
        && revision.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(Shape::Revision);
    }
    let inner_capital = run.chars().zip(run.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    let signs = l.bytes().any(|b| matches!(b, b'-' | b'_' | b'/' | b'.' | b':' | b'+' | b'#'));
    let digits = l.bytes().any(|b| b.is_ascii_digit());
    // "TiB", "GiB": a unit, however it is written.
    (inner_capital && !is_unit(l) || signs || digits).then_some(Shape::Name)
}

fn number(l: &str) -> Shape {
    let digits = l.bytes().take_while(u8::is_ascii_digit).count();
    let rest = l.get(digits..).unwrap_or_default();
    if rest.is_empty() {
        return if digits == 12 { Shape::AccountId } else { Shape::Number };
    }
    let parts: Vec<&str> = l.split(['-', '/']).collect();
    let numeric = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    if let [year, month, ..] = parts.as_slice()
        && (year.len() == 4 || parts.len() <= 3 && year.len() <= 2 && l.contains('/'))
        && numeric(year)
        && numeric(month)
        && month.len() <= 2
    {
        return Shape::Date;
    }
    if l.matches(':').count() <= 2 && l.contains(':') && l.split(':').all(|p| numeric(&p) && p.len() <= 2) {
        return Shape::Clock;
    }
    if is_uuid(l) {
        return Shape::Key;
    }
    let unit = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    if rest.starts_with('.') && unit.is_empty() && rest.matches('.').count() == 1 {
        return Shape::Quantity;
    }
    if unit.len() <= 8 && unit.bytes().all(|b| b.is_ascii_lowercase() || b == b'%') && !unit.is_empty() && is_unit(unit) {
        Shape::Quantity
    } else {
        Shape::Name
    }
}

/// Units that may stand directly behind a number.
pub(crate) fn is_unit(unit: &str) -> bool {
    matches!(
        unit,
        "g" | "gb"
            | "gib"
            | "t"
            | "tb"
            | "tib"
            | "m"
            | "mb"
            | "mib"
            | "k"
            | "kb"
            | "kib"
            | "s"
            | "sec"
            | "secs"
            | "second"
            | "seconds"
            | "min"
            | "mins"
            | "minute"
            | "minutes"
            | "h"
            | "hr"
            | "hrs"
            | "hour"
            | "hours"
            | "d"
            | "day"
            | "days"
            | "w"
            | "week"
            | "weeks"
            | "%"
            | "x"
            | "rcu"
            | "wcu"
            | "ms"
            | "am"
            | "pm"
            | "mo"
            | "y"
            | "gig"
            | "gigs"
            | "am-"
            | "th"
            | "st"
            | "nd"
            | "rd"
    )
}

fn is_region(l: &str) -> bool {
    let parts: Vec<&str> = l.split('-').collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    (3..=4).contains(&parts.len())
        && first.len() == 2
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && last.len() == 1
        && last.bytes().all(|b| b.is_ascii_digit())
        && parts.iter().rev().nth(1).is_some_and(|p| {
            matches!(*p, "north" | "south" | "east" | "west" | "central" | "northeast" | "northwest" | "southeast" | "southwest")
        })
}

fn machine_type(l: &str) -> Option<Shape> {
    let parts: Vec<&str> = l.split('.').collect();
    let (family, size, shape) = match parts.as_slice() {
        ["db" | "cache", family, size] => (family, size, Shape::DatabaseClass),
        [family, size] => (family, size, Shape::InstanceType),
        _ => return None,
    };
    let letters = family.bytes().take_while(u8::is_ascii_lowercase).count();
    let family_ok = (1..=4).contains(&letters) && family.as_bytes().get(letters).is_some_and(u8::is_ascii_digit) || *family == "serverless";
    let size_ok = matches!(*size, "nano" | "micro" | "small" | "medium" | "large" | "xlarge" | "metal")
        || size.starts_with("metal-")
        || size.strip_suffix("xlarge").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    (family_ok && size_ok).then_some(shape)
}

fn prefixed(l: &str) -> Option<Shape> {
    let (prefix, rest) = l.split_once(['-', '_'])?;
    if prefix == "sop" && !rest.is_empty() || l.starts_with("runbook-") || l.starts_with("playbook-") {
        return Some(Shape::Sop);
    }
    let word = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    if l.contains('-')
        && word(rest)
        && let Some((_, kind)) = PREFIXES.iter().find(|(known, _)| *known == prefix)
        && (prefix == "i" || rest.len() >= 3 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        return Some(Shape::Id(*kind));
    }
    if prefix == "mrk" {
        return Some(Shape::Key);
    }
    let numbered = rest.bytes().all(|b| b.is_ascii_digit()) || rest.len() >= 5 && rest.bytes().any(|b| b.is_ascii_digit());
    (TICKETS.contains(&prefix) && word(rest) && (numbered || prefix == "plan" || prefix == "pln")).then_some(Shape::Ticket)
}

fn is_uuid(l: &str) -> bool {
    let parts: Vec<usize> = l.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && l.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// The kind of resource an ARN names.
pub(crate) fn kind_of_arn(arn: &str) -> Option<Resource> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next()?;
    let resource = parts.nth(2)?;
    catalogue::resource::ALL
        .iter()
        .copied()
        .filter(|kind| kind.words().arn.iter().any(|(s, prefix)| *s == service && resource.starts_with(prefix)))
        .max_by_key(|kind| kind.words().arn.iter().filter(|(s, _)| *s == service).map(|(_, prefix)| prefix.len()).max())
}

/// The kind of resource that parts of a name suggest (`orders-dlq`, `checkout-asg`).
pub(crate) fn hinted_kind(name: &str) -> Option<Resource> {
    // No resource has a longer name; what is longer is pasted text.
    if name.len() > 300 {
        return None;
    }
    let mut spaced = String::with_capacity(name.len() + 8);
    let mut last_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && last_lower {
            spaced.push('-');
        }
        last_lower = c.is_lowercase();
        spaced.extend(c.to_lowercase());
    }
    let mut hint = None;
    for part in spaced.split(['-', '_', '.', '/', ':']) {
        hint = match part {
            "asg" => Some(Resource::AutoScalingGroup),
            "db" | "rds" | "database" | "mysql" | "pg" | "postgres" | "postgresql" | "mariadb" => Some(Resource::Database),
            "aurora" => Some(Resource::DatabaseCluster),
            "dlq" | "queue" | "sqs" | "fifo" => Some(Resource::Queue),
            "svc" | "service" => Some(Resource::ContainerService),
            "bucket" | "s3" | "logs" | "assets" => hint.or((part == "bucket" || part == "s3").then_some(Resource::Bucket)),
            "fn" | "lambda" | "function" | "handler" => Some(Resource::Function),
            "ng" | "nodegroup" | "nodes" => Some(Resource::NodeGroup),
            "sg" => Some(Resource::SecurityGroup),
            "table" | "ddb" => Some(Resource::Table),
            "tg" => Some(Resource::LoadBalancerTarget),
            "secret" | "secrets" | "password" | "credentials" => Some(Resource::Secret),
            "stack" | "cfn" | "cloudformation" => Some(Resource::Stack),
            _ => hint,
        };
    }
    if spaced.contains("security-group") { Some(Resource::SecurityGroup) } else { hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_apart() {
        for (run, shape) in [
            ("i-0abc123def4567890", Shape::Id(Some(Resource::Instance))),
            ("vol-0abc", Shape::Id(Some(Resource::Volume))),
            ("arn:aws:s3:::bucket", Shape::Arn),
            ("s3://bucket", Shape::BucketUrl),
            ("123456789012", Shape::AccountId),
            ("AKIAIOSFODNN7EXAMPLE", Shape::AccessKey),
            ("0.0.0.0/0", Shape::Cidr),
            ("2001:db8::/32", Shape::Cidr),
            ("10.0.3.17", Shape::Address),
            ("us-gov-east-1", Shape::Region),
            ("m6i.2xlarge", Shape::InstanceType),
            ("db.r6g.large", Shape::DatabaseClass),
            ("PLN-1043", Shape::Ticket),
            ("plan_01ARZ3NDEKTSV4RRFFQ69G5FAV", Shape::Ticket),
            ("sop-disk-full", Shape::Sop),
            ("2025-11-01", Shape::Date),
            ("10:30", Shape::Clock),
            ("500G", Shape::Quantity),
            ("22", Shape::Number),
            ("payment-svc:118", Shape::Revision),
            ("ec2.stop_instances", Shape::Operation),
            ("UPDATE_ROLLBACK_FAILED", Shape::State),
            ("/aws/lambda/x", Shape::Path),
            ("orders-prod", Shape::Name),
            ("MyTestSecret", Shape::Name),
        ] {
            assert_eq!(classify(run), Some(shape), "{run}");
        }
        for word in ["stop", "Alice", "LIVE"] {
            assert_eq!(classify(word), None, "{word}");
        }
    }

    #[test]
    fn an_arn_names_its_kind() {
        assert_eq!(kind_of_arn("arn:aws:rds:us-east-1:1:cluster:a"), Some(Resource::DatabaseCluster));
        assert_eq!(kind_of_arn("arn:aws:s3:::b"), Some(Resource::Bucket));
        assert_eq!(kind_of_arn("arn:aws:ec2:us-east-1:1:instance/i-1"), Some(Resource::Instance));
        assert_eq!(kind_of_arn("arn:aws:nosuch:::b"), None);
    }
}
