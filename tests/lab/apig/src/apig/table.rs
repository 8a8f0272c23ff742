//! Objects of one kind in the order of their creation, with ids that look like the product's own.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// All objects of one kind.
#[derive(Debug)]
pub(crate) struct Table<T> {
    prefix: &'static str,
    salt: i64,
    last: u64,
    rows: BTreeMap<u64, (String, T)>,
    by_id: BTreeMap<String, u64>,
}

impl<T> Table<T> {
    /// An empty table; `salt` makes ids differ from one account to the next.
    pub(crate) fn new(prefix: &'static str, salt: i64) -> Self {
        Self { prefix, salt, last: 0, rows: BTreeMap::new(), by_id: BTreeMap::new() }
    }

    /// Adds an object and returns its new id.
    pub(crate) fn add(&mut self, item: T) -> String {
        self.last += 1;
        let id = made_id(self.prefix, self.salt, self.last);
        self.by_id.insert(id.clone(), self.last);
        self.rows.insert(self.last, (id.clone(), item));
        id
    }

    /// The object with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.by_id.get(id)?).map(|(_, item)| item)
    }

    /// The object with this id, to change it.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(self.by_id.get(id)?).map(|(_, item)| item)
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let serial = self.by_id.remove(id)?;
        self.rows.remove(&serial).map(|(_, item)| item)
    }

    /// Keeps only the objects for which `keep` is true.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str, &T) -> bool) {
        self.rows.retain(|_, (id, item)| {
            visit();
            keep(id, item)
        });
        let rows = &self.rows;
        self.by_id.retain(|_, serial| rows.contains_key(serial));
    }

    /// Ids and objects, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.rows.values().inspect(|_| visit()).map(|(id, item)| (id.as_str(), item))
    }

    /// Objects, oldest first, to change them.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.values_mut().inspect(|_| visit()).map(|(_, item)| item)
    }

    /// Running number of creation of an object, from 1.
    pub(crate) fn serial(&self, id: &str) -> u64 {
        self.by_id.get(id).copied().unwrap_or_default()
    }
}

#[cfg(test)]
thread_local! {
    /// Objects that this thread came across on its way through tables.
    pub(crate) static VISITED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts an object that was looked at only because it is in the table: tests bound the work of a call
/// by it.
fn visit() {
    #[cfg(test)]
    VISITED.set(VISITED.get() + 1);
}

/// `<prefix>-<20 hex digits>`, the same for the same arguments.
pub(crate) fn made_id(prefix: &str, salt: i64, serial: u64) -> String {
    let digest = Sha256::digest(format!("{prefix}/{salt}/{serial}").as_bytes());
    format!("{prefix}-{}", &hex::encode(digest)[..20])
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn keeps_creation_order_and_never_reuses_an_id() {
        let mut table = Table::new("x", 7);
        let ids: Vec<String> = (0..50).map(|n| table.add(n)).collect();
        assert_eq!(table.remove(&ids[10]), Some(10));
        assert_eq!(table.remove(&ids[10]), None);
        let again = table.add(50);
        assert!(!ids.contains(&again));
        let listed: Vec<i32> = table.iter().map(|(_, item)| *item).collect();
        assert_eq!(listed, (0..10).chain(11..51).collect::<Vec<_>>());
        table.retain(|_, item| item % 2 == 0);
        assert!(table.get(&ids[1]).is_none() && table.get(&ids[2]).is_some());
    }
}
