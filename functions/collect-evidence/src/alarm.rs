//! What the alarms of an incident watch. Entry: [`watched`].

use aws_sdk_cloudwatch::types::MetricAlarm;
use incidents::{Incident, Resource, fold::short_name};
use rca::evidence::{Metric, Source};

use crate::reader::Reader;

/// Most alarms that are looked up.
const MAX_ALARMS: usize = 20;

/// One resource that an alarm watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Which.
    pub(crate) resource: Resource,
    /// What of it, where that is known here.
    pub(crate) metric: Option<Metric>,
    /// How long a breach lasts before the alarm says so, in seconds.
    pub(crate) delay_seconds: i64,
}

/// Names of alarms among what the signals named: subjects, and whatever a person wrote.
fn names(incident: &Incident) -> Vec<String> {
    let mut names: Vec<String> = incident.subjects.keys().chain(&incident.resources).map(|s| short_name(s).to_owned()).collect();
    names.retain(|n| !n.is_empty() && n.len() <= 255);
    names.sort();
    names.dedup();
    names.truncate(MAX_ALARMS);
    names
}

fn read(alarm: &MetricAlarm) -> Option<Watched> {
    let dimensions: Vec<(String, String)> =
        alarm.dimensions().iter().map(|d| (d.name().unwrap_or_default().to_owned(), d.value().unwrap_or_default().to_owned())).collect();
    let resource = Resource::of_alarm(alarm.namespace()?, &dimensions)?;
    let metric = alarm.metric_name().and_then(|m| resource.meaning(m));
    let periods = i64::from(alarm.evaluation_periods().unwrap_or(1).clamp(1, 10));
    let delay_seconds = (i64::from(alarm.period().unwrap_or(60).clamp(10, 3600)) * periods).min(3600);
    Some(Watched { resource, metric, delay_seconds })
}

/// Everything that the incident's alarms watch; resources that the signals name themselves come last.
pub(crate) async fn watched(reader: &mut Reader, incident: &Incident) -> Vec<Watched> {
    let mut found = Vec::new();
    let names = names(incident);
    if !names.is_empty() && reader.may_call(Source::Metrics) {
        let client = aws_sdk_cloudwatch::Client::new(&reader.config);
        match client.describe_alarms().set_alarm_names(Some(names)).send().await {
            Ok(answer) => found.extend(answer.metric_alarms().iter().filter_map(read)),
            Err(error) => reader.failed(Source::Metrics, None, "cloudwatch:DescribeAlarms", &error.into_service_error()),
        }
    }
    for name in &incident.resources {
        if let Some(resource) = Resource::of_name(name)
            && !found.iter().any(|w: &Watched| w.resource == resource)
        {
            found.push(Watched { resource, metric: None, delay_seconds: 0 });
        }
    }
    // The alarm whose meaning is known tells more.
    found.sort_by_key(|w| w.metric.is_none());
    found
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::Dimension;

    use super::*;

    #[test]
    fn an_alarm_tells_resource_meaning_and_delay() {
        let alarm = MetricAlarm::builder()
            .namespace("AWS/Lambda")
            .metric_name("Errors")
            .dimensions(Dimension::builder().name("FunctionName").value("orders").build())
            .period(60)
            .evaluation_periods(3)
            .build();
        let watched = read(&alarm).unwrap();
        assert_eq!((watched.resource.node().as_str(), watched.metric, watched.delay_seconds), ("lambda:orders", Some(Metric::Errors), 180));
        assert_eq!(read(&MetricAlarm::builder().namespace("Own/Thing").build()), None);
    }
}
