//! From signals to incidents. Entry type: [`Handler`].
//!
//! Invariants: a signal that was delivered twice counts once; what cannot be taken now comes again from the queue and, in
//! the end, lies among the dead letters; opening an incident and telling people of it is one transaction, and its
//! investigation is started under a name that makes a second start impossible.

use audit::{Actor, AuditEvent, EventKind};
use authority::Authority;
use domain::{
    Account, EpochMs, Intent, Role, Text, WireError,
    ids::IncidentId,
    intent::Scope,
    wire::{ChatReply, InvestigateInput, Understood},
};
use incidents::{
    Announce, Context, Incident, Step, fold,
    fold::{fingerprint, signal_key},
};
use ledger::{Entry, Folded, Ledger, StoredIncident};
use planner::AccountHint;
use serde_json::{Value, json};
use signals::{Family, Origin, Severity, Signal, State};

use crate::{delivery, words};

/// How often a signal is folded anew because somebody else was quicker.
const ATTEMPTS: usize = 12;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) ledger: Ledger,
    pub(crate) workflows: aws_sdk_sfn::Client,
    pub(crate) investigate_arn: String,
    pub(crate) alarm_topic_name: String,
}

/// What became of a signal.
enum Taken {
    Opened(Incident),
    Folded(Incident),
    Duplicate(Incident),
    Notice,
}

impl Handler {
    /// A batch of the queue, or a question that `converse` passes on.
    pub(crate) async fn handle(&self, event: Value, now: EpochMs) -> Result<Value, WireError> {
        let answer = match event.get("Records").and_then(Value::as_array) {
            Some(records) => self.batch(records, now).await,
            None => {
                let understood: Understood = lambda_shell::decode(event)?;
                serde_json::to_value(self.asked(understood, now).await?)
                    .map_err(|e| WireError::new("Shell.Internal", Text::new(e.to_string(), e.to_string())))?
            }
        };
        Ok(answer)
    }

    /// Answers the messages that have to come again.
    async fn batch(&self, records: &[Value], now: EpochMs) -> Value {
        let mut failures = Vec::new();
        for record in records {
            let id = record.get("messageId").and_then(Value::as_str).unwrap_or_default();
            let body = record.get("body").and_then(Value::as_str).unwrap_or_default();
            if let Err(error) = self.message(body, now).await {
                tracing::warn!(error.name = %error.name, error.message = %error.text.en, message.id = id, "a signal waits for the next attempt");
                failures.push(json!({"itemIdentifier": id}));
            }
        }
        json!({"batchItemFailures": failures})
    }

    async fn message(&self, body: &str, now: EpochMs) -> Result<(), WireError> {
        let delivery = delivery::open(body, &self.alarm_topic_name)
            .ok_or_else(|| WireError::new("Signal.Malformed", Text::new("The message is not JSON.", "消息不是 JSON。")))?;
        for kind in &delivery.unsupported {
            tracing::info!(signal.kind = %kind, "not a signal of trouble");
        }
        for why in &delivery.refused {
            self.refuse(why, None, now).await?;
        }
        if delivery.signals.is_empty() {
            return Ok(());
        }
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        for signal in &delivery.signals {
            match accounts.iter().find(|a| Some(&a.id) == signal.account.as_ref()) {
                Some(account) => {
                    self.take(signal, account, now).await?;
                }
                None => self.refuse("unregistered_account", Some(signal), now).await?,
            }
        }
        Ok(())
    }

    /// Recorded on the hub's own chain: an account that nobody registered has none.
    async fn refuse(&self, why: &str, signal: Option<&Signal>, now: EpochMs) -> Result<(), WireError> {
        let mut event = AuditEvent::new(EventKind::SignalRefused, Actor::function("open-incident")).because([why]).sensitive();
        if let Some(signal) = signal {
            event = event.fact("title", signal.title.as_str()).fact("account", signal.account.as_ref().map(ToString::to_string));
        }
        self.ledger.append(&Entry::new(event, now)).await.map_err(|e| e.wire())
    }

    /// Folds one signal, and starts what follows.
    async fn take(&self, signal: &Signal, account: &Account, now: EpochMs) -> Result<Taken, WireError> {
        // Titles and subjects are written by whoever made the alarm.
        let signal = &Signal { title: redaction::for_colleagues(&signal.title), ..signal.clone() };
        let fingerprint = fingerprint(signal);
        let key = signal_key(signal);
        let text = serde_json::to_string(signal).map_err(|e| WireError::new("Shell.Internal", Text::new(e.to_string(), e.to_string())))?;
        let kept = (key.as_str(), text.as_str());
        let context = Context { now, environment: Some(account.environment), maintenance: &[] };
        for _ in 0..ATTEMPTS {
            let current = self.ledger.incident_of(&fingerprint).await.map_err(|e| e.wire())?;
            if let Some(known) = &current
                && self.ledger.has_signal(&known.incident.id, &key).await.map_err(|e| e.wire())?
            {
                // Perhaps the invocation before died between writing and starting.
                self.start(&known.incident, None).await?;
                return Ok(Taken::Duplicate(known.incident.clone()));
            }
            let id = IncidentId::generate(now, lambda_shell::entropy()?);
            match fold(current.as_ref().map(|c| &c.incident), signal, &context, id) {
                Step::Notice => return Ok(Taken::Notice),
                Step::Open(incident, announce) => {
                    let before = current.as_ref().map(|c| &c.incident.id);
                    let entry = entry(EventKind::IncidentOpened, &incident, announce, now);
                    if self.ledger.open_incident(&incident, kept, before, &entry).await.map_err(|e| e.wire())? == Folded::Yes {
                        self.start(&incident, None).await?;
                        return Ok(Taken::Opened(incident));
                    }
                }
                Step::Fold(incident, announce) => {
                    let Some(before) = &current else { continue };
                    match self.keep(before, &incident, announce, kept, now).await? {
                        Folded::Moved => {}
                        Folded::Yes | Folded::Duplicate => {
                            if announce == Some(Announce::Opened) {
                                self.start(&incident, None).await?;
                            }
                            return Ok(Taken::Folded(incident));
                        }
                    }
                }
            }
        }
        Err(WireError::new(
            "Incidents.Unavailable",
            Text::new("Many signals are folded into this incident at once; try again.", "大量信号正同时写入该事件，请重试。"),
        ))
    }

    async fn keep(
        &self,
        before: &StoredIncident,
        incident: &Incident,
        announce: Option<Announce>,
        kept: (&str, &str),
        now: EpochMs,
    ) -> Result<Folded, WireError> {
        let counted = Incident { signals: incident.signals, last_signal_at: incident.last_signal_at, ..before.incident.clone() };
        if announce.is_none() && counted == *incident {
            return self.ledger.count_signal(&incident.id, kept, now).await.map_err(|e| e.wire());
        }
        let entry = entry(EventKind::IncidentChanged, incident, announce, now);
        self.ledger.fold_signal(incident, before.version, kept, &entry).await.map_err(|e| e.wire())
    }

    /// Starts the investigation; a name that was used is the same investigation.
    async fn start(&self, incident: &Incident, again: Option<EpochMs>) -> Result<(), WireError> {
        if incident.status == incidents::Status::Suppressed {
            return Ok(());
        }
        let name = again.map_or_else(|| format!("{}-1", incident.id), |at| format!("{}-{}", incident.id, at.seconds()));
        let input = json!(InvestigateInput { incident_id: incident.id.clone() }).to_string();
        let call = self.workflows.start_execution().state_machine_arn(&self.investigate_arn).name(name).input(input);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_execution_already_exists()) => Ok(()),
            Err(error) => {
                tracing::warn!(error = %error.into_service_error(), "the investigation did not start");
                Err(WireError::new(
                    "Workflow.Unavailable",
                    Text::new(
                        "The incident is kept, but its investigation did not start; it is tried again.",
                        "事件已保存，但调查未能启动，将重试。",
                    ),
                ))
            }
        }
    }

    /// A person asks why something is as it is.
    async fn asked(&self, understood: Understood, now: EpochMs) -> Result<ChatReply, WireError> {
        let (text, error) = match self.investigate(&understood, now).await {
            Ok(text) => (text, None),
            Err(error) if error.may_retry() => return Err(error),
            Err(error) => (error.text, Some(error.name)),
        };
        Ok(ChatReply {
            text: redaction::for_colleagues(&understood.reading.under(text.in_lang(understood.lang), understood.lang)),
            lang: understood.lang,
            reading: understood.reading,
            account: understood.session_account,
            session: understood.input.session,
            plan_id: None,
            digest: None,
            error,
            action: None,
        })
    }

    async fn investigate(&self, understood: &Understood, now: EpochMs) -> Result<Text, WireError> {
        let person = &understood.input.person;
        self.authority.demand(person, &[Role::Operator, Role::Approver, Role::Administrator]).await?;
        let Intent::Investigate(scope) = &understood.parsed.intent else {
            return Err(WireError::new("Input.Malformed", Text::new("This is no question for a cause.", "这不是原因查询。")));
        };
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let hint =
            AccountHint { written: scope.account.clone(), session: understood.session_account.clone(), targets: scope.targets.clone() };
        let account = planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?;
        let signal = question(scope, account, understood)?;
        let (incident, is_new) = match self.take(&signal, account, now).await? {
            Taken::Opened(incident) => (incident, true),
            Taken::Folded(incident) => {
                self.start(&incident, Some(now)).await?;
                (incident, false)
            }
            Taken::Duplicate(incident) => (incident, false),
            Taken::Notice => return Ok(Text::new("There is nothing to investigate.", "没有可调查的内容。")),
        };
        Ok(words::asked(&incident, is_new))
    }
}

/// A person's question as a signal: about the resource that it names.
fn question(scope: &Scope, account: &Account, understood: &Understood) -> Result<Signal, WireError> {
    let region = match &scope.region {
        Some(written) if domain::account::is_region(written) => Some(written.clone()),
        _ => account.regions.first().cloned(),
    };
    let named = scope.targets.iter().chain(&scope.alarm).map(|t| signals::field::name(t)).collect::<Vec<_>>();
    let Some(first) = named.first() else {
        return Err(WireError::new(
            "Incidents.TargetMissing",
            Text::new(
                "Which resource or alarm is it about? For example: `investigate function orders in dev`.",
                "要调查哪个资源或告警？例如：`调查 dev 的函数 orders`。",
            ),
        ));
    };
    Ok(Signal {
        family: Family::Person,
        origin: Origin::Unverified,
        subject: format!("asked:{}", understood.input.request_id),
        account: Some(account.id.clone()),
        region,
        title: signals::field::title(&format!("{first}: {}", understood.input.text)),
        resources: named,
        severity: Severity::Medium,
        state: State::Raised,
        first_at: None,
    })
}

fn entry(kind: EventKind, incident: &Incident, announce: Option<Announce>, now: EpochMs) -> Entry {
    let mut event = AuditEvent::new(kind, Actor::function("open-incident"))
        .fact("incident", incident.id.as_str())
        .fact("status", incident.status.as_str())
        .fact("severity", i64::from(incident.severity.number()))
        .fact("signals", i64::try_from(incident.signals).unwrap_or(i64::MAX));
    if let Some(account) = &incident.account {
        event = event.in_account(account.clone());
    }
    let entry = Entry::new(event, now);
    match announce {
        Some(announce) => entry.notify(words::message(incident, announce)),
        None => entry,
    }
}
