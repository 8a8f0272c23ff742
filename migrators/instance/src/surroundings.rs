//! What lies around the gateway: rules by which backends let it in, and scheduled scaling. The gateway
//! has a security group of its own, so every rule of the source is made again for it.

use gateshift_gateway_model::{Elastic, Instance};
use gateshift_sdk::model::{Document, Finding, ObjectRef, Operation, OperationKey, Severity, Verb};
use serde_json::{Value, json};

/// Kind of an operation that lets the gateway into a backend's security group.
pub(crate) const RULE: &str = "security-rule";
/// Kind of an operation that sets scheduled scaling.
pub(crate) const ELASTIC: &str = "elastic-policy";
/// Kinds of scaling that the target knows; the first is an assumption, the second is documented.
const KINDS: [&str; 2] = ["CronHPA", "AutoHPA"];

/// The operations behind the gateway's own.
pub(crate) fn operations(instance: &Instance, gateway: &str, findings: &mut Vec<Finding>) -> Vec<Operation> {
    let waits_for = vec![OperationKey::new(gateway)];
    let rules = instance.backend_rules.iter().filter(|rule| {
        let is_tcp = rule.protocol.is_empty() || rule.protocol.eq_ignore_ascii_case("tcp");
        if !is_tcp {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "NET-RULE-PROTOCOL",
                    format!("instance/rules/{}", rule.group),
                    format!("a rule of {} is for {}; the target makes rules for TCP only", rule.ports, rule.protocol),
                )
                .with_action("make the rule by hand in the security group of the backend, and remove it at the source if it is not needed"),
            );
        }
        is_tcp
    });
    let mut operations: Vec<Operation> = rules
        .map(|rule| Operation {
            key: OperationKey::new(format!("{RULE}/{}/{}", rule.group, rule.ports)),
            verb: Verb::Create,
            object: ObjectRef { kind: RULE.to_owned(), name: format!("{} {}", rule.group, rule.ports) },
            before: Document::default(),
            after: json!({
                "securityGroupId": rule.group, "portRanges": [rule.ports], "description": rule.description,
            })
            .into(),
            waits_for: waits_for.clone(),
        })
        .collect();
    operations.dedup_by(|one, other| one.key == other.key);
    if let Some(policy) = instance.elastic.as_ref().and_then(|elastic| policy(elastic, instance, findings)) {
        operations.push(Operation {
            key: OperationKey::new(ELASTIC),
            verb: Verb::Update,
            object: ObjectRef { kind: ELASTIC.to_owned(), name: "scaling".to_owned() },
            before: Document::default(),
            after: policy.into(),
            waits_for,
        });
    }
    operations
}

/// Takes rules that are there already as they are.
pub(crate) fn adopt(operations: &mut [Operation], present: &[Value]) {
    let rules = operations.iter_mut().filter(|operation| operation.object.kind == RULE);
    for rule in rules.filter(|rule| present.iter().any(|one| is_rule(&rule.after.value(), one))) {
        rule.verb = Verb::Adopt;
    }
}

/// Whether a rule of the target is the wanted one.
pub(crate) fn is_rule(wanted: &Value, present: &Value) -> bool {
    present["securityGroupId"] == wanted["securityGroupId"] && present["portRange"] == wanted["portRanges"][0]
}

/// The schedule in the target's units, which are taken to be those of its sizes: one for two virtual CPUs.
fn policy(elastic: &Elastic, instance: &Instance, findings: &mut Vec<Finding>) -> Option<Value> {
    let object = "instance/scaling";
    if !KINDS.contains(&elastic.kind.as_str()) {
        findings.push(
            Finding::new(Severity::Warn, "INS-ELASTIC", object, format!("scaling of kind `{}` has no counterpart: the target keeps one size, which is large enough for the most nodes the source may have", elastic.kind))
                .with_action("set up scaling in the console of the target if its size shall follow the load"),
        );
        return None;
    }
    let per_node = (instance.node.vcpu / 2).max(1);
    findings.push(
        Finding::new(Severity::Warn, "INS-ELASTIC", object, format!("the schedule is carried over with {per_node} units for each node of the source; that the target counts in these units is an assumption"))
            .with_action("compare the schedule in the console of the target before traffic moves"),
    );
    let windows: Vec<Value> = elastic
        .windows
        .iter()
        .map(|one| json!({"startTime": one.from, "endTime": one.to, "units": per_node * one.nodes}))
        .collect();
    let mut policy = json!({"elasticEnabled": true, "elasticType": elastic.kind, "timePolicyList": windows});
    if let Some(most) = elastic.max_nodes {
        policy["maxUnits"] = json!(per_node * most);
    }
    if let Some(warning) = elastic.load_warning {
        policy["loadWarningThreshold"] = json!(warning);
    }
    if !elastic.load_windows.is_empty() {
        let windows = elastic.load_windows.iter().map(|(from, to)| json!({"startTime": from, "endTime": to}));
        policy["enableScaleTimePolicyList"] = windows.collect();
    }
    Some(policy)
}

#[cfg(test)]
mod tests {
    use gateshift_gateway_model::{BackendRule, Elastic, ElasticWindow, Instance};
    use gateshift_sdk::model::Severity;
    use serde_json::json;

    use super::operations;
    use crate::decide::tests::inventory;

    fn instance() -> Instance {
        let rule = |ports: &str, protocol: &str| BackendRule {
            group: "sg-1".into(),
            ports: ports.into(),
            protocol: protocol.into(),
            description: "d".into(),
        };
        let mut instance = inventory(|_| {}).instance;
        instance.node.vcpu = 4;
        instance.backend_rules = vec![rule("80/90", "TCP"), rule("443/443", "")];
        instance.elastic = Some(Elastic {
            kind: "CronHPA".into(),
            max_nodes: Some(6),
            windows: vec![ElasticWindow { from: "07:00".into(), to: "09:00".into(), nodes: 5 }],
            load_windows: Vec::new(),
            load_warning: Some(true),
        });
        instance
    }

    #[test]
    fn every_rule_and_the_schedule_are_made_again() {
        let mut findings = Vec::new();
        let made = operations(&instance(), "gateway/n", &mut findings);
        let keys: Vec<&str> = made.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["security-rule/sg-1/80/90", "security-rule/sg-1/443/443", "elastic-policy"]);
        assert_eq!(
            made[2].after.value(),
            json!({"elasticEnabled": true, "elasticType": "CronHPA", "maxUnits": 12, "loadWarningThreshold": true,
                   "timePolicyList": [{"startTime": "07:00", "endTime": "09:00", "units": 10}]})
        );
        assert!(findings.iter().all(|finding| finding.severity == Severity::Warn), "{findings:?}");
    }

    #[test]
    fn what_cannot_be_made_is_a_finding() {
        let mut instance = instance();
        instance.backend_rules[0].protocol = "UDP".into();
        instance.elastic.as_mut().unwrap().kind = "Other".into();
        let mut findings = Vec::new();
        assert_eq!(operations(&instance, "gateway/n", &mut findings).len(), 1);
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["NET-RULE-PROTOCOL", "INS-ELASTIC"]);
    }
}
