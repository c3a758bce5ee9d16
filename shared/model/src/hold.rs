//! What of a model's answer counts. Entry points: [`doubt`], [`hold`].
//!
//! Invariant: where the rules refused, nothing a model says changes it; every id, name, account, region and number of an
//! answer stands in the person's own words as a whole; an operation is read by the rules exactly as the model meant it,
//! is not refused beside the original sentence, and comes out as a preview.

use catalogue::{Entry, check_params};
use domain::{Clarify, Intent, OperateRequest, OperationId, Params, ParsedRequest, Text, Value, intent::Scope};
use language::{Context, named};

use crate::{
    answer::{Answer, Kind},
    occurs::find_whole,
    question::Said,
    words::write_out,
};

/// Most targets of one operation, as for the rules.
const MOST_TARGETS: usize = 50;
/// Confidence of whatever a model understood, per mille: below every reading of the rules.
const CONFIDENCE: u16 = 500;

/// Why the rules asked back, where that is harmless: no word of the sentence was held against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing was recognised.
    Unclear,
    /// An operation without what it applies to.
    MissingTarget,
    /// An operation that fits several kinds of resources.
    AmbiguousTarget,
}

/// The doubt of the rules, where a model may help. A code that is not listed here is a refusal, also one that is
/// added later.
#[must_use]
pub fn doubt(rules: &ParsedRequest) -> Option<Doubt> {
    let Intent::Clarify(clarify) = &rules.intent else { return None };
    match clarify.code.as_str() {
        "Language.Unclear" => Some(Doubt::Unclear),
        "Language.MissingTarget" => Some(Doubt::MissingTarget),
        "Language.AmbiguousTarget" => Some(Doubt::AmbiguousTarget),
        _ => None,
    }
}

/// Why an answer does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Discard {
    /// The rules understood or refused the sentence; no model is needed.
    RulesDecided,
    /// The model is not sure either.
    Unclear,
    /// The model would refuse. This ends the ladder: no other model is asked to overrule it.
    Refused,
    /// Not an operation of the catalogue.
    UnknownOperation,
    /// No target, too many, or one twice.
    Targets,
    /// An id or a name that does not stand in the sentence.
    ForeignTarget,
    /// Another account than the sentence names.
    OtherAccount,
    /// Another region than the sentence names.
    OtherRegion,
    /// A parameter that the operation does not have, out of bounds, or not in the sentence.
    Params,
    /// A text that does not stand in the sentence.
    ForeignText,
    /// The rules do not read the answer, written out, as the same operation.
    NotInGrammar,
    /// The rules refuse the sentence once it is clear which operation is meant.
    Dangerous,
}

impl Discard {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::RulesDecided,
        Self::Unclear,
        Self::Refused,
        Self::UnknownOperation,
        Self::Targets,
        Self::ForeignTarget,
        Self::OtherAccount,
        Self::OtherRegion,
        Self::Params,
        Self::ForeignText,
        Self::NotInGrammar,
        Self::Dangerous,
    ];

    /// A stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::RulesDecided => "rules_decided",
            Self::Unclear => "unclear",
            Self::Refused => "refused",
            Self::UnknownOperation => "unknown_operation",
            Self::Targets => "targets",
            Self::ForeignTarget => "foreign_target",
            Self::OtherAccount => "other_account",
            Self::OtherRegion => "other_region",
            Self::Params => "params",
            Self::ForeignText => "foreign_text",
            Self::NotInGrammar => "not_in_grammar",
            Self::Dangerous => "dangerous",
        }
    }
}

/// An answer that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What is wanted. An operation is always a preview.
    pub parsed: ParsedRequest,
    /// For an operation: the words that the rules read as exactly this operation.
    pub words: Option<String>,
}

/// Holds an answer against the rules and the person's words.
///
/// # Errors
/// [`Discard`]: the first reason for which it does not count.
pub fn hold(said: &Said, context: &Context, rules: &ParsedRequest, answer: &Answer) -> Result<Held, Discard> {
    if doubt(rules).is_none() {
        return Err(Discard::RulesDecided);
    }
    let reader = Reader { said, context, rules, answer };
    match answer.intent {
        Kind::Unclear => Err(Discard::Unclear),
        Kind::Refuse => Err(Discard::Refused),
        Kind::Operate => reader.operation(),
        kind => reader.question(kind),
    }
}

struct Reader<'a> {
    said: &'a Said,
    context: &'a Context,
    rules: &'a ParsedRequest,
    answer: &'a Answer,
}

impl Reader<'_> {
    /// The account and the region are exactly those that the person's own words name, or none where they name none.
    fn place(&self) -> Result<(), Discard> {
        let names = named(&self.said.own, self.context);
        let same = |written: Option<&String>, found: &[String]| match (written, found) {
            (None, []) => true,
            (Some(written), [one]) => written.eq_ignore_ascii_case(one) && find_whole(&self.said.own, one).is_some(),
            // The rules see no account where the model sees one: only a name of the registry will do.
            _ => false,
        };
        let mut accounts = names.accounts.clone();
        for known in &self.context.accounts {
            let written = |name: &String| find_whole(&self.said.own.to_ascii_lowercase(), &name.to_ascii_lowercase()).is_some();
            if written(known) && !accounts.iter().any(|a| a.eq_ignore_ascii_case(known)) {
                accounts.push(known.clone());
            }
        }
        accounts.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        if !same(self.answer.account.as_ref(), &accounts) {
            return Err(Discard::OtherAccount);
        }
        let region_fits = match (self.answer.region.as_ref(), names.regions.as_slice()) {
            (None, []) => true,
            (Some(written), [one]) => written.eq_ignore_ascii_case(one),
            _ => false,
        };
        if region_fits { Ok(()) } else { Err(Discard::OtherRegion) }
    }

    fn operation(&self) -> Result<Held, Discard> {
        let answer = self.answer;
        let id = answer.operation.as_deref().ok_or(Discard::UnknownOperation)?;
        let entry = catalogue::entry(id).ok_or(Discard::UnknownOperation)?;
        let id = OperationId::parse(id).map_err(|_| Discard::UnknownOperation)?;
        self.targets()?;
        self.place()?;
        let params = self.params(entry)?;
        if answer.service.is_some() || answer.window.is_some() || answer.metric.is_some() || answer.query.is_some() {
            return Err(Discard::Params);
        }
        let request = OperateRequest {
            operation: id,
            targets: answer.targets.clone(),
            account: answer.account.clone(),
            region: answer.region.clone(),
            params,
            dry_run: true,
        };
        let words = write_out(&request, self.context).ok_or(Discard::NotInGrammar)?;
        self.beside(&words)?;
        let mut spans: Vec<(String, usize, usize)> = Vec::new();
        for target in &request.targets {
            spans.extend(find_whole(&self.said.text, target).map(|(from, to)| ("targets".to_owned(), from, to)));
        }
        for (name, written) in [("account", &request.account), ("region", &request.region)] {
            spans.extend(written.as_ref().and_then(|w| find_whole(&self.said.text, w)).map(|(from, to)| (name.to_owned(), from, to)));
        }
        Ok(Held { parsed: self.parsed(Intent::Operate(request), spans), words: Some(words) })
    }

    fn targets(&self) -> Result<(), Discard> {
        let targets = &self.answer.targets;
        let twice = targets.iter().enumerate().any(|(n, target)| targets.iter().take(n).any(|other| other == target));
        if targets.is_empty() || targets.len() > MOST_TARGETS || twice {
            return Err(Discard::Targets);
        }
        // Plain words are no names: what the rules would not take for the name of a thing, a model may not either.
        let things = named(&self.said.own, self.context).things;
        if targets.iter().any(|target| !things.contains(target) || find_whole(&self.said.own, target).is_none()) {
            return Err(Discard::ForeignTarget);
        }
        Ok(())
    }

    /// Parameters that the operation has, within their bounds, each as the person wrote it.
    fn params(&self, entry: &Entry) -> Result<Params, Discard> {
        let params: Params = self.answer.params.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
        check_params(&entry.spec, &params).map_err(|_| Discard::Params)?;
        let own = &self.said.own;
        let written = |value: &Value| match value {
            Value::Int(number) => find_whole(own, &number.to_string()).is_some() || has_number(own, *number),
            Value::Text(text) => find_whole(own, text).is_some(),
            Value::List(items) => items.iter().all(|item| item.as_text().is_some_and(|t| find_whole(own, t).is_some())),
            // A bare yes or no has no words of its own to be held to.
            Value::Bool(_) | Value::Map(_) | Value::Absent => false,
        };
        if params.values().all(written) { Ok(params) } else { Err(Discard::Params) }
    }

    /// The sentence again, now with words in it that the rules know: whatever they hold against an operation counts.
    fn beside(&self, words: &str) -> Result<(), Discard> {
        let refuses = |text: &str| {
            let read = language::parse(text, self.context);
            match read.intent {
                Intent::Clarify(clarify) => {
                    let harmless = [
                        "Language.Unclear",
                        "Language.MissingTarget",
                        "Language.AmbiguousTarget",
                        // That a word of it is not known is why a model was asked.
                        "Language.Doubt",
                        // Two demands in one text are what this makes.
                        "Language.SeveralRequests",
                    ];
                    !harmless.contains(&clarify.code.as_str())
                }
                _ => false,
            }
        };
        let own = &self.said.own;
        if refuses(&format!("{own}\n{words}")) || refuses(&format!("{own}, {words}")) { Err(Discard::Dangerous) } else { Ok(()) }
    }

    /// A question, which only reads. What has effects of its own is asked to be written by the person.
    fn question(&self, kind: Kind) -> Result<Held, Discard> {
        if let Some(clarify) = write_it_yourself(kind) {
            return Ok(Held { parsed: self.parsed(Intent::Clarify(clarify), Vec::new()), words: None });
        }
        let answer = self.answer;
        self.place()?;
        if !answer.params.is_empty() || answer.targets.len() > MOST_TARGETS {
            return Err(Discard::Params);
        }
        let text = &self.said.text;
        if answer.targets.iter().any(|target| find_whole(text, target).is_none()) {
            return Err(Discard::ForeignTarget);
        }
        let texts = [&answer.window, &answer.metric, &answer.query];
        if texts.into_iter().flatten().any(|written| find_whole(text, written).is_none()) {
            return Err(Discard::ForeignText);
        }
        if answer.service.as_ref().is_some_and(|service| !is_service(service)) {
            return Err(Discard::ForeignText);
        }
        let operation = match answer.operation.as_deref() {
            None => None,
            Some(id) if kind == Kind::ExplainPolicy && catalogue::entry(id).is_some() => OperationId::parse(id).ok(),
            Some(_) => return Err(Discard::UnknownOperation),
        };
        let intent = self.read_only(kind, operation).ok_or(Discard::Unclear)?;
        Ok(Held { parsed: self.parsed(intent, Vec::new()), words: None })
    }

    fn read_only(&self, kind: Kind, operation: Option<OperationId>) -> Option<Intent> {
        let answer = self.answer;
        let scope = || Scope {
            service: answer.service.clone(),
            targets: answer.targets.clone(),
            account: answer.account.clone(),
            region: answer.region.clone(),
            window: answer.window.clone(),
            metric: answer.metric.clone(),
            query: answer.query.clone(),
            operation: operation.clone(),
            ..Scope::default()
        };
        let wide = || Scope {
            service: None,
            services: answer.service.iter().cloned().collect(),
            account: None,
            accounts: answer.account.iter().cloned().collect(),
            region: None,
            regions: answer.region.iter().cloned().collect(),
            ..scope()
        };
        Some(match kind {
            Kind::Help => Intent::Help,
            Kind::ListResources => Intent::ListResources(scope()),
            Kind::ShowMetrics => Intent::ShowMetrics(scope()),
            Kind::CheckHealth => Intent::CheckHealth(scope()),
            Kind::Scan => Intent::Scan(wide()),
            Kind::DetectAnomalies => Intent::DetectAnomalies(scope()),
            Kind::Investigate => Intent::Investigate(scope()),
            Kind::ShowLogs => Intent::ShowLogs(scope()),
            Kind::ListApprovals => Intent::ListApprovals,
            Kind::ListPlans => Intent::ListPlans,
            Kind::ShowStatus => Intent::ShowStatus { id: answer.targets.first().cloned() },
            Kind::ListAccounts => Intent::ListAccounts,
            Kind::Whoami => Intent::Whoami,
            Kind::ListSops => Intent::ListSops,
            Kind::SuggestSop => Intent::SuggestSop(scope()),
            Kind::SearchKnowledge => Intent::SearchKnowledge(scope()),
            Kind::KnowledgeStats => Intent::KnowledgeStats,
            Kind::QueryAudit => Intent::QueryAudit(scope()),
            Kind::VerifyAudit => Intent::VerifyAudit,
            Kind::ShowCosts => Intent::ShowCosts(scope()),
            Kind::ShowCalendar => Intent::ShowCalendar(scope()),
            Kind::ExplainPolicy => Intent::ExplainPolicy(scope()),
            Kind::Operate
            | Kind::Decide
            | Kind::Undo
            | Kind::Withdraw
            | Kind::UseAccount
            | Kind::RunSop
            | Kind::GiveFeedback
            | Kind::StopEverything
            | Kind::ReleaseStop
            | Kind::Refuse
            | Kind::Unclear => return None,
        })
    }

    fn parsed(&self, intent: Intent, spans: Vec<(String, usize, usize)>) -> ParsedRequest {
        ParsedRequest { lang: self.rules.lang, intent, confidence_permille: CONFIDENCE, spans }
    }
}

/// Whether a number stands in a text with its unit glued on (`512MB`), but not as part of a longer number or a name.
fn has_number(text: &str, number: i64) -> bool {
    let digits = number.to_string();
    text.match_indices(&digits).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().chars().next_back();
        let behind = text.get(at + digits.len()..).unwrap_or_default();
        let unit: String = behind.chars().take_while(char::is_ascii_alphabetic).collect();
        let after_unit = behind.chars().nth(unit.len());
        let joined = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':'));
        let ends = after_unit.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '/' | ':'));
        !joined(before) && !unit.is_empty() && unit.len() <= 4 && ends
    })
}

/// The services that people ask about.
fn is_service(word: &str) -> bool {
    const ALSO: [&str; 5] = ["vpc", "elasticache", "cloudtrail", "sns", "apigateway"];
    ALSO.contains(&word) || catalogue::resource::ALL.iter().any(|kind| kind.words().service == word)
}

/// What is never taken from a model, with the words to write instead.
fn write_it_yourself(kind: Kind) -> Option<Clarify> {
    let (en, zh, words): (&str, &str, &[(&str, &str)]) = match kind {
        Kind::Decide => ("a decision on a plan", "对计划的审批", &[("approvals", "待审批")]),
        Kind::Undo => ("undoing a plan", "回滚计划", &[("list plans", "计划列表")]),
        Kind::Withdraw => ("withdrawing a plan", "撤回计划", &[("list plans", "计划列表")]),
        Kind::UseAccount => ("selecting an account", "选择账户", &[("accounts", "账户列表")]),
        Kind::RunSop => ("running a runbook", "执行预案", &[("sop list", "预案列表")]),
        Kind::GiveFeedback => ("feedback", "反馈", &[("help", "帮助")]),
        Kind::StopEverything => ("the kill switch", "紧急停止", &[("stop everything", "全部停止")]),
        Kind::ReleaseStop => ("releasing the kill switch", "解除紧急停止", &[("help", "帮助")]),
        _ => return None,
    };
    Some(Clarify {
        code: "Model.WriteItYourself".to_owned(),
        question: Text::new(
            format!("A model reads this as {en}. That is never taken from a model: please write it yourself."),
            format!("模型将这句话理解为{zh}。此类请求不采信模型，请自己写明。"),
        ),
        choices: words.iter().map(|(en, zh)| Text::new(*en, *zh)).collect(),
    })
}
