//! Answers the three checkpoints of security by reading everything back. Writes nothing.
//!
//! Whether requests are let in and refused as before is the business of the `verify` step; here it is
//! computed from the lists that are really there, by the target's own rule, who passes on every route.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateshift_apig::Client;
use gateshift_apig::convert::policy::ON_ROUTE;
use gateshift_apig::convert::security::{Guard, ON_DOMAIN, ON_GATEWAY, consumer, list};
use gateshift_apig::wire::PolicyView;
use gateshift_gateway_model::{Inventory, Secured, TargetRoutes};
use gateshift_sdk::api::{Host, StepInput};
use gateshift_sdk::model::{Checkpoint, CheckpointResult, Operation, Plan, StepError};
use serde_json::{Value, json};

use crate::facts::Facts;
use crate::sets::Addresses;
use crate::{observe, plan, sealing};

const LISTS: &str = "security.lists_effective";
const AUTHENTICATION: &str = "security.global_authentication_works";
const CONSUMERS: &str = "security.consumers_created_and_scopes_correct";

/// A difference counts when it is still there after several looks: reads may lag behind writes.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// What the readers below work on.
struct Applied<'a> {
    client: Client<'a>,
    facts: &'a Facts,
    plan: &'a Plan,
    made: Secured,
    inventory: &'a Inventory,
    routes: &'a TargetRoutes,
}

/// Answers the checkpoints.
pub(crate) async fn verify(
    host: &dyn Host,
    input: &StepInput,
    plan: &Plan,
    output: &Value,
    inventory: &Inventory,
    routes: &TargetRoutes,
) -> Result<Vec<Checkpoint>, StepError> {
    let facts = Facts::of(plan)?;
    let made: Secured = serde_json::from_value(output.clone()).map_err(|error| {
        StepError::permanent(
            "GS-OUTPUT-SHAPE",
            format!("the step's output has another shape than expected: {error}"),
        )
    })?;
    let client = Client::new(host, input.run, &facts.gateway, &facts.environment);
    let applied = Applied { client, facts: &facts, plan, made, inventory, routes };
    let mut answers = look(&applied).await?;
    for _ in 1..LOOKS {
        if answers.iter().all(|one| one.result != CheckpointResult::Fail) {
            break;
        }
        host.sleep(BETWEEN_LOOKS).await?;
        answers = look(&applied).await?;
    }
    Ok(answers)
}

async fn look(applied: &Applied<'_>) -> Result<Vec<Checkpoint>, StepError> {
    let policies = observe::policies(&applied.client).await?;
    Ok(vec![
        lists(applied, &policies),
        authentication(applied, &policies),
        consumers(applied, &policies).await?,
    ])
}

/// Who passes on every route, recomputed from what is there.
fn lists(applied: &Applied<'_>, policies: &[PolicyView]) -> Checkpoint {
    let found = match effective(policies) {
        Ok(found) => found,
        Err(name) => {
            let message = format!("list `{name}` reads in a form that is not known");
            return Checkpoint::new(LISTS, CheckpointResult::Unclear, message, Value::Null);
        }
    };
    let Ok(source) = plan::source_rules(applied.inventory) else {
        let message = "a list of the source is in a form that is not known";
        return Checkpoint::new(LISTS, CheckpointResult::Unclear, message, Value::Null);
    };
    let (mut compared, mut odd) = (0_u64, Vec::new());
    for route in &applied.inventory.routes {
        let Some(target) = applied.routes.routes.get(&route.id) else { continue };
        let bare = route.domains.is_empty().then_some(None);
        for domain in route.domains.iter().map(|name| Some(name.as_str())).chain(bare) {
            compared += 1;
            let id = domain.and_then(|name| {
                applied
                    .routes
                    .domains
                    .iter()
                    .find(|(one, _)| one.eq_ignore_ascii_case(name))
                    .map(|(_, id)| id.as_str())
            });
            let places = [
                Some((ON_ROUTE, target.id.as_str())),
                id.map(|id| (ON_DOMAIN, id)),
                Some((ON_GATEWAY, &applied.facts.gateway)),
            ];
            let passes = places
                .into_iter()
                .flatten()
                .filter_map(|(kind, id)| found.get(&(kind.to_owned(), id.to_owned())))
                .fold(Addresses::all(), |all, one| all.intersection(one));
            if passes != source.at_source(&route.id, domain) {
                odd.push(format!("{} under {}", route.name, domain.unwrap_or("no domain")));
            }
        }
    }
    let message = if odd.is_empty() {
        format!("on {compared} pairs of route and domain exactly the same callers pass as at the source")
    } else {
        format!("others pass than at the source on {}: {}", odd.len(), some_of(&odd))
    };
    Checkpoint::judge(
        LISTS,
        odd.is_empty(),
        message,
        json!({"pairs": compared, "lists": found.len(), "different": odd}),
    )
}

/// Who passes at each place that has lists, by kind and id of the resource: nobody on any black list, and
/// only those on every white one.
fn effective(policies: &[PolicyView]) -> Result<BTreeMap<(String, String), Addresses>, String> {
    let mut found: BTreeMap<(String, String), Addresses> = BTreeMap::new();
    for view in policies.iter().filter(|view| view.class_name == Guard::IpAccessControl.name()) {
        let list = list::read(&view.config).ok_or_else(|| view.name.clone())?;
        if !list.enable {
            continue;
        }
        let addresses = Addresses::parse(&list.addresses).map_err(|_| view.name.clone())?;
        let passes = if list.white { addresses } else { addresses.complement() };
        for attachment in &view.attachments {
            let listed = attachment.attach_resource_ids.iter().chain([&attachment.attach_resource_id]);
            let ids: BTreeSet<&String> = listed.filter(|id| !id.is_empty()).collect();
            for id in ids {
                let at = found
                    .entry((attachment.attach_resource_type.clone(), id.clone()))
                    .or_insert_with(Addresses::all);
                *at = at.intersection(&passes);
            }
        }
    }
    Ok(found)
}

/// The last configuration that the plan gives each policy of a kind.
fn planned<'a>(plan: &'a Plan, kind: &str) -> BTreeMap<&'a str, &'a Operation> {
    let on = format!("{kind}-on");
    let of_kind = plan.operations.iter().filter(|one| one.object.kind == kind || one.object.kind == on);
    of_kind.map(|one| (one.object.name.as_str(), one)).collect()
}

/// What the policies of a kind differ in.
fn differences(plan: &Plan, kind: &str, policies: &[PolicyView]) -> Vec<String> {
    let one = |(name, operation): (&str, &Operation)| {
        let difference = match crate::apply::policy_of(&operation.after.value(), policies) {
            None => Some("it is not there".to_owned()),
            Some(view) => {
                let config = serde_json::from_str(&view.config).unwrap_or_default();
                sealing::difference(&operation.after.value()["config"], &config, true)
            }
        };
        difference.map(|difference| format!("{name}: {difference}"))
    };
    planned(plan, kind).into_iter().filter_map(one).collect()
}

fn authentication(applied: &Applied<'_>, policies: &[PolicyView]) -> Checkpoint {
    let waiting: Vec<&String> =
        applied.facts.by_hand.iter().filter(|name| !done_by_hand(name, policies)).collect();
    let odd: Vec<String> = differences(applied.plan, "authentication", policies)
        .into_iter()
        .filter(|text| !applied.facts.by_hand.iter().any(|name| text.starts_with(&format!("{name}: "))))
        .collect();
    let count = planned(applied.plan, "authentication").len();
    let evidence = json!({"authentications": count, "different": odd, "waiting": waiting});
    if odd.is_empty() && !waiting.is_empty() {
        let message = "a person has to set the client secret and switch it on: ".to_owned()
            + &waiting.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
        return Checkpoint::new(AUTHENTICATION, CheckpointResult::Manual, message, evidence);
    }
    let message = if odd.is_empty() {
        format!("{count} authentications read back as planned")
    } else {
        format!("{} authentications are not as planned: {}", odd.len(), some_of(&odd))
    };
    Checkpoint::judge(AUTHENTICATION, odd.is_empty(), message, evidence)
}

/// Whether a login that waited for a person has a secret and is on.
fn done_by_hand(name: &str, policies: &[PolicyView]) -> bool {
    let view = policies.iter().find(|view| view.class_name == Guard::OidcAuth.name() && view.name == name);
    let config: Value = view.and_then(|view| serde_json::from_str(&view.config).ok()).unwrap_or_default();
    config["enable"] == true && config["clientSecret"].as_str().is_some_and(|secret| !secret.is_empty())
}

async fn consumers(applied: &Applied<'_>, policies: &[PolicyView]) -> Result<Checkpoint, StepError> {
    let mut odd = differences(applied.plan, "route-authentication", policies);
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (source, key) in &applied.facts.consumers {
        ids.extend(applied.made.consumers.get(source).map(|id| (key.clone(), id.clone())));
    }
    for operation in applied.plan.operations.iter().filter(|one| one.object.kind == "consumer") {
        let name = &operation.object.name;
        let difference = match observe::known(&applied.client, name).await? {
            None => Some("it is not there".to_owned()),
            Some(known) => sealing::difference(&operation.after.value(), &known.view, true)
                .or_else(|| consumer::surplus(&operation.after.value(), &known.view)),
        };
        odd.extend(difference.map(|difference| format!("consumer {name}: {difference}")));
    }
    let (wanted, there) = grants(applied, &ids).await?;
    odd.extend(
        wanted.difference(&there).map(|(consumer, route)| format!("{consumer} may not use route {route}")),
    );
    odd.extend(
        there.difference(&wanted).map(|(consumer, route)| format!("{consumer} may use route {route}, too")),
    );
    let message = if odd.is_empty() {
        format!("{} consumers and {} grants read back as planned", ids.len(), wanted.len())
    } else {
        format!("{} differences: {}", odd.len(), some_of(&odd))
    };
    let evidence = json!({"consumers": ids.len(), "grants": wanted.len(), "different": odd});
    Ok(Checkpoint::judge(CONSUMERS, odd.is_empty(), message, evidence))
}

type Pairs = BTreeSet<(String, String)>;

/// Pairs of consumer and route, wanted and there, for this run's consumers on this gateway's routes.
async fn grants(applied: &Applied<'_>, ids: &BTreeMap<String, String>) -> Result<(Pairs, Pairs), StepError> {
    let mut wanted = Pairs::new();
    for operation in applied.plan.operations.iter().filter(|one| one.object.kind == "grant") {
        let planned = operation.after.value();
        let text = |at: &str| planned.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let consumer = ids.get(text("/consumerId")).cloned().unwrap_or_default();
        wanted.insert((consumer, text("/resourceIdentifier/resourceId").to_owned()));
    }
    let guarded = planned(applied.plan, "route-authentication");
    let first = |one: &&Operation| one.after.value()["attachResourceIds"][0].as_str().map(str::to_owned);
    let guarded: BTreeSet<String> = guarded.values().filter_map(first).collect();
    let mut there = Pairs::new();
    if !ids.is_empty() || !guarded.is_empty() {
        let ours: BTreeSet<&String> = ids.values().collect();
        for rule in applied.client.rules(None, None).await? {
            if ours.contains(&rule.consumer_id) || guarded.contains(rule.resource_id.as_str()) {
                there.insert((rule.consumer_id, rule.resource_id));
            }
        }
    }
    Ok((wanted, there))
}

/// The first few of many texts.
fn some_of(texts: &[String]) -> String {
    let shown = texts.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("; ");
    if texts.len() > 3 { format!("{shown}; and {} more", texts.len() - 3) } else { shown }
}
