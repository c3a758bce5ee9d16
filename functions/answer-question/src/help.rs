//! What the fleet can do, by the catalogue. Invariant: what is not built is not offered.

use domain::{Lang, Text};

/// The built operations and the commands, for a reader.
pub(crate) fn help(lang: Lang) -> String {
    let mut lines = vec![
        Text::new(
            "I look, propose, wait for the right person, act, check and can undo. Operations:",
            "我会观察、提出方案、等待合适的人批准、执行、检查，并可回滚。可执行的操作：",
        )
        .in_lang(lang)
        .to_owned(),
    ];
    for spec in catalogue::all().filter(|s| s.built) {
        let (summary, undo) = match lang {
            Lang::En => (spec.summary.0, if matches!(spec.undo, domain::UndoSpec::None(..)) { "no undo" } else { "can be undone" }),
            Lang::Zh => (spec.summary.1, if matches!(spec.undo, domain::UndoSpec::None(..)) { "不可回滚" } else { "可回滚" }),
        };
        lines.push(format!("  {} · {} · {summary} ({undo})", spec.id, spec.risk.as_str()));
    }
    lines.push(
        Text::new(
            "Try: `stop i-0123456789abcdef0 in dev`, `only show me: stop …`, `list ec2`, `health`, `scan all accounts`, `status scan_…`, `use account prod`, `plans`, `approvals`, `status plan_…`, `why is function orders failing in dev?`, `status inc_…`, `kb search 5xx after a deployment`, `kb stats`, `inc_… was wrong`, `approve plan_…`, `undo plan_…`, `withdraw plan_…`, `verify audit`, `costs`, `stop everything`.",
            "试试：`停止 dev 的 i-0123456789abcdef0`、`预演：停止 …`、`列出 ec2`、`健康检查`、`扫描所有账户`、`状态 scan_…`、`切换到 prod 账户`、`计划`、`待审批`、`状态 plan_…`、`为什么 dev 的函数 orders 报错？`、`状态 inc_…`、`kb search 部署后报错`、`kb stats`、`inc_… 分析错了`、`批准 plan_…`、`回滚 plan_…`、`撤回 plan_…`、`验证审计`、`费用`、`全部停止`。",
        )
        .in_lang(lang)
        .to_owned(),
    );
    lines.join("\n")
}
