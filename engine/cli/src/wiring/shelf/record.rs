//! What is kept about a migrator that was added: which bytes, who signed them, and what it may do because somebody
//! agreed to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gateshift_model::Digest;
use gateshift_step_api::{ActionUse, Manifest};
use serde::{Deserialize, Serialize};

/// A migrator that was added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its name, under which `uses:` finds it.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// SHA-256 of its file.
    pub(crate) digest: Digest,
    /// Bytes of its file.
    pub(crate) size: u64,
    /// The file it was added from.
    pub(crate) file: PathBuf,
    /// The trusted key that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<String>,
    /// What it may do.
    pub(crate) rights: Rights,
    /// Who added it, and agreed to that.
    pub(crate) agreed: String,
}

/// What a migrator may ask for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rights {
    /// Actions by kind of connection.
    pub(crate) actions: BTreeMap<String, BTreeMap<String, ActionUse>>,
    /// Requests to gateways.
    #[serde(default)]
    pub(crate) http: bool,
    /// Questions to name servers.
    #[serde(default)]
    pub(crate) dns: bool,
}

impl Rights {
    /// What a manifest declares.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let mut actions: BTreeMap<String, BTreeMap<String, ActionUse>> = BTreeMap::new();
        for connection in manifest.connections.values() {
            for kind in &connection.kinds {
                actions.entry(kind.clone()).or_default().extend(connection.actions.clone());
            }
        }
        Self { actions, http: manifest.probes.http, dns: manifest.probes.dns }
    }

    /// What these have and others have not, in words.
    pub(crate) fn beyond(&self, others: &Self) -> Vec<String> {
        let mut more = BTreeSet::new();
        for (kind, actions) in &self.actions {
            let known = others.actions.get(kind);
            for (action, used) in actions {
                let had = known.and_then(|known| known.get(action));
                // Whoever may change something may also look at it.
                if had != Some(used) && had != Some(&ActionUse::Write) {
                    more.insert(format!("{} {action} on {kind}", word(*used)));
                }
            }
        }
        let mut more: Vec<String> = more.into_iter().collect();
        if self.http && !others.http {
            more.push("send HTTP requests to gateways".to_owned());
        }
        if self.dns && !others.dns {
            more.push("ask name servers".to_owned());
        }
        more
    }
}

fn word(used: ActionUse) -> &'static str {
    match used {
        ActionUse::Read => "read with",
        ActionUse::Write => "change with",
    }
}

#[cfg(test)]
mod tests {
    use gateshift_step_api::ActionUse;

    use super::Rights;

    fn rights(reads: &[&str], writes: &[&str]) -> Rights {
        let one =
            |names: &[&str], used| names.iter().map(|name| ((*name).to_owned(), used)).collect::<Vec<_>>();
        let actions = [one(reads, ActionUse::Read), one(writes, ActionUse::Write)].concat();
        Rights { actions: [("k".to_owned(), actions.into_iter().collect())].into(), ..Rights::default() }
    }

    #[test]
    fn only_more_is_more() {
        let old = rights(&["Get", "List"], &["Set"]);
        assert!(rights(&["Get"], &[]).beyond(&old).is_empty());
        assert!(rights(&["Get", "Set"], &[]).beyond(&old).is_empty());
        assert_eq!(rights(&[], &["Get"]).beyond(&old), ["change with Get on k"]);
        assert_eq!(rights(&["Peek"], &[]).beyond(&old), ["read with Peek on k"]);
        assert_eq!(old.beyond(&Rights::default()).len(), 3);
        let probes = Rights { http: true, dns: true, ..old.clone() };
        assert_eq!(probes.beyond(&old).len(), 2);
    }
}
