//! Everything the program says by itself, in both languages. Entry type: [`Message`].
//!
//! Invariant: a message cannot exist in one language only. Words of errors are in [`crate::error`].

use domain::Text;

/// One thing to say.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Message<'a> {
    /// Asks for the user name.
    AskUser,
    /// Asks for the password.
    AskPassword,
    /// Asks for a new password in place of a temporary one.
    AskNewPassword,
    /// Asks for it again.
    AskNewPasswordAgain,
    /// The two differ.
    PasswordsDiffer,
    /// Asks for the code of an authenticator.
    AskCode,
    /// How to set an authenticator up.
    Enrol { secret: &'a str, uri: &'a str },
    /// Somebody is signed in now.
    SignedIn { user: &'a str, profile: &'a str },
    /// Nobody is signed in any more.
    SignedOut { profile: &'a str },
    /// The provider did not hear of it.
    NotRevoked { why: &'a str },
    /// Settings in force.
    Settings { profile: &'a str, endpoint: &'a str, issuer_url: &'a str, client_id: &'a str },
    /// Who the caller is.
    Whoami { person: &'a str, roles: &'a str, account: &'a str, profile: &'a str },
    /// Beneath each chat reply.
    ChatFooter { account: Option<&'a str> },
    /// At the beginning of an interactive chat.
    ChatWelcome { endpoint: &'a str },
    /// Asks whether to go on, where the endpoint gave no words.
    AskAction,
    /// The action was done.
    ActionDone,
    /// A list is empty.
    NoPlans,
    /// No plan waits.
    NoApprovals,
    /// No account is registered.
    NoAccounts,
    /// Where a plan stands.
    PlanStands { plan: &'a str, state: &'a str, reason: Option<&'a str> },
    /// One approval.
    ApprovedBy { person: &'a str, at: &'a str, channel: &'a str },
    /// Who asked for the undo.
    UndoRequestedBy { person: &'a str },
    /// What will be approved.
    DigestShown { digest: &'a str, preview_hash: &'a str },
    /// Asks for the approval.
    AskApprove { plan: &'a str, digest: &'a str },
    /// A decision was taken in.
    DecisionTaken { plan: &'a str, state: &'a str },
    /// The single-use code.
    CodeIssued { code: &'a str, expires: &'a str },
    /// How to paste it.
    CodeUse { command: &'a str },
    /// Where the task token is read.
    TokenFrom { command: Option<&'a str> },
    /// While waiting.
    Waiting { plan: &'a str, state: &'a str },
    /// More plans exist.
    MorePlans,
    /// Accounts were sent.
    AccountsLoaded { count: usize },
    /// Rules were read and nothing is wrong with them.
    RulesAreGood { rules: usize, version: &'a str },
    /// Above the text of rules.
    RulesHead { kind: &'a str, waiting: bool, digest: &'a str, author: &'a str },
    /// The version of the policies in force.
    RulesVersion { version: &'a str },
    /// Situations were decided.
    Simulated { situations: usize, wrong: usize, version: &'a str },
    /// Two sets of rules were compared.
    Compared { situations: usize, differences: usize },
    /// Column: whether the answer is the expected one.
    ColumnExpected,
    /// Column: what the rules say.
    ColumnAnswer,
    /// Column: which rules.
    ColumnRules,
    /// Column: whether the other rules let more pass.
    ColumnLooser,
    /// Column: what the rules in force say.
    ColumnLive,
    /// Stop or release was taken in.
    ScopeStopped,
    /// Release was taken in.
    ScopeReleased,
    /// While verifying.
    Verifying { chain: &'a str, seq: u64, of: u64 },
    /// A chain is sound.
    ChainSound { chain: &'a str, records: u64, head: &'a str, since: Option<u64> },
    /// All chains are sound.
    AllSound { chains: usize, records: u64 },
    /// There is no chain yet.
    NoChains,
    /// Pins were taken anew.
    PinsReset,
    /// No record matches.
    NoRecords,
    /// Whether the caller may decide.
    MayDecide,
    /// Column: plan.
    ColumnPlan,
    /// Column: state.
    ColumnState,
    /// Column: operation.
    ColumnOperation,
    /// Column: account.
    ColumnAccount,
    /// Column: environment.
    ColumnEnvironment,
    /// Column: region.
    ColumnRegion,
    /// Column: targets.
    ColumnTargets,
    /// Column: authors.
    ColumnAuthors,
    /// Column: expiry.
    ColumnExpires,
    /// Column: decision.
    ColumnDecision,
    /// Column: name.
    ColumnName,
    /// Column: account id.
    ColumnId,
    /// Column: owner.
    ColumnOwner,
    /// Column: autonomy.
    ColumnAutonomy,
    /// Column: audit chain.
    ColumnChain,
    /// Column: number.
    ColumnSeq,
    /// Column: time.
    ColumnAt,
    /// Column: what happened.
    ColumnEvent,
    /// Column: who.
    ColumnActor,
    /// Column: more.
    ColumnDetail,
}

impl Message<'_> {
    /// The words.
    pub(crate) fn text(&self) -> Text {
        match *self {
            Self::AskUser => Text::new("User: ", "用户名："),
            Self::AskPassword => Text::new("Password: ", "密码："),
            Self::AskNewPassword => Text::new("New password: ", "新密码："),
            Self::AskNewPasswordAgain => Text::new("New password again: ", "再次输入新密码："),
            Self::PasswordsDiffer => Text::new("the two differ; once more", "两次输入不一致，请重新输入"),
            Self::AskCode => Text::new("Code of the authenticator: ", "身份验证器的验证码："),
            Self::Enrol { secret, uri } => Text::new(
                format!("Add this sign-in to an authenticator:\n  secret: {secret}\n  {uri}"),
                format!("请把此登录添加到身份验证器：\n  密钥：{secret}\n  {uri}"),
            ),
            Self::SignedIn { user, profile } => {
                Text::new(format!("signed in as {user} (profile `{profile}`)"), format!("已登录：{user}（配置 `{profile}`）"))
            }
            Self::SignedOut { profile } => {
                Text::new(format!("signed out (profile `{profile}`)"), format!("已退出登录（配置 `{profile}`）"))
            }
            Self::NotRevoked { why } => Text::new(
                format!("the tokens are deleted here, but the identity provider could not be told: {why}"),
                format!("本地令牌已删除，但无法通知身份服务：{why}"),
            ),
            Self::Settings { profile, endpoint, issuer_url, client_id } => Text::new(
                format!("profile     {profile}\nendpoint    {endpoint}\nissuer-url  {issuer_url}\nclient-id   {client_id}"),
                format!("配置        {profile}\n端点        {endpoint}\n身份服务    {issuer_url}\n客户端      {client_id}"),
            ),
            Self::Whoami { person, roles, account, profile } => Text::new(
                format!("person   {person}\nroles    {roles}\naccount  {account}\nprofile  {profile}"),
                format!("用户  {person}\n角色  {roles}\n账户  {account}\n配置  {profile}"),
            ),
            Self::ChatFooter { account: Some(account) } => Text::new(format!("[account: {account}]"), format!("[账户：{account}]")),
            Self::ChatFooter { account: None } => Text::new("[no account selected]", "[未选择账户]"),
            Self::ChatWelcome { endpoint } => {
                Text::new(format!("{endpoint}\n`exit` or Ctrl-D ends the chat."), format!("{endpoint}\n输入 `exit` 或按 Ctrl-D 结束对话。"))
            }
            Self::AskAction => Text::new("Go on?", "继续吗？"),
            Self::ActionDone => Text::new("done", "完成"),
            Self::NoPlans => Text::new("no plans", "没有计划"),
            Self::NoApprovals => Text::new("nothing waits for a decision", "没有等待决定的计划"),
            Self::NoAccounts => Text::new("no account is registered", "没有已登记的账户"),
            Self::PlanStands { plan, state, reason: None } => Text::new(format!("{plan}: {state}"), format!("{plan}：{state}")),
            Self::PlanStands { plan, state, reason: Some(reason) } => {
                Text::new(format!("{plan}: {state} ({reason})"), format!("{plan}：{state}（{reason}）"))
            }
            Self::ApprovedBy { person, at, channel } => {
                Text::new(format!("  approved by {person} at {at} ({channel})"), format!("  审批：{person}，{at}（{channel}）"))
            }
            Self::UndoRequestedBy { person } => Text::new(format!("  undo requested by {person}"), format!("  回滚请求人：{person}")),
            Self::DigestShown { digest, preview_hash } => {
                Text::new(format!("digest   {digest}\npreview  {preview_hash}"), format!("摘要  {digest}\n预览  {preview_hash}"))
            }
            Self::AskApprove { plan, digest } => {
                Text::new(format!("Approve {plan}, digest {digest}?"), format!("批准 {plan}（摘要 {digest}）吗？"))
            }
            Self::DecisionTaken { plan, state } => Text::new(format!("{plan} is now `{state}`"), format!("{plan} 现为 `{state}`")),
            Self::CodeIssued { code, expires } => Text::new(
                format!("single-use code  {code}\nvalid until      {expires}"),
                format!("一次性代码  {code}\n有效期至    {expires}"),
            ),
            Self::CodeUse { command } => Text::new(
                format!("Paste this in CloudShell, with the task token in place of TASK_TOKEN:\n  {command}"),
                format!("在 CloudShell 中粘贴以下命令，并把 TASK_TOKEN 换成任务令牌：\n  {command}"),
            ),
            Self::TokenFrom { command: None } => Text::new(
                "The task token is in the Step Functions console: execution → step RequestApproval → parameters.",
                "任务令牌在 Step Functions 控制台：执行 → 步骤 RequestApproval → 参数。",
            ),
            Self::TokenFrom { command: Some(command) } => Text::new(
                format!(
                    "The task token is in the Step Functions console (execution → step RequestApproval → parameters), or here:\n  {command}"
                ),
                format!("任务令牌在 Step Functions 控制台（执行 → 步骤 RequestApproval → 参数），也可以用此命令查看：\n  {command}"),
            ),
            Self::Waiting { plan, state } => Text::new(format!("{plan}: {state}"), format!("{plan}：{state}")),
            Self::MorePlans => Text::new("there are more; raise --limit", "还有更多计划；请提高 --limit"),
            Self::RulesAreGood { rules, version } => Text::new(
                format!("{rules} rules, nothing wrong with them (version {version})"),
                format!("共 {rules} 条规则，没有问题（版本 {version}）"),
            ),
            Self::RulesHead { kind, waiting: true, digest, author } => Text::new(
                format!("{kind}: waits for a second administrator; proposed by {author}, digest {digest}"),
                format!("{kind}：等待另一名管理员确认；提出人 {author}，摘要 {digest}"),
            ),
            Self::RulesHead { kind, waiting: false, digest, author } => Text::new(
                format!("{kind}: in force; proposed by {author}, digest {digest}"),
                format!("{kind}：已生效；提出人 {author}，摘要 {digest}"),
            ),
            Self::RulesVersion { version } => Text::new(format!("Policies in force: {version}"), format!("现行策略版本：{version}")),
            Self::Simulated { situations, wrong, version } => Text::new(
                format!("{situations} situation(s), {wrong} not as expected (rules {version})"),
                format!("共 {situations} 种情形，{wrong} 种与预期不符（规则 {version}）"),
            ),
            Self::Compared { situations, differences } => Text::new(
                format!("{differences} of {situations} situation(s) would be answered differently (! lets more pass)"),
                format!("{situations} 种情形中有 {differences} 种结果不同（! 表示更宽松）"),
            ),
            Self::ColumnExpected => Text::new("OK", "符合"),
            Self::ColumnAnswer => Text::new("ANSWER", "结果"),
            Self::ColumnRules => Text::new("RULES", "规则"),
            Self::ColumnLooser => Text::new("LOOSER", "更宽松"),
            Self::ColumnLive => Text::new("IN FORCE", "现行结果"),
            Self::AccountsLoaded { count } => Text::new(format!("{count} account(s) registered"), format!("已登记 {count} 个账户")),
            Self::ScopeStopped => {
                Text::new("stopped: nothing is executed there until it is released", "已停止：在解除之前，该范围内不会执行任何操作")
            }
            Self::ScopeReleased => Text::new("the release was taken in", "已接受解除请求"),
            Self::Verifying { chain, seq, of } => Text::new(format!("{chain}: {seq}/{of}"), format!("{chain}：{seq}/{of}")),
            Self::ChainSound { chain, records, head, since: None } => {
                Text::new(format!("{chain}: {records} record(s) sound, head {head}"), format!("{chain}：{records} 条记录完好，链头 {head}"))
            }
            Self::ChainSound { chain, records, head, since: Some(seq) } => Text::new(
                format!("{chain}: {records} record(s) sound, head {head}; record {seq}, verified before, is unchanged"),
                format!("{chain}：{records} 条记录完好，链头 {head}；上次验证的第 {seq} 条未变"),
            ),
            Self::AllSound { chains, records } => {
                Text::new(format!("{chains} chain(s), {records} record(s): no fault"), format!("{chains} 条链，{records} 条记录：没有问题"))
            }
            Self::NoChains => Text::new("there is no audit chain yet", "还没有审计链"),
            Self::PinsReset => Text::new(
                "remembered heads were dropped: what the endpoint says now is the new beginning",
                "已清除记住的链头：以端点当前给出的内容为新的起点",
            ),
            Self::NoRecords => Text::new("no record matches", "没有符合条件的记录"),
            Self::MayDecide => Text::new("you may decide", "您可以决定"),
            Self::ColumnPlan => Text::new("PLAN", "计划"),
            Self::ColumnState => Text::new("STATE", "状态"),
            Self::ColumnOperation => Text::new("OPERATION", "操作"),
            Self::ColumnAccount => Text::new("ACCOUNT", "账户"),
            Self::ColumnEnvironment => Text::new("ENVIRONMENT", "环境"),
            Self::ColumnRegion => Text::new("REGION", "区域"),
            Self::ColumnTargets => Text::new("TARGETS", "目标"),
            Self::ColumnAuthors => Text::new("ASKED BY", "请求人"),
            Self::ColumnExpires => Text::new("EXPIRES", "有效期至"),
            Self::ColumnDecision => Text::new("DECISION", "决定"),
            Self::ColumnName => Text::new("NAME", "名称"),
            Self::ColumnId => Text::new("ID", "账户号"),
            Self::ColumnOwner => Text::new("OWNER", "负责人"),
            Self::ColumnAutonomy => Text::new("AUTONOMY", "自主程度"),
            Self::ColumnChain => Text::new("CHAIN", "链"),
            Self::ColumnSeq => Text::new("SEQ", "序号"),
            Self::ColumnAt => Text::new("AT", "时间"),
            Self::ColumnEvent => Text::new("EVENT", "事件"),
            Self::ColumnActor => Text::new("ACTOR", "执行者"),
            Self::ColumnDetail => Text::new("DETAIL", "详情"),
        }
    }
}
