//! What people are told of an incident. Invariant: both languages; words of others are defanged by the incident itself.

use domain::{Text, wire::Notification};
use incidents::{Announce, Incident};

/// The message for a turn of an incident.
pub(crate) fn message(incident: &Incident, announce: Announce) -> Notification {
    let (occasion, en, zh) = match announce {
        Announce::Opened => ("incident.opened", "Incident", "新事件"),
        Announce::Graver => ("incident.graver", "Incident became graver", "事件级别升高"),
        Announce::Returned => ("incident.returned", "Incident is back", "事件再次出现"),
        Announce::Flaps => {
            ("incident.flaps", "Incident comes and goes; no further message until it is over for good", "事件反复波动；稳定前不再通知")
        }
        Announce::Cleared => ("incident.cleared", "Incident is over", "事件已恢复"),
    };
    let number = incident.severity.number();
    let subject = Text::new(
        format!("{en}: S{number} {}", domain::text::defang(&incident.title, 60)),
        format!("{zh}：S{number} {}", domain::text::defang(&incident.title, 60)),
    );
    let list = incident.resources.iter().take(5).map(|r| domain::text::defang(r, 200)).collect::<Vec<_>>().join(", ");
    let since = incident.first_signal_at.to_rfc3339();
    let body = Text::new(
        format!("{en}.\n{}\nResources: {list}\nSince: {since}\nAsk with `status {}`.", incident.line(), incident.id),
        format!("{zh}。\n{}\n资源：{list}\n开始时间：{since}\n查看：`status {}`", incident.line(), incident.id),
    );
    Notification { occasion: occasion.to_owned(), plan_id: None, digest: None, recipients: Vec::new(), subject, body, with_link: false }
}

/// The reply to a person who asked for an investigation.
pub(crate) fn asked(incident: &Incident, is_new: bool) -> Text {
    let id = &incident.id;
    if is_new {
        Text::new(
            format!(
                "Investigating {id}: metrics, logs, changes and neighbours are being read. Nothing is changed. See it with `status {id}`."
            ),
            format!("正在调查 {id}：读取指标、日志、变更和上下游。不会更改任何内容。查看：`status {id}`"),
        )
    } else {
        Text::new(
            format!(
                "This belongs to an incident that is known: {}\nIt is being looked at again. See it with `status {id}`.",
                incident.line()
            ),
            format!("该问题属于已知事件：{}\n正在重新分析。查看：`status {id}`", incident.line()),
        )
    }
}
