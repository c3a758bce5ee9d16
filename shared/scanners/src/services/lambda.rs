//! Functions. Entry type: [`Lambda`].

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_lambda::types::FunctionConfiguration;
use checks::{
    Gap, Seen,
    lambda::{self, CHECKS, Facts},
};
use futures_util::{StreamExt as _, stream};

use crate::{
    Look, Scanner, ServiceReport, client,
    metrics::{self, Query},
    text,
};

/// The scanner.
#[derive(Debug, Clone, Copy)]
pub struct Lambda;

const FUNCTIONS: &str = "lambda:ListFunctions";
const POLICY: &str = "lambda:GetPolicy";
const URLS: &str = "lambda:ListFunctionUrlConfigs";
const SUBNETS: &str = "ec2:DescribeSubnets";

/// Functions that are looked at concurrently.
const AT_ONCE: usize = 4;

#[async_trait]
impl Scanner for Lambda {
    fn service(&self) -> &'static str {
        "lambda"
    }

    fn actions(&self) -> &'static [&'static str] {
        &[metrics::ACTION, SUBNETS, POLICY, URLS, FUNCTIONS]
    }

    async fn scan(&self, look: &Look) -> ServiceReport {
        let facts = collect(look).await;
        ServiceReport::of(self.service(), look, CHECKS, &facts, Facts::inventory)
    }
}

async fn collect(look: &Look) -> Facts {
    let client = client!(look, aws_sdk_lambda);
    let functions = look
        .list(FUNCTIONS, client.list_functions().into_paginator().send(), |page, all| {
            all.extend(page.functions.unwrap_or_default().iter().map(function));
        })
        .await;
    let Ok(mut functions) = functions else { return Facts { functions } };
    if look.is_full() {
        let zones = zones(look, &functions).await;
        let looks = stream::iter(functions.into_iter().map(|f| details(look, &client, f)));
        functions = looks.buffered(AT_ONCE).collect().await;
        let answers = metrics::read(look, functions.iter().flat_map(queries).collect()).await;
        for (function, metrics) in functions.iter_mut().zip(answers.chunks(5)) {
            measured(function, metrics);
            function.zones = match &zones {
                Ok(known) => Ok(function.subnets.iter().filter_map(|s| known.get(s).cloned()).collect::<BTreeSet<_>>()),
                Err(gap) => Err(gap.clone()),
            };
        }
    }
    Facts { functions: Ok(functions) }
}

/// Zone by subnet, of the subnets that functions use.
async fn zones(look: &Look, functions: &[lambda::Function]) -> Seen<BTreeMap<String, String>> {
    let used: BTreeSet<&String> = functions.iter().flat_map(|f| &f.subnets).collect();
    if used.is_empty() {
        return Ok(BTreeMap::new());
    }
    let client = client!(look, aws_sdk_ec2);
    let all = look
        .list(SUBNETS, client.describe_subnets().into_paginator().send(), |page, all| {
            all.extend(page.subnets.unwrap_or_default().into_iter().filter_map(|s| Some((s.subnet_id?, s.availability_zone?))));
        })
        .await?;
    Ok(all.into_iter().collect())
}

async fn details(look: &Look, client: &aws_sdk_lambda::Client, mut function: lambda::Function) -> lambda::Function {
    let policy = client.get_policy().function_name(&function.arn).send();
    let policy = look.call_or_none(POLICY, &["ResourceNotFoundException"], policy).await;
    function.policy = policy.map(|answer| answer.and_then(|a| a.policy));
    let urls = client.list_function_url_configs().function_name(&function.arn).into_paginator().send();
    function.url_auth =
        look.list(URLS, urls, |page, all| all.extend(page.function_url_configs.iter().map(|u| u.auth_type().as_str().to_owned()))).await;
    function
}

/// Invocations of a month, then invocations, errors, throttles and the longest duration of the last hour: in this order.
fn queries(f: &lambda::Function) -> [Query; 5] {
    let query = |metric, statistic, period_s, back_s| Query {
        namespace: "AWS/Lambda",
        metric,
        dimensions: vec![("FunctionName", f.name.clone())],
        statistic,
        period_s,
        back_s,
    };
    [
        query("Invocations", "Sum", 86_400, 30 * 86_400),
        query("Invocations", "Sum", 300, 3600),
        query("Errors", "Sum", 300, 3600),
        query("Throttles", "Sum", 300, 3600),
        query("Duration", "Maximum", 300, 3600),
    ]
}

fn measured(function: &mut lambda::Function, metrics: &[Seen<checks::Series>]) {
    let [month, calls, errors, throttles, duration] = metrics else { return };
    let sum = |s: &Seen<checks::Series>| s.as_ref().map(checks::Series::sum).map_err(Clone::clone);
    function.invocations = month.clone();
    function.invocations_1h = sum(calls);
    function.errors_1h = sum(errors);
    function.throttles_1h = sum(throttles);
    function.duration_max_ms = duration.as_ref().map(checks::Series::max).map_err(Clone::clone);
}

fn function(f: &FunctionConfiguration) -> lambda::Function {
    let environment = match f.environment() {
        None => Ok(Vec::new()),
        // Lambda lists the function and says that it could not decrypt its variables.
        Some(e) if e.error().is_some() => Err(Gap::incomplete(FUNCTIONS, "the variables (not decrypted)")),
        Some(e) => Ok(e.variables().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect()),
    };
    let metric = || Gap::not_asked(metrics::ACTION);
    lambda::Function {
        name: f.function_name().unwrap_or_default().to_owned(),
        arn: f.function_arn().unwrap_or_default().to_owned(),
        runtime: f.runtime().map(|r| r.as_str().to_owned()),
        timeout_s: f.timeout().unwrap_or(3),
        modified_at: f.last_modified().and_then(text::lambda_instant),
        environment,
        dead_letter: f.dead_letter_config().and_then(|d| d.target_arn()).is_some_and(|a| !a.is_empty()),
        subnets: f.vpc_config().map(|v| v.subnet_ids().to_vec()).unwrap_or_default(),
        zones: Err(Gap::not_asked(SUBNETS)),
        policy: Err(Gap::not_asked(POLICY)),
        url_auth: Err(Gap::not_asked(URLS)),
        invocations: Err(metric()),
        invocations_1h: Err(metric()),
        errors_1h: Err(metric()),
        throttles_1h: Err(metric()),
        duration_max_ms: Err(metric()),
    }
}
