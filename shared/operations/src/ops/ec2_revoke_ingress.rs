//! `ec2.revoke_ingress`: RevokeSecurityGroupIngress of exactly the rules that match port, source and protocol.
//!
//! Undo: authorise the same rules with their descriptions. Post-condition: the rules are absent, and no target that was
//! healthy behind a load balancer has become unhealthy.
//!
//! Rules are revoked by their properties and not by id: that needs permission on the security group alone.

use async_trait::async_trait;
use aws_sdk_ec2::{
    operation::RequestId,
    types::{Filter, IpPermission, IpRange, Ipv6Range, NetworkInterface, SecurityGroup, SecurityGroupRule},
};
use domain::{Facts, Params, PlannedTarget, PreviewNote, Text, Undo, Value, text::inert};

use super::ingress_rule::{Rule, Wanted};
use crate::{
    effects::WriteClients,
    error::{EffectError, OperationError, effect_error, read_error},
    note::{dry_run_not_sent, info, unread, warning},
    observe::ReadClients,
    operation::{Context, Difference, Direction, Effect, Membership, Observed, Operation, Proposal, Refusal, Scope, Verification, settled},
    target::{TargetShape, ec2_id},
    target_group::{Candidate, DESCRIBE_GROUPS, DESCRIBE_HEALTH, memberships},
};

pub(crate) struct RevokeIngress;

const DESCRIBE_SECURITY_GROUPS: &str = "ec2:DescribeSecurityGroups";
const DESCRIBE_RULES: &str = "ec2:DescribeSecurityGroupRules";
const DESCRIBE_INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const REVOKE: &str = "ec2:RevokeSecurityGroupIngress";
const AUTHORIZE: &str = "ec2:AuthorizeSecurityGroupIngress";

/// Facts of the fingerprint: the matching rules, and their ids.
const RULES: &str = "rules";
const RULE_IDS: &str = "rule_ids";
/// Fact of the post-condition: `<target group ARN>|<target>` that must stay healthy.
const HEALTHY: &str = "targets_still_healthy";
/// More healthy targets than this are not tied to the plan.
const MAX_HEALTHY: usize = 50;

/// Ports by which people and tools administer machines: SSH, RDP, WinRM.
const ADMIN_PORTS: [i64; 4] = [22, 3389, 5985, 5986];

static SHAPE: TargetShape = TargetShape {
    service: "ec2",
    prefix: "security-group/",
    regional: true,
    expected: ("security group id (sg-…)", "安全组 ID（sg-…）"),
    id: |text| ec2_id("sg-", text),
};

#[async_trait]
impl Operation for RevokeIngress {
    fn id(&self) -> &'static str {
        "ec2.revoke_ingress"
    }

    fn shape(&self) -> &'static TargetShape {
        &SHAPE
    }

    fn read_actions(&self) -> &'static [&'static str] {
        &[DESCRIBE_INTERFACES, DESCRIBE_RULES, DESCRIBE_SECURITY_GROUPS, DESCRIBE_GROUPS, DESCRIBE_HEALTH]
    }

    fn actions(&self, direction: Direction) -> &'static [&'static str] {
        match direction {
            Direction::Forward => &[REVOKE],
            Direction::Back => &[AUTHORIZE],
        }
    }

    fn check_params(&self, params: &Params) -> Result<Params, OperationError> {
        Wanted::check(params)
    }

    async fn observe(
        &self,
        clients: &ReadClients,
        scope: &Scope,
        targets: &[String],
        params: &Params,
    ) -> Result<Vec<Observed>, OperationError> {
        let groups = describe_groups(clients, targets).await?;
        let wanted = Wanted::of(params);
        let mut seen = Vec::new();
        for id in targets {
            let group = groups.iter().find(|g| g.group_id() == Some(id));
            let group = group.ok_or_else(|| OperationError::TargetNotFound { target: inert(id, 80) })?;
            owned(scope, id, group)?;
            let rules = describe_rules(clients, id).await?;
            let mut one = observed(scope, id, group, &rules, &wanted);
            add_interfaces(clients, id, &mut one).await;
            seen.push(one);
        }
        Ok(seen)
    }

    fn propose(&self, observed: &[Observed], params: &Params) -> Result<Proposal, Refusal> {
        let mut pairs = Vec::new();
        for one in observed {
            let rules = rules_of(&one.facts);
            if rules.is_empty() {
                let (en, zh) = others(one);
                return Err(Refusal::new(
                    "no_such_rule",
                    Some(&one.id),
                    format!("{} has no inbound rule that matches exactly. {en}", one.id),
                    format!("{} 没有完全匹配的入站规则。{zh}", one.id),
                ));
            }
            let mut after: Facts = [(RULES.to_owned(), Value::List(Vec::new())), (RULE_IDS.to_owned(), Value::List(Vec::new()))].into();
            let healthy = healthy_pairs(&one.context.target_groups);
            if !healthy.is_empty() && healthy.len() <= MAX_HEALTHY {
                after.insert(HEALTHY.into(), healthy.into());
            }
            let restores = one.facts.get(RULES).map(|rules| (RULES.to_owned(), rules.clone())).into_iter().collect();
            let planned = PlannedTarget { id: one.id.clone(), arn: one.arn.clone(), before: one.facts.clone(), after, restores };
            let changes = rules.iter().map(|rule| ("rule".to_owned(), rule.shown(), "-".to_owned())).collect();
            pairs.push((planned, one.preview(changes, about(one, &rules, params))));
        }
        if pairs.is_empty() {
            return Err(Refusal::new("no_target", None, "Nothing to do: no security group is named.", "无需操作：没有指定安全组。"));
        }
        Ok(Proposal::new(pairs, Undo::Restores, vec![dry_run_not_sent()], Some(0)))
    }

    async fn execute(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        let rules = planned_rules(REVOKE, &target.before)?;
        let revoke = |rules: &[Rule]| {
            clients.ec2.revoke_security_group_ingress().group_id(&target.id).set_ip_permissions(Some(permissions(rules))).send()
        };
        match revoke(&rules).await.map_err(|e| effect_error(REVOKE, e)) {
            Ok(answer) => Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false }),
            // Refused as a whole because one rule is gone already: the others are still to go.
            Err(error) if error.code() == Some("InvalidPermission.NotFound") => {
                let mut effect = Effect { request_id: None, already: true };
                for rule in rules.iter().filter(|_| rules.len() > 1) {
                    match revoke(std::slice::from_ref(rule)).await.map_err(|e| effect_error(REVOKE, e)) {
                        Ok(answer) => effect = Effect { request_id: answer.request_id().map(str::to_owned), already: false },
                        Err(error) if error.code() == Some("InvalidPermission.NotFound") => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(effect)
            }
            Err(error) => Err(error),
        }
    }

    async fn undo(&self, clients: &WriteClients, _: &Scope, target: &PlannedTarget, _: &Params, _: &str) -> Result<Effect, EffectError> {
        let rules = planned_rules(AUTHORIZE, &target.restores)?;
        let authorize = |rules: &[Rule]| {
            clients.ec2.authorize_security_group_ingress().group_id(&target.id).set_ip_permissions(Some(permissions(rules))).send()
        };
        match authorize(&rules).await.map_err(|e| effect_error(AUTHORIZE, e)) {
            Ok(answer) => Ok(Effect { request_id: answer.request_id().map(str::to_owned), already: false }),
            Err(error) if error.code() == Some("InvalidPermission.Duplicate") => {
                let mut effect = Effect { request_id: None, already: true };
                for rule in rules.iter().filter(|_| rules.len() > 1) {
                    match authorize(std::slice::from_ref(rule)).await.map_err(|e| effect_error(AUTHORIZE, e)) {
                        Ok(answer) => effect = Effect { request_id: answer.request_id().map(str::to_owned), already: false },
                        Err(error) if error.code() == Some("InvalidPermission.Duplicate") => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(effect)
            }
            Err(error) => Err(error),
        }
    }

    fn verify(&self, target: &PlannedTarget, now: &Observed, direction: Direction) -> Verification {
        match direction {
            Direction::Back => settled(&target.restores, &target.after, &now.facts),
            Direction::Forward => {
                let rules: Facts = target.after.iter().filter(|(k, _)| *k != HEALTHY).map(|(k, v)| (k.clone(), v.clone())).collect();
                match settled(&rules, &target.before, &now.facts) {
                    Verification::Holds => still_healthy(target, now),
                    other => other,
                }
            }
        }
    }
}

async fn describe_groups(clients: &ReadClients, ids: &[String]) -> Result<Vec<SecurityGroup>, OperationError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(200) {
        let filter = Filter::builder().name("group-id").set_values(Some(chunk.to_vec())).build();
        let mut pages = clients.ec2.describe_security_groups().filters(filter).into_paginator().send();
        while let Some(page) = pages.next().await {
            found.extend_from_slice(page.map_err(|e| read_error(DESCRIBE_SECURITY_GROUPS, e))?.security_groups());
        }
    }
    Ok(found)
}

/// All inbound rules of one group.
async fn describe_rules(clients: &ReadClients, group: &str) -> Result<Vec<Rule>, OperationError> {
    let filter = Filter::builder().name("group-id").values(group).build();
    let mut pages = clients.ec2.describe_security_group_rules().filters(filter).into_paginator().send();
    let mut rules = Vec::new();
    while let Some(page) = pages.next().await {
        for rule in page.map_err(|e| read_error(DESCRIBE_RULES, e))?.security_group_rules() {
            if rule.group_id() == Some(group) && !rule.is_egress().unwrap_or_default() {
                rules.push(read_rule(rule)?);
            }
        }
    }
    rules.sort();
    Ok(rules)
}

fn read_rule(rule: &SecurityGroupRule) -> Result<Rule, OperationError> {
    let missing = |what| OperationError::Incomplete { action: DESCRIBE_RULES, what };
    let cidr = rule.cidr_ipv4().or(rule.cidr_ipv6()).filter(|c| !c.is_empty()).map(str::to_owned);
    let group = rule.referenced_group_info().and_then(|g| g.group_id());
    Ok(Rule {
        id: rule.security_group_rule_id().ok_or_else(|| missing("a rule id"))?.to_owned(),
        protocol: rule.ip_protocol().ok_or_else(|| missing("a protocol"))?.to_owned(),
        from: rule.from_port().unwrap_or(-1).into(),
        to: rule.to_port().unwrap_or(-1).into(),
        other_source: group.or(rule.prefix_list_id()).map(str::to_owned).filter(|_| cidr.is_none()),
        cidr,
        description: rule.description().filter(|d| !d.is_empty()).map(str::to_owned),
    })
}

/// A group that another account shares is not ours to change.
fn owned(scope: &Scope, id: &str, group: &SecurityGroup) -> Result<(), OperationError> {
    if let Some(owner) = group.owner_id().filter(|owner| *owner != scope.account.as_str()) {
        return Err(OperationError::ForeignTarget {
            target: inert(id, 80),
            why: Text::new(format!("it is shared by account `{}`", inert(owner, 32)), format!("它是由账户 `{}` 共享的", inert(owner, 32))),
        });
    }
    Ok(())
}

fn observed(scope: &Scope, id: &str, group: &SecurityGroup, rules: &[Rule], wanted: &Wanted) -> Observed {
    let (meant, others): (Vec<&Rule>, Vec<&Rule>) = rules.iter().partition(|rule| wanted.matches(rule));
    let mut facts: Vec<Value> = meant.iter().map(|rule| rule.fact()).collect();
    facts.sort();
    let mut ids: Vec<String> = meant.iter().map(|rule| rule.id.clone()).collect();
    ids.sort();
    ids.dedup();
    let mut around = Facts::new();
    if let Some(vpc) = group.vpc_id() {
        around.insert("vpc".into(), vpc.into());
    }
    let shown = |list: &[&Rule]| -> Value { list.iter().take(10).map(|r| r.shown()).collect::<Vec<_>>().into() };
    around.insert("other_rules".into(), shown(&others));
    let open: Vec<&Rule> = others.into_iter().filter(|rule| wanted.still_let_in_by(rule)).collect();
    if !open.is_empty() {
        around.insert("still_open_by".into(), shown(&open));
    }
    let tags = group.tags().iter().filter_map(|t| Some((t.key()?.to_owned(), t.value().unwrap_or_default().to_owned()))).collect();
    let context = Context { name: group.group_name().map(str::to_owned), tags, facts: around, ..Context::default() };
    let facts = [(RULES.to_owned(), Value::List(facts)), (RULE_IDS.to_owned(), ids.into())].into();
    Observed { id: id.to_owned(), arn: scope.arn("ec2", &format!("security-group/{id}")), facts, context }
}

/// Who uses the group, and which load balancers send traffic there.
async fn add_interfaces(clients: &ReadClients, group: &str, one: &mut Observed) {
    let interfaces = match describe_interfaces(clients, group).await {
        Ok(interfaces) => interfaces,
        Err(error) => {
            let what = ("the network interfaces that use the group", "使用该安全组的网卡");
            one.context.notes.push(unread("interfaces.unread", what, &error));
            return;
        }
    };
    let names: Vec<String> = interfaces
        .iter()
        .take(10)
        .map(|i| {
            let id = i.network_interface_id().unwrap_or("?");
            match i.attachment().and_then(|a| a.instance_id()).or(i.description().filter(|d| !d.is_empty())) {
                Some(user) => format!("{id} ({user})"),
                None => id.to_owned(),
            }
        })
        .collect();
    one.context.facts.insert("network_interfaces".into(), i64::try_from(interfaces.len()).unwrap_or(i64::MAX).into());
    one.context.facts.insert("used_by".into(), names.into());
    let candidates: Vec<Candidate> = interfaces.iter().map(candidate).collect();
    match memberships(clients, &candidates).await {
        Ok(found) => one.context.target_groups = found.into_iter().flatten().collect(),
        Err(error) => one.context.notes.push(unread("target_group.unread", ("target groups", "目标组"), &error)),
    }
}

async fn describe_interfaces(clients: &ReadClients, group: &str) -> Result<Vec<NetworkInterface>, OperationError> {
    let filter = Filter::builder().name("group-id").values(group).build();
    let mut pages = clients.ec2.describe_network_interfaces().filters(filter).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| read_error(DESCRIBE_INTERFACES, e))?;
        found.extend(page.network_interfaces().iter().filter(|i| i.groups().iter().any(|g| g.group_id() == Some(group))).cloned());
    }
    Ok(found)
}

fn candidate(interface: &NetworkInterface) -> Candidate {
    let mut ids: Vec<String> = interface.attachment().and_then(|a| a.instance_id()).map(str::to_owned).into_iter().collect();
    ids.extend(interface.private_ip_addresses().iter().filter_map(|a| a.private_ip_address()).map(str::to_owned));
    ids.extend(interface.private_ip_address().map(str::to_owned));
    ids.sort();
    ids.dedup();
    Candidate { vpc: interface.vpc_id().map(str::to_owned), ids }
}

/// `<group>|<target>` for every registered target that is healthy, sorted.
fn healthy_pairs(groups: &[Membership]) -> Vec<String> {
    let mut pairs: Vec<String> = groups
        .iter()
        .flat_map(|g| g.own_ids.iter().filter(|id| g.healthy.contains(id)).map(|id| format!("{}|{id}", g.group_arn)))
        .collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

/// Whether a target that was healthy is registered and no longer healthy. One that is gone is no consequence of the rule.
fn still_healthy(target: &PlannedTarget, now: &Observed) -> Verification {
    let Some(Value::List(planned)) = target.after.get(HEALTHY) else { return Verification::Holds };
    if now.context.notes.iter().any(|n| matches!(n.code.as_str(), "target_group.unread" | "interfaces.unread")) {
        return Verification::Pending(Text::new("the health of targets cannot be read at the moment", "暂时无法读取目标的健康状态"));
    }
    let is_ill = |pair: &str| {
        let Some((group, id)) = pair.rsplit_once('|') else { return false };
        let found = now.context.target_groups.iter().find(|g| g.group_arn == group && g.own_ids.iter().any(|own| own == id));
        found.is_some_and(|g| !g.healthy.iter().any(|healthy| healthy == id))
    };
    let well: Vec<Value> = planned.iter().filter(|pair| !pair.as_text().is_some_and(is_ill)).cloned().collect();
    if well == *planned {
        return Verification::Holds;
    }
    let difference = Difference { field: HEALTHY.into(), planned: Value::List(planned.clone()), now: Value::List(well) };
    Verification::Fails { differences: vec![difference] }
}

fn rules_of(facts: &Facts) -> Vec<Rule> {
    match facts.get(RULES) {
        Some(Value::List(list)) => list.iter().filter_map(Rule::from_fact).collect(),
        _ => Vec::new(),
    }
}

/// The rules of a plan; one that does not read back means that the plan is not ours.
fn planned_rules(action: &'static str, facts: &Facts) -> Result<Vec<Rule>, EffectError> {
    let rules = rules_of(facts);
    let listed = match facts.get(RULES) {
        Some(Value::List(list)) => list.len(),
        _ => 0,
    };
    if rules.is_empty() || rules.len() != listed {
        return Err(EffectError::refused(action, "Malformed", "the plan holds no readable rules"));
    }
    Ok(rules)
}

fn permissions(rules: &[Rule]) -> Vec<IpPermission> {
    rules
        .iter()
        .map(|rule| {
            let port = |number: i64| i32::try_from(number).ok().filter(|_| rule.has_ports());
            let permission = IpPermission::builder().ip_protocol(&rule.protocol).set_from_port(port(rule.from)).set_to_port(port(rule.to));
            let (cidr, about) = (rule.cidr.clone(), rule.description.clone());
            if rule.is_ipv6() {
                permission.ipv6_ranges(Ipv6Range::builder().set_cidr_ipv6(cidr).set_description(about).build()).build()
            } else {
                permission.ip_ranges(IpRange::builder().set_cidr_ip(cidr).set_description(about).build()).build()
            }
        })
        .collect()
}

/// What is there instead, for the refusal.
fn others(one: &Observed) -> (String, String) {
    match one.context.facts.get("other_rules") {
        Some(Value::List(list)) if !list.is_empty() => {
            let list = list.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            (format!("Its rules: {list}."), format!("现有规则：{list}。"))
        }
        _ => ("It has no inbound rules.".to_owned(), "它没有入站规则。".to_owned()),
    }
}

fn about(one: &Observed, rules: &[Rule], params: &Params) -> Vec<PreviewNote> {
    let facts = &one.context.facts;
    let mut notes = Vec::new();
    match facts.get("network_interfaces").and_then(Value::as_int) {
        Some(0) => notes.push(info("interfaces.none", "No network interface uses the group.", "没有网卡使用该安全组。")),
        Some(number) => notes.push(info(
            "interfaces.in_use",
            format!("{number} network interface(s) use the group. New connections by these rules are refused; open ones may go on."),
            format!("有 {number} 个网卡使用该安全组。通过这些规则的新连接会被拒绝；已建立的连接可能继续。"),
        )),
        None => {}
    }
    let admin = rules.iter().any(|r| !r.has_ports() || ADMIN_PORTS.iter().any(|p| r.from <= *p && *p <= r.to));
    let single = rules.iter().any(|r| r.cidr.as_deref().is_some_and(|c| c.ends_with("/32") || c.ends_with("/128")));
    if admin || single {
        notes.push(warning(
            "access.own_way_in",
            "This may be your own way in (administration port or a single address): make sure that you do not lock yourself out.",
            "这可能正是您自己的登录通道（管理端口或单个地址）：请确认不会把自己锁在外面。",
        ));
    }
    if let Some(Value::List(open)) = facts.get("still_open_by") {
        let port = params.get("port").map(ToString::to_string).unwrap_or_default();
        let list = open.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        notes.push(warning(
            "rule.still_open",
            format!("Port {port} stays open by other rules, which are not touched: {list}."),
            format!("端口 {port} 仍被其他规则放行（不在计划内）：{list}。"),
        ));
    }
    let healthy = healthy_pairs(&one.context.target_groups).len();
    if healthy > MAX_HEALTHY {
        notes.push(warning(
            "target_group.too_many",
            format!("{healthy} healthy load-balancer targets use the group: their health is not checked afterwards."),
            format!("有 {healthy} 个健康的负载均衡目标使用该安全组：完成后不会检查它们的健康状态。"),
        ));
    } else if healthy > 0 {
        notes.push(info(
            "target_group.watched",
            format!("{healthy} healthy load-balancer target(s) use the group; if one becomes unhealthy, the rules come back."),
            format!("有 {healthy} 个健康的负载均衡目标使用该安全组；若其中之一变为不健康，规则会被恢复。"),
        ));
    }
    notes.push(info(
        "undo.not_restored",
        "Undo authorises the same rules with their descriptions; they get new rule ids and lose their tags.",
        "回滚会按原描述重新添加规则；规则 ID 会变化，规则的标签不会恢复。",
    ));
    notes
}
