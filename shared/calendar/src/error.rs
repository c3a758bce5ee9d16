//! What is wrong with a calendar document. Entry type: [`CalendarError`].
//!
//! Invariant: every problem has words in both languages and names its entry; text from the document is defanged.

use domain::Text;
use domain::text::defang;

use crate::limits;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {}", problem.text().en)]
pub struct CalendarError {
    /// The entry: `windows[2] (nights)`, or `calendar`.
    pub at: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// One kind of mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The document is too large.
    TooLarge,
    /// It is no YAML, a field is unknown, missing or of the wrong kind.
    Unreadable(String),
    /// The schema version is not 1.
    Schema(u32),
    /// More windows and freezes than allowed.
    TooManyEntries(usize),
    /// A list is longer than allowed: its field.
    TooLong(&'static str),
    /// A name is missing, too long, or used twice.
    Name(String),
    /// The time zone is not in the IANA database.
    Zone(String),
    /// A start or end is no local date and time (`2026-01-05T22:00`).
    Moment(String),
    /// The year is out of range.
    Year(i16),
    /// Minutes, hours or days are not readable (`30m`, `8h`, `2d`, `1d12h`).
    Duration(String),
    /// Longer than allowed, in minutes.
    DurationTooLong(i64),
    /// Neither `lasts` nor `ends`, or both; or `ends` with `repeat`.
    LastsOrEnds,
    /// It ends before it starts.
    EndsFirst,
    /// The time does not exist there on that day (the clock jumps over it).
    NoSuchTime(String),
    /// A date of `except` is unreadable.
    Date(String),
    /// An account, environment, service or operation of the selector is unreadable.
    Selector(String),
    /// The recurrence rule: a part that is unknown, twice, or not allowed here.
    RulePart(String),
    /// The recurrence rule is refused by the RFC's grammar.
    Rule(String),
    /// The rule never happens within five years of its start.
    NeverHappens,
}

impl Problem {
    /// In words.
    #[must_use]
    pub fn text(&self) -> Text {
        let q = |s: &str| defang(s, 80);
        match self {
            Self::TooLarge => Text::new(
                format!("the document is larger than {} bytes", limits::MAX_DOCUMENT_BYTES),
                format!("文件超过 {} 字节", limits::MAX_DOCUMENT_BYTES),
            ),
            Self::Unreadable(why) => Text::new(format!("cannot be read: {}", defang(why, 300)), format!("无法读取：{}", defang(why, 300))),
            Self::Schema(v) => {
                Text::new(format!("schema `{v}` is not known; write `schema: 1`"), format!("不支持的 schema `{v}`，应为 `schema: 1`"))
            }
            Self::TooManyEntries(n) => Text::new(
                format!("{n} windows and freezes; at most {} are allowed", limits::MAX_ENTRIES),
                format!("窗口和冻结共 {n} 个，最多允许 {} 个", limits::MAX_ENTRIES),
            ),
            Self::TooLong(field) => {
                Text::new(format!("`{field}` has more than {} items", limits::MAX_LIST), format!("`{field}` 超过 {} 项", limits::MAX_LIST))
            }
            Self::Name(name) => Text::new(
                format!("the name `{}` is empty, too long or used twice", q(name)),
                format!("名称 `{}` 为空、过长或重复", q(name)),
            ),
            Self::Zone(zone) => Text::new(
                format!("`{}` is no IANA time zone (like `Asia/Shanghai`)", q(zone)),
                format!("`{}` 不是 IANA 时区（例如 `Asia/Shanghai`）", q(zone)),
            ),
            Self::Moment(text) => Text::new(
                format!("`{}` is no local date and time like `2026-01-05T22:00`", q(text)),
                format!("`{}` 不是本地日期时间（例如 `2026-01-05T22:00`）", q(text)),
            ),
            Self::Year(year) => Text::new(
                format!("the year {year} is not between {} and {}", limits::YEARS.start(), limits::YEARS.end()),
                format!("年份 {year} 不在 {} 到 {} 之间", limits::YEARS.start(), limits::YEARS.end()),
            ),
            Self::Duration(text) => Text::new(
                format!("`{}` is no duration like `30m`, `8h` or `1d12h`", q(text)),
                format!("`{}` 不是时长（例如 `30m`、`8h`、`1d12h`）", q(text)),
            ),
            Self::DurationTooLong(most) => Text::new(format!("longer than {} hours", most / 60), format!("时长超过 {} 小时", most / 60)),
            Self::LastsOrEnds => Text::new(
                "write either `lasts` or `ends`; with `repeat`, only `lasts`",
                "`lasts` 与 `ends` 只能写一个；有 `repeat` 时只能写 `lasts`",
            ),
            Self::EndsFirst => Text::new("it ends before it starts", "结束时间早于开始时间"),
            Self::NoSuchTime(text) => Text::new(
                format!("`{}` does not exist in that time zone: the clock jumps over it", q(text)),
                format!("该时区不存在 `{}`：时钟会跳过这一时刻", q(text)),
            ),
            Self::Date(text) => {
                Text::new(format!("`{}` is no date like `2026-12-24`", q(text)), format!("`{}` 不是日期（例如 `2026-12-24`）", q(text)))
            }
            Self::Selector(text) => Text::new(
                format!("`{}` is no account, environment, service or operation", q(text)),
                format!("`{}` 不是账户、环境、服务或操作", q(text)),
            ),
            Self::RulePart(part) => Text::new(
                format!(
                    "`{}` is not allowed in `repeat`: FREQ (DAILY, WEEKLY, MONTHLY, YEARLY), INTERVAL (1 to {}), COUNT (1 to {}), UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS and WKST are, once each",
                    q(part),
                    limits::MAX_INTERVAL,
                    limits::MAX_COUNT
                ),
                format!(
                    "`repeat` 中不允许 `{}`：可用 FREQ（DAILY、WEEKLY、MONTHLY、YEARLY）、INTERVAL（1 到 {}）、COUNT（1 到 {}）、UNTIL、BYMONTH、BYMONTHDAY、BYDAY、BYSETPOS、WKST，各一次",
                    q(part),
                    limits::MAX_INTERVAL,
                    limits::MAX_COUNT
                ),
            ),
            Self::Rule(why) => Text::new(
                format!("`repeat` is no recurrence rule of RFC 5545: {}", defang(why, 200)),
                format!("`repeat` 不是 RFC 5545 的重复规则：{}", defang(why, 200)),
            ),
            Self::NeverHappens => Text::new("the rule never happens within five years of its start", "该规则在开始后的五年内从不发生"),
        }
    }
}

impl CalendarError {
    /// The whole message, with the entry, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let words = self.problem.text();
        let at = defang(&self.at, 120);
        Text::new(format!("{at}: {}", words.en), format!("{at}：{}", words.zh))
    }
}
