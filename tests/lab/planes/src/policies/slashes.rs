//! Doubled slashes of a path.

use std::borrow::Cow;

/// The path with every run of slashes as one.
pub(crate) fn merged(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    for one in path.chars() {
        if one != '/' || !out.ends_with('/') {
            out.push(one);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn runs_of_slashes_become_one() {
        for (path, wanted) in [("/a/b", "/a/b"), ("//a///b//", "/a/b/"), ("/", "/"), ("//", "/")] {
            assert_eq!(super::merged(path), wanted);
        }
    }
}
