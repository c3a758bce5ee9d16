//! Suite `privilege`: every role of the templates against known ways to more rights (`privesc_paths.json`).
//!
//! Entry: [`run`]. Invariant: a way that is not found open for a role that holds exactly its actions is a failure of the
//! suite, and so is one that is found open with an action missing; zero without these controls would mean nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as File;

use anyhow::{Context as _, Result, ensure};
use iam::escalation::{Fleet, Path, control};
use iam::template::{Place, roles};
use iam::{Policy, Principal};
use serde_json::json;

/// Runs the suite on a folder that holds `privesc_paths.json`, over the templates below the current folder.
pub(crate) fn run(data: &File, json: bool) -> Result<Vec<String>> {
    let file = data.join("privesc_paths.json");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let paths = Path::read(&text).with_context(|| format!("`{}` is no list of ways", file.display()))?;
    ensure!(!paths.is_empty(), "`{}` names no way", file.display());
    let controls = controls(&paths)?;

    let mut lines = vec![format!("{:<28} {:>6} {:>12} {:>6}", "rendered", "roles", "role x way", "open")];
    let (mut open_ways, mut open_pairs, mut count, mut names) = (BTreeSet::new(), 0, 0, BTreeSet::new());
    for (what, organisation) in [("outside an organisation", ""), ("inside an organisation", "o-abcdefghij")] {
        let fleet = rendered(File::new("."), organisation)?;
        let open = fleet.open(&paths);
        lines.push(format!("{what:<28} {:>6} {:>12} {:>6}", fleet.roles().len(), fleet.roles().len() * paths.len(), open.len()));
        lines.extend(open.iter().map(|o| format!("  OPEN {} for {}", o.path, o.role)));
        if organisation.is_empty() {
            for role in fleet.roles() {
                let reach: Vec<&str> =
                    fleet.reach(role).into_iter().skip(1).map(|r| r.arn.rsplit('/').next().unwrap_or_default()).collect();
                if !reach.is_empty() {
                    lines.push(format!("  {} can become {}", role.arn.rsplit('/').next().unwrap_or_default(), reach.join(", ")));
                }
            }
        }
        names.extend(fleet.roles().iter().map(|r| r.arn.clone()));
        count += fleet.roles().len();
        open_pairs += open.len();
        open_ways.extend(open.into_iter().map(|o| o.path));
    }
    lines.push(String::new());
    lines.push(format!("controls: {controls} of {} ways are found open for a role made for them", paths.len()));
    lines.push(format!("{} of {} ways are open to {} roles", open_ways.len(), paths.len(), names.len()));
    if json {
        lines.push(
            json!({
                "suite": "privilege", "paths": paths.len(), "satisfiable": open_ways.len(), "pairs_open": open_pairs,
                "roles": names.len(), "rendered": count, "controls": controls,
            })
            .to_string(),
        );
    }
    Ok(lines)
}

/// The roles of the hub and of a member that may be written to: the most the templates ever give.
fn rendered(root: &File, organisation: &str) -> Result<Fleet> {
    let read = |name: &str, account: &str, more: &[(&str, &str)]| -> Result<_> {
        let file = root.join("infra").join(name);
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let template = iam::yaml::parse(&text).with_context(|| format!("`{}`", file.display()))?;
        let mut parameters = BTreeMap::from([("OrgId".to_owned(), organisation.to_owned())]);
        parameters.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let place = Place { partition: "aws".into(), region: "eu-west-1".into(), account: account.into(), parameters };
        let found = roles(&template, &place).with_context(|| format!("`{}`", file.display()))?;
        ensure!(!found.is_empty(), "`{}` has no roles", file.display());
        Ok(found)
    };
    let mut all = read("hub.yaml", "111111111111", &[])?;
    all.extend(read("member.yaml", "222222222222", &[("HubAccountId", "111111111111"), ("Writing", "enabled")])?);
    all.extend(read("member-events.yaml", "222222222222", &[("HubAccountId", "111111111111")])?);
    Ok(Fleet::new(all))
}

/// How many ways are found open for a role made for them, closed for one that lacks an action, and closed by a boundary.
fn controls(paths: &[Path]) -> Result<usize> {
    let mut found = 0;
    for path in paths {
        let one = std::slice::from_ref(path);
        let role = control(path);
        let open = |principal: Principal| Fleet::new(vec![iam::template::Role { principal, ..role.clone() }]).open(one).len();
        found += open(role.principal.clone());
        for missing in &path.required {
            let rest: Vec<String> = path.required.iter().filter(|a| *a != missing).cloned().collect();
            let less = Policy::allowing(&rest);
            let lacking = Principal { identity: vec![less.clone()], ..Principal::default() };
            ensure!(open(lacking) == 0, "`{}` is found open without {missing}", path.id);
            ensure!(
                open(Principal { boundary: Some(less.clone()), ..role.principal.clone() }) == 0,
                "`{}` is found open past a boundary",
                path.id
            );
            ensure!(
                open(Principal { session: vec![less], ..role.principal.clone() }) == 0,
                "`{}` is found open past a session policy",
                path.id
            );
        }
    }
    ensure!(found == paths.len(), "only {found} of {} ways are found open for a role made for them", paths.len());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_roles_leave_no_way_to_more_rights_open() {
        let way = |id: &str, required: &[&str]| Path { id: id.into(), required: required.iter().map(|a| (*a).to_owned()).collect() };
        let ways = [
            way("pass", &["iam:PassRole"]),
            way("become", &["sts:AssumeRole"]),
            way("trust", &["iam:UpdateAssumeRolePolicy"]),
            way("attach", &["iam:AttachRolePolicy"]),
            way("code", &["lambda:UpdateFunctionCode"]),
            way("command", &["ssm:SendCommand"]),
        ];
        for organisation in ["", "o-abcdefghij"] {
            let fleet = rendered(File::new(".."), organisation).unwrap();
            assert_eq!(fleet.open(&ways), [], "{organisation}");
            // The two that may write reach the member; nobody else does.
            let writers: Vec<&str> = fleet
                .roles()
                .iter()
                .filter(|r| fleet.reach(r).iter().skip(1).any(|t| t.arn.ends_with("-operate")))
                .map(|r| r.arn.rsplit('/').next().unwrap())
                .collect();
            assert_eq!(writers, ["aiops-execute-operation", "aiops-undo-operation"]);
        }
        assert_eq!(controls(&ways).unwrap(), ways.len());
    }
}
