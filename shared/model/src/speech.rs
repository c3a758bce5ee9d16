//! What a reply says about the ladder. Entry point: [`note`].
//!
//! Invariant: which rung answered, which did not and why, and what all of it cost; in both languages.

use domain::{Spend, SpendScope, Text, text::defang, wire::Rung as Level};

use crate::{climb::Failure, hold::Discard};

/// The line under a reply.
pub(crate) fn note(level: Level, model: Option<&str>, fallen: &[(Level, Failure)], spent: Spend) -> Text {
    let (name_en, name_zh) = name(level);
    let model = model.map(|id| defang(id, 120)).unwrap_or_default();
    let (mut en, mut zh) = match level {
        Level::Clarification => {
            ("No model helped, so the question above is that of the rules.".to_owned(), "模型未能帮助理解，以上问题由规则给出。".to_owned())
        }
        _ => (format!("Understood by {name_en} ({model}), not by the rules."), format!("由{name_zh}（{model}）理解，而非规则。")),
    };
    for (rung, failure) in fallen {
        let (rung_en, rung_zh) = name(*rung);
        let why = why(failure);
        en.push_str(&format!(" {}: {}.", capital(rung_en), why.en));
        zh.push_str(&format!("{rung_zh}：{}。", why.zh));
    }
    en.push_str(&format!(" Cost: {} USD ({} tokens).", spent.usd(), spent.tokens));
    zh.push_str(&format!("费用：{} 美元（{} 个 token）。", spent.usd(), spent.tokens));
    Text::new(en, zh)
}

fn name(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Rules => ("the rules", "规则"),
        Level::SmallModel => ("the small model", "小模型"),
        Level::LargeModel => ("the larger model", "大模型"),
        Level::Clarification => ("nobody", "无"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn why(failure: &Failure) -> Text {
    match failure {
        Failure::Unpriced => Text::new("its price is not known, so it was not asked", "价格未知，未调用"),
        Failure::Spent(SpendScope::Person(_)) => Text::new("your budget of today is spent", "您今天的预算已用完"),
        Failure::Spent(SpendScope::Account(_)) => Text::new("this account's budget of today is spent", "该账户今天的预算已用完"),
        Failure::Spent(SpendScope::Fleet) => Text::new("today's budget of the fleet is spent", "平台今天的预算已用完"),
        Failure::BudgetUnknown => Text::new("the budget could not be read, so it was not asked", "无法读取预算，未调用"),
        Failure::Unrecorded => Text::new("the call could not be recorded, so it was not asked", "无法写入审计记录，未调用"),
        Failure::Resting => Text::new("it failed several times and rests", "多次失败，暂停调用"),
        Failure::Throttled => Text::new("it was throttled", "被限流"),
        Failure::TimedOut => Text::new("it did not answer in time", "未及时回答"),
        Failure::Unavailable => Text::new("it could not be reached", "无法访问"),
        Failure::Denied => Text::new("the platform has no permission to ask it", "平台没有调用权限"),
        Failure::Refused => Text::new("the service did not take the request", "服务未接受请求"),
        Failure::Malformed(_) => Text::new("its answer was not of the agreed form", "回答不符合约定格式"),
        Failure::Discarded(discard) => discarded(*discard),
    }
}

fn discarded(discard: Discard) -> Text {
    match discard {
        Discard::RulesDecided => Text::new("the rules had decided", "规则已有结论"),
        Discard::Unclear => Text::new("it was not sure either", "同样不确定"),
        Discard::Refused => Text::new("it takes this for something that is not done here", "认为这里不提供此类操作"),
        Discard::UnknownOperation => Text::new("it named an operation that is not in the catalogue", "给出了目录之外的操作"),
        Discard::Targets => Text::new("it named no target, too many, or one twice", "目标缺失、过多或重复"),
        Discard::ForeignTarget => Text::new("it named a target that is not in your sentence", "给出了您没有提到的目标"),
        Discard::OtherAccount => Text::new("it named another account than your sentence", "给出的账户与您的话不符"),
        Discard::OtherRegion => Text::new("it named another region than your sentence", "给出的区域与您的话不符"),
        Discard::Params => Text::new("it gave a parameter that is not in your sentence or not allowed", "给出了您没有提到或不允许的参数"),
        Discard::ForeignText => Text::new("it quoted something that is not in your sentence", "引用了您没有说过的内容"),
        Discard::NotInGrammar => Text::new("the rules could not confirm what it understood", "规则无法确认其理解"),
        Discard::Dangerous => Text::new("the rules refuse the sentence as it understood it", "按其理解，规则拒绝这句话"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_who_answered_who_did_not_and_the_price() {
        let fallen = [(Level::SmallModel, Failure::Throttled)];
        let note = note(Level::LargeModel, Some("anthropic.x"), &fallen, Spend::new(700, 2_100));
        assert_eq!(
            note.en,
            "Understood by the larger model (anthropic.x), not by the rules. The small model: it was throttled. Cost: 0.002100 USD (700 tokens)."
        );
        assert_eq!(note.zh, "由大模型（anthropic.x）理解，而非规则。小模型：被限流。费用：0.002100 美元（700 个 token）。");
    }

    #[test]
    fn every_reason_has_words_in_both_languages() {
        for discard in Discard::ALL {
            let text = discarded(discard);
            assert!(text.en.is_ascii() && !text.zh.is_ascii(), "{discard:?}");
        }
    }
}
