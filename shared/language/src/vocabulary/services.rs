//! Services a person can ask about, with the nouns that mean them. Entry point: [`SERVICES`].

use catalogue::Words;

/// The service's short name and its nouns.
pub(crate) const SERVICES: &[(&str, Words)] = &[
    (
        "ec2",
        "ec2|instance|ec2 instance|vm|virtual machine|server|virtual server|compute instance|虚拟机|实例|云主机|云服务器|服务器|虚机|主机|机器|ec2 实例|计算实例|执行个体|伺服器|堡垒机|跳板机|跳板机器",
    ),
    ("ebs", "ebs|volume|ebs volume|disk|ebs disk|云盘|云硬盘|硬盘|磁盘|卷|盘|ebs 卷|数据盘|块存储|块存储卷|磁碟"),
    (
        "vpc",
        "vpc|vpcs|subnet|nat gateway|route table|internet gateway|virtual private cloud|子网|路由表|nat 网关|私有网络|专有网络|虚拟私有云",
    ),
    ("s3", "s3|bucket|s3 bucket|object storage|object store|桶|存储桶|对象存储|s3 桶|储存贮体|储存桶"),
    (
        "rds",
        "rds|rds database|aurora database|sql database|mysql database|postgres database|database|db|database instance|db instance|rds instance|aurora|aurora cluster|mysql|postgres|postgresql|relational database|数据库|数据库实例|rds 实例|关系型数据库|关系数据库|资料库|mysql 实例|数据库集群|rds 数据库",
    ),
    ("lambda", "lambda|function|lambda function|serverless function|函数|lambda 函数|云函数|函数计算|函式|无服务器函数"),
    ("iam", "iam|iam user|iam role|access key|iam 用户|iam 角色|访问密钥|iam policy|iam policies|iam 策略|iam group|iam key"),
    ("dynamodb", "table|数据表|dynamodb|dynamo|dynamodb table|ddb|ddb table|dynamo table|nosql table|dynamodb 表|ddb 表|nosql"),
    (
        "ecs",
        "ecs|ecs service|ecs cluster|fargate|container service|ecs task|ecs 服务|容器服务|ecs 集群|ecs 任务|fargate 任务|fargate task|elastic container service",
    ),
    (
        "eks",
        "eks|eks cluster|kubernetes|k8s|kubernetes cluster|k8s cluster|node group|nodegroup|eks 集群|k8s 集群|kubernetes 集群|节点组|eks 节点组",
    ),
    (
        "elb",
        "elb|load balancer|alb|nlb|lb|clb|target group|loadbalancer|application load balancer|network load balancer|elastic load balancer|负载均衡|负载均衡器|目标组|负载均衡实例",
    ),
    ("elasticache", "elasticache|redis|memcached|cache cluster|redis cluster|cache|valkey|缓存|redis 集群|缓存集群|缓存实例|redis 实例"),
    (
        "route53",
        "route53|route 53|dns|hosted zone|dns record|dns zone|托管区|域名|解析|域名托管区|dns 记录|解析记录|托管区域|域名解析|域名记录",
    ),
    (
        "cloudwatch",
        "cloudwatch|cloudwatch alarm|alarm|log group|cloudwatch 告警|日志组|告警规则|监控告警|告警|alarms|cloudwatch log|cloudwatch 日志|日志群组",
    ),
    ("cloudtrail", "cloudtrail|trail|cloudtrail trail|跟踪|cloudtrail 跟踪|审计跟踪|cloudtrail 轨迹"),
    ("kms", "kms|kms key|encryption key|cmk|customer managed key|kms 密钥|加密密钥|主密钥|金钥|客户托管密钥"),
    ("secretsmanager", "secretsmanager|secrets manager|secret|密文|机密|secrets manager 密钥|secret manager|托管密钥|凭据管理"),
    (
        "autoscaling",
        "autoscaling|auto scaling|auto scaling group|asg|autoscaling group|scaling group|auto-scaling|auto-scaling group|伸缩组|弹性伸缩|弹性伸缩组|自动伸缩组|自动扩缩组|扩缩组|自动伸缩",
    ),
    ("sqs", "sqs|queue|sqs queue|dlq|dead letter queue|dead-letter queue|message queue|队列|sqs 队列|消息队列|死信队列|死信|伫列"),
    ("sns", "sns|sns topic|topic|notification topic|主题|sns 主题|通知主题|订阅主题|消息主题|subscription"),
    ("apigateway", "apigateway|api gateway|api gw|apigw|rest api|http api|api 网关|api|接口网关|apis|rest apis|网关"),
    (
        "stepfunctions",
        "stepfunctions|step functions|step function|sfn|state machine|step functions state machine|状态机|工作流|步骤函数|step functions 状态机|状态机工作流",
    ),
];
