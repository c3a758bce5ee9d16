//! What the operation itself explains: its verbs, objects, nouns, targets, parameters, account and region.
//!
//! Invariant: a token is explained by what the operation took from it, never by where it happens to stand.

use super::{
    Explained, Role, Segment,
    phrases::{Atom, Weight, is_attitude, is_small},
};
use crate::{
    entity::Shape,
    lexicon::{LEXICON, Meaning, units},
    token::{Kind, Token},
    vocabulary::Mark,
};

impl Explained<'_, '_> {
    /// "the jenkins box i-1", "支付服务 payment-svc": unlisted words right before a noun of the resource that stands right before its
    /// target or behind an article.
    pub(super) fn find_modifiers(&self) -> Vec<usize> {
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
            let named = tokens.get(noun).is_some_and(|t| t.meaning.nouns & self.family != 0);
            // An id says what it is by itself: "the vpn gateway i-1".
            let typed = tokens.get(*target).is_some_and(|t| matches!(t.shape(), Some(Shape::Id(_) | Shape::Arn)));
            if !named && !typed {
                continue;
            }
            let mut words = Vec::new();
            let mut before = if named { noun } else { at };
            while let Some(index) = before.checked_sub(1) {
                let Some(token) = tokens.get(index) else { break };
                let denied = [
                    Mark::Neg,
                    Mark::Prohibit,
                    Mark::Say,
                    Mark::Conditional,
                    Mark::Later,
                    Mark::At,
                    Mark::To,
                    Mark::All,
                    Mark::Subordinate,
                    Mark::SubordinateAfter,
                    Mark::Noise,
                    Mark::Polite,
                    Mark::Me,
                    Mark::TimeWord,
                    Mark::Happened,
                    Mark::Should,
                    Mark::Pronoun,
                    Mark::Who,
                ];
                let chinese =
                    token.han && token.kind == Kind::Known && token.meaning.verbs == 0 && !denied.iter().any(|mark| token.is(*mark));
                let plain = token.kind == Kind::Han
                    || chinese
                    || token.shape() == Some(Shape::Name)
                        && !self.operation.targets.contains(&index)
                        && !self.operation.filled.taken.contains(&index)
                    || token.kind == Kind::Unknown && !token.typo && !is_attitude(&token.word)
                    || token.meaning.nouns != 0 && token.meaning.verbs == 0 && token.kind == Kind::Known
                    || self.slots.accounts.contains(&index)
                    || token.kind == Kind::Known
                        && !token.han
                        && token.meaning.verbs == 0
                        && !is_attitude(&token.word)
                        && !is_small(&token.word)
                        && ![Mark::Neg, Mark::Prohibit, Mark::Say, Mark::Conditional, Mark::Later, Mark::At, Mark::To, Mark::All]
                            .iter()
                            .any(|mark| token.is(*mark));
                let small = token.han && matches!(self.sentence.written(token), "的" | "那台" | "这台" | "那个" | "这个" | "那");
                let plain = plain
                    && !matches!(
                        token.word.as_str(),
                        "other" | "another" | "second" | "next" | "neighbour" | "neighbor" | "neighbouring" | "twin" | "parent"
                    );
                if !plain && !small || words.len() == 6 {
                    break;
                }
                words.push(index);
                before = index;
            }
            let article = before.checked_sub(1).and_then(|i| tokens.get(i)).map_or_else(
                || words.iter().all(|i| tokens.get(*i).is_some_and(|t| t.han || !LEXICON.is_everyday(&t.word))),
                |t| {
                    named && (self.orders(t) || t.ends_clause())
                        || matches!(t.word.as_str(), "the" | "our" | "my" | "this" | "that" | "old")
                        || t.han && matches!(self.sentence.written(t), "把" | "将" | "给" | "的" | "下" | "一下" | "那台" | "这台")
                },
            );
            // Without a noun, only what has an article, or is Chinese, is a name of the thing and not another thing.
            let apart = named
                || words.len() <= 3
                    && before.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|t| {
                        matches!(t.word.as_str(), "the" | "our" | "my" | "this" | "that")
                            || t.han && matches!(self.sentence.written(t), "把" | "将" | "的")
                    });
            if article && apart {
                found.extend(words);
            }
        }
        found.extend(self.described_object());
        found.extend(self.relative_clauses());
        found
    }

    /// "把疑似被入侵的 i-1 隔离": what stands between 把 and 的 before a target says how it stands, in words of states alone.
    fn relative_clauses(&self) -> Vec<usize> {
        let tokens = &self.sentence.tokens;
        let mut found = Vec::new();
        for target in &self.operation.targets {
            let of = target.checked_sub(1).filter(|i| tokens.get(*i).is_some_and(|t| t.han && self.sentence.written(t) == "的"));
            let Some(of) = of else { continue };
            let reach = of.saturating_sub(8);
            let taking = (reach..of)
                .rev()
                .find(|i| tokens.get(*i).is_some_and(|t| t.han && matches!(self.sentence.written(t), "把" | "将" | "给" | "对")));
            let Some(taking) = taking else { continue };
            let between = tokens.get(taking + 1..of).unwrap_or_default();
            let stretch = Segment { from: taking + 1, to: of, role: Role::State };
            let plain = between.iter().all(|t| {
                t.han && t.quote.is_none() && !t.typo && !t.ends_clause() && !t.is(Mark::Neg) && !t.is(Mark::Prohibit) && !self.orders(t)
            });
            let atoms: Vec<Atom> =
                between.iter().flat_map(|t| units(self.sentence.written(t))).map(|text| Atom { text, take: 0, open: true }).collect();
            if plain && !self.tells_of_people(stretch) && self.cover(&atoms, true, false) == Some(Weight::Content) {
                found.extend(taking + 1..of);
            }
        }
        found
    }

    /// "把订单库那台从机重启一下 i-1": what stands between 把 and the verb describes the one target that follows.
    fn described_object(&self) -> Vec<usize> {
        let tokens = &self.sentence.tokens;
        let (Some(verb), [target]) = (tokens.iter().position(|t| self.orders(t) && t.han), self.operation.targets.as_slice()) else {
            return Vec::new();
        };
        let Some(taking) = tokens.iter().take(verb).rposition(|t| t.han && matches!(self.sentence.written(t), "把" | "将")) else {
            return Vec::new();
        };
        let between = tokens.get(taking + 1..verb).unwrap_or_default();
        let denied = [
            Mark::Neg,
            Mark::Prohibit,
            Mark::Say,
            Mark::Conditional,
            Mark::Later,
            Mark::All,
            Mark::Subordinate,
            Mark::SubordinateAfter,
            Mark::Noise,
        ];
        let plain = between.len() <= 10
            && between.iter().all(|t| {
                t.han
                    && t.quote.is_none()
                    && (t.kind == Kind::Han || t.meaning.verbs == 0)
                    && !t.ends_clause()
                    && !denied.iter().any(|mark| t.is(*mark))
            });
        if *target > verb && plain && !super::state::of_people(between.iter().map(|t| self.sentence.written(t))) {
            (taking + 1..verb).collect()
        } else {
            Vec::new()
        }
    }

    /// Whether the operation itself explains a token, wherever it stands.
    pub(super) fn by_operation(&self, at: usize, token: &Token) -> bool {
        let (operation, entry) = (self.operation, self.operation.entry);
        let filled = &operation.filled;
        // A quotation names one thing, or is the text of a parameter.
        let alone = token.quote.is_none_or(|quote| {
            self.sentence.quotes.get(quote as usize).is_some_and(|q| {
                q.mark == '{'
                    || (q.start, q.end) == (token.start, token.end)
                    || filled.spans.iter().any(|(_, (start, end))| *start <= q.start && q.end <= *end)
            })
        });
        if !alone {
            return false;
        }
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
            return self.same_target(token);
        }
        if self.same_target(token) {
            return true;
        }
        // The particle of "fail it over" is spent in its verb.
        if token.kind == Kind::Known
            && *token.meaning == Meaning::default()
            && matches!(token.word.as_str(), "over" | "out" | "off" | "on" | "down" | "up" | "back" | "online" | "away")
        {
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
        // "东京区", "法兰克福机房": the place has its noun behind it.
        let place = token.han
            && matches!(self.sentence.written(token), "区" | "节点" | "机房" | "站点" | "那边" | "可用区")
            && at.checked_sub(1).is_some_and(|i| self.slots.regions.contains(&i));
        if place {
            return true;
        }
        let storage = has("size_gb") && matches!(self.sentence.written(token), "gp2" | "gp3" | "io1" | "io2" | "st1" | "sc1");
        storage || self.counts(at) || self.former_value(at, token)
    }

    /// "account" beside the account it belongs to, or the one that is selected.
    pub(super) fn names_account(&self, at: usize, token: &Token) -> bool {
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
    pub(super) fn relative(&self) -> bool {
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

    /// "these two": as many as there are targets.
    pub(super) fn counts(&self, at: usize) -> bool {
        let targets = i64::try_from(self.operation.targets.len()).unwrap_or(0);
        let spoken = self.token(at).and_then(|t| ["one", "two", "three", "four", "five", "six"].iter().position(|w| *w == t.word));
        self.slots.amounts.iter().any(|a| a.at == at && a.value == targets)
            || spoken.is_some_and(|n| n > 0 && n + 1 == self.operation.targets.len())
    }

    /// "from 500G": what a value was before.
    pub(super) fn former_value(&self, at: usize, token: &Token) -> bool {
        let from = at
            .checked_sub(1)
            .and_then(|i| self.token(i))
            .is_some_and(|t| t.word == "from" || t.han && matches!(self.sentence.written(t), "从" | "由"));
        from && matches!(
            token.shape(),
            Some(Shape::Number | Shape::Quantity | Shape::InstanceType | Shape::DatabaseClass | Shape::Revision)
        )
    }
}
