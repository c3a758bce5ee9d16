//! What is refused before or after anything is understood. Entry points: [`refuse`], [`hold`].
//!
//! Invariant: words here only take an operation away. Where one of them stands in doubt, the answer is a question.

use crate::{
    entity::Shape,
    operate::Operation,
    reply::Question,
    slots::{MOST_THINGS, Slots},
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// What no sentence may hold, whatever it asks.
pub(crate) fn refuse(sentence: &Sentence<'_>) -> Option<Question> {
    if sentence.hidden {
        return Some(Question::Hidden);
    }
    if sentence.tokens.is_empty() {
        return Some(Question::Empty);
    }
    let asks_about = sentence.has_any(&[Mark::Who, Mark::Why, Mark::Cause, Mark::Sop, Mark::Knowledge, Mark::Document, Mark::Before]);
    if is_injection(sentence) {
        return Some(Question::Injection);
    }
    if is_command_line(sentence) || !asks_about && sentence.holds(Mark::Shell) {
        return Some(Question::Shell);
    }
    let may = sentence.holds(Mark::May) && sentence.tokens.iter().any(|t| t.is(Mark::May) && !t.is(Mark::Polite))
        || sentence.has(Mark::Required) && sentence.questions()
        || sentence.has(Mark::Denied) && sentence.has(Mark::Why);
    if !may && !sentence.has(Mark::Who) && !sentence.has(Mark::Why) && bypasses(sentence) {
        return Some(Question::Bypass);
    }
    if !sentence.has(Mark::Retract) {
        return None;
    }
    let last_demand = sentence.tokens.iter().rposition(|t| t.asks() && !t.meaning.weak);
    let retracts = |(at, t): (usize, &Token)| t.is(Mark::Retract) && t.quote.is_none() && last_demand.is_none_or(|last| last < at);
    let previews_instead =
        sentence.tokens.iter().rposition(|t| t.is(Mark::Dry)) > sentence.tokens.iter().rposition(|t| t.is(Mark::Retract));
    if sentence.tokens.iter().enumerate().any(retracts) && !previews_instead && !sentence.has_any(&[Mark::Reject, Mark::Bad]) {
        return Some(Question::Retracted);
    }
    None
}

/// What an operation may not be accompanied by.
pub(crate) fn hold(sentence: &Sentence<'_>, slots: &Slots, operation: &Operation) -> Option<Question> {
    let id = operation.entry.spec.id;
    if slots.things.len() > MOST_THINGS {
        return Some(Question::Bulk);
    }
    if quoted_order(sentence) {
        return Some(Question::Quoted);
    }
    if !operation.dry_run && (sentence.has(Mark::Later) || sentence.has(Mark::Conditional) || waits(sentence)) {
        return Some(Question::Later);
    }
    // "the root volume" is a disk.
    let disk = |at: usize| {
        sentence.token(at + 1).is_some_and(|t| matches!(t.word.as_str(), "volume" | "volumes" | "disk" | "device" | "filesystem"))
    };
    if sentence.tokens.iter().enumerate().any(|(at, t)| t.is(Mark::Power) && t.quote.is_none() && !(t.word == "root" && disk(at)))
        && !id.starts_with("iam.")
    {
        return Some(Question::Power);
    }
    let vetoed = |t: &Token| {
        matches!(
            sentence.written(t).to_lowercase().as_str(),
            "不行" | "forbidden" | "not allowed" | "not permitted" | "不允许" | "disallowed"
        )
    };
    if !operation.dry_run && sentence.tokens.iter().any(vetoed) {
        return Some(Question::Forbidden);
    }
    if taken_back(sentence, operation) {
        return Some(Question::Forbidden);
    }
    let deletes = sentence
        .tokens
        .iter()
        .any(|t| matches!(t.word.as_str(), "delete" | "destroy" | "terminate" | "purge" | "wipe" | "erase" | "nuke") && t.asks());
    if deletes && matches!(id, "iam.deactivate_access_key" | "elb.deregister_target") {
        return Some(Question::Destructive);
    }
    None
}

/// "stop it? no, leave it": a later clause forbids the same, or forbids and says nothing else.
fn taken_back(sentence: &Sentence<'_>, operation: &Operation) -> bool {
    let Some(last) = sentence.tokens.iter().rposition(|t| t.asks() && t.meaning.verbs & operation.verbs != 0) else { return false };
    let clause = sentence.token(last).map_or(0, |t| t.clause);
    let after = || sentence.tokens.iter().skip(last + 1).filter(move |t| t.clause > clause && t.quote.is_none());
    let asked = sentence.token(last);
    let same = after().any(|t| {
        t.negated
            && asked
                .is_some_and(|a| t.meaning.verbs & a.meaning.verbs & operation.verbs != 0 && (!t.is(Mark::Destroy) || a.is(Mark::Destroy)))
    });
    let bare = after().any(|t| {
        let forbids = t.is(Mark::Prohibit) || t.is(Mark::Neg) && matches!(sentence.written(t).to_lowercase().as_str(), "no" | "not" | "不");
        let rest = after().filter(|o| {
            o.clause == t.clause
                && o.start != t.start
                && !matches!(o.kind, Kind::Sign(_))
                && !o.is(Mark::Polite)
                && !o.is(Mark::Pronoun)
                && !o.is(Mark::Noise)
        });
        forbids && !t.is(Mark::Dry) && rest.count() == 0
    });
    !operation.dry_run && (same || bare)
}

/// "when traffic is low", "流量低的时候": what is asked for depends on what is not yet so.
fn waits(sentence: &Sentence<'_>) -> bool {
    let verbs = |clause: usize| sentence.tokens.iter().position(|t| t.clause == clause && t.asks());
    sentence.tokens.iter().enumerate().any(|(at, token)| {
        let english = (matches!(token.word.as_str(), "when" | "until" | "while")
            || token.word == "once"
                && sentence.token(at + 1).is_some_and(|t| {
                    matches!(t.word.as_str(), "the" | "it" | "this" | "that" | "all" | "you" | "we" | "traffic" | "everything")
                }))
            && token.quote.is_none();
        let then = token.han
            && sentence.written(token) == "等"
            && sentence.tokens.iter().skip(at + 1).take(12).any(|t| t.is(Mark::Then) || t.is(Mark::SubordinateAfter));
        let after = token.han
            && token.is(Mark::SubordinateAfter)
            && !matches!(sentence.written(token), "前" | "之前" | "以前")
            && token.quote.is_none()
            && verbs(token.clause).is_some_and(|verb| verb > at);
        english || then || after
    })
}

fn is_injection(sentence: &Sentence<'_>) -> bool {
    let first_label = sentence.tokens.first().is_some_and(|t| matches!(t.word.as_str(), "system" | "assistant" | "developer" | "admin"))
        && sentence.tokens.get(1).is_some_and(|t| matches!(t.kind, Kind::Sign(':' | '：')));
    let tagged = sentence.tokens.windows(2).any(|w| matches!(w, [a, b] if matches!(a.kind, Kind::Sign('<' | '[' | '|')) && matches!(b.word.as_str(), "system" | "inst" | "im_start" | "assistant")));
    first_label
        || tagged
        || sentence.holds(Mark::Injection)
            && sentence.tokens.iter().any(|t| t.is(Mark::Injection) && !t.is(Mark::Calendar) && !t.is(Mark::Identity))
}

/// "aws iam create-user --user-name x", "kubectl …": a tool's command line.
fn is_command_line(sentence: &Sentence<'_>) -> bool {
    let flags = sentence.tokens.iter().any(|t| t.shape() == Some(Shape::Flag));
    let tool = sentence.tokens.first().is_some_and(|t| {
        matches!(sentence.written(t), "aws" | "kubectl" | "terraform" | "sudo" | "ssh" | "bash" | "helm" | "docker" | "curl")
    });
    // "ssh to i-1 times out" tells something; "ssh ec2-user@10.0.0.1" is typed into a shell.
    let tool = tool
        && !(sentence.tokens.first().is_some_and(|t| t.word == "ssh")
            && sentence.tokens.get(1).is_none_or(|t| !matches!(t.kind, Kind::Thing(_))));
    let separators =
        sentence.text.contains("&&") || sentence.text.contains("||") || sentence.text.contains("$(") || sentence.text.contains("; rm ");
    flags || tool && sentence.tokens.len() > 2 || separators
}

/// "ERROR login failed", "2026-01-01T00:00:00Z WARN …": a line of a log and nothing beside it, which asks for nothing.
pub(crate) fn is_log_line(sentence: &Sentence<'_>) -> bool {
    let stamp = |t: &&Token| matches!(t.kind, Kind::Sign(_) | Kind::Thing(Shape::Date | Shape::Clock | Shape::Number));
    let mut words = sentence.tokens.iter().skip_while(stamp);
    let Some(level) = words.next() else { return false };
    let level = matches!(
        sentence.written(level),
        "ERROR"
            | "ERR"
            | "WARN"
            | "WARNING"
            | "INFO"
            | "DEBUG"
            | "TRACE"
            | "FATAL"
            | "CRITICAL"
            | "PANIC"
            | "NOTICE"
            | "SEVERE"
            | "Traceback"
    );
    // "ERROR rate of checkout": speaks of a metric.
    let measured = sentence.tokens.iter().any(|t| t.is(Mark::Metrics))
        || words.next().is_some_and(|t| {
            matches!(t.word.as_str(), "rate" | "rates" | "count" | "counts" | "budget" | "log" | "logs" | "in" | "on" | "from" | "of")
        });
    level
        && !measured
        && !sentence.questions()
        && !sentence.has_any(&[
            Mark::Why,
            Mark::Cause,
            Mark::How,
            Mark::What,
            Mark::Which,
            Mark::Show,
            Mark::Check,
            Mark::Search,
            Mark::Sop,
        ])
}

/// Skipping what guards: a strong word before any guard, or switching a hard guard off.
fn bypasses(sentence: &Sentence<'_>) -> bool {
    sentence.tokens.iter().enumerate().any(|(at, token)| {
        if token.quote.is_some() || !token.is(Mark::Bypass) && !token.is(Mark::Disarm) {
            return false;
        }
        let ahead = |mark: Mark| {
            let reach = sentence.tokens.iter().skip(at + 1).take(5).take_while(|t| !t.ends_clause());
            reach.into_iter().any(|t| t.is(mark))
        };
        let behind = |mark: Mark| sentence.tokens.iter().take(at).rev().take(6).take_while(|t| !t.ends_clause()).any(|t| t.is(mark));
        let alone = token.is(Mark::Bypass) && (is_whole_bypass(sentence, token));
        let strong = token.is(Mark::Bypass)
            && !token.is(Mark::Dry)
            && (ahead(Mark::Guard) || token.han && !is_small(sentence, token) && behind(Mark::Guard));
        let disarms = token.is(Mark::Disarm)
            && !token.negated
            && (ahead(Mark::HardGuard) || token.han && behind(Mark::HardGuard))
            && !is_listing(sentence);
        alone || strong || disarms
    })
}

/// Words that are a bypass by themselves.
fn is_whole_bypass(sentence: &Sentence<'_>, token: &Token) -> bool {
    let written = sentence.written(token).to_lowercase();
    [
        "approve",
        "审批",
        "自己批",
        "自动批准",
        "先斩后奏",
        "偷偷",
        "悄悄",
        "secretly",
        "no questions",
        "without asking",
        "without telling",
        "quietly",
        "瞒着",
        "直接批",
        "替我批",
        "帮我批了",
        "behind their back",
        "别让人知道",
        "不走流程",
        "别告诉",
    ]
    .iter()
    .any(|w| written.contains(w))
}

/// One ideograph says too little behind a guard.
fn is_small(sentence: &Sentence<'_>, token: &Token) -> bool {
    sentence.written(token).chars().count() < 2 || matches!(sentence.written(token), "没有" | "不要" | "不用")
}

/// Asking for a list of records is no way around them.
fn is_listing(sentence: &Sentence<'_>) -> bool {
    sentence.has_any(&[Mark::Who, Mark::DidWhat, Mark::Verify, Mark::Integrity])
        && !sentence.tokens.iter().any(|t| t.is(Mark::Disarm) && t.asks())
}

/// An order that stands in quotation marks, or is reported from a log, an alarm or a ticket.
fn quoted_order(sentence: &Sentence<'_>) -> bool {
    let quoted = sentence.quotes.iter().enumerate().any(|(index, quote)| {
        let inside = || sentence.tokens.iter().filter(move |t| t.quote.is_some_and(|q| q as usize == index));
        let described = sentence
            .tokens
            .iter()
            .filter(|t| t.end <= quote.start)
            .rev()
            .take(6)
            .any(|t| t.is(Mark::Description) || t.is(Mark::Payload) || t.is(Mark::Named));
        quote.mark != '{' && !described && inside().count() > 1 && inside().any(|t| t.meaning.verbs != 0 && !t.meaning.weak)
    });
    // "alarm text: operator must reboot …": what follows the colon is what the alarm says.
    let labelled = sentence.tokens.iter().enumerate().any(|(at, token)| {
        matches!(token.kind, Kind::Sign(':' | '：'))
            && sentence.tokens.iter().take(at).rev().take(4).any(|t| t.is(Mark::Source) && t.meaning.nouns == 0)
            && !sentence.tokens.iter().take(at).any(Token::asks)
    });
    let reported = sentence.tokens.iter().enumerate().any(|(at, token)| {
        token.is(Mark::Say)
            && token.quote.is_none()
            && sentence.tokens.iter().take(at).rev().take(6).any(|t| t.is(Mark::Source))
            && sentence.tokens.iter().skip(at + 1).any(|t| t.meaning.verbs != 0)
    });
    quoted || labelled || reported
}
