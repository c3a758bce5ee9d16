//! Reader of folders in the PetShop format (arXiv 2311.04806): one scenario, or a folder of several.
//!
//! Entry type: [`Scenario`]. Invariant: labels cannot leave this file by accident. An [`Incident`] holds what an
//! alarm would have known; the true cause is read by [`label`] alone, which only the scorer calls.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use domain::EpochMs;
use rca::evidence::{Call, Evidence, Metric, Node, NodeKind, Point, Series, Statistic, Target, Window};
use serde::Deserialize;

/// Length of one period on the clock of the evidence.
const PERIOD_MS: i64 = 300_000;
/// Periods between the baseline and the incident on that clock: more than none, so that nothing overlaps.
const APART: usize = 10;

/// One table of metrics.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    columns: Vec<(String, Metric, Statistic, Vec<Option<f64>>)>,
    rows: usize,
}

/// One alarm with its five rows.
#[derive(Debug)]
pub(crate) struct Incident {
    /// `train/issue_3`.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) folder: PathBuf,
    /// The alarmed node.
    pub(crate) node: String,
    /// The alarmed metric.
    pub(crate) metric: Metric,
    metrics: Metrics,
}

/// A scenario folder.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// The folder's name.
    pub(crate) name: String,
    /// Alarms in order of their names.
    pub(crate) incidents: Vec<Incident>,
    graph: Evidence,
    normal: Metrics,
}

#[derive(Deserialize)]
struct TargetFile {
    target: TargetNode,
}

#[derive(Deserialize)]
struct TargetNode {
    node: String,
    metric: String,
}

/// Every scenario in a folder: itself, or those in it (two levels deep), by name.
pub(crate) fn scenarios(folder: &Path) -> Result<Vec<Scenario>> {
    let mut found = BTreeSet::new();
    let mut level = vec![folder.to_path_buf()];
    for _ in 0..3 {
        let mut next = Vec::new();
        for place in level {
            if place.join("graph.csv").is_file() && place.join("noissue").is_dir() {
                found.insert(place);
            } else {
                next.extend(folders(&place)?);
            }
        }
        level = next;
    }
    ensure!(
        !found.is_empty(),
        "no scenario in `{}`: a scenario folder holds graph.csv, noissue/metrics.csv and train|test/issue_N/. The PetShop data \
         (CC-BY-4.0) is published by amazon-science as petshop-root-cause-analysis, folder `dataset`",
        folder.display()
    );
    found.iter().map(|f| Scenario::read(f).with_context(|| format!("scenario `{}`", f.display()))).collect()
}

fn folders(place: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(place).with_context(|| format!("cannot read `{}`", place.display()))?;
    let mut found: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    // issue_10 comes after issue_9.
    found.sort_by_key(|p| {
        let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let number = name.rsplit('_').next().and_then(|n| n.parse::<u64>().ok());
        (number, name)
    });
    Ok(found)
}

fn records(path: &Path) -> Result<Vec<csv::StringRecord>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_path(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    reader.records().map(|r| r.with_context(|| format!("`{}` is not CSV", path.display()))).collect()
}

fn number(cell: &str) -> Option<f64> {
    cell.trim().parse::<f64>().ok().filter(|v| v.is_finite())
}

/// A period's name in the first column: seconds since the epoch or a date.
fn is_instant(cell: &str) -> bool {
    number(cell).is_some() || (cell.len() >= 10 && cell.starts_with(|c: char| c.is_ascii_digit()) && cell.contains('-'))
}

impl Metrics {
    /// Reads three header rows (in any order, told apart by their names) and the values; what is no number is a gap.
    fn read(path: &Path) -> Result<Self> {
        let records = records(path)?;
        let head = records.iter().take_while(|r| !r.get(0).is_some_and(is_instant)).count();
        let (header, body) = records.split_at(head);
        let named = |name: &str, position: usize| {
            let by_name = header.iter().find(|r| r.get(0).is_some_and(|c| c.trim().eq_ignore_ascii_case(name)));
            by_name.or_else(|| header.get(position)).with_context(|| format!("`{}` has no header row `{name}`", path.display()))
        };
        let (nodes, metrics, statistics) = (named("microservice", 0)?, named("metric", 1)?, named("statistic", 2)?);
        ensure!(!body.is_empty(), "`{}` holds no values", path.display());
        let mut columns = Vec::new();
        for (column, node) in nodes.iter().enumerate().skip(1).filter(|(_, n)| !n.trim().is_empty()) {
            let metric = match metrics.get(column).unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                "requests" => Metric::Requests,
                "latency" => Metric::Latency,
                "availability" => Metric::Availability,
                _ => continue,
            };
            let statistic = match statistics.get(column).unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                "sum" => Statistic::Sum,
                "average" | "avg" | "mean" => Statistic::Average,
                "p50" => Statistic::P50,
                "p90" => Statistic::P90,
                "p95" => Statistic::P95,
                "p99" => Statistic::P99,
                "maximum" | "max" => Statistic::Maximum,
                "minimum" | "min" => Statistic::Minimum,
                _ => continue,
            };
            let values = body.iter().map(|r| r.get(column).and_then(number)).collect();
            columns.push((node.trim().to_owned(), metric, statistic, values));
        }
        ensure!(!columns.is_empty(), "`{}` has no column of requests, latency or availability", path.display());
        Ok(Self { columns, rows: body.len() })
    }

    /// Adds the rows to the evidence, the first of them at the given period.
    fn add(&self, evidence: &mut Evidence, rows: std::ops::Range<usize>, first: usize) {
        for (node, metric, statistic, values) in &self.columns {
            let points = values
                .iter()
                .enumerate()
                .skip(rows.start)
                .take(rows.len())
                .filter_map(|(row, v)| v.map(|value| Point { at: period(first + row - rows.start), value }))
                .collect();
            evidence.series.push(Series { node: node.clone(), metric: *metric, statistic: *statistic, points });
        }
    }
}

fn period(index: usize) -> EpochMs {
    EpochMs(PERIOD_MS.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX)))
}

/// The node's type is the last part of its X-Ray name; `remote` is what is seen only through its callers.
fn kind(node: &str) -> NodeKind {
    if node.rsplit('_').next() == Some("remote") { NodeKind::Inferred } else { NodeKind::Instrumented }
}

fn graph(path: &Path) -> Result<Evidence> {
    let records = records(path)?;
    let Some((header, rows)) = records.split_first() else { bail!("`{}` is empty", path.display()) };
    let mut evidence = Evidence::default();
    for node in header.iter().skip(1).filter(|n| !n.trim().is_empty()) {
        evidence.nodes.push(Node { id: node.trim().to_owned(), kind: kind(node.trim()) });
    }
    for row in rows {
        let Some(caller) = row.get(0).map(str::trim).filter(|c| !c.is_empty()) else { continue };
        for (callee, cell) in header.iter().zip(row).skip(1) {
            let calls = number(cell).is_some_and(|v| v > 0.0) || cell.trim().eq_ignore_ascii_case("true");
            if calls && !callee.trim().is_empty() {
                evidence.calls.push(Call { caller: caller.to_owned(), callee: callee.trim().to_owned() });
            }
        }
    }
    Ok(evidence)
}

impl Scenario {
    fn read(folder: &Path) -> Result<Self> {
        let mut incidents = Vec::new();
        for split in ["train", "test"] {
            let place = folder.join(split);
            if !place.is_dir() {
                continue;
            }
            for folder in folders(&place)? {
                if folder.join("target.json").is_file() {
                    incidents.push(Incident::read(split, folder)?);
                }
            }
        }
        Ok(Self {
            name: folder.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned()),
            incidents,
            graph: graph(&folder.join("graph.csv"))?,
            normal: Metrics::read(&folder.join("noissue").join("metrics.csv"))?,
        })
    }

    /// The evidence of an alarm: everything normal as the baseline.
    pub(crate) fn evidence(&self, incident: &Incident) -> Evidence {
        let rows = self.normal.rows;
        self.assemble((&incident.node, incident.metric), 0..rows, &incident.metrics, 0..incident.metrics.rows)
    }

    /// Evidence of an alarm that never was: rows of normal times after the baseline's.
    pub(crate) fn normal_window(&self, alarm: (&str, Metric), baseline: usize, rows: std::ops::Range<usize>) -> Evidence {
        self.assemble(alarm, 0..baseline, &self.normal, rows)
    }

    /// Normal rows.
    pub(crate) fn normal_rows(&self) -> usize {
        self.normal.rows
    }

    /// The distinct alarms of the scenario.
    pub(crate) fn alarms(&self) -> BTreeSet<(String, Metric)> {
        self.incidents.iter().map(|i| (i.node.clone(), i.metric)).collect()
    }

    fn assemble(
        &self,
        alarm: (&str, Metric),
        baseline: std::ops::Range<usize>,
        metrics: &Metrics,
        rows: std::ops::Range<usize>,
    ) -> Evidence {
        let mut evidence = self.graph.clone();
        let known: BTreeSet<String> = evidence.nodes.iter().map(|n| n.id.clone()).collect();
        let extra: BTreeSet<&String> = metrics.columns.iter().map(|c| &c.0).filter(|n| !known.contains(*n)).collect();
        evidence.nodes.extend(extra.into_iter().map(|n| Node { id: n.clone(), kind: kind(n) }));
        let start = baseline.len() + APART;
        let length = rows.len();
        self.normal.add(&mut evidence, baseline.clone(), 0);
        metrics.add(&mut evidence, rows, start);
        evidence.target = Some(Target { node: alarm.0.to_owned(), metric: alarm.1 });
        evidence.baseline = Window { from: period(0), to: period(baseline.len()) };
        // Of an alarm's rows the first lies before the fault and the last after it.
        let (first, last) = if length >= 4 { (start + 1, start + length - 1) } else { (start, start + length) };
        evidence.incident = Window { from: period(first), to: period(last) };
        evidence
    }
}

impl Incident {
    fn read(split: &str, folder: PathBuf) -> Result<Self> {
        let path = folder.join("target.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let file: TargetFile = serde_json::from_str(&text).with_context(|| format!("`{}` has no target", path.display()))?;
        let metric = match file.target.metric.as_str() {
            "latency" => Metric::Latency,
            "availability" => Metric::Availability,
            other => bail!("`{}`: an alarm on `{other}` is neither latency nor availability", path.display()),
        };
        let metrics = Metrics::read(&folder.join("metrics.csv"))?;
        let name = format!("{split}/{}", folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default());
        Ok(Self { name, folder, node: file.target.node, metric, metrics })
    }
}

/// The true cause. For the scorer only.
pub(crate) fn label(incident: &Incident) -> Result<String> {
    #[derive(Deserialize)]
    struct File {
        root_cause: Cause,
    }
    #[derive(Deserialize)]
    struct Cause {
        node: String,
    }
    let path = incident.folder.join("target.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let file: File = serde_json::from_str(&text).with_context(|| format!("`{}` has no root cause", path.display()))?;
    Ok(file.root_cause.node)
}
