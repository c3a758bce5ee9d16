//! Freezes, maintenance, exceptions and delegation: what the product knows of and cannot yet set from a conversation. Entry point:
//! [`Asked::governs`].
//!
//! Invariant: only an order to set one of them is answered here; a question about it goes on to the calendar, the policy or the list
//! it asks for.

use std::collections::HashSet;

use crate::{
    ask::Asked,
    lexicon::Quick,
    reply::Governed,
    token::{Kind, Token},
    vocabulary::Mark,
};

/// Verbs that set something, in English.
const SETS: &[&str] = &[
    "set", "start", "begin", "put", "declare", "schedule", "add", "create", "make", "open", "file", "request", "grant", "give", "impose",
    "enter", "place", "enable", "announce", "plan", "end", "stop", "lift", "cancel", "close", "revoke", "register", "book",
];
/// The same in Chinese, as parts of words.
const SETS_ZH: &[&str] = &[
    "设", "开始", "开启", "进入", "加", "申请", "开个", "建", "创建", "批", "安排", "宣布", "结束", "退出", "取消", "解除", "启动", "置为",
    "改为",
];

impl Asked<'_, '_> {
    /// What is to be set, where the sentence orders it and does not only ask about it.
    pub(super) fn governs(&self) -> Option<Governed> {
        let looks = [
            Mark::Show,
            Mark::Check,
            Mark::What,
            Mark::Which,
            Mark::Who,
            Mark::Why,
            Mark::How,
            Mark::HowMany,
            Mark::Search,
            Mark::Scan,
            Mark::Knowledge,
            Mark::Sop,
            Mark::Cost,
        ];
        let asks = looks.iter().any(|mark| self.s.tokens.iter().any(|t| t.is(*mark) && t.word != "get" && t.meaning.verbs == 0));
        if asks || self.questions() || self.s.tokens.iter().any(|t| t.is(Mark::Prohibit) && t.quote.is_none()) {
            return None;
        }
        let own = |t: &&Token| t.quote.is_none() && !t.negated;
        let mut bases: HashSet<String, Quick> = HashSet::default();
        for token in self.s.tokens.iter().filter(own).filter(|t| !t.word.is_empty()) {
            crate::lexicon::stems(&token.word, |base, _| {
                if !bases.contains(base) {
                    bases.insert(base.to_owned());
                }
            });
        }
        let word = |words: &[&str]| words.iter().any(|word| bases.contains(*word));
        let unquoted = self.s.tokens.iter().filter(own).filter(|t| t.han).map(|t| self.s.written(t)).collect::<String>();
        let chinese = |parts: &[&str]| parts.iter().any(|part| unquoted.contains(part));
        let sets = word(SETS) || chinese(SETS_ZH);
        let mine =
            word(&["my", "our", "me", "approval", "approver", "power", "duty", "right"]) || self.has(Mark::Approval) || self.has(Mark::Me);
        if word(&["delegate", "deputize", "deputise"])
            || chinese(&["委托", "转授", "代我审批", "代我批", "替我审批", "代批"])
            || word(&["hand", "transfer", "reassign"]) && mine && self.has(Mark::Approval)
            || chinese(&["交给", "转给", "移交"]) && self.has(Mark::Approval)
        {
            return Some(Governed::Delegation);
        }
        if word(&["exception", "waiver", "exemption"]) && sets
            || word(&["exempt", "waive"])
            || chinese(&["豁免", "例外"]) && (sets || chinese(&["豁免"]))
        {
            return Some(Governed::Exception);
        }
        let first = self.s.tokens.iter().find(|t| !t.is(Mark::Polite) && !matches!(t.kind, Kind::Sign(_)));
        let opens = first.is_some_and(|t| t.word == "freeze" && !t.is(Mark::KillSwitch) || t.han && self.s.written(t).starts_with("冻结"));
        let changes = word(&["change", "deploy", "deployment", "release", "rollout"]) || chinese(&["变更", "发布", "上线", "部署"]);
        // "change freeze" is one listed word.
        let lower = self.s.text.to_lowercase();
        let frozen =
            word(&["freeze"]) || lower.contains("change freeze") || lower.contains("deployment freeze") || lower.contains("code freeze");
        let freezes = opens && !self.has(Mark::All) && (changes || !self.slots.accounts.is_empty())
            || frozen && sets && !self.has(Mark::Automation)
            || word(&["freeze"]) && word(&["under"])
            || chinese(&["封网"]) && sets
            || chinese(&["冻结"]) && changes;
        let typed = self.slots.things.iter().filter_map(|at| self.s.token(*at)).any(|t| crate::slots::kind_of(self.s, t).is_some());
        if freezes && !typed {
            return Some(Governed::Freeze);
        }
        let window = (lower.contains("maintenance window")
            || lower.contains("maintenance mode")
            || chinese(&["维护模式", "维护窗口", "维护状态", "维护期"]))
            && sets;
        let maintains = (word(&["maintenance"]) || chinese(&["维护"])) && sets && !self.has(Mark::Calendar);
        (maintains || window).then_some(Governed::Maintenance)
    }
}
