//! Objects that have an owner and an identity, so that nothing that a write asks of all of them (is there
//! one like it, how many are there) is answered by looking at each: a gateway has ten thousand routes.

use std::collections::HashMap;

use super::table::Table;

/// An object that can be entered in a [`Register`]. Neither answer changes while it is in there.
pub(crate) trait Entry {
    /// Whom it counts for.
    fn owner(&self) -> &str;
    /// What no two objects have in common.
    fn identity(&self) -> String;
}

/// All objects of one kind, found by identity and counted by owner.
#[derive(Debug)]
pub(crate) struct Register<T> {
    rows: Table<T>,
    ids: HashMap<String, String>,
    counts: HashMap<String, usize>,
}

impl<T: Entry> Register<T> {
    /// An empty register; the arguments are those of [`Table::new`].
    pub(crate) fn new(prefix: &'static str, salt: i64) -> Self {
        Self { rows: Table::new(prefix, salt), ids: HashMap::new(), counts: HashMap::new() }
    }

    /// Adds an object and returns its new id.
    pub(crate) fn add(&mut self, item: T) -> String {
        let identity = item.identity();
        *self.counts.entry(item.owner().to_owned()).or_default() += 1;
        let id = self.rows.add(item);
        self.ids.insert(identity, id.clone());
        id
    }

    /// The id of the object with the same identity.
    pub(crate) fn like(&self, item: &T) -> Option<&str> {
        self.ids.get(&item.identity()).map(String::as_str)
    }

    /// How many objects an owner has.
    pub(crate) fn count(&self, owner: &str) -> usize {
        self.counts.get(owner).copied().unwrap_or_default()
    }

    /// The object with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id)
    }

    /// The object with this id, to change what is neither owner nor identity.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(id)
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let item = self.rows.remove(id)?;
        self.ids.remove(&item.identity());
        if let Some(count) = self.counts.get_mut(item.owner()) {
            *count -= 1;
        }
        Some(item)
    }

    /// Takes out all that an owner has.
    pub(crate) fn remove_all(&mut self, owner: &str) {
        let gone: Vec<String> =
            self.iter().filter(|(_, item)| item.owner() == owner).map(|(id, _)| id.to_owned()).collect();
        for id in gone {
            self.remove(&id);
        }
    }

    /// Ids and objects, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.rows.iter()
    }

    /// Running number of creation of an object, from 1.
    pub(crate) fn serial(&self, id: &str) -> u64 {
        self.rows.serial(id)
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Register};

    impl Entry for (&'static str, u32) {
        fn owner(&self) -> &str {
            self.0
        }

        fn identity(&self) -> String {
            format!("{}/{}", self.0, self.1)
        }
    }

    #[test]
    fn counts_and_identities_follow_every_change() {
        let mut all = Register::new("x", 7);
        let first = all.add(("a", 1));
        let second = all.add(("a", 2));
        all.add(("b", 1));
        assert_eq!((all.count("a"), all.count("b"), all.count("c")), (2, 1, 0));
        assert_eq!((all.like(&("a", 2)), all.like(&("b", 2))), (Some(second.as_str()), None));
        assert_eq!(all.remove(&first), Some(("a", 1)));
        assert_eq!((all.remove(&first), all.like(&("a", 1)), all.count("a")), (None, None, 1));
        all.remove_all("a");
        assert_eq!((all.count("a"), all.count("b"), all.iter().count()), (0, 1, 1));
    }
}
