//! Kinds of resources that operations act on, with the nouns and id forms by which people name them.
//!
//! Entry type: [`Resource`]. Invariant: every kind has nouns in both languages and names the service it belongs to.
//!
//! ```
//! use catalogue::Resource;
//! assert!(Resource::Instance.words().ids.contains(&"i-"));
//! ```

use crate::words::Words;

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// EC2 instance.
    Instance,
    /// EBS volume.
    Volume,
    /// Security group.
    SecurityGroup,
    /// S3 bucket.
    Bucket,
    /// IAM access key.
    AccessKey,
    /// IAM user or role.
    Principal,
    /// RDS instance.
    Database,
    /// RDS or Aurora cluster.
    DatabaseCluster,
    /// Lambda function.
    Function,
    /// Auto Scaling group.
    AutoScalingGroup,
    /// ECS service.
    ContainerService,
    /// EKS managed node group.
    NodeGroup,
    /// Whatever is registered in a load balancer's target group.
    LoadBalancerTarget,
    /// DynamoDB table.
    Table,
    /// Secrets Manager secret.
    Secret,
    /// KMS key.
    EncryptionKey,
    /// CloudWatch Logs group.
    LogGroup,
    /// SQS queue.
    Queue,
    /// Route 53 record.
    DnsRecord,
    /// CloudFormation stack.
    Stack,
    /// Step Functions execution.
    Execution,
}

/// How a kind of resource is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceWords {
    /// The service's short name.
    pub service: &'static str,
    /// Nouns, both languages; the plural of English words is understood.
    pub nouns: Words,
    /// Beginnings of ids that can be nothing else.
    pub ids: &'static [&'static str],
    /// ARN service and the beginning of the resource part.
    pub arn: &'static [(&'static str, &'static str)],
}

/// Every kind.
pub const ALL: &[Resource] = &[
    Resource::Instance,
    Resource::Volume,
    Resource::SecurityGroup,
    Resource::Bucket,
    Resource::AccessKey,
    Resource::Principal,
    Resource::Database,
    Resource::DatabaseCluster,
    Resource::Function,
    Resource::AutoScalingGroup,
    Resource::ContainerService,
    Resource::NodeGroup,
    Resource::LoadBalancerTarget,
    Resource::Table,
    Resource::Secret,
    Resource::EncryptionKey,
    Resource::LogGroup,
    Resource::Queue,
    Resource::DnsRecord,
    Resource::Stack,
    Resource::Execution,
];

impl Resource {
    /// Nouns and id forms.
    #[must_use]
    pub const fn words(self) -> ResourceWords {
        match self {
            Self::Instance => named(
                "ec2",
                "instance|ec2 instance|ec2|server|machine|host|vm|virtual machine|box|node|bastion|jump host|实例|机器|\
                主机|服务器|虚拟机|虚机|云主机|云服务器|跳板机|堡垒机|执行个体|伺服器|节点",
                &["i-"],
                &[("ec2", "instance/")],
            ),
            Self::Volume => named(
                "ebs",
                "volume|ebs volume|ebs|disk|ebs disk|卷|云盘|硬盘|磁盘|数据盘|系统盘|盘|磁碟",
                &["vol-"],
                &[("ec2", "volume/")],
            ),
            Self::SecurityGroup => named(
                "ec2",
                "security group|firewall|firewall rule|sg|secgroup|安全组|安全群组|防火墙",
                &["sg-"],
                &[("ec2", "security-group/")],
            ),
            Self::Bucket => named("s3", "bucket|s3 bucket|s3|object storage|桶|存储桶|储存桶|储存贮体|对象存储", &["s3://"], &[("s3", "")]),
            Self::AccessKey => named(
                "iam",
                "access key|access-key|api key|ak|aksk|ak/sk|iam key|credential|long-lived credential|访问密钥|密钥|\
                凭证|存取金钥|访问凭证|凭据",
                &["AKIA"],
                &[],
            ),
            Self::Principal => named(
                "iam",
                "user|role|principal|iam user|iam role|identity|iam identity|用户|角色|主体|使用者|身份|账户主体|\
                iam 用户|iam 角色",
                &[],
                &[("iam", "user/"), ("iam", "role/")],
            ),
            Self::Database => named(
                "rds",
                "database|db|rds|db instance|database instance|rds instance|rds database|mysql|postgres|postgresql|\
                mariadb|oracle|sql server|数据库|数据库实例|资料库|库|db 实例|rds 实例|报表库|主库|从库|只读副本|\
                只读库",
                &["db-"],
                &[("rds", "db:")],
            ),
            Self::DatabaseCluster => named(
                "rds",
                "database cluster|db cluster|rds cluster|aurora|aurora cluster|aurora 集群|数据库集群|rds 集群|db 集群|\
                资料库丛集",
                &["cluster-"],
                &[("rds", "cluster:")],
            ),
            Self::Function => named(
                "lambda",
                "function|lambda function|lambda|lambda fn|fn|函数|lambda 函数|云函数|函式",
                &[],
                &[("lambda", "function:")],
            ),
            Self::AutoScalingGroup => named(
                "autoscaling",
                "auto scaling group|autoscaling group|auto-scaling group|scaling group|asg|auto scaling|autoscaling|\
                伸缩组|弹性伸缩组|自动伸缩组|自动扩缩组|扩缩组|弹性伸缩|自动伸缩",
                &[],
                &[("autoscaling", "autoScalingGroup:")],
            ),
            Self::ContainerService => named(
                "ecs",
                "ecs service|container service|fargate service|ecs|fargate|service|ecs 服务|容器服务|服务",
                &[],
                &[("ecs", "service/")],
            ),
            Self::NodeGroup => named(
                "eks",
                "node group|nodegroup|node-group|managed node group|eks|node pool|worker group|节点组|节点池|节点群组",
                &[],
                &[("eks", "nodegroup/")],
            ),
            Self::LoadBalancerTarget => named(
                "elb",
                "target|backend|后端|目标|后端节点|target group|目标组|目标群组|load balancer|负载均衡|elb|alb|nlb|lb",
                &[],
                &[("elasticloadbalancing", "targetgroup/")],
            ),
            Self::Table => named(
                "dynamodb",
                "table|dynamodb table|ddb table|dynamodb|dynamo|ddb|表|数据表|dynamodb 表|资料表",
                &[],
                &[("dynamodb", "table/")],
            ),
            Self::Secret => named(
                "secretsmanager",
                "secret|secrets manager|secretsmanager|机密|密文|秘密|凭据密钥|密码|password|密钥",
                &[],
                &[("secretsmanager", "secret:")],
            ),
            Self::EncryptionKey => named(
                "kms",
                "kms key|kms|cmk|customer managed key|encryption key|key|kms 密钥|加密密钥|主密钥|密钥|金钥",
                &["mrk-", "alias/"],
                &[("kms", "key/"), ("kms", "alias/")],
            ),
            Self::LogGroup => named(
                "cloudwatch",
                "log group|loggroup|cloudwatch log group|logs|log|日志组|日志群组|日志|记录群组",
                &[],
                &[("logs", "log-group:")],
            ),
            Self::Queue => named(
                "sqs",
                "queue|sqs queue|sqs|dlq|dead letter queue|dead-letter queue|队列|死信队列|消息队列|死信|伫列",
                &[],
                &[("sqs", "")],
            ),
            Self::DnsRecord => named(
                "route53",
                "dns record|record|record set|dns|route53|route 53|解析记录|dns 记录|解析|域名|记录",
                &[],
                &[("route53", "")],
            ),
            Self::Stack => named(
                "cloudformation",
                "stack|cloudformation stack|cfn stack|cloudformation|cfn|堆栈|cloudformation 栈|cfn 栈|栈|堆叠",
                &[],
                &[("cloudformation", "stack/")],
            ),
            Self::Execution => named(
                "stepfunctions",
                "execution|state machine execution|step functions execution|step functions|stepfunctions|sfn|\
                workflow run|state machine|执行|状态机|状态机执行|工作流",
                &[],
                &[("states", "execution:"), ("states", "stateMachine:")],
            ),
        }
    }
}

const fn named(
    service: &'static str,
    nouns: Words,
    ids: &'static [&'static str],
    arn: &'static [(&'static str, &'static str)],
) -> ResourceWords {
    ResourceWords { service, nouns, ids, arn }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::split;

    #[test]
    fn every_kind_has_nouns_in_both_languages() {
        for kind in ALL {
            let nouns: Vec<_> = split(kind.words().nouns).collect();
            assert!(nouns.iter().any(|n| n.is_ascii()), "{kind:?}");
            assert!(nouns.iter().any(|n| !n.is_ascii()), "{kind:?}");
        }
    }
}
