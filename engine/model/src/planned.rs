//! Ids of objects that a plan will make and that do not exist yet: marks in previews, never on the wire.

const MARK: &str = "planned:";

/// The mark that stands for the id of what the operation of that key will make.
#[must_use]
pub fn planned_id(key: &str) -> String {
    format!("{MARK}{key}")
}

/// Whether an id is such a mark.
#[must_use]
pub fn is_planned(id: &str) -> bool {
    id.starts_with(MARK)
}

#[cfg(test)]
mod tests {
    use super::{is_planned, planned_id};

    #[test]
    fn a_mark_is_told_from_an_id() {
        assert!(is_planned(&planned_id("gateway")) && !is_planned("gw-1"));
    }
}
