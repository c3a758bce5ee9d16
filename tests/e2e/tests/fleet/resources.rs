//! One real resource for each operation, made through the member account's own API, and what it looks like afterwards.
//!
//! Entry type: [`Resource`]. Invariant: an operation without an entry here fails every law that is tested over all operations.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::*;

/// A resource of the test's own, and how a person asks for the change.
#[derive(Debug, Clone)]
pub struct Resource {
    pub operation: &'static str,
    pub account: &'static str,
    /// As its service names it.
    pub id: String,
    pub en: String,
    pub zh: String,
    /// What [`Resource::look`] answers before and after.
    pub before: Value,
    pub after: Value,
    pub has_undo: bool,
    /// The one write that CloudTrail of the member account shows, in [`crate::cloudtrail`]'s words.
    pub write: &'static str,
}

pub fn short() -> String {
    let all = unique();
    format!("e2e-{}", &all[all.len() - 14..])
}

pub fn s3(w: &World, account: &str) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&w.root(account)).force_path_style(true).build())
}
pub fn rds(w: &World, account: &str) -> aws_sdk_rds::Client {
    aws_sdk_rds::Client::new(&w.root(account))
}
pub fn autoscaling(w: &World, account: &str) -> aws_sdk_autoscaling::Client {
    aws_sdk_autoscaling::Client::new(&w.root(account))
}

/// An archive without files: the functions here are never invoked.
const EMPTY_ZIP: [u8; 22] = [b'P', b'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

impl Resource {
    pub async fn make(w: &World, operation: &'static str, account: &'static str, name: &'static str) -> Self {
        let (before, after) = (json!("running"), json!("stopped"));
        match operation {
            "ec2.start_instances" => {
                let id = w.instance(account).await;
                w.ec2(account).stop_instances().instance_ids(&id).send().await.unwrap();
                let (en, zh) = (format!("start {id} in {name}"), format!("启动 {name} 的 {id}"));
                Self { operation, account, id, en, zh, before: after, after: before, has_undo: true, write: "ec2:StartInstances" }
            }
            "ec2.stop_instances" => {
                let id = w.instance(account).await;
                let (en, zh) = (format!("please stop instance {id} in the {name} account"), format!("把 {name} 账户的实例 {id} 关掉"));
                Self { operation, account, id, en, zh, before, after, has_undo: true, write: "ec2:StopInstances" }
            }
            "ec2.reboot_instances" => {
                let id = w.instance(account).await;
                let (en, zh) = (format!("reboot {id} in {name}"), format!("重启 {name} 的 {id}"));
                Self { operation, account, id, en, zh, after: before.clone(), before, has_undo: false, write: "ec2:RebootInstances" }
            }
            "ec2.revoke_ingress" => Self::security_group(w, account, name).await,
            "s3.block_public_access" => {
                let id = short();
                let client = s3(w, account);
                client.create_bucket().bucket(&id).send().await.unwrap();
                client.delete_public_access_block().bucket(&id).send().await.unwrap();
                let (en, zh) =
                    (format!("turn on block public access for bucket {id} in {name}"), format!("阻止 {name} 的存储桶 {id} 的公共访问"));
                let (before, after) = (Value::Null, json!([true, true, true, true]));
                Self { operation, account, id, en, zh, before, after, has_undo: true, write: "s3:PUT bucket" }
            }
            "rds.reboot_instance" => {
                let id = short();
                let call = rds(w, account).create_db_instance().db_instance_identifier(&id).db_instance_class("db.t3.small");
                let call = call.engine("postgres").master_username("shop").master_user_password("not-a-real-database");
                call.allocated_storage(20).send().await.unwrap();
                let (en, zh) = (format!("reboot database {id} in {name}"), format!("重启 {name} 的数据库 {id}"));
                let (before, after) = (json!("available"), json!("available"));
                let made = Self { operation, account, id, en, zh, before, after, has_undo: false, write: "rds:RebootDBInstance" };
                made.until(w, &json!("available")).await;
                made
            }
            "lambda.set_concurrency" => {
                let id = short();
                function(w, account, &id).await;
                let (en, zh) =
                    (format!("set reserved concurrency of function {id} to 5 in {name}"), format!("把 {name} 的函数 {id} 的并发设为 5"));
                Self { operation, account, id, en, zh, before: Value::Null, after: json!(5), has_undo: true, write: "lambda:PUT function" }
            }
            "lambda.rollback_alias" => {
                let id = short();
                function(w, account, &id).await;
                published(w, account, &id, 2).await;
                let (en, zh) = (
                    format!("roll back alias live of function {id} to the previous version in {name}"),
                    format!("把 {name} 的函数 {id} 的别名 live 回滚到上一个版本"),
                );
                Self { operation, account, id, en, zh, before: json!("2"), after: json!("1"), has_undo: true, write: "lambda:UpdateAlias" }
            }
            "autoscaling.set_capacity" => {
                let id = short();
                group(w, account, &id).await;
                let (en, zh) =
                    (format!("set desired capacity of {id} to 3 in {name}"), format!("把 {name} 的伸缩组 {id} 的期望容量设为 3"));
                let (before, after) = (json!([1, 2, 6, 2]), json!([1, 3, 6, 3]));
                let write = "autoscaling:UpdateAutoScalingGroup";
                let made = Self { operation, account, id, en, zh, before, after, has_undo: true, write };
                made.until(w, &made.before).await;
                made
            }
            other => panic!("`{other}` is built and has no resource here: add one"),
        }
    }

    async fn security_group(w: &World, account: &'static str, name: &'static str) -> Self {
        use aws_sdk_ec2::types::{IpPermission, IpRange};
        let client = w.ec2(account);
        let made = client.create_security_group().group_name(short()).description("e2e").send().await.unwrap();
        let id = made.group_id().unwrap().to_owned();
        let rule = |port: i32, description: &str| {
            let range = IpRange::builder().cidr_ip("0.0.0.0/0").description(description).build();
            IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port).ip_ranges(range).build()
        };
        let call = client.authorize_security_group_ingress().group_id(&id);
        call.ip_permissions(rule(443, "shop")).ip_permissions(rule(22, "left open")).send().await.unwrap();
        Self {
            operation: "ec2.revoke_ingress",
            account,
            en: format!("remove ssh from 0.0.0.0/0 on {id} in {name}"),
            zh: format!("删除 {name} 安全组 {id} 上 0.0.0.0/0 的 22 端口入站规则"),
            id,
            before: json!(["tcp 22 0.0.0.0/0 left open", "tcp 443 0.0.0.0/0 shop"]),
            after: json!(["tcp 443 0.0.0.0/0 shop"]),
            has_undo: true,
            write: "ec2:RevokeSecurityGroupIngress",
        }
    }

    pub fn sentence(&self, zh: bool) -> &str {
        if zh { &self.zh } else { &self.en }
    }
    pub fn dry_sentence(&self, zh: bool) -> String {
        if zh { format!("预演：{}", self.zh) } else { format!("only show me: {}", self.en) }
    }

    /// The resource as its own service shows it to the account's root.
    pub async fn look(&self, w: &World) -> Value {
        match self.operation.split_once('.').unwrap() {
            ("ec2", "revoke_ingress") => {
                let seen = w.ec2(self.account).describe_security_groups().group_ids(&self.id).send().await.unwrap();
                let mut rules: Vec<String> = seen.security_groups()[0]
                    .ip_permissions()
                    .iter()
                    .flat_map(|p| {
                        let head = format!("{} {}", p.ip_protocol().unwrap(), p.from_port().unwrap());
                        let line = move |r: &aws_sdk_ec2::types::IpRange| {
                            format!("{head} {} {}", r.cidr_ip().unwrap(), r.description().unwrap_or("-"))
                        };
                        p.ip_ranges().iter().map(line).collect::<Vec<_>>()
                    })
                    .collect();
                rules.sort();
                json!(rules)
            }
            ("ec2", _) => json!(w.instance_state(self.account, &self.id).await),
            ("s3", _) => match s3(w, self.account).get_public_access_block().bucket(&self.id).send().await {
                Ok(seen) => {
                    let block = seen.public_access_block_configuration().unwrap();
                    json!([
                        block.block_public_acls(),
                        block.block_public_policy(),
                        block.ignore_public_acls(),
                        block.restrict_public_buckets()
                    ])
                }
                Err(error) => {
                    let code = aws_sdk_s3::error::ProvideErrorMetadata::code(&error).unwrap_or_default();
                    assert_eq!(code, "NoSuchPublicAccessBlockConfiguration");
                    Value::Null
                }
            },
            ("rds", _) => {
                let seen = rds(w, self.account).describe_db_instances().db_instance_identifier(&self.id).send().await.unwrap();
                json!(seen.db_instances()[0].db_instance_status())
            }
            ("lambda", "rollback_alias") => {
                let seen = w.lambda(self.account).get_alias().function_name(&self.id).name("live").send().await.unwrap();
                json!(seen.function_version())
            }
            ("lambda", _) => {
                let seen = w.lambda(self.account).get_function_concurrency().function_name(&self.id).send().await.unwrap();
                json!(seen.reserved_concurrent_executions())
            }
            ("autoscaling", _) => {
                let seen =
                    autoscaling(w, self.account).describe_auto_scaling_groups().auto_scaling_group_names(&self.id).send().await.unwrap();
                let group = &seen.auto_scaling_groups()[0];
                let in_service =
                    group.instances().iter().filter(|i| i.lifecycle_state().is_some_and(|s| s.as_str() == "InService")).count();
                json!([group.min_size(), group.desired_capacity(), group.max_size(), in_service])
            }
            other => panic!("{other:?}"),
        }
    }

    pub async fn until(&self, w: &World, wanted: &Value) {
        let mut seen = Value::Null;
        for _ in 0..100 {
            seen = self.look(w).await;
            if seen == *wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{} stays {seen}, wanted {wanted}", self.id);
    }
}

/// A function that is never invoked.
pub async fn function(w: &World, account: &str, name: &str) {
    use aws_sdk_lambda::{primitives::Blob, types::FunctionCode};
    let iam = aws_sdk_iam::Client::new(&w.root(account));
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let call = w.lambda(account).create_function().function_name(name).runtime("python3.12".into()).handler("index.handler");
    let call = call.role(format!("arn:aws:iam::{account}:role/{name}")).tags("owner", "e2e@example.com");
    call.code(FunctionCode::builder().zip_file(Blob::new(EMPTY_ZIP)).build()).send().await.unwrap();
}

/// Publishes versions of a function, each with a configuration of its own, and points the alias `live` to the last.
pub async fn published(w: &World, account: &str, name: &str, versions: i64) {
    let lambda = w.lambda(account);
    for n in 1..=versions {
        lambda.update_function_configuration().function_name(name).description(format!("e2e {n}")).send().await.unwrap();
        lambda.publish_version().function_name(name).send().await.unwrap();
    }
    lambda.create_alias().function_name(name).name("live").function_version(versions.to_string()).send().await.unwrap();
}

/// A scaling group of two, between one and six.
async fn group(w: &World, account: &str, name: &str) {
    use aws_sdk_autoscaling::types::LaunchTemplateSpecification;
    use aws_sdk_ec2::types::{InstanceType, RequestLaunchTemplateData};
    let data = RequestLaunchTemplateData::builder().image_id("ami-0abcdef1234567890").instance_type(InstanceType::T3Micro).build();
    w.ec2(account).create_launch_template().launch_template_name(name).launch_template_data(data).send().await.unwrap();
    let template = LaunchTemplateSpecification::builder().launch_template_name(name).version("$Latest").build();
    let call = autoscaling(w, account).create_auto_scaling_group().auto_scaling_group_name(name).launch_template(template);
    call.min_size(1).desired_capacity(2).max_size(6).availability_zones("us-east-1a").send().await.unwrap();
}

/// A target group with these instances in it; answers its name.
pub async fn target_group(w: &World, account: &str, members: &[&str]) -> String {
    use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
    let (name, client) = (short(), aws_sdk_elasticloadbalancingv2::Client::new(&w.root(account)));
    let seen = w.ec2(account).describe_instances().instance_ids(members[0]).send().await.unwrap();
    let vpc = seen.reservations()[0].instances()[0].vpc_id().unwrap();
    let made = client.create_target_group().name(&name).protocol("HTTP".into()).port(80).vpc_id(vpc).send().await.unwrap();
    let targets = members.iter().map(|id| TargetDescription::builder().id(*id).build()).collect();
    let arn = made.target_groups()[0].target_group_arn();
    client.register_targets().set_target_group_arn(arn.map(str::to_owned)).set_targets(Some(targets)).send().await.unwrap();
    name
}
