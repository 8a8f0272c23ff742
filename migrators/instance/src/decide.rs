//! What to make: a pure function of the inventory, of what the target account shows, and of the
//! settings.

use gateshift_gateway_model::{Instance, Inventory, NetworkKind};
use gateshift_sdk::model::{Document, Finding, ObjectRef, Operation, OperationKey, Plan, Severity, Verb};
use gateshift_sdk::name;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::observed::{Observed, ObservedGateway};
use crate::sizing::{Sizing, by_name, required_units, size};
use crate::surroundings;

/// Tag that says which source a gateway was made for.
pub(crate) const TAG: &str = "migrated-from";
/// Addresses a vSwitch should have free.
const FREE_ADDRESSES: u32 = 8;

/// Settings of the step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Name of the target; the source's when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Size; by rule when absent.
    #[serde(default)]
    pub spec: Option<String>,
    /// Accept a size below what the source needs.
    #[serde(default)]
    pub allow_smaller: bool,
    /// VPC; must be the source's.
    #[serde(default)]
    pub vpc: Option<String>,
    /// An existing gateway to take instead of making one, by id.
    #[serde(default)]
    pub existing: Option<String>,
}

/// Decides.
#[must_use]
pub fn decide(inventory: &Inventory, observed: &Observed, settings: &Settings) -> Plan {
    let mut findings = Vec::new();
    let instance = &inventory.instance;
    network(inventory, observed, settings, &mut findings);
    let need = required_units(instance);
    let spec = spec(need, settings, &mut findings);
    let facts = json!({"requiredUnits": need, "spec": spec, "vpc": instance.vpc, "nodes": instance.peak_nodes, "vcpu": instance.node.vcpu});

    if let Some(id) = &settings.existing {
        return adopt(inventory, observed, id, facts, findings);
    }
    let name = settings.name.clone().unwrap_or_else(|| name::plain(&instance.name));
    // One that is on its way out can neither be taken nor be in the way for long.
    let mut staying = observed.gateways.iter().filter(|gateway| gateway.status != "Deleting");
    if let Some(taken) = staying.find(|gateway| gateway.name == name) {
        if ours(taken, inventory) {
            // An earlier run made it for this very source: a second one would only cost.
            return adopt(inventory, observed, &taken.id, facts, findings);
        }
        findings.push(
            Finding::new(
                Severity::Block,
                "INS-NAME-TAKEN",
                "instance",
                format!(
                    "the account has a gateway named `{name}` already ({}), which was not made for this source",
                    taken.id
                ),
            )
            .with_action("set `name` to another one, or `existing` to its id if it is the one you mean"),
        );
    }
    if instance.prepaid {
        findings.push(Finding::new(Severity::Info, "INS-POSTPAY", "instance", "the source is paid in advance; the target is made pay-as-you-go, so that it can be deleted again if the migration is undone"));
    }
    let wanted = json!({
        "name": name,
        "spec": spec,
        "vpc": instance.vpc,
        "zoneConfig": zone_config(inventory, observed, &mut findings),
        "network": network_type(inventory),
        "accessLog": true,
        "tags": tags(inventory),
        "resourceGroup": instance.resource_group,
    });
    let summary = format!("make gateway `{name}` of size {spec} ({need} units needed) in {}", instance.vpc);
    let operation = Operation {
        key: OperationKey::new(format!("gateway/{name}")),
        verb: Verb::Create,
        object: ObjectRef { kind: "gateway".to_owned(), name },
        before: Document::default(),
        after: wanted.into(),
        waits_for: Vec::new(),
    };
    let around = surroundings::operations(instance, operation.key.as_str(), &mut findings);
    let operations = std::iter::once(operation).chain(around).collect();
    Plan { operations, findings, facts, summary }
}

/// Whether the gateway was made for this source.
pub(crate) fn ours(gateway: &ObservedGateway, inventory: &Inventory) -> bool {
    gateway.tags.get(TAG) == Some(&inventory.origin.gateway)
}

fn adopt(
    inventory: &Inventory,
    observed: &Observed,
    id: &str,
    facts: Value,
    mut findings: Vec<Finding>,
) -> Plan {
    let found = observed.gateways.iter().find(|gateway| gateway.id == id);
    let name = found.map_or(id, |gateway| gateway.name.as_str()).to_owned();
    match found {
        None => findings.push(
            Finding::new(
                Severity::Block,
                "INS-EXISTING-UNKNOWN",
                "instance",
                format!("the account has no gateway `{id}`"),
            )
            .with_action("check `existing` and the region of the connection `target`"),
        ),
        Some(gateway) if gateway.vpc != inventory.instance.vpc => findings.push(
            Finding::new(
                Severity::Block,
                "INS-VPC-DIFFERS",
                "instance",
                format!(
                    "gateway `{id}` is in {}, the source in {}: it cannot reach the same backends",
                    gateway.vpc, inventory.instance.vpc
                ),
            )
            .with_action("make a gateway in the source's VPC"),
        ),
        Some(gateway) => {
            let need = required_units(&inventory.instance);
            if by_name(&gateway.spec).is_some_and(|spec| spec.units < need) {
                findings.push(
                    Finding::new(
                        Severity::Block,
                        "CAP-SMALL",
                        "instance/spec",
                        format!("gateway `{id}` has size {} and the source needs {need} units", gateway.spec),
                    )
                    .with_action("enlarge it, or make another with a `name` of its own"),
                );
            }
        }
    }
    let operation = Operation {
        key: OperationKey::new(format!("gateway/{name}")),
        verb: Verb::Adopt,
        object: ObjectRef { kind: "gateway".to_owned(), name: name.clone() },
        before: Document::default(),
        after: json!({"id": id, "vpc": inventory.instance.vpc}).into(),
        waits_for: Vec::new(),
    };
    // Its size and its scaling are whoever's made it; the rules of backends are made for it all the same.
    let without_scaling = Instance { elastic: None, ..inventory.instance.clone() };
    let around = surroundings::operations(&without_scaling, operation.key.as_str(), &mut findings);
    Plan {
        operations: std::iter::once(operation).chain(around).collect(),
        findings,
        facts,
        summary: format!("take the existing gateway `{name}` ({id})"),
    }
}

/// Same VPC, or stop.
fn network(inventory: &Inventory, observed: &Observed, settings: &Settings, findings: &mut Vec<Finding>) {
    let vpc = &inventory.instance.vpc;
    if let Some(other) = settings.vpc.as_ref().filter(|other| *other != vpc) {
        findings.push(
            Finding::new(
                Severity::Block,
                "INS-VPC-DIFFERS",
                "instance",
                format!("`vpc` is {other}, the source is in {vpc}: source and target have to share a VPC"),
            )
            .with_action("leave `vpc` out, or migrate the backends first"),
        );
    }
    if !observed.vpcs.contains(vpc) {
        findings.push(
            Finding::new(
                Severity::Block,
                "INS-VPC-UNKNOWN",
                "instance",
                format!("the account of the target has no {vpc} in region {}", inventory.origin.region),
            )
            .with_action(
                "use connections of the source's account and region: source and target have to share a VPC",
            ),
        );
    }
}

fn spec(need: u32, settings: &Settings, findings: &mut Vec<Finding>) -> String {
    let object = "instance/spec";
    let by_rule = match size(need) {
        Sizing::Fits(spec) => Some(spec),
        Sizing::TooLarge => None,
    };
    let Some(wish) = &settings.spec else {
        return by_rule.map_or_else(
            || {
                findings.push(
                    Finding::new(
                        Severity::Block,
                        "CAP-SMALL",
                        object,
                        format!("the source needs {need} units and the largest size has 256"),
                    )
                    .with_action("split the source over several target gateways"),
                );
                String::new()
            },
            |spec| spec.name.to_owned(),
        );
    };
    match by_name(wish) {
        None => findings.push(
            Finding::new(
                Severity::Block,
                "CAP-UNKNOWN-SPEC",
                object,
                format!("`{wish}` is not a known size"),
            )
            .with_action(format!(
                "leave `spec` out; by rule it is {}",
                by_rule.map_or("none", |spec| spec.name)
            )),
        ),
        Some(spec) if spec.units < need => {
            let severity = if settings.allow_smaller { Severity::Warn } else { Severity::Block };
            findings.push(
                Finding::new(
                    severity,
                    "CAP-SMALL",
                    object,
                    format!("{wish} has {} units and the source needs {need}", spec.units),
                )
                .with_action(
                    "leave `spec` out, or set `allowSmaller: true` if you know that the source is too large",
                ),
            );
        }
        Some(_) => {}
    }
    wish.clone()
}

/// Both vSwitches when they are in two zones that take gateways; else one, and zones chosen by the product.
fn zone_config(inventory: &Inventory, observed: &Observed, findings: &mut Vec<Finding>) -> Value {
    let known: Vec<_> = inventory
        .instance
        .vswitches
        .iter()
        .filter_map(|id| observed.vswitches.iter().find(|one| &one.id == id))
        .collect();
    for vswitch in known.iter().filter(|vswitch| vswitch.free < FREE_ADDRESSES) {
        findings.push(
            Finding::new(
                Severity::Block,
                "INS-ADDRESSES",
                "instance",
                format!(
                    "vSwitch {} has {} free addresses, fewer than the {FREE_ADDRESSES} a gateway may need",
                    vswitch.id, vswitch.free
                ),
            )
            .with_action("free addresses, or add a vSwitch to the source's VPC"),
        );
    }
    if let [first, second, ..] = known.as_slice() {
        let offered = |zone: &String| observed.zones.contains(zone);
        if first.zone != second.zone && offered(&first.zone) && offered(&second.zone) {
            return json!({"selectOption": "Manual", "zones": [
                {"zoneId": first.zone, "vSwitchId": first.id}, {"zoneId": second.zone, "vSwitchId": second.id}]});
        }
    }
    match known.first() {
        Some(first) => json!({"selectOption": "Auto", "vSwitchId": first.id}),
        None => {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "INS-VSWITCH-UNKNOWN",
                    "instance",
                    format!(
                        "none of the source's vSwitches ({}) is in the target's account",
                        inventory.instance.vswitches.join(", ")
                    ),
                )
                .with_action("use connections of the source's account and region"),
            );
            Value::Null
        }
    }
}

fn network_type(inventory: &Inventory) -> &'static str {
    let has = |kind| inventory.instance.entries.iter().any(|entry| entry.network == kind);
    match (has(NetworkKind::Public), has(NetworkKind::Private)) {
        (true, true) => "InternetAndIntranet",
        (false, true) => "Intranet",
        _ => "Internet",
    }
}

fn tags(inventory: &Inventory) -> Value {
    let own = [(TAG.to_owned(), inventory.origin.gateway.clone())];
    let all = inventory.instance.tags.clone().into_iter().filter(|(key, _)| key != TAG).chain(own);
    Value::Array(all.map(|(key, value)| json!({"key": key, "value": value})).collect())
}

#[cfg(test)]
pub(crate) mod tests;
