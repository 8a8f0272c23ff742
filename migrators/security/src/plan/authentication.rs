//! Authentication for the whole gateway: made off, then switched on, so that it is whole before it acts.

use gateshift_apig::convert::security::{Guard, ON_GATEWAY, authentication};
use gateshift_gateway_model::{AuthScheme, Authentication};
use gateshift_sdk::model::{Severity, Verb};
use serde_json::json;

use super::draft::{Draft, Wanted};

/// Adds every authentication of the inventory.
pub(crate) fn add(draft: &mut Draft<'_>) {
    for one in &draft.given.inventory.authentications {
        let object = format!("authentications/{}", one.name);
        if let Some((guard, by_hand)) = class(draft, one, &object)
            && refers(draft, one, &object)
        {
            make(draft, one, guard, by_hand);
        }
    }
}

/// The class it becomes, and whether a person sets its secret; `None` when it is not made.
fn class(draft: &mut Draft<'_>, one: &Authentication, object: &str) -> Option<(Guard, bool)> {
    let settings = draft.given.settings;
    let oidc = match &one.scheme {
        AuthScheme::Idaas(oidc) if settings.idaas_as_oidc.contains(&one.name) => oidc,
        AuthScheme::Idaas(_) => {
            let severity = if one.enabled { Severity::Block } else { Severity::Warn };
            draft.find(
                severity,
                "AUTH-IDAAS",
                object,
                "it uses the provider's identity service, which the target's authentication does not know",
                "name it in `idaasAsOidc`: the service speaks OpenID Connect, and the same client, endpoints and cookie domain are then written as OIDC; or remove it at the source",
            );
            return None;
        }
        AuthScheme::Oidc(oidc) => oidc,
        other => return Some((authentication::class(other)?, false)),
    };
    let by_hand = settings.secrets_by_hand.contains(&one.name);
    match (&oidc.client_secret, by_hand) {
        (None, false) => {
            draft.find(
                Severity::Decide,
                "AUTH-SECRET-MASKED",
                object,
                "the source does not tell its client secret, so it cannot be carried over",
                "name it in `secretsByHand`: it is made switched off, and a person sets the secret in the target's console and switches it on",
            );
            return None;
        }
        (_, true) => draft.find(
            Severity::Manual,
            "AUTH-SECRET-MASKED",
            object,
            "it is made switched off and without a secret",
            "set the client secret in the target's console, switch the authentication on, then verify again",
        ),
        (Some(_), false) => {}
    }
    if one.enabled {
        draft.find(
            Severity::Warn,
            "AUTH-OIDC-SPLIT",
            object,
            "sessions are kept in cookies that each gateway seals itself: while traffic is split, a login begun on one gateway may end on the other",
            "keep the split short for these domains, or move them in one step",
        );
    }
    Some((Guard::OidcAuth, by_hand))
}

/// Whether everything it refers to is on the target, and can be said there.
fn refers(draft: &mut Draft<'_>, one: &Authentication, object: &str) -> bool {
    let routes = draft.given.routes;
    let missing = one.resources.iter().find(|resource| domain(draft, &resource.domain).is_none());
    let mut causes: Vec<(&str, String)> = Vec::new();
    if let Some(resource) = missing {
        causes.push(("AUTH-REFERENCE", format!("it names domain {}, which is not moved", resource.domain)));
    }
    if let AuthScheme::External(external) = &one.scheme
        && !routes.services.contains_key(&external.service)
    {
        causes.push(("AUTH-REFERENCE", format!("it asks service {}, which is not moved", external.service)));
    }
    if one.resources.iter().any(|resource| !resource.headers.is_empty()) {
        causes.push((
            "POL-DIALECT",
            "it has conditions on headers, and how the target spells these is not known".to_owned(),
        ));
    }
    for (code, message) in &causes {
        draft.find(
            Severity::Block,
            code,
            object,
            message.clone(),
            "move what it refers to as well, or take it out of the authentication at the source",
        );
    }
    causes.is_empty()
}

fn domain(draft: &Draft<'_>, name: &str) -> Option<String> {
    draft
        .given
        .routes
        .domains
        .iter()
        .find(|(one, _)| one.eq_ignore_ascii_case(name))
        .map(|(_, id)| id.clone())
}

fn make(draft: &mut Draft<'_>, one: &Authentication, guard: Guard, by_hand: bool) {
    let mut one = one.clone();
    if let (AuthScheme::Oidc(oidc) | AuthScheme::Idaas(oidc), true) = (&mut one.scheme, by_hand) {
        oidc.client_secret = None;
    }
    let services = &draft.given.routes.services;
    let config = |enable: bool| {
        let service = |id: &str| services.get(id).cloned().unwrap_or_default();
        authentication::config(&one, enable, &|name| domain(draft, name).unwrap_or_default(), &service)
    };
    let on = one.enabled && !by_hand;
    let (off, whole) = (config(false), config(on));
    let key = format!("authentication/{}", one.name);
    let gateway = draft.given.target.gateway.clone();
    let wanted = |config| Wanted {
        key: &key,
        kind: "authentication",
        guard,
        name: &one.name,
        note: "",
        config,
        point: (ON_GATEWAY, &gateway),
    };
    draft.facts.authentications.insert(one.id.clone(), key.clone());
    if by_hand {
        draft.facts.by_hand.push(one.name.clone());
    }
    let final_one = wanted(whole);
    if let Some(view) = draft.there(&final_one) {
        if !draft.conflict(&final_one, view, "AUTH-CONFLICT") {
            let body = draft.body(&final_one);
            draft.operate(&key, Verb::Adopt, ("authentication", &one.name), body, &[]);
        }
        return;
    }
    let body = draft.body(&wanted(off));
    draft.operate(&key, Verb::Attach, ("authentication", &one.name), body, &[]);
    if on {
        let mut body = draft.body(&final_one);
        body["of"] = json!(key);
        draft.operate(&format!("{key}/on"), Verb::Update, ("authentication-on", &one.name), body, &[&key]);
    }
}
