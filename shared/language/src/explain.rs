//! The rule of coverage: an order is acted on only where every word of the sentence is explained. Entry point: [`unexplained`].
//!
//! A sentence is cut into segments: the clause of the order, clauses that say how things stand, reasons, purposes, and
//! what the order comes before. In the order's own segment a word is explained by the operation (its verbs, objects,
//! nouns, targets, parameters, account, region) or by the closed list of words that change nothing; beside it, also by
//! the words of states. Whatever else occurs (a condition, a time, a name of a person, "said", "would", a word nobody listed) makes the
//! sentence a question.
//!
//! Invariant: nothing here makes an operation; a word is explained or the answer is a question. Linear in the tokens.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use catalogue::{Resource, Words};

use crate::{
    entity::Shape,
    lexicon::{Inflection, stems, units},
    operate::Operation,
    reply::Question,
    slots::Slots,
    token::{Kind, Sentence, Token},
    vocabulary::{
        Mark,
        plain::{ATTITUDE, ATTITUDE_ZH, BECAUSE, BESIDE, DRY, FRAME, OCCASIONS, PURPOSE, STATE, STATE_FUNCTION},
    },
};

/// The longest listed phrase, in words or ideographs.
const LONGEST: usize = 7;

/// Listed phrases, their units joined by blanks.
struct Phrases(HashSet<String>);

impl Phrases {
    fn of(lists: &[Words]) -> Self {
        Self(lists.iter().flat_map(|list| catalogue::words::split(list)).map(|phrase| units(phrase).join(" ")).collect())
    }
}

static IN_ORDER: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[FRAME]));
static BY_SERVICE: LazyLock<Vec<(&str, Phrases)>> =
    LazyLock::new(|| BESIDE.iter().map(|(id, words)| (*id, Phrases::of(&[words]))).collect());
static ATTITUDES: LazyLock<HashSet<&str>> = LazyLock::new(|| ATTITUDE.split_whitespace().collect());
static AT_OCCASIONS: LazyLock<HashSet<&str>> = LazyLock::new(|| OCCASIONS.split_whitespace().collect());
/// The catalogue's own words of an entry: its summary and the meanings of its parameters.
static OWN_WORDS: LazyLock<HashMap<&str, (HashSet<String>, String)>> = LazyLock::new(|| {
    catalogue::all()
        .map(|spec| {
            let texts = [spec.summary, spec.target].into_iter().chain(spec.params.iter().map(|p| p.meaning));
            let (mut english, mut chinese) = (HashSet::new(), String::new());
            for (en, zh) in texts {
                english.extend(units(en));
                chinese.push_str(zh);
                chinese.push('|');
            }
            (spec.id, (english, chinese))
        })
        .collect()
});
static IN_STATE: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[STATE]));
static SMALL: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[STATE_FUNCTION]));
static IN_PREVIEW: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&[DRY]));

/// What a stretch of the sentence does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Holds the verb that is asked for.
    Order,
    /// Says how things stand.
    State,
    /// "because …": why.
    Because,
    /// "to save money": what for.
    Purpose,
    /// "before the migration": what the order comes before.
    Before,
}

/// A stretch of tokens.
#[derive(Debug, Clone, Copy)]
struct Segment {
    from: usize,
    to: usize,
    role: Role,
}

/// What the words of the operation explain.
struct Explained<'a, 't> {
    sentence: &'a Sentence<'t>,
    slots: &'a Slots,
    operation: &'a Operation,
    /// Kinds of resources of the same service, as bits.
    family: u32,
    /// Tokens that stand for an unlisted modifier of the target's noun.
    modifiers: Vec<usize>,
}

/// The question a sentence raises where a word of it is not explained.
pub(crate) fn unexplained(sentence: &Sentence<'_>, slots: &Slots, operation: &Operation) -> Option<Question> {
    let mut explained = Explained { sentence, slots, operation, family: family(operation.entry.words.resource), modifiers: Vec::new() };
    explained.modifiers = explained.find_modifiers();
    let segments = explained.segments();
    if explained.speaks_of_others(&segments) || explained.relative() {
        return Some(Question::Doubt);
    }
    segments.iter().find_map(|segment| explained.check(*segment))
}

/// Kinds that the nouns of a resource may also name.
fn family(resource: Resource) -> u32 {
    let service = resource.words().service;
    let generic = matches!(resource, Resource::Instance | Resource::Database | Resource::DatabaseCluster | Resource::LoadBalancerTarget);
    catalogue::resource::ALL.iter().enumerate().fold(0, |bits, (index, kind)| {
        let same = kind.words().service == service && !(resource == Resource::Instance && *kind == Resource::SecurityGroup);
        let instance = *kind == Resource::Instance && generic;
        bits | if same || instance { 1 << index } else { 0 }
    })
}

impl Explained<'_, '_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.sentence.token(at)
    }

    /// Cuts the sentence.
    fn segments(&self) -> Vec<Segment> {
        let tokens = &self.sentence.tokens;
        // Beside a verb that says it, small verbs do not make an order of their clause: "make sure nobody can read it: block …".
        let strong = tokens.iter().any(|t| self.orders(t) && !t.meaning.weak);
        let mut cuts: Vec<(usize, Option<Role>)> = vec![(0, None)];
        let mut ordered = false;
        for (at, token) in tokens.iter().enumerate() {
            if token.quote.is_some() {
                continue;
            }
            let begins = self.orders(token) || token.is(Mark::Light) || matches!(token.word.as_str(), "take" | "make" | "give");
            if begins && !token.han && cuts.last().is_some_and(|(from, role)| *role == Some(Role::Before) && *from + 1 < at) {
                cuts.push((at, None));
            }
            if self.orders(token) {
                ordered = true;
            }
            let word = token.word.as_str();
            let written = if token.han { self.sentence.written(token) } else { "" };
            if token.ends_clause() || matches!(token.kind, Kind::Sign(':' | '：' | '(' | '（' | ')' | '）' | '[' | ']')) {
                cuts.push((at + 1, None));
                ordered = false;
            } else if BECAUSE.contains(&word)
                || BECAUSE.contains(&written)
                || self.phrase_at(at, BECAUSE)
                || word == "as" && self.word(at + 1, &["it", "it's", "they", "nobody"])
            {
                cuts.push((at, Some(Role::Because)));
            } else if matches!(word, "so" | "hence" | "therefore") || matches!(written, "所以" | "因此") {
                cuts.push((at, None));
            } else if self.operation.dry_run {
                // What is only looked at needs no finer cut.
            } else if matches!(word, "before") || self.phrase_at(at, &["ahead of", "prior to"]) {
                cuts.push((at, Some(Role::Before)));
            } else if ordered
                && (word == "for" && self.ends_in_occasion(self.clause_from(at))
                    || word == "to" && self.word(at + 1, PURPOSE)
                    || self.phrase_at(at, &["in order to", "so that", "so we", "so it"])
                    || matches!(written, "以便" | "为了"))
            {
                cuts.push((at, Some(if word == "for" { Role::Before } else { Role::Purpose })));
            } else if !ordered
                && at > 0
                && (matches!(word, "please" | "pls" | "plz" | "kindly")
                    || self.phrase_at(at, &["could you", "can you", "would you", "will you"]))
            {
                cuts.push((at, None));
            } else if token.han && token.is(Mark::SubordinateAfter) && matches!(written, "前" | "之前" | "以前") {
                if let Some((_, role)) = cuts.last_mut() {
                    *role = Some(Role::Before);
                }
                cuts.push((at + 1, None));
            }
        }
        let ends = cuts.iter().skip(1).map(|(at, _)| *at).chain([tokens.len()]).collect::<Vec<_>>();
        let mut segments: Vec<Segment> = cuts
            .into_iter()
            .zip(ends)
            .filter(|((from, _), to)| from < to)
            .map(|((from, role), to)| {
                let orders = tokens.get(from..to).unwrap_or_default().iter().any(|t| self.orders(t) && !(strong && t.meaning.weak));
                Segment { from, to, role: if orders { Role::Order } else { role.unwrap_or(Role::State) } }
            })
            .collect();
        // Values that are stated without a verb: whatever holds a target or a value is the order.
        if !segments.iter().any(|s| s.role == Role::Order) {
            for segment in &mut segments {
                if segment.role == Role::State {
                    segment.role = Role::Order;
                }
            }
        }
        segments
    }

    /// The rest of a clause.
    fn clause_from(&self, at: usize) -> &[Token] {
        let rest = self.sentence.tokens.get(at..).unwrap_or_default();
        let end = rest.iter().position(Token::ends_clause).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// Whether a token asks for the operation.
    fn orders(&self, token: &Token) -> bool {
        token.asks() && token.meaning.verbs & self.operation.verbs != 0
    }

    fn word(&self, at: usize, words: &[&str]) -> bool {
        self.token(at).is_some_and(|t| !t.word.is_empty() && words.contains(&t.word.as_str()))
    }

    /// Whether one of some phrases begins at a token, in whatever tokens it is cut.
    fn phrase_at(&self, at: usize, phrases: &[&str]) -> bool {
        let Some(first) = self.token(at) else { return false };
        let rest = self.sentence.text.get(first.start..).unwrap_or_default();
        phrases.iter().any(|phrase| {
            phrase.contains(' ')
                && rest.get(..phrase.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(phrase))
                && !rest.get(phrase.len()..).unwrap_or_default().starts_with(|c: char| c.is_alphanumeric())
        })
    }

    /// "the jenkins box i-1", "支付服务 payment-svc": unlisted words right before a noun of the resource that stands right before its
    /// target or behind an article.
    fn find_modifiers(&self) -> Vec<usize> {
        let tokens = &self.sentence.tokens;
        let mut found = Vec::new();
        for target in &self.operation.targets {
            let glue = |t: &Token| {
                matches!(t.kind, Kind::Sign(':' | '：' | '"' | '“' | '「' | '`' | '\'' | '#'))
                    || t.is(Mark::Named) && t.quote.is_none()
                    || t.word == "id"
            };
            let mut at = *target;
            while at > 0 && tokens.get(at - 1).is_some_and(&glue) {
                at -= 1;
            }
            let Some(noun) = at.checked_sub(1) else { continue };
            if tokens.get(noun).is_none_or(|t| t.meaning.nouns & self.family == 0) {
                continue;
            }
            let mut words = Vec::new();
            let mut before = noun;
            while let Some(index) = before.checked_sub(1) {
                let Some(token) = tokens.get(index) else { break };
                let plain = token.kind == Kind::Han
                    || token.shape() == Some(Shape::Name)
                        && !self.operation.targets.contains(&index)
                        && !self.operation.filled.taken.contains(&index)
                    || token.kind == Kind::Unknown && !token.typo
                    || token.meaning.nouns != 0 && token.meaning.verbs == 0 && token.kind == Kind::Known;
                let small = token.han && matches!(self.sentence.written(token), "的" | "那台" | "这台" | "那个" | "这个" | "那");
                if !plain && !small || words.len() == 6 {
                    break;
                }
                words.push(index);
                before = index;
            }
            let article = before.checked_sub(1).and_then(|i| tokens.get(i)).is_none_or(|t| {
                self.orders(t)
                    || t.ends_clause()
                    || matches!(t.word.as_str(), "the" | "our" | "my" | "this" | "that" | "old")
                    || t.han && matches!(self.sentence.written(t), "把" | "将" | "给" | "的" | "下" | "一下" | "那台" | "这台")
            });
            if article {
                found.extend(words);
            }
        }
        found
    }

    /// Whether the operation itself explains a token, wherever it stands.
    fn by_operation(&self, at: usize, token: &Token) -> bool {
        let (operation, entry) = (self.operation, self.operation.entry);
        let filled = &operation.filled;
        if operation.targets.contains(&at)
            || filled.taken.contains(&at)
            || filled.spans.iter().any(|(_, (start, end))| token.start >= *start && token.end <= *end)
            || self.slots.accounts.contains(&at)
            || self.slots.regions.contains(&at)
            || self.modifiers.contains(&at)
            || self.operation.placed == Some(at)
        {
            return true;
        }
        if token.quote.is_some() {
            // The marks of a quotation around a target stand outside it.
            return self.same_target(token);
        }
        if self.same_target(token) {
            return true;
        }
        let form_bits = operation.objects;
        if token.meaning.verbs & operation.verbs != 0 && !token.negated && !token.described
            || token.meaning.objects & form_bits != 0
            || token.meaning.needs != 0 && token.meaning.needs & operation.needs != 0
        {
            return true;
        }
        if token.meaning.nouns & self.family != 0 && token.meaning.verbs == 0 {
            return true;
        }
        let service = token.meaning.services != 0 && token.meaning.services & operation.services != 0;
        if service || self.names_account(at, token) || token.is(Mark::RegionWord) {
            return true;
        }
        let has = |name: &str| entry.spec.params.iter().any(|p| p.name == name);
        let params: &[(Mark, &[&str])] = &[
            (Mark::Cluster, &["cluster", "target_instance"]),
            (Mark::TargetGroup, &["target_group"]),
            (Mark::Alias, &["alias"]),
            (Mark::Version, &["version", "task_definition", "alias"]),
            (Mark::Previous, &["version", "task_definition", "alias"]),
            (Mark::Port, &["port"]),
            (Mark::Protocol, &["port"]),
            (Mark::Internet, &["port"]),
            (Mark::User, &["user_name"]),
            (Mark::Description, &["description"]),
            (Mark::Payload, &["payload"]),
            (Mark::Async, &["payload"]),
            (Mark::Min, &["min_size", "desired_count"]),
            (Mark::Max, &["max_size", "max_per_second", "desired_count"]),
            (Mark::Desired, &["desired_capacity", "desired_size", "desired_count"]),
            (Mark::Read, &["read_capacity"]),
            (Mark::Write, &["write_capacity"]),
            (Mark::OnDemand, &["billing_mode"]),
            (Mark::Provisioned, &["billing_mode"]),
            (Mark::Memory, &["memory_mb"]),
            (Mark::Timeout, &["timeout_seconds"]),
            (Mark::Key, &["kms_key"]),
            (Mark::Skip, &["skip_resources"]),
            (Mark::WithFailover, &["failover"]),
            (Mark::Named, &["snapshot_id", "description"]),
        ];
        if params.iter().any(|(mark, names)| token.is(*mark) && names.iter().any(|n| has(n))) {
            return true;
        }
        let storage = has("size_gb") && matches!(self.sentence.written(token), "gp2" | "gp3" | "io1" | "io2" | "st1" | "sc1");
        storage || self.counts(at) || self.former_value(at, token)
    }

    /// "account" beside the account it belongs to, or the one that is selected.
    fn names_account(&self, at: usize, token: &Token) -> bool {
        let beside = |index: Option<usize>| index.is_some_and(|i| self.slots.accounts.contains(&i) || self.operation.placed == Some(i));
        let selected = |index: Option<usize>| {
            index.and_then(|i| self.token(i)).is_some_and(|t| {
                matches!(t.word.as_str(), "this" | "current") || t.han && matches!(self.sentence.written(t), "本" | "当前" | "这个" | "该")
            })
        };
        let near = || (1..=3).any(|step| beside(at.checked_sub(step)) || beside(Some(at + step)));
        token.is(Mark::Account) && token.meaning.verbs == 0 && (near() || selected(at.checked_sub(1)))
    }

    /// "by 2", "2 more", "加 2 台": a difference, where the operation sets a value.
    fn relative(&self) -> bool {
        let entry = self.operation.entry;
        let counted = |name: &str| entry.spec.params.iter().any(|p| p.name == name && matches!(p.kind, domain::ParamKind::Int { .. }));
        let adds = self.sentence.tokens.iter().any(|t| self.orders(t) && t.word == "add")
            && ["desired_capacity", "desired_count", "desired_size"].iter().any(|name| counted(name));
        let taken = self.slots.amounts.iter().filter(|a| self.operation.filled.taken.contains(&a.at));
        let differs = |a: &crate::number::Amount| {
            let before = a.at.checked_sub(1).and_then(|i| self.token(i));
            let behind = (a.at + 1..a.at + 3).filter_map(|i| self.token(i));
            let english = before.is_some_and(|t| {
                matches!(t.word.as_str(), "by" | "from" | "another" | "additional" | "extra" | "about" | "around" | "roughly")
            });
            let more = behind.into_iter().any(|t| matches!(t.word.as_str(), "more" | "extra" | "additional" | "fewer" | "less"));
            let chinese = before.is_some_and(|t| {
                t.han
                    && matches!(
                        self.sentence.written(t),
                        "加" | "增加"
                            | "减"
                            | "减少"
                            | "多"
                            | "少"
                            | "扩"
                            | "扩容"
                            | "缩"
                            | "缩容"
                            | "增"
                            | "再加"
                            | "上调"
                            | "下调"
                            | "提升"
                            | "降低"
                    )
            });
            english || more || chinese
        };
        adds || taken.into_iter().any(differs)
    }

    /// A target written twice.
    fn same_target(&self, token: &Token) -> bool {
        let written = self.sentence.written(token);
        matches!(token.kind, Kind::Thing(_) | Kind::Unknown)
            && self.operation.targets.iter().filter_map(|t| self.token(*t)).any(|t| self.sentence.written(t) == written)
    }

    /// "these two": as many as there are targets.
    fn counts(&self, at: usize) -> bool {
        let targets = i64::try_from(self.operation.targets.len()).unwrap_or(0);
        let spoken = self.token(at).and_then(|t| ["one", "two", "three", "four", "five", "six"].iter().position(|w| *w == t.word));
        self.slots.amounts.iter().any(|a| a.at == at && a.value == targets)
            || spoken.is_some_and(|n| n > 0 && n + 1 == self.operation.targets.len())
    }

    /// "from 500G": what a value was before.
    fn former_value(&self, at: usize, token: &Token) -> bool {
        let from = at
            .checked_sub(1)
            .and_then(|i| self.token(i))
            .is_some_and(|t| t.word == "from" || t.han && matches!(self.sentence.written(t), "从" | "由"));
        from && matches!(
            token.shape(),
            Some(Shape::Number | Shape::Quantity | Shape::InstanceType | Shape::DatabaseClass | Shape::Revision)
        )
    }

    /// Whether a token explains itself in a clause about how things stand.
    fn by_state(&self, token: &Token) -> bool {
        if token.quote.is_some() {
            return false;
        }
        match token.kind {
            Kind::Thing(shape) => {
                return !matches!(shape, Shape::Operation | Shape::Flag | Shape::Url | Shape::Sop);
            }
            Kind::Known => {}
            _ => return false,
        }
        let denied = [
            Mark::Say,
            Mark::Conditional,
            Mark::Later,
            Mark::WhatIf,
            Mark::Approve,
            Mark::Reject,
            Mark::Approval,
            Mark::Guard,
            Mark::Bypass,
            Mark::Source,
            Mark::Retract,
            Mark::May,
            Mark::Chat,
            Mark::Injection,
            Mark::Subordinate,
            Mark::SubordinateAfter,
            Mark::Should,
            Mark::Neg,
            Mark::Prohibit,
        ];
        if denied.iter().any(|mark| token.is(*mark)) {
            return false;
        }
        let told = token.meaning.verbs != 0 && (token.described || token.negated) && token.meaning.verbs & self.operation.verbs == 0;
        let noun = (token.meaning.nouns | token.meaning.services) != 0 || token.meaning.objects != 0 || token.meaning.needs != 0;
        let topic = [
            Mark::Symptom,
            Mark::Metric,
            Mark::Metrics,
            Mark::Anomaly,
            Mark::Finding,
            Mark::Health,
            Mark::Cost,
            Mark::Internet,
            Mark::Done,
            Mark::Port,
            Mark::Version,
            Mark::Account,
        ]
        .iter()
        .any(|mark| token.is(*mark));
        let asked = token.asks() && !token.meaning.weak && !token.is(Mark::Symptom);
        told || (noun || topic) && !asked || token.described
    }

    /// A time, which says nothing alone.
    fn is_time(token: &Token) -> bool {
        token.is(Mark::TimeWord)
            || token.is(Mark::TimeUnit)
            || token.is(Mark::Window)
            || token.is(Mark::NumberWord)
            || matches!(token.shape(), Some(Shape::Date | Shape::Clock))
    }

    fn check(&self, segment: Segment) -> Option<Question> {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let dry = self.operation.dry_run;
        let state = segment.role != Role::Order;
        if segment.role == Role::Because && !dry {
            return self.tells_of_people(segment).then_some(Question::Doubt);
        }
        // "don't reboot it, stop it": another verb is forbidden.
        let contrasts = tokens.iter().any(|t| t.negated && t.meaning.verbs != 0 && t.meaning.verbs & self.operation.verbs == 0);
        if !dry && self.phrases_anywhere(segment, &["for instance", "for example", "instead of", "rather than"]) {
            return Some(Question::Doubt);
        }
        if segment.role == Role::Before
            && !self.tells_of_people(segment)
            && self.ends_in_occasion(tokens)
            && !tokens.iter().any(Self::is_time)
        {
            return None;
        }
        let mut atoms: Vec<Atom> = Vec::new();
        let mut content = false;
        let mut timed = false;
        let mut negates = false;
        for (index, token) in tokens.iter().enumerate() {
            let at = segment.from + index;
            let by_operation = self.by_operation(at, token);
            let by_state = state && self.by_state(token);
            let by_time = state && segment.role == Role::State && Self::is_time(token);
            let by_preview = dry && previews(token);
            let by_contrast = state && token.is(Mark::Prohibit) && token.quote.is_none() && contrasts;
            content |= by_state || by_operation;
            timed |= Self::is_time(token) && !by_operation;
            negates |= (token.is(Mark::Neg) || token.is(Mark::Prohibit)) && !by_operation && !by_state;
            content |= token.is(Mark::Dry);
            let whole = by_contrast || by_operation || by_state || by_time || by_preview || self.sign(token, state);
            let amount = state && matches!(token.shape(), Some(Shape::Number | Shape::Quantity)) && segment.role == Role::State;
            if matches!(token.kind, Kind::Thing(_) | Kind::Sign(_)) {
                atoms.push(Atom { text: String::new(), take: usize::from(whole || amount), open: true });
                continue;
            }
            let words = units(self.sentence.written(token));
            // A listed word of several ideographs stands or falls whole: 上次 is neither 上 nor 次.
            let loose =
                !token.han || token.kind != Kind::Known || token.is(Mark::Polite) || token.meaning.verbs != 0 || token.is(Mark::Pronoun);
            let count = words.len();
            atoms.extend(words.into_iter().enumerate().map(|(i, text)| Atom {
                text,
                take: if i == 0 && whole { count } else { 0 },
                open: i == 0 || loose,
            }));
        }
        let Some(weight) = self.cover(&atoms, state, dry) else {
            let told =
                !dry && self.tells_of_things(segment, &atoms, content) && !self.opens_in_waiting(segment) && !self.opens_inverted(segment);
            return (!told).then_some(Question::Doubt);
        };
        if dry {
            return None;
        }
        let asked = tokens.last().is_some_and(|t| matches!(t.kind, Kind::Sign('?' | '？')))
            || tokens
                .iter()
                .rev()
                .find(|t| !matches!(t.kind, Kind::Sign(_)))
                .is_some_and(|t| t.han && matches!(self.sentence.written(t), "吗" | "么" | "呢" | "没" | "没有"));
        if state {
            content |= weight == Weight::Content;
            let opener = tokens.iter().find(|t| !matches!(t.kind, Kind::Sign(_)));
            let waits = self.opens_in_waiting(segment) || self.opens_inverted(segment);
            let drill = tokens.iter().rev().find(|t| !matches!(t.kind, Kind::Sign(_))).is_some_and(|t| {
                matches!(t.word.as_str(), "test" | "demo" | "trial" | "rehearsal" | "experiment")
                    || t.han && matches!(self.sentence.written(t), "测试" | "演练" | "演示" | "试验")
            }) && !tokens.iter().any(|t| matches!(t.word.as_str(), "for" | "the" | "after") || t.han && t.is(Mark::Polite));
            let forbids = opener.is_some_and(|t| t.is(Mark::Prohibit))
                && !tokens.iter().any(|t| t.is(Mark::Dry) || t.is(Mark::Check) || t.is(Mark::Show))
                && !tokens.iter().any(|t| t.negated && t.meaning.verbs != 0);
            if asked || waits || forbids || drill || (negates || timed || weight == Weight::Small) && !content {
                return Some(Question::Doubt);
            }
            return None;
        }
        if asked && !self.requests() {
            return Some(Question::Doubt);
        }
        (!self.order_is_plain(segment)).then_some(Question::Doubt)
    }

    /// "the kernel upgrade": unknown words before the noun of an occasion.
    fn ends_in_occasion(&self, tokens: &[Token]) -> bool {
        let words = tokens.iter().filter(|t| !matches!(t.kind, Kind::Sign(_)));
        let chinese: String = tokens.iter().filter(|t| t.han).map(|t| self.sentence.written(t)).collect();
        let occasion = [
            "升级", "迁移", "维护", "发布", "变更", "上线", "割接", "切换", "扩容", "重启", "测试", "备份", "大促", "压测", "演练", "改造",
        ];
        if !chinese.is_empty() && chinese.chars().count() <= 12 && occasion.iter().any(|w| chinese.contains(w)) {
            return true;
        }
        words.clone().count() <= 7
            && words.rev().find(|t| !t.han).is_some_and(|t| {
                let mut occasion = AT_OCCASIONS.contains(t.word.as_str());
                stems(&t.word, |stem, _| occasion |= AT_OCCASIONS.contains(stem));
                occasion
            })
    }

    /// "after the release, …": not before that.
    fn opens_in_waiting(&self, segment: Segment) -> bool {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let opener = tokens.iter().find(|t| !matches!(t.kind, Kind::Sign(_)) && !t.is(Mark::Polite));
        opener.is_some_and(|t| {
            matches!(t.word.as_str(), "after" | "with" | "until" | "upon" | "following" | "once" | "by" | "during" | "at" | "on" | "in")
                && segment.role == Role::State
                && !self.by_place(segment)
        })
    }

    /// "were it idle, …", "had we …": a condition without its word.
    fn opens_inverted(&self, segment: Segment) -> bool {
        let mut words =
            self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default().iter().filter(|t| !matches!(t.kind, Kind::Sign(_)));
        words.next().is_some_and(|t| {
            let first = self.sentence.written(t).to_lowercase();
            [
                "were", "was", "had", "has", "have", "is", "are", "should", "could", "would", "may", "might", "do", "does", "did", "can",
                "will",
            ]
            .contains(&first.split(' ').next().unwrap_or_default())
        })
    }

    /// "in dev, …": names a place, and nothing else.
    fn by_place(&self, segment: Segment) -> bool {
        (segment.from..segment.to).any(|at| {
            self.slots.accounts.contains(&at)
                || self.slots.regions.contains(&at)
                || self.operation.targets.contains(&at)
                || self.operation.filled.taken.contains(&at)
                || self.operation.placed == Some(at)
        })
    }

    fn phrases_anywhere(&self, segment: Segment, phrases: &[&str]) -> bool {
        (segment.from..segment.to).any(|at| self.phrase_at(at, phrases))
    }

    /// "i-1 is broken, start i-2", "stop i-1, not i-2": a clause beside the order says something of a target that the order does not name.
    fn speaks_of_others(&self, segments: &[Segment]) -> bool {
        let targets = |segment: &Segment| -> Vec<&str> {
            let within = (segment.from..segment.to)
                .filter(|at| self.operation.targets.contains(at) || self.token(*at).is_some_and(|t| self.same_target(t)));
            within.filter_map(|at| self.token(at)).map(|t| self.sentence.written(t)).collect()
        };
        let ordered: Vec<&str> = segments.iter().filter(|s| s.role == Role::Order).flat_map(targets).collect();
        if ordered.is_empty() {
            return false;
        }
        segments.iter().filter(|s| s.role != Role::Order).any(|segment| {
            let lists = |t: &Token| {
                matches!(t.kind, Kind::Thing(_) | Kind::Sign(_))
                    || t.meaning.nouns & self.family != 0
                    || matches!(t.word.as_str(), "and" | "plus" | "also" | "too" | "please" | "thanks")
                    || t.han && t.is(Mark::Polite)
                    || t.han && matches!(self.sentence.written(t), "和" | "与" | "跟" | "及" | "以及" | "还有" | "也" | "都")
                    || self.slots.amounts.iter().any(|a| self.token(a.at).is_some_and(|n| n.start == t.start))
            };
            let talks =
                self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default().iter().any(|t| !lists(t) && !self.same_target(t));
            talks && targets(segment).iter().any(|t| !ordered.contains(t))
        })
    }

    /// Signs that change nothing.
    fn sign(&self, token: &Token, state: bool) -> bool {
        let Kind::Sign(sign) = token.kind else { return false };
        matches!(
            sign,
            ',' | '，'
                | '.'
                | '。'
                | '!'
                | '！'
                | '?'
                | '？'
                | ';'
                | '；'
                | ':'
                | '：'
                | '、'
                | '('
                | ')'
                | '（'
                | '）'
                | '['
                | ']'
                | '"'
                | '“'
                | '”'
                | '「'
                | '」'
                | '\''
                | '-'
                | '—'
                | '–'
                | '~'
                | '～'
                | '…'
                | '\n'
                | '&'
                | '+'
                | '/'
                | '😀'
                | '🙏'
                | '｡'
                | '・'
        ) || matches!(sign, '=' | '{' | '}') && !self.operation.filled.spans.is_empty()
            || sign == '`'
                && self
                    .sentence
                    .quotes
                    .iter()
                    .any(|q| self.operation.targets.iter().filter_map(|t| self.token(*t)).any(|t| t.start == q.start && t.end == q.end))
            || state && matches!(sign, '%' | '#')
    }

    /// Whether the sentence asks somebody to do it, so that a question mark is politeness.
    fn requests(&self) -> bool {
        self.sentence.tokens.iter().any(|t| {
            let written = self.sentence.written(t).to_lowercase();
            t.is(Mark::Polite)
                && (["can ", "could ", "would ", "will ", "please", "pls", "plz", "help", "kindly"].iter().any(|w| written.starts_with(w))
                    || ["请", "麻烦", "能不能", "能否", "可否", "可以", "帮"].iter().any(|w| written.contains(w)))
        }) || self.sentence.text.contains("可以")
            || self.sentence.text.contains("可不可以")
    }

    /// Whether a clause beside the order holds what people say, want or allow, a condition, a time to come, or text as text.
    fn tells_of_people(&self, segment: Segment) -> bool {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let opens = usize::from(segment.role == Role::Because);
        let target = |token: &Token| {
            self.same_target(token) || self.operation.targets.iter().filter_map(|t| self.token(*t)).any(|t| t.start == token.start)
        };
        let marked = tokens.iter().skip(opens).filter(|t| !target(t)).any(|token| {
            let denied = [
                Mark::Conditional,
                Mark::Later,
                Mark::WhatIf,
                Mark::Approve,
                Mark::Approval,
                Mark::Retract,
                Mark::Injection,
                Mark::May,
                Mark::Chat,
                Mark::Dry,
                Mark::Say,
            ];
            let tolerated = [Mark::Health, Mark::Finding, Mark::Symptom, Mark::Read, Mark::Metric].iter().any(|mark| token.is(*mark));
            token.quote.is_some()
                || denied.iter().any(|mark| token.is(*mark)) && !tolerated
                || token.negated && token.meaning.verbs & self.operation.verbs != 0
                || matches!(token.kind, Kind::Sign('>' | '<' | '=' | '|' | '`' | '{' | '?' | '？' | '@' | '$' | '#'))
        });
        let english =
            tokens.iter().skip(opens).filter(|t| !t.han && !matches!(t.kind, Kind::Thing(_) | Kind::Sign(_)) && !target(t)).any(|token| {
                units(self.sentence.written(token)).iter().any(|word| {
                    let mut held = ATTITUDES.contains(word.as_str());
                    stems(word, |stem, _| held |= ATTITUDES.contains(stem));
                    held
                })
            });
        let folded: String = tokens.iter().skip(opens).filter(|t| t.han).flat_map(|t| units(self.sentence.written(t))).collect();
        let folded = folded
            .replace("后端", "")
            .replace("后台", "")
            .replace("快要", "")
            .replace("告急", "")
            .replace("报告", "")
            .replace("误删", "")
            .replace("等级", "");
        marked || english || ATTITUDE_ZH.split_whitespace().any(|part| folded.contains(part))
    }

    /// A clause that tells how things stand in words of which some are unknown: it has a predicate, something technical, and nothing of people.
    fn tells_of_things(&self, segment: Segment, atoms: &[Atom], content: bool) -> bool {
        let tokens = self.sentence.tokens.get(segment.from..segment.to).unwrap_or_default();
        let labels = tokens.last().is_some_and(|t| matches!(t.kind, Kind::Sign(':' | '：')));
        let labels = labels && !(segment.from..segment.to).any(|at| self.operation.targets.contains(&at));
        if segment.role != Role::State || labels || self.tells_of_people(segment) {
            return false;
        }
        let predicate = tokens.iter().any(|t| {
            let be = matches!(
                t.word.as_str(),
                "is" | "are"
                    | "was"
                    | "were"
                    | "has"
                    | "have"
                    | "had"
                    | "it's"
                    | "isn't"
                    | "ran"
                    | "broke"
                    | "left"
                    | "found"
                    | "saw"
                    | "got"
                    | "grew"
                    | "went"
                    | "came"
                    | "sent"
                    | "lost"
            );
            let verb = !t.han
                && t.word.len() > 3
                && (t.word.ends_with('s') || t.word.ends_with("ed") || t.word.ends_with("ing"))
                && !t.word.ends_with("ss");
            be || verb || t.han
        });
        let unknown = |atom: &&Atom| atom.take == 0 && !atom.text.is_empty() && !listed(&atom.text);
        let (chinese, english): (Vec<&Atom>, Vec<&Atom>) = atoms.iter().filter(unknown).partition(|a| !a.text.is_ascii());
        let technical = tokens.iter().any(|t| matches!(t.word.as_str(), "it" | "its"))
            || content
            || atoms.iter().any(|a| a.text.is_ascii() && !a.text.is_empty() && is_state(&a.text))
            || self.phrases_of_state(atoms);
        predicate && technical && english.len() <= 4 && chinese.len() <= 8
    }

    /// Whether some stretch of the atoms is a listed phrase of states.
    fn phrases_of_state(&self, atoms: &[Atom]) -> bool {
        (0..atoms.len()).any(|at| {
            (2..=LONGEST).any(|length| {
                atoms
                    .get(at..at + length)
                    .is_some_and(|stretch| IN_STATE.0.contains(&stretch.iter().map(|a| a.text.as_str()).collect::<Vec<_>>().join(" ")))
            })
        })
    }

    /// How the verb stands: an order has it in its base form, or as a participle behind "needs to be".
    fn order_is_plain(&self, segment: Segment) -> bool {
        let tokens = &self.sentence.tokens;
        // "do we need to stop i-1": asks, with or without its mark.
        if self.phrases_anywhere(
            segment,
            &["do i", "do we", "do you", "do they", "should i", "should we", "shall i", "shall we", "may i", "may we", "am i", "are we"],
        ) {
            return false;
        }
        // "stop i-1 failed": told, not asked.
        let last = tokens.get(segment.from..segment.to).unwrap_or_default().iter().rev().find(|t| !matches!(t.kind, Kind::Sign(_)));
        if last.is_some_and(|t| PREDICATES.contains(&t.word.as_str())) {
            return false;
        }
        for at in segment.from..segment.to {
            let Some(token) = tokens.get(at) else { break };
            if !self.orders(token) {
                continue;
            }
            let before = tokens.get(segment.from..at).unwrap_or_default();
            // "test stop i-1", "测试停止 i-1": tries whether it would be understood.
            if before.last().is_some_and(|t| {
                matches!(t.word.as_str(), "test" | "testing" | "demo" | "trial" | "sample") || t.han && self.sentence.written(t) == "测试"
            }) {
                return false;
            }
            if !token.han && token.inflection == Inflection::Ing && token.meaning.objects == 0 {
                let opened = before.iter().any(|t| {
                    let written = self.sentence.written(t).to_lowercase();
                    ["mind", "help", "hand with", "need", "proceed with", "go ahead", "by"].iter().any(|w| written.contains(w))
                        || t.word == "with"
                        || t.word == "by"
                        || self.orders(t)
                });
                if !opened {
                    return false;
                }
            }
            // "i-1 停了" tells; "把 i-1 停了" and "i-1 可以停了" ask for it.
            let next = tokens.get(at + 1);
            let closes = self.sentence.written(token).ends_with('了') && next.is_none_or(Token::ends_clause)
                || next.is_some_and(|t| t.han && self.sentence.written(t) == "了") && tokens.get(at + 2).is_none_or(Token::ends_clause);
            let said = tokens.get(segment.from).map_or(0, |t| t.start)..token.start;
            let said = self.sentence.text.get(said).unwrap_or_default();
            let taken = [
                "把", "将", "給", "给", "请", "請", "帮", "幫", "可以", "麻烦", "先", "马上", "快", "直接", "赶紧", "立即", "立刻", "要",
                "想",
            ];
            if token.han && closes && !taken.iter().any(|w| said.contains(w)) {
                return false;
            }
            // "the app needs to stop i-1" says what the app does; "i-1 needs to be stopped" asks for it.
            let needed = |(index, t): (usize, &Token)| {
                matches!(t.word.as_str(), "needs")
                    && !index
                        .checked_sub(1)
                        .and_then(|i| before.get(i))
                        .is_some_and(|b| matches!(b.kind, Kind::Thing(_)) || self.same_target(b) || b.is(Mark::Pronoun))
            };
            if before.iter().enumerate().any(needed) {
                return false;
            }
            // "i-1 将停止" tells what will happen; "将 i-1 停止" asks for it.
            let tells = |pair: &[Token]| matches!(pair, [a, b] if a.han && self.sentence.written(a) == "将" && b.han && (b.meaning.verbs != 0 || matches!(self.sentence.written(b), "要" | "会" | "于" | "在" | "被")));
            if tokens.get(segment.from..=at).unwrap_or_default().windows(2).any(tells) {
                return false;
            }
        }
        true
    }
}

/// Adjectives that, standing last, say what became of it.
const PREDICATES: &[&str] = &[
    "failed",
    "failing",
    "stuck",
    "broken",
    "hung",
    "frozen",
    "faulty",
    "unhealthy",
    "unresponsive",
    "slow",
    "busy",
    "new",
    "old",
    "exposed",
    "compromised",
    "hacked",
    "infected",
    "leaked",
];

/// Marks of previews and of looking.
fn previews(token: &Token) -> bool {
    token.quote.is_none()
        && [Mark::Dry, Mark::WhatIf, Mark::Show, Mark::Check, Mark::Light, Mark::Pronoun].iter().any(|mark| token.is(*mark))
        && ![Mark::Say, Mark::Source, Mark::Chat, Mark::Later].iter().any(|mark| token.is(*mark) && !token.is(Mark::Dry))
        || token.quote.is_none() && token.negated && token.meaning.verbs != 0
}

/// A word or ideograph; `take` words are explained by their token from here on.
struct Atom {
    text: String,
    take: usize,
    /// Whether a phrase may begin or end before it.
    open: bool,
}

/// Whether a word alone is a listed word of a state, in any form.
fn is_state(word: &str) -> bool {
    let mut found = IN_STATE.0.contains(word);
    if word.is_ascii() {
        stems(word, |stem, _| found |= IN_STATE.0.contains(stem));
    }
    found
}

/// Whether a word belongs to the small words of orders or states, and so names nothing.
pub(crate) fn is_small(word: &str) -> bool {
    SMALL.0.contains(word) || IN_ORDER.0.contains(word)
}

/// Whether a word says how things stand; plurals may still name something ("users", "sessions").
pub(crate) fn is_predicate(word: &str) -> bool {
    is_state(word) && !word.ends_with('s')
}

/// Whether a word alone stands in one of the lists.
fn listed(word: &str) -> bool {
    is_state(word) || SMALL.0.contains(word) || IN_ORDER.0.contains(word)
}

/// What a cover of a stretch needed at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Words of the operation and of the frame.
    Frame,
    /// Small words of a state.
    Small,
    /// A word of a state with content.
    Content,
}

impl Explained<'_, '_> {
    /// The cheapest way to cover the atoms by listed phrases; none where a word stays unexplained.
    fn cover(&self, atoms: &[Atom], state: bool, dry: bool) -> Option<Weight> {
        let id = self.operation.entry.spec.id;
        let beside: Vec<&Phrases> = BY_SERVICE.iter().filter(|(prefix, _)| id.starts_with(prefix)).map(|(_, phrases)| phrases).collect();
        let mut reached: Vec<Option<Weight>> = vec![None; atoms.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = Some(Weight::Frame);
        }
        for at in 0..atoms.len() {
            let Some(used) = reached.get(at).copied().flatten() else { continue };
            let mut reach = |to: usize, weight: Weight| {
                if atoms.get(to).is_none_or(|a| a.open)
                    && let Some(slot) = reached.get_mut(to)
                {
                    let now = used.max(weight);
                    *slot = Some(match *slot {
                        Some(known) if known == Weight::Content || now == Weight::Content => Weight::Content,
                        Some(known) => known.min(now),
                        None => now,
                    });
                }
            };
            let take = atoms.get(at).map_or(0, |a| a.take);
            if take > 0 {
                reach((at + take).min(atoms.len()), Weight::Frame);
            }
            let mut phrase = String::new();
            for (length, atom) in (1..=LONGEST).zip(atoms.iter().skip(at)) {
                if atom.text.is_empty() {
                    break;
                }
                if length > 1 {
                    phrase.push(' ');
                }
                phrase.push_str(&atom.text);
                let own = (length > 1 || !atom.text.is_ascii() || atom.text.len() > 3)
                    && OWN_WORDS.get(id).is_some_and(|(english, chinese)| {
                        if atom.text.is_ascii() {
                            length == 1 && english.contains(&atom.text)
                        } else {
                            length > 1 && chinese.contains(&phrase.replace(' ', ""))
                        }
                    });
                let framed = own
                    || IN_ORDER.0.contains(&phrase)
                    || beside.iter().any(|b| b.0.contains(&phrase))
                    || dry && IN_PREVIEW.0.contains(&phrase);
                if framed {
                    reach(at + length, Weight::Frame);
                }
                if state || dry {
                    if SMALL.0.contains(&phrase) {
                        reach(at + length, Weight::Small);
                    }
                    let mut listed = IN_STATE.0.contains(&phrase);
                    if length == 1 && !listed && atom.text.is_ascii() {
                        stems(&atom.text, |stem, _| listed |= IN_STATE.0.contains(stem));
                    }
                    if listed {
                        reach(at + length, Weight::Content);
                    }
                }
            }
        }
        reached.last().copied().flatten()
    }
}
