//! Parameters of an operation, as the sentence gives them. Entry point: [`fill`].
//!
//! Invariant: a value is taken only from beside a word that names it, or by its shape; what is taken is no target.

use catalogue::{Entry, Resource};
use domain::{Params, Value};

use crate::{
    entity::Shape,
    number::{Amount, Unit, near},
    slots::{Slots, Span, kind_of},
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// Parameters with the tokens they were taken from.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// The values.
    pub params: Params,
    /// Name of the parameter and where it stands.
    pub spans: Vec<(&'static str, Span)>,
    /// Tokens that are no targets.
    pub taken: Vec<usize>,
}

impl Filled {
    fn text(&mut self, name: &'static str, sentence: &Sentence<'_>, at: usize) {
        let Some(token) = sentence.token(at) else { return };
        self.params.insert(name.to_owned(), Value::Text(sentence.written(token).to_owned()));
        self.spans.push((name, (token.start, token.end)));
        self.taken.push(at);
    }

    fn int(&mut self, name: &'static str, amount: &Amount) {
        self.params.insert(name.to_owned(), Value::Int(amount.value));
        self.spans.push((name, amount.span));
        self.taken.push(amount.at);
    }

    fn word(&mut self, name: &'static str, value: &str, token: &Token) {
        self.params.insert(name.to_owned(), Value::Text(value.to_owned()));
        self.spans.push((name, (token.start, token.end)));
    }

    fn holds(&self, name: &str) -> bool {
        self.params.contains_key(name)
    }
}

/// Reads the parameters an entry has.
pub(crate) fn fill(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry) -> Filled {
    let mut filled = Filled::default();
    let has = |name: &str| entry.spec.params.iter().any(|p| p.name == name);
    let said = |mark: Mark| move |t: &Token| t.is(mark);
    if has("cluster")
        && let Some(at) = beside(sentence, slots, Mark::Cluster, &filled)
    {
        filled.text("cluster", sentence, at);
    }
    if has("cluster") && !filled.holds("cluster") {
        let names: Vec<usize> =
            slots.things.iter().copied().filter(|at| sentence.token(*at).is_some_and(|t| t.shape() == Some(Shape::Name))).collect();
        let inside = |at: &usize| {
            let before = at.checked_sub(1).and_then(|i| sentence.token(i));
            before.is_some_and(|t| matches!(t.word.as_str(), "in" | "on" | "within" | "under") || t.han && sentence.written(t) == "在")
                || sentence
                    .token(at + 1)
                    .is_some_and(|t| t.han && matches!(sentence.written(t), "里" | "里面" | "上" | "中" | "下" | "里头"))
        };
        if names.len() > 1
            && let Some(at) = names.iter().copied().find(inside)
        {
            filled.text("cluster", sentence, at);
        }
    }
    if has("cluster") && !filled.holds("cluster") {
        let nouns = sentence.tokens.iter().enumerate().filter(|(_, t)| t.is(Mark::Cluster) && t.quote.is_none());
        if let Some(at) = nouns.map(|(noun, _)| noun + 1).find(|at| !slots.things.contains(at) && crate::operate::plain_name(sentence, *at))
        {
            filled.text("cluster", sentence, at);
        }
    }
    if has("target_group") {
        let named = |at: &&usize| {
            sentence.token(**at).is_some_and(|t| {
                let written = sentence.written(t);
                written.starts_with("tg-") || written.ends_with("-tg") || kind_of(sentence, t) == Some(Resource::LoadBalancerTarget)
            })
        };
        if let Some(at) = beside(sentence, slots, Mark::TargetGroup, &filled).or_else(|| slots.things.iter().find(named).copied()) {
            filled.text("target_group", sentence, at);
        }
    }
    if has("alias")
        && let Some(at) = alias(sentence)
    {
        filled.text("alias", sentence, at);
    }
    shapes(sentence, slots, entry, &mut filled);
    if has("port") && entry.spec.id == "ec2.revoke_ingress" {
        ingress(sentence, slots, &mut filled);
    }
    if has("user_name") {
        let user = beside(sentence, slots, Mark::User, &filled);
        let other = slots.things.iter().copied().find(|at| {
            sentence
                .token(*at)
                .is_some_and(|t| matches!(t.kind, Kind::Unknown | Kind::Thing(Shape::Name)) && !crate::explain::is_attitude(&t.word))
        });
        let nouns = sentence.tokens.iter().enumerate().filter(|(_, t)| t.is(Mark::User) && t.quote.is_none());
        let plain = nouns.map(|(noun, _)| noun + 1).find(|at| crate::operate::plain_name(sentence, *at));
        if let Some(at) = user.or(plain).or(other) {
            filled.text("user_name", sentence, at);
        }
    }
    if has("description") || has("snapshot_id") {
        snapshot_words(sentence, slots, entry, &mut filled);
    }
    if has("payload") {
        payload(sentence, &mut filled);
    }
    if has("destination") || has("target_instance") {
        let name = if has("destination") { "destination" } else { "target_instance" };
        if let Some(at) = behind_to(sentence, slots, &filled) {
            filled.text(name, sentence, at);
        }
    }
    if has("version")
        && let Some(at) = version(sentence, slots)
    {
        filled.text("version", sentence, at);
    }
    for (name, mark) in [
        ("min_size", Mark::Min),
        ("max_size", Mark::Max),
        ("desired_capacity", Mark::Desired),
        ("desired_size", Mark::Desired),
        ("desired_count", Mark::Desired),
        ("read_capacity", Mark::Read),
        ("write_capacity", Mark::Write),
    ] {
        if has(name)
            && let Some(amount) = near(sentence, &slots.amounts, said(mark), &filled.taken)
        {
            filled.int(name, amount);
        }
    }
    if has("memory_mb") {
        configuration(sentence, slots, &mut filled);
    }
    if has("billing_mode")
        && let Some(token) = sentence.tokens.iter().find(|t| t.is(Mark::OnDemand))
    {
        filled.word("billing_mode", "PAY_PER_REQUEST", token);
    }
    if has("max_per_second")
        && let Some(amount) = near(
            sentence,
            &slots.amounts,
            |t| t.is(Mark::TimeUnit) || matches!(t.word.as_str(), "per" | "rate") || t.is(Mark::Max),
            &filled.taken,
        )
    {
        filled.int("max_per_second", amount);
    }
    last_amount(sentence, slots, entry, &mut filled);
    if has("failover")
        && let Some(token) = with_failover(sentence)
    {
        filled.params.insert("failover".to_owned(), Value::Bool(true));
        filled.spans.push(("failover", (token.start, token.end)));
    }
    if has("skip_resources") {
        skipped(sentence, slots, &mut filled);
    }
    filled
}

/// "with failover", where nothing takes it back: "不带 failover", "without a forced failover".
fn with_failover<'s>(sentence: &'s Sentence<'_>) -> Option<&'s Token> {
    let denies = |t: &Token| t.is(Mark::Neg) || t.is(Mark::Prohibit) || matches!(t.word.as_str(), "without" | "no" | "not");
    sentence.tokens.iter().enumerate().find_map(|(at, t)| {
        let before = sentence.tokens.get(at.saturating_sub(3)..at).unwrap_or_default().iter().rev();
        let denied = before.take_while(|b| b.clause == t.clause).any(denies);
        (t.is(Mark::WithFailover) && t.quote.is_none() && !t.negated && !denied).then_some(t)
    })
}

/// The one number that is left belongs to the one parameter that is missing.
fn last_amount(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &mut Filled) {
    // "scale it to 5, cpu is above 80 percent": numbers beside a verb that is asked for come before all others.
    let clauses: Vec<usize> = sentence.tokens.iter().filter(|t| t.asks()).map(|t| t.clause).collect();
    let asked = |a: &&Amount| sentence.token(a.at).is_some_and(|t| clauses.contains(&t.clause));
    let wanted: &[(&str, &[Unit])] = &[
        ("size_gb", &[Unit::Gib, Unit::None]),
        ("concurrency", &[Unit::None, Unit::Pieces]),
        ("desired_capacity", &[Unit::Pieces, Unit::None]),
        ("desired_count", &[Unit::Pieces, Unit::None]),
        ("desired_size", &[Unit::Pieces, Unit::None]),
        ("retention_days", &[Unit::Days, Unit::None]),
        ("period_days", &[Unit::Days]),
        ("weight", &[Unit::None, Unit::Percent]),
    ];
    for (name, units) in wanted {
        let Some(param) = entry.spec.params.iter().find(|p| p.name == *name) else { continue };
        if filled.holds(name) {
            continue;
        }
        for unit in *units {
            // The last one: "from 2 to 5" asks for 5.
            let free = || slots.amounts.iter().rev().filter(|a| a.unit == *unit && !filled.taken.contains(&a.at));
            if let Some(amount) = free().find(asked).or_else(|| free().next()) {
                filled.int(param.name, amount);
                break;
            }
        }
    }
}

/// Values that their shape alone tells.
fn shapes(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &mut Filled) {
    let has = |name: &str| entry.spec.params.iter().any(|p| p.name == name);
    let last = |shape: Shape| sentence.tokens.iter().enumerate().rev().find(|(_, t)| t.shape() == Some(shape)).map(|(at, _)| at);
    let shaped = [
        ("instance_type", Shape::InstanceType),
        ("instance_class", Shape::DatabaseClass),
        ("cidr", Shape::Cidr),
        ("task_definition", Shape::Revision),
    ];
    for (name, shape) in shaped {
        if has(name)
            && let Some(at) = last(shape)
        {
            filled.text(name, sentence, at);
        }
    }
    if has("kms_key") {
        let key = slots
            .things
            .iter()
            .copied()
            .find(|at| sentence.token(*at).is_some_and(|t| kind_of(sentence, t) == Some(Resource::EncryptionKey)));
        if let Some(at) = key.or_else(|| beside(sentence, slots, Mark::Key, filled)) {
            filled.text("kms_key", sentence, at);
        }
        for token in &sentence.tokens {
            let written = sentence.written(token).to_lowercase();
            let algorithm = match written.as_str() {
                "aes256" | "aes-256" | "sse-s3" => "AES256",
                "aws:kms" | "sse-kms" | "kms" => "aws:kms",
                _ => continue,
            };
            filled.word("algorithm", algorithm, token);
        }
        let stray: Vec<usize> = slots
            .things
            .iter()
            .copied()
            .filter(|at| {
                sentence.token(*at).is_some_and(|t| matches!(sentence.written(t).to_lowercase().as_str(), "aes256" | "aes-256" | "aws:kms"))
            })
            .collect();
        filled.taken.extend(stray);
    }
}

/// Port, protocol and source of an inbound rule.
fn ingress(sentence: &Sentence<'_>, slots: &Slots, filled: &mut Filled) {
    let plain = |a: &&Amount| a.unit == Unit::None && (0..=65_535).contains(&a.value);
    let port = near(sentence, &slots.amounts, |t| t.is(Mark::Port) || t.is(Mark::Protocol), &filled.taken).filter(plain).or_else(|| {
        slots.amounts.iter().find(|a| plain(a) && !filled.taken.contains(&a.at) && sentence.token(a.at).is_some_and(|t| !t.han))
    });
    if let Some(amount) = port {
        filled.int("port", amount);
    } else {
        let service = sentence.tokens.iter().find_map(|t| match t.word.as_str() {
            "ssh" => Some((22, t)),
            "rdp" => Some((3389, t)),
            _ => None,
        });
        if let Some((number, token)) = service {
            filled.params.insert("port".to_owned(), Value::Int(number));
            filled.spans.push(("port", (token.start, token.end)));
        }
    }
    if let Some(token) = sentence.tokens.iter().find(|t| matches!(t.word.as_str(), "tcp" | "udp" | "icmp")) {
        filled.word("protocol", &token.word, token);
    }
    if !filled.holds("cidr")
        && let Some(token) = sentence.tokens.iter().find(|t| t.is(Mark::Internet) && t.quote.is_none())
    {
        filled.word("cidr", "0.0.0.0/0", token);
    }
}

/// Memory and timeout of a function.
fn configuration(sentence: &Sentence<'_>, slots: &Slots, filled: &mut Filled) {
    for amount in &slots.amounts {
        match amount.unit {
            Unit::Mb => filled.int("memory_mb", amount),
            Unit::Gib => filled.int("memory_mb", &Amount { value: amount.value.saturating_mul(1024), ..*amount }),
            Unit::Seconds => filled.int("timeout_seconds", amount),
            _ => {}
        }
    }
    for (name, mark) in [("memory_mb", Mark::Memory), ("timeout_seconds", Mark::Timeout)] {
        if !filled.holds(name)
            && let Some(amount) = near(sentence, &slots.amounts, |t| t.is(mark), &filled.taken)
        {
            filled.int(name, amount);
        }
    }
}

/// What a snapshot is called or described as.
fn snapshot_words(sentence: &Sentence<'_>, slots: &Slots, entry: &Entry, filled: &mut Filled) {
    if entry.spec.params.iter().any(|p| p.name == "snapshot_id") {
        let named = slots.things.iter().copied().find(|at| {
            let before = sentence.tokens.get(..*at).unwrap_or_default().iter().rev().take(2).find(|t| !matches!(t.kind, Kind::Sign(_)));
            before.is_some_and(|t| t.is(Mark::Named) && t.word != "id" || t.word == "as")
        });
        if let Some(at) = named.filter(|_| slots.things.len() > 1) {
            filled.text("snapshot_id", sentence, at);
        }
        return;
    }
    let described = sentence.quotes.iter().find(|quote| {
        let before = sentence.tokens.iter().rev().filter(|t| t.end <= quote.start).take(5);
        before.take_while(|t| !t.ends_clause()).any(|t| t.is(Mark::Description))
    });
    if let Some(quote) = described {
        let written = sentence.text.get(quote.start..quote.end).unwrap_or_default();
        filled.params.insert("description".to_owned(), Value::Text(written.to_owned()));
        filled.spans.push(("description", (quote.start, quote.end)));
        let inside =
            slots.things.iter().copied().filter(|at| sentence.token(*at).is_some_and(|t| t.start >= quote.start && t.end <= quote.end));
        filled.taken.extend(inside);
    }
}

/// The JSON a function receives.
fn payload(sentence: &Sentence<'_>, filled: &mut Filled) {
    if let Some(quote) = sentence.quotes.iter().find(|q| q.mark == '{') {
        let (start, end) = (quote.start.saturating_sub(1), quote.end + 1);
        if let Some(written) = sentence.text.get(start..end) {
            filled.params.insert("payload".to_owned(), Value::Text(written.to_owned()));
            filled.spans.push(("payload", (start, end)));
        }
        let inside = sentence.tokens.iter().enumerate().filter(|(_, t)| t.start >= start && t.end <= end).map(|(at, _)| at);
        filled.taken.extend(inside);
    }
    if let Some(token) = sentence.tokens.iter().find(|t| t.is(Mark::Async)) {
        filled.word("invocation_type", "Event", token);
    }
}

/// Resources a rollback leaves as they are.
fn skipped(sentence: &Sentence<'_>, slots: &Slots, filled: &mut Filled) {
    let Some(skip) = sentence.tokens.iter().position(|t| t.is(Mark::Skip) && t.quote.is_none()) else { return };
    let names: Vec<usize> = slots.things.iter().copied().filter(|at| *at > skip).collect();
    let values: Vec<Value> =
        names.iter().filter_map(|at| sentence.token(*at)).map(|t| Value::Text(sentence.written(t).to_owned())).collect();
    if !values.is_empty() {
        filled.params.insert("skip_resources".to_owned(), Value::List(values));
        filled.taken.extend(names);
    }
}

/// "search-api 集群 main 扩到 6": which of the two is the cluster, nobody can say.
pub(crate) fn either_side(sentence: &Sentence<'_>, slots: &Slots) -> bool {
    let named = |at: Option<usize>| at.and_then(|at| sentence.token(at)).is_some_and(|t| t.meaning.nouns != 0 && !t.is(Mark::Cluster));
    let clusters = sentence.tokens.iter().enumerate().filter(|(_, t)| t.is(Mark::Cluster) && t.han && t.quote.is_none());
    clusters.map(|(at, _)| at).any(|at| {
        let before = at.checked_sub(1).filter(|i| slots.things.contains(i));
        let behind = Some(at + 1).filter(|i| slots.things.contains(i));
        before.zip(behind).is_some_and(|(before, behind)| !named(before.checked_sub(1)) && !named(Some(behind + 1)))
    })
}

/// A name directly behind or before a noun.
fn beside(sentence: &Sentence<'_>, slots: &Slots, mark: Mark, filled: &Filled) -> Option<usize> {
    let free = |at: &usize| slots.things.contains(at) && !filled.taken.contains(at);
    for (noun, _) in sentence.tokens.iter().enumerate().filter(|(_, t)| t.is(mark) && t.quote.is_none()) {
        let behind = (noun + 1..noun + 4)
            .take_while(|at| {
                sentence.token(*at).is_some_and(|t| {
                    matches!(t.kind, Kind::Sign(':' | '：' | '"' | '“' | '「' | '`' | '\'' | '=')) || t.is(Mark::Named) || free(at)
                })
            })
            .find(free);
        let before = (1..3)
            .map_while(|back| noun.checked_sub(back))
            .take_while(|at| sentence.token(*at).is_some_and(|t| matches!(t.kind, Kind::Sign('"' | '”' | '」' | '`' | '\'')) || free(at)))
            .find(free);
        // "main 集群 search-api 服务", "服务 search-api 集群 main": a name that has a noun of its own is not this noun's.
        let named = |at: Option<usize>| at.and_then(|at| sentence.token(at)).is_some_and(|t| t.meaning.nouns != 0 && !t.is(mark));
        let leads = behind.is_some()
            && before.is_some_and(|at| !named(at.checked_sub(1)))
            && (named(behind.map(|at| at + 1)) || sentence.token(noun).is_some_and(|t| t.han));
        if let Some(at) = if leads { before } else { behind.or(before) } {
            return Some(at);
        }
    }
    None
}

/// The alias: the word behind "alias", or the one before it.
fn alias(sentence: &Sentence<'_>) -> Option<usize> {
    let at = sentence.tokens.iter().position(|t| t.is(Mark::Alias) && t.quote.is_none())?;
    let names = |index: &usize| {
        sentence.token(*index).is_some_and(|t| {
            matches!(t.kind, Kind::Unknown | Kind::Thing(Shape::Name))
                || t.kind == Kind::Known && !t.han && t.meaning.environment > 0
                || t.quote.is_some() && matches!(t.kind, Kind::Known)
                || t.kind == Kind::Known && !t.han && is_plain_label(t)
        })
    };
    let skip_signs = |mut index: usize| {
        while sentence.token(index).is_some_and(|t| {
            matches!(t.kind, Kind::Sign(':' | '：' | '"' | '“' | '`' | '\'' | '=')) || t.is(Mark::Named) && t.quote.is_none()
        }) {
            index += 1;
        }
        index
    };
    Some(skip_signs(at + 1)).filter(names).or_else(|| at.checked_sub(1).filter(names))
}

/// A listed word that can still be the name of an alias: one that asks for nothing and stands for no small word.
fn is_plain_label(token: &Token) -> bool {
    let small =
        [Mark::At, Mark::To, Mark::Polite, Mark::Noise, Mark::Named, Mark::Then, Mark::Neg, Mark::Version, Mark::Previous, Mark::All];
    token.meaning.verbs == 0 && token.meaning.nouns == 0 && token.meaning.objects == 0 && !small.iter().any(|mark| token.is(*mark))
}

/// A version number beside "version" or behind "to".
fn version(sentence: &Sentence<'_>, slots: &Slots) -> Option<usize> {
    let glued = slots.things.iter().copied().find(|at| {
        sentence.token(*at).is_some_and(|t| {
            sentence
                .written(t)
                .to_lowercase()
                .strip_prefix('v')
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        })
    });
    near(sentence, &slots.amounts, |t| t.is(Mark::Version) || t.is(Mark::To), &[]).map(|amount| amount.at).or(glued)
}

/// The name behind the last "to" that has one.
fn behind_to(sentence: &Sentence<'_>, slots: &Slots, filled: &Filled) -> Option<usize> {
    if slots.things.len() < 2 {
        return None;
    }
    slots.things.iter().copied().rev().find(|at| {
        !filled.taken.contains(at)
            && (1..4)
                .map_while(|back| at.checked_sub(back))
                .take_while(|index| sentence.token(*index).is_some_and(|t| !matches!(t.kind, Kind::Thing(_)) && !t.ends_clause()))
                .any(|index| {
                    sentence
                        .token(index)
                        .is_some_and(|t| t.is(Mark::To) || t.word == "back" || t.han && sentence.written(t).ends_with('到'))
                })
    })
}
