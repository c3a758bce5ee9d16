//! The rules at work. Every secret here is made on the spot, so that none stands in this file.

use proptest::prelude::*;

use super::*;
use crate::Stream;

fn redactor() -> &'static Redactor {
    Redactor::shared()
}

/// Letters and digits that look random and are the same each time.
fn noise(seed: u64, len: usize, from: &str) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    let letters: Vec<char> = from.chars().collect();
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            letters[(state % letters.len() as u64) as usize]
        })
        .collect()
}

/// A password, and a number nobody has.
const PLAIN: &str = "hunter22";
const PHONE: &str = concat!("138", "12345678");
const ALNUM: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn kinds(text: &str) -> Vec<&'static str> {
    redactor().find(text.as_bytes()).iter().map(|f| f.kind.as_str()).collect()
}

#[test]
fn every_row_of_the_tables_is_a_pattern_with_an_anchor() {
    for (kind, patterns) in TOKENS {
        for source in *patterns {
            let pattern = Pattern::read(source).unwrap_or_else(|| panic!("{kind}: {source}"));
            assert!(pattern.anchor().len() >= 2, "{kind}: {source}");
        }
    }
    for (kind, names, shapes) in VENDORS {
        assert!(names.iter().all(|n| n.len() >= 3 && *n == n.to_lowercase()), "{kind}");
        assert!(shapes.iter().all(|s| Pattern::read(&format!("{s}>>")).is_some()), "{kind}");
    }
    assert!(redactor().anchors.is_some());
}

#[test]
fn keys_of_aws_are_found_wherever_they_stand() {
    let id = format!("AKIA{}", noise(1, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
    let secret = noise(2, 40, &format!("{ALNUM}+/"));
    for text in [
        format!("AWS_ACCESS_KEY_ID={id}"),
        format!(r#"{{"accessKeyId": "{id}"}}"#),
        format!("用户 {id}被停用"),
        format!("https://x.s3.amazonaws.com/?X-Amz-Credential={id}%2F20261128"),
        format!(r"line\n{id}\n"),
    ] {
        assert!(!redactor().redact(&text).text.contains(&id), "{text}");
    }
    for text in [format!("aws_secret_access_key = {secret}"), format!("secretAccessKey: '{secret}',"), format!("tried {secret} and failed")]
    {
        assert!(!redactor().redact(&text).text.contains(&secret), "{text}");
    }
}

#[test]
fn what_operators_need_to_read_stays() {
    for text in [
        "plan_01JD3T5Q0A7Z9XK2M4N6P8R0S1 stops i-0abc1234def567890 in account 111122223333",
        "arn:aws:iam::111122223333:role/aiops-execute-operation",
        "digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "key: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "let token = next_token.clone(); // access key of the page",
        "password: String,",
        "请在 2026-11-28 08:41:24 之前批准，账户 111122223333",
        "TaskToken and ClientRequestToken are passed on",
    ] {
        assert_eq!(redactor().redact(text).text, text);
    }
}

#[test]
fn passwords_are_found_by_their_names_in_both_languages() {
    for text in [
        "password=*",
        "密码是 *！",
        "口令：*",
        "PGPASSWORD: '*'",
        "the password is *.",
        "--password * --verbose",
        "Server=db;User Id=sa;Password=*;Encrypt=true",
    ] {
        let text = text.replace('*', PLAIN);
        let said = redactor().redact(&text);
        assert!(!said.text.contains(PLAIN), "{text} → {}", said.text);
        assert!(said.text.contains("[redacted:password]"), "{}", said.text);
    }
}

#[test]
fn placeholders_are_left_alone() {
    for text in ["password=${DB_PASSWORD}", "password: <your password>", "token: ****", "PASSWORD={{ secrets.db }}", "api_key: null"] {
        assert_eq!(kinds(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn colleagues_read_mail_addresses_and_nothing_more() {
    let text = format!("owner wang.wei@corp.example, {PHONE}, password={PLAIN}");
    let said = redactor().redact_for(Audience::Colleagues, &text);
    assert_eq!(said.text, "owner wang.wei@corp.example, [redacted:phone-number], password=[redacted:password]");
    assert!(!redactor().redact(&text).text.contains("corp.example"));
    assert_eq!(redactor().redact_named(Audience::Colleagues, "api_secret", &noise(8, 24, ALNUM)), "[redacted:secret]");
    assert_eq!(redactor().redact_named(Audience::Colleagues, "stage", "prod"), "prod");
}

#[test]
fn the_more_telling_kind_names_a_finding() {
    let token = format!("ghp_{}", noise(3, 36, ALNUM));
    assert_eq!(kinds(&format!("GITHUB_TOKEN={token}")), ["github-token"]);
}

#[test]
fn a_secret_across_the_border_of_pieces_is_found() {
    let token = format!("glpat-{}", noise(4, 20, ALNUM));
    let filler = "2026-11-28T08:41:24Z INFO request served in 12 ms\n".repeat(9000);
    let text = format!("{filler}{token}\n{filler}");
    let redactor = redactor();
    let whole = redactor.redact(&text).text.into_owned();
    assert!(!whole.contains(&token));
    for size in [1_000, 4_096, 65_536, 300_001] {
        let mut out = Vec::new();
        let mut stream = Stream::new(redactor);
        text.as_bytes().chunks(size).for_each(|chunk| stream.push(chunk, &mut out));
        stream.finish(&mut out);
        assert!(out == whole.as_bytes(), "pieces of {size}");
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let id = format!("AKIA{}", noise(5, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
    let block = format!("-----BEGIN{0}-----\n{1}\n-----END{0}-----\n", " PRIVATE KEY", noise(6, 900, ALNUM));
    prop_oneof![
        Just(id),
        Just(block),
        Just(format!("password={PLAIN}\n")),
        Just(format!("电话 {PHONE} ")),
        Just(format!("kind: Secret\ndata:\n  a: {}==\n", noise(9, 22, ALNUM))),
        Just(format!("postgres://a:{PLAIN}@db/x ")),
        "[ -~]{0,40}",
        "[a-z =:\"\n]{0,20}",
        "\\PC{0,12}",
    ]
}

proptest! {
    #[test]
    fn redacting_twice_is_redacting_once(parts in prop::collection::vec(fragments(), 0..12)) {
        let redactor = redactor();
        let once = redactor.redact(&parts.join("\n")).text.into_owned();
        let twice = redactor.redact(&once).text.into_owned();
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn findings_are_in_order_within_the_text_and_on_characters(parts in prop::collection::vec(fragments(), 0..12)) {
        let text = parts.concat();
        let mut last = 0;
        for one in redactor().find(text.as_bytes()) {
            prop_assert!(last <= one.start && one.start < one.end);
            prop_assert!(text.get(one.start..one.end).is_some());
            last = one.end;
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let redactor = redactor();
        let mut out = Vec::new();
        let mut stream = Stream::new(redactor);
        bytes.chunks(7).for_each(|chunk| stream.push(chunk, &mut out));
        stream.finish(&mut out);
        prop_assert!(redactor.find(&bytes).iter().all(|f| f.end <= bytes.len()));
    }
}

#[test]
fn a_secret_dressed_as_a_marker_is_none() {
    let token = format!("ghp_{}", noise(7, 36, ALNUM));
    for text in [format!("[redacted:{token}]"), format!("password=[redacted:jwt]{token}")] {
        assert!(!redactor().redact(&text).text.contains(&token), "{text}");
    }
}
