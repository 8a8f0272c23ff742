//! Services with their settings, versions and policies.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::convert;
use gateshift_apig::convert::policy::{Class, ON_SERVICE};
use gateshift_apig::wire::{PolicyView, ServiceView};
use gateshift_gateway_model::{Service, ServiceKind};
use gateshift_sdk::model::{Severity, Verb};
use serde_json::{Value, json};

use super::draft::Draft;
use super::policies::{Owner, attach};
use crate::references::PARENT;
use crate::settings;

/// Everything that is written about one service.
struct Wanted {
    body: Value,
    settings: Value,
    versions: Vec<Value>,
    policies: Vec<(Class, Value)>,
}

/// Adds every service that can be carried over.
pub(crate) fn add(draft: &mut Draft<'_>) {
    let routes = &draft.routes;
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in routes {
        for service in route.services() {
            users.entry(service).or_default().push(&route.name);
        }
    }
    let users: BTreeMap<String, Vec<String>> = users
        .into_iter()
        .map(|(service, names)| {
            let names: BTreeSet<&str> = names.into_iter().collect();
            (service.to_owned(), names.into_iter().map(str::to_owned).collect())
        })
        .collect();
    let mut there: BTreeMap<&str, Vec<&ServiceView>> = BTreeMap::new();
    for view in &draft.given.observed.services {
        there.entry(view.name.as_str()).or_default().push(view);
    }
    let mut made = BTreeMap::new();
    for service in draft.services.clone() {
        let users = users.get(&service.id).map(Vec::as_slice).unwrap_or_default();
        if let Some(wanted) = judge(draft, service, users) {
            add_one(draft, service, wanted, &there, &mut made);
        }
    }
}

/// What is to be written, or findings why it cannot be.
fn judge(draft: &mut Draft<'_>, service: &Service, users: &[String]) -> Option<Wanted> {
    let object = format!("services/{}", service.name);
    let severity = |used| if users.is_empty() { Severity::Warn } else { used };
    let exclude = "move the service to a kind the target knows, or exclude the routes that use it";
    let used_by = if users.is_empty() {
        "; no route uses it".to_owned()
    } else {
        format!("; used by {}", some_of(users))
    };
    match &service.kind {
        ServiceKind::Other { name } => {
            let message = format!("the target has no service of kind {name}{used_by}");
            draft.find(severity(Severity::Block), "SRC-UNSUPPORTED", object, message, exclude);
            return None;
        }
        ServiceKind::Function { function, qualifier, service: Some(older) } => {
            let older = format!("{older}/{function}@{qualifier}");
            return newer_function(draft, service, &older, function, severity(Severity::Decide), &used_by)
                .and_then(|service| carried(draft, &service, &used_by, users.is_empty()));
        }
        kind if service.protocol == "DUBBO" && !matches!(kind, ServiceKind::Nacos { .. }) => {
            let message = format!(
                "it speaks Dubbo, which the target does with services of a Nacos registry only{used_by}"
            );
            draft.find(severity(Severity::Block), "RTE-DUBBO", object, message, exclude);
            return None;
        }
        _ => {}
    }
    carried(draft, service, &used_by, users.is_empty())
}

/// The function that the operator wants in the place of one of the older generation, as a service.
fn newer_function(
    draft: &mut Draft<'_>,
    service: &Service,
    older: &str,
    function: &str,
    severity: Severity,
    used_by: &str,
) -> Option<Service> {
    if let Some((name, qualifier)) =
        draft.given.settings.functions.get(older).and_then(|wanted| settings::function(wanted))
    {
        let kind = ServiceKind::Function {
            function: name.to_owned(),
            qualifier: qualifier.to_owned(),
            service: None,
        };
        return Some(Service { kind, ..service.clone() });
    }
    let (group, rest) = older.split_once('/').unwrap_or_default();
    let qualifier = rest.rsplit_once('@').map_or("LATEST", |(_, qualifier)| qualifier);
    let grouped = format!("{group}${function}");
    let offered = draft.given.observed.functions.iter().find(|one| **one == grouped || *one == function);
    let action = match offered {
        Some(name) => format!(
            "the target offers `{name}`: set `functions: {{ \"{older}\": \"{name}@{qualifier}\" }}` if that is the one, and test it: the newer generation calls its functions otherwise"
        ),
        None => format!(
            "set `functions: {{ \"{older}\": \"<function>@<qualifier>\" }}` to a function of the newer generation, or exclude the routes that use it"
        ),
    };
    let message =
        format!("function {older} is of the older generation, which the target does not take{used_by}");
    draft.find(severity, "SVC-FC2", format!("services/{}", service.name), message, &action);
    None
}

/// What is written about a service of a kind that the target has.
fn carried(draft: &mut Draft<'_>, service: &Service, used_by: &str, unused: bool) -> Option<Wanted> {
    let object = format!("services/{}", service.name);
    let severity = |used| if unused { Severity::Warn } else { used };
    let exclude = "move the service to a kind the target knows, or exclude the routes that use it";
    if !policies_carried(draft, service, used_by, unused) {
        return None;
    }
    let source = match &service.source {
        None => None,
        Some(_) if !matches!(service.kind, ServiceKind::Kubernetes { .. } | ServiceKind::Nacos { .. }) => {
            None
        }
        Some(id) => match draft.facts.sources.get(id) {
            Some(key) => Some(key.clone()),
            None => {
                let message = format!("its source is not carried over{used_by}");
                draft.find(severity(Severity::Block), "SRC-UNSUPPORTED", object, message, exclude);
                return None;
            }
        },
    };
    let body = convert::service::body(service, &draft.given.target.gateway, source.as_deref())?;
    let policies: Vec<_> = convert::policy::of_service(service)
        .into_iter()
        .map(|(class, config)| (class, draft.dialect.speak(class, config)))
        .collect();
    draft.classes.extend(policies.iter().map(|(class, _)| *class));
    Some(Wanted {
        body,
        settings: convert::service::settings(service),
        versions: versions(draft, service),
        policies,
    })
}

/// Whether load balancing and TLS can be carried over; a service that lacks part of them is not made.
fn policies_carried(draft: &mut Draft<'_>, service: &Service, used_by: &str, unused: bool) -> bool {
    let mut whole = true;
    for mut finding in convert::policy::limits(service) {
        if finding.severity == Severity::Block {
            whole = false;
            finding.message.push_str(used_by);
            if unused {
                finding.severity = Severity::Warn;
            }
        }
        draft.findings.push(finding);
    }
    whole
}

/// Versions that select something; the target takes no version without labels.
fn versions(draft: &mut Draft<'_>, service: &Service) -> Vec<Value> {
    for version in service.versions.iter().filter(|version| version.labels.is_empty()) {
        let refers = |route: &&gateshift_gateway_model::Route| {
            route
                .targets()
                .any(|one| one.service == service.id && one.version.as_deref() == Some(version.name.as_str()))
        };
        let severity = if draft.routes.iter().any(refers) { Severity::Block } else { Severity::Warn };
        let object = format!("services/{}/versions/{}", service.name, version.name);
        draft.find(
            severity,
            "SVC-VERSION",
            object,
            "the version has no labels, so it selects nothing",
            "give it labels at the source, or remove it",
        );
    }
    service
        .versions
        .iter()
        .filter(|version| !version.labels.is_empty())
        .map(convert::service::version)
        .collect()
}

fn add_one(
    draft: &mut Draft<'_>,
    service: &Service,
    wanted: Wanted,
    there: &BTreeMap<&str, Vec<&ServiceView>>,
    made: &mut BTreeMap<String, (String, Value)>,
) {
    let object = format!("services/{}", service.name);
    let key = format!("service/{}", service.id);
    let policies: Vec<&Value> = wanted.policies.iter().map(|(_, config)| config).collect();
    let whole = json!([wanted.body, wanted.settings, wanted.versions, policies]);
    if let Some((first, same)) = made.get(&natural(&wanted.body)) {
        if *same == whole {
            draft.facts.services.insert(service.id.clone(), first.clone());
        } else {
            let message = "another service of the same kind, name and place has other settings, and the target holds only one";
            draft.find(
                Severity::Block,
                "SVC-CONFLICT",
                object,
                message,
                "make both equal at the source, or exclude the routes of one",
            );
        }
        return;
    }
    made.insert(natural(&wanted.body), (key.clone(), whole));
    draft.facts.services.insert(service.id.clone(), key.clone());
    let name = wanted.body["serviceConfigs"][0]["name"].as_str().unwrap_or(&service.name).to_owned();
    let view = there.get(name.as_str()).into_iter().flatten().copied();
    let view = view.into_iter().find(|view| convert::service::is(&wanted.body, view));
    let policies: Vec<PolicyView> = view
        .map(|view| draft.policies_on(&view.service_id).iter().map(|one| (*one).clone()).collect())
        .unwrap_or_default();
    match view.map(|view| (view, difference(&wanted, view, &policies))) {
        Some((view, None)) => draft.adopt(&key, "service", &name, wanted.body, &view.service_id),
        Some((_, Some(difference))) => draft.conflict("SVC-CONFLICT", object, &difference),
        None => {
            draft.operate(&key, Verb::Create, "service", &name, wanted.body);
            let settings = json!({PARENT: key, "settings": wanted.settings});
            draft.operate(
                &format!("service-settings/{}", service.id),
                Verb::Update,
                "service-settings",
                &name,
                settings,
            );
            for version in wanted.versions {
                let version_key = format!(
                    "service-version/{}/{}",
                    service.id,
                    version["name"].as_str().unwrap_or_default()
                );
                let body = json!({PARENT: key, "version": version});
                draft.operate(&version_key, Verb::Create, "service-version", &name, body);
            }
            // Services of different kinds may have one name, so their policies' names say the id.
            let prefix = format!("{name}-{}", service.id);
            let owner =
                Owner { key: &service.id, name: &name, prefix: &prefix, operation: &key, kind: ON_SERVICE };
            for (class, config) in wanted.policies {
                attach(draft, &owner, class, config);
            }
        }
    }
}

/// What tells services apart on the target; addresses do not.
fn natural(body: &Value) -> String {
    let mut key = body.clone();
    if let Some(config) = key["serviceConfigs"][0].as_object_mut() {
        config.remove("addresses");
        config.remove("dnsServers");
    }
    key.to_string()
}

fn difference(wanted: &Wanted, view: &ServiceView, policies: &[PolicyView]) -> Option<String> {
    convert::service::difference(&wanted.body, view)
        .or_else(|| convert::service::settings_difference(&wanted.settings, view))
        .or_else(|| {
            wanted.versions.iter().find_map(|version| {
                let name = version["name"].as_str().unwrap_or_default();
                match view.versions.iter().find(|one| one.name == name) {
                    None => Some(format!("version {name} is missing")),
                    Some(found) => convert::service::version_difference(version, found),
                }
            })
        })
        .or_else(|| convert::policy::service_difference(&wanted.policies, &view.service_id, policies))
}

/// Names for a message: the first few, and how many more there are.
pub(super) fn some_of(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    let rest = names.len() - shown.len();
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}
