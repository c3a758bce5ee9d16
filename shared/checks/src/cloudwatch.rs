//! Alarms, log groups and metric filters. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: a metric filter counts only together with an alarm on its metric.

use domain::EpochMs;

use crate::{
    check::{
        Category::{Cost, Health, Security},
        Check, Judgement,
        Severity::{High, Low, Medium},
        each, each_where, fail_if, observed, or_gap,
    },
    gap::{Gap, Seen},
    place::Place,
    resource::Resource,
};

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub state: String,
    /// When the state last changed.
    pub changed_at: Option<EpochMs>,
    /// Why, in CloudWatch's words.
    pub reason: String,
    /// Whether its actions are enabled.
    pub actions_enabled: bool,
    /// Actions for the state ALARM.
    pub alarm_actions: usize,
    /// Namespace and name of its metric, where it has a single one.
    pub metric: Option<(String, String)>,
}

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Days; `None` keeps for ever.
    pub retention_days: Option<i32>,
    /// Bytes.
    pub stored_bytes: i64,
}

/// A metric filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricFilter {
    /// Its log group.
    pub log_group: String,
    /// Its pattern.
    pub pattern: String,
    /// Namespace and name of the metrics that it feeds.
    pub metrics: Vec<(String, String)>,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Metric and composite alarms.
    pub alarms: Seen<Vec<Alarm>>,
    /// Log groups.
    pub log_groups: Seen<Vec<LogGroup>>,
    /// Metric filters.
    pub filters: Seen<Vec<MetricFilter>>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, _: &Place) -> Vec<Resource> {
        let alarms = self.alarms.iter().flatten().map(|a| Resource::new(a.arn.clone(), "alarm", &a.name).in_state(&a.state));
        let groups = self.log_groups.iter().flatten().map(|g| {
            let days = g.retention_days.map_or_else(|| "never expires".to_owned(), |d| format!("{d} days"));
            Resource::new(g.arn.clone(), "log-group", &g.name).with(days)
        });
        alarms.chain(groups).collect()
    }
}

/// Whether a filter of this kind exists and an alarm watches its metric.
fn watched(f: &Facts, p: &Place, fits: impl Fn(&str) -> bool) -> Vec<Judgement> {
    let verdict = || {
        let filters: Vec<&MetricFilter> = or_gap(&f.filters)?.iter().filter(|m| fits(&m.pattern)).collect();
        if filters.is_empty() {
            return Ok(Some(observed([("metric_filter", "absent")])));
        }
        let alarms = or_gap(&f.alarms)?;
        let alarmed = filters.iter().flat_map(|m| &m.metrics).any(|metric| alarms.iter().any(|a| a.metric.as_ref() == Some(metric)));
        fail_if(!alarmed, || observed([("metric_filter", "present"), ("alarm", "absent")]))
    };
    vec![Judgement { arn: p.account_arn(), verdict: verdict() }]
}

/// Hours after which missing data is no longer a hiccup.
const INSUFFICIENT_HOURS: i64 = 24;

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("cloudwatch_alarm_in_alarm", Health, High, |f: &Facts, p| {
        each(
            &f.alarms,
            p,
            |a| a.arn.clone(),
            |a| fail_if(a.state == "ALARM", || observed([("state", a.state.as_str()), ("reason", &a.reason)])),
        )
    })
    .says(
        ("Alarm is in state ALARM", "告警处于 ALARM 状态"),
        ("What it watches is out of bounds now.", "被监控的指标当前越界。"),
        ("Look at what it watches; ask `why`.", "检查它监控的资源；可询问「为什么」。"),
    )
    .needs(&["cloudwatch:DescribeAlarms"]),
    Check::new("cloudwatch_alarm_insufficient_data", Health, Medium, |f: &Facts, p| {
        each(
            &f.alarms,
            p,
            |a| a.arn.clone(),
            |a| {
                if a.state != "INSUFFICIENT_DATA" {
                    return Ok(None);
                }
                let since = a.changed_at.ok_or_else(|| Gap::incomplete("cloudwatch:DescribeAlarms", "the time of its last change"))?;
                let hours = p.at.0.saturating_sub(since.0).div_euclid(3_600_000);
                fail_if(hours > INSUFFICIENT_HOURS, || observed([("insufficient_hours", hours)]))
            },
        )
    })
    .says(
        ("Alarm has had no data for more than a day", "告警超过一天没有数据"),
        ("It would not ring: what it watches is gone, or its metric is misspelt.", "它不会响：被监控的资源已消失，或指标写错。"),
        ("Correct or delete it.", "修正或删除该告警。"),
    )
    .needs(&["cloudwatch:DescribeAlarms"]),
    Check::new("cloudwatch_alarm_without_actions", Health, Medium, |f: &Facts, p| {
        each(&f.alarms, p, |a| a.arn.clone(), |a| fail_if(a.alarm_actions == 0, || observed([("alarm_actions", a.alarm_actions)])))
    })
    .says(
        ("Alarm tells nobody", "告警没有通知任何人"),
        ("It rings in an empty room.", "响了也没人知道。"),
        ("Give it an action for the state ALARM.", "为 ALARM 状态配置动作。"),
    )
    .likely()
    .known_as(&["SecurityHub:CloudWatch.15", "Prowler:cloudwatch_alarm_actions_alarm_state_configured"])
    .needs(&["cloudwatch:DescribeAlarms"]),
    Check::new("cloudwatch_alarm_actions_disabled", Health, High, |f: &Facts, p| {
        each_where(
            &f.alarms,
            p,
            |a| a.alarm_actions > 0,
            |a| a.arn.clone(),
            |a| fail_if(!a.actions_enabled, || observed([("actions_enabled", a.actions_enabled)])),
        )
    })
    .says(
        ("Alarm's actions are switched off", "告警动作被禁用"),
        ("Somebody silenced it and it stayed silent.", "有人静默了它且没有恢复。"),
        ("Enable its actions.", "启用告警动作。"),
    )
    .known_as(&["SecurityHub:CloudWatch.17", "Prowler:cloudwatch_alarm_actions_enabled"])
    .needs(&["cloudwatch:DescribeAlarms"]),
    Check::new("cloudwatch_account_root_use_unwatched", Security, Low, |f: &Facts, p| {
        watched(f, p, |pattern| pattern.contains("$.userIdentity.type") && pattern.contains("Root"))
    })
    .says(
        ("No alarm on use of the root user", "未对根用户使用设置告警"),
        ("Nobody notices when the root user is used.", "根用户被使用时无人察觉。"),
        (
            "Add a metric filter on the trail's log group and an alarm; fine where the organisation watches centrally.",
            "在跟踪日志组上添加指标筛选器和告警；若组织已集中监控可登记例外。",
        ),
    )
    .likely()
    .known_as(&["SecurityHub:CloudWatch.1", "Prowler:cloudwatch_log_metric_filter_root_usage"])
    .needs(&["logs:DescribeMetricFilters"]),
    Check::new("cloudwatch_account_unauthorized_calls_unwatched", Security, Low, |f: &Facts, p| {
        watched(f, p, |pattern| {
            pattern.contains("$.errorCode") && pattern.contains("UnauthorizedOperation") && pattern.contains("AccessDenied")
        })
    })
    .says(
        ("No alarm on unauthorised API calls", "未对未授权 API 调用设置告警"),
        ("Somebody who tries doors goes unnoticed.", "有人在试探权限时无人察觉。"),
        (
            "Add a metric filter on the trail's log group and an alarm; fine where the organisation watches centrally.",
            "在跟踪日志组上添加指标筛选器和告警；若组织已集中监控可登记例外。",
        ),
    )
    .likely()
    .known_as(&["SecurityHub:CloudWatch.2", "Prowler:cloudwatch_log_metric_filter_unauthorized_api_calls"])
    .needs(&["logs:DescribeMetricFilters"]),
    Check::new("cloudwatch_account_group_changes_unwatched", Security, Low, |f: &Facts, p| {
        watched(f, p, |pattern| ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"].iter().all(|name| pattern.contains(name)))
    })
    .says(
        ("No alarm on security group changes", "未对安全组变更设置告警"),
        ("A door that is opened goes unnoticed.", "安全组被放开时无人察觉。"),
        (
            "Add a metric filter on the trail's log group and an alarm; fine where the organisation watches centrally.",
            "在跟踪日志组上添加指标筛选器和告警；若组织已集中监控可登记例外。",
        ),
    )
    .likely()
    .known_as(&["SecurityHub:CloudWatch.10", "Prowler:cloudwatch_log_metric_filter_security_group_changes"])
    .needs(&["logs:DescribeMetricFilters"]),
    Check::new("cloudwatch_log_group_no_retention", Cost, Low, |f: &Facts, p| {
        each(
            &f.log_groups,
            p,
            |g| g.arn.clone(),
            |g| {
                fail_if(g.retention_days.is_none(), || {
                    observed([("retention_days", "never".to_owned()), ("stored_bytes", g.stored_bytes.to_string())])
                })
            },
        )
    })
    .says(
        ("Log group keeps everything for ever", "日志组永不过期"),
        ("Storage grows without end, and personal data with it.", "存储无限增长，个人数据也随之留存。"),
        ("Set a retention.", "设置保留期。"),
    )
    .fixed_by("logs.set_retention")
    .known_as(&["SecurityHub:CloudWatch.16", "Prowler:cloudwatch_log_group_retention_policy_specific_days_enabled"])
    .needs(&["logs:DescribeLogGroups"]),
];
