//! Zones that take DNS updates (RFC 2136), each signed (TSIG): BIND, Knot and others. There are no weights,
//! so a set leads to the source or to the target and nothing between. Each change says what has to be
//! there first, so it never goes over somebody else's.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::api::{CallFailure, CallKind, Host};
use gateshift_sdk::async_trait;
use gateshift_sdk::call::{Call, roa};
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use super::whole::{Scale, Store, spelt};
use super::{DNS, delegation};
use crate::confirm::changed;
use crate::records::{Observed, Record, RecordSet, Zone};

/// Kind of the connection.
const KIND: &str = "rfc2136";
const READS: &[&str] = &["Query"];
const WRITES: &[&str] = &["Update"];
/// Types of sets that can be moved.
const TYPES: [&str; 3] = ["CNAME", "A", "AAAA"];

/// A zone that takes updates.
pub(super) struct Rfc2136;

fn call(action: &str, kind: CallKind) -> Call {
    roa(DNS, action, kind, &action.to_ascii_uppercase(), &[])
}

async fn ask(host: &dyn Host, name: &str, kind: &str) -> Result<Value, StepError> {
    let call = call("Query", CallKind::Read).query("name", name).query("type", kind);
    Ok(host.call(call.build()).await?.body)
}

fn records<'a>(reply: &'a Value, section: &str, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    reply[section].as_array().into_iter().flatten().filter(move |one| one["kind"] == kind)
}

/// The zone around a name, as the server itself says; `None` when it serves none. An alias answers without
/// naming its zone, so the names around it are asked, too.
async fn zone_of(host: &dyn Host, name: &str) -> Result<Option<String>, StepError> {
    let mut rest = name;
    while rest.contains('.') {
        let reply = ask(host, rest, "SOA").await?;
        if reply["authoritative"] != Value::Bool(true) {
            return Ok(None);
        }
        let around = |zone: &&str| *zone == rest || rest.ends_with(&format!(".{zone}"));
        let mut heads = records(&reply, "answers", "SOA").chain(records(&reply, "authorities", "SOA"));
        if let Some(zone) = heads.find_map(|one| one["name"].as_str().filter(around)) {
            return Ok(Some(zone.to_owned()));
        }
        rest = rest.split_once('.').map_or("", |(_, rest)| rest);
    }
    Ok(None)
}

/// The set of a host and type.
async fn set(host: &dyn Host, zone: &str, name: &str, kind: &str) -> Result<Option<RecordSet>, StepError> {
    let reply = ask(host, name, kind).await?;
    let own = records(&reply, "answers", kind).filter(|one| one["name"] == name);
    let records: Vec<Record> = own
        .map(|one| Record {
            id: String::new(),
            value: one["value"].as_str().unwrap_or_default().to_owned(),
            ttl: one["ttl"].as_u64().unwrap_or(0) as u32,
            enabled: true,
            locked: false,
            weight: 1,
        })
        .collect();
    Ok((!records.is_empty()).then(|| RecordSet {
        zone: zone.to_owned(),
        rr: name.strip_suffix(zone).map_or(name, |rest| rest.trim_end_matches('.')).to_owned(),
        host: name.to_owned(),
        kind: kind.to_owned(),
        line: "default".to_owned(),
        weighted: false,
        records,
        raw: Value::Null,
    }))
}

#[async_trait]
impl Store for Rfc2136 {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn actions(&self) -> (&'static [&'static str], &'static [&'static str]) {
        (READS, WRITES)
    }

    fn scale(&self) -> Option<Scale> {
        None
    }

    async fn observe(&self, host: &dyn Host, domains: &BTreeSet<String>) -> Result<Observed, StepError> {
        let mut observed = Observed { kind: KIND, ..Observed::default() };
        let mut zones: BTreeMap<String, ()> = BTreeMap::new();
        for domain in domains.iter().filter(|domain| domain.trim_start_matches("*.").contains('.')) {
            let Some(zone) = zone_of(host, domain).await? else { continue };
            for kind in TYPES {
                observed.sets.extend(set(host, &zone, domain, kind).await?);
            }
            zones.insert(zone, ());
        }
        for (name, ()) in zones {
            let servers = ask(host, &name, "NS").await?;
            let named = records(&servers, "answers", "NS").filter_map(|one| one["value"].as_str());
            observed.zones.push(Zone {
                min_ttl: 1,
                max_records: usize::MAX,
                blocked: false,
                servers: named.map(str::to_owned).collect(),
                delegated_to: delegation(host, &name).await,
                name,
            });
        }
        Ok(observed)
    }

    async fn read(&self, host: &dyn Host, set: &RecordSet) -> Result<Option<RecordSet>, StepError> {
        self::set(host, &set.zone, &set.host, &set.kind).await
    }

    async fn replace(
        &self,
        host: &dyn Host,
        key: &OperationKey,
        from: Option<&RecordSet>,
        to: &RecordSet,
    ) -> Result<(), WriteFailure> {
        let one = |ttl: u32, values: Vec<&str>| json!({"name": to.host, "kind": to.kind, "ttl": ttl, "values": values});
        let values = |set: &'_ RecordSet| -> Vec<String> {
            set.records.iter().filter(|record| record.enabled).map(|record| record.value.clone()).collect()
        };
        let (there, wanted) = (from.map(values).unwrap_or_default(), values(to));
        let ttl = to.records.iter().map(|record| record.ttl).min().unwrap_or(60);
        let body = json!({
            "zone": to.zone,
            "requires": [one(0, there.iter().map(String::as_str).collect())],
            "removes": [one(0, Vec::new())],
            "adds": [one(ttl, wanted.iter().map(String::as_str).collect())],
        });
        // With what it requires, a second one of the same is refused: the caller looks before it repeats it.
        let call =
            call("Update", CallKind::Write).body(body).operation(key).serial(format!("zone:{}", to.zone));
        match host.call(call.build()).await {
            Ok(_) => Ok(()),
            Err(CallFailure::Refused { status: 409, message, .. }) => {
                let found = self
                    .read(host, to)
                    .await?
                    .map_or_else(|| "no record is left".to_owned(), |set| spelt(&set));
                Err(WriteFailure::Step(changed(&to.label(), &format!("found {found} ({message})"))))
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::api::Body;
    use gateshift_sdk::testing::{ScriptedHost, ok};

    use super::*;

    fn reply(answers: &Value) -> Value {
        json!({"rcode": "NOERROR", "authoritative": true, "answers": answers, "authorities": []})
    }

    fn record(kind: &str, value: &str) -> Value {
        json!({"name": "www.shop.test", "kind": kind, "ttl": 300, "value": value})
    }

    #[tokio::test]
    async fn an_update_requires_what_was_read_and_names_nothing_else() {
        let host = ScriptedHost::new(|call| {
            match call.query.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().as_slice() {
                ["www.shop.test", "SOA"] => Ok(ok(
                    json!({"authoritative": true, "answers": [], "authorities": [{"name": "shop.test", "kind": "SOA", "ttl": 5, "value": ""}]}),
                )),
                ["www.shop.test", "A"] => {
                    Ok(ok(reply(&json!([record("A", "192.0.2.1"), record("A", "192.0.2.2")]))))
                }
                ["shop.test", "NS"] => Ok(ok(reply(
                    &json!([{"name": "shop.test", "kind": "NS", "ttl": 5, "value": "ns1.shop.test"}]),
                ))),
                ["elsewhere.example", "SOA"] => {
                    Ok(ok(json!({"authoritative": false, "answers": [], "authorities": []})))
                }
                [] => Ok(ok(json!({}))),
                _ => Ok(ok(reply(&json!([])))),
            }
        });
        let domains = ["www.shop.test".to_owned(), "elsewhere.example".to_owned()];
        let observed = Rfc2136.observe(&host, &domains.into()).await.unwrap();
        assert_eq!((observed.sets.len(), observed.zones.len()), (1, 1));
        assert_eq!(observed.zones[0].servers, ["ns1.shop.test"]);
        let before = &observed.sets[0];
        assert_eq!((before.rr.as_str(), before.records[0].ttl), ("www", 300));
        let mut after = before.clone();
        after.records = vec![Record { value: "198.51.100.1".into(), ttl: 60, ..before.records[0].clone() }];
        Rfc2136.replace(&host, &OperationKey::new("k"), Some(before), &after).await.unwrap();
        let sent = host.record().calls.pop().unwrap();
        let Body::Json(body) = sent.body else { panic!("no body") };
        let set = |ttl: u32, values: &[&str]| json!([{"name": "www.shop.test", "kind": "A", "ttl": ttl, "values": values}]);
        assert_eq!(
            body,
            json!({"zone": "shop.test", "requires": set(0, &["192.0.2.1", "192.0.2.2"]), "removes": set(0, &[]), "adds": set(60, &["198.51.100.1"])})
        );
        assert_eq!((sent.method.as_str(), sent.kind), ("UPDATE", CallKind::Write));
    }

    #[tokio::test]
    async fn a_set_that_changed_in_the_last_moment_is_left_alone() {
        let host = ScriptedHost::new(|call| match call.action.as_str() {
            "Update" => Err(CallFailure::Refused {
                connection: "dns".into(),
                action: "Update".into(),
                status: 409,
                code: "NXRRSET".into(),
                message: "it is something else".into(),
                request_id: None,
            }),
            _ => Ok(ok(reply(&json!([record("A", "203.0.113.9")])))),
        });
        let set = set(&host, "shop.test", "www.shop.test", "A").await.unwrap().unwrap();
        let failure = Rfc2136.replace(&host, &OperationKey::new("k"), Some(&set), &set).await.unwrap_err();
        let WriteFailure::Step(error) = failure else { panic!("{failure:?}") };
        assert!(error.code == "GS-DNS-CHANGED" && error.message.contains("203.0.113.9"), "{error}");
    }
}
