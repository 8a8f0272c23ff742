//! Sources and services whose kind the target does not take, with the routes that would be lost.

use gateshift_apig::convert::policy::limits;
use gateshift_gateway_model::{ManagedBy, Service, ServiceKind, Source, SourceKind};
use gateshift_sdk::model::{Finding, Severity};

use super::users::{Scope, routes_text, taken, users};
use crate::Compat;

/// Findings about sources and services.
pub(super) fn judge(scope: Scope<'_>, compat: &Compat, findings: &mut Vec<Finding>) {
    for one in &scope.inventory.sources {
        source(scope, one, compat, findings);
    }
    let users = users(scope);
    for one in &scope.inventory.services {
        let used_by = users.get(one.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        service(scope, one, used_by, compat, findings);
    }
}

fn source(scope: Scope<'_>, source: &Source, compat: &Compat, findings: &mut Vec<Finding>) {
    let object = format!("sources/{}", source.name);
    if !source.usable {
        findings.push(
            Finding::new(
                Severity::Warn,
                "SRC-UNBOUND",
                &object,
                "the source is invalid or not bound to the gateway, and is left out",
            )
            .with_action("repair it at the source, or exclude the routes that need its services"),
        );
    }
    if source.ingress && !scope.ahead.takes_ingress() {
        ingress(scope, object.clone(), findings);
    }
    let token = match &source.kind {
        SourceKind::Kubernetes => "K8s",
        SourceKind::Nacos => "MSE",
        SourceKind::Other(token) => token,
    };
    let verdict = compat.source(token);
    if verdict.as_ref().is_some_and(|verdict| verdict.supported) {
        return;
    }
    let dropped = verdict.as_ref().is_some_and(|verdict| verdict.dropped);
    let severity = if dropped { Severity::Info } else { Severity::Warn };
    let name = verdict.as_ref().map_or(token, |verdict| &verdict.name);
    let message =
        format!("the target has no source of kind {name}; services that need it are reported one by one");
    let mut finding = Finding::new(severity, "SRC-UNSUPPORTED", &object, message);
    finding.action =
        verdict.and_then(|verdict| verdict.substitute).map(|other| format!("use {other} instead"));
    findings.push(finding);
}

/// Ingress objects that the target is not to follow: nothing that they configure may be on its way there.
fn ingress(scope: Scope<'_>, object: String, findings: &mut Vec<Finding>) {
    let owned = |route: &&gateshift_gateway_model::Route| route.managed_by == ManagedBy::Ingress;
    let all_left_out =
        scope.inventory.routes.iter().any(|route| owned(&route)) && !taken(scope).any(|route| owned(&route));
    let (severity, what) = if all_left_out {
        (Severity::Warn, "and the routes that it makes are left out, as told")
    } else {
        (Severity::Block, "and a copy would not follow them")
    };
    let message = format!("its Ingress objects configure the gateway, {what}");
    findings.push(Finding::new(severity, "RTE-INGRESS", object, message).with_action(
        "set `ingress: true` in the step `routes` to let the Ingress objects configure the target, too, or turn Ingress watching off for this source",
    ));
}

/// The source product's own word for a kind of service.
fn token(kind: &ServiceKind) -> &str {
    match kind {
        ServiceKind::Kubernetes { .. } => "K8s",
        ServiceKind::Nacos { .. } => "MSE",
        ServiceKind::Fixed { .. } => "VIP",
        ServiceKind::Dns { .. } => "DNS",
        ServiceKind::Function { .. } => "FC",
        ServiceKind::ServerlessKubernetes { .. } => "SAE_K8S_SERVICE",
        ServiceKind::Other { name } => name,
    }
}

fn service(
    scope: Scope<'_>,
    service: &Service,
    used_by: &[&str],
    compat: &Compat,
    findings: &mut Vec<Finding>,
) {
    let object = format!("services/{}", service.name);
    let token = token(&service.kind);
    let verdict = compat.service(token);
    let supported = verdict.as_ref().is_some_and(|verdict| verdict.supported);
    match &service.kind {
        _ if !supported => {
            let (name, substitute) =
                verdict.map_or((token.to_owned(), None), |verdict| (verdict.name, verdict.substitute));
            let severity = if used_by.is_empty() { Severity::Warn } else { Severity::Block };
            let instead = substitute.unwrap_or_else(|| "a service kind the target has".to_owned());
            findings.push(
                Finding::new(severity, "SRC-UNSUPPORTED", &object, format!("the target has no service of kind {name}{}", routes_text(used_by)))
                    .with_action(format!("use {instead} for it, or exclude these routes")),
            );
        }
        ServiceKind::Other { name } => findings.push(
            Finding::new(Severity::Block, "FTR-NOT-CARRIED", &object, format!("services of kind {name} exist on the target, but this version does not carry them over{}", routes_text(used_by)))
                .with_action("exclude the routes that use it, or wait for a version that does"),
        ),
        ServiceKind::Function { service: Some(group), function, qualifier } => {
            let older = format!("{group}/{function}@{qualifier}");
            if scope.ahead.maps_function(&older) {
                return;
            }
            let severity = if used_by.is_empty() { Severity::Warn } else { Severity::Decide };
            let message = format!("function {older} belongs to the older generation, which the target does not take{}", routes_text(used_by));
            findings.push(Finding::new(severity, "SVC-FC2", &object, message).with_action(format!(
                "move it to the newer generation, then set `functions: {{ \"{older}\": \"<function>@<qualifier>\" }}` in the step `routes`"
            )));
        }
        _ => {}
    }
}

/// Load balancing and TLS of services, as far as they are not carried over: a service that cannot be
/// made as it is stops the migration only when live routes use it.
pub(super) fn policies(scope: Scope<'_>, findings: &mut Vec<Finding>) {
    let users = users(scope);
    for service in &scope.inventory.services {
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
