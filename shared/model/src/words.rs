//! An operation in words that the rules read as exactly this operation. Entry point: [`write_out`].
//!
//! Invariant: what comes out was read back; where no wording is, the operation cannot be said and does not count.

use catalogue::{Entry, words::split};
use domain::{Intent, OperateRequest, Value};
use language::Context;

/// Most wordings that are tried.
const MOST_TRIES: usize = 600;

/// The first wording that the rules read as the request (as an act, not a preview), from the catalogue's own words.
pub(crate) fn write_out(request: &OperateRequest, context: &Context) -> Option<String> {
    let entry = catalogue::entry(request.operation.as_str())?;
    wordings(entry, request).take(MOST_TRIES).find(|words| reads_as(words, request, context))
}

/// Whether the rules read a text as this operation, on these targets, there, with these parameters.
fn reads_as(words: &str, request: &OperateRequest, context: &Context) -> bool {
    let same_region = |read: Option<&String>| match (read, request.region.as_ref()) {
        (Some(read), Some(wanted)) => read.eq_ignore_ascii_case(wanted),
        (None, None) => true,
        _ => false,
    };
    matches!(language::parse(words, context).intent, Intent::Operate(read)
        if read.operation == request.operation
            && read.targets == request.targets
            && read.account == request.account
            && same_region(read.region.as_ref())
            && read.params == request.params
            && !read.dry_run)
}

fn wordings<'a>(entry: &'static Entry, request: &'a OperateRequest) -> impl Iterator<Item = String> + use<'a> {
    let english = |words: &'static str, most: usize| split(words).filter(|w| w.is_ascii()).take(most);
    let nouns: Vec<&'static str> = english(entry.words.resource.words().nouns, 4).collect();
    let targets = request.targets.join(" and ");
    let place = place(request);
    let values = values(request);
    entry.words.forms.iter().flat_map(move |form| {
        let mut objects: Vec<&'static str> = english(form.objects, 4).collect();
        if objects.is_empty() {
            objects.push("");
        }
        let verbs: Vec<&'static str> = form.verbs.iter().flat_map(|group| english(group, 4)).collect();
        let needed: Vec<&'static str> = english(entry.words.needs, 1).collect();
        let needed = needed.first().map(|word| format!("{word} ")).unwrap_or_default();
        let mut out = Vec::new();
        for verb in verbs {
            for object in &objects {
                for noun in &nouns {
                    for values in &values {
                        let behind = format!("{values}{place}");
                        if object.is_empty() {
                            out.push(format!("{verb} {needed}{noun} {targets}{behind}"));
                            out.push(format!("{verb} {targets}{behind}"));
                        } else {
                            out.push(format!("{verb} {object} on {needed}{noun} {targets}{behind}"));
                            out.push(format!("{verb} {object} of {needed}{noun} {targets}{behind}"));
                            out.push(format!("{verb} {object} for {targets}{behind}"));
                            out.push(format!("{verb} {needed}{noun} {targets} {object}{behind}"));
                            out.push(format!("{verb} {targets} {object}{behind}"));
                        }
                    }
                }
            }
        }
        out
    })
}

fn place(request: &OperateRequest) -> String {
    let account = request.account.as_ref().map(|account| format!(" in {account}")).unwrap_or_default();
    let region = request.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
    account + &region
}

/// Ways to say the parameters.
fn values(request: &OperateRequest) -> Vec<String> {
    if request.params.is_empty() {
        return vec![String::new()];
    }
    let say = |value: &Value| match value {
        Value::List(items) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    };
    let unit = |name: &str| match name.rsplit('_').next() {
        Some("gb") => " GB",
        Some("mb") => " MB",
        Some("seconds") => " seconds",
        Some("days") => " days",
        _ => "",
    };
    let plain = |name: &str| {
        name.trim_end_matches("_gb").trim_end_matches("_mb").trim_end_matches("_seconds").trim_end_matches("_days").replace('_', " ")
    };
    let each = |format: &dyn Fn(&str, &str) -> String| -> String {
        request.params.iter().map(|(name, value)| format(name, &say(value))).collect()
    };
    let mut ways = vec![
        each(&|name, value| format!(" {} {value}{}", plain(name), unit(name))),
        each(&|name, value| format!(" with {} {value}{}", plain(name), unit(name))),
    ];
    if request.params.len() == 1 {
        ways.push(each(&|name, value| format!(" to {value}{}", unit(name))));
        ways.push(each(&|name, value| format!(" to {value}{} {}", unit(name), plain(name))));
    }
    ways.push(each(&|name, value| format!(" {name}={value}")));
    ways
}

#[cfg(test)]
mod tests {
    use domain::{OperationId, ParamKind, Params};

    use super::*;

    fn target(entry: &Entry) -> &'static str {
        use catalogue::Resource as R;
        match entry.words.resource {
            R::Instance | R::LoadBalancerTarget => "i-0abc123def4567890",
            R::Volume => "vol-0abc123def4567890",
            R::SecurityGroup => "sg-0abc123def4567890",
            R::Bucket => "s3://orders-archive-1",
            R::AccessKey => "AKIAIOSFODNN7EXAMPLE",
            R::Principal => "build-bot",
            R::Database => "orders-db-1",
            R::DatabaseCluster => "orders-aurora-1",
            R::Function => "resize-images",
            R::AutoScalingGroup => "web-asg-1",
            R::ContainerService => "checkout-svc",
            R::NodeGroup => "workers-ng-1",
            R::Table => "orders-table-1",
            R::Secret => "prod/db-login",
            R::EncryptionKey => "alias/app-key",
            R::LogGroup => "/aws/lambda/resize",
            R::Queue => "orders-dlq-1",
            R::DnsRecord => "api.example.com",
            R::Stack => "net-stack-1",
            R::Execution => "arn:aws:states:us-east-1:111111111111:execution:orders:run-1",
        }
    }

    fn request(entry: &Entry) -> OperateRequest {
        let value = |name: &str, kind: ParamKind| match (name, kind) {
            ("instance_type", _) => Value::from("m6i.large"),
            ("instance_class", _) => Value::from("db.r6g.large"),
            ("cidr", _) => Value::from("203.0.113.0/24"),
            ("retention_days", _) => Value::Int(30),
            (_, ParamKind::Int { min, .. }) => Value::Int(min.max(7)),
            (_, ParamKind::OneOf(words)) => Value::from(words[0]),
            (_, ParamKind::TextList { .. }) => Value::List(vec![Value::from("web-1")]),
            (_, ParamKind::Bool) => Value::Bool(true),
            _ => Value::from("main-1"),
        };
        let wanted = |p: &&domain::ParamSpec| p.required || entry.one_of.first() == Some(&p.name);
        let params: Params = entry.spec.params.iter().filter(wanted).map(|p| (p.name.to_owned(), value(p.name, p.kind))).collect();
        OperateRequest {
            operation: OperationId::parse(entry.spec.id).unwrap(),
            targets: vec![target(entry).to_owned()],
            account: Some("dev".to_owned()),
            region: None,
            params,
            dry_run: true,
        }
    }

    #[test]
    fn operations_can_be_written_out_and_every_wording_reads_back() {
        let context = Context::with_accounts(["dev", "prod"]);
        let mut without = Vec::new();
        for entry in catalogue::entries() {
            match write_out(&request(entry), &context) {
                Some(words) => assert!(reads_as(&words, &request(entry), &context)),
                None => without.push(entry.spec),
            }
        }
        assert!(!without.iter().any(|spec| spec.built) && without.len() <= 6, "{:?}", without.iter().map(|s| s.id).collect::<Vec<_>>());
    }

    #[test]
    fn what_the_rules_do_not_read_is_not_written_out() {
        let context = Context::with_accounts(["dev"]);
        let entry = catalogue::entry("ec2.stop_instances").unwrap();
        let bare = OperateRequest { targets: vec!["instance".to_owned()], ..request(entry) };
        assert_eq!(write_out(&bare, &context), None);
        let account = OperateRequest { account: Some("nobody's".to_owned()), ..request(entry) };
        assert_eq!(write_out(&account, &context), None);
    }
}
