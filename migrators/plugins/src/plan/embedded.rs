//! Rules that stand inside a configuration of the gateway's level become attachments of their own, as long
//! as that cannot change which of them decides: inside, the first that fits wins; as attachments, a route's
//! goes before a domain's, and an exact domain's before a wildcard's.

use std::collections::BTreeMap;

use gateshift_gateway_model::Level;
use gateshift_gateway_model::address::covers;
use gateshift_sdk::model::Severity;
use serde_json::Value;

use super::Draft;
use super::attach::{Mount, Mounts, ON_DOMAIN, ON_GATEWAY, ON_ROUTE, mount};
use crate::read::{Piece, Pieces, ReadRule};

/// Attaches the pieces of a configuration.
pub(super) fn attach(
    draft: &mut Draft<'_>,
    mounts: &mut Mounts<'_>,
    rule: &ReadRule<'_>,
    enable: bool,
    pieces: &Result<Pieces, String>,
) {
    let planned = match pieces {
        Err(cause) => Err(cause.clone()),
        Ok(pieces) => split(draft, mounts, rule, pieces),
    };
    match planned {
        Err(cause) => {
            let severity = if enable { Severity::Block } else { Severity::Warn };
            let text = format!(
                "rule {} on {} has rules inside of it that cannot become attachments: {cause}",
                rule.rule.id,
                rule.place()
            );
            draft.find(
                severity,
                "PLG-RULES-EMBEDDED",
                &mounts.read.plugin.name,
                text,
                "move the inner rules to rules of their own at the source, on domains and routes, then assess again",
            );
        }
        Ok(parts) => {
            for (at, (kind, resources, config)) in parts.into_iter().enumerate() {
                let key = if at == 0 { rule.rule.id.clone() } else { format!("{}/{at}", rule.rule.id) };
                mount(draft, mounts, Mount { key, kind, resources, enable, config });
            }
        }
    }
}

type Part = (&'static str, Vec<String>, Value);

/// The parts; the one for the whole gateway comes first and names no resource when nothing stays there.
fn split(
    draft: &Draft<'_>,
    mounts: &Mounts<'_>,
    rule: &ReadRule<'_>,
    pieces: &Pieces,
) -> Result<Vec<Part>, String> {
    if rule.rule.level != Some(Level::Gateway) {
        return Err("they stand below the level of the gateway".to_owned());
    }
    if mounts.read.rules.iter().any(|other| other.rule.level != Some(Level::Gateway)) {
        return Err(
            "the plugin has rules on domains or routes besides, and which of them decides would change"
                .to_owned(),
        );
    }
    let routes = routes(draft, &pieces.rules)?;
    unambiguous(&pieces.rules, &routes)?;
    let mut parts = vec![match &pieces.rest {
        Some(config) => (ON_GATEWAY, vec![draft.given.target.gateway.clone()], config.clone()),
        None => (ON_GATEWAY, Vec::new(), Value::Null),
    }];
    for piece in &pieces.rules {
        let id = |name: &String| {
            if piece.routes {
                routes.get(name.as_str()).map(|route| route.target.to_owned())
            } else {
                draft.given.routes.domains.get(name).cloned()
            }
        };
        let ids: Option<Vec<String>> = piece.names.iter().map(id).collect();
        let ids = ids.ok_or_else(|| {
            format!("{} are not all domains that were carried over", piece.names.join(", "))
        })?;
        parts.push((if piece.routes { ON_ROUTE } else { ON_DOMAIN }, ids, piece.config.clone()));
    }
    Ok(parts)
}

struct Named<'a> {
    target: &'a str,
    domains: &'a [String],
}

/// Routes that the pieces name, by the source's names.
fn routes<'a>(draft: &Draft<'a>, pieces: &'a [Piece]) -> Result<BTreeMap<&'a str, Named<'a>>, String> {
    let (inventory, made) = (draft.given.inventory, draft.given.routes);
    let mut found = BTreeMap::new();
    for name in pieces.iter().filter(|piece| piece.routes).flat_map(|piece| &piece.names) {
        let mut all = inventory.routes.iter().filter(|route| &route.name == name);
        let (Some(route), None) = (all.next(), all.next()) else {
            return Err(format!("`{name}` is not the name of exactly one route"));
        };
        let target =
            made.routes.get(&route.id).ok_or_else(|| format!("route `{name}` was not carried over"))?;
        found.insert(name.as_str(), Named { target: &target.id, domains: &route.domains });
    }
    Ok(found)
}

/// No request may fit two pieces whose order would turn round.
fn unambiguous(pieces: &[Piece], routes: &BTreeMap<&str, Named<'_>>) -> Result<(), String> {
    let flat: Vec<(bool, &str)> = pieces
        .iter()
        .flat_map(|piece| piece.names.iter().map(|name| (piece.routes, name.as_str())))
        .collect();
    for (at, (first_routes, first)) in flat.iter().enumerate() {
        for (second_routes, second) in &flat[at + 1..] {
            let turned = match (first_routes, second_routes) {
                (true, true) => first == second,
                (false, false) => first.eq_ignore_ascii_case(second) || covers(first, second),
                (true, false) => false,
                (false, true) => routes.get(second).is_some_and(|route| {
                    route.domains.iter().any(|domain| covers(first, domain) || covers(domain, first))
                }),
            };
            if turned {
                return Err(format!(
                    "`{first}` comes before `{second}` and decides for both; as attachments the other would"
                ));
            }
        }
    }
    Ok(())
}
