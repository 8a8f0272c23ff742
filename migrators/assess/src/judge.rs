//! The verdict on an inventory, by the support tables and by what this version carries over. Pure.
//! Nothing that is in use is dropped in silence: it is supported, or it is a finding.

use std::collections::BTreeMap;

use gateshift_apig::convert::policy::limits;
use gateshift_gateway_model::{
    Inventory, ManagedBy, NetworkKind, PublishState, Route, ServiceKind, SourceKind,
};
use gateshift_sdk::model::{Finding, Severity};
use serde_json::Value;

use crate::Compat;

/// What to do with routes that were edited at the source and not published again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// They block.
    Block,
    /// The operator accepts that the edited content is what is migrated.
    Accept,
}

/// Every finding about the inventory. `status` is the gateway's status number.
#[must_use]
pub fn judge(inventory: &Inventory, status: i64, compat: &Compat, edited: Edited) -> Vec<Finding> {
    let mut findings = Vec::new();
    gateway(inventory, status, &mut findings);
    backends(inventory, compat, &mut findings);
    routes(&inventory.routes, edited, &mut findings);
    domains(inventory, &mut findings);
    service_policies(inventory, &mut findings);
    not_carried(inventory, &mut findings);
    parameters(inventory, compat, &mut findings);
    findings
}

fn gateway(inventory: &Inventory, status: i64, findings: &mut Vec<Finding>) {
    let object = "instance";
    match status {
        2 => {}
        9 => findings.push(Finding::new(
            Severity::Warn,
            "SRC-SUSPENDED",
            object,
            "the source is suspended and waits for release",
        )),
        other => findings.push(
            Finding::new(
                Severity::Block,
                "SRC-NOT-RUNNING",
                object,
                format!("the source is not running (status {other})"),
            )
            .with_action("wait until it is running, then assess again"),
        ),
    }
    for entry in &inventory.instance.entries {
        let odd = |ports: &[u16], usual: u16| ports.iter().any(|port| *port != usual);
        if odd(&entry.http_ports, 80) || odd(&entry.https_ports, 443) {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "NET-PORT",
                    object,
                    format!(
                        "an entry listens on ports {:?} and {:?}; the target listens on 80 and 443 only",
                        entry.http_ports, entry.https_ports
                    ),
                )
                .with_action("move the clients to 80 and 443 at the source first, or remove the listener"),
            );
        }
        if !entry.ipv6.is_empty() {
            findings.push(Finding::new(
                Severity::Warn,
                "NET-IPV6",
                object,
                "an entry has IPv6 addresses; the target's are only known after it is made",
            ));
        }
    }
    let public = inventory.instance.entries.iter().any(|entry| entry.network == NetworkKind::Public);
    findings.push(
        Finding::new(
            Severity::Warn,
            "NET-IP-CHANGE",
            object,
            format!("the target gets new {} addresses: allow-lists of partners and origins of CDNs that hold the old ones must learn them", if public { "public" } else { "private" }),
        )
        .with_action("the addresses are in the output of the instance step; hand them out before traffic moves"),
    );
}

/// Sources and services whose kind the target does not take, with the routes that would be lost.
fn backends(inventory: &Inventory, compat: &Compat, findings: &mut Vec<Finding>) {
    for source in &inventory.sources {
        let object = format!("sources/{}", source.name);
        if !source.usable {
            findings.push(Finding::new(
                Severity::Warn,
                "SRC-UNBOUND",
                &object,
                "the source is invalid or not bound to the gateway, and is left out",
            ));
        }
        if source.ingress {
            findings.push(
                Finding::new(Severity::Block, "RTE-INGRESS", &object, "its Ingress objects configure the gateway; this version carries over only what console and API made")
                    .with_action("migrate Ingress-managed configuration in the cluster, or turn Ingress watching off for this source"),
            );
        }
        if let SourceKind::Other(token) = &source.kind {
            let verdict = compat.source(token);
            let dropped = verdict.as_ref().is_some_and(|verdict| verdict.dropped);
            let severity = if dropped { Severity::Info } else { Severity::Warn };
            let name = verdict.map_or_else(|| token.clone(), |verdict| verdict.name);
            findings.push(Finding::new(
                severity,
                "SRC-UNSUPPORTED",
                &object,
                format!(
                    "the target has no source of kind {name}; services that need it are reported one by one"
                ),
            ));
        }
    }
    let users = users(inventory);
    for service in &inventory.services {
        let object = format!("services/{}", service.name);
        let used_by = users.get(service.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        match &service.kind {
            ServiceKind::Other { name: token } => {
                let verdict = compat.service(token);
                if verdict.as_ref().is_some_and(|verdict| verdict.supported) {
                    findings.push(
                        Finding::new(Severity::Block, "FTR-NOT-CARRIED", &object, format!("services of kind {token} exist on the target, but this version does not carry them over{}", routes_text(used_by)))
                            .with_action("exclude the routes that use it, or wait for a version that does"),
                    );
                    continue;
                }
                let (name, substitute) = verdict.map_or((token.clone(), None), |verdict| (verdict.name, verdict.substitute));
                let severity = if used_by.is_empty() { Severity::Warn } else { Severity::Block };
                let instead = substitute.unwrap_or_else(|| "a service kind the target has".to_owned());
                findings.push(
                    Finding::new(severity, "SRC-UNSUPPORTED", &object, format!("the target has no service of kind {name}{}", routes_text(used_by)))
                        .with_action(format!("use {instead} for it, or exclude these routes")),
                );
            }
            ServiceKind::Function { service: Some(older), function, qualifier } => findings.push(
                Finding::new(Severity::Decide, "SVC-FC2", &object, format!("function {older}/{function}@{qualifier} belongs to the older generation, which the target does not take{}", routes_text(used_by)))
                    .with_action("move it to the newer generation and name `service/function@version -> function@qualifier`"),
            ),
            _ => {}
        }
    }
}

/// Load balancing and TLS of services, as far as they are not carried over: a service that cannot be
/// made as it is stops the migration only when live routes use it.
fn service_policies(inventory: &Inventory, findings: &mut Vec<Finding>) {
    let users = users(inventory);
    for service in &inventory.services {
        let used_by = users.get(service.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        for mut finding in limits(service) {
            if finding.severity == Severity::Block {
                finding.message.push_str(&routes_text(used_by));
                if used_by.is_empty() {
                    finding.severity = Severity::Warn;
                }
            }
            findings.push(finding);
        }
    }
}

/// Names of the live routes that use each service.
fn users(inventory: &Inventory) -> BTreeMap<&str, Vec<&str>> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in inventory.routes.iter().filter(|route| route.state != PublishState::Unavailable) {
        for target in route.targets() {
            let names = users.entry(target.service.as_str()).or_default();
            if names.last() != Some(&route.name.as_str()) {
                names.push(&route.name);
            }
        }
    }
    users
}

fn routes_text(names: &[&str]) -> String {
    match names {
        [] => "; no route uses it".to_owned(),
        names if names.len() <= 8 => format!("; used by {}", names.join(", ")),
        names => format!("; used by {} and {} more", names[..8].join(", "), names.len() - 8),
    }
}

fn routes(routes: &[Route], edited: Edited, findings: &mut Vec<Finding>) {
    for route in routes {
        let object = format!("routes/{}", route.name);
        match route.state {
            PublishState::Edited => {
                let (severity, consequence) = match edited {
                    Edited::Block => (Severity::Block, "nobody can say which of the two is meant"),
                    Edited::Accept => (
                        Severity::Warn,
                        "as accepted, the edited one is carried over; its answers cannot be compared",
                    ),
                };
                findings.push(
                    Finding::new(severity, "RTE-EDITING", &object, format!("it was edited and not published again: what is stored is not what serves traffic, and {consequence}"))
                        .with_action("publish it or revert it at the source, or set `allowEdited: true`"),
                );
            }
            PublishState::Changing => findings.push(
                Finding::new(
                    Severity::Block,
                    "RTE-CHANGING",
                    &object,
                    "it is being published or taken offline right now",
                )
                .with_action("assess again in a minute"),
            ),
            PublishState::Unavailable => findings.push(Finding::new(
                Severity::Warn,
                "RTE-OFFLINE",
                &object,
                "it is unavailable at the source; it is made on the target and not deployed",
            )),
            PublishState::Published | PublishState::Unpublished => {}
        }
        if route.managed_by == ManagedBy::Ingress {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "RTE-INGRESS",
                    &object,
                    "an Ingress controller owns it; a copy would fight with its owner",
                )
                .with_action("migrate it in the cluster, or exclude it"),
            );
        }
        if route.domains.is_empty() {
            findings.push(
                Finding::new(Severity::Block, "RTE-NO-DOMAIN", &object, "it belongs to no domain")
                    .with_action("give it a domain, or exclude it"),
            );
        }
    }
}

fn domains(inventory: &Inventory, findings: &mut Vec<Finding>) {
    for domain in &inventory.domains {
        let object = format!("domains/{}", domain.name);
        if domain.mtls.enabled {
            findings.push(
                Finding::new(Severity::Decide, "DOM-MTLS-CA", &object, "it asks for client certificates; the source does not give away the authority's certificate")
                    .with_action("supply the authority's PEM; this version cannot take it yet, so exclude the domain's routes"),
            );
        }
        if domain.managed_by == ManagedBy::Ingress {
            findings.push(
                Finding::new(Severity::Block, "RTE-INGRESS", &object, "an Ingress controller owns it")
                    .with_action("migrate it in the cluster"),
            );
        }
    }
}

/// What is in use at the source and not carried over by this version.
fn not_carried(inventory: &Inventory, findings: &mut Vec<Finding>) {
    let mut block = |object: String, what: &str| {
        findings.push(
            Finding::new(Severity::Block, "FTR-NOT-CARRIED", object, format!("{what} is in use and this version does not carry it over"))
                .with_action("remove it at the source, exclude the routes it is on, or wait for a version that carries it over"),
        );
    };
    let on = |value: &Value| {
        matches!(value, Value::Bool(true))
            || value == 1
            || value.as_str().is_some_and(|text| matches!(text, "on" | "1" | "true"))
    };
    type Switch = fn(&Value) -> &Value;
    let rules: [(&str, &str, Switch); 2] = [
        ("access-lists", "a black or white list", |item| &item["Status"]),
        ("authentications", "global authentication", |item| &item["Status"]),
    ];
    for (kind, what, status) in rules {
        for item in inventory.others.get(kind).into_iter().flatten().filter(|item| on(status(item))) {
            block(format!("{kind}/{}", label(item)), what);
        }
    }
    for item in inventory.others.get("consumers").into_iter().flatten() {
        block(format!("consumers/{}", label(item)), "a consumer");
    }
    for item in inventory.others.get("plugin-configurations").into_iter().flatten() {
        let enabled = item["GatewayConfigList"]
            .as_array()
            .is_some_and(|list| list.iter().any(|one| on(&one["Enable"])));
        if enabled {
            block(format!("plugins/{}", label(item)), "a plugin");
        }
    }
}

fn parameters(inventory: &Inventory, compat: &Compat, findings: &mut Vec<Finding>) {
    for parameters in inventory.others.get("parameters").into_iter().flatten() {
        for name in compat.unsupported_parameters() {
            let value = &parameters[name];
            let on = value == &Value::Bool(true) || value["Enable"] == Value::Bool(true);
            if on {
                findings.push(
                    Finding::new(
                        Severity::Block,
                        "PAR-UNSUPPORTED",
                        format!("parameters/{name}"),
                        "it is on at the source and has no counterpart on the target",
                    )
                    .with_action("turn it off at the source once you know what depends on it"),
                );
            }
        }
        findings.push(
            Finding::new(Severity::Warn, "PAR-NOT-COMPARED", "parameters", "gateway parameters keep the target's defaults: no step of this version compares or sets them")
                .with_action("compare the parameter pages of both consoles before traffic moves"),
        );
    }
}

fn label(item: &Value) -> String {
    let text = |name: &str| item[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    text("Name").or_else(|| text("RouteName")).unwrap_or_else(|| item["Id"].to_string())
}

#[cfg(test)]
pub(crate) mod tests;
