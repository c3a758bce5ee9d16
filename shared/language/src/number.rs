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
    for (at, token) in sentence.tokens.iter().enumerate() {
        let written: String = sentence.written(token).chars().map(half_width).collect::<String>().to_lowercase();
        let (digits, glued) = match token.kind {
            Kind::Thing(Shape::Number | Shape::Quantity) => {
                let cut = written.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(written.len());
                written.split_at(cut)
            }
            Kind::Known if token.is(Mark::NumberWord) && token.han => (chinese(&written), ""),
            _ => continue,
        };
        let behind = sentence.token(at + 1);
        let spoken =
            if glued.is_empty() { behind.map(|t| sentence.written(t).to_lowercase()).unwrap_or_default() } else { glued.to_owned() };
        let Some((factor, unit)) = unit_of(&spoken).or(Some((1, Unit::None))) else { continue };
        let Some(value) = scaled(digits, factor) else { continue };
        let end = if unit != Unit::None && glued.is_empty() { behind.map_or(token.end, |t| t.end) } else { token.end };
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

fn chinese(written: &str) -> &'static str {
    match written {
        "一" => "1",
        "二" | "两" => "2",
        "三" => "3",
        "四" => "4",
        "五" => "5",
        "六" => "6",
        "七" => "7",
        "八" => "8",
        "九" => "9",
        "十" => "10",
        "十二" => "12",
        "十五" => "15",
        "二十" => "20",
        "三十" => "30",
        "五十" => "50",
        "一百" | "百" => "100",
        _ => "",
    }
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
}
