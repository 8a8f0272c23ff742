//! Attachments of policies, found by policy and by resource without looking at all of them: a gateway
//! of ten thousand routes has tens of thousands.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::policy::Attachment;
use super::table::Table;

/// All attachments of the account.
#[derive(Debug)]
pub(crate) struct Attachments {
    rows: Table<Attachment>,
    by_policy: BTreeMap<String, Vec<String>>,
    by_resource: BTreeMap<String, Vec<String>>,
}

impl Attachments {
    pub(crate) fn new(salt: i64) -> Self {
        Self { rows: Table::new("pr", salt), by_policy: BTreeMap::new(), by_resource: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, one: Attachment) -> String {
        let (policy, resources) = (one.policy_id.clone(), one.resource_ids.clone());
        let id = self.rows.add(one);
        self.enter(&id, &policy, &resources);
        id
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Attachment> {
        self.rows.get(id)
    }

    /// Puts other resources in place of those of an attachment.
    pub(crate) fn replace(&mut self, id: &str, resources: Vec<String>, environment: Option<String>) {
        self.leave(id);
        let Some(one) = self.rows.get_mut(id) else { return };
        one.resource_ids = resources;
        one.environment_id = environment;
        let (policy, resources) = (one.policy_id.clone(), one.resource_ids.clone());
        self.enter(id, &policy, &resources);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Attachment> {
        self.leave(id);
        self.rows.remove(id)
    }

    /// Takes out what a condition names.
    pub(crate) fn remove_where(&mut self, gone: impl Fn(&Attachment) -> bool) {
        let ids: Vec<String> =
            self.rows.iter().filter(|(_, one)| gone(one)).map(|(id, _)| id.to_owned()).collect();
        ids.iter().for_each(|id| {
            self.remove(id);
        });
    }

    /// Takes a resource, or whatever has an id that begins with its id and then `:` or `/`, out of all
    /// attachments, and those out that are left without one: a port of a service is named so.
    pub(crate) fn detach(&mut self, resource: &str) {
        let part_of = |id: &str| {
            id.strip_prefix(resource).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        };
        let from = self.by_resource.range::<str, _>((Bound::Included(resource), Bound::Unbounded));
        let near = from.take_while(|(id, _)| id.starts_with(resource));
        let ids: Vec<String> =
            near.filter(|(id, _)| part_of(id)).flat_map(|(_, ids)| ids.iter().cloned()).collect();
        for id in ids {
            let Some(one) = self.rows.get(&id) else { continue };
            let left: Vec<String> = one.resource_ids.iter().filter(|id| !part_of(id)).cloned().collect();
            let environment = one.environment_id.clone();
            if left.is_empty() {
                self.remove(&id);
            } else {
                self.replace(&id, left, environment);
            }
        }
    }

    /// Ids and attachments, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Attachment)> {
        self.rows.iter()
    }

    /// The attachments of a policy, oldest first.
    pub(crate) fn of_policy<'a>(&'a self, policy: &str) -> impl Iterator<Item = (&'a str, &'a Attachment)> {
        self.known(self.by_policy.get(policy))
    }

    /// The attachments to a resource, oldest first.
    pub(crate) fn of_resource<'a>(
        &'a self,
        resource: &str,
    ) -> impl Iterator<Item = (&'a str, &'a Attachment)> {
        self.known(self.by_resource.get(resource))
    }

    fn known<'a>(&'a self, ids: Option<&'a Vec<String>>) -> impl Iterator<Item = (&'a str, &'a Attachment)> {
        ids.into_iter().flatten().filter_map(|id| Some((id.as_str(), self.rows.get(id)?)))
    }

    fn enter(&mut self, id: &str, policy: &str, resources: &[String]) {
        self.by_policy.entry(policy.to_owned()).or_default().push(id.to_owned());
        for resource in resources {
            self.by_resource.entry(resource.clone()).or_default().push(id.to_owned());
        }
    }

    fn leave(&mut self, id: &str) {
        let Some(one) = self.rows.get(id) else { return };
        let forget = |index: &mut BTreeMap<String, Vec<String>>, key: &str| {
            if let Some(ids) = index.get_mut(key) {
                ids.retain(|known| known != id);
                if ids.is_empty() {
                    index.remove(key);
                }
            }
        };
        forget(&mut self.by_policy, &one.policy_id);
        one.resource_ids.iter().for_each(|resource| forget(&mut self.by_resource, resource));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_out_leaves_the_indexes_right() {
        let mut all = Attachments::new(1);
        let one = |policy: &str, resources: &[&str]| Attachment {
            policy_id: policy.to_owned(),
            kind: "GatewayRoute".to_owned(),
            resource_ids: resources.iter().map(|id| (*id).to_owned()).collect(),
            environment_id: None,
            gateway_id: "gw".to_owned(),
        };
        let first = all.add(one("p1", &["a", "b"]));
        let second = all.add(one("p2", &["b"]));
        let third = all.add(one("p1", &["svc:80"]));
        let of = |all: &Attachments, id: &str| all.of_resource(id).count();
        assert_eq!((of(&all, "a"), of(&all, "b"), all.of_policy("p1").count()), (1, 2, 2));
        all.detach("b");
        assert!(all.get(&second).is_none());
        assert_eq!((of(&all, "a"), of(&all, "b"), all.of_policy("p2").count()), (1, 0, 0));
        all.replace(&first, vec!["c".to_owned()], None);
        assert_eq!((of(&all, "a"), of(&all, "c")), (0, 1));
        all.detach("sv");
        assert!(all.get(&third).is_some(), "part of a name is not the resource");
        all.detach("svc");
        assert!(all.get(&third).is_none());
        all.remove_where(|one| one.gateway_id == "gw");
        assert_eq!((all.iter().count(), of(&all, "c"), all.of_policy("p1").count()), (0, 0, 0));
    }
}
