//! The suite on a small scenario written for the test.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Tuning, run, suspects};
use crate::petshop::scenarios;

/// A folder that is removed afterwards.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// web calls shop and its remote view; shop calls base. Sixty normal rows, base slow in one alarm, failing in another.
fn scenario(name: &str) -> Folder {
    let root = std::env::temp_dir().join(format!("eval-rca-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    let place = root.join("small");
    fs::create_dir_all(place.join("noissue")).unwrap();
    fs::write(place.join("graph.csv"), ",web,shop,base,shop_remote\nweb,0,1,0,1\nshop,0,0,1,0\nbase,0.0,0.0,0.0,0.0\nshop_remote,0,0,0,\n")
        .unwrap();
    fs::write(place.join("noissue/metrics.csv"), metrics(60, 1_000, 0.0, 0.0)).unwrap();
    for (issue, metric, slow, fail) in [(0, "latency", 0.2, 0.0), (1, "availability", 0.0, 5.0)] {
        let folder = place.join(format!("test/issue_{issue}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("metrics.csv"), metrics(5, 900_000, slow, fail)).unwrap();
        let target = format!(
            r#"{{"target":{{"node":"web","metric":"{metric}","agg":"Average","timestamp":900600}},"root_cause":{{"node":"base","metric":null}},"metadata":{{"command":"break base"}}}}"#
        );
        fs::write(folder.join("target.json"), target).unwrap();
    }
    Folder(root)
}

fn metrics(rows: usize, start: usize, slow: f64, fail: f64) -> String {
    let mut text = String::from(
        "microservice,web,web,web,shop,shop,shop,base,base,base,shop_remote,shop_remote\n\
         metric,requests,latency,availability,requests,latency,availability,requests,latency,availability,requests,latency\n\
         statistic,Sum,Average,Average,Sum,Average,Average,Sum,Average,Average,Sum,Average\n",
    );
    for row in 0..rows {
        let faulty = (1..4).contains(&row);
        let (slow, fail) = if faulty { (slow, fail) } else { (0.0, 0.0) };
        let wave = ((row * 7) % 5) as f64 / 1000.0;
        let cells = [
            500.0,
            0.1 + wave + slow,
            100.0 - fail,
            400.0,
            0.05 + wave + slow,
            100.0 - fail,
            400.0,
            0.02 + wave + slow,
            100.0 - fail,
            10.0,
            0.03,
        ];
        let cells: Vec<String> = cells.iter().map(f64::to_string).collect();
        text.push_str(&format!("{},{}\n", start + 300 * row, cells.join(",")));
    }
    text
}

fn rankings(root: &Path) -> Vec<Vec<String>> {
    let all = scenarios(root).unwrap();
    all.iter().flat_map(|s| s.incidents.iter().map(|i| suspects(&s.evidence(i), &Tuning::default()).0).collect::<Vec<_>>()).collect()
}

#[test]
fn scrambled_labels_see_the_same_rankings() {
    let folder = scenario("labels");
    let before = rankings(&folder.0);
    for issue in 0..2 {
        let path = folder.0.join(format!("small/test/issue_{issue}/target.json"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            text.replace(r#""root_cause":{"node":"base""#, r#""root_cause":{"node":"shop_remote""#).replace("break base", "break web"),
        )
        .unwrap();
    }
    assert_eq!(rankings(&folder.0), before);
    assert_eq!(before.iter().map(|r| r[0].as_str()).collect::<Vec<_>>(), ["base", "base"]);
    // The labels do reach the scorer.
    let last: serde_json::Value = serde_json::from_str(run(&folder.0, true).unwrap().last().unwrap()).unwrap();
    assert_eq!((last["n"].as_u64(), last["top1"].as_f64()), (Some(2), Some(0.0)));
}

#[test]
fn last_line_is_the_promised_json() {
    let folder = scenario("json");
    let last: serde_json::Value = serde_json::from_str(run(&folder.0.join("small"), true).unwrap().last().unwrap()).unwrap();
    assert_eq!(last["suite"], "rca");
    for key in ["n", "top1", "top3", "selective_specificity", "selective_top1", "ms_per_incident"] {
        assert!(last[key].is_number(), "{key}");
    }
    assert_eq!(last["top1"], 1.0);
    assert_eq!(last["scenarios"][0]["scenario"], "small");
}

#[test]
fn damaged_tables_are_read_as_far_as_they_go() {
    let folder = scenario("damaged");
    let path = folder.0.join("small/test/issue_0/metrics.csv");
    let text = fs::read_to_string(&path).unwrap();
    let damaged: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(row, line)| {
            let cells: Vec<&str> = line.split(',').collect();
            // One column twice, one unknown, one emptied, one that is no number.
            let extra = match row {
                0 => "shop,new_AWS::DynamoDB::Table,base",
                1 => "latency,requests,weather",
                2 => "Average,Sum,Sum",
                3 => "NaN,7,1",
                4 => "inf,,sunny",
                _ => cells[5],
            };
            if row == 7 { line.split(',').take(4).collect::<Vec<_>>().join(",") } else { format!("{line},{extra}") }
        })
        .collect();
    fs::write(&path, format!("{}\n", damaged.join("\n"))).unwrap();
    assert_eq!(rankings(&folder.0)[0][0], "base");
}

#[test]
fn folder_without_a_scenario_says_what_one_is() {
    let folder = scenario("none");
    let error = run(&folder.0.join("small/noissue"), true).unwrap_err().to_string();
    assert!(error.contains("graph.csv") && error.contains("petshop-root-cause-analysis"), "{error}");
    fs::write(folder.0.join("small/noissue/metrics.csv"), "microservice,web\n").unwrap();
    let error = format!("{:#}", run(&folder.0, true).unwrap_err());
    assert!(error.contains("noissue/metrics.csv"), "{error}");
}
