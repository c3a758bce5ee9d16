//! Suite `events`: raw AWS events read by the classifier.
//!
//! Entry: [`run`]. Invariant: what could be extracted is counted from the file alone, by looks at keys and ARNs that
//! know nothing of the classifier.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use signals::{Reading, Signal};

/// Runs the suite.
pub(crate) fn run(data: &Path, json: bool) -> Result<Vec<String>> {
    let mut files = Vec::new();
    collect(data, 0, &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "no .json file in `{}`", data.display());
    let mut count = Count::default();
    let mut families: BTreeMap<String, usize> = BTreeMap::new();
    let mut unsupported: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let shown = file.strip_prefix(data).unwrap_or(file).display().to_string();
        count.files += 1;
        let Ok(readings) = catch_unwind(AssertUnwindSafe(|| signals::read(&bytes))) else {
            count.panics += 1;
            lines.push(format!("PANIC  {shown}"));
            continue;
        };
        let found: Vec<Signal> = match readings {
            Ok(readings) => {
                for reading in &readings {
                    if let Reading::Unsupported { kind } = reading {
                        *unsupported.entry(kind.clone()).or_default() += 1;
                    }
                }
                readings.into_iter().filter_map(|r| if let Reading::Signal(s) = r { Some(s) } else { None }).collect()
            }
            Err(error) => {
                *unsupported.entry(format!("malformed: {error}")).or_default() += 1;
                Vec::new()
            }
        };
        if found.is_empty() {
            count.unsupported += 1;
        } else {
            count.classified += 1;
        }
        for family in found.iter().map(|s| format!("{:?}", s.family)).collect::<BTreeSet<_>>() {
            *families.entry(family).or_default() += 1;
        }
        let Some(wanted) = serde_json::from_slice(&bytes).ok().and_then(|v: Value| Wanted::of(&v)) else { continue };
        count.supported += 1;
        if found.is_empty() {
            lines.push(format!("MISSED {shown}: looks like an event that has to be supported"));
        }
        for (field, values, got) in [
            (
                "account",
                &wanted.accounts,
                found.iter().filter_map(|s| s.account.as_ref().map(|a| a.as_str().to_owned())).collect::<Vec<_>>(),
            ),
            ("region", &wanted.regions, found.iter().filter_map(|s| s.region.clone()).collect()),
            ("resource", &wanted.resources, found.iter().flat_map(|s| s.resources.clone()).collect()),
        ] {
            if values.is_empty() {
                continue;
            }
            count.extractable += 1;
            if got.iter().any(|g| values.contains(g)) {
                count.extracted += 1;
            } else {
                lines.push(format!("MISSED {shown}: {field} {got:?} is none of {values:?}"));
            }
        }
    }
    lines.push(String::new());
    lines.push("files  classified  unsupported  panics  extractable  extracted".into());
    lines.push(format!(
        "{:5}  {:10}  {:11}  {:6}  {:11}  {:9}",
        count.files, count.classified, count.unsupported, count.panics, count.extractable, count.extracted
    ));
    lines.push(String::new());
    lines.extend(families.iter().map(|(family, n)| format!("{n:5}  {family}")));
    lines.push(String::new());
    lines.push("explicitly unsupported:".into());
    lines.extend(unsupported.iter().map(|(kind, n)| format!("{n:5}  {kind}")));
    if json {
        lines.push(
            json!({
                "suite": "events", "files": count.files, "classified": count.classified, "unsupported": count.unsupported,
                "panics": count.panics, "must_be_supported": count.supported, "extractable": count.extractable, "extracted": count.extracted,
                "families": families,
            })
            .to_string(),
        );
    }
    Ok(lines)
}

#[derive(Default)]
struct Count {
    files: usize,
    classified: usize,
    unsupported: usize,
    panics: usize,
    supported: usize,
    extractable: usize,
    extracted: usize,
}

fn collect(place: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    ensure!(depth < 16, "`{}` is nested too deeply", place.display());
    for entry in std::fs::read_dir(place).with_context(|| format!("cannot read `{}`", place.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|e| e == "json") {
            files.push(path);
        }
    }
    Ok(())
}

/// What a file of a kind that has to be supported tells of place.
#[derive(Default)]
struct Wanted {
    accounts: BTreeSet<String>,
    regions: BTreeSet<String>,
    resources: BTreeSet<String>,
    must_be_supported: bool,
}

impl Wanted {
    /// `None` when the file is not of such a kind.
    fn of(value: &Value) -> Option<Self> {
        let mut wanted = Self::default();
        wanted.look(value, 0);
        wanted.must_be_supported.then_some(wanted)
    }

    /// Walks everything, JSON written as text included.
    fn look(&mut self, value: &Value, depth: usize) {
        if depth > 40 {
            return;
        }
        match value {
            Value::Array(list) => list.iter().for_each(|v| self.look(v, depth + 1)),
            Value::Object(map) => {
                self.must_be_supported |= is_supported_kind(value);
                for (key, inner) in map {
                    self.field(key, inner);
                    self.look(inner, depth + 1);
                }
            }
            Value::String(text) if text.trim_start().starts_with('{') => {
                if let Ok(inner) = serde_json::from_str::<Value>(text) {
                    self.look(&inner, depth + 1);
                }
            }
            Value::String(text) => self.arn(text),
            _ => {}
        }
    }

    fn field(&mut self, key: &str, value: &Value) {
        let text = value.as_str().unwrap_or_default().trim();
        match key.to_ascii_lowercase().as_str() {
            "account" | "accountid" | "awsaccountid" | "affectedaccount" if is_account(text) => {
                self.accounts.insert(text.to_owned());
            }
            "region" | "awsregion" | "eventregion" if is_region(text) => {
                self.regions.insert(text.to_owned());
            }
            "resources" => {
                for one in value.as_array().into_iter().flatten() {
                    let id = one.as_str().or_else(|| one.get("Id").and_then(Value::as_str));
                    self.resources.extend(id.map(|i| i.trim().to_owned()).filter(|i| !i.is_empty()));
                }
            }
            "entityvalue"
            | "alarmarn"
            | "instanceid"
            | "ec2instanceid"
            | "taskarn"
            | "servicearn"
            | "clusterarn"
            | "autoscalinggroupname"
            | "deploymentid"
                if !text.is_empty() =>
            {
                self.resources.insert(text.to_owned());
            }
            _ => {}
        }
    }

    fn arn(&mut self, text: &str) {
        let parts: Vec<&str> = text.trim().splitn(6, ':').collect();
        if let ["arn", _, _, region, account, _] = parts.as_slice() {
            if is_region(region.trim()) {
                self.regions.insert(region.trim().to_owned());
            }
            if is_account(account.trim()) {
                self.accounts.insert(account.trim().to_owned());
            }
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `xx-word-n`, with one or two words.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    (3..=4).contains(&parts.len())
        && parts.first().is_some_and(|p| p.len() == 2)
        && parts.last().is_some_and(|p| p.len() == 1 && p.bytes().all(|b| b.is_ascii_digit()))
        && parts.iter().take(parts.len() - 1).all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()))
}

/// CloudWatch, Health, Security Hub, GuardDuty, ECS, Auto Scaling and CodeDeploy, by what the documents say of themselves.
fn is_supported_kind(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    let starts = |key: &str, words: &[&str]| value.get(key).and_then(Value::as_str).is_some_and(|t| words.iter().any(|w| t.starts_with(w)));
    let services = ["aws.cloudwatch", "aws.health", "aws.securityhub", "aws.guardduty", "aws.ecs", "aws.autoscaling", "aws.codedeploy"];
    let types = ["CloudWatch Alarm", "AWS Health", "Security Hub", "GuardDuty", "ECS ", "CodeDeploy "];
    (has("detail-type") && starts("source", &services))
        || starts("detail-type", &types)
        || starts("DetailType", &types)
        || has("alarmData")
        || (has("AlarmName") && has("NewStateValue"))
        || (has("AwsAccountId") && has("ProductArn") && has("Resources"))
        || (has("DeploymentId") && has("LifecycleEventHookExecutionId"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_extracted_is_counted_from_the_file() {
        let message = json!({"AlarmName": "a", "NewStateValue": "ALARM", "AWSAccountId": "111122223333", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"});
        let wanted = Wanted::of(&json!({"Records": [{"Sns": {"Message": message.to_string()}}]})).unwrap();
        assert_eq!(wanted.accounts, BTreeSet::from(["111122223333".to_owned()]));
        assert_eq!(wanted.regions, BTreeSet::from(["eu-west-1".to_owned()]));
        assert_eq!(wanted.resources, BTreeSet::from(["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a".to_owned()]));
        assert!(Wanted::of(&json!({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"})).is_none());
    }

    #[test]
    fn last_line_is_the_promised_json() {
        let folder = std::env::temp_dir().join(format!("eval-events-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("in")).unwrap();
        let event = json!({"source": "aws.health", "detail-type": "AWS Health Event", "account": "111122223333", "region": "eu-west-1", "resources": ["i-1"], "detail": {}});
        std::fs::write(folder.join("in/health.json"), event.to_string()).unwrap();
        std::fs::write(folder.join("broken.json"), "{").unwrap();
        let lines = run(&folder, true).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        for (key, expected) in [("files", 2), ("classified", 1), ("unsupported", 1), ("panics", 0), ("extractable", 3), ("extracted", 3)] {
            assert_eq!(last[key], expected, "{key}");
        }
    }
}
