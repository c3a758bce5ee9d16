//! What a sentence names: accounts, regions, windows, services, ids, names, numbers. Entry type: [`Slots`].
//!
//! Invariant: every slot is a stretch of the text itself.

use catalogue::Resource;

use crate::{
    Context,
    entity::{Shape, is_unit},
    lexicon::LEXICON,
    number::{Amount, amounts},
    token::{Kind, Sentence, Token},
    vocabulary::{Mark, services::SERVICES},
};

/// A stretch of the text: first byte, byte behind the last.
pub(crate) type Span = (usize, usize);

/// What was found; positions are numbers of tokens.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// Accounts.
    pub accounts: Vec<usize>,
    /// Regions.
    pub regions: Vec<usize>,
    /// The time window.
    pub window: Option<Span>,
    /// Tokens of the window.
    pub window_tokens: Vec<usize>,
    /// Services with the token that names them, each once.
    pub services: Vec<(&'static str, usize)>,
    /// Ids of plans, incidents, executions.
    pub tickets: Vec<usize>,
    /// Runbooks.
    pub sops: Vec<usize>,
    /// Ids, ARNs and names that may be targets or parameters.
    pub things: Vec<usize>,
    /// Numbers.
    pub amounts: Vec<Amount>,
}

/// More ids and names than any request may hold; reading stops there.
pub(crate) const MOST_THINGS: usize = 128;

impl Slots {
    /// Reads the slots of a sentence.
    pub(crate) fn of(sentence: &Sentence<'_>, context: &Context) -> Self {
        let mut slots = Self { amounts: amounts(sentence), ..Self::default() };
        let han = sentence.tokens.iter().any(|t| t.han);
        slots.find_window(sentence);
        for (at, token) in sentence.tokens.iter().enumerate() {
            if slots.is_account(sentence, context, at, token) {
                slots.accounts.push(at);
            } else if token.shape() == Some(Shape::Region) || token.meaning.region > 0 {
                slots.regions.push(at);
            } else if let Some(shape) = token.shape() {
                match shape {
                    Shape::Ticket => slots.tickets.push(at),
                    Shape::Sop => slots.sops.push(at),
                    Shape::Name if is_jargon(sentence.written(token)) && token.quote.is_none() => {}
                    shape if is_nameable(shape) => slots.things.push(at),
                    _ => {}
                }
            } else if is_plain_name(sentence, at, token, han) {
                slots.things.push(at);
            }
            if slots.things.len() > MOST_THINGS {
                break;
            }
            if token.meaning.services != 0 && token.quote.is_none() {
                for (index, (service, _)) in SERVICES.iter().enumerate() {
                    if token.meaning.services & (1 << index) != 0 && !slots.services.iter().any(|(known, _)| known == service) {
                        slots.services.push((service, at));
                    }
                }
            }
        }
        slots
    }

    fn is_account(&self, sentence: &Sentence<'_>, context: &Context, at: usize, token: &Token) -> bool {
        let written = sentence.written(token);
        let (before, after) = (neighbour_before(sentence, at), neighbour_after(sentence, at));
        let names_other = |t: Option<&Token>| t.is_some_and(|t| t.is(Mark::Alias) || t.is(Mark::Version));
        if names_other(before) || names_other(after) {
            return false;
        }
        let beside_account = after.is_some_and(|t| t.is(Mark::Account) && t.word != "profile")
            || before.is_some_and(|t| t.is(Mark::Account) && !is_plural(t));
        match token.kind {
            Kind::Thing(Shape::AccountId) => true,
            Kind::Thing(Shape::Name) if self.names_account_already(sentence, at) => context.knows(written),
            Kind::Thing(Shape::Name) => context.knows(written) || beside_account && !beside_noun_only(after, before),
            Kind::Unknown => context.knows(written) || beside_account && !LEXICON.is_everyday(&token.word),
            // "sitting" is no form of "sit".
            Kind::Known if token.meaning.environment > 0 && names_environment(written) => {
                let placed = before.is_some_and(|t| {
                    matches!(t.word.as_str(), "in" | "on" | "to" | "for" | "from" | "at" | "within" | "of" | "across")
                        || t.han && t.is(Mark::At)
                        || t.han && t.is(Mark::Switch)
                });
                // 从网络里, 在日志里: nouns of their own, where nothing says that an account is meant.
                let placed = placed && !matches!(written, "网络" | "日志" | "安全" | "审计" | "共享" | "管理" | "主");
                let noun_behind = after.is_some_and(|t| t.meaning.nouns != 0 || matches!(t.kind, Kind::Unknown));
                token.meaning.environment == 2
                    || beside_account
                    || context.knows(written)
                    || placed
                        && !noun_behind
                        && (token.han
                            || after.is_none_or(|t| t.ends_clause() || t.is(Mark::At) || t.is(Mark::Polite) || t.is(Mark::TimeWord)))
            }
            Kind::Known => context.knows(written),
            _ => false,
        }
    }

    /// The name that stands where an account would: behind "in", before 里, or alone before a colon.
    pub(crate) fn placed(&self, sentence: &Sentence<'_>, not: &[usize]) -> Option<usize> {
        self.things.iter().copied().find(|at| {
            let name =
                sentence.token(*at).is_some_and(|t| t.shape() == Some(Shape::Name) && !sentence.written(t).contains(['/', '.', ':', '_']));
            let before = at.checked_sub(1).and_then(|i| sentence.token(i));
            let inside = before
                .is_some_and(|t| matches!(t.word.as_str(), "in" | "within" | "inside") || t.han && matches!(sentence.written(t), "在"));
            let behind = sentence
                .token(at + 1)
                .is_some_and(|t| t.han && matches!(sentence.written(t), "里" | "里面" | "下面" | "里头" | "这边" | "那边"));
            name && !not.contains(at) && (inside || behind)
        })
    }

    /// "生产账户 orders-prod": the noun before the name already has its account.
    fn names_account_already(&self, sentence: &Sentence<'_>, at: usize) -> bool {
        let Some(noun) = at.checked_sub(1).filter(|i| sentence.token(*i).is_some_and(|t| t.is(Mark::Account))) else { return false };
        self.accounts.last().is_some_and(|account| account + 1 == noun) && !sentence.token(at + 1).is_some_and(|t| t.is(Mark::Account))
    }

    /// The longest stretch of words about time that holds more than a lone number.
    fn find_window(&mut self, sentence: &Sentence<'_>) {
        let tokens = &sentence.tokens;
        let mut best: Option<(usize, usize)> = None;
        let mut at = 0;
        while at < tokens.len() {
            let mut end = at;
            while let Some(token) = tokens.get(end) {
                if !is_timely(tokens, end, token, end > at) {
                    break;
                }
                end += 1;
            }
            let (mut from, mut to) = (at, end);
            while tokens.get(from).is_some_and(|t| from < to && (t.is(Mark::To) || t.is(Mark::At)) && !t.is(Mark::Window)) {
                from += 1;
            }
            while to > from
                && tokens
                    .get(to - 1)
                    .is_some_and(|t| (t.is(Mark::To) || matches!(t.kind, Kind::Sign(_))) && !t.is(Mark::Window) && !t.is(Mark::TimeWord))
            {
                to -= 1;
            }
            let solid = tokens.get(from..to).unwrap_or_default().iter().any(|t| {
                t.is(Mark::TimeWord)
                    || t.is(Mark::TimeUnit) && to - from > 1
                    || matches!(t.shape(), Some(Shape::Date | Shape::Clock | Shape::Quantity))
            });
            if solid && best.is_none_or(|(a, b)| to - from > b - a) {
                best = Some((from, to));
            }
            at = end.max(at + 1);
        }
        if let Some((from, to)) = best
            && let (Some(first), Some(last)) = (tokens.get(from), tokens.get(to - 1))
        {
            self.window = Some((first.start, last.end));
            self.window_tokens = (from..to).collect();
        }
    }

    /// Whether two different accounts are named.
    pub(crate) fn several_accounts(&self, sentence: &Sentence<'_>) -> bool {
        let mut names = self.accounts.iter().filter_map(|at| sentence.token(*at)).map(|t| sentence.written(t).to_lowercase());
        let first = names.next();
        names.any(|name| Some(&name) != first.as_ref())
    }
}

/// Whether a word is listed as an environment as it is written.
fn names_environment(written: &str) -> bool {
    LEXICON.phrase(written).is_some_and(|meaning| meaning.environment > 0)
}

/// A region as it is reported.
pub(crate) fn region_text(sentence: &Sentence<'_>, token: &Token) -> String {
    let written = sentence.written(token);
    if token.shape() == Some(Shape::Region) { written.to_lowercase() } else { written.to_owned() }
}

fn is_plural(token: &Token) -> bool {
    token.word.ends_with('s') && !token.han
}

/// "account" before a name that is itself introduced by another noun ("the account of user bob").
fn beside_noun_only(after: Option<&Token>, before: Option<&Token>) -> bool {
    after.is_some_and(|t| t.meaning.nouns != 0 && !t.is(Mark::Account))
        && before.is_some_and(|t| t.meaning.nouns != 0 && !t.is(Mark::Account))
}

/// Technical words with digits, and numbers with something glued on, which name no resource.
fn is_jargon(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.starts_with(|c: char| c.is_ascii_digit())
        || matches!(
            lower.as_str(),
            "gp2"
                | "gp3"
                | "io1"
                | "io2"
                | "st1"
                | "sc1"
                | "x86"
                | "x86_64"
                | "arm64"
                | "ipv4"
                | "ipv6"
                | "http2"
                | "oauth2"
                | "sha256"
                | "tls1.2"
                | "tls1.3"
                | "utf-8"
                | "p90"
                | "p95"
                | "p99"
                | "github"
                | "gitlab"
                | "mysql8"
                | "python3"
                | "node.js"
                | "nodejs"
                | "v1"
                | "v2"
                | "a/b"
                | "i/o"
                | "24/7"
                | "k8s"
                | "t1"
                | "q1"
                | "q2"
                | "q3"
                | "q4"
                | "wi-fi"
                | "javascript"
                | "iphone"
        )
}

/// Shapes that can be a target or a parameter.
fn is_nameable(shape: Shape) -> bool {
    matches!(
        shape,
        Shape::Id(_)
            | Shape::Arn
            | Shape::BucketUrl
            | Shape::Url
            | Shape::AccessKey
            | Shape::Address
            | Shape::Revision
            | Shape::Key
            | Shape::Path
            | Shape::Mail
            | Shape::Name
    )
}

/// The word before, over colons, quotation marks and "named".
pub(crate) fn neighbour_before<'s>(sentence: &'s Sentence<'_>, at: usize) -> Option<&'s Token> {
    sentence.tokens.get(..at)?.iter().rev().take(4).find(|t| !is_glue(t))
}

/// The word behind, over quotation marks.
pub(crate) fn neighbour_after<'s>(sentence: &'s Sentence<'_>, at: usize) -> Option<&'s Token> {
    sentence
        .tokens
        .get(at + 1..)?
        .iter()
        .take(3)
        .find(|t| !matches!(t.kind, Kind::Sign('"' | '“' | '”' | '「' | '」' | '`' | '\'' | '『' | '』' | '《' | '》')))
}

/// Signs and words that stand between a noun and its name.
fn is_glue(token: &Token) -> bool {
    matches!(
        token.kind,
        Kind::Sign(':' | '：' | '"' | '“' | '”' | '「' | '」' | '`' | '\'' | '=' | '『' | '』' | '#' | '《' | '》' | '(' | '（')
    ) || token.is(Mark::Named)
        || token.word == "id"
}

/// Whether a plain word is a name by its place.
fn is_plain_name(sentence: &Sentence<'_>, at: usize, token: &Token, han: bool) -> bool {
    let written = sentence.written(token);
    let ascii = !written.is_empty() && written.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'\'');
    if !ascii {
        return false;
    }
    let before = neighbour_before(sentence, at);
    let introduced = at > 0 && sentence.tokens.get(at - 1).is_some_and(|t| t.is(Mark::Named));
    let alone_in_quotes = token.quote.is_some_and(|q| {
        sentence.quotes.get(q as usize).is_some_and(|quote| (quote.start, quote.end) == (token.start, token.end) && quote.mark != '{')
    });
    if introduced && token.kind == Kind::Unknown || alone_in_quotes {
        return true;
    }
    if token.kind != Kind::Unknown || token.quote.is_some() {
        return false;
    }
    let names =
        |t: &Token| t.meaning.nouns != 0 || [Mark::Cluster, Mark::TargetGroup, Mark::Alias, Mark::User].iter().any(|mark| t.is(*mark));
    let after_noun = before.is_some_and(names);
    // "imagine: …", "note: …": a label names nothing.
    let label = at == 0 && sentence.token(1).is_some_and(|t| matches!(t.kind, Kind::Sign(':' | '：')));
    // "ddb table order-index": a word before the noun of something that is named behind it.
    let before_named = sentence.token(at + 1).is_some_and(|t| t.meaning.nouns != 0 && !t.is(Mark::Account))
        && sentence
            .token(at + 2)
            .is_some_and(|t| matches!(t.kind, Kind::Thing(Shape::Name | Shape::Id(_) | Shape::Arn)) && t.quote.is_none());
    if is_unit(&token.word) || label || before_named || crate::explain::is_attitude(&token.word) {
        return false;
    }
    if looks_technical(&token.word) {
        return true;
    }
    if looks_english(&token.word) {
        return false;
    }
    if LEXICON.is_everyday(&token.word) {
        let before_cluster = sentence.token(at + 1).is_some_and(|t| t.han && t.is(Mark::Cluster));
        return han && (after_noun || before_cluster);
    }
    let ends = neighbour_after(sentence, at).is_none_or(|t| t.ends_clause() || t.is(Mark::At) || t.is(Mark::To) || t.is(Mark::Polite));
    let after_verb = ends && before.is_some_and(|t| t.asks() || t.is(Mark::Run));
    after_noun || after_verb || han
}

/// Words put together from the nouns of resources ("mydbinstance", "testqueue").
fn looks_technical(word: &str) -> bool {
    const NOUNS: &[&str] = &[
        "instance",
        "cluster",
        "bucket",
        "queue",
        "table",
        "secret",
        "stack",
        "function",
        "service",
        "group",
        "volume",
        "snapshot",
        "database",
        "server",
        "nodegroup",
        "topic",
        "db",
        "sql",
        "asg",
        "svc",
        "dlq",
    ];
    let mine =
        word.strip_prefix("my").or_else(|| word.strip_prefix("test")).is_some_and(|rest| NOUNS.iter().any(|noun| rest.contains(noun)));
    mine || word.len() > 5 && NOUNS.iter().any(|noun| noun.len() > 2 && word.len() > noun.len() + 1 && word.ends_with(noun))
        || word.len() > 3 && (word.ends_with("db") || word.contains("sql"))
}

/// Endings of English words that no one gives to a resource by itself ("configuration", "running").
pub(crate) fn looks_english(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "tion", "tions", "sion", "sions", "ing", "ment", "ments", "ness", "ity", "able", "ible", "ance", "ence", "ly", "ous", "ive", "ful",
        "less", "ism", "ure", "ures", "ened", "ated", "ized", "ised", "ally", "ship", "ward", "wards", "ies", "est",
    ];
    word.len() > 4 && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// Whether a token can stand in a stretch about time.
fn is_timely(tokens: &[Token], at: usize, token: &Token, inside: bool) -> bool {
    if token.quote.is_some() {
        return false;
    }
    let next_is_time = |skip: usize| {
        tokens.get(at + skip).is_some_and(|t| {
            t.is(Mark::TimeUnit)
                || t.is(Mark::TimeWord)
                || t.is(Mark::NumberWord)
                || matches!(t.shape(), Some(Shape::Date | Shape::Clock | Shape::Number | Shape::Quantity))
        })
    };
    match token.kind {
        Kind::Thing(Shape::Date | Shape::Clock) => true,
        Kind::Thing(Shape::Number) => {
            tokens.get(at + 1).is_some_and(|t| t.is(Mark::TimeUnit)) || inside && tokens.get(at + 2).is_some_and(|t| t.is(Mark::TimeUnit))
        }
        Kind::Thing(Shape::Quantity) => is_time_quantity(&token.word) || inside && tokens.get(at - 1).is_some_and(|t| t.is(Mark::Window)),
        Kind::Known if token.is(Mark::TimeWord) || token.is(Mark::TimeUnit) && inside => true,
        Kind::Known if token.is(Mark::NumberWord) => next_is_time(1),
        Kind::Known if token.is(Mark::Window) => {
            inside || next_is_time(1) || next_is_time(2) && tokens.get(at + 1).is_some_and(|t| t.is(Mark::NumberWord) || t.word.is_empty())
        }
        Kind::Known if token.word == "the" => inside && next_is_time(1),
        Kind::Known if token.is(Mark::To) || matches!(token.word.as_str(), "and" | "of" | "between") => {
            inside && next_is_time(1) || token.word == "between" && next_is_time(1)
        }
        Kind::Sign('-' | '~' | '～' | '—' | '–') => inside && next_is_time(1),
        _ => false,
    }
}

/// "30m", "24h", "7d".
fn is_time_quantity(word: &str) -> bool {
    matches!(
        word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'),
        "s" | "sec"
            | "secs"
            | "m"
            | "min"
            | "mins"
            | "h"
            | "hr"
            | "hrs"
            | "d"
            | "day"
            | "days"
            | "w"
            | "week"
            | "weeks"
            | "hour"
            | "hours"
            | "am"
            | "pm"
            | "minutes"
            | "minute"
    )
}

/// The kind of resource a thing is, by its shape.
pub(crate) fn kind_of(sentence: &Sentence<'_>, token: &Token) -> Option<Resource> {
    match token.shape()? {
        Shape::Id(kind) => kind,
        Shape::Arn => crate::entity::kind_of_arn(sentence.written(token)),
        Shape::BucketUrl => Some(Resource::Bucket),
        Shape::AccessKey => Some(Resource::AccessKey),
        Shape::Key => Some(Resource::EncryptionKey),
        _ => None,
    }
}
