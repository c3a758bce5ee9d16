//! The two verifiers agree, and every mutation of small logs is located.

use std::{fs, path::Path, process::Command};

use audit::{Expectations, ExportReport, MemoryExport};
use serde_json::Value;

use super::*;

fn write(export: &MemoryExport, dir: &Path) {
    fs::create_dir_all(dir.join("seals")).unwrap();
    fs::create_dir_all(dir.join("chains")).unwrap();
    for (number, file) in &export.seals {
        fs::write(dir.join(format!("seals/{number:08}.json")), file.as_slice()).unwrap();
    }
    for (chain, file) in &export.chains {
        fs::write(dir.join(format!("chains/{chain}.log")), file.as_slice()).unwrap();
    }
}

/// The interpreter with `cryptography`: of the tools that xtask installs, else whichever is there.
fn python() -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let installed = root.join(".local/venv/bin/python");
    if installed.exists() { installed } else { "python3".into() }
}

fn second_opinion(dir: &Path, options: &[String], names: &[String]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tools/verify_audit.py");
    let output = Command::new(python()).current_dir(dir).arg(script).args(options).args(names).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.lines().count() == names.len(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Where the unsealed tail of a chain begins, as a file with something done to it.
fn change_the_tail(log: &Log, dice: &mut Dice) -> MemoryExport {
    let mut export = log.export.clone();
    let (chain, sealed) = &log.sealed[dice.below(log.sealed.len())];
    let file = export.chains.get_mut(chain).unwrap();
    let mut lines: Vec<String> = String::from_utf8(file.to_vec()).unwrap().lines().map(str::to_owned).collect();
    let tail = lines.len().saturating_sub(*sealed);
    if tail > 1 {
        let (a, b) = (sealed + dice.below(tail), sealed + dice.below(tail));
        match dice.below(6) {
            0 => lines.swap(a, b),
            1 => drop(lines.remove(a)),
            2 => lines.insert(a, lines[b].clone()),
            3 => lines[a] = lines[a].replacen('e', "f", 1),
            4 => {
                let text = lines[a].splitn(3, ' ').nth(2).unwrap().replace("belt.daily", "belt.weekly");
                let hash = Digest::of_bytes(&[audit::RECORD_TAG.as_bytes(), text.as_bytes()].concat());
                lines[a] = format!("{} {hash} {text}", a + 1);
            }
            _ => lines.insert(a, "nothing".to_owned()),
        }
    }
    *file = lines.iter().flat_map(|l| [l.as_str(), "\n"]).collect::<String>().into_bytes().into();
    export
}

#[test]
fn both_verifiers_agree_on_honest_changed_and_erased_logs() {
    let dir = std::env::temp_dir().join(format!("aiops-audit-agree-{}", std::process::id()));
    let (signer, stranger) = (Signer::new().unwrap(), Signer::new().unwrap());
    let log = log::make(11, 75, 4, &signer).unwrap();
    let mut dice = Dice::new(23);
    let mut exports = vec![log.export.clone(), MemoryExport::default()];
    for n in 0..12 * KINDS.len() {
        exports.extend(mutate::mutate(&log, KINDS[n % KINDS.len()], &mut dice, &stranger).unwrap().map(|m| m.export));
    }
    exports.extend((0..30).map(|_| change_the_tail(&log, &mut dice)));
    // Lines of which only the hash is left, at a place and in a way that is proven, and not.
    for n in 0..20 {
        let mut export = log.export.clone();
        let file = export.chains.values_mut().nth(n % 5).unwrap();
        let mut lines: Vec<String> = String::from_utf8(file.to_vec()).unwrap().lines().map(str::to_owned).collect();
        let at = dice.below(lines.len());
        let (seq, rest) = lines[at].split_once(' ').unwrap();
        let hash = if n % 4 == 3 { Digest::of_bytes(b"x").to_string() } else { rest[..64].to_owned() };
        lines[at] = format!("{seq} {hash} -");
        *file = (lines.join("\n") + "\n").into_bytes().into();
        exports.push(export);
    }
    let names: Vec<String> = (0..exports.len()).map(|n| format!("{n:04}")).collect();
    exports.iter().zip(&names).for_each(|(export, name)| write(export, &dir.join(name)));
    fs::write(dir.join("key.pem"), signer.pem()).unwrap();

    let (number, hash) = log.expected.seal.clone().unwrap();
    let hub = log.export.chains.keys().next_back().unwrap();
    let last = String::from_utf8(log.export.chains[hub].to_vec()).unwrap().lines().last().unwrap().to_owned();
    let (seq, rest) = last.split_once(' ').unwrap();
    let head = (seq.parse().unwrap(), Digest::parse(&rest[..64]).unwrap());
    let pinned = |erased| Expectations { heads: BTreeMap::from([(hub.clone(), head.clone())]), erased, ..log.expected.clone() };
    let pins = || vec!["--pin".to_owned(), format!("{number}:{hash}"), "--head".to_owned(), format!("{hub}:{}:{}", head.0, head.1)];
    let keys = signer.keys().unwrap();
    let mut unsound = 0;
    for (expected, mut options) in
        [(Expectations::default(), vec![]), (pinned(false), pins()), (pinned(true), [pins(), vec!["--erased".to_owned()]].concat())]
    {
        options.extend(["--key".to_owned(), "key.pem".to_owned()]);
        for ((export, name), theirs) in exports.iter().zip(&names).zip(second_opinion(&dir, &options, &names)) {
            let ours: ExportReport = verify_export(export, &keys, &expected).unwrap();
            unsound += usize::from(!ours.sound);
            assert_eq!(serde_json::to_value(&ours).unwrap(), theirs, "export {name} in {}", dir.display());
        }
    }
    assert!(unsound > 300, "{unsound}");
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn every_mutation_of_a_small_log_is_located() {
    let (signer, stranger) = (Signer::new().unwrap(), Signer::new().unwrap());
    let logs = [log::make(5, 90, 4, &signer).unwrap(), log::make(6, 30, 3, &signer).unwrap()];
    let scores = mutations(&logs, &Options { mutations: 480, seed: 3 }, &signer, &stranger).unwrap();
    assert_eq!(scores.len(), KINDS.len());
    for (kind, score) in scores {
        assert_eq!((score.detected, score.located), (score.mutations, score.mutations), "{kind}: {:?}", score.named);
    }
}

#[test]
fn what_no_seal_covers_is_unproven_and_a_tail_cut_off_is_not_seen() {
    let signer = Signer::new().unwrap();
    let log = log::make(9, 90, 5, &signer).unwrap();
    let keys = signer.keys().unwrap();
    let report = verify_export(&log.export, &keys, &log.expected).unwrap();
    let unproven: u64 = report.chains.iter().map(|c| c.unproven).sum();
    assert!(report.sound && unproven >= 3, "{unproven}");
    let mut cut = log.export.clone();
    for (chain, sealed) in &log.sealed {
        let file = cut.chains.get_mut(chain).unwrap();
        *file =
            String::from_utf8(file.to_vec()).unwrap().lines().take(*sealed).flat_map(|l| [l, "\n"]).collect::<String>().into_bytes().into();
    }
    let report = verify_export(&cut, &keys, &log.expected).unwrap();
    assert!(report.sound && report.chains.iter().all(|c| c.unproven == 0));
}
