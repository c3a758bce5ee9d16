//! Questions and refusals, in both languages. Entry point: [`Question`].
//!
//! Invariant: every question has a stable code and says what could be written instead.

use catalogue::Entry;
use domain::{Clarify, Text};

/// What the product knows of and cannot yet set from a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Governed {
    /// A freeze of changes.
    Freeze,
    /// Maintenance of something.
    Maintenance,
    /// An exception from a rule.
    Exception,
    /// Somebody else's decisions for a time.
    Delegation,
}

impl Governed {
    fn text(self) -> Text {
        match self {
            Self::Freeze => Text::new(
                "Understood: a change freeze. Freezes cannot be set or lifted from here in this version; the calendar shows those that hold. Nothing is changed.",
                "明白：变更冻结（封网）。此版本还不能在这里设置或解除冻结，可以用变更日历查看现有的冻结。没有做任何变更。",
            ),
            Self::Maintenance => Text::new(
                "Understood: maintenance. It cannot be started or ended from here in this version; the calendar shows the windows that hold. Nothing is changed.",
                "明白：维护。此版本还不能在这里开始或结束维护，可以用变更日历查看现有的窗口。没有做任何变更。",
            ),
            Self::Exception => Text::new(
                "Understood: an exception. Findings of scans are accepted by two administrators with an owner, a reason and an end: `aiops rules exceptions FILE`, then `aiops rules confirm`. It cannot be given from here. Nothing is changed.",
                "明白：例外。扫描发现的例外由两名管理员设置，须写明负责人、原因和期限：`aiops rules exceptions FILE`，再由另一人 `aiops rules confirm`。不能在这里直接设置。没有做任何变更。",
            ),
            Self::Delegation => Text::new(
                "Understood: a delegation. Approvals cannot be delegated from here in this version; each approver decides in their own name. Nothing is changed.",
                "明白：委托审批。此版本还不能在这里委托审批，请由审批人本人决定。没有做任何变更。",
            ),
        }
    }
}

/// Why the text is not acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Nothing but blanks.
    Empty,
    /// Longer than a request may be.
    TooLong,
    /// Characters that hide or turn the writing direction.
    Hidden,
    /// Nothing was recognised.
    Unclear,
    /// An operation without what it applies to.
    MissingTarget(&'static Entry),
    /// An operation that fits several kinds of resources.
    WhichKind(&'static Entry),
    /// Everything of a kind.
    Bulk,
    /// Several requests in one line.
    Several,
    /// Several accounts.
    SeveralAccounts,
    /// Says what is not to be done, and nothing else.
    Forbidden,
    /// Takes itself back.
    Retracted,
    /// Depends on a condition or a later time.
    Later,
    /// Known, and not built yet.
    NotBuilt(Governed),
    /// A word of the sentence is not understood, so that it may not be an order.
    Doubt,
    /// Comes out of a quotation.
    Quoted,
    /// Destroys.
    Destructive,
    /// The opposite of an operation.
    Opposite(&'static Entry),
    /// Around approval, policy or audit.
    Bypass,
    /// Tells the machine to forget its rules.
    Injection,
    /// Shell commands and tools.
    Shell,
    /// Power for people or roles.
    Power,
    /// Reads secret values.
    SecretValue,
    /// A change that is not in the catalogue.
    OutOfCatalogue,
    /// A decision without its plan.
    MissingPlan,
    /// An account without its name.
    MissingAccount,
    /// A runbook without its name.
    MissingSop,
}

impl Question {
    /// The stable code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotBuilt(_) => "Language.NotBuilt",
            Self::Doubt => "Language.Doubt",
            Self::Empty => "Language.Empty",
            Self::TooLong => "Language.TooLong",
            Self::Hidden => "Language.HiddenCharacters",
            Self::Unclear => "Language.Unclear",
            Self::MissingTarget(_) => "Language.MissingTarget",
            Self::WhichKind(_) => "Language.AmbiguousTarget",
            Self::Bulk => "Language.Bulk",
            Self::Several => "Language.SeveralRequests",
            Self::SeveralAccounts => "Language.SeveralAccounts",
            Self::Forbidden => "Language.NothingAsked",
            Self::Retracted => "Language.Retracted",
            Self::Later => "Language.Conditional",
            Self::Quoted => "Language.QuotedOrder",
            Self::Destructive => "Language.Destructive",
            Self::Opposite(_) | Self::OutOfCatalogue => "Language.OutOfCatalogue",
            Self::Bypass => "Language.Bypass",
            Self::Injection => "Language.Injection",
            Self::Shell => "Language.Shell",
            Self::Power => "Language.Power",
            Self::SecretValue => "Language.SecretValue",
            Self::MissingPlan => "Language.MissingPlan",
            Self::MissingAccount => "Language.MissingAccount",
            Self::MissingSop => "Language.MissingRunbook",
        }
    }

    /// The question with its choices.
    pub(crate) fn clarify(self) -> Clarify {
        Clarify { code: self.code().to_owned(), question: self.text(), choices: self.choices() }
    }

    fn text(self) -> Text {
        let fixed = |en: &str, zh: &str| Text::new(en, zh);
        match self {
            Self::NotBuilt(governed) => governed.text(),
            Self::Doubt => fixed(
                "I am not sure that this is an order, so nothing is done. Please say in one plain sentence what is to be done, to which resource, and in which account.",
                "不能确定这是一条指令，因此没有执行。请用一句话说明：做什么、对哪个资源、在哪个账户。",
            ),
            Self::Empty => fixed("What would you like to do?", "请问想做什么？"),
            Self::TooLong => fixed(
                "That is longer than a request may be (300 words, 16 KiB). Please say it in a few lines.",
                "内容超过一条请求的上限（300 个词、16 KiB），请用几句话说明。",
            ),
            Self::Hidden => fixed(
                "The text holds characters that hide or reorder what is seen. Please type it again.",
                "文本里有隐藏或打乱显示顺序的字符，请重新输入。",
            ),
            Self::Unclear => fixed(
                "I did not understand that. What should I look at or change, and where?",
                "没有听懂。请说明要查看或变更什么、在哪个账户。",
            ),
            Self::MissingTarget(entry) => Text::new(
                format!("{} Which one? Please give the {}.", entry.spec.summary.0, entry.spec.target.0),
                format!("{}请给出{}。", entry.spec.summary.1, entry.spec.target.1),
            ),
            Self::WhichKind(entry) => Text::new(
                format!(
                    "I cannot tell what kind of resource that is. For \"{}\" please give the {}.",
                    entry.spec.summary.0, entry.spec.target.0
                ),
                format!("无法判断这是哪种资源。如果要“{}”，请给出{}。", entry.spec.summary.1, entry.spec.target.1),
            ),
            Self::Bulk => {
                fixed("I do not act on everything of a kind. Please name each resource.", "不支持对一类资源整体操作，请逐个写明资源。")
            }
            Self::Several => fixed("That is more than one change. Please ask for one at a time.", "这里不止一个变更，请一次只提一个。"),
            Self::SeveralAccounts => fixed(
                "That names more than one account. Please ask for one account at a time.",
                "这里提到了多个账户，请一次只针对一个账户。",
            ),
            Self::Forbidden => fixed("Understood: nothing is done. What would you like instead?", "明白，不会执行。请问需要做什么？"),
            Self::Retracted => fixed("Nothing is done. Say it again if you want it after all.", "没有执行任何操作。如仍需要，请重新说明。"),
            Self::Later => fixed(
                "I do not act on conditions or at a later time. Ask for it when it is to be done, or ask for a preview now.",
                "不支持按条件或定时执行。请在需要时再提出，或现在先要一份预演。",
            ),
            Self::Quoted => fixed(
                "That order stands in quoted text, and quoted text is never acted on. Please ask in your own words.",
                "这条指令出现在引用的内容里，引用内容不会被执行。请用自己的话提出。",
            ),
            Self::Destructive => fixed(
                "Deleting and terminating are not in the catalogue, so they cannot be asked for here.",
                "删除、终止类操作不在操作目录中，这里无法执行。",
            ),
            Self::Opposite(entry) => Text::new(
                format!("The opposite is not in the catalogue. What exists is: {}", entry.spec.summary.0),
                format!("反向操作不在操作目录中。目录里有的是：{}", entry.spec.summary.1),
            ),
            Self::Bypass => fixed(
                "Approval, policy and audit cannot be gone around. Without that wish the request may be made again.",
                "审批、策略与审计不能绕过。去掉这一要求后可以重新提出。",
            ),
            Self::Injection => fixed("My rules do not change by request.", "我的规则不会因请求而改变。"),
            Self::Shell => fixed(
                "I do not run commands or scripts. Ask for an operation of the catalogue.",
                "不执行命令或脚本，请改用操作目录中的操作。",
            ),
            Self::Power => fixed("Granting power is not in the catalogue.", "授予权限不在操作目录中。"),
            Self::SecretValue => fixed("Secret values are never shown.", "密钥内容不会显示。"),
            Self::OutOfCatalogue => fixed("That change is not in the catalogue.", "该变更不在操作目录中。"),
            Self::MissingPlan => fixed("Which plan? Please give its id.", "请给出计划编号。"),
            Self::MissingAccount => fixed("Which account? Please give its name or 12-digit id.", "请给出账户名称或 12 位账户 ID。"),
            Self::MissingSop => fixed("Which runbook? Please give its name.", "请给出预案名称。"),
        }
    }

    fn choices(self) -> Vec<Text> {
        let pairs: &[(&str, &str)] = match self {
            Self::Unclear | Self::Empty => &[("help", "帮助"), ("approvals", "待审批"), ("accounts", "账户列表")],
            Self::Destructive => &[("stop an instance instead", "改为停止实例"), ("quarantine it instead", "改为隔离")],
            Self::MissingPlan => &[("approvals", "待审批")],
            Self::MissingAccount => &[("accounts", "账户列表")],
            Self::MissingSop => &[("sop list", "预案列表")],
            Self::NotBuilt(Governed::Freeze | Governed::Maintenance) => &[("calendar", "变更日历")],
            Self::NotBuilt(Governed::Delegation) => &[("approvals", "待审批")],
            Self::Later => &[("preview it now", "现在预演")],
            Self::Opposite(_) | Self::OutOfCatalogue | Self::Shell | Self::Power => &[("help", "帮助")],
            _ => &[],
        };
        pairs.iter().map(|(en, zh)| Text::new(*en, *zh)).collect()
    }
}
