//! Answers. Entry type: [`Handler`].
//!
//! Invariants: decisions are never made here: the reply carries an action that the signed-in client sends itself; what this version does
//! not serve is said plainly, with an error name; every reply names the session's account.

use authority::{Authority, Question, notices};
use domain::{
    Decision, EpochMs, Intent, PlanId, PlanState, Role, Text, WireError,
    ids::IncidentId,
    wire::{ChatReply, ClientAction, Understood},
};
use incidents::report::Explained;
use judge::Judge;
use ledger::{Document, Ledger, PageRequest, StoredPlan};
use planner::AccountHint;

use crate::{audit_check, costs::Budgets, help, learnt};

/// Plans shown in one reply.
const SHOWN: u32 = 20;

/// Incidents shown in one reply, beside plans.
const SHOWN_INCIDENTS: u32 = 10;

/// How far ahead the calendar is shown, in days.
const CALENDAR_DAYS: i64 = 30;
/// The most windows and freezes that are listed.
const MOST_OCCURRENCES: usize = 20;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) judge: Judge,
    pub(crate) ledger: Ledger,
    pub(crate) budgets: Budgets,
}

/// What a reply is made of.
struct Said {
    text: Text,
    error: Option<String>,
    action: Option<ClientAction>,
    plan: Option<StoredPlan>,
    account: Option<String>,
}

impl Said {
    fn text(text: Text) -> Self {
        Self { text, error: None, action: None, plan: None, account: None }
    }
}

impl Handler {
    pub(crate) async fn handle(&self, understood: Understood, now: EpochMs) -> Result<ChatReply, WireError> {
        let said = match self.say(&understood, now).await {
            Ok(said) => said,
            Err(error) if error.may_retry() => return Err(error),
            Err(error) => Said { error: Some(error.name), ..Said::text(error.text) },
        };
        Ok(ChatReply {
            text: redaction::for_colleagues(&understood.reading.under(said.text.in_lang(understood.lang), understood.lang)),
            lang: understood.lang,
            reading: understood.reading,
            account: said.account.or(understood.session_account),
            session: understood.input.session,
            plan_id: said.plan.as_ref().map(|p| p.plan.id.clone()),
            digest: said.plan.map(|p| p.digest),
            error: said.error,
            action: said.action,
        })
    }

    async fn say(&self, understood: &Understood, now: EpochMs) -> Result<Said, WireError> {
        let person = &understood.input.person;
        let roles = self.authority.demand(person, &Role::ALL).await?;
        match &understood.parsed.intent {
            Intent::Help => Ok(Said::text(Text::new(help::help(domain::Lang::En), help::help(domain::Lang::Zh)))),
            Intent::Clarify(clarify) => {
                let list = |lang| clarify.choices.iter().map(|c| format!("\n  • {}", c.in_lang(lang))).collect::<String>();
                let text = Text::new(
                    format!("{}{}", clarify.question.en, list(domain::Lang::En)),
                    format!("{}{}", clarify.question.zh, list(domain::Lang::Zh)),
                );
                Ok(Said { error: Some(clarify.code.clone()), ..Said::text(text) })
            }
            Intent::UseAccount { account } => self.use_account(understood, account, now).await,
            Intent::ListAccounts => self.accounts().await,
            Intent::Whoami => {
                let names: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
                let names = names.join(", ");
                Ok(Said::text(Text::new(format!("You are {person}. Roles now: {names}."), format!("您是 {person}，当前角色：{names}。"))))
            }
            Intent::ListApprovals => self.plans(PlanState::AwaitingApproval).await,
            Intent::ListPlans => self.recent().await,
            Intent::ShowStatus { id: Some(id) } if id.trim().get(..4).is_some_and(|p| p.eq_ignore_ascii_case("inc_")) => {
                self.incident(id).await
            }
            Intent::ShowStatus { id: Some(id) } if id.trim().to_ascii_lowercase().starts_with("scan_") => self.scan_status(id).await,
            Intent::ShowStatus { id: Some(id) } => {
                let stored = self.plan(id).await?;
                let why = stored.reason.as_ref().map(|r| r.text.clone());
                let (why_en, why_zh) = why.map(|t| (format!(" ({})", t.en), format!("（{}）", t.zh))).unwrap_or_default();
                let text = Text::new(
                    format!("{} is {}{why_en}.", line(&stored), stored.state.as_str()),
                    format!("{}：{}{why_zh}。", line(&stored), notices::state_zh(stored.state)),
                );
                Ok(Said { plan: Some(stored), ..Said::text(text) })
            }
            Intent::ShowStatus { id: None } => self.overview().await,
            Intent::Decide { decision, plan, reason } => self.decide(*decision, plan, reason.as_deref(), understood.lang).await,
            Intent::Undo { plan } => {
                let stored = self.plan(plan).await?;
                self.action(stored, "undo", serde_json::json!({}), Text::new("Undo this plan?", "回滚该计划？"))
            }
            Intent::Withdraw { plan } => {
                let stored = self.plan(plan).await?;
                self.action(stored, "withdraw", serde_json::json!({}), Text::new("Withdraw this plan?", "撤回该计划？"))
            }
            Intent::StopEverything { account } => self.kill("/v1/stop", account.as_deref(), &understood.input.text).await,
            Intent::ReleaseStop { account } => self.kill("/v1/release", account.as_deref(), &understood.input.text).await,
            Intent::VerifyAudit => {
                self.authority.demand(person, &[Role::Auditor, Role::Administrator, Role::Approver, Role::Operator]).await?;
                let (sound, text) = audit_check::verify_all(&self.ledger).await?;
                Ok(Said { error: (!sound).then(|| "Audit.Refused".to_owned()), ..Said::text(text) })
            }
            Intent::ShowCosts(scope) => self.costs(understood, scope.account.as_deref(), now).await,
            Intent::ExplainPolicy(scope) => self.explain(understood, scope, now).await,
            Intent::GiveFeedback { verdict, id } => self.feedback(verdict, id.as_deref()).await,
            Intent::KnowledgeStats => Ok(Said::text(learnt::stats(&self.ledger).await?)),
            Intent::SearchKnowledge(scope) => self.search_knowledge(understood, scope, now).await,
            Intent::ShowCalendar(_) => self.calendar(now).await,
            _ => Err(WireError::new(
                "Chat.NotBuilt",
                Text::new(
                    "I understood the question, but this version has no answer to it yet. `help` lists what it can do.",
                    "我理解这个问题，但当前版本还不能回答。输入 `帮助` 查看可用功能。",
                ),
            )),
        }
    }

    /// An incident on one screen: what happened, what changed, why, and what would fix it.
    async fn incident(&self, written: &str) -> Result<Said, WireError> {
        let unknown = || {
            let written = domain::text::defang(written, 64);
            WireError::new("Incidents.NotFound", Text::new(format!("There is no incident `{written}`."), format!("没有事件 `{written}`。")))
        };
        let id = IncidentId::parse(&written.trim().to_ascii_lowercase()).map_err(|_| unknown())?;
        let incident = self.ledger.incident(&id).await.map_err(|e| e.wire())?.ok_or_else(unknown)?.incident;
        let Some(kept) = self.ledger.document(&id, Document::Diagnosis).await.map_err(|e| e.wire())? else {
            let line = incident.line();
            return Ok(Said::text(Text::new(format!("{line}\nIt is not explained yet."), format!("{line}\n尚无分析结果。"))));
        };
        let explained: Explained = serde_json::from_str(&kept).map_err(|e| {
            WireError::new(
                "Incidents.Malformed",
                Text::new(format!("The explanation cannot be read: {e}"), format!("无法读取分析结果：{e}")),
            )
        })?;
        Ok(Said::text(explained.text(&incident)))
    }

    /// How far a scan is, and what came out when it is done.
    async fn scan_status(&self, written: &str) -> Result<Said, WireError> {
        let shown = domain::text::defang(written, 64);
        let none = || WireError::new("Scans.NotFound", Text::new(format!("There is no scan `{shown}`."), format!("没有扫描 `{shown}`。")));
        let id = domain::ScanId::parse(written).map_err(|_| none())?;
        let progress = self.ledger.scan(&id).await.map_err(|e| e.wire())?.ok_or_else(none)?;
        let (done, all) = (progress.done.len(), progress.scan.places.len());
        Ok(Said::text(match progress.summary {
            Some(summary) => Text::new(format!("Scan {id} is finished.\n{}", summary.en), format!("扫描 {id} 已完成。\n{}", summary.zh)),
            None => Text::new(
                format!("Scan {id} is running: {done} of {all} places (account × region) done."),
                format!("扫描 {id} 进行中：已完成 {done}/{all} 个位置（账户 × 区域）。"),
            ),
        }))
    }

    async fn plan(&self, written: &str) -> Result<StoredPlan, WireError> {
        let id = PlanId::parse(written).map_err(|_| authority::no_such_plan(written))?;
        self.ledger.plan(&id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(written))
    }

    async fn use_account(&self, understood: &Understood, written: &str, now: EpochMs) -> Result<Said, WireError> {
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let hint = AccountHint { written: Some(written.to_owned()), ..AccountHint::default() };
        let account = planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?;
        let input = &understood.input;
        self.ledger.put_session(&input.person, &input.session, Some(&account.name), now).await.map_err(|e| e.wire())?;
        let text = Text::new(
            format!("This session now speaks about account `{}` ({}, {}).", account.name, account.id, account.environment.as_str()),
            format!("本会话现在针对账户 `{}`（{}，{}）。", account.name, account.id, account.environment.as_str()),
        );
        Ok(Said { account: Some(account.name.clone()), ..Said::text(text) })
    }

    /// What models cost today: the asker's own, that of the account spoken about, and the fleet's.
    async fn costs(&self, understood: &Understood, written: Option<&str>, now: EpochMs) -> Result<Said, WireError> {
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let hint =
            AccountHint { written: written.map(str::to_owned), session: understood.session_account.clone(), ..AccountHint::default() };
        let account = match (written, &understood.session_account) {
            (None, None) => None,
            _ => Some(planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?),
        };
        let person = &understood.input.person;
        let text = self.budgets.today(&self.ledger, person, account.map(|a| (&a.id, a.name.as_str())), now).await?;
        Ok(Said { account: account.map(|a| a.name.clone()), ..Said::text(text) })
    }

    /// What somebody thinks of an explanation; the client sends it itself, as a decision.
    async fn feedback(&self, verdict: &str, written: Option<&str>) -> Result<Said, WireError> {
        let named = written.map(|id| id.trim().to_ascii_lowercase()).filter(|id| id.starts_with("inc_"));
        let Some(id) = named.and_then(|id| IncidentId::parse(&id).ok()) else {
            return Err(WireError::new(
                "Knowledge.TargetMissing",
                Text::new(
                    "Say which explanation, by its incident: `inc_… was wrong`, `inc_… helped`.",
                    "请指明是哪个事件的分析：`inc_… 分析错了`、`inc_… 有帮助`。",
                ),
            ));
        };
        let unknown =
            || WireError::new("Incidents.NotFound", Text::new(format!("There is no incident `{id}`."), format!("没有事件 `{id}`。")));
        let line = self.ledger.incident(&id).await.map_err(|e| e.wire())?.ok_or_else(unknown)?.incident.line();
        let confirm = if verdict == "wrong" {
            Text::new(format!("Call this explanation wrong?\n{line}"), format!("确认该分析有误？\n{line}"))
        } else {
            Text::new(format!("Note that this explanation helped?\n{line}"), format!("记录该分析有帮助？\n{line}"))
        };
        let body = serde_json::json!({"incident": id.as_str(), "verdict": if verdict == "wrong" { "wrong" } else { "helpful" }});
        let action = ClientAction { method: "POST".to_owned(), path: "/v1/feedback".to_owned(), body, confirm: confirm.clone() };
        Ok(Said { action: Some(action), ..Said::text(confirm) })
    }

    /// What was learnt about something. Where no account is spoken about it is weighed as in production, where least is believed.
    async fn search_knowledge(&self, understood: &Understood, scope: &domain::intent::Scope, now: EpochMs) -> Result<Said, WireError> {
        let query = scope.query.as_deref().unwrap_or(&understood.input.text);
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let hint = AccountHint { written: scope.account.clone(), session: understood.session_account.clone(), ..AccountHint::default() };
        let account = match (&hint.written, &hint.session) {
            (None, None) => None,
            _ => Some(planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?),
        };
        let environment = account.map_or(domain::Environment::Prod, |account| account.environment);
        let text = learnt::search(&self.ledger, query, environment, now).await?;
        Ok(Said { account: account.map(|a| a.name.clone()), ..Said::text(text) })
    }

    /// The whole calendar of the next weeks: which account or service an entry is for is told by its name.
    async fn calendar(&self, now: EpochMs) -> Result<Said, WireError> {
        let Some(found) = self.authority.upcoming(now, CALENDAR_DAYS, MOST_OCCURRENCES).await? else {
            return Ok(Said::text(Text::new(
                "No change calendar is configured: every change window counts as open.",
                "未配置变更日历：所有变更窗口视为已开放。",
            )));
        };
        let list = |lang| found.iter().map(|o| format!("\n  • {}", o.text().in_lang(lang))).collect::<String>();
        let (en, zh) = if found.is_empty() {
            (format!("No window and no freeze within {CALENDAR_DAYS} days."), format!("{CALENDAR_DAYS} 天内没有变更窗口或冻结。"))
        } else {
            (
                format!("Windows and freezes of the next {CALENDAR_DAYS} days (at most {MOST_OCCURRENCES}):{}", list(domain::Lang::En)),
                format!("未来 {CALENDAR_DAYS} 天的变更窗口与冻结（最多 {MOST_OCCURRENCES} 项）：{}", list(domain::Lang::Zh)),
            )
        };
        Ok(Said::text(Text::new(en, zh)))
    }

    /// Would it be allowed for the asker, now? Rule by rule, with what would make it so.
    async fn explain(&self, understood: &Understood, scope: &domain::intent::Scope, now: EpochMs) -> Result<Said, WireError> {
        let named = scope.operation.as_ref().and_then(|id| catalogue::find(id).map(|spec| (id, spec)));
        let Some((operation, spec)) = named else {
            return Err(WireError::new(
                "Policy.OperationMissing",
                Text::new(
                    "Name the operation, for example: why may I not run ec2.stop_instances in prod?",
                    "请说明是哪个操作，例如：为什么我不能在 prod 执行 ec2.stop_instances？",
                ),
            ));
        };
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let hint =
            AccountHint { written: scope.account.clone(), session: understood.session_account.clone(), targets: scope.targets.clone() };
        let account = planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?.clone();
        let question = Question {
            operation: operation.clone(),
            risk: spec.risk,
            reversible: !matches!(spec.undo, domain::UndoSpec::None(..)),
            account,
            person: understood.input.person.clone(),
            targets: u32::try_from(scope.targets.len()).unwrap_or(u32::MAX).max(1),
            at: now,
        };
        let (explanation, _) = self.judge.explain(&question).await?;
        let head = |zh: bool| {
            let (who, what, where_) = (&question.person, &question.operation, &question.account.name);
            if zh { format!("{who} 在 {where_} 执行 {what}：") } else { format!("{what} in {where_}, asked for by {who}:") }
        };
        let text = |lang: domain::Lang| format!("{}\n{}", head(lang == domain::Lang::Zh), explanation.in_lang(lang));
        Ok(Said::text(Text::new(text(domain::Lang::En), text(domain::Lang::Zh))))
    }

    async fn accounts(&self) -> Result<Said, WireError> {
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let lines: Vec<String> =
            accounts.iter().map(|a| format!("  {} · {} · {} · {}", a.name, a.id, a.environment.as_str(), a.regions.join(", "))).collect();
        let list = lines.join("\n");
        Ok(Said::text(Text::new(format!("{} account(s):\n{list}", accounts.len()), format!("共 {} 个账户：\n{list}", accounts.len()))))
    }

    async fn plans(&self, state: PlanState) -> Result<Said, WireError> {
        let page = self.ledger.plans_by_state(state, &PageRequest::first(SHOWN)).await.map_err(|e| e.wire())?;
        Ok(Said::text(listed(&page.items, page.next.is_some())))
    }

    async fn recent(&self) -> Result<Said, WireError> {
        let page = self.ledger.recent_plans(&PageRequest::first(SHOWN)).await.map_err(|e| e.wire())?;
        Ok(Said::text(listed(&page.items, page.next.is_some())))
    }

    /// What goes on: the newest incidents, then the newest plans.
    async fn overview(&self) -> Result<Said, WireError> {
        let page = self.ledger.recent_incidents(&PageRequest::first(SHOWN_INCIDENTS)).await.map_err(|e| e.wire())?;
        let plans = self.recent().await?.text;
        if page.items.is_empty() {
            return Ok(Said::text(plans));
        }
        let lines = page.items.iter().map(|stored| format!("\n  {}", stored.incident.line())).collect::<String>();
        let (more_en, more_zh) = if page.next.is_some() { (" (the newest)", "（最新的）") } else { ("", "") };
        Ok(Said::text(Text::new(
            format!("Incidents{more_en}:{lines}\nPlans:\n{}", plans.en),
            format!("事件{more_zh}：{lines}\n计划：\n{}", plans.zh),
        )))
    }

    async fn decide(&self, decision: Decision, written: &str, reason: Option<&str>, lang: domain::Lang) -> Result<Said, WireError> {
        let stored = self.plan(written).await?;
        let preview = self.ledger.preview(&stored.plan.id).await.map_err(|e| e.wire())?.ok_or_else(|| authority::no_such_plan(written))?;
        let shown = Text::new(preview.render(domain::Lang::En), preview.render(domain::Lang::Zh));
        let mut said = match decision {
            Decision::Approve => {
                let body = serde_json::json!({"digest": stored.digest, "preview_hash": preview.shown_hash(lang), "lang": lang});
                self.action(stored, "approve", body, Text::new("Approve exactly this plan?", "批准该计划（仅限此内容）？"))?
            }
            Decision::Reject => {
                let body = serde_json::json!({"digest": stored.digest, "reason": reason});
                self.action(stored, "reject", body, Text::new("Reject this plan?", "拒绝该计划？"))?
            }
        };
        said.text = shown;
        Ok(said)
    }

    /// The client sends the decision itself, with its own token.
    fn action(&self, stored: StoredPlan, verb: &str, body: serde_json::Value, confirm: Text) -> Result<Said, WireError> {
        let text = Text::new(
            format!("{} is {}. {}", line(&stored), stored.state.as_str(), confirm.en),
            format!("{}：{}。{}", line(&stored), notices::state_zh(stored.state), confirm.zh),
        );
        let action = ClientAction { method: "POST".to_owned(), path: format!("/v1/plans/{}/{verb}", stored.plan.id), body, confirm };
        Ok(Said { action: Some(action), plan: Some(stored), ..Said::text(text) })
    }

    async fn kill(&self, path: &str, account: Option<&str>, words: &str) -> Result<Said, WireError> {
        let mut scope = serde_json::Map::new();
        if let Some(written) = account {
            let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
            let hint = AccountHint { written: Some(written.to_owned()), ..AccountHint::default() };
            let found = planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?;
            scope.insert("account".to_owned(), found.name.clone().into());
        }
        let what = scope.get("account").and_then(|a| a.as_str()).unwrap_or("*").to_owned();
        let (confirm, body) = if path == "/v1/stop" {
            let body = serde_json::json!({"scope": scope, "reason": domain::text::inert(&redaction::for_colleagues(words), 300)});
            (Text::new(format!("Stop every change now ({what})?"), format!("立即停止所有变更（{what}）？")), body)
        } else {
            let text = Text::new(
                format!("Release the stop ({what})? A second administrator must do the same."),
                format!("解除停止（{what}）？还需另一名管理员同样操作。"),
            );
            (text, serde_json::json!({"scope": scope}))
        };
        let action = ClientAction { method: "POST".to_owned(), path: path.to_owned(), body, confirm: confirm.clone() };
        Ok(Said { action: Some(action), ..Said::text(confirm) })
    }
}

fn line(stored: &StoredPlan) -> String {
    let plan = &stored.plan;
    let targets: Vec<&str> = plan.targets.iter().take(3).map(|t| t.id.as_str()).collect();
    let more = if plan.targets.len() > 3 { ", …" } else { "" };
    domain::text::inert(&format!("{} · {} {}{more} @ {}", plan.id, plan.operation, targets.join(", "), plan.account_name), 300)
}

fn listed(plans: &[StoredPlan], more: bool) -> Text {
    if plans.is_empty() {
        return Text::new("There is none.", "没有。");
    }
    let en: Vec<String> = plans.iter().map(|p| format!("  {} · {}", line(p), p.state.as_str())).collect();
    let zh: Vec<String> = plans.iter().map(|p| format!("  {} · {}", line(p), notices::state_zh(p.state))).collect();
    let (more_en, more_zh) = if more { ("\n  … and more: `aiops plans`", "\n  … 还有更多：`aiops plans`") } else { ("", "") };
    Text::new(format!("{}{more_en}", en.join("\n")), format!("{}{more_zh}", zh.join("\n")))
}
