//! What the operations on Lambda functions share. Entry function: [`read_function`]; entry value: [`SHAPE`].
//!
//! GetFunction's answer also holds a link to the code, which is never looked at.

use aws_sdk_lambda::types::Concurrency;
use domain::{Facts, text::inert};

use crate::{
    error::{OperationError, code_of, read_error},
    note::unknown,
    observe::ReadClients,
    operation::{Context, Observed},
    target::TargetShape,
};

pub(crate) const GET_FUNCTION: &str = "lambda:GetFunction";
/// GetFunction answers with tags only to those who may list them.
pub(crate) const LIST_TAGS: &str = "lambda:ListTags";

pub(crate) static SHAPE: TargetShape = TargetShape {
    service: "lambda",
    prefix: "function:",
    regional: true,
    expected: ("function name without a version or alias", "函数名称（不带版本或别名）"),
    id: |text| {
        let ok = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        ok.then(|| text.to_owned())
    },
};

/// A function with its ARN, tags and runtime, without facts; and its reservation.
pub(crate) async fn read_function(clients: &ReadClients, name: &str) -> Result<(Observed, Option<Concurrency>), OperationError> {
    let answer = clients.lambda.get_function().function_name(name).send().await.map_err(|error| match code_of(&error) {
        Some("ResourceNotFoundException") => OperationError::TargetNotFound { target: name.to_owned() },
        _ => read_error(GET_FUNCTION, error),
    })?;
    let missing = |what| OperationError::Incomplete { action: GET_FUNCTION, what };
    let configuration = answer.configuration().ok_or_else(|| missing("a configuration"))?;
    let arn = configuration.function_arn().ok_or_else(|| missing("an ARN"))?.to_owned();
    let mut context = Context { name: Some(name.to_owned()), ..Context::default() };
    if let Some(runtime) = configuration.runtime() {
        context.facts.insert("runtime".into(), runtime.as_str().into());
    }
    match answer.tags_error() {
        None => context.tags = answer.tags().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
        Some(error) => context.notes.push(unknown(
            "tags.unread",
            format!("tags could not be read: {}", inert(error.error_code(), 80)),
            format!("无法读取标签：{}", inert(error.error_code(), 80)),
        )),
    }
    let concurrency = answer.concurrency().cloned();
    Ok((Observed { id: name.to_owned(), arn, facts: Facts::new(), context }, concurrency))
}
