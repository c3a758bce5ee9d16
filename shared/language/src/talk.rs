//! References to what was said before: "stop it", "them too", "same in staging", "不是这台，是那台". Entry point: [`parse_in`].
//!
//! A reference is replaced by what it stands for, and the sentence that results is read like any other: everything that holds for
//! written orders (coverage, negation, conditions, bulk, bypasses) holds for these. What came from the conversation is told
//! ([`Borrowed`]), so that a preview can ask for it to be confirmed.
//!
//! Invariant: never guesses. A reference with nothing, or with more than one thing, that it could stand for leaves the sentence the
//! question it was; a sentence that names its own targets borrows none; decisions on plans and anything about the session are never
//! taken from the conversation.

use domain::{Intent, OperateRequest, ParsedRequest, Talk, Text, text::defang};

use crate::{
    Context, parse,
    slots::Slots,
    token::{Sentence, Token},
    vocabulary::Mark,
};

/// A slot that came from the conversation instead of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Borrowed {
    /// The operation and its parameters.
    Operation,
    /// The targets.
    Targets,
    /// The account.
    Account,
}

/// A request with what it took from the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The request; its spans lie in the sentence, a borrowed target's on the word that refers to it.
    pub parsed: ParsedRequest,
    /// What came from the conversation; empty for a sentence that says everything itself.
    pub borrowed: Vec<Borrowed>,
    /// Where this corrects the last request: the target that was not meant. What was asked for it is not taken back by a correction.
    pub replaced: Option<String>,
}

impl Heard {
    /// What a preview says of it: "it" was read as i-1. None where the sentence said everything itself.
    #[must_use]
    pub fn borrowed_text(&self, text: &str) -> Option<Text> {
        let (targets, operation, account) = match &self.parsed.intent {
            Intent::Operate(request) => (&request.targets, Some(request.operation.as_str()), &request.account),
            Intent::Investigate(scope)
            | Intent::CheckHealth(scope)
            | Intent::ShowMetrics(scope)
            | Intent::ShowLogs(scope)
            | Intent::QueryAudit(scope) => (&scope.targets, None, &scope.account),
            _ => return None,
        };
        let named = defang(&targets.join(", "), 400);
        let word = self.parsed.spans.iter().find(|(name, _, _)| name == "targets").and_then(|(_, start, end)| text.get(*start..*end));
        let lines: Vec<Text> = self
            .borrowed
            .iter()
            .filter_map(|borrowed| match (borrowed, word) {
                (Borrowed::Targets, Some(word)) => Some(Text::new(
                    format!("\"{}\" was read as {named}, from your messages before.", defang(word, 60)),
                    format!("“{}”理解为 {named}，取自您之前的消息。", defang(word, 60)),
                )),
                (Borrowed::Targets, None) => Some(Text::new(
                    format!("The target was read as {named}, from your messages before."),
                    format!("目标理解为 {named}，取自您之前的消息。"),
                )),
                (Borrowed::Operation, _) => operation.map(|id| {
                    Text::new(
                        format!("The operation was read as {id}, from your messages before."),
                        format!("操作理解为 {id}，取自您之前的消息。"),
                    )
                }),
                (Borrowed::Account, _) => account.as_ref().map(|name| {
                    let name = defang(name, 60);
                    Text::new(
                        format!("The account was read as {name}, from your messages before."),
                        format!("账户理解为 {name}，取自您之前的消息。"),
                    )
                }),
            })
            .collect();
        let kept = self.replaced.as_deref().map(|old| {
            let old = defang(old, 120);
            Text::new(
                format!(
                    "What you asked for {old} before is not taken back by this: where it is a plan that waits or was approved, it still stands. \
                     \"plans\" shows its id, \"withdraw\" with that id takes it back."
                ),
                format!("之前对 {old} 的请求并未因此撤回：若它已成为待审批或已批准的计划，则仍然有效。发送“计划”查看其编号，发送“撤回”加编号即可撤回。"),
            )
        });
        let lines: Vec<Text> = lines.into_iter().chain(kept).collect();
        let all = |lang| lines.iter().map(|line| line.in_lang(lang)).collect::<Vec<_>>();
        (!lines.is_empty()).then(|| Text::new(all(domain::Lang::En).join(" "), all(domain::Lang::Zh).concat()))
    }
}

/// Words for one thing.
const ONE: &[&str] = &[
    "it",
    "this one",
    "that one",
    "the same one",
    "this instance",
    "that instance",
    "this machine",
    "that machine",
    "this box",
    "that box",
    "this server",
    "that server",
    "this database",
    "that database",
    "this db",
    "that db",
    "this bucket",
    "that bucket",
    "this function",
    "that function",
    "this volume",
    "that volume",
    "这台机器",
    "那台机器",
    "这台实例",
    "那台实例",
    "刚才那台",
    "上面那台",
    "刚才那个",
    "上面那个",
    "这台",
    "那台",
    "它",
    "这个",
    "那个",
];
/// Words for several.
const SEVERAL: &[&str] = &["them", "these", "those", "both of them", "它们", "这些", "那些", "这几台", "那几台"];
/// Words for two.
const TWO: &[&str] = &["both", "these two", "those two", "这两台", "那两台", "这两个", "那两个"];
/// Words that repeat the last request.
const SAME: &[&str] = &[
    "same",
    "the same",
    "same thing",
    "the same thing",
    "do the same",
    "same again",
    "likewise",
    "ditto",
    "同样",
    "一样",
    "同样操作",
    "照做",
    "也一样",
    "同上",
];
/// Words that stand beside those and change nothing.
const BESIDE_SAME: &[&str] = &[
    "please", "and", "now", "do", "in", "for", "on", "the", "account", "also", "too", "here", "there", "操作", "在", "也", "做", "的",
    "账户", "环境", "来", "一次", "一遍", "请", "再", "里", "上",
];
/// "not this one, that one".
const OTHER: &[&str] = &[
    "not this one, that one",
    "not that one, the other one",
    "not this one, the other one",
    "not this one but the other one",
    "no, the other one",
    "the other one",
    "不是这台，是那台",
    "不是这个，是那个",
    "不是那台，是另一台",
    "不是这台，是另一台",
    "另一台",
    "不是那个，是另一个",
];

/// Words that say that another thing was meant.
const NOT_THAT: &[&str] = &[
    "not",
    "no",
    "nope",
    "wrong one",
    "wrong",
    "i meant",
    "i mean",
    "meant",
    "should be",
    "should have been",
    "oops",
    "不是",
    "不对",
    "错了",
    "搞错了",
    "写错了",
    "打错了",
    "说错了",
    "弄错了",
    "应该是",
    "我说的是",
    "我指的是",
    "指的是",
    "而是",
];
/// Words that stand beside those and change nothing.
const BESIDE_NOT: &[&str] = &[
    "sorry",
    "but",
    "instead",
    "actually",
    "rather",
    "it's",
    "it is",
    "its",
    "is",
    "it",
    "that's",
    "the",
    "one",
    "please",
    "是",
    "抱歉",
    "不好意思",
    "哦",
    "噢",
    "请",
    "那台",
    "这台",
    "那个",
    "这个",
    "实例",
    "机器",
    "才是",
    "要",
    "改成",
    "换成",
    "的",
];

/// Reads a sentence in its conversation. Without a reference, or without anything to refer to, as [`parse`] does.
#[must_use]
pub fn parse_in(text: &str, context: &Context, talk: &Talk) -> Heard {
    let plain = parse(text, context);
    if !matches!(plain.intent, Intent::Clarify(_)) && !refers_only(&plain.intent) || text.len() > 400 {
        return Heard { parsed: plain, borrowed: Vec::new(), replaced: None };
    }
    repeated(text, context, talk, &plain)
        .or_else(|| corrected(text, talk, &plain))
        .or_else(|| renamed(text, context, talk, &plain))
        .or_else(|| replaced(text, context, talk))
        .unwrap_or(Heard { parsed: plain, borrowed: Vec::new(), replaced: None })
}

/// Requests that may be about "it" although they can stand without: "is it healthy", "why is it slow".
fn refers_only(intent: &Intent) -> bool {
    match intent {
        Intent::Investigate(s) | Intent::CheckHealth(s) | Intent::ShowMetrics(s) | Intent::ShowLogs(s) => s.targets.is_empty(),
        _ => false,
    }
}

/// "same in staging": the last operation on the same targets, in the one account that is named.
fn repeated(text: &str, context: &Context, talk: &Talk, plain: &ParsedRequest) -> Option<Heard> {
    let operation = talk.operation.clone()?;
    let sentence = Sentence::of(text);
    let slots = Slots::of(&sentence, context);
    let [account] = slots.accounts.as_slice() else { return None };
    if talk.targets.is_empty() || !slots.things.is_empty() || !slots.tickets.is_empty() {
        return None;
    }
    let token = sentence.token(*account)?;
    let name = sentence.written(token);
    let beside = format!("{} {}", text.get(..token.start)?, text.get(token.end..)?);
    if !says_same(&beside) || asks(&sentence) {
        return None;
    }
    let span = sentence.token(*account).map(|t| ("account".to_owned(), t.start, t.end))?;
    let request = OperateRequest {
        operation,
        targets: talk.targets.clone(),
        account: Some(name.to_owned()),
        region: None,
        params: talk.params.clone(),
        dry_run: false,
    };
    Some(heard(plain, Intent::Operate(request), vec![span], vec![Borrowed::Operation, Borrowed::Targets]))
}

/// Whether a text is one of [`SAME`] and words of [`BESIDE_SAME`], and nothing else.
fn says_same(text: &str) -> bool {
    says_only(text, SAME, BESIDE_SAME) && !text.contains(['?', '？', '"', '“', '「', '`'])
}

/// Whether a text holds one of some phrases, and beside them only small words.
fn says_only(text: &str, phrases: &[&str], beside: &[&str]) -> bool {
    let units = crate::lexicon::units(text);
    let phrase = |words: &str, at: usize| {
        let listed = crate::lexicon::units(words);
        units.get(at..at + listed.len()).is_some_and(|found| found == listed).then_some(listed.len())
    };
    let longest = |list: &[&str], at: usize| list.iter().filter_map(|words| phrase(words, at)).max();
    let (mut at, mut said) = (0, false);
    while at < units.len() {
        at += match (longest(phrases, at), longest(beside, at)) {
            (Some(length), _) => {
                said = true;
                length
            }
            (None, Some(length)) => length,
            (None, None) => return false,
        };
    }
    said
}

/// "not this one, that one": the last operation on the one other thing that was spoken of.
fn corrected(text: &str, talk: &Talk, plain: &ParsedRequest) -> Option<Heard> {
    let operation = talk.operation.clone()?;
    let folded = |text: &str| crate::lexicon::units(text).join(" ");
    let said = folded(text);
    if !OTHER.iter().any(|other| folded(other) == said) || text.contains(['?', '？']) {
        return None;
    }
    let ([_], [other]) = (talk.targets.as_slice(), talk.earlier.as_slice()) else { return None };
    if talk.targets.contains(other) {
        return None;
    }
    let request = OperateRequest {
        operation,
        targets: vec![other.clone()],
        account: talk.account.clone(),
        region: None,
        params: talk.params.clone(),
        dry_run: false,
    };
    let mut borrowed = vec![Borrowed::Operation, Borrowed::Targets];
    borrowed.extend(talk.account.as_ref().map(|_| Borrowed::Account));
    let replaced = talk.targets.first().cloned();
    Some(Heard { replaced, ..heard(plain, Intent::Operate(request), Vec::new(), borrowed) })
}

/// "not i-1, i-2", "no, I meant i-2", "不是 i-1，是 i-2": the last operation on the other thing of the same kind that is written.
fn renamed(text: &str, context: &Context, talk: &Talk, plain: &ParsedRequest) -> Option<Heard> {
    let operation = talk.operation.clone()?;
    let [old] = talk.targets.as_slice() else { return None };
    let sentence = Sentence::of(text);
    let slots = Slots::of(&sentence, context);
    if !slots.accounts.is_empty()
        || !slots.regions.is_empty()
        || !slots.tickets.is_empty()
        || text.contains(['?', '？', '"', '“', '「', '`'])
    {
        return None;
    }
    let things: Vec<&Token> = slots.things.iter().filter_map(|at| sentence.token(*at)).collect();
    let mut others = things.iter().filter(|t| sentence.written(t) != old);
    let (Some(other), None) = (others.next(), others.next()) else { return None };
    // "not i-2" denies i-2, and says nothing of what is meant.
    let denied = |thing: &Token| {
        let before = sentence.tokens.iter().rev().find(|t| t.end <= thing.start);
        before.is_some_and(|t| t.word == "not" || sentence.written(t).ends_with("不是"))
    };
    let named = things.iter().find(|t| sentence.written(t) == old);
    if denied(other) || named.is_some_and(|t| !denied(t)) {
        return None;
    }
    let alike = Sentence::of(old).tokens.first().is_some_and(|t| t.shape() == other.shape());
    // What is left of the text without its things.
    let (mut rest, mut from) = (String::new(), 0);
    for thing in &things {
        rest.push_str(text.get(from..thing.start)?);
        rest.push(' ');
        from = thing.end;
    }
    rest.push_str(text.get(from..)?);
    if !alike || things.len() > 2 || things.len() == 2 && named.is_none() || !says_only(&rest, NOT_THAT, BESIDE_NOT) {
        return None;
    }
    let request = OperateRequest {
        operation,
        targets: vec![sentence.written(other).to_owned()],
        account: talk.account.clone(),
        region: None,
        params: talk.params.clone(),
        dry_run: false,
    };
    let mut borrowed = vec![Borrowed::Operation];
    borrowed.extend(talk.account.as_ref().map(|_| Borrowed::Account));
    let span = ("targets".to_owned(), other.start, other.end);
    Some(Heard { replaced: Some(old.clone()), ..heard(plain, Intent::Operate(request), vec![span], borrowed) })
}

/// "stop it": the reference is replaced by what it stands for, and the sentence read anew.
fn replaced(text: &str, context: &Context, talk: &Talk) -> Option<Heard> {
    let sentence = Sentence::of(text);
    let slots = Slots::of(&sentence, context);
    // "restart it for inc_…": the incident is no other thing.
    let tickets = slots.tickets.len() > usize::from(crate::incident::link(text).is_some());
    if !slots.things.is_empty() || tickets || !slots.sops.is_empty() || talk.targets.is_empty() {
        return None;
    }
    let places = references(text, &sentence)?;
    let fits = match places.first()?.count {
        Count::One => talk.targets.len() == 1,
        Count::Two => talk.targets.len() == 2,
        Count::Several => talk.targets.len() > 1,
    };
    let alike = places.windows(2).all(|pair| matches!(pair, [a, b] if a.count == b.count));
    // A name of several words would be read as something else.
    let whole = talk.targets.iter().all(|t| !t.is_empty() && t.len() <= 300 && !t.contains(|c: char| c.is_whitespace() || c.is_control()));
    if !fits || !alike || !whole {
        return None;
    }
    let han = sentence.tokens.iter().any(|t| t.han);
    let list = talk.targets.join(if han { "、" } else { ", " });
    let (mut new, mut from) = (String::with_capacity(text.len() + list.len()), 0);
    // Where each piece of the new sentence came from: begin and end there, begin and end in the old one.
    let mut origins: Vec<(usize, usize, usize, usize)> = Vec::new();
    for place in &places {
        let kept = text.get(from..place.start)?;
        origins.push((new.len(), new.len() + kept.len(), from, place.start));
        new.push_str(kept);
        let spaced = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        if spaced(new.chars().next_back()) {
            new.push(' ');
        }
        origins.push((new.len(), new.len() + list.len(), place.start, place.end));
        new.push_str(&list);
        if spaced(text.get(place.end..).and_then(|rest| rest.chars().next())) {
            new.push(' ');
        }
        from = place.end;
    }
    let kept = text.get(from..)?;
    origins.push((new.len(), new.len() + kept.len(), from, text.len()));
    new.push_str(kept);
    let mut read = parse(&new, context);
    let mut borrowed = vec![Borrowed::Targets];
    let lend = |account: &mut Option<String>, borrowed: &mut Vec<Borrowed>| {
        if account.is_none() && talk.account.is_some() {
            account.clone_from(&talk.account);
            borrowed.push(Borrowed::Account);
        }
    };
    match &mut read.intent {
        Intent::Operate(request) if request.targets == talk.targets => lend(&mut request.account, &mut borrowed),
        Intent::Investigate(scope)
        | Intent::CheckHealth(scope)
        | Intent::ShowMetrics(scope)
        | Intent::ShowLogs(scope)
        | Intent::QueryAudit(scope)
            if scope.targets == talk.targets =>
        {
            lend(&mut scope.account, &mut borrowed);
        }
        _ => return None,
    }
    read.spans = read.spans.into_iter().filter_map(|(name, start, end)| back(&origins, start, end).map(|(a, b)| (name, a, b))).collect();
    read.spans.dedup();
    read.confidence_permille = read.confidence_permille.min(600);
    Some(Heard { parsed: read, borrowed, replaced: None })
}

/// How many things a reference stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    One,
    Two,
    Several,
}

/// A reference: bytes of the text.
#[derive(Debug, Clone, Copy)]
struct Reference {
    start: usize,
    end: usize,
    count: Count,
}

/// The references of a sentence, in order; none where it has none outside quotations.
fn references(text: &str, sentence: &Sentence<'_>) -> Option<Vec<Reference>> {
    let lower = text.to_lowercase();
    // Lower case may have another length, and then no place in it is one in the text.
    if lower.len() != text.len() {
        return None;
    }
    let mut words: Vec<(&str, Count)> = Vec::new();
    for (list, count) in [(ONE, Count::One), (TWO, Count::Two), (SEVERAL, Count::Several)] {
        words.extend(list.iter().map(|word| (*word, count)));
    }
    words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    let quoted = |at: usize| sentence.quotes.iter().any(|q| q.start <= at && at < q.end);
    let mut found: Vec<Reference> = Vec::new();
    let mut at = 0;
    while let Some(rest) = lower.get(at..).filter(|rest| !rest.is_empty()) {
        let bounded = |word: &str| {
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '\'' | '.' | '’'));
            let behind = rest.get(word.len()..).unwrap_or_default();
            let ends = behind.chars().next().is_none_or(|c| c != '.' || behind.chars().nth(1).is_none_or(char::is_whitespace));
            !word.is_ascii()
                || !letter(lower.get(..at).and_then(|t| t.chars().next_back()))
                    && (ends && !letter(behind.chars().next().filter(|c| *c != '.')))
        };
        if let Some((word, count)) = words.iter().find(|(word, _)| rest.starts_with(word) && bounded(word))
            && !quoted(at)
        {
            found.push(Reference { start: at, end: at + word.len(), count: *count });
            at += word.len();
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    (!found.is_empty()).then_some(found)
}

/// A span of the new sentence in the old one.
fn back(origins: &[(usize, usize, usize, usize)], start: usize, end: usize) -> Option<(usize, usize)> {
    origins.iter().find(|(from, to, _, _)| *from <= start && end <= *to).map(|(from, to, old_from, old_to)| {
        if to - from == old_to - old_from { (old_from + start - from, old_from + end - from) } else { (*old_from, *old_to) }
    })
}

/// Whether anything asks, forbids, supposes or waits.
fn asks(sentence: &Sentence<'_>) -> bool {
    sentence.questions()
        || sentence.has_any(&[Mark::Prohibit, Mark::Neg, Mark::Conditional, Mark::Later, Mark::Should, Mark::Say, Mark::Why, Mark::May])
        || sentence.tokens.iter().any(Token::asks) && sentence.tokens.iter().any(|t| t.asks() && !t.meaning.weak)
}

fn heard(plain: &ParsedRequest, intent: Intent, spans: Vec<(String, usize, usize)>, borrowed: Vec<Borrowed>) -> Heard {
    Heard { parsed: ParsedRequest { lang: plain.lang, intent, confidence_permille: 600, spans }, borrowed, replaced: None }
}
