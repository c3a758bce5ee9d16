//! Parameters: how the catalogue describes them and how values are held against it. Entry type: [`check_params`].
//!
//! Invariant: every fault is reported, not only the first, and each says in both languages what to write instead.

use domain::{OperationSpec, ParamKind, ParamSpec, Params, Text, Value, text::inert};

/// Days for which CloudWatch Logs keeps events; the service accepts no other numbers.
const RETENTION_DAYS: &[i64] = &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// What is wrong with one parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamFault {
    /// Required and absent.
    #[error("parameter `{name}` is required")]
    Missing {
        /// Parameter.
        name: &'static str,
        /// What it means: English, Chinese.
        meaning: (&'static str, &'static str),
    },
    /// At least one of several is required and all are absent.
    #[error("at least one of {names:?} is required")]
    NoneOf {
        /// Parameters.
        names: &'static [&'static str],
    },
    /// The operation has no such parameter.
    #[error("there is no parameter `{name}`")]
    Unknown {
        /// Parameter as given, made harmless and cut.
        name: String,
    },
    /// Another kind of value is expected.
    #[error("parameter `{name}` must be {expected}")]
    Kind {
        /// Parameter.
        name: &'static str,
        /// The kind in English ("a whole number").
        expected: &'static str,
        /// The kind in Chinese.
        expected_zh: &'static str,
    },
    /// A number outside its bounds.
    #[error("parameter `{name}` must be between {min} and {max}, not {value}")]
    Bounds {
        /// Parameter.
        name: &'static str,
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
        /// As given.
        value: i64,
    },
    /// None of the words or numbers that are allowed.
    #[error("parameter `{name}` must be one of: {allowed}")]
    Choice {
        /// Parameter.
        name: &'static str,
        /// What is allowed, separated by commas.
        allowed: String,
    },
    /// Text longer than allowed, or more items than allowed.
    #[error("parameter `{name}` is longer than {max}")]
    TooLong {
        /// Parameter.
        name: &'static str,
        /// Most characters, or most items.
        max: usize,
    },
    /// Text without the form that is needed.
    #[error("parameter `{name}` does not have the form {form}")]
    Form {
        /// Parameter.
        name: &'static str,
        /// An example of the form.
        form: &'static str,
    },
    /// Two numbers in the wrong order.
    #[error("parameter `{lower}` must not be larger than `{upper}`")]
    Order {
        /// The one that must not be larger.
        lower: &'static str,
        /// Than this one.
        upper: &'static str,
    },
}

impl ParamFault {
    /// The stable name of every fault on the wire.
    pub const WIRE_NAME: &'static str = "Params.Malformed";

    /// The fault for people, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Missing { name, meaning } => {
                Text::new(format!("Please say {name}: {}.", meaning.0), format!("请给出 {name}（{}）。", meaning.1))
            }
            Self::NoneOf { names } => Text::new(
                format!("Please give at least one of: {}.", names.join(", ")),
                format!("请至少给出其中一项：{}。", names.join("、")),
            ),
            Self::Unknown { name } => Text::new(format!("This operation has no parameter {name}."), format!("该操作没有参数 {name}。")),
            Self::Kind { name, expected, expected_zh } => {
                Text::new(format!("{name} must be {expected}."), format!("{name} 必须是{expected_zh}。"))
            }
            Self::Bounds { name, min, max, value } => Text::new(
                format!("{name} must be between {min} and {max}; you wrote {value}."),
                format!("{name} 必须在 {min} 到 {max} 之间，您写的是 {value}。"),
            ),
            Self::Choice { name, allowed } => {
                Text::new(format!("{name} must be one of: {allowed}."), format!("{name} 只能是：{allowed}。"))
            }
            Self::TooLong { name, max } => Text::new(format!("{name} is too long: at most {max}."), format!("{name} 过长，上限为 {max}。")),
            Self::Form { name, form } => {
                Text::new(format!("{name} is not well formed; write it like {form}."), format!("{name} 格式不对，请写成 {form} 的样子。"))
            }
            Self::Order { lower, upper } => {
                Text::new(format!("{lower} must not be larger than {upper}."), format!("{lower} 不能大于 {upper}。"))
            }
        }
    }
}

/// Holds parameters against the operation: names, kinds, bounds, and the rules between them.
///
/// # Errors
/// Every fault found, in the order of the specification, unknown names last.
pub fn check_params(spec: &OperationSpec, params: &Params) -> Result<(), Vec<ParamFault>> {
    let mut faults = Vec::new();
    for param in spec.params {
        match params.get(param.name) {
            None | Some(Value::Absent) if param.required => {
                faults.push(ParamFault::Missing { name: param.name, meaning: param.meaning });
            }
            None | Some(Value::Absent) => {}
            Some(value) => faults.extend(check_value(param, value)),
        }
    }
    if let Some(entry) = crate::entry(spec.id) {
        if !entry.one_of.is_empty() && entry.one_of.iter().all(|name| params.get(*name).is_none_or(|v| *v == Value::Absent)) {
            faults.push(ParamFault::NoneOf { names: entry.one_of });
        }
        let given = entry.ascending.iter().filter_map(|name| params.get(*name)?.as_int().map(|n| (*name, n)));
        let given: Vec<_> = given.collect();
        for pair in given.windows(2) {
            if let [(lower, a), (upper, b)] = pair
                && a > b
            {
                faults.push(ParamFault::Order { lower, upper });
            }
        }
    }
    for name in params.keys() {
        if !spec.params.iter().any(|p| p.name == name) {
            faults.push(ParamFault::Unknown { name: inert(name, 40) });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn check_value(param: &ParamSpec, value: &Value) -> Option<ParamFault> {
    let name = param.name;
    let kind = |expected, expected_zh| Some(ParamFault::Kind { name, expected, expected_zh });
    match (param.kind, value) {
        (ParamKind::Int { min, max }, Value::Int(n)) => {
            if !(min..=max).contains(n) {
                return Some(ParamFault::Bounds { name, min, max, value: *n });
            }
            let retention = name == "retention_days" && !RETENTION_DAYS.contains(n);
            retention.then(|| ParamFault::Choice { name, allowed: list(RETENTION_DAYS.iter().map(i64::to_string)) })
        }
        (ParamKind::Int { .. }, _) => kind("a whole number", "整数"),
        (ParamKind::Text { max_chars }, Value::Text(text)) => {
            if text.chars().nth(max_chars).is_some() {
                return Some(ParamFault::TooLong { name, max: max_chars });
            }
            check_form(name, text)
        }
        (ParamKind::Text { .. }, _) => kind("a text", "文本"),
        (ParamKind::Bool, Value::Bool(_)) => None,
        (ParamKind::Bool, _) => kind("true or false", "是或否"),
        (ParamKind::OneOf(words), Value::Text(text)) => {
            (!words.contains(&text.as_str())).then(|| ParamFault::Choice { name, allowed: list(words.iter().map(|w| (*w).to_owned())) })
        }
        (ParamKind::OneOf(_), _) => kind("one of the words offered", "给定选项之一"),
        (ParamKind::TextList { max_items, max_chars }, Value::List(items)) => {
            if items.len() > max_items {
                return Some(ParamFault::TooLong { name, max: max_items });
            }
            for item in items {
                match item {
                    Value::Text(t) if t.chars().nth(max_chars).is_some() => return Some(ParamFault::TooLong { name, max: max_chars }),
                    Value::Text(_) => {}
                    _ => return kind("a list of texts", "文本列表"),
                }
            }
            None
        }
        (ParamKind::TextList { .. }, _) => kind("a list of texts", "文本列表"),
    }
}

/// Forms that a name implies wherever it occurs.
fn check_form(name: &'static str, text: &str) -> Option<ParamFault> {
    if text.is_empty() || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Some(ParamFault::Form { name, form: "plain text" });
    }
    let well_formed = match name {
        "cidr" => is_cidr(text),
        "instance_type" => is_type(text, ""),
        "instance_class" => is_type(text, "db."),
        _ => true,
    };
    let form = match name {
        "cidr" => "203.0.113.0/24",
        "instance_type" => "m6i.large",
        _ => "db.r6g.large",
    };
    (!well_formed).then_some(ParamFault::Form { name, form })
}

/// Whether a text is an address block with its prefix length (`10.0.0.0/8`, `2001:db8::/32`).
#[must_use]
pub fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let Ok(length) = length.parse::<u8>() else { return false };
    length <= if address.is_ipv4() { 32 } else { 128 }
}

/// `family.size`, with an optional prefix before the family (`db.`).
fn is_type(text: &str, prefix: &str) -> bool {
    let Some((family, size)) = text.strip_prefix(prefix).and_then(|rest| rest.split_once('.')) else { return false };
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    word(family) && word(size) && family.bytes().any(|b| b.is_ascii_digit())
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// A whole number.
pub(crate) const fn int(name: &'static str, min: i64, max: i64, required: bool, en: &'static str, zh: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Int { min, max }, required, meaning: (en, zh) }
}

/// A text.
pub(crate) const fn text(name: &'static str, max_chars: usize, required: bool, en: &'static str, zh: &'static str) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::Text { max_chars }, required, meaning: (en, zh) }
}

/// One of several words.
pub(crate) const fn one_of(
    name: &'static str,
    words: &'static [&'static str],
    required: bool,
    en: &'static str,
    zh: &'static str,
) -> ParamSpec {
    ParamSpec { name, kind: ParamKind::OneOf(words), required, meaning: (en, zh) }
}

#[cfg(test)]
mod tests {
    use domain::OperationId;
    use proptest::prelude::*;

    use super::*;

    fn check(id: &str, params: &[(&str, Value)]) -> Vec<String> {
        let spec = crate::find(&OperationId::parse(id).unwrap()).unwrap();
        let params = params.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        check_params(spec, &params).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_missing_required_parameter_is_named() {
        assert_eq!(check("lambda.set_concurrency", &[]), ["parameter `concurrency` is required"]);
    }

    #[test]
    fn a_rule_without_port_and_source_is_refused() {
        assert_eq!(check("ec2.revoke_ingress", &[]).len(), 1);
        assert!(check("ec2.revoke_ingress", &[("port", Value::Int(22)), ("cidr", Value::from("0.0.0.0/0"))]).is_empty());
        assert_eq!(check("ec2.revoke_ingress", &[("port", Value::Int(70_000)), ("cidr", Value::from("0.0.0.0/99"))]).len(), 2);
    }

    #[test]
    fn bounds_of_a_group_may_not_cross() {
        let n = Value::Int;
        assert!(check("autoscaling.set_capacity", &[("min_size", n(1)), ("desired_capacity", n(2)), ("max_size", n(3))]).is_empty());
        assert_eq!(
            check("autoscaling.set_capacity", &[("desired_capacity", n(9)), ("max_size", n(3))]),
            ["parameter `desired_capacity` must not be larger than `max_size`"]
        );
    }

    #[test]
    fn unknown_parameters_and_wrong_kinds_are_reported_together() {
        let faults = check("lambda.set_concurrency", &[("concurrency", Value::from("ten")), ("shell", Value::from("rm"))]);
        assert_eq!(faults, ["parameter `concurrency` must be a whole number", "there is no parameter `shell`"]);
    }

    #[test]
    fn retention_accepts_only_the_numbers_of_the_service() {
        assert!(check("logs.set_retention", &[("retention_days", Value::Int(30))]).is_empty());
        assert_eq!(check("logs.set_retention", &[("retention_days", Value::Int(31))]).len(), 1);
    }

    proptest! {
        #[test]
        fn any_value_is_judged_without_panic(name in ".{0,20}", number in any::<i64>(), word in ".{0,80}") {
            for entry in crate::entries() {
                for key in entry.spec.params.iter().map(|p| p.name.to_owned()).chain([name.clone()]) {
                    for value in [Value::Int(number), Value::Text(word.clone()), Value::List(vec![Value::Text(word.clone())])] {
                        if let Err(faults) = check_params(&entry.spec, &Params::from([(key.clone(), value)])) {
                            for fault in faults {
                                prop_assert!(!fault.text().en.is_empty() && !fault.text().zh.is_empty());
                            }
                        }
                    }
                }
            }
        }
    }
}
