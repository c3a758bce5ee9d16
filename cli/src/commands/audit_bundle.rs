//! `audit bundle` and `audit verify --bundle`.
//!
//! Invariant: a bundle is made of an export, so that its proofs are made here, and checked with the keys given alone.

use std::{collections::BTreeMap, fs, path::Path};

use audit::{
    Chain, Export as _, Seal,
    bundle::{BUNDLE_VERSION, Bundle, BundleReport, Proven, SealOf, Shown, Signed, records_of, verify_bundle},
    merkle::Hash,
    proof::{LineProof, RecordProof, leaves},
};
use domain::{Digest, Plan, Text};
use serde::Deserialize;

use super::{
    audit_export::{Folder, keys},
    plans::plan_id,
};
use crate::{
    args::VerifyExport,
    endpoint::Call,
    error::{CliError, Exit},
    http::encode,
    run::Context,
};

/// Hashes that seals list, by chain.
type Sealed = BTreeMap<Chain, Vec<Hash>>;

/// What the endpoint knows of a plan, for a bundle.
#[derive(Deserialize)]
struct Evidence {
    plan: Plan,
    digest: Digest,
    shown: Vec<Shown>,
    approvals: Vec<Signed>,
}

/// `audit bundle`.
pub(super) fn make(context: &mut Context<'_, '_>, plan: &str, export: &Path, to: &Path) -> Result<Exit, CliError> {
    let id = plan_id(plan)?;
    let endpoint = context.endpoint()?;
    let call = Call::get(format!("/v1/plans/{}/evidence", encode(id.as_str())), &[]);
    let Evidence { plan, digest, shown, approvals } = endpoint.read(&endpoint.call(&call)?)?;
    let folder = Folder(export.to_owned());
    let mine = records_of(&id, &folder.records()?);
    let (seal, hashes) = latest_seal(&folder)?;
    let mut records = Vec::new();
    let mut trees: BTreeMap<&Chain, Vec<Hash>> = BTreeMap::new();
    for stored in &mine {
        let tree = trees.entry(&stored.chain).or_insert_with(|| leaves(hashes.get(&stored.chain).map(Vec::as_slice).unwrap_or_default()));
        let proof = RecordProof::make(stored.chain.clone(), stored.seq, tree);
        records.push(Proven { record: stored.record.clone(), hash: stored.hash.clone(), proof });
    }
    let concerned: Vec<&Chain> = trees.into_keys().collect();
    let seal = seal.map(|seal| SealOf {
        lines: concerned.iter().filter_map(|chain| LineProof::make(chain, &seal.lines)).collect(),
        statement: seal.statement,
        signature: seal.signature,
    });
    let bundle = Bundle { v: BUNDLE_VERSION, plan, digest, shown, approvals, records, seal };
    let text = serde_json::to_vec_pretty(&bundle).map_err(|source| CliError::FileMalformed { path: to.to_owned(), source })?;
    fs::write(to, text).map_err(|source| CliError::File { path: to.to_owned(), source })?;
    let proven = bundle.records.iter().filter(|r| r.proof.is_some()).count();
    let said = Text::new(
        format!(
            "{} record(s), {proven} of them with a proof, {} approval(s) written to `{}`",
            bundle.records.len(),
            bundle.approvals.len(),
            to.display()
        ),
        format!(
            "已将 {} 条记录（其中 {proven} 条带证明）和 {} 个审批写入 `{}`",
            bundle.records.len(),
            bundle.approvals.len(),
            to.display()
        ),
    );
    context.screen.document(&serde_json::json!({"file": to.display().to_string(), "records": bundle.records.len(), "proven": proven}))?;
    context.screen.show(said.in_lang(context.screen.lang))?;
    Ok(Exit::Ok)
}

/// The last seal of an export and the hashes that its seals list. They are verified with the bundle, not here.
fn latest_seal(folder: &Folder) -> Result<(Option<Seal>, Sealed), CliError> {
    let mut numbers = folder.seals()?;
    numbers.sort_unstable();
    let (mut last, mut hashes) = (None, Sealed::new());
    for number in numbers {
        let Ok((seal, _)) = Seal::read(&folder.seal(number)?) else {
            let why = Text::new(format!("seal {number} of the export cannot be read"), format!("导出中的第 {number} 号封印无法读取"));
            return Err(CliError::AuditFault { seq: number, why });
        };
        for line in &seal.lines {
            hashes.entry(line.chain.clone()).or_default().extend(line.new_hashes().unwrap_or_default());
        }
        last = Some(seal);
    }
    Ok((last, hashes))
}

/// `audit verify --bundle`.
pub(super) fn verify(context: &mut Context<'_, '_>, file: &Path, args: &VerifyExport) -> Result<Exit, CliError> {
    let text = fs::read(file).map_err(|source| CliError::File { path: file.to_owned(), source })?;
    let bundle: Bundle = serde_json::from_slice(&text).map_err(|source| CliError::FileMalformed { path: file.to_owned(), source })?;
    let seal_keys = keys(&args.key)?;
    let approval_keys = if args.approval_key.is_empty() { None } else { Some(keys(&args.approval_key)?) };
    if approval_keys.is_none() && !bundle.approvals.is_empty() {
        let what = Text::new("the bundle holds approvals: `--approval-key` is needed", "证据包中有审批：需要 `--approval-key`");
        return Err(CliError::Argument { what });
    }
    let report = verify_bundle(&bundle, &seal_keys, |message, signature| {
        approval_keys.as_ref().is_some_and(|keys| keys.any_signed(message, signature))
    });
    context.screen.document(&serde_json::to_value(&report).unwrap_or_default())?;
    let lang = context.screen.lang;
    for text in lines(&report) {
        context.screen.show(text.in_lang(lang))?;
    }
    for fault in report.faults.iter().filter(|_| !context.screen.json).map(|f| format!("{}: {}", f.place, f.why)).collect::<Vec<_>>() {
        context.screen.complain(&fault)?;
    }
    Ok(if report.sound { Exit::Ok } else { Exit::AuditFault })
}

fn lines(report: &BundleReport) -> Vec<Text> {
    let change = &report.change;
    let names = |people: &[domain::PersonId]| people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let at = |ms: i64| domain::EpochMs(ms).to_rfc3339();
    let executed = change.executed_at.map_or_else(|| "-".to_owned(), |(first, last)| format!("{} – {}", at(first), at(last)));
    let verified = change.verified.map_or_else(|| "-".to_owned(), |yes| yes.to_string());
    let same = |label_en: &str, label_zh: &str, value: &str| Text::new(format!("{label_en}: {value}"), format!("{label_zh}：{value}"));
    vec![
        same("plan", "计划", &format!("{} ({})", change.plan, change.digest)),
        same("operation", "操作", &format!("{} {} {} {}", change.operation, change.risk, change.account, change.region)),
        same("resources", "资源", &change.resources.join(", ")),
        same("requested by", "请求人", &names(&change.requesters)),
        same("approved by", "审批人", &names(&change.approvers)),
        same("planned, valid until", "计划于，有效至", &format!("{}, {}", at(change.planned_at), at(change.expires_at))),
        same("rules", "规则", &change.rules.join(", ")),
        same("executed", "执行", &executed),
        same("request ids", "请求编号", &change.request_ids.join(", ")),
        same("verified", "验证", &verified),
        same("outcome", "结果", &change.outcome),
        Text::new(
            format!("{} record(s) proven by seal {}, {} not yet", report.proven, report.seal, report.unproven),
            format!("{} 条记录由第 {} 号封印证明，{} 条尚未", report.proven, report.seal, report.unproven),
        ),
        if report.sound {
            Text::new(
                "everything in it is genuine; whether the log holds more of this plan, only the log can show",
                "其中内容均属实；日志中是否还有该计划的其他记录，只能由完整日志证明",
            )
        } else {
            Text::new("NOT SOUND:", "存在问题：")
        },
    ]
}
