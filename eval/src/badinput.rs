//! Suite `badinput`: what strangers send. JSON, signed tokens, naughty strings and Merkle proofs, each read by the product's own code.
//!
//! Entry: [`run`]. The folder holds `json/` (`y_`, `n_`, `i_` files, as JSONTestSuite), `jose/` (Wycheproof `json_web_*_test.json`),
//! `naughty-strings/` (`blns.json`) and `merkle/{inclusion,consistency}` (transparency-dev); a part that is missing is left out and
//! said so. Verdicts are those of the vectors.
//!
//! Invariant: the scorer's idea of a hidden character or of live markup is its own, not the product's.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::text::inert;
use serde_json::{Value, json};
use token::{Algorithm, KeySet};

/// Runs the suite.
pub(crate) fn run(data: &Path, json_asked: bool) -> Result<Vec<String>> {
    // Panics are counted; their messages would only hide the table.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = all(data);
    std::panic::set_hook(hook);
    let (mut lines, count) = outcome?;
    lines.push(String::new());
    lines.push(format!(
        "JSON    {} of {} accepted that must be, {} of {} refused that must be, {} of {} open ones accepted; {} read as a chat request",
        count.json_accepted,
        count.json_valid,
        count.json_rejected,
        count.json_invalid,
        count.json_either_accepted,
        count.json_either,
        count.json_as_request
    ));
    lines.push(format!(
        "JOSE    {} accepted, {} refused ({} of them valid by algorithms that are not admitted), {} wrong",
        count.jose_accepted, count.jose_refused, count.jose_not_admitted, count.jose_wrong
    ));
    for (name, of) in &count.jose {
        lines.push(format!(
            "        {name:<16} {:>4} accepted of {} valid, {:>4} refused of {} invalid, {} wrong",
            of.accepted, of.valid, of.refused, of.invalid, of.wrong
        ));
    }
    lines.push(format!("Merkle  {} proofs, {} wrong", count.merkle, count.merkle_wrong));
    lines.push(format!(
        "Strings {} in {} sentences: {} read as an operation by themselves, {} hidden characters left, {} live markup",
        count.strings, count.sentences, count.string_operations, count.hidden_left, count.live_markup
    ));
    lines.push(format!("Panics  {}", count.panics));
    if json_asked {
        lines.push(serde_json::to_string(&count)?);
    }
    Ok(lines)
}

#[derive(Debug, Default, serde::Serialize)]
struct Count {
    suite: &'static str,
    json_accepted: usize,
    json_rejected: usize,
    jose_wrong: usize,
    merkle_wrong: usize,
    panics: usize,
    json_valid: usize,
    json_invalid: usize,
    json_either: usize,
    json_either_accepted: usize,
    json_as_request: usize,
    jose_accepted: usize,
    jose_refused: usize,
    jose_not_admitted: usize,
    /// By the algorithm that a token names, the three that are admitted always among them.
    jose: BTreeMap<String, ByAlgorithm>,
    merkle: usize,
    strings: usize,
    sentences: usize,
    string_operations: usize,
    hidden_left: usize,
    live_markup: usize,
}

/// Vectors of one algorithm: how the product answered, and how the vectors say it should.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
struct ByAlgorithm {
    accepted: usize,
    refused: usize,
    valid: usize,
    invalid: usize,
    wrong: usize,
}

/// Algorithms of the product; what no vector is about shows as zeros.
const ADMITTED: [&str; 3] = ["RS256", "PS256", "ES256"];

fn all(data: &Path) -> Result<(Vec<String>, Count)> {
    let mut count = Count { suite: "badinput", ..Count::default() };
    let mut lines = Vec::new();
    let parts: [(&str, Part); 4] = [("json", texts), ("jose", tokens), ("merkle", proofs), ("naughty-strings", strings)];
    let mut found = 0;
    for (part, read) in parts {
        let place = data.join(part);
        if place.is_dir() {
            found += 1;
            read(&place, &mut count, &mut lines)?;
        } else {
            lines.push(format!("no folder `{}`: left out", place.display()));
        }
    }
    ensure!(found > 0, "`{}` holds none of json, jose, merkle, naughty-strings", data.display());
    Ok((lines, count))
}

/// A door of the product that reads text.
type Enter = fn(&str);

type Part = fn(&Path, &mut Count, &mut Vec<String>) -> Result<()>;

/// The answer, or `None` when it panicked.
fn guarded<T>(count: &mut Count, lines: &mut Vec<String>, what: &str, act: impl FnOnce() -> T) -> Option<T> {
    let answer = catch_unwind(AssertUnwindSafe(act)).ok();
    if answer.is_none() {
        count.panics += 1;
        lines.push(format!("PANIC   {what}"));
    }
    answer
}

fn files(place: &Path) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut todo = vec![(place.to_owned(), 0)];
    while let Some((place, depth)) = todo.pop() {
        ensure!(depth < 16, "`{}` is nested too deeply", place.display());
        for entry in std::fs::read_dir(&place).with_context(|| format!("cannot read `{}`", place.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                todo.push((path, depth + 1));
            } else if path.extension().is_some_and(|e| e == "json") {
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))
}

fn parsed(file: &Path) -> Result<Value> {
    serde_json::from_slice(&read(file)?).with_context(|| format!("`{}` is no JSON", file.display()))
}

fn name(file: &Path) -> String {
    file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The chat endpoint's body.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only whether it can be read counts")]
struct Request {
    text: String,
    session: Option<String>,
}

/// Through the decoder of every request.
fn texts(place: &Path, count: &mut Count, lines: &mut Vec<String>) -> Result<()> {
    for file in files(place)? {
        let (bytes, name) = (read(&file)?, name(&file));
        let Some(accepted) = guarded(count, lines, &name, || domain::request::decode::<Value>(&bytes).is_ok()) else { continue };
        if guarded(count, lines, &name, || domain::request::decode::<Request>(&bytes).is_ok()) == Some(true) {
            count.json_as_request += 1;
        }
        let right = match name.split('_').next() {
            Some("y") => {
                count.json_valid += 1;
                count.json_accepted += usize::from(accepted);
                accepted
            }
            Some("n") => {
                count.json_invalid += 1;
                count.json_rejected += usize::from(!accepted);
                !accepted
            }
            Some("i") => {
                count.json_either += 1;
                count.json_either_accepted += usize::from(accepted);
                true
            }
            _ => true,
        };
        if !right {
            lines.push(format!("JSON    {name}: {}", if accepted { "accepted" } else { "refused" }));
        }
    }
    Ok(())
}

/// Through the verifier of tokens.
fn tokens(place: &Path, count: &mut Count, lines: &mut Vec<String>) -> Result<()> {
    count.jose.extend(ADMITTED.map(|name| (name.to_owned(), ByAlgorithm::default())));
    for file in files(place)? {
        let vectors = &parsed(&file)?;
        for group in vectors["testGroups"].as_array().into_iter().flatten() {
            let key = if group["public"].is_object() { &group["public"] } else { &group["private"] };
            let set = if key["keys"].is_array() { key.clone() } else { json!({"keys": [key]}) };
            for test in group["tests"].as_array().into_iter().flatten() {
                let token = ["jws", "jwe"].iter().map(|f| &test[*f]).find(|t| !t.is_null()).unwrap_or(&Value::Null);
                let token = token.as_str().map_or_else(|| token.to_string(), str::to_owned);
                let what = format!("{} {} {}", name(&file), test["tcId"], test["comment"].as_str().unwrap_or_default());
                let verdict = || {
                    let keys = KeySet::parse(set.to_string().as_bytes()).ok()?;
                    keys.signed(&token).ok()
                };
                let Some(signed) = guarded(count, lines, &what, verdict) else { continue };
                let valid = test["result"] == "valid";
                let algorithm = header_algorithm(&token);
                let admitted = algorithm.as_ref().is_some_and(|name| Algorithm::named(name).is_some());
                match &signed {
                    Some(_) => count.jose_accepted += 1,
                    None => count.jose_refused += 1,
                }
                count.jose_not_admitted += usize::from(valid && !admitted && signed.is_none());
                // A vector that Wycheproof calls acceptable may go either way.
                let right = test["result"] == "acceptable" || signed.is_some() == (valid && admitted);
                let of = count.jose.entry(row(algorithm)).or_default();
                of.accepted += usize::from(signed.is_some());
                of.refused += usize::from(signed.is_none());
                of.valid += usize::from(valid);
                of.invalid += usize::from(test["result"] == "invalid");
                of.wrong += usize::from(!right);
                if !right {
                    count.jose_wrong += 1;
                    lines.push(format!("JOSE    {what}: {}", if signed.is_some() { "accepted" } else { "refused" }));
                }
            }
        }
    }
    Ok(())
}

/// Where a vector is counted: under the algorithm that its header names, if that is a name.
fn row(algorithm: Option<String>) -> String {
    let is_name = |name: &str| (1..=20).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_".contains(&b));
    algorithm.filter(|name| is_name(name)).unwrap_or_else(|| "unreadable".to_owned())
}

/// The algorithm that a token's header names.
fn header_algorithm(token: &str) -> Option<String> {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    serde_json::from_slice::<Value>(&header).ok()?.get("alg")?.as_str().map(str::to_owned)
}

/// Through the proofs of the audit log.
fn proofs(place: &Path, count: &mut Count, lines: &mut Vec<String>) -> Result<()> {
    for file in files(place)? {
        let vector = &parsed(&file)?;
        let shown = file.strip_prefix(place).unwrap_or(&file).display().to_string();
        let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).with_context(|| format!("base64 in `{shown}`"));
        let number = |field: &str| vector[field].as_u64();
        let proof: Vec<Vec<u8>> = vector["proof"].as_array().into_iter().flatten().map(bytes).collect::<Result<_>>()?;
        let wanted = vector["wantErr"].as_bool().with_context(|| format!("`{shown}` has no verdict"))?;
        let refused = if let (Some(index), Some(size)) = (number("leafIdx"), number("treeSize")) {
            let (leaf, root) = (bytes(&vector["leafHash"])?, bytes(&vector["root"])?);
            guarded(count, lines, &shown, || audit::merkle::verify_inclusion(&leaf, index, size, &proof, &root).is_err())
        } else {
            let (earlier, later) = (number("size1").context("size1")?, number("size2").context("size2")?);
            let (old, new) = (bytes(&vector["root1"])?, bytes(&vector["root2"])?);
            guarded(count, lines, &shown, || audit::merkle::verify_consistency(earlier, later, &proof, &old, &new).is_err())
        };
        count.merkle += 1;
        if refused != Some(wanted) {
            count.merkle_wrong += 1;
            lines.push(format!("Merkle  {shown}: {refused:?}, not {wanted}"));
        }
    }
    Ok(())
}

/// Through the language, the reply, and every door that reads text from people.
fn strings(place: &Path, count: &mut Count, lines: &mut Vec<String>) -> Result<()> {
    let list = parsed(&place.join("blns.json"))?;
    let context = language::Context::with_accounts(["prod", "dev"]);
    for text in list.as_array().context("blns.json is no list")?.iter().filter_map(Value::as_str) {
        count.strings += 1;
        let sentences = [
            text.to_owned(),
            format!("stop {text} in dev"),
            format!("把 dev 的 {text} 停掉"),
            format!("why is {text} slow?"),
            format!("kb search {text}"),
            format!("approve plan_01ARZ3NDEKTSV4RRFFQ69G5FAV because {text}"),
            format!("use account {text}"),
        ];
        for (n, sentence) in sentences.iter().enumerate() {
            count.sentences += 1;
            let what = format!("language: {}", shown(sentence));
            let Some(read) = guarded(count, lines, &what, || language::parse(sentence, &context)) else { continue };
            if n == 0 && matches!(read.intent, domain::Intent::Operate(_)) {
                count.string_operations += 1;
                lines.push(format!("ACTS    {what}"));
            }
        }
        let doors: [(&str, Enter); 7] = [
            ("person", |t| drop(domain::PersonId::parse(t))),
            ("plan", |t| drop(domain::PlanId::parse(t))),
            ("calendar", |t| drop(calendar::Calendar::parse(t))),
            ("token", |t| drop(KeySet::parse(b"{\"keys\":[]}").map(|keys| keys.signed(t).is_ok()))),
            ("sign-in", |t| drop(stepup::SignIn::of_claims(t, t))),
            ("code", |t| drop(stepup::Guard::default().try_code(&stepup::Secret::from_entropy([1; 20]), t, domain::EpochMs(0)))),
            ("search", |t| drop((::knowledge::words(t), ::knowledge::HashedNgrams::default().vector(t)))),
        ];
        for (door, enter) in doors {
            guarded(count, lines, &format!("{door}: {}", shown(text)), || enter(text));
        }
        // What a person reads of it.
        let Some(reply) = guarded(count, lines, &format!("reply: {}", shown(text)), || inert(text, 300)) else { continue };
        if let Some(left) = reply.chars().find(|c| hides(*c)) {
            count.hidden_left += 1;
            lines.push(format!("HIDDEN  {left:?} is left of {}", shown(text)));
        }
        if is_live(&reply) {
            count.live_markup += 1;
            lines.push(format!("MARKUP  is left of {}", shown(text)));
        }
    }
    Ok(())
}

fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

/// Control characters, separators of lines, and what Unicode calls default-ignorable or bidirectional; the variation selectors 15 and
/// 16 stand in ordinary emoji and hide nothing.
fn hides(c: char) -> bool {
    const RANGES: [(u32, u32); 21] = [
        (0x0000, 0x001f),
        (0x007f, 0x009f),
        (0x00ad, 0x00ad),
        (0x034f, 0x034f),
        (0x061c, 0x061c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x2028, 0x202e),
        (0x2060, 0x206f),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0d),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfff8),
        (0xfff9, 0xfffb),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
        (0xe0000, 0xe0fff),
        (0xfffe, 0xffff),
    ];
    RANGES.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(c)))
}

/// Whether a client (a browser, a chat, a mail program) would see more than text: a tag, a link or image of Markdown, an address
/// with a scheme that is followed, a character reference.
fn is_live(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.contains(['<', '>']) || ["](", "://", "&#", "javascript:", "vbscript:", "data:text"].iter().any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_verdicts_and_panics_are_counted() {
        let place = std::env::temp_dir().join(format!("badinput-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let file = place.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("json/y_really_invalid.json", "{");
        write("json/n_really_valid.json", "{}");
        write("json/i_either.json", "[]");
        write(
            "merkle/inclusion/0/wrong.json",
            "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":null,\"wantErr\":false}",
        );
        write(
            "jose/json_web_x_test.json",
            "{\"testGroups\":[{\"public\":{\"kty\":\"EC\"},\"tests\":[{\"tcId\":1,\"jws\":\"eyJhbGciOiJFUzI1NiJ9.Zm9v.AA\",\"result\":\"valid\"},{\"tcId\":2,\"jws\":\"eyJhbGciOiJub25lIn0.Zm9v.\",\"result\":\"invalid\"}]}]}",
        );
        write("naughty-strings/blns.json", "[\"\\u202e<script>\", \"stop\"]");
        let (lines, count) = all(&place).unwrap();
        std::fs::remove_dir_all(&place).unwrap();
        assert_eq!((count.json_accepted, count.json_rejected, count.json_either_accepted), (0, 0, 1));
        assert_eq!((count.jose_wrong, count.jose_refused, count.merkle_wrong, count.panics), (1, 2, 1, 0));
        let of = |name: &str| &count.jose[name];
        assert_eq!((of("ES256").refused, of("ES256").valid, of("ES256").wrong), (1, 1, 1));
        assert_eq!((of("none").refused, of("none").invalid, of("none").wrong), (1, 1, 0));
        assert_eq!((of("RS256"), of("PS256")), (&ByAlgorithm::default(), &ByAlgorithm::default()));
        assert_eq!((count.strings, count.hidden_left, count.live_markup), (2, 0, 0));
        assert_eq!(lines.len(), 4, "{lines:?}");
        let mut count = Count::default();
        assert_eq!(
            guarded(&mut count, &mut Vec::new(), "x", || std::hint::black_box([1_u8].as_slice()).iter().map(|b| 1 / (b - 1)).sum::<u8>()),
            None
        );
        assert_eq!(count.panics, 1);
    }

    #[test]
    fn the_scorer_knows_live_markup() {
        assert!(is_live("<b>") && is_live("[a](b)") && is_live("HTTP://x") && is_live("&#60;") && is_live("JavaScript:x"));
        assert!(!is_live("‹b› [a] (b) http[:]//x & #60; 12:30"));
    }
}
