//! Lists and health of one account, looked at now. Entry type: [`Handler`].
//!
//! Invariants: an account is named or selected, never guessed; what could not be seen is in the answer; healthy is said only where
//! every check ran.

use authority::Authority;
use checks::{Cell, Finding, Unknown, check::Category, registry, tell};
use domain::{
    EpochMs, Intent, Role, Text, WireError,
    intent::Scope,
    scan::{Depth, ScanPlace},
    text::defang,
    wire::{ChatReply, Understood},
};
use futures_util::{StreamExt as _, stream};
use ledger::Ledger;
use planner::AccountHint;
use scanners::{PlaceReport, Visitor};

/// Regions that are looked at concurrently.
const AT_ONCE: usize = 4;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) ledger: Ledger,
    pub(crate) visitor: Visitor,
}

impl Handler {
    pub(crate) async fn handle(&self, understood: Understood, now: EpochMs) -> Result<ChatReply, WireError> {
        let (text, account, error) = match self.answer(&understood, now).await {
            Ok((text, account)) => (text, Some(account), None),
            Err(error) if error.may_retry() => return Err(error),
            Err(error) => (error.text, understood.session_account.clone(), Some(error.name)),
        };
        Ok(ChatReply {
            text: redaction::for_colleagues(&understood.reading.under(text.in_lang(understood.lang), understood.lang)),
            lang: understood.lang,
            reading: understood.reading,
            account,
            session: understood.input.session,
            plan_id: None,
            digest: None,
            error,
            action: None,
        })
    }

    /// The answer, and the account that it is about.
    async fn answer(&self, understood: &Understood, now: EpochMs) -> Result<(Text, String), WireError> {
        self.authority.demand(&understood.input.person, &Role::ALL).await?;
        let (scope, listing) = match &understood.parsed.intent {
            Intent::ListResources(scope) => (scope, true),
            Intent::CheckHealth(scope) => (scope, false),
            _ => {
                return Err(WireError::new("Input.Malformed", Text::new("This is no question about resources.", "这不是关于资源的问题。")));
            }
        };
        let services = services(scope, listing)?;
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let hint =
            AccountHint { written: scope.account.clone(), session: understood.session_account.clone(), targets: scope.targets.clone() };
        let account = planner::resolve_account(&hint, &accounts).map_err(|e| e.wire())?;
        let regions = planner::regions_to_search(account, scope.region.as_deref()).map_err(|e| e.wire())?;
        // The lists of instances, buckets and so on need one call; networks need the whole look.
        let depth = if listing && services.iter().all(|s| s != "vpc") { Depth::Inventory } else { Depth::Full };
        let people = understood.input.person.as_str();
        let looks = stream::iter(regions.into_iter().enumerate().map(|(n, region)| {
            let place = ScanPlace { account: account.id.clone(), region, home: n == 0 };
            let services = &services;
            async move { self.visitor.visit(account, &place, services, depth, people, now).await }
        }));
        let reports: Vec<PlaceReport> = looks.buffered(AT_ONCE).collect().await;
        let body = if listing { list(&services, &reports) } else { health(scope, &reports) };
        let (name, id) = (&account.name, &account.id);
        Ok((
            Text::new(format!("Account `{name}` ({id}), now.\n{}", body.en), format!("账户 `{name}`（{id}），当前。\n{}", body.zh)),
            account.name.clone(),
        ))
    }
}

fn services(scope: &Scope, listing: bool) -> Result<Vec<String>, WireError> {
    let all: Vec<&str> = registry::SERVICES.iter().map(|s| s.name).collect();
    match &scope.service {
        Some(written) => registry::service(written).map(|s| vec![s.to_owned()]).ok_or_else(|| {
            let written = defang(written, 40);
            WireError::new(
                "Scans.NotBuilt",
                Text::new(
                    format!("This version does not look at `{written}`. It looks at: {}.", all.join(", ")),
                    format!("当前版本不查看 `{written}`。可查看：{}。", all.join("、")),
                ),
            )
        }),
        None if listing => Err(WireError::new(
            "Scans.Malformed",
            Text::new(format!("Which service? For example `list {}`.", all.join("`, `list ")), "请说明要列出哪项服务，例如 `列出 ec2`。"),
        )),
        None => Ok(all.into_iter().map(str::to_owned).collect()),
    }
}

fn list(services: &[String], reports: &[PlaceReport]) -> Text {
    let cells: Vec<Cell> = reports.iter().flat_map(PlaceReport::cells).collect();
    let resources: Vec<_> = reports.iter().flat_map(|r| &r.services).flat_map(|s| s.resources.clone()).collect();
    tell::inventory(&services.join(", "), &resources, &cells)
}

/// Health of everything that was looked at, or of the resources that the question names.
fn health(scope: &Scope, reports: &[PlaceReport]) -> Text {
    let cells: Vec<Cell> = reports.iter().flat_map(PlaceReport::cells).collect();
    let names = |arn: &str| {
        scope.targets.is_empty()
            || scope.targets.iter().any(|t| arn == t || arn.ends_with(&format!("/{t}")) || arn.ends_with(&format!(":{t}")))
    };
    let all = || reports.iter().flat_map(|r| &r.services);
    if !scope.targets.is_empty()
        && !all().flat_map(|s| &s.resources).any(|r| names(&r.arn) || r.name.as_ref().is_some_and(|n| scope.targets.contains(n)))
    {
        let targets = defang(&scope.targets.join(", "), 200);
        return Text::new(
            format!("`{targets}` was not found among the resources that were seen."),
            format!("在可见资源中没有找到 `{targets}`。"),
        );
    }
    let findings: Vec<Finding> = all().flat_map(|s| s.findings.clone()).filter(|f| names(&f.arn)).collect();
    let about_health = |u: &&Unknown| registry::find(&u.check).is_some_and(|m| m.category == Category::Health);
    // A list that could not be read is unknown for the account, and so for each of its resources.
    let unknown = all().flat_map(|s| &s.unknown).filter(about_health).filter(|u| names(&u.arn) || u.arn.ends_with(":root")).count();
    tell::health(&findings, unknown, &cells)
}
