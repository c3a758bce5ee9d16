//! Functions. Entry types: [`Facts`], [`CHECKS`].
//!
//! Invariant: a metric that was read and has no points is zero (nothing was invoked); one that was not read is unknown.
//! A secret is named by its variable, never quoted.

use std::collections::BTreeSet;

use domain::EpochMs;

use crate::{
    check::{
        Category::{Cost, Health, Resilience, Security},
        Check, Judgement,
        Severity::{Critical, High, Low, Medium},
        Verdict, each_where, fail_if, observed, or_gap,
    },
    document::Document,
    gap::{Gap, Seen},
    place::Place,
    resource::Resource,
    secret::looks_secret,
    series::Series,
};

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `python3.12`, …; absent for container images.
    pub runtime: Option<String>,
    /// Seconds.
    pub timeout_s: i32,
    /// When code or configuration last changed.
    pub modified_at: Option<EpochMs>,
    /// Names and values of variables.
    pub environment: Seen<Vec<(String, String)>>,
    /// Whether it has a dead-letter target.
    pub dead_letter: bool,
    /// Its subnets.
    pub subnets: Vec<String>,
    /// The zones of its subnets.
    pub zones: Seen<BTreeSet<String>>,
    /// Its resource policy; `None` when it has none.
    pub policy: Seen<Option<String>>,
    /// `NONE` or `AWS_IAM` for each of its URLs.
    pub url_auth: Seen<Vec<String>>,
    /// `Invocations`, sum a day, 30 days.
    pub invocations: Seen<Series>,
    /// `Invocations`, sum of the last hour.
    pub invocations_1h: Seen<f64>,
    /// `Errors`, sum of the last hour.
    pub errors_1h: Seen<f64>,
    /// `Throttles`, sum of the last hour.
    pub throttles_1h: Seen<f64>,
    /// `Duration`, maximum of the last hour, milliseconds; `None` when nothing ran.
    pub duration_max_ms: Seen<Option<f64>>,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Functions.
    pub functions: Seen<Vec<Function>>,
}

impl Facts {
    /// The inventory.
    #[must_use]
    pub fn inventory(&self, _: &Place) -> Vec<Resource> {
        let line = |f: &Function| Resource::new(f.arn.clone(), "function", &f.name).with(f.runtime.as_deref().unwrap_or("image"));
        self.functions.iter().flatten().map(line).collect()
    }

    fn each(&self, p: &Place, about: impl Fn(&Function) -> bool, judge: impl Fn(&Function) -> Verdict) -> Vec<Judgement> {
        each_where(&self.functions, p, about, |f| f.arn.clone(), judge)
    }
}

/// Runtimes and the day from which AWS no longer patches them
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>).
const DEPRECATED: &[(&str, &str)] = &[
    ("dotnet5.0", "2022-05-10"),
    ("dotnet6", "2024-12-20"),
    ("dotnet7", "2024-05-14"),
    ("dotnetcore1.0", "2019-06-27"),
    ("dotnetcore2.0", "2019-05-30"),
    ("dotnetcore2.1", "2022-01-05"),
    ("dotnetcore3.1", "2023-04-03"),
    ("go1.x", "2024-01-08"),
    ("java8", "2024-01-08"),
    ("nodejs", "2016-10-31"),
    ("nodejs10.x", "2021-07-30"),
    ("nodejs12.x", "2023-03-31"),
    ("nodejs14.x", "2023-12-04"),
    ("nodejs16.x", "2024-06-12"),
    ("nodejs18.x", "2025-09-01"),
    ("nodejs20.x", "2026-04-30"),
    ("nodejs4.3", "2020-03-05"),
    ("nodejs4.3-edge", "2020-03-05"),
    ("nodejs6.10", "2019-08-12"),
    ("nodejs8.10", "2020-03-06"),
    ("provided", "2024-01-08"),
    ("python2.7", "2021-07-15"),
    ("python3.6", "2022-07-18"),
    ("python3.7", "2023-12-04"),
    ("python3.8", "2024-10-14"),
    ("python3.9", "2025-12-15"),
    ("ruby2.5", "2021-07-30"),
    ("ruby2.7", "2023-12-07"),
    ("ruby3.2", "2026-03-31"),
];

/// Share of failed invocations, and how many there have to be.
const ERROR_RATE: (f64, f64) = (0.05, 20.0);

/// Everything that is looked for.
pub const CHECKS: &[Check<Facts>] = &[
    Check::new("lambda_function_error_rate_high", Health, High, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |l| {
                let (errors, all) = (*or_gap(&l.errors_1h)?, *or_gap(&l.invocations_1h)?);
                let rate = if all > 0.0 { errors / all } else { 0.0 };
                fail_if(all >= ERROR_RATE.1 && rate > ERROR_RATE.0, || {
                    observed([("error_percent_1h", format!("{:.1}", rate * 100.0)), ("invocations_1h", format!("{all}"))])
                })
            },
        )
    })
    .says(
        ("More than 5 % of the invocations fail", "超过 5% 的调用失败"),
        ("Requests are lost or repeated.", "请求会丢失或被重复处理。"),
        ("Read its logs; roll the alias back when a deployment caused it.", "查看日志；若由发布引起，回滚别名。"),
    )
    .fixed_by("lambda.rollback_alias")
    .needs(&["lambda:ListFunctions", "cloudwatch:GetMetricData"]),
    Check::new("lambda_function_throttled", Health, Medium, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |l| {
                let throttles = *or_gap(&l.throttles_1h)?;
                fail_if(throttles > 0.0, || observed([("throttles_1h", throttles)]))
            },
        )
    })
    .says(
        ("Function was throttled in the last hour", "函数在过去一小时被限流"),
        ("Invocations are refused because no concurrency is left.", "没有可用并发，调用被拒绝。"),
        ("Raise its reserved concurrency or the account's limit.", "提高预留并发或账户并发上限。"),
    )
    .fixed_by("lambda.set_concurrency")
    .needs(&["lambda:ListFunctions", "cloudwatch:GetMetricData"]),
    Check::new("lambda_function_near_timeout", Health, Medium, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |l| {
                let Some(most) = *or_gap(&l.duration_max_ms)? else { return Ok(None) };
                let limit = f64::from(l.timeout_s) * 1000.0;
                fail_if(most > limit * 0.8, || observed([("duration_max_ms", format!("{most:.0}")), ("timeout_ms", format!("{limit:.0}"))]))
            },
        )
    })
    .says(
        ("Function runs for more than 80 % of its timeout", "函数运行时间超过超时的 80%"),
        ("A little more load and it is cut off in the middle of its work.", "负载稍增就会在处理中途被终止。"),
        ("Raise timeout or memory, or find what it waits for.", "提高超时或内存，或找出它在等待什么。"),
    )
    .likely()
    .fixed_by("lambda.update_configuration")
    .needs(&["lambda:ListFunctions", "cloudwatch:GetMetricData"]),
    Check::new("lambda_function_public", Security, Critical, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |l| {
                let Some(policy) = or_gap(&l.policy)? else { return Ok(None) };
                let document = Document::parse("lambda:GetPolicy", policy)?;
                Ok(document.public().map(|s| observed([("statement", s.sid.clone()), ("actions", s.actions.join(","))])))
            },
        )
    })
    .says(
        ("Function policy lets everyone invoke it", "函数策略允许任何人调用"),
        ("Anyone with an AWS account can run it and what it may do.", "任何 AWS 账户都能运行它并借用它的权限。"),
        ("Remove the statement, or confine it to an account or source.", "删除该语句，或限定账户与来源。"),
    )
    .known_as(&["SecurityHub:Lambda.1", "Prowler:awslambda_function_not_publicly_accessible"])
    .needs(&["lambda:ListFunctions", "lambda:GetPolicy"]),
    Check::new("lambda_function_runtime_deprecated", Security, Medium, |f: &Facts, p| {
        f.each(
            p,
            |l| l.runtime.is_some(),
            |l| {
                let runtime = l.runtime.as_deref().unwrap_or_default();
                let today = p.at.utc_day();
                let since = DEPRECATED.iter().find(|(name, day)| *name == runtime && *day <= today.as_str());
                Ok(since.map(|(_, day)| observed([("runtime", runtime), ("deprecated_on", day)])))
            },
        )
    })
    .says(
        ("Function runs on a deprecated runtime", "函数使用已弃用的运行时"),
        ("The runtime gets no security fixes, and soon the function cannot be changed.", "运行时不再获得安全修复，不久后函数将无法更新。"),
        ("Move it to a supported runtime.", "迁移到受支持的运行时。"),
    )
    .known_as(&["SecurityHub:Lambda.2", "Prowler:awslambda_function_using_supported_runtimes"])
    .needs(&["lambda:ListFunctions"]),
    Check::new("lambda_function_secret_in_environment", Security, High, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |l| {
                let found =
                    or_gap(&l.environment)?.iter().find_map(|(name, value)| looks_secret(name, value).map(|kind| (name.as_str(), kind)));
                Ok(found.map(|(name, kind)| observed([("variable", name), ("kind", kind)])))
            },
        )
    })
    .says(
        ("Function has a secret in its environment", "函数环境变量中有疑似密钥"),
        ("Whoever may look at the configuration can read it.", "能查看配置的人就能读到它。"),
        ("Move it to Secrets Manager and rotate it.", "移入 Secrets Manager 并轮换。"),
    )
    .likely()
    .known_as(&["Prowler:awslambda_function_no_secrets_in_variables"])
    .needs(&["lambda:ListFunctions"]),
    Check::new("lambda_function_url_public", Security, High, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |l| {
                let open = or_gap(&l.url_auth)?.iter().any(|auth| auth == "NONE");
                fail_if(open, || observed([("auth_type", "NONE")]))
            },
        )
    })
    .says(
        ("Function URL asks nobody who they are", "函数 URL 无需认证"),
        ("Anyone who knows the address can run it.", "知道地址的人都能调用它。"),
        ("Require AWS_IAM, or put an authoriser in front.", "改为 AWS_IAM 认证，或在前面加授权器。"),
    )
    .likely()
    .known_as(&["Prowler:awslambda_function_url_public"])
    .needs(&["lambda:ListFunctions", "lambda:ListFunctionUrlConfigs"]),
    Check::new("lambda_function_dead_letter_missing", Resilience, Low, |f: &Facts, p| {
        f.each(p, |_| true, |l| fail_if(!l.dead_letter, || observed([("dead_letter_target", "none")])))
    })
    .says(
        ("Function has no dead-letter target", "函数没有死信目标"),
        ("Asynchronous events that fail twice are lost.", "异步事件重试失败后会丢失。"),
        ("Give it a dead-letter queue or an on-failure destination.", "配置死信队列或失败目标。"),
    )
    .likely()
    .known_as(&["Prowler:awslambda_function_no_dead_letter_queue"])
    .needs(&["lambda:ListFunctions"]),
    Check::new("lambda_function_single_az", Resilience, Medium, |f: &Facts, p| {
        f.each(
            p,
            |l| !l.subnets.is_empty(),
            |l| {
                let zones = or_gap(&l.zones)?;
                if zones.is_empty() {
                    return Err(Gap::incomplete("ec2:DescribeSubnets", "the zones of its subnets"));
                }
                fail_if(zones.len() == 1, || observed([("zones", zones.iter().cloned().collect::<Vec<_>>().join(","))]))
            },
        )
    })
    .says(
        ("Function in a network uses one zone", "VPC 内的函数只用一个可用区"),
        ("It is down as long as that zone is.", "该可用区故障时函数不可用。"),
        ("Give it subnets in at least two zones.", "为它配置至少两个可用区的子网。"),
    )
    .known_as(&["SecurityHub:Lambda.5", "Prowler:awslambda_function_vpc_multi_az"])
    .needs(&["lambda:ListFunctions", "ec2:DescribeSubnets"]),
    Check::new("lambda_function_unused", Cost, Low, |f: &Facts, p| {
        f.each(
            p,
            |_| true,
            |l| {
                let calls = or_gap(&l.invocations)?.sum();
                let age =
                    l.modified_at.map(|at| p.days_since(at)).ok_or_else(|| Gap::incomplete("lambda:ListFunctions", "its last change"))?;
                fail_if(calls < 1.0 && age > 30, || {
                    observed([("invocations_30d", calls.to_string()), ("changed_days_ago", age.to_string())])
                })
            },
        )
    })
    .says(
        ("Function was not invoked for 30 days", "函数 30 天未被调用"),
        ("Forgotten code keeps its permissions.", "被遗忘的代码仍保有权限。"),
        ("Remove it, or say why it stays.", "删除它，或登记保留原因。"),
    )
    .needs(&["lambda:ListFunctions", "cloudwatch:GetMetricData"]),
];
