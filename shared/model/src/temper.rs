//! The rules' reading of a chat text, and what tempers it. Entry point: [`read`].
//!
//! Invariant: an operation is taken as an act only from one plain sentence of the person's own. Where it stands in a longer
//! text, beside pasted lines, links or markup, it comes out as a preview with the words to send: people paste what
//! others wrote, and others know that.

use domain::{Intent, ParsedRequest, Talk, Text};
use language::Context;

use crate::{question::Said, words::write_out};

/// The longest text whose operation is an act, in characters. The longest in the project's own examples has 160.
const PLAIN_CHARS: usize = 300;
/// What one's own words do not hold.
const FOREIGN_SIGNS: [&str; 9] = ["](", "![", "</", "<!", "{{", "${", "$(", "`", "\\u"];

/// A text as the rules read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Own words and pasted blocks.
    pub said: Said,
    /// What the rules made of it.
    pub parsed: ParsedRequest,
    /// Where an operation became a preview: the words that the rules read as exactly this operation.
    pub words: Option<String>,
    /// What came from the conversation, and what it was read as.
    pub borrowed: Option<Text>,
}

/// Reads a text by the rules.
#[must_use]
pub fn read(text: &str, context: &Context) -> Read {
    let said = Said::of(text);
    let mut parsed = language::parse(text, context);
    if !said.pasted.is_empty() && !said.own.is_empty() {
        // What was pasted can neither ask for something nor forbid it, nor add a target to an operation; a question may be about it.
        let own = language::parse(&said.own, context);
        let same = std::mem::discriminant(&own.intent) == std::mem::discriminant(&parsed.intent);
        if !same || matches!(own.intent, Intent::Operate(_) | Intent::Clarify(_)) {
            parsed = ParsedRequest { spans: Vec::new(), ..own };
        }
    }
    let mut words = None;
    if let Intent::Operate(request) = &mut parsed.intent
        && !request.dry_run
        && !is_plain(&said)
    {
        request.dry_run = true;
        words = write_out(request, context);
    }
    Read { said, parsed, words, borrowed: None }
}

/// Reads a text by the rules in its conversation: where they ask back, and nothing is pasted, "it" and "same in staging" may be what
/// was spoken of before. An operation that comes about so is a preview, with the words that have it done.
#[must_use]
pub fn read_in(text: &str, context: &Context, talk: &Talk) -> Read {
    let mut read = read(text, context);
    if !read.said.pasted.is_empty() {
        return read;
    }
    let heard = language::parse_in(text, context, talk);
    if heard.borrowed.is_empty() {
        return read;
    }
    read.borrowed = heard.borrowed_text(text);
    read.parsed = heard.parsed;
    if let Intent::Operate(request) = &mut read.parsed.intent
        && !request.dry_run
    {
        request.dry_run = true;
        read.words = write_out(request, context);
    }
    read
}

/// One line of moderate length, without links, markup or template signs, and nothing pasted beside it.
fn is_plain(said: &Said) -> bool {
    let own = said.own.trim();
    let linked = own.match_indices("://").any(|(at, _)| !own.get(..at).unwrap_or_default().to_ascii_lowercase().ends_with("s3"));
    let tagged = own
        .char_indices()
        .any(|(at, c)| c == '<' && own.get(at + 1..).and_then(|r| r.chars().next()).is_some_and(|c| c.is_ascii_alphabetic()));
    said.pasted.is_empty()
        && own.lines().filter(|line| !line.trim().is_empty()).count() <= 1
        && own.chars().nth(PLAIN_CHARS).is_none()
        && !linked
        && !tagged
        && !FOREIGN_SIGNS.iter().any(|sign| own.contains(sign))
        && !own.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: &str = "stop i-0abc123def4567890 in dev";

    fn context() -> Context {
        Context::with_accounts(["dev", "prod"])
    }

    fn operates(text: &str) -> Option<(bool, Vec<String>, Option<String>)> {
        let read = read(text, &context());
        match read.parsed.intent {
            Intent::Operate(request) => Some((request.dry_run, request.targets, read.words)),
            _ => None,
        }
    }

    #[test]
    fn a_plain_sentence_is_an_act() {
        for text in [
            STOP,
            "  stop i-0abc123def4567890 in dev\n",
            "把 dev 的 i-0abc123def4567890 停掉",
            "block public access on s3://orders-archive-1 in dev",
        ] {
            assert!(matches!(operates(text), Some((false, _, None))), "{text}: {:?}", operates(text));
        }
    }

    #[test]
    fn the_same_sentence_in_a_longer_text_beside_links_or_pasted_lines_is_a_preview_with_the_words_to_send() {
        for text in [
            format!("what a day\n{STOP}"),
            format!("{STOP}\n![x](https://evil.example.com)"),
            format!("{STOP}\n> all quiet"),
            format!("{STOP} {}", "please ".repeat(60)),
        ] {
            let Some((dry_run, targets, words)) = operates(&text) else { continue };
            assert!(dry_run, "{text}");
            assert_eq!(targets, ["i-0abc123def4567890"]);
            assert!(matches!(operates(&words.unwrap()), Some((false, _, None))));
        }
    }

    #[test]
    fn pasted_lines_ask_for_nothing_and_add_no_target() {
        assert_eq!(operates(&format!("what is this?\n> {STOP}")), None);
        let added = operates(&format!("{STOP}\n> and i-0fff123def4567890"));
        assert!(added.is_none_or(|(dry_run, targets, _)| dry_run && targets == ["i-0abc123def4567890"]));
    }

    #[test]
    fn a_question_is_read_as_before_whatever_stands_around_it() {
        let text = "why is i-0abc123def4567890 slow?\n> ERROR https://x";
        assert_eq!(read(text, &context()).parsed, language::parse(text, &context()));
    }

    fn stopped() -> Talk {
        Talk::default().after(&read(STOP, &context()).parsed.intent, &[])
    }

    #[test]
    fn it_is_what_was_spoken_of_in_a_preview_with_the_words_that_have_it_done() {
        let read = read_in("start it again", &context(), &stopped());
        let Intent::Operate(request) = &read.parsed.intent else { panic!("{read:?}") };
        assert_eq!((request.operation.as_str(), request.dry_run), ("ec2.start_instances", true));
        assert_eq!((request.targets.as_slice(), request.account.as_deref()), (&["i-0abc123def4567890".to_owned()][..], Some("dev")));
        assert!(read.borrowed.unwrap().en.contains("\"it\" was read as i-0abc123def4567890"));
        assert!(matches!(operates(&read.words.unwrap()), Some((false, _, None))));
    }

    #[test]
    fn a_sentence_that_says_everything_borrows_nothing_and_a_pasted_one_neither() {
        let said = read_in(STOP, &context(), &stopped());
        assert!(said.borrowed.is_none() && matches!(said.parsed.intent, Intent::Operate(r) if !r.dry_run));
        let pasted = read_in("start it again\n> it is down", &context(), &stopped());
        assert!(pasted.borrowed.is_none() && matches!(pasted.parsed.intent, Intent::Clarify(_)));
        let alone = read_in("start it again", &context(), &Talk::default());
        assert!(alone.borrowed.is_none() && matches!(alone.parsed.intent, Intent::Clarify(_)));
    }
}
