//! How lists of several levels go together. At the source the most specific level that has a list decides;
//! at the target all levels count: black lists add up, and an address has to be on every white list.

use std::collections::BTreeMap;

use gateshift_gateway_model::{AccessList, Level};

use crate::sets::Addresses;

/// The lists of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Only these pass; absent where there is no white list.
    pub(crate) white: Option<Addresses>,
    /// These do not pass.
    pub(crate) black: Addresses,
    /// Positions of the lists it is made of.
    pub(crate) lists: Vec<usize>,
}

impl Rule {
    /// Who passes: nobody on a black list, and only those on a white list where there is one.
    pub(crate) fn passes(&self) -> Addresses {
        self.white.clone().unwrap_or_else(Addresses::all).minus(&self.black)
    }

    fn add(&mut self, list: &AccessList, position: usize, addresses: &Addresses) {
        self.lists.push(position);
        if list.white {
            let before = self.white.take().unwrap_or_default();
            self.white = Some(before.union(addresses));
        } else {
            self.black = self.black.union(addresses);
        }
    }
}

/// A place that lists stand at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A route, by id.
    Route(String),
    /// A domain, by name. An exact name and a pattern that covers it are two domains.
    Domain(String),
    /// The gateway.
    Gateway,
}

/// All lists in force, by place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules(pub(crate) BTreeMap<Place, Rule>);

impl Rules {
    /// The lists that are on; the first text that is no address is given back.
    pub(crate) fn of(lists: &[AccessList]) -> Result<Self, String> {
        let mut rules = BTreeMap::<Place, Rule>::new();
        for (position, list) in lists.iter().enumerate().filter(|(_, list)| list.enabled) {
            let addresses = Addresses::parse(&list.addresses)?;
            for place in places(&list.level) {
                rules.entry(place).or_default().add(list, position, &addresses);
            }
        }
        Ok(Self(rules))
    }

    /// Who passes at the source, on a route under a domain.
    pub(crate) fn at_source(&self, route: &str, domain: Option<&str>) -> Addresses {
        self.of_pair(route, domain).next().map_or_else(Addresses::all, |(_, rule)| rule.passes())
    }

    /// The rules that a route under a domain meets, the most specific first.
    pub(crate) fn of_pair<'a>(
        &'a self,
        route: &str,
        domain: Option<&str>,
    ) -> impl Iterator<Item = (Place, &'a Rule)> + use<'a> {
        let places = [
            Some(Place::Route(route.to_owned())),
            domain.map(|name| Place::Domain(name.to_ascii_lowercase())),
            Some(Place::Gateway),
        ];
        places.into_iter().flatten().filter_map(|place| self.0.get(&place).map(|rule| (place, rule)))
    }
}

/// The places of a level.
pub(crate) fn places(level: &Level) -> Vec<Place> {
    match level {
        Level::Gateway => vec![Place::Gateway],
        Level::Domains { names } => {
            names.iter().map(|name| Place::Domain(name.to_ascii_lowercase())).collect()
        }
        Level::Routes { ids } => ids.iter().cloned().map(Place::Route).collect(),
    }
}
