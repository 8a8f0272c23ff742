//! Changes of headers, in the order in which they are written.

use gateshift_lab_kernel::policy::{HeaderChange, HeaderOp};
use hyper::HeaderMap;

use super::facts::header;

/// Makes the changes of one direction.
pub(crate) fn change(changes: &[HeaderChange], response: bool, headers: &mut HeaderMap) {
    for one in changes.iter().filter(|one| one.response == response) {
        match one.op {
            HeaderOp::Delete => {
                headers.remove(one.name.as_str());
            }
            HeaderOp::Add => {
                if let Some((name, value)) = header(&one.name, &one.value) {
                    headers.append(name, value);
                }
            }
            HeaderOp::Update => {
                if let Some((name, value)) = header(&one.name, &one.value) {
                    headers.insert(name, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::samples::headers;
    use super::*;

    #[test]
    fn changes_happen_in_order_and_on_their_side_only() {
        let one = |response, op, name: &str, value: &str| HeaderChange {
            response,
            op,
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let changes = [
            one(false, HeaderOp::Add, "x-a", "2"),
            one(false, HeaderOp::Update, "X-B", "new"),
            one(false, HeaderOp::Delete, "x-c", ""),
            one(false, HeaderOp::Add, "x-c", "again"),
            one(true, HeaderOp::Delete, "x-a", ""),
            one(false, HeaderOp::Add, "not a name", "1"),
        ];
        let mut sent = headers(&[("x-a", "1"), ("x-b", "old"), ("x-c", "old")]);
        change(&changes, false, &mut sent);
        let values = |name: &str| sent.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(
            (values("x-a"), values("x-b"), values("x-c")),
            (vec!["1", "2"], vec!["new"], vec!["again"])
        );
        change(&changes, true, &mut sent);
        assert!(!sent.contains_key("x-a"));
    }
}
