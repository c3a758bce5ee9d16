//! Inbound rules of a security group as plain values, and which of them a request means. Entry types: [`Rule`], [`Wanted`].
//!
//! Invariant: pure; a rule is meant only when port, source and protocol are exactly those of the request. A wider rule that
//! also lets the port in is never meant, only reported.

use std::{collections::BTreeMap, net::IpAddr};

use domain::{Params, Value, text::inert};

use crate::{error::OperationError, param};

/// Every protocol, in EC2's word.
const ALL: &str = "-1";

/// One inbound rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rule {
    /// `sgr-…`.
    pub(super) id: String,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub(super) protocol: String,
    /// First port, or ICMP type; -1 for all.
    pub(super) from: i64,
    /// Last port, or ICMP code; -1 for all.
    pub(super) to: i64,
    /// Address block; none where the source is a group or a prefix list.
    pub(super) cidr: Option<String>,
    /// What the source is, where it is no address block.
    pub(super) other_source: Option<String>,
    /// The rule's description.
    pub(super) description: Option<String>,
}

impl Rule {
    /// The rule as a fact. Its id is no part of it: a rule that is authorised again gets another one.
    pub(super) fn fact(&self) -> Value {
        Value::Map(
            [
                ("protocol".to_owned(), Value::from(self.protocol.as_str())),
                ("from".to_owned(), self.from.into()),
                ("to".to_owned(), self.to.into()),
                ("cidr".to_owned(), self.cidr.clone().into()),
                ("description".to_owned(), self.description.clone().into()),
            ]
            .into(),
        )
    }

    /// Reads a fact back, as far as a request to EC2 needs it.
    pub(super) fn from_fact(fact: &Value) -> Option<Self> {
        let Value::Map(map) = fact else { return None };
        let text = |name: &str| map.get(name).and_then(Value::as_text).map(str::to_owned);
        let number = |map: &BTreeMap<String, Value>, name: &str| map.get(name).and_then(Value::as_int);
        Some(Self {
            id: String::new(),
            protocol: text("protocol")?,
            from: number(map, "from")?,
            to: number(map, "to")?,
            cidr: Some(text("cidr")?),
            other_source: None,
            description: text("description"),
        })
    }

    /// Whether the source is an IPv6 block.
    pub(super) fn is_ipv6(&self) -> bool {
        self.cidr.as_deref().is_some_and(|c| c.contains(':'))
    }

    /// Whether the rule knows ports (or ICMP types) at all.
    pub(super) fn has_ports(&self) -> bool {
        self.protocol != ALL
    }

    /// Whether traffic of this protocol to this port passes by this rule.
    fn lets_in(&self, protocol: &str, port: i64) -> bool {
        let port_ok = !self.has_ports() || (self.from == -1 && self.to == -1) || (self.from <= port && port <= self.to);
        (self.protocol == protocol || !self.has_ports()) && port_ok
    }

    /// `tcp 22 from 0.0.0.0/0 “office”`, made harmless.
    pub(super) fn shown(&self) -> String {
        let ports = match (self.from, self.to) {
            _ if !self.has_ports() => String::new(),
            (-1, _) => String::new(),
            (from, to) if from == to => format!(" {from}"),
            (from, to) => format!(" {from}-{to}"),
        };
        let protocol = if self.has_ports() { self.protocol.as_str() } else { "all" };
        let source = self.cidr.as_deref().or(self.other_source.as_deref()).unwrap_or("?");
        let about = self.description.as_deref().map(|d| format!(" “{}”", inert(d, 60))).unwrap_or_default();
        format!("{}{ports} ← {}{about}", inert(protocol, 16), inert(source, 60))
    }
}

/// Which rules a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    port: Option<i64>,
    protocol: Option<String>,
    block: Option<Block>,
}

impl Wanted {
    /// Checks the parameters and fills the protocol in: a port without protocol means TCP.
    pub(super) fn check(params: &Params) -> Result<Params, OperationError> {
        param::only(params, &["port", "cidr", "protocol"])?;
        let port = param::int(params, "port", 0, 65_535)?;
        let block = param::text(params, "cidr")?.map(|text| (text, Block::parse(text)));
        let protocol = match param::text(params, "protocol")?.map(str::to_ascii_lowercase) {
            Some(word) if ["tcp", "udp", "icmp", "icmpv6", "all"].contains(&word.as_str()) => Some(word),
            Some(word) if word == ALL => Some("all".to_owned()),
            Some(_) => {
                return Err(param::fault("protocol", "must be tcp, udp, icmp, icmpv6 or all", "必须是 tcp、udp、icmp、icmpv6 或 all"));
            }
            None => port.map(|_| "tcp".to_owned()),
        };
        let mut checked = Params::new();
        match block {
            Some((_, None)) => return Err(param::fault("cidr", "must be written like 203.0.113.0/24", "必须写成 203.0.113.0/24 的样子")),
            Some((_, Some(block))) => {
                checked.insert("cidr".into(), block.to_string().into());
            }
            None if port.is_none() => return Err(param::missing("port")),
            None => {}
        }
        if let Some(port) = port {
            if protocol.as_deref() == Some("all") {
                return Err(param::fault("port", "a rule for all protocols has no port", "针对全部协议的规则没有端口"));
            }
            checked.insert("port".into(), port.into());
        }
        if let Some(protocol) = protocol {
            checked.insert("protocol".into(), protocol.into());
        }
        Ok(checked)
    }

    /// Reads checked parameters.
    pub(super) fn of(params: &Params) -> Self {
        let protocol = params.get("protocol").and_then(Value::as_text);
        Self {
            port: params.get("port").and_then(Value::as_int),
            protocol: protocol.map(|p| if p == "all" { ALL.to_owned() } else { p.to_owned() }),
            block: params.get("cidr").and_then(Value::as_text).and_then(Block::parse),
        }
    }

    /// Whether the rule is exactly one of those meant. Only rules whose source is an address block are.
    pub(super) fn matches(&self, rule: &Rule) -> bool {
        let Some(source) = rule.cidr.as_deref().and_then(Block::parse) else { return false };
        let port_ok = self.port.is_none_or(|port| match rule.protocol.as_str() {
            "icmp" | "icmpv6" => rule.from == port,
            _ => rule.from == port && rule.to == port && rule.has_ports(),
        });
        port_ok && self.protocol.as_ref().is_none_or(|p| *p == rule.protocol) && self.block.is_none_or(|block| block == source)
    }

    /// Whether a rule that stays still lets the port of the request in.
    pub(super) fn still_let_in_by(&self, rule: &Rule) -> bool {
        self.port.is_some_and(|port| rule.lets_in(self.protocol.as_deref().unwrap_or("tcp"), port))
    }
}

/// An address block, host bits cleared as EC2 stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    network: IpAddr,
    length: u8,
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.trim().split_once('/')?;
        let length: u8 = length.parse().ok()?;
        let network = match address.parse().ok()? {
            IpAddr::V4(v4) if length <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                IpAddr::V4((u32::from(v4) & mask).into())
            }
            IpAddr::V6(v6) if length <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                IpAddr::V6((u128::from(v6) & mask).into())
            }
            _ => return None,
        };
        Some(Self { network, length })
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(protocol: &str, from: i64, to: i64, cidr: &str) -> Rule {
        Rule { id: "sgr-1".into(), protocol: protocol.into(), from, to, cidr: Some(cidr.into()), other_source: None, description: None }
    }

    fn wanted(params: &[(&str, Value)]) -> Wanted {
        let params: Params = params.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        Wanted::of(&Wanted::check(&params).unwrap())
    }

    #[test]
    fn only_the_exact_rule_is_meant_and_a_wider_one_is_reported() {
        let ssh = wanted(&[("port", Value::Int(22)), ("cidr", "0.0.0.0/0".into())]);
        assert!(ssh.matches(&rule("tcp", 22, 22, "0.0.0.0/0")));
        for other in [
            rule("udp", 22, 22, "0.0.0.0/0"),
            rule("tcp", 22, 23, "0.0.0.0/0"),
            rule("tcp", 22, 22, "10.0.0.0/8"),
            rule("tcp", 22, 22, "::/0"),
            rule("-1", -1, -1, "0.0.0.0/0"),
        ] {
            assert!(!ssh.matches(&other), "{other:?}");
        }
        assert!(ssh.still_let_in_by(&rule("tcp", 0, 65_535, "0.0.0.0/0")));
        assert!(ssh.still_let_in_by(&rule("-1", -1, -1, "10.0.0.0/8")));
        assert!(!ssh.still_let_in_by(&rule("tcp", 443, 443, "0.0.0.0/0")));
    }

    #[test]
    fn both_address_families_match_however_the_block_is_written() {
        let v6 = wanted(&[("port", Value::Int(443)), ("cidr", "0:0:0:0:0:0:0:0/0".into())]);
        assert!(v6.matches(&rule("tcp", 443, 443, "::/0")));
        let v4 = wanted(&[("port", Value::Int(443)), ("cidr", "10.1.2.3/8".into())]);
        assert!(v4.matches(&rule("tcp", 443, 443, "10.0.0.0/8")));
    }

    #[test]
    fn a_port_alone_means_tcp_from_every_block_and_a_block_alone_every_rule_of_that_block() {
        let port = wanted(&[("port", Value::Int(22))]);
        assert!(port.matches(&rule("tcp", 22, 22, "10.0.0.0/8")) && port.matches(&rule("tcp", 22, 22, "::/0")));
        assert!(!port.matches(&rule("udp", 22, 22, "10.0.0.0/8")));
        let block = wanted(&[("cidr", "0.0.0.0/0".into())]);
        assert!(block.matches(&rule("udp", 53, 53, "0.0.0.0/0")) && block.matches(&rule("-1", -1, -1, "0.0.0.0/0")));
    }

    #[test]
    fn a_rule_whose_source_is_a_group_is_never_meant() {
        let mut by_group = rule("tcp", 22, 22, "");
        by_group.cidr = None;
        by_group.other_source = Some("sg-1".into());
        assert!(!wanted(&[("port", Value::Int(22))]).matches(&by_group));
    }

    #[test]
    fn malformed_parameters_are_refused_by_name() {
        for bad in [
            vec![],
            vec![("port", Value::Int(70_000))],
            vec![("port", Value::from("22"))],
            vec![("cidr", Value::from("10.0.0.0"))],
            vec![("cidr", Value::from("10.0.0.0/33"))],
            vec![("port", Value::Int(22)), ("protocol", "all".into())],
            vec![("port", Value::Int(22)), ("protocol", "gopher".into())],
            vec![("port", Value::Int(22)), ("group", "sg-1".into())],
        ] {
            let params: Params = bad.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
            assert!(matches!(Wanted::check(&params), Err(OperationError::BadParam { .. })), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_rule_survives_as_a_fact(from in -1i64..70_000, to in -1i64..70_000, cidr in "[0-9.:/]{1,20}", about in proptest::option::of(".{1,40}")) {
            let mut one = rule("tcp", from, to, &cidr);
            one.description = about;
            one.id = String::new();
            prop_assert_eq!(Rule::from_fact(&one.fact()), Some(one));
        }

        #[test]
        fn any_block_text_is_judged_without_panic(text in "\\PC{0,60}") {
            let _ = Block::parse(&text);
        }
    }
}
