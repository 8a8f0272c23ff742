//! Which routes a step takes, by patterns on their names.

/// Whether a route of this name is taken: it fits one of `include` (all do when there is none) and none
/// of `exclude`. In a pattern `*` is any text and `?` any letter.
#[must_use]
pub fn takes(include: &[String], exclude: &[String], name: &str) -> bool {
    let any = |globs: &[String]| globs.iter().any(|glob| fits(glob, name));
    (include.is_empty() || any(include)) && !any(exclude)
}

/// Whether a text fits a pattern in which `*` is any text and `?` any letter.
#[must_use]
pub fn fits(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(one) if *one == '?' || *one == text[seen] => (at, seen) = (at + 1, seen + 1),
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    (at, seen) = (back + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    glob[at..].iter().all(|one| *one == '*')
}

#[cfg(test)]
mod tests {
    use super::{fits, takes};

    #[test]
    fn patterns() {
        for (glob, text, result) in [
            ("*", "", true),
            ("orders-*", "orders-list", true),
            ("orders-*", "order-list", false),
            ("*-list", "a-list-list", true),
            ("o?d", "old", true),
            ("o?d", "od", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("plain", "plain", true),
            ("plain", "plainer", false),
        ] {
            assert_eq!(fits(glob, text), result, "{glob} {text}");
        }
    }

    #[test]
    fn what_is_left_out_is_not_taken() {
        let globs = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(takes(&[], &[], "any"));
        assert!(takes(&globs("a* b*"), &globs("*-old"), "beta"));
        assert!(!takes(&globs("a* b*"), &globs("*-old"), "beta-old"));
        assert!(!takes(&globs("a* b*"), &[], "gamma"));
    }
}
