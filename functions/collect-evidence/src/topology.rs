//! Who calls whom around a resource. Entry: [`neighbours`].
//!
//! Invariant: a call is evidence only where an API says so (a trace map, an event source, a target group); what no API
//! told is a gap.

use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use incidents::{Resource, Service};
use rca::evidence::{Call, Node, NodeKind, Source};

use crate::reader::{Reader, instant};

/// Most neighbours that are looked at.
const MAX_NEIGHBOURS: usize = 12;
/// Most services of one trace map.
const MAX_TRACED: usize = 40;

fn call(reader: &mut Reader, caller: &Resource, callee: &Resource) {
    let call = Call { caller: caller.node(), callee: callee.node() };
    if !reader.evidence.calls.contains(&call) {
        reader.evidence.calls.push(call);
    }
}

/// The neighbours of a resource, with the calls between them noted as evidence.
pub(crate) async fn neighbours(reader: &mut Reader, of: &Resource) -> Vec<Resource> {
    let mut found = match of.service {
        Service::Lambda => event_sources(reader, of).await,
        Service::LoadBalancer => targets(reader, of).await,
        Service::Ec2 | Service::Rds | Service::Dynamodb | Service::Sqs | Service::TargetGroup | Service::Ecs | Service::ApiGateway => {
            Vec::new()
        }
    };
    found.extend(traced(reader, of).await);
    found.retain(|r| r != of);
    found.sort();
    found.dedup();
    found.truncate(MAX_NEIGHBOURS);
    found
}

/// Queues and streams that a function is fed from: they call it.
async fn event_sources(reader: &mut Reader, of: &Resource) -> Vec<Resource> {
    if !reader.may_call(Source::Topology) {
        return Vec::new();
    }
    let client = aws_sdk_lambda::Client::new(&reader.config);
    match client.list_event_source_mappings().function_name(&of.name).max_items(50).send().await {
        Ok(answer) => {
            let arns = answer.event_source_mappings().iter().filter_map(EventSourceMappingConfiguration::event_source_arn);
            let sources: Vec<Resource> = arns.filter_map(Resource::of_name).collect();
            sources.iter().for_each(|source| call(reader, source, of));
            sources
        }
        Err(error) => {
            reader.failed(Source::Topology, Some(&of.node()), "lambda:ListEventSourceMappings", &error.into_service_error());
            Vec::new()
        }
    }
}

/// Instances behind a load balancer.
async fn targets(reader: &mut Reader, of: &Resource) -> Vec<Resource> {
    // `app/web/1234`: the middle is the name.
    let Some(name) = of.name.split('/').nth(1).map(str::to_owned) else { return Vec::new() };
    let client = aws_sdk_elasticloadbalancingv2::Client::new(&reader.config);
    let mut found = Vec::new();
    if !reader.may_call(Source::Topology) {
        return found;
    }
    let arn = match client.describe_load_balancers().names(name).send().await {
        Ok(answer) => answer.load_balancers().first().and_then(|l| l.load_balancer_arn()).map(str::to_owned),
        Err(error) => {
            let permission = "elasticloadbalancing:DescribeLoadBalancers";
            reader.failed(Source::Topology, Some(&of.node()), permission, &error.into_service_error());
            None
        }
    };
    let Some(arn) = arn.filter(|_| reader.may_call(Source::Topology)) else { return found };
    let groups = match client.describe_target_groups().load_balancer_arn(arn).send().await {
        Ok(answer) => answer.target_groups().iter().filter_map(|g| g.target_group_arn()).map(str::to_owned).collect::<Vec<_>>(),
        Err(error) => {
            reader.failed(Source::Topology, Some(&of.node()), "elasticloadbalancing:DescribeTargetGroups", &error.into_service_error());
            Vec::new()
        }
    };
    for group in groups.iter().take(5) {
        if !reader.may_call(Source::Topology) {
            break;
        }
        match client.describe_target_health().target_group_arn(group).send().await {
            Ok(answer) => {
                for id in answer.target_health_descriptions().iter().filter_map(|d| d.target().and_then(|t| t.id())) {
                    if let Some(target) = Resource::of_name(id) {
                        call(reader, of, &target);
                        found.push(target);
                    }
                }
            }
            Err(error) => {
                let permission = "elasticloadbalancing:DescribeTargetHealth";
                reader.failed(Source::Topology, Some(&of.node()), permission, &error.into_service_error());
            }
        }
    }
    found
}

/// A service of the trace map as a resource; what is only seen through its callers is inferred.
fn traced_resource(kind: &str, name: &str) -> Option<Resource> {
    let service = match kind {
        "AWS::Lambda" | "AWS::Lambda::Function" => Service::Lambda,
        "AWS::EC2::Instance" => Service::Ec2,
        "AWS::DynamoDB::Table" => Service::Dynamodb,
        "AWS::SQS::Queue" => Service::Sqs,
        "AWS::ApiGateway::Stage" => Service::ApiGateway,
        _ => return None,
    };
    let name = if service == Service::ApiGateway { name.split('/').next()? } else { name };
    Some(Resource::new(service, name))
}

/// The trace map, where traces are recorded.
async fn traced(reader: &mut Reader, of: &Resource) -> Vec<Resource> {
    if !reader.may_call(Source::Topology) {
        return Vec::new();
    }
    let client = aws_sdk_xray::Client::new(&reader.config);
    let incident = reader.evidence.incident;
    let answer = match client.get_service_graph().start_time(instant(incident.from)).end_time(instant(incident.to)).send().await {
        Ok(answer) => answer,
        Err(error) => {
            reader.failed(Source::Topology, None, "xray:GetServiceGraph", &error.into_service_error());
            return Vec::new();
        }
    };
    let services = answer.services();
    let resource = |id: i32| {
        let service = services.iter().find(|s| s.reference_id() == Some(id))?;
        traced_resource(service.r#type().unwrap_or_default(), service.name().unwrap_or_default())
    };
    let mut found = Vec::new();
    for service in services.iter().take(MAX_TRACED) {
        let Some(caller) = service.reference_id().and_then(resource) else { continue };
        for callee in service.edges().iter().filter_map(|e| e.reference_id()).filter_map(resource).filter(|c| *c != caller) {
            call(reader, &caller, &callee);
            found.extend([caller.clone(), callee]);
        }
        if service.r#type() == Some("remote") {
            reader.evidence.nodes.push(Node { id: caller.node(), kind: NodeKind::Inferred });
        }
    }
    if !found.contains(of) {
        reader.gap(Source::Topology, Some(&of.node()), "no trace of it in the window", None);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{Answer, Replay};

    use super::*;
    use crate::reader::tests::reader;

    #[tokio::test]
    async fn event_sources_call_the_function_and_a_missing_trace_map_is_a_gap() {
        let queue = ["arn", "aws", "sqs", "us-east-1", "222222222222", "jobs"].join(":");
        let replay = Replay::new(move |request| {
            if request.uri.contains("event-source-mappings") {
                Some(Answer::new(200, json!({"EventSourceMappings": [{"EventSourceArn": queue}]}).to_string()))
            } else {
                Some(Answer::new(400, json!({"__type": "InvalidRequestException"}).to_string()))
            }
        });
        let mut reader = reader(&replay, 10, 10);
        let found = neighbours(&mut reader, &Resource::new(Service::Lambda, "orders")).await;
        assert_eq!(found, [Resource::new(Service::Sqs, "jobs")]);
        assert_eq!(reader.evidence.calls, [Call { caller: "sqs:jobs".into(), callee: "lambda:orders".into() }]);
        assert_eq!(reader.evidence.gaps.len(), 1);
        assert_eq!(reader.evidence.gaps[0].source, Source::Topology);
    }
}
