//! Lists of addresses. They come before everything else that could answer; the two products put the
//! lists of several levels together in different ways.

use std::collections::HashMap;
use std::net::IpAddr;

use gateshift_lab_kernel::policy::{AddressList, Levels, Scope};
use hyper::StatusCode;

use super::address::Network;
use crate::plane::Reply;

/// All lists of a gateway, by where they apply.
#[derive(Debug, Default)]
pub(crate) struct AccessLists {
    levels: Levels,
    peer: Level,
    gateway: Level,
    domains: HashMap<String, Level>,
    routes: HashMap<String, Level>,
}

/// The lists of one place.
#[derive(Debug, Default)]
struct Level {
    black: Vec<Network>,
    /// Absent where there is no white list; one with nothing readable in it lets nobody in.
    white: Option<Vec<Network>>,
    any: bool,
}

impl Level {
    fn add(&mut self, list: &AddressList) {
        self.any = true;
        let networks = list.networks.iter().filter_map(|text| Network::parse(text));
        if list.white {
            self.white.get_or_insert_default().extend(networks);
        } else {
            self.black.extend(networks);
        }
    }

    fn refuses(&self, address: IpAddr) -> bool {
        let on = |networks: &[Network]| networks.iter().any(|network| network.contains(address));
        on(&self.black) || self.white.as_ref().is_some_and(|white| !on(white))
    }
}

impl AccessLists {
    /// Sorts lists by where they apply.
    pub(crate) fn compile(lists: &[AddressList], levels: Levels) -> Self {
        let mut sorted = Self { levels, ..Self::default() };
        for list in lists {
            match &list.scope {
                _ if list.layer4 => sorted.peer.add(list),
                Scope::Gateway => sorted.gateway.add(list),
                Scope::Domains(names) => {
                    for name in names {
                        sorted.domains.entry(name.to_ascii_lowercase()).or_default().add(list);
                    }
                }
                Scope::Routes(names) => {
                    names.iter().for_each(|name| sorted.routes.entry(name.clone()).or_default().add(list));
                }
            }
        }
        sorted
    }

    /// Whether the peer of a connection may speak at all.
    pub(crate) fn admits_peer(&self, peer: IpAddr) -> bool {
        !self.peer.refuses(peer)
    }

    /// Whether a client may have what it asks for, by the domain and the route it asks for.
    pub(crate) fn admits(&self, domain: Option<&str>, route: Option<&str>, client: IpAddr) -> bool {
        let route = route.and_then(|name| self.routes.get(name));
        let domain = domain.and_then(|name| self.domains.get(&name.to_ascii_lowercase()));
        let mut levels = [route, domain, Some(&self.gateway)].into_iter().flatten().filter(|level| level.any);
        match self.levels {
            Levels::MostSpecific => levels.next().is_none_or(|level| !level.refuses(client)),
            Levels::All => levels.all(|level| !level.refuses(client)),
        }
    }
}

/// What a refused request gets.
pub(crate) fn refusal() -> Reply {
    Reply::own(StatusCode::FORBIDDEN, "", "RBAC: access denied")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(scope: Scope, white: bool, networks: &[&str]) -> AddressList {
        let networks = networks.iter().map(|text| (*text).to_owned()).collect();
        AddressList { scope, white, networks, layer4: false }
    }

    fn on_route() -> Scope {
        Scope::Routes(vec!["r".to_owned()])
    }

    fn on_domain() -> Scope {
        Scope::Domains(vec!["A.example.com".to_owned()])
    }

    /// The cases in which a literal copy opens or closes a door, on both products.
    #[test]
    fn levels_go_together_as_each_product_says() {
        let cases = [
            (
                vec![list(Scope::Gateway, false, &["1.2.3.0/24"]), list(on_route(), true, &["1.2.3.4"])],
                [("1.2.3.4", true, false), ("1.2.3.5", false, false), ("9.9.9.9", false, false)],
            ),
            (
                vec![
                    list(Scope::Gateway, true, &["10.0.0.0/8"]),
                    list(on_route(), true, &["192.168.0.0/16"]),
                ],
                [("192.168.0.1", true, false), ("10.0.0.1", false, false), ("9.9.9.9", false, false)],
            ),
            (
                vec![list(Scope::Gateway, true, &["10.0.0.0/8"]), list(on_route(), false, &["10.1.0.0/16"])],
                [("9.9.9.9", true, false), ("10.1.0.1", false, false), ("10.2.0.1", true, true)],
            ),
            (
                vec![list(Scope::Gateway, true, &["10.0.0.0/8"])],
                [("10.2.0.1", true, true), ("9.9.9.9", false, false), ("2001:db8::1", false, false)],
            ),
            (
                vec![
                    list(on_domain(), false, &["2001:db8::/32"]),
                    list(Scope::Gateway, false, &["10.0.0.0/8"]),
                ],
                [("2001:db8::1", false, false), ("10.0.0.1", true, false), ("9.9.9.9", true, true)],
            ),
        ];
        for (lists, wanted) in cases {
            for (client, source, target) in wanted {
                for (levels, passes) in [(Levels::MostSpecific, source), (Levels::All, target)] {
                    let compiled = AccessLists::compile(&lists, levels);
                    let found = compiled.admits(Some("a.example.com"), Some("r"), client.parse().unwrap());
                    assert_eq!(found, passes, "{levels:?} {client} {lists:?}");
                }
            }
        }
    }

    #[test]
    fn layer_four_looks_at_the_peer_alone() {
        let mut one = list(Scope::Gateway, false, &["192.0.2.0/24"]);
        one.layer4 = true;
        let compiled = AccessLists::compile(&[one], Levels::All);
        let address = "192.0.2.9".parse().unwrap();
        assert!(!compiled.admits_peer(address));
        assert!(compiled.admits(None, None, address));
    }

    #[test]
    fn a_white_list_without_a_readable_address_lets_nobody_in() {
        let compiled = AccessLists::compile(&[list(Scope::Gateway, true, &["nonsense"])], Levels::All);
        assert!(!compiled.admits(None, None, "192.0.2.9".parse().unwrap()));
    }

    /// Plain reading of the two rules, on four-bit addresses written out as sets.
    fn oracle(lists: &[(u8, bool, Vec<u8>)], levels: Levels, client: u8) -> bool {
        let passes = |level: u8| {
            let of = |white: bool| lists.iter().filter(move |one| one.0 == level && one.1 == white);
            let black = of(false).any(|one| one.2.contains(&client));
            let white = of(true).count() == 0 || of(true).any(|one| one.2.contains(&client));
            !black && white
        };
        match levels {
            Levels::All => (0..3).all(passes),
            Levels::MostSpecific => {
                let deciding = (0..3).rev().find(|level| lists.iter().any(|one| one.0 == *level));
                deciding.is_none_or(passes)
            }
        }
    }

    proptest! {
        #[test]
        fn decisions_equal_those_of_a_plain_reading(
            lists in proptest::collection::vec(
                (0u8..3, any::<bool>(), proptest::collection::vec(0u8..16, 0..6)), 0..6),
            client in 0u8..16,
            v6 in any::<bool>(),
        ) {
            let written = |one: u8| if v6 { format!("2001:db8::{one:x}") } else { format!("10.0.0.{one}") };
            let real: Vec<AddressList> = lists.iter().map(|(level, white, members)| AddressList {
                scope: [Scope::Gateway, on_domain(), on_route()][usize::from(*level)].clone(),
                white: *white,
                networks: members.iter().map(|one| written(*one)).collect(),
                layer4: false,
            }).collect();
            for levels in [Levels::MostSpecific, Levels::All] {
                let compiled = AccessLists::compile(&real, levels);
                let found = compiled.admits(Some("a.example.com"), Some("r"), written(client).parse().unwrap());
                prop_assert_eq!(found, oracle(&lists, levels, client));
            }
        }
    }
}
