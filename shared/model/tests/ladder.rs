//! Rung by rung: what a model does, what it costs, what the reply says.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use std::{
    collections::VecDeque,
    future::Future,
    pin::pin,
    sync::Mutex,
    task::{Context as Task, Poll, Waker},
};

use domain::{Clarify, EpochMs, Intent, Lang, ParsedRequest, PersonId, Spend, SpendScope, Text, wire::Rung as Level};
use language::Context;
use model::{
    Answer, AnswerError, Asked, BreakerTerms, Call, Climb, Climbed, Failure, Kind, Port, Price, Purse, PurseRefusal, Question, Replied,
    Rung, read,
};

const UNCLEAR: &str = "calm i-0abc123def4567890 down in dev";
const SMALL: &str = "small";
const LARGE: &str = "large";

/// Answers in order, and what was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Replied, Failure>>>,
    asked: Mutex<Vec<(String, Question)>>,
}

impl Port for Script {
    async fn ask(&self, model_id: &str, question: &Question) -> Result<Replied, Failure> {
        self.asked.lock().unwrap().push((model_id.to_owned(), question.clone()));
        self.answers.lock().unwrap().pop_front().expect("one more call than was expected")
    }
}

/// A budget for everybody.
struct Pocket {
    left: Mutex<Spend>,
    most: Spend,
    broken: bool,
}

impl Purse for Pocket {
    async fn reserve(&self, _: Call<'_>, wanted: Spend) -> Result<(), PurseRefusal> {
        let mut left = self.left.lock().unwrap();
        if self.broken {
            return Err(PurseRefusal::Unknown);
        }
        if !wanted.fits(*left) {
            return Err(PurseRefusal::Spent(SpendScope::Person(PersonId::parse("alice").unwrap())));
        }
        *left = left.less(wanted);
        Ok(())
    }
    async fn settle(&self, _: Call<'_>, reserved: Spend, actual: Spend, _: &'static str) {
        let mut left = self.left.lock().unwrap();
        *left = left.plus(reserved).less(actual);
    }
}

fn pocket(micro_usd: u64) -> Pocket {
    let most = Spend::new(10_000_000, micro_usd);
    Pocket { left: Mutex::new(most), most, broken: false }
}

impl Pocket {
    fn used(&self) -> Spend {
        self.most.less(*self.left.lock().unwrap())
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut task = Task::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut task) {
            return value;
        }
    }
}

fn ladder() -> Climb {
    let rung = |level, id: &str, price| Rung { level, model_id: id.to_owned(), price: Some(price) };
    Climb::new(
        vec![
            rung(Level::SmallModel, SMALL, Price { input: 1_000_000, output: 5_000_000 }),
            rung(Level::LargeModel, LARGE, Price { input: 3_000_000, output: 15_000_000 }),
        ],
        BreakerTerms { failures: 2, rest_seconds: 10, most_rest_seconds: 60 },
    )
}

/// What the rules say where they understand nothing.
fn unclear() -> ParsedRequest {
    let clarify = Clarify { code: "Language.Unclear".into(), question: Text::new("?", "？"), choices: Vec::new() };
    ParsedRequest { lang: Lang::En, intent: Intent::Clarify(clarify), confidence_permille: 900, spans: Vec::new() }
}

fn climb_at(ladder: &Climb, text: &str, script: &Script, purse: &Pocket, seconds: i64) -> Climbed {
    let context = Context::with_accounts(["dev", "prod"]);
    let mut read = read(text, &context);
    if text == UNCLEAR {
        read.parsed = unclear();
    }
    let asked = Asked { read, context: &context, materials: &[], redact: &|text: &str| text.to_owned(), nonce: 42 };
    let clock = move || EpochMs(seconds * 1000);
    block_on(ladder.understand(asked, script, purse, &clock))
}

fn script(answers: impl IntoIterator<Item = Result<Replied, Failure>>) -> Script {
    Script { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() }
}

fn says(answer: Answer) -> Result<Replied, Failure> {
    Ok(Replied { answer: Ok(answer), usage: Some((1000, 50)) })
}

fn stop() -> Answer {
    Answer {
        operation: Some("ec2.stop_instances".into()),
        targets: vec!["i-0abc123def4567890".into()],
        account: Some("dev".into()),
        ..Answer::of(Kind::Operate)
    }
}

fn fallen(climbed: &Climbed) -> Vec<(Level, &str)> {
    climbed.reading.fallen.iter().map(|f| (f.rung, f.why.as_str())).collect()
}

#[test]
fn what_the_rules_understand_or_refuse_is_never_asked() {
    for text in ["stop i-0abc123def4567890 in dev", "terminate i-0abc123def4567890", "help", ""] {
        let script = script([]);
        let climbed = climb_at(&ladder(), text, &script, &pocket(1_000_000), 0);
        assert_eq!(climbed.reading, domain::wire::Reading::default(), "{text}");
        assert!(script.asked.lock().unwrap().is_empty());
    }
}

#[test]
fn without_models_the_ladder_is_the_rules_and_says_nothing() {
    let script = script([]);
    let climbed = climb_at(&Climb::new(Vec::new(), BreakerTerms::default()), UNCLEAR, &script, &pocket(0), 0);
    assert!(matches!(climbed.parsed.intent, Intent::Clarify(_)));
    assert_eq!(climbed.reading, domain::wire::Reading::default());
}

#[test]
fn the_small_model_helps_and_the_reply_says_so_with_its_price() {
    let (script, purse) = (script([says(stop())]), pocket(1_000_000));
    let climbed = climb_at(&ladder(), UNCLEAR, &script, &purse, 0);
    assert!(matches!(&climbed.parsed.intent, Intent::Operate(r) if r.dry_run));
    assert_eq!((climbed.reading.rung, climbed.reading.model.as_deref()), (Level::SmallModel, Some(SMALL)));
    assert_eq!(climbed.reading.spent, Spend::new(1050, 1250));
    assert_eq!(purse.used(), Spend::new(1050, 1250), "what was set aside and not used came back");
    assert!(climbed.reading.note.unwrap().en.contains("small model (small)"));
}

#[test]
fn every_failure_is_one_rung_down_and_named() {
    let refused = Failure::Refused;
    for failure in [Failure::Throttled, Failure::TimedOut, Failure::Unavailable, Failure::Denied, refused] {
        let code = failure.code();
        let (script, purse) = (script([Err(failure), says(stop())]), pocket(1_000_000));
        let climbed = climb_at(&ladder(), UNCLEAR, &script, &purse, 0);
        assert_eq!(climbed.reading.rung, Level::LargeModel, "{code}");
        assert_eq!(fallen(&climbed), [(Level::SmallModel, code)]);
        let asked: Vec<String> = script.asked.lock().unwrap().iter().map(|(id, _)| id.clone()).collect();
        assert_eq!(asked, [SMALL, LARGE], "no retries");
    }
}

#[test]
fn lies_and_garbage_end_with_the_question_of_the_rules() {
    let foreign = Answer { targets: vec!["i-0evil23def4567890".into()], ..stop() };
    let other = Answer { account: Some("prod".into()), ..stop() };
    let (script, purse) = (script([says(foreign), says(other)]), pocket(1_000_000));
    let climbed = climb_at(&ladder(), UNCLEAR, &script, &purse, 0);
    assert!(matches!(&climbed.parsed.intent, Intent::Clarify(c) if c.code == "Language.Unclear"));
    assert_eq!(climbed.reading.rung, Level::Clarification);
    assert_eq!(fallen(&climbed), [(Level::SmallModel, "foreign_target"), (Level::LargeModel, "other_account")]);
    assert_eq!(climbed.reading.spent, Spend::new(2100, 1250 + 3750));
}

#[test]
fn a_model_that_would_refuse_ends_the_ladder() {
    let script = script([says(Answer::of(Kind::Refuse))]);
    let climbed = climb_at(&ladder(), UNCLEAR, &script, &pocket(1_000_000), 0);
    assert_eq!(climbed.reading.rung, Level::Clarification);
    assert_eq!(fallen(&climbed), [(Level::SmallModel, "refused")]);
}

#[test]
fn a_budget_without_room_asks_nobody_and_one_that_cannot_be_read_neither() {
    let nobody = script([]);
    let climbed = climb_at(&ladder(), UNCLEAR, &nobody, &pocket(10), 0);
    assert_eq!(fallen(&climbed), [(Level::SmallModel, "budget_person"), (Level::LargeModel, "budget_person")]);
    assert_eq!(climbed.reading.spent, Spend::NONE);
    let broken = Pocket { broken: true, ..pocket(1_000_000) };
    let climbed = climb_at(&ladder(), UNCLEAR, &nobody, &broken, 0);
    assert_eq!(fallen(&climbed), [(Level::SmallModel, "budget_unknown"), (Level::LargeModel, "budget_unknown")]);
}

#[test]
fn a_model_without_a_price_is_not_asked() {
    let ladder = Climb::new(vec![Rung { level: Level::SmallModel, model_id: "new".into(), price: None }], BreakerTerms::default());
    let climbed = climb_at(&ladder, UNCLEAR, &script([]), &pocket(1_000_000), 0);
    assert_eq!(fallen(&climbed), [(Level::SmallModel, "unpriced")]);
}

#[test]
fn what_may_have_been_paid_for_stays_spent() {
    let garbage = || Ok(Replied { answer: Err(AnswerError::NoTool), usage: None });
    let (lost, purse) = (script([Err(Failure::TimedOut), garbage()]), pocket(1_000_000));
    let climbed = climb_at(&ladder(), UNCLEAR, &lost, &purse, 0);
    assert_eq!(fallen(&climbed), [(Level::SmallModel, "timed_out"), (Level::LargeModel, "malformed")]);
    assert!(climbed.reading.spent.micro_usd > 10_000);
    assert_eq!(purse.used(), climbed.reading.spent);
    let (throttled, purse) = (script([Err(Failure::Throttled), Err(Failure::Throttled)]), pocket(1_000_000));
    climb_at(&ladder(), UNCLEAR, &throttled, &purse, 0);
    assert_eq!(purse.used(), Spend::NONE);
}

#[test]
fn a_model_that_fails_twice_rests_and_is_tried_once_afterwards() {
    let ladder = ladder();
    let throttled = || Err(Failure::Throttled);
    for _ in 0..2 {
        climb_at(&ladder, UNCLEAR, &script([throttled(), throttled()]), &pocket(1_000_000), 0);
    }
    let resting = script([]);
    let climbed = climb_at(&ladder, UNCLEAR, &resting, &pocket(1_000_000), 5);
    assert_eq!(fallen(&climbed), [(Level::SmallModel, "resting"), (Level::LargeModel, "resting")]);
    let trial = script([says(stop())]);
    assert_eq!(climb_at(&ladder, UNCLEAR, &trial, &pocket(1_000_000), 10).reading.rung, Level::SmallModel);
    // A trial that the budget does not allow decides nothing.
    let poor = climb_at(&ladder, UNCLEAR, &script([Err(Failure::Unavailable)]), &pocket(30_000), 11);
    assert_eq!(fallen(&poor), [(Level::SmallModel, "unavailable"), (Level::LargeModel, "budget_person")]);
}

#[test]
fn lies_do_not_open_the_breaker_so_nobody_can_switch_the_model_off_by_talking() {
    let ladder = ladder();
    for _ in 0..10 {
        let lie = || says(Answer { targets: vec!["i-0evil23def4567890".into()], ..stop() });
        climb_at(&ladder, UNCLEAR, &script([lie(), lie()]), &pocket(1_000_000), 0);
    }
    assert_eq!(climb_at(&ladder, UNCLEAR, &script([says(stop())]), &pocket(1_000_000), 0).reading.rung, Level::SmallModel);
}

#[test]
fn a_question_goes_out_with_the_sentence_alone() {
    let script = script([says(stop())]);
    climb_at(&ladder(), UNCLEAR, &script, &pocket(1_000_000), 0);
    let asked = script.asked.lock().unwrap();
    let question = &asked[0].1;
    assert!(question.user.contains(UNCLEAR) && !question.user.contains("prod") && !question.system.contains("prod account"));
}
