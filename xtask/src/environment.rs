//! What a function finds in its environment, for a benchmark: the names that the templates set, with values of the right shape.
//!
//! Entry function: [`of`]. Invariant: nothing is called with these values; a function that the template does not have is an error.

use anyhow::{Context, Result, ensure};

/// What the Lambda sandbox itself sets.
const SANDBOX: &[(&str, &str)] = &[
    ("AWS_REGION", "us-east-1"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "none"),
    ("AWS_SESSION_TOKEN", "none"),
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
    ("_HANDLER", "bootstrap"),
];

/// The templates that have functions, one after the other.
pub(crate) fn templates(root: &std::path::Path) -> Result<String> {
    let read = |file: &str| std::fs::read_to_string(root.join("infra").join(file)).with_context(|| format!("cannot read `infra/{file}`"));
    Ok(read("hub.yaml")? + &read("member-events.yaml")?)
}

/// The environment of a function of the template.
pub(crate) fn of(template: &str, function: &str) -> Result<Vec<(String, String)>> {
    let block = block(template, function).with_context(|| format!("the template has no function `{function}`"))?;
    let mut lines = block.iter().skip_while(|line| line.trim() != "Variables:").skip(1).peekable();
    let depth = lines.peek().map_or(0, |line| indent(line));
    ensure!(depth > 0, "the template gives `{function}` no variables");
    let mut all: Vec<(String, String)> = SANDBOX.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for line in lines.take_while(|line| line.trim().is_empty() || indent(line) >= depth) {
        if indent(line) == depth
            && let Some((name, value)) = line.trim().split_once(':')
        {
            all.push((name.to_owned(), shape(template, name, value.trim())));
        }
    }
    Ok(all)
}

/// The lines of `<PascalCase>Function:`.
fn block<'t>(template: &'t str, function: &str) -> Option<Vec<&'t str>> {
    let pascal: String =
        function.split('-').map(|word| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default()).collect();
    let head = format!("  {pascal}Function:");
    let mut lines = template.lines().skip_while(|line| *line != head);
    lines.next()?;
    Some(lines.take_while(|line| line.trim().is_empty() || indent(line) > 2).collect())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A value of the right shape: a parameter's default where there is one, else by the variable's name.
fn shape(template: &str, name: &str, value: &str) -> String {
    let default = value.strip_prefix("!Ref ").and_then(|parameter| default(template, parameter));
    if let Some(text) = default.as_ref().filter(|text| !text.is_empty()) {
        return text.clone();
    }
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:us-east-1:111111111111:{rest}");
    match name {
        n if n.ends_with("STATE_MACHINE_ARN") => arn("states", "stateMachine:aiops-bench"),
        n if n.ends_with("TOPIC_ARN") => arn("sns", "aiops-bench"),
        n if n.ends_with("KEY_ID") || n.ends_with("KEY_ARN") => arn("kms", "key/00000000-0000-4000-8000-000000000001"),
        n if n.ends_with("_ARN") => arn("iam", "role/aiops-bench"),
        n if n.ends_with("_URL") => "https://example.com".to_owned(),
        "ACCOUNT_ID" => "222222222222".to_owned(),
        n if n.ends_with("POOL_ID") => "us-east-1_bench".to_owned(),
        _ if value.parse::<i64>().is_ok() => value.to_owned(),
        n if n.ends_with("_SECONDS") || n.ends_with("_DAYS") || n.ends_with("_CAP") || n.starts_with("MAX_") => "60".to_owned(),
        // What is empty unless somebody sets it means that nothing is asked for.
        _ => default.unwrap_or_else(|| "bench-bench-bench".to_owned()),
    }
}

/// A parameter's default.
fn default(template: &str, parameter: &str) -> Option<String> {
    let head = format!("  {parameter}:");
    let lines = template.lines().skip_while(|line| *line != "Parameters:").skip_while(|line| *line != head).skip(1);
    let text = lines.take_while(|line| indent(line) > 2).find_map(|line| line.trim().strip_prefix("Default:"))?;
    Some(text.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"
Parameters:
  DailyCap:
    Type: Number
    Default: 100
  EndpointUrl:
    Default: ""
  Prices:
    Default: ""
Resources:
  ServeApiFunction:
    Properties:
      Environment:
        Variables:
          DAILY_CAP: !Ref DailyCap
          LEDGER_TABLE: !Ref LedgerTable
          CHANGE_STATE_MACHINE_ARN: !If
            - Versioned
            - !Sub "arn:x"
          ENDPOINT_URL: !Ref EndpointUrl
          PRICES: !Ref Prices

  NotifyFunction:
    Properties:
      Environment:
        Variables:
          OTHER: !Ref DailyCap
"#;

    #[test]
    fn names_come_from_the_template_and_values_have_their_shape() {
        let all = of(TEMPLATE, "serve-api").unwrap();
        let own: Vec<(&str, &str)> = all.iter().skip(SANDBOX.len()).map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            own,
            [
                ("DAILY_CAP", "100"),
                ("LEDGER_TABLE", "bench-bench-bench"),
                ("CHANGE_STATE_MACHINE_ARN", "arn:aws:states:us-east-1:111111111111:stateMachine:aiops-bench"),
                ("ENDPOINT_URL", "https://example.com"),
                ("PRICES", ""),
            ]
        );
        assert!(of(TEMPLATE, "notify").unwrap().contains(&("OTHER".to_owned(), "100".to_owned())));
        assert!(of(TEMPLATE, "none").is_err());
    }

    #[test]
    fn every_function_of_the_checkout_is_in_the_template() {
        let ws = crate::workspace::Workspace::find().unwrap();
        let template = templates(&ws.root).unwrap();
        for name in ws.functions().unwrap() {
            assert!(of(&template, &name).unwrap().len() > SANDBOX.len(), "{name}");
        }
    }
}
