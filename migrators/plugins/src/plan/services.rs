//! Services that configurations name: whether they are services of the target.

use std::collections::BTreeSet;

use gateshift_gateway_model::{Service, ServiceKind};
use gateshift_sdk::model::Severity;
use gateshift_sdk::name;

use super::Draft;
use crate::read::{Read, Said};

/// Reports services that will not be found.
pub(super) fn check(draft: &mut Draft<'_>, read: &Read<'_>, said: &Said) {
    let known = known(draft);
    let lost: Vec<&str> =
        said.services.iter().filter(|name| !known.contains(*name)).map(String::as_str).collect();
    if lost.is_empty() {
        return;
    }
    let text = format!(
        "its configuration names {}, which is no service that was carried over under that name",
        lost.join(", ")
    );
    draft.find(
        Severity::Warn,
        "PLG-SERVICE-REF",
        &read.plugin.name,
        text,
        "make that service on the target under this very name, and test the plugin before traffic moves",
    );
}

/// Names of the services that were carried over, in every spelling.
fn known(draft: &Draft<'_>) -> BTreeSet<String> {
    let made = |service: &&Service| draft.given.routes.services.contains_key(&service.id);
    draft.given.inventory.services.iter().filter(made).flat_map(spellings).collect()
}

fn spellings(service: &Service) -> Vec<String> {
    let name = service.name.to_ascii_lowercase();
    let own = match &service.kind {
        // The name on the target follows the service's name, which has to be plain there.
        ServiceKind::Fixed { .. } if name::is_plain(&service.name) => Some(format!("{name}.static")),
        ServiceKind::Dns { .. } if name::is_plain(&service.name) => Some(format!("{name}.dns")),
        ServiceKind::Kubernetes { namespace } => Some(format!("{name}.{namespace}.svc.cluster.local")),
        ServiceKind::Nacos { namespace, group } => {
            let group = group.replace('_', "-");
            Some(format!("{name}.{group}.{namespace}.nacos"))
        }
        _ => None,
    };
    let registered = match &service.kind {
        ServiceKind::Fixed { .. } | ServiceKind::Dns { .. } => None,
        _ => service.fqdn.clone(),
    };
    own.into_iter().chain(registered).map(|name| name.to_ascii_lowercase()).collect()
}
