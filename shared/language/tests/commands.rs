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

#[test]
fn a_noun_in_the_plural_is_never_a_name_nor_the_noun_of_one() {
    for text in [
        "reboot the databases",
        "restart the orders databases",
        "turn on PITR for the tables",
        "turn on PITR on all the tables",
        "turn on PITR for the Sessions tables",
        "turn on PITR on tables Orders",
        "invoke the functions",
        "invoke lambda functions nightly and hourly",
        "rotate our secrets",
        "把这些表都打开 PITR",
    ] {
        let parsed = parse(text, &Context::default());
        assert!(matches!(parsed.intent, Intent::Clarify(_)), "{text}: {parsed:?}");
    }
    for (text, name) in [("reboot the orders database", "orders"), ("turn on PITR for the Sessions table", "Sessions")] {
        let Intent::Operate(request) = parse(text, &Context::default()).intent else { panic!("{text}") };
        assert_eq!(request.targets, [name], "{text}");
    }
}

#[test]
fn an_inflected_word_is_no_environment() {
    let Intent::Operate(request) =
        parse("vol-01010101abababab0 has been sitting unattached for months, get rid of it", &Context::default()).intent
    else {
        panic!("not read")
    };
    assert_eq!(request.account, None);
    assert!(matches!(parse("reboot i-0abc123def4567890 in prdo", &Context::default()).intent, Intent::Clarify(_)));
}

#[test]
fn a_list_has_an_account_only_where_one_would_stand() {
    for text in ["show the lambda nightly-report", "show me the current secret MyTestSecret"] {
        let Intent::ListResources(scope) = parse(text, &Context::default()).intent else { continue };
        assert_eq!(scope.account, None, "{text}");
    }
    let Intent::ListResources(scope) = parse("list s3 buckets in data-lake", &Context::default()).intent else { panic!("not read") };
    assert_eq!(scope.account.as_deref(), Some("data-lake"));
}

#[test]
fn a_failover_that_is_denied_is_no_parameter_and_one_that_is_asked_for_is() {
    for (text, wanted) in [
        ("reboot the database orders-main, forcing a failover", true),
        ("reboot rds orders-main and force failover", true),
        ("数据库 orders-main 重启，走 failover", true),
        ("orders-main 数据库重启一下，不带 failover", false),
        ("reboot db instance orders-main without failover", false),
        ("重启数据库 orders-main，不要故障转移", false),
    ] {
        let Intent::Operate(request) = parse(text, &Context::default()).intent else { panic!("{text}") };
        assert_eq!(request.operation.as_str(), "rds.reboot_instance", "{text}");
        assert_eq!(request.params.contains_key("failover"), wanted, "{text}");
    }
}

#[test]
fn another_change_that_is_forbidden_beside_an_order_leaves_the_order() {
    for text in [
        "create a snapshot of the orders-main database; do not fail over",
        "quarantine i-0abc123def4567890, don't terminate it",
        "隔离 i-0abc123def4567890，不要关机",
    ] {
        assert!(matches!(parse(text, &Context::default()).intent, Intent::Operate(_)), "{text}");
    }
}
