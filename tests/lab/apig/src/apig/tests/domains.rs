//! Domains: uniqueness, what depends on the protocol, tokens, who may be deleted.

use serde_json::{Value, json};

use crate::apig::Options;
use crate::testing::{Lab, at_once};

fn https(name: &str) -> Value {
    json!({"name": name, "protocol": "HTTPS", "forceHttps": true, "certIdentifier": "1001-cn-hangzhou"})
}

#[test]
fn mandatory_parts_depend_on_the_protocol() {
    let lab = Lab::new();
    for (body, code) in [
        (json!({"name": "a.example.com"}), "InvalidParameter.IsEmpty"),
        (json!({"name": "", "protocol": "HTTP"}), "InvalidParameter.IsEmpty"),
        (json!({"name": "a.example.com", "protocol": "FTP"}), "InvalidParameter.WithValue"),
        (json!({"name": "not a name", "protocol": "HTTP"}), "InvalidParameter.WithValue"),
        (
            json!({"name": "a.example.com", "protocol": "HTTPS", "certIdentifier": "1001-cn-hangzhou"}),
            "InvalidParameter.IsEmpty",
        ),
        (
            json!({"name": "a.example.com", "protocol": "HTTPS", "forceHttps": true}),
            "InvalidParameter.IsEmpty",
        ),
        (
            json!({"name": "a.example.com", "protocol": "HTTPS", "forceHttps": true, "certIdentifier": "9-x"}),
            "InvalidParameter.WithValue",
        ),
        (
            json!({"name": "a.example.com", "protocol": "HTTP", "mTLSEnabled": true}),
            "InvalidParameter.IsEmpty",
        ),
        (
            json!({"name": "a.example.com", "protocol": "HTTP", "http2Option": "On"}),
            "InvalidParameter.WithValue",
        ),
        (
            json!({"name": "a.example.com", "protocol": "HTTP", "tlsMin": "TLS 1.3", "tlsMax": "TLS 1.2"}),
            "InvalidParameter.WithValue",
        ),
        (
            json!({"name": "a.example.com", "protocol": "HTTP", "tlsMin": "SSL 3"}),
            "InvalidParameter.WithValue",
        ),
    ] {
        assert_eq!(lab.refused("CreateDomain", body.clone()), code, "{body}");
    }
    for name in ["a.example.com", "*.example.com", "*"] {
        lab.ok("CreateDomain", https(name));
    }
    assert_eq!(lab.refused("CreateDomain", https("A.example.com")), "Conflict.DomainExisted");
    assert_eq!(lab.ok("ListDomains", json!({"nameLike": "example"}))["totalSize"], 2);
    let strict =
        Lab::with(Options { timing: at_once(), accept_star_domain: false, ..Options::default() }, 1.0);
    assert_eq!(strict.refused("CreateDomain", https("*")), "InvalidParameter.WithValue");
}

#[test]
fn the_detail_shows_the_certificate_in_its_misspelt_fields() {
    let lab = Lab::new();
    let mut body = https("www.shop.example.com");
    body["tlsMin"] = json!("TLSv1.2");
    let id = lab.id("CreateDomain", body, "domainId");
    let data = lab.ok("GetDomain", json!({"domainId": id, "withStatistics": true}));
    assert_eq!(data["notAfterTimstamp"], 4_000_000_000_000_i64);
    assert!(data["updatetimestamp"].is_i64() && data["tlsMin"] == "TLS 1.2");
    assert_eq!(data["statisticsInfo"]["totalCount"], "0");
    lab.ok("UpdateDomain", json!({"domainId": id, "protocol": "HTTP", "forceHttps": false}));
    let data = lab.ok("GetDomain", json!({ "domainId": id }));
    assert_eq!(
        (&data["protocol"], data.get("certIdentifier"), data.get("tlsMin")),
        (&json!("HTTP"), None, None)
    );
    let certificates = lab.ok("ListSslCerts", json!({"domainName": "x.shop.example.com"}));
    assert_eq!(certificates["items"][0]["domainMatchCert"], true);
    assert_eq!(lab.ok("ListSslCerts", json!({"domainName": "example.com"}))["totalSize"], 0);
    lab.ok("DeleteDomain", json!({ "domainId": id }));
    assert_eq!(lab.refused("DeleteDomain", json!({ "domainId": id })), "NotFound.DomainNotFound");
    lab.ok("CreateDomain", https("www.shop.example.com"));
}

#[test]
fn a_token_makes_a_creation_repeatable() {
    let lab = Lab::new();
    let with = |name: &str, token: &str| {
        let mut body = https(name);
        body["clientToken"] = json!(token);
        body
    };
    let first = lab.id("CreateDomain", with("a.example.com", "t1"), "domainId");
    assert_eq!(lab.id("CreateDomain", with("a.example.com", "t1"), "domainId"), first);
    assert_eq!(lab.refused("CreateDomain", with("b.example.com", "t1")), "IdempotentParameterMismatch");
    assert_eq!(lab.refused("CreateDomain", with("a.example.com", "t2")), "Conflict.DomainExisted");
    assert_eq!(
        lab.refused("CreateDomain", with("c.example.com", &"x".repeat(65))),
        "InvalidParameter.WithValue"
    );
    assert_eq!(lab.apig.created_counts()["domain"], 1);
    let mut dry = https("dry.example.com");
    dry["dryRun"] = json!(true);
    lab.ok("CreateDomain", dry);
    assert_eq!(lab.apig.created_counts()["domain"], 1);
    assert_eq!(lab.ok("ListDomains", json!({}))["totalSize"], 1);
}

#[test]
fn tokens_are_forgotten_after_a_day_and_can_be_still_processing() {
    // 100 million lab seconds a second: a day passes within a millisecond.
    let lab = Lab::with(Options { timing: at_once(), ..Options::default() }, 1e8);
    let body = json!({"name": "a.example.com", "protocol": "HTTP", "clientToken": "t"});
    lab.ok("CreateDomain", body.clone());
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert_eq!(lab.refused("CreateDomain", body.clone()), "Conflict.DomainExisted");
    let slow = Lab::with(Options { timing: at_once(), processing_ms: 60_000, ..Options::default() }, 1.0);
    slow.ok("CreateDomain", body.clone());
    assert_eq!(slow.refused("CreateDomain", body), "IdempotentProcessing");
}
