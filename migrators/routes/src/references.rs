//! References between objects of one plan. A plan writes operation keys where the wire has ids;
//! `apply` puts the ids in their place.

use std::collections::BTreeSet;

use gateshift_sdk::model::{Operation, OperationKey, StepError};
use gateshift_sdk::walk::Results;
use serde_json::Value;

/// Name under which an operation's `after` holds the key of the object it is part of; not sent.
pub(crate) const PARENT: &str = "of";

/// Fields that hold one reference.
const ONE: &[&str] = &[PARENT, "serviceId", "targetServiceId", "sourceId", "routeId", "operationId"];
/// Fields that hold a list of references.
const MANY: &[&str] = &["domainIds", "customDomainIds", "attachResourceIds"];

/// Begins the place of an id that is known already.
const GIVEN: &str = "=";

/// How the id of an object that no operation makes is written where a key is due.
pub(crate) fn given(id: &str) -> String {
    format!("{GIVEN}{id}")
}

/// What an operation wants, with ids in the place of keys.
pub(crate) struct Resolved {
    /// Id of the object it is part of; empty when there is none.
    pub(crate) parent: String,
    /// The body.
    pub(crate) body: Value,
}

/// Resolves an operation by the results of those before it.
pub(crate) fn resolve(operation: &Operation, results: &Results) -> Result<Resolved, StepError> {
    resolve_by(operation.after.value(), &|key| results.id(&OperationKey::new(key)).map(str::to_owned))
}

/// Resolves a value by any source of ids.
pub(crate) fn resolve_by<E>(mut body: Value, id: &dyn Fn(&str) -> Result<String, E>) -> Result<Resolved, E> {
    replace(&mut body, &|key| match key.strip_prefix(GIVEN) {
        Some(known) => Ok(known.to_owned()),
        None => id(key),
    })?;
    let parent = body.as_object_mut().and_then(|fields| fields.remove(PARENT));
    let parent = parent.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Resolved { parent, body })
}

/// The keys that a value refers to.
pub(crate) fn keys(value: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    let is_key = |key: &&str| !key.starts_with(GIVEN);
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(key) if ONE.contains(&name.as_str()) => {
                        found.extend(Some(key.as_str()).filter(is_key));
                    }
                    Value::Array(keys) if MANY.contains(&name.as_str()) => {
                        found.extend(keys.iter().filter_map(Value::as_str).filter(is_key));
                    }
                    other => collect(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn replace<E>(value: &mut Value, id: &dyn Fn(&str) -> Result<String, E>) -> Result<(), E> {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(key) if ONE.contains(&name.as_str()) => *key = id(key)?,
                    Value::Array(keys) if MANY.contains(&name.as_str()) => {
                        for key in keys {
                            if let Value::String(key) = key {
                                *key = id(key)?;
                            }
                        }
                    }
                    other => replace(other, id)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| replace(item, id)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{keys, resolve_by};

    #[test]
    fn keys_become_ids_where_ids_are_due_and_nowhere_else() {
        let after = json!({
            "of": "api/a", "name": "api/a", "domainIds": ["domain/x", "domain/y"],
            "backendConfig": {"services": [{"serviceId": "service/1", "version": "service/1"}]},
            "attachResourceIds": [super::given("gw-1")],
        });
        assert_eq!(
            keys(&after).into_iter().collect::<Vec<_>>(),
            ["api/a", "domain/x", "domain/y", "service/1"]
        );
        let found = resolve_by(after.clone(), &|key| Ok::<_, ()>(format!("<{key}>"))).unwrap();
        assert_eq!(found.parent, "<api/a>");
        assert_eq!(
            found.body,
            json!({
                "name": "api/a", "domainIds": ["<domain/x>", "<domain/y>"],
                "backendConfig": {"services": [{"serviceId": "<service/1>", "version": "service/1"}]},
                "attachResourceIds": ["gw-1"],
            })
        );
        assert!(resolve_by(after, &|_| Err(())).is_err());
    }
}
