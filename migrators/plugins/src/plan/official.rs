//! Classes of the provider's plugins. The guide's table says what there is, the target's own list what
//! there is really; where they disagree nothing is assumed.

use gateshift_apig::wire::PluginClassView;
use gateshift_gateway_model::Level;
use gateshift_sdk::model::Severity;

use super::{Class, Draft, Reference, touches, weight};
use crate::read::Read;
use crate::table::{LUA, Official, stage_rank, table};

/// Oldest engine at the source and at the target that runs scripts.
const LUA_SOURCE: [u64; 3] = [1, 2, 11];
const LUA_TARGET: [u64; 3] = [2, 0, 0];

/// The class; `None` when there is none to take, which is a finding then.
pub(super) fn class(draft: &mut Draft<'_>, read: &Read<'_>) -> Option<Class> {
    let name = read.plugin.name.as_str();
    let row = table().find(name);
    let live = find(&draft.given.observed.classes, name, row);
    let listed = row.is_some_and(|row| row.supported) || name == LUA;
    let lifted = live.is_some() && draft.given.settings.allow.contains(name);
    if !listed && !lifted {
        unsupported(draft, read, row, live.is_some());
        return None;
    }
    let Some(live) = live else {
        draft.find(
            weight(read),
            "PLG-MISSING",
            name,
            format!(
                "the guide says that the target has it, and the target's own list does not{}",
                touches(read)
            ),
            "look in the target's console under which name it is there, or leave it behind with `exclude`",
        );
        return None;
    };
    if name == LUA {
        lua(draft, read);
    }
    let installed = draft
        .given
        .observed
        .plugins
        .iter()
        .find(|one| one.plugin_class_info.plugin_class_id == live.plugin_class_id)
        .map(|one| &one.plugin_class_info);
    let order = match installed {
        Some(info) => stage_rank(&info.execute_stage).zip(info.priority()),
        None => row.and_then(|row| row.stage.as_deref().and_then(stage_rank).zip(row.priority)),
    };
    let order = order.map(|(stage, priority)| (stage, -priority));
    Some(Class { reference: Reference::Id(live.plugin_class_id.clone()), order })
}

/// By name, then by alias; classes of the operator's own are never taken for the provider's.
fn find<'a>(
    classes: &'a [PluginClassView],
    name: &str,
    row: Option<&Official>,
) -> Option<&'a PluginClassView> {
    let of = |source: &'static str| classes.iter().filter(move |one| one.source == source);
    let all = || of("HigressOfficial").chain(of("HigressCommunity"));
    let alias = row.and_then(|row| row.alias.as_deref());
    all().find(|one| one.name == name).or_else(|| {
        all()
            .find(|one| one.alias == name || alias.is_some_and(|alias| one.alias.eq_ignore_ascii_case(alias)))
    })
}

fn unsupported(draft: &mut Draft<'_>, read: &Read<'_>, row: Option<&Official>, live: bool) {
    let name = read.plugin.name.as_str();
    let what = if row.is_some() {
        "the guide says that the target does not have it"
    } else {
        "the guide does not know it"
    };
    let instead = row.and_then(|row| row.substitute.as_deref()).unwrap_or("none is known");
    let action = if live {
        format!(
            "the target's own list has it all the same: look at it there, then set `allow: [{name}]`; or use instead: {instead}"
        )
    } else {
        format!("use instead: {instead}; then turn it off at the source, or leave it behind with `exclude`")
    };
    draft.find(weight(read), "PLG-UNSUPPORTED", name, format!("{what}{}", touches(read)), &action);
}

fn lua(draft: &mut Draft<'_>, read: &Read<'_>) {
    let source = draft.given.inventory.instance.engine_version.clone();
    let target = draft.given.observed.version.clone();
    let gates = [("source", Some(source), LUA_SOURCE), ("target", target, LUA_TARGET)];
    for (side, version, least) in gates {
        // A gateway that does not exist yet is looked at when it does.
        let Some(version) = version else { continue };
        let needed = least.map(|part| part.to_string()).join(".");
        let (severity, text) = match parse(&version) {
            Some(found) if found >= least => continue,
            Some(_) => {
                (weight(read), format!("the engine of the {side} is {version}, and scripts need {needed}"))
            }
            None => (
                Severity::Warn,
                format!("the engine of the {side} is `{version}`, which cannot be compared with {needed}"),
            ),
        };
        draft.find(
            severity,
            "PLG-LUA-VERSION",
            &read.plugin.name,
            text,
            "upgrade that gateway, then plan anew",
        );
    }
    for rule in &read.rules {
        if let Some(Level::Domains { names }) = &rule.rule.level
            && names.iter().any(|name| name.contains('*'))
        {
            let text = format!("scripts cannot stand on domains with `*`: {}", names.join(", "));
            draft.find(
                weight(read),
                "PLG-LEVEL",
                &read.plugin.name,
                text,
                "put the script on the routes instead",
            );
        }
    }
}

/// The first three numbers of a version.
fn parse(version: &str) -> Option<[u64; 3]> {
    let plain = version.trim().trim_start_matches(['v', 'V']);
    let mut parts = plain.split(['.', '-', '_', '+']);
    Some([parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?])
}
