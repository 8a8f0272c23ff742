//! Every place a key may come from, and what happens when it is about to expire.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use gateshift_model::{ErrorClass, StepError, Timestamp};
use serde_json::{Value, json};

use super::{Choice, Credentials, Keys, Kitchen};
use crate::http::HttpClients;
use crate::redact::Vault;
use crate::testing::{Reply, Seen, Server};
use crate::{Clock, EnvironmentSource, Scheme};

const NOW: i64 = 1_800_000_000_000;

fn acs3() -> Scheme {
    Scheme::Acs3 { version: "1".to_owned() }
}

fn environment(home: &Path, server: Option<&Server>, variables: &[(&str, &str)]) -> EnvironmentSource {
    let mut environment = EnvironmentSource::empty();
    environment.home = Some(home.to_owned());
    environment.metadata = server.map_or_else(|| "http://127.0.0.1:1".to_owned(), Server::url);
    environment.sts = Some(environment.metadata.clone());
    environment.variables =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    environment
}

fn provider(
    environment: EnvironmentSource,
    scheme: &Scheme,
    credentials: Value,
    clock: Clock,
) -> Result<Credentials, StepError> {
    let credentials: BTreeMap<String, Value> = serde_json::from_value(credentials).unwrap();
    let kitchen = Kitchen {
        environment,
        http: Arc::new(HttpClients::new(None, Duration::from_secs(1))),
        clock,
        patience: Duration::from_secs(5),
        metadata_patience: Duration::from_secs(1),
    };
    Ok(Credentials::new(
        "c",
        scheme,
        Choice::read("c", &credentials)?,
        Arc::new(kitchen),
        Arc::new(Vault::new(None)),
    ))
}

async fn found(
    environment: EnvironmentSource,
    scheme: &Scheme,
    credentials: Value,
) -> Result<String, StepError> {
    let keys = provider(environment, scheme, credentials, Clock::new(|| Timestamp(NOW)))?.keys().await?;
    Ok(shown(&keys))
}

fn shown(keys: &Keys) -> String {
    format!(
        "{} {} {}",
        keys.id,
        keys.secret.expose(),
        keys.token.as_ref().map_or("-", |token| token.expose())
    )
}

fn key(id: &str) -> Value {
    json!({"Code": "Success", "AccessKeyId": id, "AccessKeySecret": "temporary-secret", "SecurityToken": "temporary-token", "Expiration": "2027-01-15T09:00:00Z"})
}

/// STS, a machine's metadata and a key's URI in one.
fn cloud(seen: &Seen) -> Reply {
    let has = |name: &str| seen.headers.contains_key(name);
    let text = |body: &str| Reply::Answer { status: 200, headers: vec![], body: body.to_owned() };
    let credentials = |id: &str| Reply::json(200, json!({"RequestId": "r", "Credentials": key(id)}));
    match (seen.method.as_str(), seen.target.as_str()) {
        ("PUT", "/latest/api/token") if has("x-aliyun-ecs-metadata-token-ttl-seconds") => text("ticket"),
        ("GET", "/latest/meta-data/ram/security-credentials/")
            if seen.headers["x-aliyun-ecs-metadata-token"] == "ticket" =>
        {
            text("node-role")
        }
        ("GET", "/latest/meta-data/ram/security-credentials/node-role") => {
            Reply::json(200, key("of-machine"))
        }
        ("GET", "/keys") => Reply::json(200, key("of-uri")),
        ("POST", target) if target.starts_with("/?RoleArn=") && has("authorization") => {
            let base = seen.headers["authorization"].split(['=', ',']).nth(1).unwrap().to_owned();
            let role = target.split(['=', '&']).nth(1).unwrap().rsplit("%2F").next().unwrap().to_owned();
            credentials(&format!("{role}-by-{base}"))
        }
        ("GET", target)
            if target.contains("Action=AssumeRoleWithOIDC")
                && target.contains("OIDCToken=the.token")
                && !has("authorization") =>
        {
            credentials("of-oidc")
        }
        _ => Reply::json(403, json!({"Code": "NoPermission", "Message": "no"})),
    }
}

const TEMPORARY: &str = "temporary-secret temporary-token";

fn config() -> String {
    let role = "acs:ram::1:role/admin";
    json!({"current": "plain", "profiles": [
        {"name": "plain", "mode": "AK", "access_key_id": "cli-id", "access_key_secret": "cli-secret"},
        {"name": "sts", "mode": "StsToken", "access_key_id": "s-id", "access_key_secret": "s-secret", "sts_token": "s-token"},
        {"name": "role", "mode": "RamRoleArn", "access_key_id": "r-id", "access_key_secret": "r-secret", "ram_role_arn": role},
        {"name": "machine", "mode": "EcsRamRole"},
        {"name": "machine2", "mode": "EcsRamRole", "ram_role_name": "node-role"},
        {"name": "oidc", "mode": "OIDC", "ram_role_arn": role, "oidc_provider_arn": "p", "oidc_token_file": "~/token"},
        {"name": "chain", "mode": "ChainableRamRoleArn", "source_profile": "plain", "ram_role_arn": role},
        {"name": "circle", "mode": "ChainableRamRoleArn", "source_profile": "circle", "ram_role_arn": role},
        {"name": "sso", "mode": "CloudSSO"}, {"name": "oauth", "mode": "OAuth"}, {"name": "odd", "mode": "Odd"},
        {"name": "program", "mode": "External", "process_command": "cat ~printed"},
    ]})
    .to_string()
}

const INI: &str = "[default]\ntype = access_key # usual\naccess_key_id = ini-id\naccess_key_secret = ini-secret\n\n; note = x\n[role]\ntype=ram_role_arn\n\
    access_key_id=i\naccess_key_secret=j\nrole_arn=acs:ram::1:role/dev\n[machine]\ntype=ecs_ram_role\n[rsa]\ntype=rsa_key_pair\n";

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for folder in [".aliyun", ".alibabacloud"] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
    }
    let printed = home.path().join("printed.json");
    std::fs::write(&printed, r#"{"mode":"AK","access_key_id":"p-id","access_key_secret":"p-secret"}"#)
        .unwrap();
    let config = config().replace("~printed", printed.to_str().unwrap());
    std::fs::write(home.path().join(".aliyun/config.json"), config).unwrap();
    std::fs::write(home.path().join(".alibabacloud/credentials"), INI).unwrap();
    std::fs::write(home.path().join("token"), "the.token\n").unwrap();
    std::fs::write(home.path().join("login"), "user:pass:word\n").unwrap();
    home
}

#[tokio::test]
async fn places_that_the_workflow_names() {
    let (home, server) = (home(), Server::start(cloud).await);
    let variables =
        [("X_ACCESS_KEY_ID", "x-id"), ("X_ACCESS_KEY_SECRET", "x-secret"), ("X_SECURITY_TOKEN", "x-token")];
    let uri = format!("{}/keys", server.url());
    let cases = [
        (json!({"env": "X"}), "x-id x-secret x-token".to_owned()),
        (json!({"profile": "plain"}), "cli-id cli-secret -".to_owned()),
        (json!({"profile": "sts"}), "s-id s-secret s-token".to_owned()),
        (json!({"profile": "role"}), format!("admin-by-r-id {TEMPORARY}")),
        (json!({"profile": "machine"}), format!("of-machine {TEMPORARY}")),
        (json!({"profile": "machine2"}), format!("of-machine {TEMPORARY}")),
        (json!({"profile": "oidc"}), format!("of-oidc {TEMPORARY}")),
        (json!({"profile": "chain"}), format!("admin-by-cli-id {TEMPORARY}")),
        (json!({"profile": "program"}), "p-id p-secret -".to_owned()),
        (json!({"profile": "default"}), "ini-id ini-secret -".to_owned()),
        (json!({"file": "~/.alibabacloud/credentials"}), "ini-id ini-secret -".to_owned()),
        (json!({"file": "~/.alibabacloud/credentials", "profile": "role"}), format!("dev-by-i {TEMPORARY}")),
        (json!({"file": "~/.aliyun/config.json", "profile": "sts"}), "s-id s-secret s-token".to_owned()),
        (json!({"uri": uri}), format!("of-uri {TEMPORARY}")),
        (json!({"role": "acs:ram::1:role/ops"}), format!("ops-by-cli-id {TEMPORARY}")),
        (json!({"role": "acs:ram::1:role/ops", "env": "X"}), format!("ops-by-x-id {TEMPORARY}")),
    ];
    for (credentials, expected) in cases {
        let environment = environment(home.path(), Some(&server), &variables);
        assert_eq!(
            found(environment, &acs3(), credentials.clone()).await.unwrap(),
            expected,
            "{credentials}"
        );
    }
}

#[tokio::test]
async fn the_usual_order() {
    let (home, server) = (home(), Server::start(cloud).await);
    let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "e-id"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "e-secret")];
    let oidc = [
        ("ALIBABA_CLOUD_ROLE_ARN", "r"),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "p"),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "~/token"),
    ];
    let no_cli = ("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true");
    let no_file = ("ALIBABA_CLOUD_CREDENTIALS_FILE", "/nonexistent");
    let no_machine = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let uri = format!("{}/keys", server.url());
    let uri = ("ALIBABA_CLOUD_CREDENTIALS_URI", uri.as_str());
    let cases = [
        ([&key[..], &oidc].concat(), "e-id e-secret -".to_owned()),
        ([&key[..1], &oidc].concat(), format!("of-oidc {TEMPORARY}")),
        (vec![], "cli-id cli-secret -".to_owned()),
        (vec![("ALIBABA_CLOUD_PROFILE", "sts")], "s-id s-secret s-token".to_owned()),
        (vec![("ALIBABA_CLOUD_PROFILE", "program")], "p-id p-secret -".to_owned()),
        (vec![no_cli], "ini-id ini-secret -".to_owned()),
        (vec![no_cli, no_file], format!("of-machine {TEMPORARY}")),
        (
            vec![no_cli, no_file, ("ALIBABA_CLOUD_ECS_METADATA", "node-role")],
            format!("of-machine {TEMPORARY}"),
        ),
        (vec![no_cli, no_file, no_machine, uri], format!("of-uri {TEMPORARY}")),
    ];
    for (variables, expected) in cases {
        let environment = environment(home.path(), Some(&server), &variables);
        assert_eq!(found(environment, &acs3(), json!({})).await.unwrap(), expected, "{variables:?}");
    }
}

#[tokio::test]
async fn an_older_machine_answers_without_a_ticket_unless_that_is_forbidden() {
    let old = |seen: &Seen| match seen.target.as_str() {
        "/latest/meta-data/ram/security-credentials/" => {
            Reply::Answer { status: 200, headers: vec![], body: "node-role".to_owned() }
        }
        "/latest/meta-data/ram/security-credentials/node-role" => Reply::json(200, key("old")),
        _ => Reply::Answer { status: 404, headers: vec![], body: String::new() },
    };
    let (empty, server) = (tempfile::tempdir().unwrap(), Server::start(old).await);
    let allowed = environment(empty.path(), Some(&server), &[]);
    assert_eq!(found(allowed, &acs3(), json!({})).await.unwrap(), format!("old {TEMPORARY}"));
    let forbidden = environment(empty.path(), Some(&server), &[("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")]);
    assert_eq!(found(forbidden, &acs3(), json!({})).await.unwrap_err().code, "GS-CREDENTIALS");
}

#[tokio::test]
async fn logins_and_bearers() {
    let home = home();
    let variables = [("P_USERNAME", "u"), ("P_PASSWORD", "w"), ("P_TOKEN", "t"), ("Q", "q")];
    let cases = [
        (Scheme::Basic, json!({"env": "P"}), Ok("u w -")),
        (Scheme::Basic, json!({"file": "~/login"}), Ok("user pass:word -")),
        (Scheme::Bearer, json!({"env": "P"}), Ok("bearer t -")),
        (Scheme::Bearer, json!({"env": "Q"}), Ok("bearer q -")),
        (Scheme::Bearer, json!({"file": "~/token"}), Ok("bearer the.token -")),
        (Scheme::Header { name: "x-key".to_owned() }, json!({"env": "P"}), Ok("bearer t -")),
        (Scheme::Header { name: "x-key".to_owned() }, json!({"profile": "plain"}), Err("GS-CREDENTIALS")),
        (Scheme::Basic, json!({"file": "~/token"}), Err("GS-CREDENTIALS")),
        (Scheme::Basic, json!({}), Err("GS-CREDENTIALS")),
        (Scheme::Bearer, json!({"profile": "plain"}), Err("GS-CREDENTIALS")),
    ];
    for (scheme, credentials, expected) in cases {
        let keys = found(environment(home.path(), None, &variables), &scheme, credentials.clone()).await;
        assert_eq!(
            keys.map_err(|error| error.code),
            expected.map(str::to_owned).map_err(str::to_owned),
            "{scheme:?} {credentials}"
        );
    }
}

#[tokio::test]
async fn what_gives_no_key_says_why() {
    let (home, server) = (home(), Server::start(cloud).await);
    let cases = [
        (json!({"profile": "sso"}), "needs a browser"),
        (json!({"profile": "oauth"}), "needs a browser"),
        (json!({"profile": "odd"}), "unknown mode `Odd`"),
        (json!({"profile": "circle"}), "without an end"),
        (json!({"profile": "rsa"}), "is not supported"),
        (json!({"profile": "nobody"}), "no profile `nobody`"),
        (json!({"env": "NOTHING"}), "NOTHING_ACCESS_KEY_ID and NOTHING_ACCESS_KEY_SECRET not set"),
        (json!({"file": "~/missing"}), "no such file"),
        (json!({"file": "~/token"}), "no section `default`"),
        (json!({"uri": server.url()}), "the URI answers 403"),
        (json!({"profile": "plain", "env": "X"}), "more than one place"),
        (json!({"key": "LTAI"}), "`key` is not understood"),
        (json!({"session": "s"}), "need a `role`"),
        (json!({"profile": 5}), "`profile` is not understood"),
    ];
    for (credentials, why) in cases {
        let error = found(environment(home.path(), Some(&server), &[]), &acs3(), credentials.clone())
            .await
            .unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.class),
            ("GS-CREDENTIALS", ErrorClass::NeedsOperator),
            "{error}"
        );
        assert!(error.message.contains(why), "{credentials}: {}", error.message);
    }
    let unreachable =
        found(environment(home.path(), None, &[]), &acs3(), json!({"profile": "role"})).await.unwrap_err();
    assert_eq!(unreachable.class, ErrorClass::Retryable, "{unreachable}");
}

#[tokio::test]
async fn a_program_is_not_run_for_a_profile_that_nobody_named() {
    let home = home();
    let path = home.path().join(".aliyun/config.json");
    let config =
        std::fs::read_to_string(&path).unwrap().replace(r#""current":"plain""#, r#""current":"program""#);
    std::fs::write(&path, config).unwrap();
    std::fs::remove_file(home.path().join(".alibabacloud/credentials")).unwrap();
    let error = found(environment(home.path(), None, &[]), &acs3(), json!({})).await.unwrap_err();
    assert!(error.message.contains("runs a program"), "{error}");
}

#[tokio::test]
async fn keys_are_renewed_once_for_all_and_kept_while_renewal_fails() {
    let (asked, healthy) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(1)));
    let (count, fine) = (Arc::clone(&asked), Arc::clone(&healthy));
    let expires = |after: i64| crate::sign::acs3::date(Timestamp(NOW + after * 60_000));
    let server = Server::start(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        if fine.load(Ordering::SeqCst) == 0 {
            return Reply::json(500, json!({}));
        }
        let answer = json!({"AccessKeyId": format!("key-{number}"), "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": expires(i64::from(number) * 60)});
        Reply::Late(Duration::from_millis(30), Box::new(Reply::json(200, answer)))
    })
    .await;
    let minutes = Arc::new(AtomicI64::new(0));
    let now = Arc::clone(&minutes);
    let clock = Clock::new(move || Timestamp(NOW + now.load(Ordering::SeqCst) * 60_000));
    let empty = tempfile::tempdir().unwrap();
    let credentials =
        provider(environment(empty.path(), None, &[]), &acs3(), json!({"uri": server.url()}), clock).unwrap();
    let at = async |minute: i64| {
        minutes.store(minute, Ordering::SeqCst);
        let all = join_all((0..5).map(|_| credentials.keys())).await;
        let ids: Vec<_> =
            all.into_iter().map(|keys| keys.map_or_else(|error| error.code, |keys| keys.id)).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        (ids[0].clone(), asked.load(Ordering::SeqCst))
    };
    assert_eq!(at(0).await, ("key-1".to_owned(), 1));
    assert_eq!(at(44).await, ("key-1".to_owned(), 1));
    assert_eq!(at(46).await, ("key-2".to_owned(), 2));
    healthy.store(0, Ordering::SeqCst);
    assert_eq!(at(106).await, ("key-2".to_owned(), 3), "asked once, the old one goes on");
    assert_eq!(at(108).await, ("key-2".to_owned(), 4));
    assert_eq!(at(121).await.0, "GS-CREDENTIALS", "expired");
    healthy.store(1, Ordering::SeqCst);
    assert!(at(122).await.0.starts_with("key-"));
}
