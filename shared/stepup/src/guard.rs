//! What is remembered of a person's second factors. Entry type: [`Guard`].
//!
//! Invariant: a guard only moves forward: the last step and the last sign-in never go back, and a lock is looked at before a code.

use domain::{EpochMs, Text};
use serde::{Deserialize, Serialize};

use crate::{
    DIGITS, FRESH_SECONDS, LOCK_SECONDS, MAX_LOCK_SECONDS, MAX_WRONG, STEP_SECONDS, WINDOW_SECONDS,
    proof::Factor,
    secret::Secret,
    signin::{SignIn, is_strong},
};

/// How far a directory's clock may be ahead of ours, in seconds.
const AHEAD_SECONDS: i64 = 30;

/// A person's state; stored beside the secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The last TOTP step that was accepted.
    #[serde(default)]
    pub last_step: Option<i64>,
    /// The last sign-in that was accepted as a second factor.
    #[serde(default)]
    pub last_sign_in: Option<EpochMs>,
    /// When wrong codes were given, within the counted time; the earliest first.
    #[serde(default)]
    pub wrong_at: Vec<EpochMs>,
    /// Locks in a row without a success.
    #[serde(default)]
    pub locks: u32,
    /// Nothing is looked at until then.
    #[serde(default)]
    pub locked_until: Option<EpochMs>,
}

/// Why a factor was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not six digits. Does not count as a guess.
    #[error("a code is six digits")]
    Malformed,
    /// A wrong code.
    #[error("the code is wrong")]
    Wrong {
        /// How many wrong ones may follow before a lock.
        left: u32,
    },
    /// It was used before, or an earlier one than it was. Counts as a wrong code.
    #[error("the code was used before")]
    Replayed,
    /// Too many wrong codes.
    #[error("too many wrong codes")]
    Locked {
        /// Until when.
        until: EpochMs,
    },
    /// The sign-in is older than five minutes, or lies in the future.
    #[error("the sign-in is not fresh")]
    NotFresh,
    /// The sign-in was with one factor.
    #[error("the sign-in was without a second factor")]
    OneFactor,
    /// The sign-in has served already.
    #[error("the sign-in has served already")]
    Served,
}

impl Refusal {
    /// A stable name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "StepUp.Malformed",
            Self::Wrong { .. } | Self::OneFactor => "StepUp.Denied",
            Self::Replayed | Self::Served => "StepUp.Refused",
            // Not `Throttled`: nothing may try again by itself.
            Self::Locked { .. } => "StepUp.LockedDenied",
            Self::NotFresh => "StepUp.StaleRefused",
        }
    }

    /// In words.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Malformed => Text::new(format!("a code has {DIGITS} digits"), format!("验证码为 {DIGITS} 位数字")),
            Self::Wrong { left } => Text::new(
                format!("the code is wrong; {left} more wrong codes lock your second factor for a while"),
                format!("验证码错误；再错 {left} 次将暂时锁定二次验证"),
            ),
            Self::Replayed => Text::new("this code was used already; wait for the next one", "该验证码已使用过，请等待下一个验证码"),
            Self::Locked { until } => Text::new(
                format!("too many wrong codes; locked until {}", until.to_rfc3339()),
                format!("验证码错误次数过多，锁定至 {}", until.to_rfc3339()),
            ),
            Self::NotFresh => Text::new(
                format!("your sign-in is older than {} minutes; sign in again", FRESH_SECONDS / 60),
                format!("您的登录已超过 {} 分钟，请重新登录", FRESH_SECONDS / 60),
            ),
            Self::OneFactor => Text::new("you signed in without a second factor", "您登录时没有使用二次验证"),
            Self::Served => {
                Text::new("this sign-in has confirmed another decision already; sign in again", "该次登录已用于确认另一项决定，请重新登录")
            }
        }
    }
}

impl Guard {
    /// Tries a code. The guard that is returned has to be stored whatever the outcome, in place of this one and of no other.
    pub fn try_code(&self, secret: &Secret, code: &str, now: EpochMs) -> (Self, Result<Factor, Refusal>) {
        let mut next = self.clone();
        if let Some(until) = self.locked_until.filter(|until| now < *until) {
            return (next, Err(Refusal::Locked { until }));
        }
        let code: String = code.chars().filter(|c| *c != ' ').collect();
        if code.len() != usize::from(DIGITS) || !code.bytes().all(|b| b.is_ascii_digit()) {
            return (next, Err(Refusal::Malformed));
        }
        let steps = secret.steps_of(&code, now);
        match steps.iter().find(|step| self.last_step.is_none_or(|last| **step > last)) {
            Some(step) => {
                let last_sign_in = next.last_sign_in;
                next = Self { last_step: Some(*step), last_sign_in, ..Self::default() };
                let at = EpochMs(step.saturating_mul(STEP_SECONDS * 1000));
                (next, Ok(Factor::Totp { step_at: at }))
            }
            None => {
                let left = next.count_wrong(now);
                let refusal = match (next.locked_until.filter(|until| now < *until), steps.is_empty()) {
                    (Some(until), _) => Refusal::Locked { until },
                    (None, false) => Refusal::Replayed,
                    (None, true) => Refusal::Wrong { left },
                };
                (next, Err(refusal))
            }
        }
    }

    /// Accepts a sign-in at the identity provider as a second factor: fresh, with two factors, and not used before. The claims
    /// must come from a verified token. The guard that is returned has to be stored as with [`Guard::try_code`].
    pub fn try_sign_in(&self, sign_in: &SignIn, now: EpochMs) -> (Self, Result<Factor, Refusal>) {
        let at = sign_in.authenticated_at;
        let refusal = if at > now.plus_seconds(AHEAD_SECONDS) || now >= at.plus_seconds(FRESH_SECONDS) {
            Some(Refusal::NotFresh)
        } else if !is_strong(&sign_in.methods) {
            Some(Refusal::OneFactor)
        } else if self.last_sign_in.is_some_and(|last| at <= last) {
            Some(Refusal::Served)
        } else {
            None
        };
        match refusal {
            Some(refusal) => (self.clone(), Err(refusal)),
            None => (Self { last_sign_in: Some(at), ..self.clone() }, Ok(Factor::SignIn { authenticated_at: at })),
        }
    }

    /// Counts a wrong code and locks where there are too many; how many may follow.
    fn count_wrong(&mut self, now: EpochMs) -> u32 {
        self.wrong_at.retain(|at| now < at.plus_seconds(WINDOW_SECONDS) && *at <= now);
        self.wrong_at.push(now);
        let wrong = u32::try_from(self.wrong_at.len()).unwrap_or(u32::MAX);
        if wrong >= MAX_WRONG {
            let doubled = LOCK_SECONDS.saturating_mul(1_i64.checked_shl(self.locks.min(16)).unwrap_or(i64::MAX));
            self.locked_until = Some(now.plus_seconds(doubled.min(MAX_LOCK_SECONDS)));
            self.locks = self.locks.saturating_add(1);
            self.wrong_at.clear();
        }
        MAX_WRONG.saturating_sub(wrong)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: EpochMs = EpochMs(1_767_625_205_000);

    fn secret() -> Secret {
        Secret::from_entropy([9; 20])
    }

    /// A code that is not the secret's around an instant.
    fn wrong(now: EpochMs) -> String {
        (0..).map(|n| format!("{n:06}")).find(|code| secret().steps_of(code, now).is_empty()).unwrap()
    }

    #[test]
    fn a_code_is_good_once_and_none_before_it_afterwards() {
        let (code, before) = (secret().code_at(NOW), secret().code_at(NOW.plus_seconds(-30)));
        let (guard, first) = Guard::default().try_code(&secret(), &code, NOW);
        assert!(first.is_ok());
        let (guard, again) = guard.try_code(&secret(), &code, NOW.plus_seconds(5));
        assert_eq!(again, Err(Refusal::Replayed));
        let (guard, earlier) = guard.try_code(&secret(), &before, NOW.plus_seconds(6));
        assert_eq!(earlier, Err(Refusal::Replayed));
        let later = NOW.plus_seconds(30);
        assert!(guard.try_code(&secret(), &secret().code_at(later), later).1.is_ok());
    }

    #[test]
    fn five_wrong_codes_lock_and_each_lock_is_longer() {
        let mut guard = Guard::default();
        let mut now = NOW;
        let mut locks = Vec::new();
        while locks.len() < 9 {
            let (next, outcome) = guard.try_code(&secret(), &wrong(now), now);
            guard = next;
            if let Err(Refusal::Locked { until }) = outcome {
                locks.push((until.seconds() - now.seconds()) / 60);
                // The right code does not help while it is locked, and the lock does not grow.
                let (same, right) = guard.try_code(&secret(), &secret().code_at(now), now);
                assert_eq!((same, right), (guard.clone(), Err(Refusal::Locked { until })));
                now = until;
            }
        }
        assert_eq!(locks, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        let (guard, outcome) = guard.try_code(&secret(), &secret().code_at(now), now);
        assert!(outcome.is_ok());
        assert_eq!((guard.locks, guard.locked_until), (0, None));
    }

    #[test]
    fn wrong_codes_far_apart_do_not_add_up_and_typing_errors_do_not_count() {
        let mut guard = Guard::default();
        for n in 0..20 {
            let now = NOW.plus_seconds(n * WINDOW_SECONDS);
            let (next, outcome) = guard.try_code(&secret(), &wrong(now), now);
            assert_eq!(outcome, Err(Refusal::Wrong { left: 4 }));
            guard = next;
        }
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "123456\n"] {
            let (next, outcome) = guard.try_code(&secret(), bad, NOW);
            assert_eq!((next, outcome), (guard.clone(), Err(Refusal::Malformed)), "{bad:?}");
        }
        let spaced = secret().code_at(NOW);
        assert!(Guard::default().try_code(&secret(), &format!("{} {}", &spaced[..3], &spaced[3..]), NOW).1.is_ok());
    }

    #[test]
    fn a_sign_in_serves_once_while_it_is_fresh_and_only_with_two_factors() {
        let sign_in = |age: i64, methods: &[&str]| SignIn {
            authenticated_at: NOW.plus_seconds(-age),
            methods: methods.iter().map(|m| (*m).to_owned()).collect(),
        };
        let mfa = ["pwd", "otp", "mfa"];
        let (guard, first) = Guard::default().try_sign_in(&sign_in(10, &mfa), NOW);
        assert_eq!(first, Ok(Factor::SignIn { authenticated_at: NOW.plus_seconds(-10) }));
        assert_eq!(guard.try_sign_in(&sign_in(10, &mfa), NOW).1, Err(Refusal::Served));
        assert_eq!(guard.try_sign_in(&sign_in(11, &mfa), NOW).1, Err(Refusal::Served));
        assert!(guard.try_sign_in(&sign_in(9, &mfa), NOW).1.is_ok());
        let fresh = |age, methods: &[&str]| Guard::default().try_sign_in(&sign_in(age, methods), NOW).1;
        assert!(fresh(299, &mfa).is_ok());
        assert_eq!(fresh(300, &mfa), Err(Refusal::NotFresh));
        assert_eq!(fresh(-31, &mfa), Err(Refusal::NotFresh));
        assert_eq!(fresh(1, &["pwd"]), Err(Refusal::OneFactor));
        assert_eq!(fresh(1, &[]), Err(Refusal::OneFactor));
    }

    #[test]
    fn a_guard_is_stored_and_read_and_unknown_fields_are_refused() {
        let (guard, _) = Guard::default().try_code(&secret(), &wrong(NOW), NOW);
        let json = serde_json::to_string(&guard).unwrap();
        assert_eq!(serde_json::from_str::<Guard>(&json).unwrap(), guard);
        assert!(serde_json::from_str::<Guard>("{\"lastStep\":1}").is_err());
    }

    proptest! {
        /// Whatever is tried in whatever order: steps that are accepted rise strictly, and no more than five codes are looked at
        /// between two locks within the counted time.
        #[test]
        fn accepted_steps_rise_and_guesses_are_bounded(tries in proptest::collection::vec((0i64..120, -2i64..3, any::<bool>()), 1..60)) {
            let (mut guard, mut now, mut last) = (Guard::default(), NOW, i64::MIN);
            let mut guesses = 0;
            for (wait, shift, right) in tries {
                now = now.plus_seconds(wait);
                let code = if right { secret().code_at(now.plus_seconds(shift * STEP_SECONDS)) } else { wrong(now) };
                let (next, outcome) = guard.try_code(&secret(), &code, now);
                match outcome {
                    Ok(Factor::Totp { step_at }) => {
                        prop_assert!(step_at.0 > last);
                        last = step_at.0;
                        guesses = 0;
                    }
                    Err(Refusal::Wrong { .. } | Refusal::Replayed) => {
                        guesses += 1;
                        prop_assert!(guesses < MAX_WRONG || wait > 0);
                        prop_assert!(next.wrong_at.len() < MAX_WRONG as usize);
                    }
                    Err(Refusal::Locked { .. }) => guesses = 0,
                    other => prop_assert!(false, "{other:?}"),
                }
                guard = next;
            }
        }
    }
}
