//! Names on the target: kept when they are plain already, else a slug with a short hash, so that two
//! names never fall together and the same name always becomes the same.

use gateshift_model::digest_bytes;

/// Longest name.
const LIMIT: usize = 64;

/// A name of lower-case letters, digits and inner dashes, at most 64 long.
#[must_use]
pub fn plain(name: &str) -> String {
    if is_plain(name) {
        return name.to_owned();
    }
    let mut slug = String::new();
    for letter in name.chars().map(|c| c.to_ascii_lowercase()) {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let hash = &digest_bytes(name.as_bytes()).as_str()[..8].to_owned();
    slug.truncate(LIMIT - 9);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { format!("x-{hash}") } else { format!("{slug}-{hash}") }
}

/// Whether a name may stay as it is.
#[must_use]
pub fn is_plain(name: &str) -> bool {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = name.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= LIMIT
        && fits(bytes[0])
        && fits(bytes[bytes.len() - 1])
        && bytes.iter().all(|&c| fits(c) || c == b'-')
}

#[cfg(test)]
mod tests {
    use super::{is_plain, plain};

    #[test]
    fn plain_names_stay_and_others_are_told_apart() {
        assert_eq!(plain("orders-list"), "orders-list");
        for odd in ["Orders List", "orders_list", "订单", "-a", "a-", "", &"x".repeat(200)] {
            let name = plain(odd);
            assert!(is_plain(&name), "{odd} -> {name}");
            assert_eq!(name, plain(odd));
        }
        assert_ne!(plain("Orders_List"), plain("Orders.List"));
    }
}
