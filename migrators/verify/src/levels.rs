//! Things that apply at the gateway, on domains or on routes, found quickly for one request.

use std::collections::HashMap;

use gateshift_gateway_model::Level;

/// Positions of lists or rules, by where they apply.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    gateway: Vec<usize>,
    domains: HashMap<String, Vec<usize>>,
    routes: HashMap<String, Vec<usize>>,
}

impl Levels {
    /// Indexes items by their levels.
    pub(crate) fn new<'a>(items: impl IntoIterator<Item = (usize, &'a Level)>) -> Self {
        let mut levels = Self::default();
        for (at, level) in items {
            match level {
                Level::Gateway => levels.gateway.push(at),
                Level::Domains { names } => {
                    for name in names {
                        levels.domains.entry(name.to_ascii_lowercase()).or_default().push(at);
                    }
                }
                Level::Routes { ids } => {
                    for id in ids {
                        levels.routes.entry(id.clone()).or_default().push(at);
                    }
                }
            }
        }
        levels
    }

    /// Those on a route.
    pub(crate) fn on_route(&self, id: &str) -> &[usize] {
        self.routes.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Those on the domain that fits a host best: its exact name, then the longest wildcard.
    pub(crate) fn on_host(&self, host: &str) -> &[usize] {
        if self.domains.is_empty() {
            return &[];
        }
        if let Some(found) = self.domains.get(host) {
            return found;
        }
        let mut rest = host;
        while let Some((_, parent)) = rest.split_once('.') {
            if let Some(found) = self.domains.get(&format!("*.{parent}")) {
                return found;
            }
            rest = parent;
        }
        self.domains.get("*").map(Vec::as_slice).unwrap_or_default()
    }

    /// Those for the whole gateway.
    pub(crate) fn on_gateway(&self) -> &[usize] {
        &self.gateway
    }

    /// Those of the most specific level that has any.
    pub(crate) fn nearest(&self, route: Option<&str>, host: &str) -> &[usize] {
        let levels = [route.map_or(&[][..], |id| self.on_route(id)), self.on_host(host), self.on_gateway()];
        levels.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Those of all levels that a request passes.
    pub(crate) fn all(&self, route: Option<&str>, host: &str) -> Vec<usize> {
        let on_route = route.map_or(&[][..], |id| self.on_route(id));
        [on_route, self.on_host(host), self.on_gateway()].concat()
    }

    /// Something applies below the gateway.
    pub(crate) fn has_lower(&self) -> bool {
        !self.domains.is_empty() || !self.routes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Levels;
    use gateshift_gateway_model::Level;

    #[test]
    fn the_most_specific_level_comes_first() {
        let names = |name: &str| Level::Domains { names: vec![name.into()] };
        let levels = [
            Level::Gateway,
            names("*.Example.com"),
            names("a.example.com"),
            Level::Routes { ids: vec!["7".into()] },
            names("*"),
        ];
        let index = Levels::new(levels.iter().enumerate());
        assert_eq!(index.nearest(Some("7"), "a.example.com"), [3]);
        assert_eq!(index.nearest(Some("8"), "a.example.com"), [2]);
        assert_eq!(index.nearest(None, "x.y.example.com"), [1]);
        assert_eq!(index.nearest(None, "example.com"), [4]);
        assert_eq!(index.all(Some("7"), "a.example.com"), [3, 2, 0]);
    }
}
