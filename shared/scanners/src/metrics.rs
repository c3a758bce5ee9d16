//! Metrics in as few calls as possible. Entry point: [`read`].
//!
//! Invariant: a query that CloudWatch did not answer completely is a gap; a query that it answered with no points is an empty series.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, StatusCode};
use checks::{Gap, GapKind, Seen, Series};

use crate::{Look, client, text};

/// The IAM action.
pub const ACTION: &str = "cloudwatch:GetMetricData";

/// Queries in one call (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>).
const MAX_QUERIES: usize = 500;

/// One metric of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query {
    /// `AWS/EC2`, …
    pub namespace: &'static str,
    /// `CPUUtilization`, …
    pub metric: &'static str,
    /// Name and value of its dimensions.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Average`, `Sum`, `Maximum`, `Minimum`.
    pub statistic: &'static str,
    /// Seconds of one point.
    pub period_s: i32,
    /// Seconds to look back.
    pub back_s: i64,
}

/// Answers in the order of the queries.
pub async fn read(look: &Look, queries: Vec<Query>) -> Vec<Seen<Series>> {
    let client = client!(look, aws_sdk_cloudwatch);
    let mut answers: Vec<Seen<Series>> = queries.iter().map(|_| Err(Gap::incomplete(ACTION, "an answer"))).collect();
    let mut by_window: BTreeMap<i64, Vec<(usize, &Query)>> = BTreeMap::new();
    for (index, query) in queries.iter().enumerate() {
        by_window.entry(query.back_s).or_default().push((index, query));
    }
    for (back_s, group) in by_window {
        for chunk in group.chunks(MAX_QUERIES) {
            let asked: Vec<MetricDataQuery> = chunk.iter().map(|(index, query)| data_query(*index, query)).collect();
            let at = look.place().at;
            let pages = client
                .get_metric_data()
                .set_metric_data_queries(Some(asked))
                .start_time(text::sdk_instant(at.plus_seconds(-back_s)))
                .end_time(text::sdk_instant(at))
                .scan_by(ScanBy::TimestampAscending)
                .into_paginator()
                .send();
            let results = look.list(ACTION, pages, |page, all| all.extend(page.metric_data_results.unwrap_or_default())).await;
            match results {
                Err(gap) => chunk.iter().for_each(|(index, _)| set(&mut answers, *index, Err(gap.clone()))),
                Ok(results) => {
                    let mut points: BTreeMap<usize, Seen<Series>> = BTreeMap::new();
                    for result in results {
                        let Some(index) = result.id().and_then(|id| id.strip_prefix('q')).and_then(|n| n.parse().ok()) else { continue };
                        let entry = points.entry(index).or_insert_with(|| Ok(Series::default()));
                        match result.status_code() {
                            Some(StatusCode::Forbidden) => *entry = Err(Gap::new(GapKind::Denied, ACTION, "Forbidden")),
                            Some(StatusCode::InternalError) => *entry = Err(Gap::new(GapKind::Unavailable, ACTION, "InternalError")),
                            // Partial data is followed by the rest on the next page.
                            _ => {
                                if let Ok(series) = entry {
                                    let values = result.timestamps().iter().map(text::instant).zip(result.values().iter().copied());
                                    series.0.extend(values);
                                }
                            }
                        }
                    }
                    for (index, mut seen) in points {
                        if let Ok(series) = &mut seen {
                            series.0.sort_by_key(|(at, _)| *at);
                        }
                        set(&mut answers, index, seen);
                    }
                }
            }
        }
    }
    answers
}

fn set(answers: &mut [Seen<Series>], index: usize, value: Seen<Series>) {
    if let Some(slot) = answers.get_mut(index) {
        *slot = value;
    }
}

fn data_query(index: usize, query: &Query) -> MetricDataQuery {
    let dimensions = query.dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(value).build()).collect();
    let metric = Metric::builder().namespace(query.namespace).metric_name(query.metric).set_dimensions(Some(dimensions)).build();
    let stat = MetricStat::builder().metric(metric).period(query.period_s).stat(query.statistic).build();
    MetricDataQuery::builder().id(format!("q{index}")).metric_stat(stat).build()
}
