//! The Chinese words of `--help`. Entry: [`in_chinese`].
//!
//! Invariant: every command and option of [`crate::args`] has an entry; a test walks them all.

use clap::{Arg, ArgAction, Command};

const EXIT_CODES: &str = "退出码：
  0  已按要求完成
  1  被拒绝或其他错误；会打印错误名
  2  审计日志异常
  3  端点或身份服务没有应答，或未登录
  4  等待超时，计划尚未结束";

/// Words of commands, by their path.
const COMMANDS: &[(&str, &str)] = &[
    ("aiops", "用自然语言、计划和审批来运维 AWS 账户"),
    ("aiops login", "登录"),
    ("aiops logout", "退出登录并删除令牌"),
    ("aiops configure", "设置端点、身份服务和客户端；不带选项则显示当前设置"),
    ("aiops chat", "说出要做的事或提问；不带文字则进入对话"),
    ("aiops plans", "列出计划"),
    ("aiops plan", "显示一个计划的预览"),
    ("aiops approvals", "列出等待决定的计划"),
    ("aiops approve", "阅读预览后批准计划"),
    ("aiops reject", "拒绝计划"),
    ("aiops undo", "回滚已执行的计划"),
    ("aiops withdraw", "撤回自己尚在等待的计划"),
    ("aiops console-code", "获取一次性代码，用于在 Step Functions 控制台审批"),
    ("aiops confirm", "为自己申请的计划重新输入账户名称"),
    ("aiops narrow", "从等待中的计划去掉部分资源：由摘要不同的新计划取代"),
    ("aiops factor", "设置审批危险计划所需的二次验证"),
    ("aiops factor enrol", "为验证器获取新的密钥；只显示一次"),
    ("aiops factor activate", "提交新密钥的首个验证码，此后生效"),
    ("aiops factor reset", "移除他人丢失的二次验证（管理员）"),
    ("aiops status", "显示计划的状态，或等待某个计划结束"),
    ("aiops accounts", "列出已登记的账户，或从文件登记"),
    ("aiops accounts load", "登记 YAML 列表中的账户"),
    ("aiops whoami", "显示系统眼中的您"),
    ("aiops stop", "停止全部执行，或某个账户、某种操作的执行"),
    ("aiops release", "解除停止"),
    ("aiops audit", "验证、显示或导出审计日志"),
    ("aiops audit verify", "在本机验证每条链，并与其声明的链头和上次见到的链头比对；或验证导出、证据包"),
    ("aiops audit show", "显示满足所有条件的记录"),
    ("aiops audit export", "将所有记录和封印写入文件夹，可在任何地方验证"),
    ("aiops audit bundle", "将一个计划的全部证据写入一个文件，可由任何人核对"),
    ("aiops audit ocsf", "以 OCSF 事件输出记录，每行一个"),
    ("aiops calendar", "显示未来数周的变更窗口与冻结"),
    ("aiops policy", "询问规则，试用其他规则"),
    ("aiops policy explain", "是否允许？逐条规则说明，以及如何才能获准"),
    ("aiops policy check", "在本机读取并检查规则"),
    ("aiops policy simulate", "在本机判定情形文件（JSON，每行一个）；有与预期不符者退出码为 1"),
    ("aiops policy compare", "显示哪些情形在其他规则下会有不同结果"),
    ("aiops rules", "显示现行规则和日历，或由两人更改"),
    ("aiops rules show", "显示已生效和等待第二人确认的内容"),
    ("aiops rules calendar", "提出变更日历"),
    ("aiops rules policies", "提出策略"),
    ("aiops rules exceptions", "提出扫描发现的例外：负责人、原因与期限"),
    ("aiops rules confirm", "作为第二人确认另一名管理员提出的内容"),
];

/// Words of options, by command path and name; an entry without a path holds for every command.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("", "profile", "使用谁的登录和设置"),
    ("", "json", "输出 JSON，每行一个文档"),
    ("", "lang", "输出语言（默认：系统语言）"),
    ("", "timeout", "等待一次应答的秒数（默认 40）；与 `status --wait` 同用时为等待计划结束的秒数（默认 900）"),
    ("", "plan", "计划编号"),
    ("aiops policy explain", "operation", "操作，与操作目录一致（ec2.stop_instances）"),
    ("aiops policy explain", "account", "哪个账户"),
    ("aiops policy explain", "person", "为谁（默认：您自己）"),
    ("aiops policy explain", "at", "什么时间，RFC 3339 格式（默认：现在）"),
    ("aiops policy explain", "targets", "多少个资源（默认 1）"),
    ("aiops policy check", "rules", "`.cedar` 文件的目录，或一个文件"),
    ("aiops policy simulate", "file", "情形文件"),
    ("aiops policy simulate", "rules", "代替默认规则的规则"),
    ("aiops policy compare", "rules", "`.cedar` 文件的目录，或一个文件"),
    ("aiops policy compare", "file", "情形文件"),
    ("aiops rules calendar", "file", "YAML 文件"),
    ("aiops rules policies", "rules", "`.cedar` 文件的目录，或一个文件"),
    ("aiops rules exceptions", "file", "YAML 文件"),
    ("aiops rules confirm", "kind", "提出的是什么"),
    ("aiops rules confirm", "digest", "其摘要，64 位"),
    ("aiops login", "user", "用户名；不给出则询问"),
    ("aiops login", "password_stdin", "从标准输入读取密码；其他问题依次读取后面的行"),
    ("aiops configure", "endpoint", "HTTP 端点的基础 URL [环境变量：AIOPS_ENDPOINT]"),
    ("aiops configure", "issuer_url", "Cognito API 的基础 URL [环境变量：AIOPS_ISSUER_URL]"),
    ("aiops configure", "client_id", "用户池客户端 [环境变量：AIOPS_CLIENT_ID]"),
    ("aiops chat", "text", "要说的话；不给出则进入对话"),
    ("aiops chat", "yes", "对需要确认的问题回答“是”"),
    ("aiops chat", "new_session", "开始新的会话，不选择任何账户"),
    ("aiops plans", "state", "只列出此状态的计划"),
    ("aiops plans", "limit", "最多列出多少个"),
    ("aiops approve", "digest", "计划的摘要必须与此相同（64 位，或至少前 12 位），否则拒绝"),
    ("aiops approve", "yes", "不再询问"),
    ("aiops approve", "code", "验证器的验证码，计划需要二次验证时使用"),
    ("aiops console-code", "code", "验证器的验证码，计划需要二次验证时使用"),
    ("aiops confirm", "account", "计划所涉及的账户名称"),
    ("aiops narrow", "targets", "保留的资源，编号或 ARN"),
    ("aiops factor enrol", "code", "现有验证器的验证码，将被替换"),
    ("aiops factor activate", "code", "验证码"),
    ("aiops factor reset", "person", "谁的"),
    ("aiops reject", "reason", "原因"),
    ("aiops status", "plan", "计划编号；不给出则显示所有未结束的计划"),
    ("aiops status", "wait", "等待结束；仅当成功，或应请求回滚完成时，退出码为 0"),
    ("aiops accounts load", "file", "文件"),
    ("aiops stop", "account", "只停止此账户"),
    ("aiops stop", "operation", "只停止此操作"),
    ("aiops stop", "reason", "原因；所有人都会看到"),
    ("aiops release", "account", "只解除此账户"),
    ("aiops release", "operation", "只解除此操作"),
    ("aiops audit verify", "chain", "只验证此链（账户号或 `hub`）"),
    ("aiops audit verify", "reset_pins", "忘记至今见到的链头（用于有意的恢复之后）"),
    ("aiops audit show", "incident", "只显示此事件的记录"),
    ("aiops audit show", "resource", "只显示涉及此资源的记录：ARN 或其最后一段"),
    ("aiops audit show", "person", "只显示此人所做或提及此人的记录"),
    ("aiops audit show", "kind", "只显示此类事件"),
    ("aiops audit show", "since", "不早于：时间、日期（UTC）或多久以前（`12h`、`2d`）"),
    ("aiops audit show", "until", "不晚于"),
    ("aiops audit show", "chain", "只显示此链（账户号或 `hub`）"),
    ("aiops audit show", "export", "查询此导出，而不是端点"),
    ("aiops audit show", "plan", "只显示此计划的记录"),
    ("aiops audit ocsf", "incident", "只显示此事件的记录"),
    ("aiops audit ocsf", "resource", "只显示涉及此资源的记录：ARN 或其最后一段"),
    ("aiops audit ocsf", "person", "只显示此人所做或提及此人的记录"),
    ("aiops audit ocsf", "kind", "只显示此类事件"),
    ("aiops audit ocsf", "since", "不早于：时间、日期（UTC）或多久以前（`12h`、`2d`）"),
    ("aiops audit ocsf", "until", "不晚于"),
    ("aiops audit ocsf", "chain", "只显示此链（账户号或 `hub`）"),
    ("aiops audit ocsf", "export", "查询此导出，而不是端点"),
    ("aiops audit ocsf", "plan", "只显示此计划的记录"),
    ("aiops audit show", "csv", "输出 CSV"),
    ("aiops audit ocsf", "sensitive", "包含人的话语和资源中的值"),
    ("aiops audit verify", "export", "验证此导出，不询问任何服务"),
    ("aiops audit verify", "bundle", "验证此证据包，不询问任何服务"),
    ("aiops audit verify", "key", "封印的公钥（PEM）；旧密钥可重复给出"),
    ("aiops audit verify", "approval_key", "审批的公钥（PEM），用于证据包；旧密钥可重复给出"),
    ("aiops audit verify", "pin", "以前见过、必须存在的封印"),
    ("aiops audit verify", "head", "以前见过、必须存在的记录；其他链可重复给出"),
    ("aiops audit verify", "erased", "接受只留下哈希的记录"),
    ("aiops audit export", "to", "文件夹；必须为空或不存在"),
    ("aiops audit bundle", "export", "含有其记录和封印的导出"),
    ("aiops audit bundle", "to", "文件"),
];

/// The command line with Chinese words.
pub(crate) fn in_chinese(command: Command) -> Command {
    let path = command.get_name().to_owned();
    translate(command, &path).after_help(EXIT_CODES)
}

fn translate(command: Command, path: &str) -> Command {
    let about = COMMANDS.iter().find(|(p, _)| *p == path).map(|(_, text)| *text);
    let mut command =
        command.subcommand_help_heading("命令").help_template("{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}");
    // The built-in flags bring English words of their own.
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助").help_heading("选项");
    command = command.disable_help_flag(true).arg(help);
    if command.get_version().is_some() {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("显示版本").help_heading("选项");
        command = command.disable_version_flag(true).arg(version);
    }
    if let Some(about) = about {
        command = command.about(about).long_about(None::<&str>);
    }
    let arguments: Vec<(String, bool)> = command.get_arguments().map(|a| (a.get_id().to_string(), a.is_positional())).collect();
    for (id, positional) in arguments {
        let heading = if positional { "参数" } else { "选项" };
        command = command.mut_arg(&id, |arg| {
            let arg = arg.help_heading(heading);
            match option(path, &id) {
                Some(text) => arg.help(text).long_help(None::<&str>),
                None => arg,
            }
        });
    }
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        let below = format!("{path} {name}");
        command = command.mut_subcommand(&name, |c| translate(c, &below));
    }
    command
}

fn option(path: &str, id: &str) -> Option<&'static str> {
    let of = |wanted: &str| OPTIONS.iter().find(|(p, i, _)| *p == wanted && *i == id).map(|(_, _, text)| *text);
    of(path).or_else(|| of(""))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Args;

    fn walk(command: &Command, path: &str, seen: &mut Vec<String>) {
        assert!(COMMANDS.iter().any(|(p, _)| *p == path), "no Chinese words for `{path}`");
        seen.push(path.to_owned());
        for arg in command.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str())) {
            assert!(option(path, arg.get_id().as_str()).is_some(), "no Chinese words for `{path} {}`", arg.get_id());
            assert!(arg.get_help().is_some(), "no English words for `{path} {}`", arg.get_id());
        }
        for sub in command.get_subcommands() {
            assert!(sub.get_about().is_some(), "no English words for `{path} {}`", sub.get_name());
            walk(sub, &format!("{path} {}", sub.get_name()), seen);
        }
    }

    #[test]
    fn every_command_and_option_has_words_in_both_languages() {
        let mut seen = Vec::new();
        walk(&Args::command(), "aiops", &mut seen);
        for (path, _) in COMMANDS {
            assert!(seen.iter().any(|s| s == path), "`{path}` is no command");
        }
        in_chinese(Args::command()).debug_assert();
    }

    #[test]
    fn chinese_help_is_chinese() {
        let help = in_chinese(Args::command()).render_long_help().to_string();
        for words in ["用法：", "命令", "选项", "批准计划", "退出码"] {
            assert!(help.contains(words), "{help}");
        }
    }
}
