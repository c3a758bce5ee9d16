//! What models cost today, against what they may. Entry type: [`Budgets`].
//!
//! Invariant: the figures are the ledger's, what is set aside and not settled included; a budget that cannot be read is an
//! error, never a zero.

use domain::{AccountId, EpochMs, PersonId, Spend, SpendScope, Text, WireError};
use ledger::Ledger;

/// Most a day, for one person, one account and everybody together: the limits that parse-intent holds to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budgets {
    pub(crate) person: Spend,
    pub(crate) account: Spend,
    pub(crate) fleet: Spend,
    /// Whether any model is named.
    pub(crate) on: bool,
}

impl Budgets {
    /// What the asker, the account spoken about and the fleet spent today.
    pub(crate) async fn today(
        &self,
        ledger: &Ledger,
        person: &PersonId,
        account: Option<(&AccountId, &str)>,
        now: EpochMs,
    ) -> Result<Text, WireError> {
        let spent = async |scope: SpendScope| ledger.spend_of_day(&scope, now).await.map_err(|e| e.wire());
        let mut rows = vec![(Text::new("you", "您"), spent(SpendScope::Person(person.clone())).await?, self.person)];
        if let Some((id, name)) = account {
            let row = Text::new(format!("account `{name}`"), format!("账户 `{name}`"));
            rows.push((row, spent(SpendScope::Account(id.clone())).await?, self.account));
        }
        rows.push((Text::new("the fleet", "整个平台"), spent(SpendScope::Fleet).await?, self.fleet));
        Ok(self.words(&now.utc_day(), &rows))
    }

    fn words(&self, day: &str, rows: &[(Text, Spend, Spend)]) -> Text {
        let mut en = vec![format!("Models, {day} (UTC), spent of what may be spent:")];
        let mut zh = vec![format!("模型费用，{day}（UTC），已用 / 上限：")];
        for (who, spent, most) in rows {
            en.push(format!("  {}: {} of {} USD, {} of {} tokens", who.en, spent.usd(), most.usd(), spent.tokens, most.tokens));
            zh.push(format!("  {}：{} / {} 美元，{} / {} token", who.zh, spent.usd(), most.usd(), spent.tokens, most.tokens));
        }
        if !self.on {
            en.push("No model is configured: the rules answer alone, and nothing is spent.".to_owned());
            zh.push("未配置模型：仅由规则回答，不产生费用。".to_owned());
        }
        en.push("Other costs of the platform are on the AWS bill; they are not shown here.".to_owned());
        zh.push("平台的其他费用见 AWS 账单，这里不显示。".to_owned());
        Text::new(en.join("\n"), zh.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_say_what_was_spent_of_what_and_whether_models_are_on() {
        let most = Spend::new(1000, 500_000);
        let rows = [(Text::new("you", "您"), Spend::new(12, 34), most)];
        let off = Budgets { person: most, account: most, fleet: most, on: false }.words("2026-11-28", &rows);
        assert!(off.en.contains("you: 0.000034 of 0.500000 USD, 12 of 1000 tokens") && off.en.contains("No model is configured"));
        assert!(off.zh.contains("您：0.000034 / 0.500000 美元"));
        let on = Budgets { person: most, account: most, fleet: most, on: true }.words("2026-11-28", &rows);
        assert!(!on.en.contains("No model is configured"));
    }
}
