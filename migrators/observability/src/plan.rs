//! What to write and what to leave to a person: a pure function of the inventory, of what the target and
//! the account show, and of the settings.

use std::collections::BTreeSet;

use gateshift_gateway_model::{Inventory, TargetInstance};
use gateshift_sdk::model::{Document, Finding, ObjectRef, Operation, OperationKey, Plan, Severity, Verb};
use gateshift_sdk::to_json;
use serde_json::{Value, json};

use crate::alert::{self, AlertWish, Between, concerns, differences, mentions, parameters};
use crate::baseline::baseline;
use crate::facts::{AlertFacts, Facts, TraceFacts};
use crate::logs;
use crate::metrics::Live;
use crate::migrator::Services;
use crate::settings::{Part, Settings};
use crate::tracing;

/// The checkpoints of this step, as the guide counts them.
pub(crate) const TRACING: &str = "observability.tracing_configured_and_traces";
pub(crate) const LOGS: &str = "observability.log_shipping_configured_and_delivered";
pub(crate) const ALERTS: &str = "observability.alert_rules_configured_and_fire";

/// Kinds of objects.
pub(crate) const RULE: &str = "alert";
pub(crate) const RULE_OFF: &str = "alert-off";
pub(crate) const SWITCH: &str = "trace-parameter";

/// What there is before anything is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    /// Parameters of the target gateway.
    pub(crate) features: Vec<Value>,
    /// Alert rules of the account; `None` without a connection.
    pub(crate) rules: Option<Vec<Value>>,
    /// Metrics of the target's namespace.
    pub(crate) metrics: Vec<Value>,
    /// Rules of the second place; `None` without a connection.
    pub(crate) other_rules: Option<Vec<Value>>,
}

/// What a decision rests on.
pub(crate) struct Given<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) inventory: &'a Inventory,
    pub(crate) target: &'a TargetInstance,
    pub(crate) services: &'a Services,
    pub(crate) observed: &'a Seen,
}

/// Operations and findings as they come together.
#[derive(Default)]
struct Draft {
    operations: Vec<Operation>,
    findings: Vec<Finding>,
}

/// Decides.
pub(crate) fn plan(given: &Given<'_>) -> Plan {
    let mut draft = Draft::default();
    let tracing = plan_tracing(given, &mut draft);
    let logs = logs::facts(given, &mut draft.findings);
    let alerts = plan_alerts(given, &mut draft);
    draft.findings.push(
        Finding::new(
            Severity::Manual,
            "OBS-METRICS-OFF",
            "observability/metrics",
            "the target delivers no metrics to Prometheus until that is switched on in its console, and no \
             public call switches it or tells whether it is on: a gate on metrics would see nothing",
        )
        .with_action(format!("{}: turn Metrics Delivery on", console(given.target, given.inventory))),
    );
    let facts = Facts {
        gateway: given.target.gateway.clone(),
        name: given.target.name.clone(),
        region: given.inventory.origin.region.clone(),
        tracing,
        logs,
        alerts,
    };
    let made = |kind: &str| draft.operations.iter().filter(|one| one.object.kind == kind).count();
    let summary = format!(
        "{} alert rules ({} not carried over), {} parameters for tracing",
        made(RULE),
        facts.alerts.unmapped,
        made(SWITCH)
    );
    Plan { operations: draft.operations, findings: draft.findings, facts: to_json(&facts), summary }
}

/// Where in the console the settings are.
pub(crate) fn console(target: &TargetInstance, inventory: &Inventory) -> String {
    console_of(&inventory.origin.region, &target.name, &target.gateway)
}

pub(crate) fn console_of(region: &str, name: &str, gateway: &str) -> String {
    format!(
        "API Gateway console, region {region}, Instance > `{name}` ({gateway}) > Parameters > Observability Parameters"
    )
}

/// Checkpoints that a person has to do something for, as far as the plan tells.
pub(crate) fn by_hand(facts: &Facts, plan: &Plan) -> Vec<String> {
    let switched = plan.operations.iter().any(|operation| operation.object.kind == SWITCH);
    let tracing = facts.tracing.wanted.is_some() && !switched && !facts.tracing.skipped;
    let names = [(TRACING, tracing), (LOGS, facts.logs.by_hand.is_some())];
    names.into_iter().filter(|(_, left)| *left).map(|(name, _)| name.to_owned()).collect()
}

fn plan_tracing(given: &Given<'_>, draft: &mut Draft) -> TraceFacts {
    let skipped = given.settings.skips(Part::Tracing);
    let source = given.inventory.observability.tracing.as_ref().filter(|_| !skipped);
    let Some(source) = source else { return TraceFacts { skipped, wanted: None } };
    let object = "observability/tracing";
    let service = |id: &str| given.services.get(id).cloned();
    let wish = match tracing::wish(source, given.inventory, service) {
        Ok(wish) => wish,
        Err(service) => {
            draft.findings.push(
                Finding::new(
                    Severity::Block,
                    "OBS-TRACE-SERVICE",
                    object,
                    format!("traces go to the service `{service}`, which has no counterpart at the target"),
                )
                .with_action(
                    "put a step that uses `routes` before this one and do not exclude that service, or add \
                     `tracing` to `skip`",
                ),
            );
            return TraceFacts { skipped, wanted: None };
        }
    };
    let switches = tracing::switches(&given.observed.features, &wish);
    if switches.is_empty() {
        draft.findings.push(
            Finding::new(
                Severity::Manual,
                "OBS-TRACE-MANUAL",
                object,
                "tracing of the target can be read and not written by any public call: the run holds until it \
                 is set by hand and read back",
            )
            .with_action(format!(
                "{} > Tracing > Configure Tracing Analysis: {}",
                console(given.target, given.inventory),
                wish.values()
            )),
        );
    }
    draft.operations.extend(switches.into_iter().map(|one| Operation {
        key: OperationKey::new(format!("{SWITCH}/{}", one.name)),
        verb: Verb::Update,
        object: ObjectRef { kind: SWITCH.to_owned(), name: one.name },
        before: json!(one.before).into(),
        after: json!(one.after).into(),
        waits_for: Vec::new(),
    }));
    TraceFacts { skipped, wanted: Some(wish) }
}

fn plan_alerts(given: &Given<'_>, draft: &mut Draft) -> AlertFacts {
    let skipped = given.settings.skips(Part::Alerts);
    let mut facts =
        AlertFacts { skipped, connected: given.observed.rules.is_some(), unmapped: 0, rules: Vec::new() };
    if skipped {
        return facts;
    }
    let source = given.inventory.origin.gateway.as_str();
    let between = Between {
        source,
        target: &given.target.gateway,
        name: &given.target.name,
        contacts: &given.settings.contact_groups,
    };
    for rule in given.observed.other_rules.iter().flatten().filter(|rule| mentions(rule, source)) {
        facts.unmapped += 1;
        let name = ["AlertName", "AlertTitle", "Title"].iter().find_map(|name| rule[*name].as_str());
        draft.findings.push(unmapped(
            name.unwrap_or("a rule of ARMS"),
            "it is kept by ARMS, about metrics that the target's CloudMonitor does not have",
        ));
    }
    let Some(rules) = &given.observed.rules else {
        draft.findings.push(
            Finding::new(
                Severity::Warn,
                "OBS-ALERT-NOT-READ",
                "observability/alerts",
                "without a connection `alerts` nobody looked for alert rules of the source",
            )
            .with_action("give the step a connection `alerts` (aliyun/cms), or add `alerts` to `skip`"),
        );
        return facts;
    };
    let live = Live::of(&given.observed.metrics);
    let mut wishes = Vec::new();
    let own: Vec<&Value> = rules.iter().filter(|rule| concerns(rule, source)).collect();
    for rule in &own {
        match alert::carry(rule, &between, &live) {
            Ok(wish) => wishes.push(wish),
            Err(cause) => {
                facts.unmapped += 1;
                draft.findings.push(unmapped(rule["RuleName"].as_str().unwrap_or("a rule"), &cause));
            }
        }
    }
    if wishes.is_empty() {
        let groups = told(&between, &own);
        let (rules, missing) = baseline(&given.target.spec, &Between { contacts: &groups, ..between }, &live);
        if groups.is_empty() {
            draft.findings.push(without_baseline());
        } else {
            wishes = rules;
            facts.unmapped += missing.len() as u64;
            draft.findings.extend(missing.iter().map(|metric| {
                unmapped(metric, "the account's list of metrics has no such one for a baseline rule")
            }));
        }
    }
    contacts(&wishes, &mut draft.findings);
    for wish in wishes {
        facts.rules.push((wish.origin.clone(), rule(&wish, rules, draft)));
    }
    facts
}

/// Who is told by rules that none of the source's stands behind: those of the setting, else those that the
/// source's rules tell.
fn told(between: &Between<'_>, rules: &[&Value]) -> Vec<String> {
    if !between.contacts.is_empty() {
        return between.contacts.to_vec();
    }
    let groups = rules.iter().flat_map(|rule| alert::contacts_of(rule));
    groups.collect::<BTreeSet<String>>().into_iter().collect()
}

fn without_baseline() -> Finding {
    Finding::new(
        Severity::Warn,
        "OBS-ALERT-BASELINE",
        "observability/alerts",
        "the target gets no alert rule: none of the source's is carried over, and no contact group is known that \
         the usual ones could tell",
    )
    .with_action(
        "name groups with `contactGroups`: rules for processor, memory, connections and handshakes are then made; or \
         go without",
    )
}

/// Rules that would tell nobody.
fn contacts(wishes: &[AlertWish], findings: &mut Vec<Finding>) {
    let silent = |wish: &&AlertWish| wish.parameters.get("ContactGroups").is_none_or(String::is_empty);
    let names: Vec<&str> = wishes.iter().filter(silent).map(AlertWish::name).collect();
    if !names.is_empty() {
        findings.push(
            Finding::new(
                Severity::Decide,
                "OBS-ALERT-CONTACT",
                "observability/alerts",
                format!("nobody would be told by {}: no contact group is known", names.join(", ")),
            )
            .with_action("name the groups with `contactGroups`, or add `alerts` to `skip`"),
        );
    }
}

/// The operations for a rule; gives the key of the one that makes it.
fn rule(wish: &AlertWish, present: &[Value], draft: &mut Draft) -> String {
    let key = OperationKey::new(format!("{RULE}/{}", wish.origin));
    let found = present.iter().find(|rule| rule["RuleId"] == wish.id());
    let differs = found.map(|found| differences(&wish.parameters, &parameters(found)));
    if let Some(differs) = differs.as_ref().filter(|differs| !differs.is_empty()) {
        draft.findings.push(
            Finding::new(
                Severity::Block,
                "OBS-ALERT-TAKEN",
                format!("observability/alerts/{}", wish.origin),
                format!("there is a rule {} that this run did not make: {}", wish.id(), differs.join("; ")),
            )
            .with_action("delete that rule, or make it equal; it is not overwritten"),
        );
    }
    let object = ObjectRef { kind: RULE.to_owned(), name: wish.name().to_owned() };
    let adopt = found.is_some();
    draft.operations.push(Operation {
        key: key.clone(),
        verb: if adopt { Verb::Adopt } else { Verb::Create },
        object: object.clone(),
        before: Document::default(),
        after: to_json(wish).into(),
        waits_for: Vec::new(),
    });
    if !wish.enabled && !adopt {
        draft.operations.push(Operation {
            key: OperationKey::new(format!("{RULE_OFF}/{}", wish.origin)),
            verb: Verb::Update,
            object: ObjectRef { kind: RULE_OFF.to_owned(), ..object },
            before: Document::default(),
            after: to_json(wish).into(),
            waits_for: vec![key.clone()],
        });
    }
    key.to_string()
}

fn unmapped(name: &str, cause: &str) -> Finding {
    Finding::new(
        Severity::Warn,
        "OBS-ALERT-UNMAPPED",
        format!("observability/alerts/{name}"),
        format!("the alert rule is not carried over: {cause}"),
    )
    .with_action("decide whether it is still needed, and make its like for the target by hand")
}
