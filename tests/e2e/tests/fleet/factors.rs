//! Second factors: enrolled, shown with an approval, never twice, for one plan; two people, and the account's name typed back.

use domain::EpochMs;
use serde_json::{Value, json};
use stepup::Secret;

use crate::world::*;

fn now() -> EpochMs {
    EpochMs(i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap())
}

/// RFC 4648 without padding, as an authenticator reads it.
fn base32(text: &str) -> Vec<u8> {
    let bits: String =
        text.bytes().map(|b| format!("{:05b}", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|a| *a == b).unwrap())).collect();
    bits.as_bytes().chunks_exact(8).map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()).collect()
}

fn factor(w: &World, person: &str, body: &Value) -> Answer {
    w.post("/v1/factor", person, body)
}

/// Enrols a person and shows the code of half a minute ago, so that the present one is still good.
fn enrol(w: &World, person: &str) -> Secret {
    let answer = factor(w, person, &json!({"action": "enrol"}));
    assert_eq!((answer.status, answer.body["state"].as_str()), (200, Some("pending")), "{answer:?}");
    let url = answer.body["url"].as_str().unwrap();
    let secret = url.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    let secret = Secret::from_stored(&base32(secret)).unwrap();
    let active = factor(w, person, &json!({"action": "activate", "code": secret.code_at(now().plus_seconds(-30))}));
    assert_eq!((active.status, active.body["state"].as_str()), (200, Some("active")), "{active:?}");
    secret
}

fn approve(w: &World, person: &str, plan: &str, code: Option<&str>) -> Answer {
    let seen = w.plan(plan);
    let mut body = json!({"digest": seen["digest"], "preview_hash": seen["preview_hash"], "lang": "en"});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    w.post(&format!("/v1/plans/{plan}/approve"), person, &body)
}

/// The default rules, with one of our own that asks of stopping instances in prod what R3 asks: the fleet has no R3 operation built yet.
fn as_for_r3() -> Value {
    let text = |name: &str| std::fs::read_to_string(format!("{}/../../policies/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let own = r#"
@id("own.as_R3") @approvals("2") @mfa("fresh") @en("stopping in prod needs two people with second factors") @zh("需两人并二次验证")
forbid (principal, action == Action::"execute", resource)
when { resource.scopes.contains("env:prod+operation:ec2.stop_instances") }
unless { context.mfa_approvals >= 2 };
@id("own.typed") @typed("account") @en("whoever asks types the account's name back") @zh("需重新输入账户名称")
forbid (principal, action == Action::"execute", resource)
when { resource.scopes.contains("env:prod+operation:ec2.stop_instances") }
unless { context.account_typed };
"#;
    let mut files: Vec<Value> =
        ["10-people.cedar", "20-tiers.cedar", "30-undo.cedar"].iter().map(|n| json!({"name": n, "text": text(n)})).collect();
    files.push(json!({"name": "90-own.cedar", "text": own}));
    json!({ "policies": files })
}

fn default_rules() -> Value {
    let mut rules = as_for_r3();
    rules["policies"].as_array_mut().unwrap().pop();
    rules
}

#[tokio::test]
async fn alone_two_people_with_second_factors_and_the_typed_name_and_no_code_twice() {
    let w = world();
    let (bob, carol) = (w.new_person(&["approver"]).await, w.new_person(&["approver"]).await);
    let (one, two) = (bob.clone(), carol.clone());
    let body = async move {
        crate::governance::set(w, &as_for_r3(), "policies").await;
        let (bobs, carols) = (enrol(w, &bob), enrol(w, &carol));
        let ((id, plan), (other_id, other)) = (w.waiting("alice").await, w.waiting("alice").await);
        assert!(w.plan(&plan)["preview_text"].as_str().unwrap().contains("types the account's name back"));

        let without = approve(w, &bob, &plan, None);
        assert_eq!((without.status, without.error()), (403, "Approval.FactorRefused"), "{without:?}");
        assert!(without.text().contains("--code"), "{without:?}");
        let nobody = approve(w, "bob", &plan, Some("123456"));
        assert_eq!((nobody.status, nobody.error()), (404, "StepUp.NotFound"), "bob himself has none: {nobody:?}");
        let typo = approve(w, &bob, &plan, Some("12345"));
        assert_eq!((typo.status, typo.error()), (400, "StepUp.Malformed"), "{typo:?}");

        let code = bobs.code_at(now());
        let yes = approve(w, &bob, &plan, Some(&code));
        assert_eq!(yes.status, 200, "{yes:?}");
        // The same code again, for another plan: the proof belonged to the first digest, and the code is spent.
        let replayed = approve(w, &bob, &other, Some(&code));
        assert_eq!((replayed.status, replayed.error()), (403, "StepUp.Refused"), "{replayed:?}");
        assert!(w.plan(&other)["approvals"].as_array().unwrap().is_empty());

        // A second channel makes no second person: the console code of the same approver.
        let seen = w.plan(&plan);
        let issued = w.post(
            &format!("/v1/plans/{plan}/console-code"),
            &bob,
            &json!({"digest": seen["digest"], "lang": "en", "code": bobs.code_at(now().plus_seconds(30))}),
        );
        assert_eq!(issued.status, 200, "{issued:?}");
        let redeem = json!({"redeem": {"code": issued.body["code"], "plan_id": plan, "digest": seen["digest"]}});
        w.invoke("record-approval", &redeem).await;
        assert_eq!(w.plan(&plan)["approvals"].as_array().unwrap().len(), 1);
        // And a code that was issued for one plan is none for another.
        let elsewhere = json!({"redeem": {"code": issued.body["code"], "plan_id": other, "digest": w.digest(&other)}});
        let (refused, failed) = w.invoke("record-approval", &elsewhere).await;
        assert!(failed && refused["errorType"] == "Approval.CodeRefused", "{refused}");
        assert_eq!((w.state(&plan).as_str(), w.instance_state(PROD, &id).await.as_str()), ("awaiting_approval", "running"));

        let second = approve(w, &carol, &plan, Some(&carols.code_at(now())));
        assert_eq!(second.status, 200, "{second:?}");
        let confirm = |person: &str, account: &str| {
            w.post(&format!("/v1/plans/{plan}/confirm"), person, &json!({"digest": w.digest(&plan), "account": account}))
        };
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(w.instance_state(PROD, &id).await, "running", "both have agreed; the asker has not confirmed");
        let wrong = confirm("alice", "staging");
        assert_eq!((wrong.status, wrong.error()), (409, "Plan.AccountConflict"), "{wrong:?}");
        let stranger = confirm("carol", "prod");
        assert_eq!((stranger.status, stranger.error()), (403, "Plan.ConfirmDenied"), "{stranger:?}");
        assert_eq!(confirm("alice", "prod").status, 200);
        w.wait(&plan, &["succeeded"]).await;
        assert_eq!(w.instance_state(PROD, &id).await, "stopped");
        let kinds = w.audit_kinds(PROD, &plan);
        assert!(kinds.iter().any(|k| k == "typed_back"), "{kinds:?}");

        // Five wrong codes lock; the right one does not help then.
        let wrong = |n: u32| format!("{:06}", (carols.code_at(now()).parse::<u32>().unwrap() + 1 + n) % 1_000_000);
        let tries: Vec<String> = (0..5).map(|n| approve(w, &carol, &other, Some(&wrong(n))).error().to_owned()).collect();
        assert_eq!(tries.last().map(String::as_str), Some("StepUp.LockedDenied"), "{tries:?}");
        let locked = approve(w, &carol, &other, Some(&carols.code_at(now().plus_seconds(30))));
        assert_eq!((locked.status, locked.error()), (403, "StepUp.LockedDenied"), "{locked:?}");
        // Enrolling anew is no way round: it takes a code of the present factor.
        let anew = factor(w, &carol, &json!({"action": "enrol"}));
        assert_eq!((anew.status, anew.error()), (403, "StepUp.ActiveRefused"), "{anew:?}");
        let own = factor(w, "erin", &json!({"action": "reset", "person": "erin"}));
        assert_eq!((own.status, own.error()), (403, "StepUp.ResetDenied"), "{own:?}");
        let reset = factor(w, "erin", &json!({"action": "reset", "person": carol}));
        assert_eq!((reset.status, reset.body["state"].as_str()), (200, Some("none")), "{reset:?}");
        assert_eq!(w.instance_state(PROD, &other_id).await, "running");
        assert_eq!(w.post(&format!("/v1/plans/{other}/withdraw"), "alice", &json!({})).status, 200);
    };
    restoring(body, async {
        crate::governance::set(w, &default_rules(), "policies").await;
        w.remove_person(&one).await;
        w.remove_person(&two).await;
    })
    .await;
}
