//! Metrics of the alarmed resource and its neighbours, before and during, in batches. Entry: [`metrics`].
//!
//! Invariant: one request names up to 500 metrics; a metric without a value is not a zero.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{Dimension, Metric as CloudWatchMetric, MetricDataQuery, MetricStat, ScanBy};
use domain::EpochMs;
use incidents::{Ask, Resource};
use rca::evidence::{Point, Series, Source, Statistic};

use crate::reader::{Reader, instant};

/// CloudWatch takes 500 metrics a call.
const BATCH: usize = 500;
/// Most pages of one answer.
const PAGES: usize = 5;
/// Length of a period in seconds.
pub(crate) const PERIOD_SECONDS: i32 = 60;

fn statistic(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Average => "Average",
        Statistic::Sum => "Sum",
        Statistic::P50 => "p50",
        Statistic::P90 => "p90",
        Statistic::P95 => "p95",
        Statistic::P99 => "p99",
        Statistic::Maximum => "Maximum",
        Statistic::Minimum => "Minimum",
    }
}

fn query(index: usize, ask: &Ask) -> MetricDataQuery {
    let dimensions = ask.dimensions.iter().map(|(n, v)| Dimension::builder().name(n).value(v).build()).collect();
    let metric = CloudWatchMetric::builder().namespace(ask.namespace).metric_name(ask.name).set_dimensions(Some(dimensions)).build();
    let stat = MetricStat::builder().metric(metric).period(PERIOD_SECONDS).stat(statistic(ask.statistic)).build();
    MetricDataQuery::builder().id(format!("m{index}")).metric_stat(stat).return_data(true).build()
}

/// Reads everything that is known to be worth reading of these resources, the first ones first.
pub(crate) async fn metrics(reader: &mut Reader, resources: &[Resource]) {
    let mut asks: Vec<Ask> = resources.iter().flat_map(Resource::asks).collect();
    let taken = reader.take_metrics(asks.len());
    asks.truncate(taken);
    let client = aws_sdk_cloudwatch::Client::new(&reader.config);
    let (from, to) = reader.span();
    for batch in asks.chunks(BATCH) {
        let queries: Vec<MetricDataQuery> = batch.iter().enumerate().map(|(n, ask)| query(n, ask)).collect();
        let mut found: BTreeMap<usize, Vec<Point>> = BTreeMap::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            if !reader.may_call(Source::Metrics) {
                break;
            }
            let call = client
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(instant(from))
                .end_time(instant(to))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(token.take());
            match call.send().await {
                Ok(answer) => {
                    for result in answer.metric_data_results() {
                        let Some(index) = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok()) else { continue };
                        let Some(ask) = batch.get(index) else { continue };
                        let values = result.timestamps().iter().zip(result.values());
                        let points = values.map(|(at, value)| Point { at: EpochMs(at.secs() * 1000), value: value * ask.factor });
                        found.entry(index).or_default().extend(points);
                    }
                    token = answer.next_token().map(str::to_owned);
                }
                Err(error) => {
                    let error = error.into_service_error();
                    reader.failed(Source::Metrics, None, "cloudwatch:GetMetricData", &error);
                }
            }
            if token.is_none() {
                break;
            }
        }
        for (index, points) in found.into_iter().filter(|(_, p)| !p.is_empty()) {
            if let Some(ask) = batch.get(index) {
                let series = Series { node: ask.node.clone(), metric: ask.metric, statistic: ask.statistic, points };
                reader.evidence.series.push(series);
            }
        }
    }
    for resource in resources {
        let node = resource.node();
        if !reader.evidence.series.iter().any(|s| s.node == node) {
            reader.gap(Source::Metrics, Some(&node), "no values in the window", None);
        }
    }
}

#[cfg(test)]
mod tests {
    use incidents::Service;
    use testkit::{Answer, Replay};

    use super::*;
    use crate::reader::tests::reader;

    #[tokio::test]
    async fn all_metrics_go_into_one_call_and_what_has_no_values_is_a_gap_of_its_node() {
        let replay = Replay::new(|_| Some(Answer::new(403, "no")));
        let mut reader = reader(&replay, 10, 100);
        metrics(&mut reader, &[Resource::new(Service::Lambda, "orders"), Resource::new(Service::Sqs, "jobs")]).await;
        assert_eq!((replay.sent().len(), reader.metered.calls, reader.metered.metrics), (1, 1, 6));
        let nodes: Vec<Option<&str>> = reader.evidence.gaps.iter().map(|g| g.node.as_deref()).collect();
        assert_eq!(nodes, [None, Some("lambda:orders"), Some("sqs:jobs")]);
    }
}
