//! Numbers with their units. Entry point: [`amounts`].
//!
//! Invariant: a number that does not fit or has no whole value is left out, never rounded.

use crate::{
    entity::Shape,
    token::{Kind, Sentence, Token},
    vocabulary::Mark,
};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nothing said.
    None,
    /// GiB.
    Gib,
    /// MB.
    Mb,
    /// Seconds.
    Seconds,
    /// Days.
    Days,
    /// Percent.
    Percent,
    /// Machines, copies, nodes.
    Pieces,
}

/// A number in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    /// In the unit.
    pub value: i64,
    /// The unit.
    pub unit: Unit,
    /// Its first token.
    pub at: usize,
    /// First byte and byte behind the last.
    pub span: (usize, usize),
}

/// The numbers of a sentence.
pub(crate) fn amounts(sentence: &Sentence<'_>) -> Vec<Amount> {
    let mut out = Vec::new();
    // More numbers than any request has; the rest of a long paste is not worth the time.
    let mut read = 0;
    for (at, token) in sentence.tokens.iter().enumerate() {
        if at < read {
            continue;
        }
        let counts = |t: &Token| t.kind == Kind::Known && t.is(Mark::NumberWord) && t.han;
        let mut last = at;
        while counts(token) && sentence.token(last + 1).is_some_and(|t| counts(t) && sentence.token(last).is_some_and(|l| l.end == t.start))
        {
            last += 1;
        }
        read = last + 1;
        let end = sentence.token(last).map_or(token.end, |t| t.end);
        let written: String =
            sentence.text.get(token.start..end).unwrap_or_default().chars().map(half_width).collect::<String>().to_lowercase();
        let spelled: String;
        let (digits, glued) = match token.kind {
            Kind::Thing(Shape::Number | Shape::Quantity) => {
                let cut = written.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(written.len());
                written.split_at(cut)
            }
            Kind::Known if counts(token) => {
                let (number, unit) = written.strip_prefix("百分之").map_or((written.as_str(), ""), |rest| (rest, "%"));
                let Some(value) = chinese(number) else { continue };
                spelled = value.to_string();
                (spelled.as_str(), unit)
            }
            _ => continue,
        };
        let behind = sentence.token(last + 1);
        let spoken =
            if glued.is_empty() { behind.map(|t| sentence.written(t).to_lowercase()).unwrap_or_default() } else { glued.to_owned() };
        let Some((factor, unit)) = unit_of(&spoken).or(Some((1, Unit::None))) else { continue };
        let Some(value) = scaled(digits, factor) else { continue };
        let end = if unit != Unit::None && glued.is_empty() { behind.map_or(end, |t| t.end) } else { end };
        out.push(Amount { value, unit, at, span: (token.start, end) });
        if out.len() == 64 {
            break;
        }
    }
    out
}

fn half_width(c: char) -> char {
    match c {
        '\u{FF10}'..='\u{FF19}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' | '\u{FF0E}' => {
            char::from_u32(c as u32 - 0xFEE0).unwrap_or(c)
        }
        c => c,
    }
}

/// A decimal number times a factor, where the result is whole.
fn scaled(digits: &str, factor: i64) -> Option<i64> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut value: i64 = whole.parse().ok()?;
    value = value.checked_mul(factor)?;
    if !part.is_empty() {
        let ten = 10_i64.checked_pow(u32::try_from(part.len()).ok()?)?;
        let add = part.parse::<i64>().ok()?.checked_mul(factor)?;
        if add % ten != 0 {
            return None;
        }
        value = value.checked_add(add / ten)?;
    }
    Some(value)
}

/// A number in Chinese characters up to 9,999; none for "几", "半" and two digits side by side ("三四个"), which say about how many.
fn chinese(written: &str) -> Option<i64> {
    let (mut sum, mut digit, mut below) = (0, None, 10_000);
    for c in written.chars() {
        let place = match c {
            '千' => 1000,
            '百' => 100,
            '十' => 10,
            _ => 1,
        };
        if place == 1 {
            let value = "零一二三四五六七八九".chars().zip(0..).find(|(known, _)| *known == c).map(|(_, value)| value);
            let value = value.or(match c {
                '两' => Some(2),
                '〇' => Some(0),
                _ => None,
            })?;
            if digit.is_some_and(|known| known != 0) {
                return None;
            }
            digit = Some(value);
        } else {
            if place >= below {
                return None;
            }
            sum += digit.filter(|d| *d != 0).unwrap_or(1) * place;
            (digit, below) = (None, place);
        }
    }
    if below < 10_000 || digit.is_some() { Some(sum + digit.unwrap_or(0)) } else { None }
}

/// Factor and unit of a unit's word.
fn unit_of(word: &str) -> Option<(i64, Unit)> {
    Some(match word {
        "g" | "gb" | "gib" | "gig" | "gigs" | "gigabyte" | "gigabytes" | "个 g" => (1, Unit::Gib),
        "t" | "tb" | "tib" | "terabyte" | "terabytes" => (1024, Unit::Gib),
        "m" | "mb" | "mib" | "megabyte" | "megabytes" | "兆" => (1, Unit::Mb),
        "s" | "sec" | "secs" | "second" | "seconds" | "秒" | "秒钟" => (1, Unit::Seconds),
        "min" | "mins" | "minute" | "minutes" | "分钟" | "分" => (60, Unit::Seconds),
        "hour" | "hours" | "h" | "小时" | "个小时" => (3600, Unit::Seconds),
        "d" | "day" | "days" | "天" | "日" => (1, Unit::Days),
        "w" | "week" | "weeks" | "周" | "星期" | "个星期" => (7, Unit::Days),
        "month" | "months" | "个月" => (30, Unit::Days),
        "year" | "years" | "年" => (365, Unit::Days),
        "%" => (1, Unit::Percent),
        "台" | "个" | "instances" | "tasks" | "nodes" | "replicas" | "copies" | "副本" | "节点" | "个节点" | "个任务" | "任务" | "实例"
        | "machines" | "pods" | "units" => (1, Unit::Pieces),
        _ => return None,
    })
}

/// The amount nearest to words of a kind: behind them first, then before them.
pub(crate) fn near<'a>(
    sentence: &Sentence<'_>,
    amounts: &'a [Amount],
    named: impl Fn(&Token) -> bool,
    taken: &[usize],
) -> Option<&'a Amount> {
    let mut best: Option<(usize, &Amount)> = None;
    for amount in amounts.iter().filter(|a| !taken.contains(&a.at)) {
        let clause = sentence.token(amount.at).map(|t| t.clause);
        for (at, token) in sentence.tokens.iter().enumerate().skip(amount.at.saturating_sub(6)).take(10) {
            if !named(token) || Some(token.clause) != clause {
                continue;
            }
            let blocked = amounts
                .iter()
                .any(|other| other.at != amount.at && (at < other.at && other.at < amount.at || amount.at < other.at && other.at < at));
            if blocked {
                continue;
            }
            let distance = if at < amount.at { 2 * (amount.at - at) } else { 2 * (at - amount.at) + 1 };
            if best.is_none_or(|(known, _)| distance < known) {
                best = Some((distance, amount));
            }
        }
    }
    best.map(|(_, amount)| amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(i64, Unit)> {
        amounts(&Sentence::of(text)).into_iter().map(|a| (a.value, a.unit)).collect()
    }

    #[test]
    fn numbers_carry_their_units_glued_or_apart() {
        assert_eq!(read("500G"), [(500, Unit::Gib)]);
        assert_eq!(read("1 TiB"), [(1024, Unit::Gib)]);
        assert_eq!(read("1.5 TB"), [(1536, Unit::Gib)]);
        assert_eq!(read("超时 5 分钟"), [(300, Unit::Seconds)]);
        assert_eq!(read("保留三十天"), [(30, Unit::Days)]);
        assert_eq!(read("２０４８MB"), [(2048, Unit::Mb)]);
    }

    #[test]
    fn chinese_numbers_are_read_by_their_places() {
        assert_eq!(read("扩到二十五个节点"), [(25, Unit::Pieces)]);
        assert_eq!(read("保留一百二十天"), [(120, Unit::Days)]);
        assert_eq!(read("超时十五秒"), [(15, Unit::Seconds)]);
        assert_eq!(read("一百零五个"), [(105, Unit::Pieces)]);
        assert_eq!(read("只剩百分之五"), [(5, Unit::Percent)]);
        assert_eq!(read("三四个节点"), []);
        assert_eq!(read("几个节点"), []);
    }
}
