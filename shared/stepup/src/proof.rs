//! What an accepted factor is worth. Entry types: [`Factor`], [`Proof`].
//!
//! Invariant: a proof counts for one plan digest and one person, for five minutes; the ledger stores that it was used in the
//! transaction that uses it.

use domain::{Digest, EpochMs, PersonId, Text};
use serde::{Deserialize, Serialize};

use crate::FRESH_SECONDS;

/// The factor that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Factor {
    /// A TOTP code.
    Totp {
        /// When the code's step began.
        step_at: EpochMs,
    },
    /// A sign-in with two factors at the identity provider.
    SignIn {
        /// When it was.
        authenticated_at: EpochMs,
    },
}

/// Somebody has just confirmed one plan with a second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// For which plan.
    pub digest: Digest,
    /// Who.
    pub person: PersonId,
    /// With what.
    pub factor: Factor,
    /// When it was accepted.
    pub proven_at: EpochMs,
    /// Until when it counts, exclusive.
    pub expires_at: EpochMs,
    /// When it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<EpochMs>,
}

/// Why a proof does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// Another plan's.
    #[error("the second factor was given for another plan")]
    OtherPlan,
    /// Another person's.
    #[error("the second factor is somebody else's")]
    OtherPerson,
    /// It has expired, or lies in the future.
    #[error("the second factor is not fresh")]
    Expired,
    /// It was used.
    #[error("the second factor was used already")]
    Used,
}

impl ProofRefusal {
    /// In words.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::OtherPlan => Text::new("the second factor was given for another plan", "二次验证用于另一个计划"),
            Self::OtherPerson => Text::new("the second factor is somebody else's", "二次验证属于其他人"),
            Self::Expired => Text::new(
                format!("the second factor counts for {} minutes; give a new one", FRESH_SECONDS / 60),
                format!("二次验证的有效期为 {} 分钟，请重新验证", FRESH_SECONDS / 60),
            ),
            Self::Used => Text::new("the second factor was used already; give a new one", "二次验证已使用过，请重新验证"),
        }
    }
}

impl Factor {
    /// The proof for one plan. A sign-in's five minutes count from the sign-in, a code's from now.
    #[must_use]
    pub fn prove(self, digest: Digest, person: PersonId, now: EpochMs) -> Proof {
        let since = match self {
            Self::Totp { .. } => now,
            Self::SignIn { authenticated_at } => authenticated_at.min(now),
        };
        Proof { digest, person, factor: self, proven_at: now, expires_at: since.plus_seconds(FRESH_SECONDS), used_at: None }
    }
}

impl Proof {
    /// Whether it counts now, for this plan and person.
    ///
    /// # Errors
    /// [`ProofRefusal`].
    pub fn check(&self, digest: &Digest, person: &PersonId, now: EpochMs) -> Result<(), ProofRefusal> {
        if self.person != *person {
            Err(ProofRefusal::OtherPerson)
        } else if self.digest != *digest {
            Err(ProofRefusal::OtherPlan)
        } else if self.used_at.is_some() {
            Err(ProofRefusal::Used)
        } else if now < self.proven_at || now >= self.expires_at {
            Err(ProofRefusal::Expired)
        } else {
            Ok(())
        }
    }

    /// The proof as used up, where it counts.
    ///
    /// # Errors
    /// [`ProofRefusal`].
    pub fn spend(&self, digest: &Digest, person: &PersonId, now: EpochMs) -> Result<Self, ProofRefusal> {
        self.check(digest, person, now)?;
        Ok(Self { used_at: Some(now), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMs = EpochMs(1_767_625_200_000);

    #[test]
    fn a_proof_counts_for_its_plan_and_person_for_five_minutes_and_once() {
        let (digest, other) = (Digest::of_bytes(b"a"), Digest::of_bytes(b"b"));
        let (alice, bob) = (PersonId::parse("alice").unwrap(), PersonId::parse("bob").unwrap());
        let proof = Factor::Totp { step_at: NOW }.prove(digest.clone(), alice.clone(), NOW);
        assert_eq!(proof.check(&digest, &alice, NOW), Ok(()));
        assert_eq!(proof.check(&other, &alice, NOW), Err(ProofRefusal::OtherPlan));
        assert_eq!(proof.check(&digest, &bob, NOW), Err(ProofRefusal::OtherPerson));
        assert_eq!(proof.check(&digest, &alice, NOW.plus_seconds(300)), Err(ProofRefusal::Expired));
        assert_eq!(proof.check(&digest, &alice, NOW.plus_seconds(-1)), Err(ProofRefusal::Expired));
        let spent = proof.spend(&digest, &alice, NOW.plus_seconds(299)).unwrap();
        assert_eq!(spent.spend(&digest, &alice, NOW.plus_seconds(299)), Err(ProofRefusal::Used));
    }

    #[test]
    fn a_sign_in_does_not_become_fresher_by_being_used() {
        let factor = Factor::SignIn { authenticated_at: NOW.plus_seconds(-200) };
        let proof = factor.prove(Digest::of_bytes(b"a"), PersonId::parse("alice").unwrap(), NOW);
        assert_eq!(proof.expires_at, NOW.plus_seconds(100));
        let json = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<Proof>(&json).unwrap(), proof);
    }
}
