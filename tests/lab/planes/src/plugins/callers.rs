//! What the authenticating plugins share: callers are listed for the whole gateway, and the rules of
//! domains and routes name those that may pass.

use hyper::StatusCode;
use serde_json::Value;

use super::Rule;
use super::read::{flag, items, text, texts};
use crate::plane::Reply;
use crate::policies::Onward;
use crate::policies::consumers::NAME;
use crate::policies::global_auth::challenge;

/// Who may pass under a rule.
#[derive(Debug)]
pub(crate) struct Allowed {
    /// Names, where the rule lists any.
    names: Option<Vec<String>>,
    /// The rule asks at all.
    asks: bool,
}

impl Allowed {
    /// A rule of a domain or a route asks and names; the gateway's asks when `global_auth` says so, and
    /// when it says nothing only while no domain and no route has a rule.
    pub(crate) fn read(rule: Rule<'_>) -> Self {
        let everywhere = rule.global.and_then(|global| flag(global, "global_auth"));
        Self {
            names: rule.specific.then(|| texts(rule.config, "allow")),
            asks: rule.specific || everywhere.unwrap_or(!rule.others_specific),
        }
    }

    /// Whether the rule asks for a caller.
    pub(crate) fn asks(&self) -> bool {
        self.asks
    }

    /// Lets a known caller pass, telling the upstream its name, or refuses it.
    pub(crate) fn pass(&self, name: &str, plugin: &str, onward: &mut Onward) -> Option<Reply> {
        if self.names.as_ref().is_none_or(|names| names.iter().any(|one| one == name)) {
            onward.set(NAME, name);
            return None;
        }
        let text = format!("Request denied by {plugin} check. Unauthorized consumer");
        Some(Reply::own(StatusCode::FORBIDDEN, "", text))
    }
}

/// The callers of a plugin: those of the rule itself, else those of the whole gateway.
pub(crate) fn callers<'a>(rule: Rule<'a>) -> Vec<(String, &'a Value)> {
    let own = items(rule.config, "consumers");
    let listed = if own.is_empty() {
        rule.global.map(|global| items(global, "consumers")).unwrap_or_default()
    } else {
        own
    };
    listed.iter().map(|one| (text(one, "name"), one)).collect()
}

/// 401 with a challenge.
pub(crate) fn unknown(scheme: &str, plugin: &str, why: &str) -> Reply {
    let text = format!("Request denied by {plugin} check. {why}");
    let mut reply = Reply::own(StatusCode::UNAUTHORIZED, "", text);
    challenge(&mut reply, &format!("{scheme} realm=MSE Gateway"));
    reply
}
