//! An account in which every check passes on something.

use serde_json::{Value, json};
use testkit::{Answer, Sent};

use crate::{
    NOW,
    bad::{days_ago, ec2, metric_data},
    world::{action_of, empty, operation, query},
};

const INSTANCES: &str = "<reservationSet><item><instancesSet>\
    <item><instanceId>i-good</instanceId><instanceState><code>16</code><name>running</name></instanceState><instanceType>t3.micro</instanceType>\
    <metadataOptions><httpTokens>required</httpTokens><httpEndpoint>enabled</httpEndpoint></metadataOptions></item>\
    <item><instanceId>i-rest</instanceId><instanceState><code>80</code><name>stopped</name></instanceState><instanceType>t3.micro</instanceType>\
    <reason>User initiated (2026-11-20 10:00:00 GMT)</reason><metadataOptions><httpTokens>required</httpTokens></metadataOptions></item>\
    </instancesSet></item></reservationSet>";

const GROUPS: &str = "<securityGroupInfo>\
    <item><groupId>sg-good</groupId><groupName>app</groupName><vpcId>vpc-good</vpcId><ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort>\
    <toPort>22</toPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item></ipPermissions></item>\
    <item><groupId>sg-default</groupId><groupName>default</groupName><vpcId>vpc-good</vpcId></item></securityGroupInfo>";

const ACLS: &str = "<networkAclSet><item><networkAclId>acl-good</networkAclId><entrySet><item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction>\
    <egress>false</egress><cidrBlock>0.0.0.0/0</cidrBlock><portRange><from>443</from><to>443</to></portRange></item></entrySet></item></networkAclSet>";

fn on_ec2(sent: &Sent, operation: &str) -> Option<Answer> {
    let body = match operation {
        "DescribeInstances" => INSTANCES.to_owned(),
        "DescribeInstanceStatus" => "<instanceStatusSet><item><instanceId>i-good</instanceId><systemStatus><status>ok</status></systemStatus><instanceStatus><status>ok</status></instanceStatus></item></instanceStatusSet>".into(),
        "DescribeVolumes" => "<volumeSet><item><volumeId>vol-good</volumeId><size>8</size><status>in-use</status><encrypted>true</encrypted><attachmentSet><item><instanceId>i-good</instanceId></item></attachmentSet></item></volumeSet>".into(),
        "DescribeSnapshots" if sent.body.contains("RestorableBy") => "<snapshotSet/>".into(),
        "DescribeSnapshots" => format!(
            "<snapshotSet><item><snapshotId>snap-good</snapshotId><volumeId>vol-good</volumeId><startTime>{}</startTime></item></snapshotSet>",
            days_ago(1)
        ),
        "DescribeAddresses" => "<addressesSet><item><allocationId>eipalloc-good</allocationId><publicIp>192.0.2.9</publicIp><associationId>a-1</associationId></item></addressesSet>".into(),
        "GetEbsEncryptionByDefault" => "<ebsEncryptionByDefault>true</ebsEncryptionByDefault>".into(),
        "DescribeSecurityGroups" => GROUPS.into(),
        "DescribeVpcs" => "<vpcSet><item><vpcId>vpc-good</vpcId><cidrBlock>10.0.0.0/16</cidrBlock></item></vpcSet>".into(),
        "DescribeSubnets" => "<subnetSet><item><subnetId>subnet-1</subnetId><availabilityZone>us-east-1a</availabilityZone></item>\
            <item><subnetId>subnet-2</subnetId><availabilityZone>us-east-1b</availabilityZone></item></subnetSet>".into(),
        "DescribeNetworkAcls" => ACLS.into(),
        "DescribeFlowLogs" => "<flowLogSet><item><flowLogStatus>ACTIVE</flowLogStatus><resourceId>vpc-good</resourceId></item></flowLogSet>".into(),
        "DescribeNetworkInterfaces" => "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><groupSet><item><groupId>sg-good</groupId></item></groupSet></item></networkInterfaceSet>".into(),
        "DescribeNatGateways" => "<natGatewaySet><item><natGatewayId>nat-good</natGatewayId><state>available</state></item></natGatewaySet>".into(),
        _ => return None,
    };
    Some(ec2(operation, &body))
}

fn on_rds(operation: &str) -> Option<Answer> {
    let result = match operation {
        "DescribeDBInstances" => {
            "<DBInstances><DBInstance><DBInstanceIdentifier>db-good</DBInstanceIdentifier><DBInstanceArn>arn:aws:rds:us-east-1:222222222222:db:db-good</DBInstanceArn>\
            <DBInstanceStatus>available</DBInstanceStatus><Engine>mysql</Engine><EngineVersion>8.4.3</EngineVersion><DBInstanceClass>db.t3.micro</DBInstanceClass>\
            <MultiAZ>true</MultiAZ><PubliclyAccessible>false</PubliclyAccessible><StorageEncrypted>true</StorageEncrypted><BackupRetentionPeriod>7</BackupRetentionPeriod>\
            <DeletionProtection>true</DeletionProtection><AllocatedStorage>100</AllocatedStorage></DBInstance></DBInstances>"
        }
        "DescribeDBClusters" => {
            "<DBClusters><DBCluster><DBClusterIdentifier>c-good</DBClusterIdentifier><DBClusterArn>arn:aws:rds:us-east-1:222222222222:cluster:c-good</DBClusterArn>\
            <Status>available</Status><Engine>aurora-mysql</Engine><DeletionProtection>true</DeletionProtection></DBCluster></DBClusters>"
        }
        "DescribeDBSnapshots" => {
            "<DBSnapshots><DBSnapshot><DBSnapshotIdentifier>s-good</DBSnapshotIdentifier><DBSnapshotArn>arn:aws:rds:us-east-1:222222222222:snapshot:s-good</DBSnapshotArn></DBSnapshot></DBSnapshots>"
        }
        "DescribeDBSnapshotAttributes" => {
            "<DBSnapshotAttributesResult><DBSnapshotAttributes><DBSnapshotAttribute><AttributeName>restore</AttributeName>\
            <AttributeValues><AttributeValue>333333333333</AttributeValue></AttributeValues></DBSnapshotAttribute></DBSnapshotAttributes></DBSnapshotAttributesResult>"
        }
        "DescribeDBEngineVersions" => {
            "<DBEngineVersions><DBEngineVersion><Engine>mysql</Engine><EngineVersion>8.4.3</EngineVersion><Status>available</Status></DBEngineVersion></DBEngineVersions>"
        }
        _ => return None,
    };
    Some(query(operation, result))
}

fn on_iam(operation: &str) -> Option<Answer> {
    let encoded = |text: &str| text.replace('%', "%25").replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    let result = match operation {
        "GetAccountSummary" => "<SummaryMap><entry><key>AccountAccessKeysPresent</key><value>0</value></entry><entry><key>AccountMFAEnabled</key><value>1</value></entry></SummaryMap>".into(),
        "GetAccountPasswordPolicy" => "<PasswordPolicy><MinimumPasswordLength>16</MinimumPasswordLength><ExpirePasswords>false</ExpirePasswords><PasswordReusePrevention>24</PasswordReusePrevention></PasswordPolicy>".into(),
        "ListUsers" => format!(
            "<Users><member><Path>/</Path><UserName>good</UserName><UserId>AIDA1</UserId><Arn>arn:aws:iam::222222222222:user/good</Arn><CreateDate>{}</CreateDate><PasswordLastUsed>{}</PasswordLastUsed></member></Users><IsTruncated>false</IsTruncated>",
            days_ago(400),
            days_ago(1)
        ),
        "GetLoginProfile" => format!("<LoginProfile><UserName>good</UserName><CreateDate>{}</CreateDate></LoginProfile>", days_ago(400)),
        "ListMFADevices" => format!(
            "<MFADevices><member><UserName>good</UserName><SerialNumber>arn:aws:iam::222222222222:mfa/good</SerialNumber><EnableDate>{}</EnableDate></member></MFADevices><IsTruncated>false</IsTruncated>",
            days_ago(300)
        ),
        "ListAccessKeys" => format!(
            "<AccessKeyMetadata><member><UserName>good</UserName><AccessKeyId>AKIAGOOD</AccessKeyId><Status>Active</Status><CreateDate>{}</CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated>",
            days_ago(10)
        ),
        "GetAccessKeyLastUsed" => format!(
            "<UserName>good</UserName><AccessKeyLastUsed><LastUsedDate>{}</LastUsedDate><Region>us-east-1</Region><ServiceName>s3</ServiceName></AccessKeyLastUsed>",
            days_ago(1)
        ),
        "ListPolicies" => "<Policies><member><PolicyName>read</PolicyName><Arn>arn:aws:iam::222222222222:policy/read</Arn><DefaultVersionId>v1</DefaultVersionId></member></Policies><IsTruncated>false</IsTruncated>".into(),
        "GetPolicyVersion" => format!(
            "<PolicyVersion><Document>{}</Document><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></PolicyVersion>",
            encoded(r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::good/*"}]}"#)
        ),
        "ListRoles" => format!(
            "<Roles><member><Path>/</Path><RoleName>good</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::222222222222:role/good</Arn><CreateDate>{}</CreateDate>\
             <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></member></Roles><IsTruncated>false</IsTruncated>",
            days_ago(400),
            encoded(
                r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:role/x"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"e"}}}]}"#
            )
        ),
        _ => return None,
    };
    Some(query(operation, &result))
}

fn on_s3(action: &str) -> Answer {
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
        <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    let body = match action {
        "s3:ListAllMyBuckets" => {
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>good</Name><BucketRegion>us-east-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
        }
        "s3:GetBucketPolicy" => {
            r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::good","arn:aws:s3:::good/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#
        }
        "s3:GetBucketAcl" => "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList/></AccessControlPolicy>",
        "s3:GetBucketLogging" => {
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>good/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
        }
        "s3:GetBucketVersioning" => "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        "s3:GetLifecycleConfiguration" => {
            "<LifecycleConfiguration><Rule><ID>r</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status></Rule></LifecycleConfiguration>"
        }
        _ => block,
    };
    Answer::new(200, body)
}

fn on_lambda(action: &str) -> Answer {
    let answer = match action {
        "lambda:GetPolicy" => {
            json!({"Policy": r#"{"Statement":[{"Sid":"own","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"222222222222"}}}]}"#})
        }
        "lambda:ListFunctionUrlConfigs" => {
            json!({"FunctionUrlConfigs": [{"FunctionUrl": "https://x", "FunctionArn": "f", "CreationTime": "t", "LastModifiedTime": "t", "AuthType": "AWS_IAM"}]})
        }
        _ => {
            json!({"Functions": [{"FunctionName": "good", "FunctionArn": "arn:aws:lambda:us-east-1:222222222222:function:good", "Runtime": "python3.13", "Timeout": 10,
            "LastModified": "2025-01-01T00:00:00.000+0000", "VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"]}, "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:222222222222:dead"},
            "Environment": {"Variables": {"TABLE": "orders"}}}]})
        }
    };
    Answer::new(200, answer.to_string())
}

fn on_dynamodb(operation: &str) -> Answer {
    let answer = match operation {
        "ListTables" => json!({"TableNames": ["good"]}),
        "DescribeTable" => json!({"Table": {"TableName": "good", "TableStatus": "ACTIVE", "DeletionProtectionEnabled": true,
            "ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}}}),
        _ => {
            json!({"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}})
        }
    };
    Answer::new(200, answer.to_string())
}

fn targets() -> Answer {
    let target = |dimension: &str| {
        json!({"ServiceNamespace": "dynamodb", "ResourceId": "table/good", "ScalableDimension": format!("dynamodb:table:{dimension}"),
            "MinCapacity": 5, "MaxCapacity": 500, "RoleARN": "arn:aws:iam::222222222222:role/r", "CreationTime": 1.0})
    };
    Answer::new(200, json!({"ScalableTargets": [target("ReadCapacityUnits"), target("WriteCapacityUnits")]}).to_string())
}

/// Patterns of the metric filters that watch for root use, unauthorised calls and changed groups.
const PATTERNS: [&str; 3] = [
    r#"{ $.userIdentity.type = "Root" && $.eventType != "AwsServiceEvent" }"#,
    r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#,
    "{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupIngress) }",
];

fn filters() -> Answer {
    let filter = |(n, pattern): (usize, &&str)| {
        json!({"filterName": format!("f{n}"), "filterPattern": pattern, "logGroupName": "trail",
            "metricTransformations": [{"metricNamespace": "Security", "metricName": format!("m{n}"), "metricValue": "1"}]})
    };
    let all: Vec<Value> = PATTERNS.iter().enumerate().map(filter).collect();
    Answer::new(200, json!({"metricFilters": all}).to_string())
}

fn alarms() -> Answer {
    let alarm = |n: usize| {
        json!({"AlarmName": format!("a{n}"), "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:222222222222:alarm:a{n}"), "StateValue": "OK", "StateReason": "r",
            "StateUpdatedTimestamp": {"$at": NOW.seconds() - 3 * 86_400}, "ActionsEnabled": true, "AlarmActions": ["arn:aws:sns:us-east-1:222222222222:t"],
            "MetricName": format!("m{n}"), "Namespace": "Security"})
    };
    Answer::cbor(200, &json!({"CompositeAlarms": [], "MetricAlarms": (0..PATTERNS.len()).map(alarm).collect::<Vec<_>>()}))
}

/// The points of a metric in a good account: newest last, one a period.
fn points(metric: &str, _dimension: &str) -> Vec<f64> {
    match metric {
        "CPUUtilization" => vec![12.0; 8],
        "FreeStorageSpace" => vec![80e9],
        "DatabaseConnections" => vec![7.0; 8],
        "BytesOutToDestination" => vec![5e9; 8],
        "Invocations" => vec![100.0],
        "Duration" => vec![900.0],
        // Half of a hundred units, all day long.
        "ConsumedReadCapacityUnits" | "ConsumedWriteCapacityUnits" => vec![50.0 * 86_400.0; 7],
        _ => vec![],
    }
}

/// The answer of the good account.
pub(crate) fn answer(sent: &Sent) -> Option<Answer> {
    let (action, operation) = (action_of(sent)?, operation(sent));
    let (service, _) = action.split_once(':')?;
    match (service, action) {
        ("ec2", _) => on_ec2(sent, &operation),
        ("rds", _) => on_rds(&operation),
        ("iam", _) => on_iam(&operation),
        ("s3", _) => Some(on_s3(action)),
        ("lambda", _) => Some(on_lambda(action)),
        ("dynamodb", _) => Some(on_dynamodb(&operation)),
        ("application-autoscaling", _) => Some(targets()),
        (_, "cloudwatch:GetMetricData") => Some(metric_data(sent, points)),
        ("cloudwatch", _) => Some(alarms()),
        (_, "logs:DescribeMetricFilters") => Some(filters()),
        (_, "logs:DescribeLogGroups") => Some(Answer::new(
            200,
            r#"{"logGroups":[{"logGroupName":"good","arn":"arn:aws:logs:us-east-1:222222222222:log-group:good:*","storedBytes":5,"retentionInDays":90}]}"#,
        )),
        _ => empty(sent),
    }
}
