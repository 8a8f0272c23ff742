//! Odd lists, authentications and consumers are findings; understood ones keep everything.

use gateshift_gateway_model::{AuthScheme, Level, MatchKind};
use serde_json::{Value, json};

use super::{access_list, authentication, consumer};

fn list(change: Value) -> Value {
    let mut item = json!({"Id": 7, "Name": "office", "Note": "n", "IsWhite": true, "ResourceType": "GATEWAY",
        "Content": "10.0.0.0/8", "Status": "on", "Type": "IP", "ResourceIdJsonList": "[]"});
    item.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    item
}

#[test]
fn addresses_may_be_separated_in_any_way_and_nothing_else_may_be_among_them() {
    for content in [
        "10.0.0.0/8,2001:db8::/32",
        "10.0.0.0/8\n2001:db8::/32\n",
        " 10.0.0.0/8  2001:db8::/32",
        "10.0.0.0/8, 2001:db8::/32",
    ] {
        let mut findings = Vec::new();
        let read = access_list(&list(json!({ "Content": content })), &[], &[], &mut findings).unwrap();
        assert_eq!(read.addresses, ["10.0.0.0/8", "2001:db8::/32"], "{content:?}");
        assert!(read.white && read.enabled && read.level == Level::Gateway && findings.is_empty());
    }
    for odd in [
        json!({"Content": "10.0.0.1-10.0.0.9"}),
        json!({"Content": "10.0.0.0/33"}),
        json!({"Content": "office.example.com"}),
        json!({"Content": ""}),
        json!({"IsWhite": null}),
        json!({"Status": "maybe"}),
        json!({"Type": "COUNTRY"}),
        json!({"ResourceType": "SERVICE"}),
        json!({"ResourceType": "ROUTE", "ResourceIdJsonList": "[99]"}),
        json!({"ResourceType": "DOMAIN", "ResourceIdJsonList": "[]"}),
    ] {
        let mut findings = Vec::new();
        assert!(access_list(&list(odd.clone()), &[], &[], &mut findings).is_none(), "{odd}");
        assert_eq!(findings[0].code, "SRC-UNCLEAR", "{odd}");
        assert_eq!(findings[0].object, "access-lists/office");
    }
}

#[test]
fn an_authentication_keeps_its_resources_and_a_masked_secret_is_told() {
    let detail = json!({"Id": 3, "Name": "login", "Type": "OIDC", "Status": true, "IsWhite": true, "ClientSecret": "****",
        "ResourceList": [{"DomainName": "a.example.com", "Path": "/p", "MatchType": "ERGULAR", "IgnoreCase": true,
            "AuthResourceHeaderList": [{"HeaderKey": "h", "HeaderMethod": "EXIST", "HeaderValue": ""}]}]});
    let mut findings = Vec::new();
    let read = authentication(&detail, &mut findings).unwrap();
    assert!(findings.is_empty() && read.enabled && read.white);
    assert_eq!((read.resources[0].kind, read.resources[0].ignore_case), (MatchKind::Regex, true));
    assert_eq!(read.resources[0].headers[0].method, "EXIST");
    let AuthScheme::Oidc(oidc) = read.scheme else { panic!("{:?}", read.scheme) };
    assert!(oidc.client_secret.is_none());
    for odd in [
        json!({"Type": "SAML"}),
        json!({"AuthResourceConfig": "a: b"}),
        json!({"AuthResourceMode": 1}),
        json!({"IsWhite": null}),
        json!({"Type": "JWT", "Jwks": ""}),
        json!({"Type": "ExternalAuthZ"}),
    ] {
        let mut changed = detail.clone();
        changed.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        assert!(authentication(&changed, &mut findings).is_none(), "{odd}");
    }
    assert_eq!(findings.len(), 6);
}

#[test]
fn grants_of_pages_and_detail_are_taken_together() {
    let grant = |route: i64, on: bool| json!({"RouteId": route, "RouteName": format!("r{route}"), "ResourceStatus": on});
    let detail = json!({"Id": 1, "Name": "c", "Type": "JWT", "EncodeType": "OCT", "Jwks": "sealed:v1:aa", "ConsumerStatus": true,
        "KeyName": "iss", "KeyValue": "v", "TokenPass": true, "ResourceList": [grant(1, true), grant(3, false)]});
    let (pages, mut findings) = ([grant(1, true), grant(2, true)], Vec::new());
    let read = consumer(&detail, pages.iter(), &mut findings).unwrap();
    let grants: Vec<(&str, bool)> = read.grants.iter().map(|one| (one.route.as_str(), one.enabled)).collect();
    assert_eq!(grants, [("1", true), ("2", true), ("3", false)]);
    assert!(read.symmetric && read.enabled && findings.is_empty());
    let contradiction = [grant(3, true)];
    assert!(consumer(&detail, contradiction.iter(), &mut findings).is_none());
    let mut masked = detail.clone();
    masked["Jwks"] = json!("****");
    assert!(consumer(&masked, [].iter(), &mut findings).is_none());
    assert_eq!(findings.iter().filter(|one| one.code == "SRC-UNCLEAR").count(), 2);
}
