//! What the migrator declares: settings, output, connection and actions.

use std::collections::BTreeMap;

use gateshift_apig::{KIND, ROLE};
use gateshift_sdk::api::{ConnectionUse, Manifest, ProbeUse};
use gateshift_sdk::migrator_name;
use gateshift_sdk::model::UndoScope;
use serde_json::{Value, json};

use crate::settings::ACKNOWLEDGED;

const READS: &[&str] = &[
    "GetConsumer",
    "ListConsumers",
    "ListHttpApiRoutes",
    "ListPolicies",
    "ListPolicyClasses",
    "QueryConsumerAuthorizationRules",
];

const WRITES: &[&str] = &[
    "CreateAndAttachPolicy",
    "CreateConsumer",
    "CreateConsumerAuthorizationRules",
    "DeleteConsumer",
    "DeployHttpApi",
    "DetachAndDeletePolicy",
    "RemoveConsumerAuthorizationRule",
    "UpdateAndAttachPolicy",
];

/// The declaration.
pub(crate) fn manifest() -> Manifest {
    Manifest {
        name: migrator_name("security"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        contract: 1,
        description: "carries over address lists, global authentication, consumers and their grants"
            .to_owned(),
        settings: settings(),
        output: output(),
        connections: BTreeMap::from([(ROLE.to_owned(), ConnectionUse::new(KIND, READS, WRITES))]),
        reads: vec![migrator_name("assess"), migrator_name("instance"), migrator_name("routes")],
        probes: ProbeUse::default(),
        undo: UndoScope::Config,
    }
}

fn settings() -> Value {
    let names = |description: &str| json!({"type": "array", "description": description, "items": {"type": "string", "minLength": 1}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "lists": {
                "enum": ["auto", "literal"],
                "description": "`auto` copies lists as they are where that lets the same callers in, and writes the effective list on the routes otherwise; `literal` blocks there instead; `auto` when absent",
            },
            "layer4": names("black lists of the whole gateway, by name, that shall look at the peer of the connection on the target"),
            "acknowledge": {
                "type": "array",
                "description": "codes of findings whose consequences are accepted",
                "items": {"enum": ACKNOWLEDGED},
            },
            "idaasAsOidc": names("authentications by the provider's identity service, by name, to carry over as OpenID Connect with the same endpoints"),
            "secretsByHand": names("OpenID Connect authentications, by name, whose secret a person sets in the console; they are made and stay off until then"),
        },
    })
}

fn output() -> Value {
    let ids = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["lists", "flattened", "authentications", "consumers", "grants"],
        "properties": {
            "lists": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            "flattened": {"type": "array", "items": {"type": "string"}},
            "authentications": ids,
            "consumers": ids,
            "grants": {"type": "integer"},
        },
    })
}
