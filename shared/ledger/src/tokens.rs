//! Single-use links and console codes. Entry types: [`TokenRecord`], [`TokenUse`].
//!
//! Invariant: only the hash of a token is stored; it is good once, for one person, one plan digest and one
//! purpose, until its expiry.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::{ApprovalFactor, Digest, EpochMs, PersonId, PlanId, Text};
use serde::{Deserialize, Serialize};

use crate::{
    Ledger,
    commit::{Slot, Step},
    entry::Entry,
    error::LedgerError,
    item::{Attributes, Item, Row},
    keys::Key,
};

/// How long a token's item outlives its expiry, so that a late use is told apart from a wrong one.
const KEPT_SECONDS: i64 = 7 * 86_400;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenPurpose {
    /// A personal approval link.
    Link,
    /// A code for the Step Functions console.
    ConsoleCode,
}

impl TokenPurpose {
    /// `link` or `console_code`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::ConsoleCode => "console_code",
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        [Self::Link, Self::ConsoleCode].into_iter().find(|p| p.as_str() == text).ok_or_else(|| format!("no purpose `{text}`"))
    }
}

/// A token to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// SHA-256 of the token.
    pub hash: Digest,
    /// Who may use it.
    pub person: PersonId,
    /// For which plan.
    pub plan: PlanId,
    /// For which digest.
    pub digest: Digest,
    /// For what.
    pub purpose: TokenPurpose,
    /// Until when.
    pub expires_at: EpochMs,
    /// The second factor that was shown for it, where one was.
    pub factor: Option<ApprovalFactor>,
}

impl TokenRecord {
    /// The use of this token by the person, for the plan and purpose it was made for.
    #[must_use]
    pub fn use_it(&self) -> TokenUse {
        TokenUse {
            hash: self.hash.clone(),
            person: self.person.clone(),
            plan: self.plan.clone(),
            digest: self.digest.clone(),
            purpose: self.purpose,
        }
    }
}

/// A token as it lies in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// What it is good for.
    pub record: TokenRecord,
    /// When it was made.
    pub created_at: EpochMs,
    /// When it was used.
    pub used_at: Option<EpochMs>,
}

/// Somebody uses a token: everything has to match what it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUse {
    /// SHA-256 of the token that was presented.
    pub hash: Digest,
    /// Who presents it, by sign-in.
    pub person: PersonId,
    /// For which plan.
    pub plan: PlanId,
    /// For which digest.
    pub digest: Digest,
    /// For what.
    pub purpose: TokenPurpose,
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// There is none with this hash.
    NotFound,
    /// It was used before.
    Used,
    /// Its time is over.
    Expired,
    /// It belongs to somebody else.
    OtherPerson,
    /// It was made for another plan or digest.
    OtherPlan,
    /// It was made for something else.
    OtherPurpose,
}

impl TokenRefusal {
    /// Why, in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::NotFound => Text::new("this link or code is not known", "该链接或代码不存在"),
            Self::Used => Text::new("this link or code was used already; it counts once", "该链接或代码已被使用，只能使用一次"),
            Self::Expired => Text::new("this link or code has expired; ask for a new one", "该链接或代码已过期，请重新获取"),
            Self::OtherPerson => Text::new("this link or code belongs to somebody else", "该链接或代码属于其他人"),
            Self::OtherPlan => Text::new("this link or code was made for another plan", "该链接或代码用于另一个计划"),
            Self::OtherPurpose => Text::new("this link or code was made for something else", "该链接或代码用于其他用途"),
        }
    }
}

impl std::fmt::Display for TokenRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl StoredToken {
    /// Whether a use counts at an instant.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn check(&self, using: &TokenUse, now: EpochMs) -> Result<(), TokenRefusal> {
        let record = &self.record;
        if record.hash != using.hash {
            return Err(TokenRefusal::NotFound);
        }
        if record.person != using.person {
            return Err(TokenRefusal::OtherPerson);
        }
        if record.plan != using.plan || record.digest != using.digest {
            return Err(TokenRefusal::OtherPlan);
        }
        if record.purpose != using.purpose {
            return Err(TokenRefusal::OtherPurpose);
        }
        if self.used_at.is_some() {
            return Err(TokenRefusal::Used);
        }
        if record.expires_at <= now {
            return Err(TokenRefusal::Expired);
        }
        Ok(())
    }

    fn read(map: Attributes) -> Result<Self, LedgerError> {
        let row = Row::open(map)?;
        Ok(Self {
            record: TokenRecord {
                hash: row.parsed("token_hash", Digest::parse)?,
                person: row.parsed("person", PersonId::parse)?,
                plan: row.parsed("plan_id", PlanId::parse)?,
                digest: row.parsed("digest", Digest::parse)?,
                purpose: row.parsed("purpose", TokenPurpose::parse)?,
                expires_at: row.at("expires_at")?,
                factor: row.opt_s("factor")?.map(|_| row.json("factor")).transpose()?,
            },
            created_at: row.at("created_at")?,
            used_at: row.opt_at("used_at")?,
        })
    }
}

fn token_item(record: &TokenRecord, now: EpochMs, region: &str) -> Result<Attributes, LedgerError> {
    let item = Item::new(&Key::token(&record.hash), region);
    let item = match &record.factor {
        Some(factor) => item.json("factor", factor)?,
        None => item,
    };
    item.s("token_hash", record.hash.as_str())
        .s("person", record.person.as_str())
        .s("plan_id", record.plan.as_str())
        .s("digest", record.digest.as_str())
        .s("purpose", record.purpose.as_str())
        .n("created_at", now.0)
        .n("expires_at", record.expires_at.0)
        .ttl(record.expires_at.plus_seconds(KEPT_SECONDS))
        .finish()
}

impl Ledger {
    /// Stores a token's hash.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when the hash is there already.
    pub async fn put_token(&self, record: &TokenRecord, entry: &Entry) -> Result<(), LedgerError> {
        let put = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(token_item(record, entry.now, &self.region)?))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(LedgerError::unexpected)?;
        let step = Step::new(Slot::Other, TransactWriteItem::builder().put(put).build());
        self.commit(vec![step], entry).await?.or_conflict(self, entry, "token").await
    }

    /// A token by its hash, used or not.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read.
    pub async fn token(&self, hash: &Digest) -> Result<Option<StoredToken>, LedgerError> {
        self.get(&Key::token(hash)).await?.map(StoredToken::read).transpose()
    }

    /// Uses a token up, with nothing else. To use it up together with a decision, give it to
    /// [`Entry::redeeming`] instead.
    ///
    /// # Errors
    /// [`LedgerError::TokenRefused`].
    pub async fn consume_token(&self, using: &TokenUse, entry: Entry) -> Result<(), LedgerError> {
        let entry = entry.redeeming(using.clone());
        self.commit(Vec::new(), &entry).await?.or_conflict(self, &entry, "token").await
    }

    /// The step that uses a token up.
    pub(crate) fn redeem_step(&self, using: &TokenUse, now: EpochMs) -> Result<Step, LedgerError> {
        let update = Update::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(Key::token(&using.hash).attributes()))
            .update_expression("SET used_at = :now")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(used_at) AND expires_at > :now AND person = :person \
                 AND plan_id = :plan AND digest = :digest AND purpose = :purpose",
            )
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .expression_attribute_values(":person", AttributeValue::S(using.person.to_string()))
            .expression_attribute_values(":plan", AttributeValue::S(using.plan.to_string()))
            .expression_attribute_values(":digest", AttributeValue::S(using.digest.to_string()))
            .expression_attribute_values(":purpose", AttributeValue::S(using.purpose.as_str().to_owned()))
            .build()
            .map_err(LedgerError::unexpected)?;
        Ok(Step::new(Slot::Token, TransactWriteItem::builder().update(update).build()))
    }

    /// Why a use did not count, after its condition failed.
    pub(crate) async fn token_refusal(&self, using: &TokenUse, now: EpochMs) -> LedgerError {
        match self.token(&using.hash).await {
            Ok(None) => LedgerError::TokenRefused(TokenRefusal::NotFound),
            // The condition failed, so a token that looks good now was used and is read late.
            Ok(Some(stored)) => LedgerError::TokenRefused(stored.check(using, now).err().unwrap_or(TokenRefusal::Used)),
            Err(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> TokenRecord {
        TokenRecord {
            hash: Digest::of_bytes(b"token"),
            person: PersonId::parse("bob").unwrap(),
            plan: PlanId::generate(EpochMs(1), 1),
            digest: Digest::of_bytes(b"plan"),
            purpose: TokenPurpose::Link,
            expires_at: EpochMs(10_000),
            factor: None,
        }
    }

    #[test]
    fn a_token_reads_back_as_it_was_written() {
        let record = record();
        let stored = StoredToken::read(token_item(&record, EpochMs(5), "us-east-1").unwrap()).unwrap();
        assert_eq!(stored, StoredToken { record, created_at: EpochMs(5), used_at: None });
    }

    #[test]
    fn a_token_counts_once_for_one_person_one_plan_and_one_purpose() {
        let stored = StoredToken { record: record(), created_at: EpochMs(5), used_at: None };
        let good = stored.record.use_it();
        let now = EpochMs(9_999);
        assert_eq!(stored.check(&good, now), Ok(()));
        assert_eq!(stored.check(&good, EpochMs(10_000)), Err(TokenRefusal::Expired));
        let other = TokenUse { person: PersonId::parse("eve").unwrap(), ..good.clone() };
        assert_eq!(stored.check(&other, now), Err(TokenRefusal::OtherPerson));
        let other = TokenUse { plan: PlanId::generate(EpochMs(1), 2), ..good.clone() };
        assert_eq!(stored.check(&other, now), Err(TokenRefusal::OtherPlan));
        let other = TokenUse { digest: Digest::of_bytes(b"other"), ..good.clone() };
        assert_eq!(stored.check(&other, now), Err(TokenRefusal::OtherPlan));
        let other = TokenUse { purpose: TokenPurpose::ConsoleCode, ..good.clone() };
        assert_eq!(stored.check(&other, now), Err(TokenRefusal::OtherPurpose));
        let used = StoredToken { used_at: Some(EpochMs(6)), ..stored };
        assert_eq!(used.check(&good, now), Err(TokenRefusal::Used));
    }
}
