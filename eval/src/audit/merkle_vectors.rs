//! The published vectors for Merkle proofs (transparency-dev/merkle, testdata), where they are at hand.
//!
//! Entry function: [`check`].

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use audit::merkle::{verify_consistency, verify_inclusion};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

/// How many verdicts are right and how many wrong; `None` where there is no such folder.
pub(crate) fn check(dir: &Path) -> Result<Option<(usize, usize)>> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let (mut right, mut wrong) = (0, 0);
    for (kind, judge) in [("inclusion", inclusion as fn(&str) -> Result<bool>), ("consistency", consistency)] {
        let mut folders = vec![dir.join(kind)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "json") {
                    let text = fs::read_to_string(&path)?;
                    if judge(&text).with_context(|| path.display().to_string())? { right += 1 } else { wrong += 1 }
                }
            }
        }
    }
    if right + wrong == 0 {
        bail!("no vectors in `{}`", dir.display());
    }
    Ok(Some((right, wrong)))
}

fn bytes(text: &str) -> Result<Vec<u8>> {
    Ok(STANDARD.decode(text)?)
}

fn path(proof: Option<Vec<String>>) -> Result<Vec<Vec<u8>>> {
    proof.unwrap_or_default().iter().map(|hash| bytes(hash)).collect()
}

fn inclusion(text: &str) -> Result<bool> {
    let v: Inclusion = serde_json::from_str(text)?;
    let verdict = verify_inclusion(&bytes(&v.leaf_hash)?, v.leaf_idx, v.tree_size, &path(v.proof)?, &bytes(&v.root)?);
    Ok(verdict.is_err() == v.want_err)
}

fn consistency(text: &str) -> Result<bool> {
    let v: Consistency = serde_json::from_str(text)?;
    let verdict = verify_consistency(v.size1, v.size2, &path(v.proof)?, &bytes(&v.root1)?, &bytes(&v.root2)?);
    Ok(verdict.is_err() == v.want_err)
}
