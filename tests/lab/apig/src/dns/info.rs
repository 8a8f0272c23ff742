//! Reading of zones: editions, name servers, lines, the change log.

use gateshift_lab_kernel::{Answer, Call, Zone};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::edition::{Edition, available_ttls};
use super::{Cx, missing, page};
use crate::params::{flag, text};

/// Lines: code, name, code of the line above.
pub(super) const LINES: [(&str, &str, &str); 7] = [
    ("default", "Default", ""),
    ("telecom", "China Telecom", ""),
    ("unicom", "China Unicom", ""),
    ("mobile", "China Mobile", ""),
    ("edu", "CERNET", ""),
    ("oversea", "Outside China", ""),
    ("search", "Search engines", ""),
];

const SERVERS: [&str; 2] = ["ns1.alidns.com", "ns2.alidns.com"];

fn moment(ms: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]Z");
    OffsetDateTime::from_unix_timestamp(ms / 1000)
        .ok()
        .and_then(|at| at.format(&format).ok())
        .unwrap_or_default()
}

fn domain_id(name: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(name.as_bytes()))[..32].to_owned()
}

fn record_lines() -> Value {
    let lines: Vec<Value> = LINES
        .iter()
        .map(|(code, name, father)| {
            json!({"LineCode": code, "LineName": name, "LineDisplayName": name, "FatherCode": father})
        })
        .collect();
    json!({ "RecordLine": lines })
}

/// `DescribeDomains`.
pub(super) fn domains(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let page = page(&call.query, 20, 100)?;
    let exact = text(&call.query, "SearchMode") == Some("EXACT");
    let wanted = |name: &str| {
        text(&call.query, "KeyWord").is_none_or(|word| if exact { name == word } else { name.contains(word) })
    };
    let items: Vec<Value> = cx
        .zones
        .zones
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, zone)| in_list(name, zone))
        .collect();
    Ok(json!({
        "Domains": {"Domain": page.of(&items)},
        "TotalCount": items.len(),
        "PageNumber": page.number,
        "PageSize": page.size,
    }))
}

fn in_list(name: &str, zone: &Zone) -> Value {
    json!({
        "DomainId": domain_id(name),
        "DomainName": name,
        "PunyCode": name,
        "AliDomain": true,
        "RecordCount": zone.records.len(),
        "VersionCode": zone.version_code,
        "VersionName": Edition::of_code(&zone.version_code).display(),
        "DnsServers": {"DnsServer": SERVERS},
        "InstanceExpired": false,
        "Starmark": false,
    })
}

/// `DescribeDomainInfo`: lines and TTLs only with `NeedDetailAttributes`.
pub(super) fn domain(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let name = text(&call.query, "DomainName").ok_or_else(|| missing("DomainName"))?;
    let (name, zone) = cx.zone(name)?;
    let mut answer = json!({
        "DomainId": domain_id(&name),
        "DomainName": name,
        "PunyCode": name,
        "AliDomain": true,
        "DnsServers": {"DnsServer": SERVERS},
        "InBlackHole": false,
        "InClean": false,
        "LineType": "isp",
        "MinTtl": zone.min_ttl,
        "RegionLines": false,
        "SlaveDns": false,
        "SubDomain": false,
        "VersionCode": zone.version_code,
        "VersionName": Edition::of_code(&zone.version_code).display(),
    });
    if flag(&call.query, "NeedDetailAttributes") == Some(true) {
        let tree: serde_json::Map<String, Value> =
            LINES.iter().map(|(code, ..)| ((*code).to_owned(), json!({}))).collect();
        answer["AvailableTtls"] = json!({"AvailableTtl": available_ttls(zone.min_ttl)});
        answer["RecordLines"] = record_lines();
        answer["RecordLineTreeJson"] = json!(Value::Object(tree).to_string());
    }
    Ok(answer)
}

/// `DescribeDomainNs`.
pub(super) fn name_servers(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let name = text(&call.query, "DomainName").ok_or_else(|| missing("DomainName"))?;
    cx.zone(name)?;
    Ok(json!({
        "AllAliDns": true,
        "IncludeAliDns": true,
        "DnsServers": {"DnsServer": SERVERS},
        "ExpectDnsServers": {"ExpectDnsServer": SERVERS},
    }))
}

/// `DescribeSupportLines`.
pub(super) fn lines(cx: &mut Cx<'_>, call: &Call) -> Answer {
    if let Some(name) = text(&call.query, "DomainName") {
        cx.zone(name)?;
    }
    Ok(json!({ "RecordLines": record_lines() }))
}

/// `GetMainDomainName`.
pub(super) fn main_domain(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let name = text(&call.query, "InputString").ok_or_else(|| missing("InputString"))?;
    let (zone, rr) = cx.split(name, None)?;
    let level = name.trim_end_matches('.').split('.').count();
    Ok(json!({"DomainName": zone, "RR": rr, "DomainLevel": level}))
}

/// `DescribeRecordLogs`, newest first.
pub(super) fn logs(cx: &mut Cx<'_>, call: &Call) -> Answer {
    let domain = text(&call.query, "DomainName").ok_or_else(|| missing("DomainName"))?;
    let page = page(&call.query, 20, 500)?;
    let (name, _) = cx.zone(domain)?;
    let wanted = |message: &str| text(&call.query, "KeyWord").is_none_or(|word| message.contains(word));
    let items: Vec<Value> = cx
        .notes
        .log
        .iter()
        .rev()
        .filter(|entry| entry.zone == name && wanted(&entry.message))
        .map(|entry| {
            json!({
                "Action": entry.action,
                "Message": entry.message,
                "ActionTime": moment(entry.at_ms),
                "ActionTimestamp": entry.at_ms,
                "ClientIp": "127.0.0.1",
            })
        })
        .collect();
    Ok(json!({
        "RecordLogs": {"RecordLog": page.of(&items)},
        "TotalCount": items.len(),
        "PageNumber": page.number,
        "PageSize": page.size,
    }))
}
