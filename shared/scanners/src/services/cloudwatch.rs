//! Alarms, log groups, metric filters. Entry type: [`CloudWatch`].

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, MetricAlarm};
use checks::{
    Gap,
    cloudwatch::{self, CHECKS, Facts},
};

use crate::{Look, Scanner, ServiceReport, client, text};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct CloudWatch;

const ALARMS: &str = "cloudwatch:DescribeAlarms";
const LOG_GROUPS: &str = "logs:DescribeLogGroups";
const FILTERS: &str = "logs:DescribeMetricFilters";

#[async_trait]
impl Scanner for CloudWatch {
    fn service(&self) -> &'static str {
        "cloudwatch"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[ALARMS, LOG_GROUPS, FILTERS]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_cloudwatch);
    let kinds = client.describe_alarms().alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
    let alarms = look
        .list(ALARMS, kinds.into_paginator().send(), |page, all| {
            all.extend(page.metric_alarms.unwrap_or_default().iter().map(metric_alarm));
            all.extend(page.composite_alarms.unwrap_or_default().iter().map(composite_alarm));
        })
        .await;
    let mut facts = Facts { alarms, log_groups: Err(Gap::not_asked(LOG_GROUPS)), filters: Err(Gap::not_asked(FILTERS)) };
    if look.is_full() {
        let logs = client!(look, aws_sdk_cloudwatchlogs);
        facts.log_groups = look
            .list(LOG_GROUPS, logs.describe_log_groups().into_paginator().send(), |page, all| {
                all.extend(page.log_groups.unwrap_or_default().iter().map(|g| cloudwatch::LogGroup {
                    name: g.log_group_name().unwrap_or_default().to_owned(),
                    arn: g.arn().unwrap_or_default().trim_end_matches(":*").to_owned(),
                    retention_days: g.retention_in_days(),
                    stored_bytes: g.stored_bytes().unwrap_or(0),
                }));
            })
            .await;
        facts.filters = look
            .list(FILTERS, logs.describe_metric_filters().into_paginator().send(), |page, all| {
                all.extend(page.metric_filters.unwrap_or_default().iter().map(|m| cloudwatch::MetricFilter {
                    log_group: m.log_group_name().unwrap_or_default().to_owned(),
                    pattern: m.filter_pattern().unwrap_or_default().to_owned(),
                    metrics:
                        m.metric_transformations().iter().map(|t| (t.metric_namespace().to_owned(), t.metric_name().to_owned())).collect(),
                }));
            })
            .await;
    }
    facts
}

fn metric_alarm(a: &MetricAlarm) -> cloudwatch::Alarm {
    cloudwatch::Alarm {
        name: a.alarm_name().unwrap_or_default().to_owned(),
        arn: a.alarm_arn().unwrap_or_default().to_owned(),
        state: a.state_value().map_or("", |s| s.as_str()).to_owned(),
        changed_at: a.state_transitioned_timestamp().or(a.state_updated_timestamp()).map(text::instant),
        reason: a.state_reason().unwrap_or_default().to_owned(),
        actions_enabled: a.actions_enabled().unwrap_or(false),
        alarm_actions: a.alarm_actions().len(),
        metric: a.namespace().zip(a.metric_name()).map(|(n, m)| (n.to_owned(), m.to_owned())),
    }
}

fn composite_alarm(a: &CompositeAlarm) -> cloudwatch::Alarm {
    cloudwatch::Alarm {
        name: a.alarm_name().unwrap_or_default().to_owned(),
        arn: a.alarm_arn().unwrap_or_default().to_owned(),
        state: a.state_value().map_or("", |s| s.as_str()).to_owned(),
        changed_at: a.state_transitioned_timestamp().or(a.state_updated_timestamp()).map(text::instant),
        reason: a.state_reason().unwrap_or_default().to_owned(),
        actions_enabled: a.actions_enabled().unwrap_or(false),
        alarm_actions: a.alarm_actions().len(),
        metric: None,
    }
}
