//! The short commands that people know from the chat tool before this one, and orders that no function serves yet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use domain::Intent;
use language::{Context, parse};

/// The intent and, of an operation, its id; of a question back, its code.
fn read(text: &str) -> (String, String) {
    let intent = parse(text, &Context::with_accounts(["dev", "staging", "prod"])).intent;
    let name = serde_json::to_value(&intent).unwrap()["intent"].as_str().unwrap().to_owned();
    let detail = match intent {
        Intent::Operate(request) => request.operation.to_string(),
        Intent::Clarify(question) => question.code,
        _ => String::new(),
    };
    (name, detail)
}

#[test]
fn the_short_commands_are_understood_in_both_languages() {
    for (intent, operation, texts) in [
        ("list_resources", "", &["ec2", "ec2 list"][..]),
        ("operate", "ec2.stop_instances", &["ec2 stop i-0abc123def4567890", "ec2 停止 i-0abc123def4567890"]),
        ("show_metrics", "", &["ec2 metrics i-0abc123def4567890", "ec2 指标 i-0abc123def4567890"]),
        ("operate", "rds.failover_cluster", &["rds failover orders-aurora", "rds 故障转移 orders-aurora"]),
        ("operate", "lambda.invoke_function", &["lambda invoke resize-images", "调用 lambda resize-images"]),
        ("check_health", "", &["health", "健康检查"]),
        ("detect_anomalies", "", &["anomaly", "异常检测"]),
        ("search_knowledge", "", &["kb search disk full", "知识库搜索 磁盘满", "kb semantic connection refused"]),
        ("knowledge_stats", "", &["kb stats", "知识库统计"]),
        ("list_sops", "", &["sop list", "预案列表"]),
        ("show_sop", "", &["sop show disk-full", "查看预案 disk-full"]),
        ("suggest_sop", "", &["sop suggest disk full", "推荐预案 磁盘满"]),
        ("run_sop", "", &["sop run disk-full", "执行预案 disk-full"]),
        ("scan", "", &["scan", "扫描"]),
        ("undo", "", &["undo plan-7f3a9", "撤销 plan-7f3a9 的变更"]),
        ("withdraw", "", &["withdraw plan-7f3a9", "撤回 plan-7f3a9"]),
        ("release_stop", "", &["release the kill switch", "解除急停"]),
        ("use_region", "", &["use region eu-west-1", "切换到东京区域"]),
        ("show_logs", "", &["logs of checkout-fn", "看一下 checkout-fn 的日志"]),
    ] {
        for text in texts {
            assert_eq!(read(text), (intent.to_owned(), operation.to_owned()), "{text}");
        }
    }
}

#[test]
fn what_no_function_serves_yet_is_said_to_be_understood_and_not_built() {
    for text in [
        "delegate my approvals to bob",
        "please delegate approvals in prod to alice for this week",
        "把我的审批委托给张三",
        "freeze changes in prod",
        "freeze prod changes until monday",
        "declare a change freeze for staging",
        "冻结生产变更",
        "开始封网",
        "put i-0abc123def4567890 into maintenance",
        "start a maintenance window for prod",
        "request an exception for bucket acme-media",
        "grant an exception to the tls rule for acme-media",
        "给 acme-media 桶加个例外",
    ] {
        assert_eq!(read(text), ("clarify".to_owned(), "Language.NotBuilt".to_owned()), "{text}");
    }
}

#[test]
fn a_question_about_one_of_them_and_the_kill_switch_are_what_they_were() {
    for (text, intent) in [
        ("when is the next maintenance window", "show_calendar"),
        ("现在是封网期吗", "show_calendar"),
        ("what waits for my approval", "list_approvals"),
        ("freeze everything", "stop_everything"),
        ("freeze all automation", "stop_everything"),
    ] {
        assert_eq!(read(text).0, intent, "{text}");
    }
}
