//! Settings of a step: the API's name and which routes are taken.

use gateshift_gateway_model::Route;
use gateshift_sdk::model::{Finding, Severity};
use gateshift_sdk::name;
use serde::Deserialize;
use serde_json::Value;

/// Settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Name of the HTTP API.
    pub(crate) api: Option<String>,
    /// Routes to take, by name.
    pub(crate) include: Vec<String>,
    /// Routes to leave out, by name.
    pub(crate) exclude: Vec<String>,
}

impl Settings {
    /// Whether a route is taken.
    pub(crate) fn takes(&self, route: &Route) -> bool {
        let any = |globs: &[String]| globs.iter().any(|glob| fits(glob, &route.name));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }

    /// Only a part of the gateway is taken; then only what that part needs is made.
    pub(crate) fn selects(&self) -> bool {
        !self.include.is_empty() || !self.exclude.is_empty()
    }

    /// Patterns that fit no route: most likely misspelt.
    pub(crate) fn idle<'a>(&'a self, routes: &'a [Route]) -> impl Iterator<Item = &'a str> {
        let all = self.include.iter().chain(&self.exclude);
        all.filter(|glob| !routes.iter().any(|route| fits(glob, &route.name))).map(String::as_str)
    }
}

/// Findings about settings beyond the schema.
pub(crate) fn check(settings: &Value) -> Vec<Finding> {
    match serde_json::from_value::<Settings>(settings.clone()) {
        Err(error) => vec![Finding::new(Severity::Block, "GS-SETTINGS", "settings", error.to_string())],
        Ok(settings) => settings
            .api
            .iter()
            .filter(|api| !name::is_plain(api))
            .map(|api| {
                Finding::new(
                    Severity::Block,
                    "GS-SETTINGS",
                    "settings/api",
                    format!("`{api}` is no name the target takes"),
                )
                .with_action("use lower-case letters, digits and inner hyphens, at most 64")
            })
            .collect(),
    }
}

/// Whether a text fits a pattern in which `*` is any text and `?` any letter.
fn fits(glob: &str, text: &str) -> bool {
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
    use serde_json::json;

    use super::{check, fits};

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
    fn settings_are_checked() {
        assert!(check(&json!({"api": "shop", "include": ["a*"]})).is_empty());
        assert_eq!(check(&json!({"api": "Shop One"})).len(), 1);
        assert_eq!(check(&json!({"apo": "shop"})).len(), 1);
    }
}
