//! Where secrets stand in real life. Entry functions: [`around`], [`named`].

/// The dresses of a secret that shows what it is, or that stands with its own name.
pub(super) const AROUND: [&str; 7] = ["line", "log", "json", "yaml comment", "url", "code", "chinese"];
/// The dresses of a secret that is known by the name it is given.
pub(super) const NAMED: [&str; 8] = ["env", "json", "yaml", "log", "url", "code", "chinese", "pair"];

/// A text with a secret in it, in the dress of that name.
pub(super) fn around(dress: &str, secret: &str) -> String {
    match dress {
        "log" => format!("2026-11-28T08:41:24.117Z ERROR [http-nio-8080-exec-3] upstream said: {secret}\n"),
        "json" => format!("{{\"level\":\"warn\",\"message\":{},\"service\":\"orders\"}}\n", serde_json::Value::from(secret)),
        "yaml comment" => format!("replicas: 2 # was {secret}\nimage: orders:1.4\n"),
        "url" => format!("GET https://api.example.com/v1/items?page=2&v={secret}\n"),
        "code" => format!("    let client = Client::new(\"{secret}\");\n"),
        "chinese" => format!("请检查这个值：{secret}\n，它不应该出现在日志里。\n"),
        _ => format!("first line\n{secret}\nlast line\n"),
    }
}

/// A text in which a name is given a secret, in the dress of that name.
pub(super) fn named(dress: &str, name: &str, secret: &str) -> String {
    match dress {
        "json" => format!("{{\"region\":\"eu-west-1\",\"{}\":\"{secret}\",\"retries\":3}}\n", name.to_lowercase()),
        "yaml" => format!("spec:\n  {}: {secret}\n  replicas: 2\n", name.to_lowercase()),
        "log" => format!("2026-11-28T08:41:24.117Z INFO starting with {name}={secret} retries=3\n"),
        "url" => format!("GET https://api.example.com/v1/items?page=2&{}={secret}&sort=asc\n", name.to_lowercase()),
        "code" => format!("    const {name} = \"{secret}\";\n"),
        "chinese" => format!("部署时用的 {name} 是 {secret}，请不要外传。\n"),
        "pair" => format!("{{\"name\": \"{name}\", \"value\": \"{secret}\"}}\n"),
        _ => format!("export {name}={secret}\n"),
    }
}
