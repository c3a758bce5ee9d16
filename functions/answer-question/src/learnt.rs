//! What was learnt from incidents, for people. Entry functions: [`search`], [`stats`].
//!
//! Invariant: what is shown is what the ledger holds, with what speaks for and against it in the environment asked about; nothing is
//! written by looking.

use domain::{Environment, EpochMs, Text, WireError};
use incidents::lesson;
use knowledge::{Outcome, Pattern, Status};
use ledger::Ledger;

/// Patterns in one reply.
const SHOWN: usize = 5;
/// Whoever searches sees more than what is shown unasked.
const LEAST_RELEVANCE: f64 = 0.15;

/// The patterns that fit a text, as far as they are to be believed in an environment.
pub(crate) async fn search(ledger: &Ledger, query: &str, environment: Environment, now: EpochMs) -> Result<Text, WireError> {
    let patterns = ledger.patterns().await.map_err(|e| e.wire())?;
    let active = patterns.iter().filter(|p| p.status == Status::Active).count();
    let place = environment.as_str();
    let found = lesson::search(patterns, query, environment, now, LEAST_RELEVANCE, SHOWN);
    if found.is_empty() {
        return Ok(Text::new(
            format!("Nothing that was learnt fits ({active} patterns were searched)."),
            format!("没有匹配的经验（共检索 {active} 条）。"),
        ));
    }
    let lines: Vec<Text> = found.iter().map(lesson::Recalled::text).collect();
    let list = |pick: fn(&Text) -> &str| lines.iter().map(|line| format!("\n  • {}", pick(line))).collect::<String>();
    Ok(Text::new(
        format!("Learnt from incidents, as far as it is proven in {place}:{}", list(|t| &t.en)),
        format!("从以往事件中学到的（可信度按 {place} 环境计）：{}", list(|t| &t.zh)),
    ))
}

/// How much was learnt, and what speaks for it.
pub(crate) async fn stats(ledger: &Ledger) -> Result<Text, WireError> {
    let patterns = ledger.patterns().await.map_err(|e| e.wire())?;
    let of = |status: Status| patterns.iter().filter(|p| p.status == status).count();
    let outcomes = |wanted: fn(&Outcome) -> bool| -> usize {
        patterns.iter().flat_map(|p: &Pattern| &p.outcomes).filter(|record| wanted(&record.outcome)).count()
    };
    let (active, aside, deleted) = (of(Status::Active), of(Status::Quarantined), of(Status::Deleted));
    let verified = outcomes(|o| matches!(o, Outcome::Verified { .. }));
    let failed = outcomes(|o| matches!(o, Outcome::Failed { .. }));
    Ok(Text::new(
        format!(
            "{active} pattern(s) learnt, {aside} set aside, {deleted} deleted; {verified} verified change(s) and {failed} failed one(s) speak for and against them."
        ),
        format!("已学到 {active} 条经验，停用 {aside} 条，删除 {deleted} 条；其中变更验证成功 {verified} 次，失败 {failed} 次。"),
    ))
}
