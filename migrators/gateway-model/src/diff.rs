//! Two inventories of one source held side by side, object by object and field by field. Pure.

use std::collections::BTreeMap;

use gateshift_model::{Difference, Digest, differences, digest_json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Inventory;

/// An object that is not the same in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Its path, as findings name it: `routes/orders`.
    pub object: String,
    /// What about it.
    pub change: Change,
}

/// What is not the same about an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Change {
    /// Only the later inventory has it.
    Added,
    /// Only the earlier inventory has it.
    Removed,
    /// Fields differ.
    Fields {
        /// Which.
        fields: Vec<Difference>,
    },
}

/// Every object of an inventory by its path. What differs from reading to reading without anything being
/// changed (the time, digests of the answers) is in none of them.
#[must_use]
pub fn objects(inventory: &Inventory) -> BTreeMap<String, Value> {
    each_object(inventory, |value| value)
}

/// The same with the digest of each in its place: the objects are there one at a time.
#[must_use]
pub fn digests(inventory: &Inventory) -> BTreeMap<String, Digest> {
    each_object(inventory, |value| digest_json(&value))
}

fn each_object<R>(inventory: &Inventory, keep: impl Fn(Value) -> R) -> BTreeMap<String, R> {
    let mut all = Objects { kept: BTreeMap::new(), keep };
    all.add("instance", &inventory.instance);
    all.each("domains", &inventory.domains, |one| &one.name);
    all.each("certificates", &inventory.certificates, |one| &one.identifier);
    all.each("sources", &inventory.sources, |one| &one.name);
    all.each("services", &inventory.services, |one| &one.name);
    all.each("routes", &inventory.routes, |one| &one.name);
    all.each("access-lists", &inventory.access_lists, |one| &one.name);
    all.each("authentications", &inventory.authentications, |one| &one.name);
    all.each("consumers", &inventory.consumers, |one| &one.name);
    all.each("guarded-routes", &inventory.guarded_routes, |id| id);
    all.each("plugins", &inventory.plugins, |one| &one.name);
    if let Some(tracing) = &inventory.observability.tracing {
        all.add("observability/tracing", tracing);
    }
    if let Some(log) = &inventory.observability.access_log {
        all.add("observability/access-log", log);
    }
    all.each("alerts", &inventory.observability.alerts, |one| &one.name);
    for (name, value) in &inventory.parameters {
        all.add(&format!("parameters/{name}"), &json!({ "value": value }));
    }
    all.kept
}

/// What is kept of each object.
struct Objects<R, K: Fn(Value) -> R> {
    kept: BTreeMap<String, R>,
    keep: K,
}

impl<R, K: Fn(Value) -> R> Objects<R, K> {
    fn each<T: Serialize>(&mut self, kind: &str, items: &[T], name: impl Fn(&T) -> &String) {
        for item in items {
            self.add(&format!("{kind}/{}", name(item)), item);
        }
    }

    /// Two of one name are told apart by their order.
    fn add(&mut self, path: &str, object: &impl Serialize) {
        let value = serde_json::to_value(object).unwrap_or_default();
        let (mut key, mut number) = (path.to_owned(), 2);
        while self.kept.contains_key(&key) {
            key = format!("{path}#{number}");
            number += 1;
        }
        self.kept.insert(key, (self.keep)(value));
    }
}

/// What has changed from the one inventory to the other, by path.
#[must_use]
pub fn compare(before: &Inventory, after: &Inventory) -> Vec<Changed> {
    let (before, mut after) = (objects(before), objects(after));
    let mut found: Vec<Changed> = Vec::new();
    for (object, was) in before {
        let change = match after.remove(&object) {
            None => Change::Removed,
            Some(is) if is == was => continue,
            Some(is) => Change::Fields { fields: differences(&was, &is) },
        };
        found.push(Changed { object, change });
    }
    found.extend(after.into_keys().map(|object| Changed { object, change: Change::Added }));
    found.sort_by(|a, b| a.object.cmp(&b.object));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Change, compare, objects};
    use crate::{FORMAT, Inventory};

    fn inventory() -> Inventory {
        serde_json::from_value(json!({
            "format": FORMAT, "taken_at": 1,
            "origin": {"product": "p", "region": "r", "gateway": "g"},
            "instance": {
                "name": "g", "edition": "e", "engine_version": "1", "node": {"vcpu": 2, "memory_gib": 4},
                "peak_nodes": 2, "nodes": 2, "prepaid": false, "vpc": "v", "vswitches": [], "security_group": null,
                "entries": [], "resource_group": null, "tags": {},
            },
            "domains": [], "certificates": [], "sources": [],
            "services": [
                {"id": "1", "name": "a", "kind": {"is": "kubernetes", "namespace": "shop"}, "protocol": "HTTP"},
                {"id": "2", "name": "a", "kind": {"is": "kubernetes", "namespace": "shop"}, "protocol": "HTTP"},
            ],
            "routes": [], "parameters": {"EnableGzip": true},
            "accounting": {"fields": 0, "accounted": 0, "unknown": []}, "raw": [],
        }))
        .unwrap()
    }

    #[test]
    fn what_has_changed_is_named_by_object_and_field() {
        let before = inventory();
        let mut after = before.clone();
        after.taken_at = 2;
        assert_eq!(compare(&before, &after), [], "time alone is no change");
        assert_eq!(objects(&before).len(), 4, "two of one name are two");
        after.services[1].protocol = "GRPC".into();
        after.parameters.clear();
        after.guarded_routes.push("7".into());
        let found = compare(&before, &after);
        let names: Vec<_> = found.iter().map(|one| one.object.as_str()).collect();
        assert_eq!(names, ["guarded-routes/7", "parameters/EnableGzip", "services/a#2"]);
        assert_eq!((&found[0].change, &found[1].change), (&Change::Added, &Change::Removed));
        let Change::Fields { fields } = &found[2].change else { panic!("{found:?}") };
        assert_eq!((fields[0].path.as_str(), &fields[0].after), ("protocol", &json!("GRPC")));
    }
}
