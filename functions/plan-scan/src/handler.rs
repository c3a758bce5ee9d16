//! From a request to the places of a scan. Entry type: [`Handler`].
//!
//! Invariants: accounts and regions come from the registry, and an unknown one is refused by name, never left out; the same request
//! twice is one scan; each round cuts what is left into batches, so a scan goes on where it stopped and ends after a few rounds.

use std::collections::BTreeSet;

use authority::Authority;
use domain::{
    Account, EpochMs, Intent, Role, ScanId, Text, WireError,
    intent::Scope,
    scan::{Depth, Fanout, PlannedScan, Scan, ScanBatch, ScanInput, ScanItems, ScanPlace, ScanProgress, ScanStep},
    text::defang,
    wire::{ChatReply, Understood},
};
use ledger::Ledger;
use planner::AccountHint;
use scans::Store;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Places in one batch: few enough for one invocation, enough that clients and connections are shared.
const BATCH: usize = 10;
/// Rounds after which what is left is reported as not scanned.
const ROUNDS: u32 = 6;

pub(crate) struct Handler {
    pub(crate) authority: Authority,
    pub(crate) ledger: Ledger,
    pub(crate) store: Store,
    /// From how many accounts on they are asked by events.
    pub(crate) events_from: usize,
    /// How long accounts have to answer.
    pub(crate) answer_seconds: i64,
}

/// Who calls: the chat, the state machine with a scan that is written, or the schedule through the state machine.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Input {
    Machine(ScanInput),
    Schedule(Scheduled),
    Chat(Box<Understood>),
}

/// The schedule's input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scheduled {
    /// The instant that the schedule names (RFC 3339): one scan each.
    pub(crate) scheduled: String,
}

/// What the caller gets.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Output {
    Chat(Box<PlannedScan>),
    Machine(ScanItems),
}

impl Handler {
    pub(crate) async fn handle(&self, input: Input, now: EpochMs) -> Result<Output, WireError> {
        match input {
            Input::Machine(ScanInput { scan_id, round }) => self.round(scan_id, round, now).await.map(Output::Machine),
            Input::Schedule(Scheduled { scheduled }) => {
                let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
                let places: Vec<ScanPlace> = accounts.iter().flat_map(|a| places_of(a, &a.regions)).collect();
                let scan = Scan {
                    fanout: self.fanout(&places),
                    id: scan_id("schedule", &scheduled, now),
                    asked_by: "schedule".to_owned(),
                    asked_at: now,
                    services: all_services(),
                    depth: Depth::Full,
                    places,
                };
                self.ledger.start_scan(&scan).await.map_err(|e| e.wire())?;
                self.round(scan.id, 0, now).await.map(Output::Machine)
            }
            Input::Chat(understood) => {
                let planned = match self.plan(&understood, now).await {
                    Ok(scan) => started(&understood, &scan),
                    Err(error) if error.may_retry() => return Err(error),
                    Err(error) => PlannedScan { reply: reply(&understood, &error.text, Some(error.name.clone())), scan: None },
                };
                Ok(Output::Chat(Box::new(planned)))
            }
        }
    }

    /// Cuts what is left into batches.
    async fn round(&self, scan_id: ScanId, before: u32, now: EpochMs) -> Result<ScanItems, WireError> {
        let progress = self.ledger.scan(&scan_id).await.map_err(|e| e.wire())?.ok_or_else(|| no_such_scan(scan_id.as_str()))?;
        let (next, left) = step(&progress, before, now, self.answer_seconds);
        let scan = progress.scan;
        let open = if next == ScanStep::Sum { 0 } else { u32::try_from(left.len()).unwrap_or(u32::MAX) };
        let round = before.saturating_add(1);
        let key = scans::key::batches(&scan_id, round);
        if next == ScanStep::Look {
            let batch = |places: &[ScanPlace]| ScanBatch {
                scan_id: scan_id.clone(),
                services: scan.services.clone(),
                depth: scan.depth,
                places: places.to_vec(),
            };
            let batches: Vec<ScanBatch> = left.chunks(BATCH).map(batch).collect();
            self.store.put(&key, &batches).await.map_err(|e| e.wire())?;
        }
        Ok(ScanItems { bucket: self.store.bucket().to_owned(), key, scan_id, round, open, next })
    }

    fn fanout(&self, places: &[ScanPlace]) -> Fanout {
        let accounts: BTreeSet<&str> = places.iter().map(|p| p.account.as_str()).collect();
        if accounts.len() >= self.events_from { Fanout::Events } else { Fanout::Central }
    }

    async fn plan(&self, understood: &Understood, now: EpochMs) -> Result<Scan, WireError> {
        let Intent::Scan(scope) = &understood.parsed.intent else {
            return Err(WireError::new("Input.Malformed", Text::new("This is no request for a scan.", "这不是扫描请求。")));
        };
        let input = &understood.input;
        self.authority.demand(&input.person, &Role::ALL).await?;
        let accounts = self.ledger.accounts().await.map_err(|e| e.wire())?;
        let chosen = choose(scope, understood.session_account.as_deref(), &accounts)?;
        let mut places = Vec::new();
        for account in chosen {
            places.extend(places_of(account, &regions(scope, account)?));
        }
        let scan = Scan {
            id: scan_id(input.person.as_str(), &input.request_id, input.received_at),
            asked_by: input.person.to_string(),
            asked_at: now,
            services: services(scope)?,
            depth: Depth::Full,
            fanout: self.fanout(&places),
            places,
        };
        self.ledger.start_scan(&scan).await.map_err(|e| e.wire())?;
        Ok(scan)
    }
}

/// What to do now, and with which places.
fn step(progress: &ScanProgress, rounds: u32, now: EpochMs, answer_seconds: i64) -> (ScanStep, Vec<ScanPlace>) {
    let done: BTreeSet<&ScanPlace> = progress.done.iter().collect();
    let left: Vec<ScanPlace> = progress.scan.places.iter().filter(|p| !done.contains(p)).cloned().collect();
    if left.is_empty() {
        return (ScanStep::Sum, left);
    }
    if progress.scan.fanout == Fanout::Central {
        return (if rounds < ROUNDS { ScanStep::Look } else { ScanStep::Sum }, left);
    }
    let Some(asked_at) = progress.asked.iter().map(|a| a.at).max() else { return (ScanStep::Ask, left) };
    if asked_at.plus_seconds(answer_seconds) <= now {
        return (ScanStep::Sum, left);
    }
    // An account that could not be asked has not the stack that answers; the hub may still be let in.
    let silent = |p: &&ScanPlace| progress.asked.iter().any(|a| a.place == **p && a.nonce_hash.is_empty());
    let own: Vec<ScanPlace> = left.iter().filter(silent).cloned().collect();
    if own.is_empty() { (ScanStep::Wait, left) } else { (ScanStep::Look, own) }
}

/// The same request at the same instant is the same scan.
fn scan_id(who: &str, request: &str, at: EpochMs) -> ScanId {
    let hash = Sha256::new().chain_update(who).chain_update([0_u8]).chain_update(request).finalize();
    let entropy = hash.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    ScanId::generate(at, entropy)
}

fn all_services() -> Vec<String> {
    checks::registry::SERVICES.iter().map(|s| s.name.to_owned()).collect()
}

fn services(scope: &Scope) -> Result<Vec<String>, WireError> {
    let named: Vec<&String> = scope.services.iter().chain(&scope.service).collect();
    if named.is_empty() {
        return Ok(all_services());
    }
    let mut chosen = BTreeSet::new();
    for written in named {
        chosen.insert(checks::registry::service(written).ok_or_else(|| unknown_service(written))?);
    }
    Ok(all_services().into_iter().filter(|s| chosen.contains(s.as_str())).collect())
}

fn unknown_service(written: &str) -> WireError {
    let (written, known) = (defang(written, 40), all_services());
    WireError::new(
        "Scans.NotBuilt",
        Text::new(
            format!("This version does not look at `{written}`. It looks at: {}. Nothing was scanned.", known.join(", ")),
            format!("当前版本不扫描 `{written}`。可扫描：{}。没有执行扫描。", known.join("、")),
        ),
    )
}

fn choose<'a>(scope: &Scope, session: Option<&str>, accounts: &'a [Account]) -> Result<Vec<&'a Account>, WireError> {
    let named: Vec<&String> = scope.accounts.iter().chain(&scope.account).collect();
    let everything = named.iter().any(|n| n.as_str() == "all") || (named.is_empty() && session.is_none());
    if everything {
        if accounts.is_empty() {
            return Err(WireError::new("Scans.Refused", Text::new("The registry holds no account.", "账户注册表为空。")));
        }
        return Ok(accounts.iter().collect());
    }
    let written: Vec<String> =
        if named.is_empty() { session.map(str::to_owned).into_iter().collect() } else { named.into_iter().cloned().collect() };
    let mut chosen: Vec<&Account> = Vec::new();
    for name in written {
        let hint = AccountHint { written: Some(name), ..AccountHint::default() };
        let account = planner::resolve_account(&hint, accounts).map_err(|e| e.wire())?;
        if !chosen.iter().any(|c| c.id == account.id) {
            chosen.push(account);
        }
    }
    Ok(chosen)
}

fn regions(scope: &Scope, account: &Account) -> Result<Vec<String>, WireError> {
    let named: Vec<&String> = scope.regions.iter().chain(&scope.region).collect();
    if named.is_empty() {
        return Ok(account.regions.clone());
    }
    let mut chosen = Vec::new();
    for region in named {
        chosen.extend(planner::regions_to_search(account, Some(region)).map_err(|e| e.wire())?);
    }
    chosen.dedup();
    Ok(chosen)
}

/// The first place is where services are looked at that have no region.
fn places_of(account: &Account, regions: &[String]) -> Vec<ScanPlace> {
    let place = |(n, region): (usize, &String)| ScanPlace { account: account.id.clone(), region: region.clone(), home: n == 0 };
    regions.iter().enumerate().map(place).collect()
}

fn reply(understood: &Understood, text: &Text, error: Option<String>) -> ChatReply {
    ChatReply {
        text: redaction::for_colleagues(&understood.reading.under(text.in_lang(understood.lang), understood.lang)),
        lang: understood.lang,
        reading: understood.reading.clone(),
        account: understood.session_account.clone(),
        session: understood.input.session.clone(),
        plan_id: None,
        digest: None,
        error,
        action: None,
    }
}

fn started(understood: &Understood, scan: &Scan) -> PlannedScan {
    let accounts: BTreeSet<&str> = scan.places.iter().map(|p| p.account.as_str()).collect();
    let (id, n, places, services) = (&scan.id, accounts.len(), scan.places.len(), scan.services.join(", "));
    let text = Text::new(
        format!("Scan {id} started: {n} account(s), {places} place(s), {services}. Follow it with `status {id}`."),
        format!("扫描 {id} 已开始：{n} 个账户，{places} 个位置，{services}。查看进度：`status {id}`。"),
    );
    PlannedScan { reply: reply(understood, &text, None), scan: Some(ScanInput { scan_id: scan.id.clone(), round: 0 }) }
}

fn no_such_scan(id: &str) -> WireError {
    let id = defang(id, 64);
    WireError::new("Scans.NotFound", Text::new(format!("There is no scan `{id}`."), format!("没有扫描 `{id}`。")))
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, Autonomy, Environment};

    use super::*;

    fn account(id: &str, name: &str) -> Account {
        Account {
            id: AccountId::parse(id).unwrap(),
            name: name.into(),
            environment: Environment::Dev,
            owner: "t".into(),
            regions: vec!["us-east-1".into(), "eu-west-1".into()],
            tags: Default::default(),
            autonomy: Autonomy::Tiered,
        }
    }

    #[test]
    fn what_is_not_named_is_everything_and_what_is_unknown_is_refused_by_name() {
        let all = [account("222222222222", "dev"), account("333333333333", "prod")];
        assert_eq!(choose(&Scope::default(), None, &all).unwrap().len(), 2);
        assert_eq!(choose(&Scope::default(), Some("prod"), &all).unwrap()[0].name, "prod");
        let named = |name: &str| Scope { accounts: vec![name.into()], ..Scope::default() };
        assert_eq!(choose(&named("all"), Some("prod"), &all).unwrap().len(), 2);
        assert!(choose(&named("nobody"), None, &all).unwrap_err().text.en.contains("nobody"));
        assert!(choose(&Scope::default(), None, &[]).is_err());

        assert_eq!(services(&Scope::default()).unwrap().len(), checks::registry::SERVICES.len());
        let asked = Scope { services: vec!["ebs".into(), "s3".into(), "ec2".into()], ..Scope::default() };
        assert_eq!(services(&asked).unwrap(), ["ec2", "s3"]);
        let unknown = Scope { service: Some("quantum".into()), ..Scope::default() };
        assert_eq!(services(&unknown).unwrap_err().name, "Scans.NotBuilt");

        let elsewhere = Scope { region: Some("mars-east-1".into()), ..Scope::default() };
        assert!(regions(&elsewhere, &all[0]).is_err());
    }

    fn progress(fanout: Fanout) -> ScanProgress {
        let account = |id: &str| ScanPlace { account: AccountId::parse(id).unwrap(), region: "us-east-1".into(), home: true };
        let scan = Scan {
            id: scan_id("alice", "r1", EpochMs(5)),
            asked_by: "alice".into(),
            asked_at: EpochMs(0),
            services: all_services(),
            depth: Depth::Full,
            places: vec![account("222222222222"), account("333333333333")],
            fanout,
        };
        ScanProgress { scan, done: vec![], asked: vec![], refused: vec![], finished_at: None, summary: None }
    }

    #[test]
    fn the_hub_looks_round_by_round_until_nothing_is_left_or_the_rounds_are_used_up() {
        let mut now = progress(Fanout::Central);
        let next = |p: &ScanProgress, rounds| step(p, rounds, EpochMs(0), 60).0;
        assert_eq!((next(&now, 0), next(&now, ROUNDS)), (ScanStep::Look, ScanStep::Sum));
        now.done = now.scan.places.clone();
        assert_eq!(next(&now, 1), ScanStep::Sum);
    }

    #[test]
    fn accounts_are_asked_once_waited_for_until_their_time_is_up_and_looked_at_where_they_cannot_be_asked() {
        let mut scan = progress(Fanout::Events);
        let places = scan.scan.places.clone();
        let next = |p: &ScanProgress, seconds: i64| step(p, 3, EpochMs(0).plus_seconds(seconds), 60);
        assert_eq!(next(&scan, 0), (ScanStep::Ask, places.clone()));
        let asked =
            |place: &ScanPlace, hash: &str| domain::scan::ScanAsked { place: place.clone(), nonce_hash: hash.into(), at: EpochMs(0) };
        scan.asked = vec![asked(&places[0], "h"), asked(&places[1], "")];
        assert_eq!(next(&scan, 59), (ScanStep::Look, vec![places[1].clone()]));
        scan.done = vec![places[1].clone()];
        assert_eq!(next(&scan, 59), (ScanStep::Wait, vec![places[0].clone()]));
        assert_eq!(next(&scan, 60).0, ScanStep::Sum);
        scan.done = places;
        assert_eq!(next(&scan, 1).0, ScanStep::Sum);
    }

    #[test]
    fn the_first_region_is_home() {
        let dev = account("222222222222", "dev");
        let places = places_of(&dev, &dev.regions);
        assert_eq!(places.iter().map(|p| p.home).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn the_same_request_is_the_same_scan() {
        assert_eq!(scan_id("alice", "r1", EpochMs(5)), scan_id("alice", "r1", EpochMs(5)));
        assert_ne!(scan_id("alice", "r1", EpochMs(5)), scan_id("alicer", "1", EpochMs(5)));
    }
}
