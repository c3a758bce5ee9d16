//! Signing in, staying signed in, signing out.

use serde_json::{Value, json};

use crate::support::{Home, Reply, Seen, Server, error, unexpected};

fn result(id: &str, refresh: Option<&str>) -> Reply {
    (
        200,
        json!({"AuthenticationResult": {"IdToken": id, "AccessToken": "a", "RefreshToken": refresh, "ExpiresIn": 3600, "TokenType": "Bearer"}}),
    )
}

fn refused(kind: &str, message: &str) -> Reply {
    (400, json!({"__type": kind, "message": message}))
}

fn whoami() -> Reply {
    (200, json!({"person": "alice", "roles": ["operator", "a_role_of_tomorrow"], "session_account": null, "later_field": 1}))
}

#[test]
fn a_password_from_standard_input_signs_in_and_the_tokens_are_private() {
    let server = Server::start(|_| result("id-1", Some("refresh-1")));
    let home = Home::new(&server);
    let run = home.typing(&["login", "--user", "alice", "--password-stdin"], "s3cret word\n");
    assert_eq!((run.code, run.out.as_str()), (0, "signed in as alice (profile `default`)\n"), "{}", run.err);
    let seen = server.seen();
    assert_eq!(seen[0].header("x-amz-target"), "AWSCognitoIdentityProviderService.InitiateAuth");
    assert_eq!(seen[0].header("content-type"), "application/x-amz-json-1.1");
    assert_eq!(seen[0].body["AuthFlow"], "USER_PASSWORD_AUTH");
    assert_eq!(seen[0].body["ClientId"], "client-1");
    assert_eq!(seen[0].body["AuthParameters"], json!({"USERNAME": "alice", "PASSWORD": "s3cret word"}));
    assert_eq!(home.tokens("default")["id_token"], "id-1");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| std::fs::metadata(home.dir.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("profiles/default/tokens.json"), mode("profiles/default"), mode("")), (0o600, 0o700, 0o700));
    }
    assert!(!home.tokens("default").to_string().contains("s3cret"));
}

#[test]
fn a_temporary_password_and_an_authenticator_are_asked_for_in_turn() {
    let server = Server::start(|seen| match (seen.action(), seen.body["ChallengeName"].as_str()) {
        ("InitiateAuth", _) => (
            200,
            json!({"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s-1", "ChallengeParameters": {"USER_ID_FOR_SRP": "alice-id"}}),
        ),
        (_, Some("NEW_PASSWORD_REQUIRED")) => {
            (200, json!({"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s-2", "ChallengeParameters": {}}))
        }
        (_, Some("SOFTWARE_TOKEN_MFA")) => result("id-1", Some("refresh-1")),
        _ => unexpected(seen),
    });
    let home = Home::new(&server);
    let run = home.typing(&["login", "--user", "alice@example.org", "--password-stdin"], "temporary\nlasting\n123456\n");
    assert_eq!(run.code, 0, "{}", run.err);
    let seen = server.seen();
    assert_eq!(
        seen[1].body,
        json!({"ClientId": "client-1", "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s-1",
               "ChallengeResponses": {"USERNAME": "alice-id", "NEW_PASSWORD": "lasting"}})
    );
    assert_eq!(seen[2].body["Session"], "s-2");
    assert_eq!(seen[2].body["ChallengeResponses"], json!({"USERNAME": "alice@example.org", "SOFTWARE_TOKEN_MFA_CODE": "123456"}));
    assert_eq!(home.tokens("default")["user"], "alice@example.org");
}

#[test]
fn a_first_authenticator_is_set_up_during_sign_in() {
    let server = Server::start(|seen| match seen.action() {
        "InitiateAuth" => (200, json!({"ChallengeName": "MFA_SETUP", "Session": "s-1"})),
        "AssociateSoftwareToken" if seen.body["Session"] == "s-1" => (200, json!({"SecretCode": "JBSWY3DP", "Session": "s-2"})),
        "VerifySoftwareToken" if seen.body["Session"] == "s-2" => (200, json!({"Status": "SUCCESS", "Session": "s-3"})),
        "RespondToAuthChallenge" if seen.body["Session"] == "s-3" => result("id-1", None),
        _ => unexpected(seen),
    });
    let home = Home::new(&server);
    let run = home.typing(&["login", "--user", "bob", "--password-stdin"], "pw\n654321\n");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("otpauth://totp/aiops:bob?secret=JBSWY3DP&issuer=aiops"), "{}", run.err);
    assert_eq!(server.seen()[2].body["UserCode"], "654321");
}

#[test]
fn a_refused_sign_in_is_no_access_in_the_readers_language() {
    let server = Server::start(|_| refused("com.amazonaws.cognito#NotAuthorizedException", "Incorrect username or password."));
    let home = Home::new(&server);
    let english = home.typing(&["login", "--user", "alice", "--password-stdin"], "wrong\n");
    assert_eq!(
        (english.code, english.err.as_str()),
        (3, "error SignIn.Unauthenticated: sign-in refused: Incorrect username or password.\n")
    );
    let chinese = home.run_with(&["login", "--user", "alice", "--password-stdin"], "wrong\n", &[("LANG", "zh_CN.UTF-8")]);
    assert_eq!((chinese.code, chinese.err.as_str()), (3, "错误 SignIn.Unauthenticated：登录被拒绝：用户名或密码不正确，或用户已停用\n"));
    assert!(!home.dir.join("profiles").exists());
}

#[test]
fn a_challenge_that_is_not_known_is_named() {
    let server = Server::start(|_| (200, json!({"ChallengeName": "SMS_MFA", "Session": "s"})));
    let run = Home::new(&server).typing(&["login", "--user", "alice", "--password-stdin"], "pw\n");
    assert_eq!(run.code, 3);
    assert!(run.err.starts_with("error SignIn.Unsupported: the identity provider asks for `SMS_MFA`"), "{}", run.err);
}

#[test]
fn a_token_that_ends_soon_is_extended_before_use() {
    let server = Server::start(|seen| match seen.action() {
        "InitiateAuth" => result("id-2", None),
        _ if seen.header("authorization") == "Bearer id-2" => whoami(),
        _ => error(401, "Token.Unauthenticated", "ended"),
    });
    let home = Home::new(&server);
    home.sign_in("default", "alice", "id-1", 30);
    let run = home.run(&["whoami"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("alice") && run.out.contains("a_role_of_tomorrow"), "{}", run.out);
    assert_eq!(server.seen()[0].body["AuthParameters"], json!({"REFRESH_TOKEN": "refresh-1"}));
    assert_eq!(home.tokens("default")["id_token"], "id-2");
    assert_eq!(home.tokens("default")["refresh_token"], "refresh-1");
}

#[test]
fn a_401_is_answered_by_one_extension() {
    let server = Server::start(|seen| match seen.action() {
        "InitiateAuth" => result("id-2", Some("refresh-2")),
        _ if seen.header("authorization") == "Bearer id-2" => whoami(),
        _ => (401, json!({"message": "Unauthorized"})),
    });
    let home = Home::signed_in(&server);
    assert_eq!(home.run(&["whoami"]).code, 0);
    assert_eq!(server.seen().len(), 3);
    assert_eq!(home.tokens("default")["refresh_token"], "refresh-2");
}

#[test]
fn a_sign_in_that_is_no_longer_extended_says_to_sign_in_again() {
    let server = Server::start(|seen| match seen.action() {
        "InitiateAuth" => refused("NotAuthorizedException", "Refresh Token has been revoked"),
        _ => (401, json!({"message": "Unauthorized"})),
    });
    let run = Home::signed_in(&server).run(&["plans"]);
    assert_eq!(run.code, 3);
    assert_eq!(run.err, "error SignIn.Unauthenticated: the sign-in of profile `default` has ended; run `aiops login`\n");
}

#[test]
fn several_people_can_be_signed_in_at_once() {
    let server = Server::start(|seen| match seen.header("authorization") {
        "Bearer id-alice" => (200, json!({"person": "alice", "roles": []})),
        "Bearer id-bob" => (200, json!({"person": "bob", "roles": []})),
        _ => unexpected(seen),
    });
    let home = Home::new(&server);
    home.sign_in("alice", "alice", "id-alice", 3600);
    home.sign_in("bob", "bob", "id-bob", 3600);
    assert!(home.run(&["whoami", "--profile", "alice"]).out.contains("person   alice"));
    assert!(home.run_with(&["whoami"], "", &[("AIOPS_PROFILE", "bob")]).out.contains("person   bob"));
    assert_eq!(home.run(&["whoami"]).code, 3);
    assert_eq!(home.run(&["whoami", "--profile", "../bob"]).code, 1);
}

#[test]
fn tokens_of_one_provider_are_not_used_with_another() {
    let server = Server::start(|_| whoami());
    let home = Home::signed_in(&server);
    let run = home.run_with(&["whoami"], "", &[("AIOPS_CLIENT_ID", "client-2")]);
    assert_eq!(run.code, 3);
    assert!(server.seen().is_empty());
}

#[test]
fn logout_revokes_the_sign_in_and_deletes_it() {
    let server = Server::start(|_| (200, Value::Null));
    let home = Home::signed_in(&server);
    assert_eq!(home.run(&["logout"]).code, 0);
    assert_eq!(server.seen()[0].action(), "RevokeToken");
    assert_eq!(server.seen()[0].body, json!({"ClientId": "client-1", "Token": "refresh-1"}));
    assert!(!home.dir.join("profiles/default/tokens.json").exists());
    let gone = home.run(&["whoami"]);
    assert_eq!(gone.code, 3);
    assert!(gone.err.contains("nobody is signed in under profile `default`"), "{}", gone.err);
}

#[test]
fn settings_are_kept_for_a_profile_and_the_environment_goes_first() {
    let server = Server::start(|seen: &Seen| unexpected(seen));
    let home = Home::new(&server);
    let without = [("AIOPS_ENDPOINT", ""), ("AIOPS_ISSUER_URL", ""), ("AIOPS_CLIENT_ID", "")];
    let missing = home.run_with(&["plans"], "", &without);
    assert_eq!(missing.code, 1);
    assert!(missing.err.starts_with("error Settings.Missing: no endpoint"), "{}", missing.err);
    let set = ["configure", "--endpoint", "https://one.example/", "--issuer-url", "https://idp.example", "--client-id", "c1"];
    assert_eq!(home.run_with(&set, "", &without).code, 0);
    let other = ["configure", "--profile", "bob", "--client-id", "c2", "--json"];
    let shown: Value = serde_json::from_str(&home.run_with(&other, "", &without).out).unwrap();
    assert_eq!(shown, json!({"profile": "bob", "endpoint": "https://one.example", "issuer_url": "https://idp.example", "client_id": "c2"}));
    let env = [("AIOPS_ENDPOINT", "https://two.example"), ("AIOPS_ISSUER_URL", ""), ("AIOPS_CLIENT_ID", "")];
    assert!(home.run_with(&["configure"], "", &env).out.contains("https://two.example"));
}

#[test]
fn a_token_never_goes_over_the_network_in_the_clear() {
    let server = Server::start(|seen: &Seen| unexpected(seen));
    let home = Home::signed_in(&server);
    let run = home.run_with(&["plans"], "", &[("AIOPS_ENDPOINT", "http://fleet.example.org")]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("plain http is allowed for this machine only"), "{}", run.err);
}

#[test]
fn no_answer_is_no_access() {
    let server = Server::start(|seen: &Seen| unexpected(seen));
    let home = Home::signed_in(&server);
    drop(server);
    let run = home.run(&["--lang", "zh", "whoami"]);
    assert_eq!(run.code, 3);
    assert!(run.err.starts_with("错误 Endpoint.Unavailable："), "{}", run.err);
}
