//! Whether the gateway may hold what the whole move brings: this step's own objects, and those that later
//! steps make, by the count of the source.

use std::collections::BTreeMap;

use gateshift_apig::wire::QuotaView;
use gateshift_sdk::model::{Finding, Severity, Verb};

use super::draft::Draft;
use crate::observe::Quotas;

/// Kinds whose quotas are understood, in the words that a key is expected to hold.
const KINDS: [&str; 7] = ["source", "service", "route", "domain", "consumer", "plugin", "policy"];
/// Share of a quota, in percent, from which it is worth a word.
const NEARLY: i64 = 90;

/// Adds what does not fit, hardly fits, or cannot be told.
pub(super) fn add(draft: &mut Draft<'_>) {
    let found = match &draft.given.observed.quotas {
        Quotas::NotYet => Vec::new(),
        Quotas::Silent(cause) => {
            vec![finding(
                Severity::Warn,
                "instance/quota",
                format!("whether the gateway may hold all of it could not be asked: {cause}"),
            )]
        }
        Quotas::Told(quotas) => judge(quotas, &wanted(draft)),
    };
    draft.findings.extend(found);
}

/// How many objects of each kind come.
fn wanted(draft: &Draft<'_>) -> BTreeMap<&'static str, i64> {
    let mut wanted: BTreeMap<&'static str, i64> = BTreeMap::new();
    for operation in draft.operations.iter().filter(|one| matches!(one.verb, Verb::Create | Verb::Attach)) {
        if let Some(kind) = KINDS.iter().find(|kind| operation.object.kind == **kind) {
            *wanted.entry(kind).or_default() += 1;
        }
    }
    let inventory = draft.given.inventory;
    let plugins = inventory.plugins.iter().filter(|plugin| plugin.enabled && !plugin.rules.is_empty());
    wanted.insert("plugin", i64::try_from(plugins.count()).unwrap_or(i64::MAX));
    wanted.insert("consumer", i64::try_from(inventory.consumers.len()).unwrap_or(i64::MAX));
    wanted
}

fn judge(quotas: &[QuotaView], wanted: &BTreeMap<&str, i64>) -> Vec<Finding> {
    let mut found = Vec::new();
    for quota in quotas.iter().filter(|one| one.applicable != Some(false)) {
        let key = &quota.quota_key;
        let (Some(limit), Some(used)) = (quota.limit.filter(|limit| *limit > 0), quota.used) else {
            continue;
        };
        let kind = kind(key);
        let more = kind.and_then(|kind| wanted.get(kind)).copied().unwrap_or(0);
        let then = used.saturating_add(more);
        let object = format!("instance/quota/{key}");
        let share = i128::from(then) * 100 / i128::from(limit);
        if then > limit && more > 0 {
            found.push(finding(
                Severity::Block,
                &object,
                format!("the gateway holds {used} of {limit} `{key}`, and {more} more are to come"),
            ));
        } else if share >= i128::from(NEARLY) {
            let understood =
                if kind.is_some() { "" } else { "; which objects of the plan it counts is not known" };
            found.push(finding(
                Severity::Warn,
                &object,
                format!("the gateway will hold {then} of {limit} `{key}`{understood}"),
            ));
        }
    }
    found
}

fn finding(severity: Severity, object: &str, message: String) -> Finding {
    Finding::new(severity, "CAP-QUOTA", object, message)
        .with_action("ask the provider for a larger quota, or split the source with `include` and `exclude`")
}

/// The one kind that a key names. Keys are not published, so one that could mean two means none.
fn kind(key: &str) -> Option<&'static str> {
    let key = key.to_ascii_lowercase();
    // A policy or a plugin of something counts policies or plugins.
    if let Some(kind) = ["policy", "policies", "plugin"].iter().find(|kind| key.contains(*kind)) {
        return Some(if kind.starts_with("pol") { "policy" } else { "plugin" });
    }
    let mut named = KINDS.into_iter().filter(|kind| key.contains(kind));
    match (named.next(), named.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gateshift_apig::wire::QuotaView;
    use gateshift_sdk::model::Severity;

    use super::{judge, kind};

    fn quota(key: &str, used: i64, limit: i64) -> QuotaView {
        QuotaView { quota_key: key.to_owned(), limit: Some(limit), used: Some(used), applicable: Some(true) }
    }

    #[test]
    fn a_key_names_one_kind_or_none() {
        for (key, expected) in [
            ("route", Some("route")),
            ("HttpApiRouteCount", Some("route")),
            ("gateway.max_services", Some("service")),
            ("RoutePolicyPerGateway", Some("policy")),
            ("plugin-attachments", Some("plugin")),
            ("serviceSource", None),
            ("bandwidth", None),
        ] {
            assert_eq!(kind(key), expected, "{key}");
        }
    }

    #[test]
    fn what_does_not_fit_blocks_and_what_hardly_fits_warns() {
        let wanted = BTreeMap::from([("route", 10), ("service", 0)]);
        let said = |quota: QuotaView| judge(&[quota], &wanted).first().map(|one| one.severity);
        assert_eq!(said(quota("route", 0, 100)), None);
        assert_eq!(said(quota("route", 80, 100)), Some(Severity::Warn));
        assert_eq!(said(quota("route", 90, 100)), Some(Severity::Warn));
        assert_eq!(said(quota("route", 91, 100)), Some(Severity::Block));
        assert_eq!(said(quota("service", 101, 100)), Some(Severity::Warn), "nothing more comes");
        assert_eq!(said(quota("connections", 99, 100)), Some(Severity::Warn));
        assert_eq!(said(quota("route", 91, 0)), None, "no limit");
        assert_eq!(said(quota("route", i64::MAX, i64::MAX)), Some(Severity::Warn));
        assert_eq!(said(QuotaView { applicable: Some(false), ..quota("route", 91, 100) }), None);
    }
}
