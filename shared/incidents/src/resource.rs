//! Resources as metrics name them: which one an alarm watches, and what to ask of each.
//!
//! Entry type: [`Resource`]. Invariant: only metrics that AWS publishes without extra cost or agent are asked for, by the
//! namespaces and dimensions of each service's own documentation; what is not in the table is a gap, not a zero.

use rca::evidence::{Metric, Statistic};
use serde::{Deserialize, Serialize};

/// Services whose metrics are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// A function.
    Lambda,
    /// An instance.
    Ec2,
    /// A database instance.
    Rds,
    /// A table.
    Dynamodb,
    /// A queue.
    Sqs,
    /// An application load balancer.
    LoadBalancer,
    /// A target group of one.
    TargetGroup,
    /// An ECS service.
    Ecs,
    /// An API.
    ApiGateway,
}

/// What to ask of one resource: metric name, statistic, what it means, and the factor to the unit of [`Metric`].
type Line = (&'static str, Statistic, Metric, f64);

impl Service {
    const ALL: [Self; 9] =
        [Self::Lambda, Self::Ec2, Self::Rds, Self::Dynamodb, Self::Sqs, Self::LoadBalancer, Self::TargetGroup, Self::Ecs, Self::ApiGateway];

    /// The first part of a node's id.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Ec2 => "ec2",
            Self::Rds => "rds",
            Self::Dynamodb => "dynamodb",
            Self::Sqs => "sqs",
            Self::LoadBalancer => "load-balancer",
            Self::TargetGroup => "target-group",
            Self::Ecs => "ecs",
            Self::ApiGateway => "api-gateway",
        }
    }

    /// Namespace, the dimension that names the resource, and the one of what it lies in.
    fn place(self) -> (&'static str, &'static str, Option<&'static str>) {
        match self {
            Self::Lambda => ("AWS/Lambda", "FunctionName", None),
            Self::Ec2 => ("AWS/EC2", "InstanceId", None),
            Self::Rds => ("AWS/RDS", "DBInstanceIdentifier", None),
            Self::Dynamodb => ("AWS/DynamoDB", "TableName", None),
            Self::Sqs => ("AWS/SQS", "QueueName", None),
            Self::LoadBalancer => ("AWS/ApplicationELB", "LoadBalancer", None),
            Self::TargetGroup => ("AWS/ApplicationELB", "TargetGroup", Some("LoadBalancer")),
            Self::Ecs => ("AWS/ECS", "ServiceName", Some("ClusterName")),
            Self::ApiGateway => ("AWS/ApiGateway", "ApiName", None),
        }
    }

    fn lines(self) -> &'static [Line] {
        use Metric::{CpuPercent, Errors, Latency, MemoryPercent, Requests, Throttles};
        use Statistic::{Average, Maximum, Sum};
        match self {
            Self::Lambda => &[
                ("Invocations", Sum, Requests, 1.0),
                ("Duration", Average, Latency, 0.001),
                ("Errors", Sum, Errors, 1.0),
                ("Throttles", Sum, Throttles, 1.0),
            ],
            Self::Ec2 => &[("CPUUtilization", Average, CpuPercent, 1.0)],
            Self::Rds => &[("CPUUtilization", Average, CpuPercent, 1.0), ("ReadLatency", Average, Latency, 1.0)],
            Self::Dynamodb => &[("ReadThrottleEvents", Sum, Throttles, 1.0), ("WriteThrottleEvents", Sum, Throttles, 1.0)],
            Self::Sqs => &[("NumberOfMessagesSent", Sum, Requests, 1.0), ("ApproximateAgeOfOldestMessage", Maximum, Latency, 1.0)],
            Self::LoadBalancer => &[
                ("RequestCount", Sum, Requests, 1.0),
                ("TargetResponseTime", Average, Latency, 1.0),
                ("HTTPCode_Target_5XX_Count", Sum, Errors, 1.0),
                ("HTTPCode_ELB_5XX_Count", Sum, Errors, 1.0),
            ],
            Self::TargetGroup => &[
                ("RequestCount", Sum, Requests, 1.0),
                ("TargetResponseTime", Average, Latency, 1.0),
                ("HTTPCode_Target_5XX_Count", Sum, Errors, 1.0),
            ],
            Self::Ecs => &[("CPUUtilization", Average, CpuPercent, 1.0), ("MemoryUtilization", Average, MemoryPercent, 1.0)],
            Self::ApiGateway => &[("Count", Sum, Requests, 1.0), ("Latency", Average, Latency, 0.001), ("5XXError", Sum, Errors, 1.0)],
        }
    }
}

/// One metric to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The node it is of.
    pub node: String,
    /// What it means.
    pub metric: Metric,
    /// How it is aggregated.
    pub statistic: Statistic,
    /// `AWS/Lambda` and the like.
    pub namespace: &'static str,
    /// The service's own name of the metric.
    pub name: &'static str,
    /// Dimensions by name.
    pub dimensions: Vec<(String, String)>,
    /// Values are multiplied by it.
    pub factor: f64,
}

/// One resource of one account and region.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resource {
    /// Its service.
    pub service: Service,
    /// As metrics name it.
    pub name: String,
    /// What it lies in (cluster, load balancer), where metrics need that too.
    #[serde(default)]
    pub parent: Option<String>,
}

impl Resource {
    /// A resource that lies in nothing.
    pub fn new(service: Service, name: impl Into<String>) -> Self {
        Self { service, name: name.into(), parent: None }
    }

    /// The resource that an alarm watches, by its metric's namespace and dimensions (name, value).
    #[must_use]
    pub fn of_alarm(namespace: &str, dimensions: &[(String, String)]) -> Option<Self> {
        let value = |name: &str| dimensions.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone());
        let fits = |service: &Service| {
            let (space, own, parent) = service.place();
            (space == namespace).then_some(())?;
            let parent = match parent {
                Some(parent) => Some(value(parent)?),
                None => None,
            };
            Some(Self { service: *service, name: value(own)?, parent })
        };
        // A target group is watched through its load balancer: the one with a parent tells more.
        Service::ALL.iter().filter_map(fits).max_by_key(|r| r.parent.is_some())
    }

    /// The resource that an ARN or a bare name is of; a bare name only where its form tells the service.
    #[must_use]
    pub fn of_name(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, service, _, _, rest] = parts.as_slice() else {
            let id = text.strip_prefix("i-")?;
            return (id.len() >= 8 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self::new(Service::Ec2, text));
        };
        let name = crate::fold::short_name(text);
        match (*service, rest.split([':', '/']).next()?) {
            ("lambda", "function") => Some(Self::new(Service::Lambda, name)),
            ("ec2", "instance") => Some(Self::new(Service::Ec2, name)),
            ("rds", "db") => Some(Self::new(Service::Rds, name)),
            ("dynamodb", "table") => Some(Self::new(Service::Dynamodb, name.split('/').next()?)),
            ("sqs", _) => Some(Self::new(Service::Sqs, *rest)),
            ("elasticloadbalancing", "loadbalancer") => Some(Self::new(Service::LoadBalancer, name)),
            ("ecs", "service") => {
                let (cluster, service) = name.split_once('/')?;
                Some(Self { service: Service::Ecs, name: service.to_owned(), parent: Some(cluster.to_owned()) })
            }
            _ => None,
        }
    }

    /// The node's id in the evidence: `lambda:orders`.
    #[must_use]
    pub fn node(&self) -> String {
        format!("{}:{}", self.service.as_str(), self.name)
    }

    /// Everything to read of it.
    #[must_use]
    pub fn asks(&self) -> Vec<Ask> {
        let (namespace, own, parent) = self.service.place();
        let mut dimensions = vec![(own.to_owned(), self.name.clone())];
        if let (Some(name), Some(value)) = (parent, &self.parent) {
            dimensions.push((name.to_owned(), value.clone()));
        }
        let ask = |&(name, statistic, metric, factor): &Line| Ask {
            node: self.node(),
            metric,
            statistic,
            namespace,
            name,
            dimensions: dimensions.clone(),
            factor,
        };
        self.service.lines().iter().map(ask).collect()
    }

    /// What an alarm's own metric means, by the service's name of it.
    #[must_use]
    pub fn meaning(&self, metric_name: &str) -> Option<Metric> {
        self.service.lines().iter().find(|l| l.0 == metric_name).map(|l| l.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimensions(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn an_alarm_names_the_resource_it_watches() {
        for (namespace, pairs, expected) in [
            ("AWS/Lambda", vec![("FunctionName", "orders"), ("Resource", "orders:live")], Some("lambda:orders")),
            ("AWS/ECS", vec![("ClusterName", "shop"), ("ServiceName", "web")], Some("ecs:web")),
            (
                "AWS/ApplicationELB",
                vec![("LoadBalancer", "app/web/1"), ("TargetGroup", "targetgroup/web/2")],
                Some("target-group:targetgroup/web/2"),
            ),
            ("AWS/ApplicationELB", vec![("LoadBalancer", "app/web/1")], Some("load-balancer:app/web/1")),
            ("AWS/ECS", vec![("ClusterName", "shop")], None),
            ("Own/Things", vec![("FunctionName", "orders")], None),
        ] {
            let found = Resource::of_alarm(namespace, &dimensions(&pairs)).map(|r| r.node());
            assert_eq!(found.as_deref(), expected, "{namespace}");
        }
    }

    #[test]
    fn every_service_has_metrics_and_finds_itself_in_its_own_dimensions() {
        for service in Service::ALL {
            let parent = service.place().2.map(|_| "p".to_owned());
            let resource = Resource { service, name: "x".into(), parent };
            let asks = resource.asks();
            assert!(!asks.is_empty());
            for ask in asks {
                assert_eq!(Resource::of_alarm(ask.namespace, &ask.dimensions).as_ref(), Some(&resource));
                assert_eq!(resource.meaning(ask.name), Some(ask.metric));
            }
        }
    }

    #[test]
    fn arns_and_instance_ids_name_their_resource() {
        let arn = |service: &str, rest: &str| ["arn", "aws", service, "us-east-1", "222222222222", rest].join(":");
        for (text, expected) in [
            (arn("lambda", "function:orders:7"), Some("lambda:orders")),
            (arn("ec2", "instance/i-0123456789abcdef0"), Some("ec2:i-0123456789abcdef0")),
            ("i-0123456789abcdef0".to_owned(), Some("ec2:i-0123456789abcdef0")),
            (arn("dynamodb", "table/orders/stream/2026"), Some("dynamodb:orders")),
            (arn("sqs", "jobs"), Some("sqs:jobs")),
            (arn("ecs", "service/shop/web"), Some("ecs:web")),
            (arn("s3", "bucket"), None),
            ("orders".to_owned(), None),
        ] {
            assert_eq!(Resource::of_name(&text).map(|r| r.node()).as_deref(), expected, "{text}");
        }
    }
}
