//! The deployed fleet as its users see it. Entry type: [`World`].
#![allow(dead_code, reason = "a toolbox: what one set of tests leaves out, another uses")]

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::OnceLock,
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use serde_json::{Value, json};

pub const DEV: &str = "222222222222";
pub const STAGING: &str = "333333333333";
pub const PROD: &str = "444444444444";
pub const HUB: &str = "111111111111";
pub const REGION: &str = "us-east-1";

/// Everything a test needs to know about the deployed fleet.
pub struct World {
    pub endpoint: String,
    pub api: String,
    pub outputs: Value,
    pub people: Value,
    pub dir: PathBuf,
}

/// One answer of the endpoint.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The error's name, in whichever shape it came.
    pub fn error(&self) -> &str {
        self.body["error"]["name"].as_str().or_else(|| self.body["error"].as_str()).unwrap_or("")
    }
    pub fn text(&self) -> &str {
        self.body["text"]
            .as_str()
            .or_else(|| self.body["error"]["message"].as_str())
            .or_else(|| self.body["message"].as_str())
            .unwrap_or("")
    }
    pub fn plan(&self) -> String {
        self.body["plan_id"].as_str().unwrap_or_else(|| panic!("no plan in {self:?}")).to_owned()
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("`{name}` is not set: run `cargo xtask test`, which deploys the fleet first"))
}

pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::of(variable("AIOPS_E2E_DIR").into()))
}

/// The fleets of every lane, the own one among them: for looking at what their tests did.
pub fn worlds() -> Vec<World> {
    std::env::split_paths(&variable("AIOPS_E2E_DIRS")).map(World::of).collect()
}

pub fn unique() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).unwrap();
    ulid::Ulid::from_parts(1, u128::from_be_bytes(bytes)).to_string().to_lowercase()
}

impl World {
    fn of(dir: PathBuf) -> Self {
        let read = |path: PathBuf| -> Value {
            let path = path.display().to_string();
            serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect(&path)
        };
        let told = read(dir.join("world.json"));
        let text = |key: &str| told[key].as_str().unwrap_or_else(|| panic!("no {key} in {told}")).to_owned();
        let file = |key: &str| read(text(key).into());
        Self { endpoint: text("endpoint"), api: text("api"), outputs: file("outputs"), people: file("people"), dir }
    }

    /// The root of an account, for arranging and for looking; never what the fleet uses.
    pub fn root(&self, account: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&self.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(account, "test", None, None, "root")))
            .build()
    }
    pub fn ec2(&self, account: &str) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.root(account))
    }
    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.root(HUB))
    }
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.root(HUB))
    }
    pub fn lambda(&self, account: &str) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.root(account))
    }
    pub fn hub(&self, output: &str) -> String {
        self.outputs["hub"][output].as_str().unwrap_or_else(|| panic!("no output {output}")).to_owned()
    }

    /// A fresh token of a person, from the user pool.
    pub fn token(&self, person: &str) -> String {
        static TOKENS: OnceLock<std::sync::Mutex<BTreeMap<String, String>>> = OnceLock::new();
        let tokens = TOKENS.get_or_init(Default::default);
        if let Some(token) = tokens.lock().unwrap().get(person) {
            return token.clone();
        }
        let own = own_passwords().lock().unwrap().get(person).cloned();
        let password = own.or_else(|| self.people[person]["password"].as_str().map(str::to_owned)).unwrap_or_else(|| panic!("no {person}"));
        let body = json!({"ClientId": self.hub("UserPoolClientId"), "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": person, "PASSWORD": password}});
        let mut answer = agent()
            .post(&self.endpoint)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth")
            .send(body.to_string())
            .unwrap();
        let json: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        let token = json["AuthenticationResult"]["IdToken"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned();
        tokens.lock().unwrap().insert(person.to_owned(), token.clone());
        token
    }

    pub fn directory(&self) -> aws_sdk_cognitoidentityprovider::Client {
        aws_sdk_cognitoidentityprovider::Client::new(&self.root(HUB))
    }
    /// A person of the test's own, in these groups; take them out again with [`World::remove_person`].
    pub async fn new_person(&self, groups: &[&str]) -> String {
        let (name, password) = (format!("e2e-{}", unique()), format!("{}aA1-", unique()));
        let (directory, pool) = (self.directory(), self.hub("UserPoolId"));
        let made = directory.admin_create_user().user_pool_id(&pool).username(&name);
        made.message_action(aws_sdk_cognitoidentityprovider::types::MessageActionType::Suppress).send().await.unwrap();
        directory.admin_set_user_password().user_pool_id(&pool).username(&name).password(&password).permanent(true).send().await.unwrap();
        for group in groups {
            directory.admin_add_user_to_group().user_pool_id(&pool).username(&name).group_name(*group).send().await.unwrap();
        }
        own_passwords().lock().unwrap().insert(name.clone(), password);
        name
    }
    pub async fn leave_group(&self, person: &str, group: &str) {
        let call = self.directory().admin_remove_user_from_group().user_pool_id(self.hub("UserPoolId"));
        call.username(person).group_name(group).send().await.unwrap();
    }
    pub async fn remove_person(&self, person: &str) {
        self.directory().admin_delete_user().user_pool_id(self.hub("UserPoolId")).username(person).send().await.unwrap();
    }

    /// One call of the endpoint. `person` empty: without a token.
    pub fn call(&self, method: &str, path: &str, person: &str, body: &str) -> Answer {
        let token = if person.is_empty() { String::new() } else { format!("Bearer {}", self.token(person)) };
        self.call_with(method, path, &token, body, "en")
    }

    pub fn call_with(&self, method: &str, path: &str, authorization: &str, body: &str, lang: &str) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.api)).header("accept-language", lang);
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let mut answer = agent().run(request.body(body.to_owned()).unwrap()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        Answer { status: answer.status().as_u16(), body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }
    pub fn get(&self, path: &str, person: &str) -> Answer {
        self.call("GET", path, person, "")
    }
    pub fn post(&self, path: &str, person: &str, body: &Value) -> Answer {
        self.call("POST", path, person, &body.to_string())
    }

    /// One chat request with a request id of its own.
    pub fn chat(&self, person: &str, text: &str) -> Answer {
        self.chat_as(person, text, &unique())
    }
    pub fn chat_as(&self, person: &str, text: &str, request_id: &str) -> Answer {
        self.post("/v1/chat", person, &json!({"text": text, "request_id": request_id}))
    }

    /// The plan that a request makes; fails when it makes none.
    pub fn ask(&self, person: &str, text: &str) -> String {
        let answer = self.chat(person, text);
        assert_eq!((answer.status, answer.error()), (200, ""), "{text}: {answer:?}");
        answer.plan()
    }

    pub fn plan(&self, plan: &str) -> Value {
        let answer = self.get(&format!("/v1/plans/{plan}?lang=en"), "victor");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }
    pub fn state(&self, plan: &str) -> String {
        self.plan(plan)["state"].as_str().unwrap().to_owned()
    }

    /// Waits until a plan is in one of the states.
    pub async fn wait(&self, plan: &str, states: &[&str]) -> Value {
        self.wait_for(plan, states, 60).await
    }
    pub async fn wait_for(&self, plan: &str, states: &[&str], seconds: u64) -> Value {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            let now = self.plan(plan);
            let state = now["state"].as_str().unwrap();
            if states.contains(&state) {
                return now;
            }
            assert!(Instant::now() < end, "{plan} is {state}, not {states:?}: {now:#}\n{}", self.history(plan).await);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// The yes of an approver who looked at the preview.
    pub fn approve(&self, person: &str, plan: &str) -> Answer {
        let seen = self.plan(plan);
        self.post(
            &format!("/v1/plans/{plan}/approve"),
            person,
            &json!({"digest": seen["digest"], "preview_hash": seen["preview_hash"], "lang": "en"}),
        )
    }
    pub fn reject(&self, person: &str, plan: &str, reason: &str) -> Answer {
        let seen = self.plan(plan);
        self.post(&format!("/v1/plans/{plan}/reject"), person, &json!({"digest": seen["digest"], "reason": reason}))
    }
    pub fn digest(&self, plan: &str) -> String {
        self.plan(plan)["digest"].as_str().unwrap().to_owned()
    }

    /// An instance in prod and the plan to stop it, which waits for people.
    pub async fn waiting(&self, asker: &str) -> (String, String) {
        let id = self.instance(PROD).await;
        let plan = self.ask(asker, &format!("stop {id} in prod"));
        self.wait(&plan, &["awaiting_approval"]).await;
        (id, plan)
    }

    /// Sets one environment variable of a hub function and answers what it was.
    pub async fn set_variable(&self, function: &str, name: &str, value: Option<&str>) -> Option<String> {
        let lambda = self.lambda(HUB);
        let function = format!("aiops-{function}");
        let seen = lambda.get_function_configuration().function_name(&function).send().await.unwrap();
        let mut variables = seen.environment().and_then(|e| e.variables()).cloned().unwrap_or_default();
        // An empty endpoint is not the same as none: what was not there is taken away again.
        let before = match value {
            Some(value) => variables.insert(name.to_owned(), value.to_owned()),
            None => variables.remove(name),
        };
        let environment = aws_sdk_lambda::types::Environment::builder().set_variables(Some(variables)).build();
        lambda.update_function_configuration().function_name(&function).environment(environment).send().await.unwrap();
        before
    }

    /// A running instance of the test's own.
    pub async fn instance(&self, account: &str) -> String {
        use aws_sdk_ec2::types::{InstanceType, ResourceType, Tag, TagSpecification};
        let tags = TagSpecification::builder()
            .resource_type(ResourceType::Instance)
            .tags(Tag::builder().key("Name").value("e2e").build())
            .tags(Tag::builder().key("owner").value("e2e@example.com").build())
            .build();
        let made = self
            .ec2(account)
            .run_instances()
            .image_id("ami-12c6146b")
            .min_count(1)
            .max_count(1)
            .instance_type(InstanceType::T3Micro)
            .tag_specifications(tags)
            .send()
            .await
            .unwrap();
        made.instances()[0].instance_id().unwrap().to_owned()
    }
    pub async fn instance_state(&self, account: &str, id: &str) -> String {
        let seen = self.ec2(account).describe_instances().instance_ids(id).send().await.unwrap();
        seen.reservations()[0].instances()[0].state().unwrap().name().unwrap().as_str().to_owned()
    }

    /// The executions of a plan with their status and, for the newest, its events; for failing tests.
    pub async fn history(&self, plan: &str) -> String {
        let mut out = String::new();
        let executions = self.sfn().list_executions().state_machine_arn(self.hub("ChangeStateMachineArn")).send().await.unwrap();
        for execution in executions.executions().iter().filter(|e| e.name().starts_with(plan)) {
            out.push_str(&format!("{} {:?}\n", execution.name(), execution.status()));
            let events = self.sfn().get_execution_history().execution_arn(execution.execution_arn()).max_results(200).send().await.unwrap();
            for event in events.events() {
                let name = event.state_entered_event_details().map(|d| d.name().to_owned());
                let fault = event.lambda_function_failed_event_details().map(|d| format!("{:?} {:?}", d.error(), d.cause()));
                let fault = fault.or_else(|| event.task_failed_event_details().map(|d| format!("{:?} {:?}", d.error(), d.cause())));
                if name.is_some() || fault.is_some() {
                    out.push_str(&format!("   {:?} {:?}\n", name, fault));
                }
            }
        }
        out
    }

    /// Status of an execution of a plan by name.
    pub async fn execution(&self, plan: &str, purpose: &str, attempt: u32) -> (String, String) {
        let machine = self.hub("ChangeStateMachineArn");
        let arn = format!("{}:{plan}-{purpose}-{attempt}", machine.replacen(":stateMachine:", ":execution:", 1));
        let seen = self.sfn().describe_execution().execution_arn(arn).send().await.unwrap();
        (seen.status().as_str().to_owned(), seen.error().unwrap_or_default().to_owned())
    }

    /// Waits for the end of an execution and answers its status and error name.
    pub async fn execution_end(&self, plan: &str, purpose: &str, attempt: u32) -> (String, String) {
        for _ in 0..100 {
            let seen = self.execution(plan, purpose, attempt).await;
            if seen.0 != "RUNNING" {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        panic!("{plan} {purpose} still runs: {}", self.history(plan).await);
    }

    /// Kinds of a plan's audit records, in order, from its account's chain.
    pub fn audit_kinds(&self, account: &str, plan: &str) -> Vec<String> {
        self.audit_records(account)
            .into_iter()
            .filter(|r| r["event"]["plan"] == plan)
            .map(|r| r["event"]["kind"].as_str().unwrap().to_owned())
            .collect()
    }
    pub fn audit_records(&self, chain: &str) -> Vec<Value> {
        let (mut out, mut after) = (Vec::new(), 0_u64);
        loop {
            let page = self.get(&format!("/v1/audit/chains/{chain}?after={after}&limit=200"), "dave");
            assert_eq!(page.status, 200, "{page:?}");
            for row in page.body["records"].as_array().unwrap() {
                out.push(serde_json::from_str(row["record"].as_str().unwrap()).unwrap());
            }
            match page.body["next_after"].as_u64() {
                Some(next) => after = next,
                None => return out,
            }
        }
    }

    /// Invokes a hub function directly, as its deployment would; answers the payload and whether it is an error.
    pub async fn invoke(&self, function: &str, payload: &Value) -> (Value, bool) {
        let answer = self
            .lambda(HUB)
            .invoke()
            .function_name(format!("aiops-{function}"))
            .payload(payload.to_string().into_bytes().into())
            .send()
            .await
            .unwrap();
        let body = answer.payload().map(|p| serde_json::from_slice(p.as_ref()).unwrap()).unwrap_or(Value::Null);
        (body, answer.function_error().is_some())
    }
}

/// Runs a test whose changes to the fleet are taken back whatever happens.
pub async fn restoring(body: impl Future<Output = ()> + Send + 'static, restore: impl Future<Output = ()>) {
    let ended = tokio::spawn(body).await;
    restore.await;
    if let Err(failed) = ended {
        std::panic::resume_unwind(failed.into_panic());
    }
}

/// Passwords of the people that tests made.
fn own_passwords() -> &'static std::sync::Mutex<BTreeMap<String, String>> {
    static OWN: OnceLock<std::sync::Mutex<BTreeMap<String, String>>> = OnceLock::new();
    OWN.get_or_init(Default::default)
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60))).build().into()
}
