//! Who may ask what at the source: address lists, authentication for the whole gateway, consumers and
//! the plugins that ask for credentials. Says what a request needs to get through, and what the source
//! does with one that lacks it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use gateshift_gateway_model::address::covers;
use gateshift_gateway_model::{
    AuthScheme, Authentication, Consumer, HeaderCondition, Inventory, Level, RequestFacts, TokenPlace,
};
use serde_json::Value;

use crate::book::Condition;
use crate::draft::Draft;
use crate::levels::Levels;
use crate::network::Network;
use crate::opened::{AUTH_PLUGINS, Caller, Opened};
use crate::secret::{Carried, Recipe, Secret};

/// What a proxy that is trusted adds behind the client's address.
const PROXY: &str = "192.0.2.254";
/// Addresses that no list is meant to know, to get past a black list.
const STRANGERS: [&str; 4] = ["198.51.100.77", "203.0.113.77", "100.64.77.77", "2001:db8:77::77"];

/// What a request leaves out, to show that it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    /// Nothing.
    Nothing,
    /// The address.
    Address,
    /// The token of an authentication.
    Authentication(usize),
    /// The consumer.
    Consumer,
    /// The credential of a plugin.
    Plugin(usize),
}

/// What became of the attempt to get a request through.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Admission {
    /// Something asks for an address or a credential.
    pub(crate) guarded: bool,
    /// Why it cannot get through.
    pub(crate) refused: Option<String>,
}

/// Credentials that requests share.
#[derive(Debug, Default)]
pub(crate) struct Vault {
    secrets: Vec<Secret>,
    index: HashMap<Secret, usize>,
}

impl Vault {
    fn keep(&mut self, label: String, recipe: Recipe) -> usize {
        let secret = Secret { label, recipe };
        if let Some(at) = self.index.get(&secret) {
            return *at;
        }
        self.index.insert(secret.clone(), self.secrets.len());
        self.secrets.push(secret);
        self.secrets.len() - 1
    }

    /// All of them.
    pub(crate) fn into_secrets(self) -> Vec<Secret> {
        self.secrets
    }
}

/// An authentication in force, with its resources compiled.
pub(crate) struct Guard<'a> {
    /// As the inventory has it.
    pub(crate) auth: &'a Authentication,
    resources: Vec<(Condition, Vec<Condition>)>,
}

/// The index.
pub(crate) struct Access<'a> {
    /// The inventory.
    pub(crate) inventory: &'a Inventory,
    /// What was opened of it.
    pub(crate) opened: &'a Opened,
    /// Address lists in force, by level.
    pub(crate) lists: Levels,
    /// Networks of every list.
    pub(crate) networks: Vec<Vec<Network>>,
    /// Proxies at the end of `x-forwarded-for` that are trusted.
    pub(crate) hops: usize,
    /// Authentications in force.
    pub(crate) guards: Vec<Guard<'a>>,
    granted: HashMap<&'a str, Vec<usize>>,
    guarded: HashSet<&'a str>,
    /// Rules in force of every plugin, by level.
    pub(crate) rules: Vec<Levels>,
}

impl<'a> Access<'a> {
    /// Indexes an inventory.
    pub(crate) fn new(inventory: &'a Inventory, opened: &'a Opened) -> Self {
        let in_force = inventory.access_lists.iter().enumerate().filter(|(_, list)| list.enabled);
        let networks = inventory.access_lists.iter();
        let mut granted: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, consumer) in inventory.consumers.iter().enumerate().filter(|(_, one)| one.enabled) {
            for grant in consumer.grants.iter().filter(|grant| grant.enabled) {
                granted.entry(grant.route.as_str()).or_default().push(at);
            }
        }
        let rules = inventory.plugins.iter().map(|plugin| {
            let rules = plugin.rules.iter().enumerate();
            Levels::new(rules.filter(|(_, rule)| plugin.enabled && rule.enabled).filter_map(|(at, rule)| {
                let level: Option<&Level> = rule.level.as_ref();
                level.map(|level| (at, level))
            }))
        });
        Self {
            lists: Levels::new(in_force.map(|(at, list)| (at, &list.level))),
            networks: networks
                .map(|list| list.addresses.iter().filter_map(|text| Network::parse(text)).collect())
                .collect(),
            hops: number(inventory.parameters.get("XffTrustedNum")),
            guards: inventory
                .authentications
                .iter()
                .filter(|auth| auth.enabled)
                .map(|auth| Guard { auth, resources: auth.resources.iter().map(compiled).collect() })
                .collect(),
            granted,
            guarded: inventory.guarded_routes.iter().map(String::as_str).collect(),
            rules: rules.collect(),
            inventory,
            opened,
        }
    }

    /// Whether the lists of the most specific level let an address through.
    pub(crate) fn lets_in(&self, route: Option<&str>, host: &str, address: IpAddr) -> bool {
        self.pass(self.lists.nearest(route, host), address)
    }

    /// Whether all of these lists, of one or of several levels, let an address through.
    pub(crate) fn pass(&self, lists: &[usize], address: IpAddr) -> bool {
        let holds = |at: &usize| self.networks[*at].iter().any(|network| network.contains(address));
        let (white, black): (Vec<usize>, Vec<usize>) =
            lists.iter().partition(|at| self.inventory.access_lists[**at].white);
        !black.iter().any(holds) && (white.is_empty() || white.iter().any(holds))
    }

    /// The header by which a request seems to come from an address.
    pub(crate) fn from(&self, address: IpAddr) -> (String, String) {
        let chain: Vec<String> = std::iter::once(address.to_string())
            .chain(std::iter::repeat_n(PROXY.to_owned(), self.hops.saturating_sub(1)))
            .collect();
        ("x-forwarded-for".to_owned(), chain.join(", "))
    }

    /// Whether the route asks for a consumer.
    pub(crate) fn is_guarded(&self, route: &str) -> bool {
        self.guarded.contains(route)
    }

    /// Consumers in force that may use the route.
    pub(crate) fn granted(&self, route: &str) -> &[usize] {
        self.granted.get(route).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rule of a plugin that applies to a request.
    pub(crate) fn rule(&self, plugin: usize, route: Option<&str>, host: &str) -> Option<usize> {
        self.rules[plugin].nearest(route, host).first().copied()
    }

    /// The callers that a plugin lets through; `None` when it does not ask.
    pub(crate) fn callers(&self, plugin: usize, route: Option<&str>, host: &str) -> Option<Vec<&'a Caller>> {
        let rule = self.rule(plugin, route, host)?;
        let config = self.opened.config(plugin, rule)?;
        let all = self.opened.callers(plugin).iter();
        if let Some(allow) = config["allow"].as_array() {
            let is_allowed = |caller: &&Caller| allow.iter().any(|name| name.as_str() == Some(&caller.name));
            return Some(all.filter(is_allowed).collect());
        }
        let asks = config["global_auth"].as_bool().unwrap_or(!self.rules[plugin].has_lower());
        let is_top = self.rules[plugin].on_gateway().contains(&rule);
        (is_top && asks).then(|| all.collect())
    }

    /// Gives a request all that the source asks for, as far as it can be made.
    pub(crate) fn admit(
        &self,
        vault: &mut Vault,
        route: Option<&str>,
        draft: &mut Draft,
        skip: Skip,
    ) -> Admission {
        let mut admission = Admission::default();
        let host = draft.door.host.clone();
        let refused = |admission: &mut Admission, why: String| {
            admission.refused.get_or_insert(why);
        };
        if skip != Skip::Address {
            self.address(route, draft, &mut admission);
        }
        let facts = draft.facts();
        for (at, guard) in self.guards.iter().enumerate() {
            if !guard.asks(&facts) || skip == Skip::Authentication(at) {
                continue;
            }
            admission.guarded = true;
            if let Err(why) = self.token_of(vault, guard.auth, draft) {
                refused(&mut admission, why);
            }
        }
        if let Some(id) = route.filter(|id| self.is_guarded(id) && skip != Skip::Consumer) {
            admission.guarded = true;
            let mut granted = self.granted(id).iter().map(|at| &self.inventory.consumers[*at]);
            match granted.find(|one| self.opened.can_sign(&one.jwks)) {
                Some(consumer) => {
                    let before = draft.extras.carried.len();
                    self.consumer(vault, consumer, draft);
                    if draft.extras.carried.len() == before {
                        refused(&mut admission, "it asks for two tokens in one place".to_owned());
                    }
                }
                None => refused(&mut admission, "no consumer with a shared key may use it".to_owned()),
            }
        }
        for (at, plugin) in self.inventory.plugins.iter().enumerate() {
            if !AUTH_PLUGINS.contains(&plugin.name.as_str()) || skip == Skip::Plugin(at) {
                continue;
            }
            let Some(callers) = self.callers(at, route, &host) else { continue };
            admission.guarded = true;
            match callers.first() {
                Some(caller) => carry_caller(vault, &plugin.name, caller, draft),
                None => refused(
                    &mut admission,
                    format!("no credential can be made that plugin `{}` accepts", plugin.name),
                ),
            }
        }
        admission
    }

    fn address(&self, route: Option<&str>, draft: &mut Draft, admission: &mut Admission) {
        let lists = self.lists.nearest(route, &draft.door.host);
        if lists.is_empty() {
            return;
        }
        admission.guarded = true;
        if self.hops == 0 || draft.headers.iter().any(|(name, _)| name == "x-forwarded-for") {
            return;
        }
        let listed = lists.iter().flat_map(|at| &self.networks[*at]).flat_map(Network::borders);
        let strangers = STRANGERS.iter().filter_map(|text| text.parse().ok());
        match strangers.chain(listed).find(|address| self.pass(lists, *address)) {
            Some(address) => draft.headers.push(self.from(address)),
            None => admission.refused = Some("its lists let no address through that was tried".to_owned()),
        }
    }

    fn token_of(&self, vault: &mut Vault, auth: &Authentication, draft: &mut Draft) -> Result<(), String> {
        let AuthScheme::Jwt { jwks, token, .. } = &auth.scheme else {
            return Err(format!("authentication `{}` needs a login or a service of its own", auth.name));
        };
        if !self.opened.can_sign(jwks) {
            return Err(format!("the keys of authentication `{}` are pairs", auth.name));
        }
        let claims = claims_of(auth);
        let recipe = Recipe::Token { before: before(token), jwks: jwks.clone(), claims };
        carry(vault, draft, format!("token for authentication {}", auth.name), place(token), recipe);
        Ok(())
    }

    /// Adds the token of a consumer, in place of any that stands there.
    pub(crate) fn consumer(&self, vault: &mut Vault, consumer: &Consumer, draft: &mut Draft) {
        let claims = claims_of_consumer(consumer);
        let recipe = Recipe::Token { before: before(&consumer.token), jwks: consumer.jwks.clone(), claims };
        carry(vault, draft, format!("token of consumer {}", consumer.name), place(&consumer.token), recipe);
    }
}

impl Guard<'_> {
    /// Whether it checks a request.
    pub(crate) fn asks(&self, facts: &RequestFacts) -> bool {
        let listed = self.auth.resources.iter().zip(&self.resources).any(|(resource, (path, headers))| {
            let has = |(one, condition): (&HeaderCondition, &Condition)| header_holds(one, condition, facts);
            is_on(&resource.domain, &facts.host)
                && path.fits(&facts.path)
                && resource.headers.iter().zip(headers).all(has)
        });
        listed != self.auth.white
    }
}

/// Whether a resource's domain stands for a host.
pub(crate) fn is_on(domain: &str, host: &str) -> bool {
    domain.is_empty() || covers(domain, host)
}

fn compiled(resource: &gateshift_gateway_model::AuthResource) -> (Condition, Vec<Condition>) {
    let headers = resource.headers.iter().map(|one| {
        let value = format!(".*{}.*", one.value);
        let value = if one.method == "REGREX" { &one.value } else { &value };
        Condition::new(gateshift_gateway_model::MatchKind::Regex, value, false)
    });
    (Condition::new(resource.kind, &resource.path, resource.ignore_case), headers.collect())
}

fn header_holds(one: &HeaderCondition, regex: &Condition, facts: &RequestFacts) -> bool {
    let value = facts.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&one.name));
    let value = value.map(|(_, value)| value.as_str());
    match (one.method.as_str(), value) {
        ("NOT_EXIST" | "NOT_EQUAL" | "EXCLUDE", None) | ("EXIST", Some(_)) => true,
        (_, None) | ("NOT_EXIST", _) => false,
        ("EQUAL", Some(value)) => value == one.value,
        ("NOT_EQUAL", Some(value)) => value != one.value,
        ("PREFIX", Some(value)) => value.starts_with(&one.value),
        ("SUFFIX", Some(value)) => value.ends_with(&one.value),
        ("INCLUDE", Some(value)) => value.contains(&one.value),
        ("EXCLUDE", Some(value)) => !value.contains(&one.value),
        (_, Some(value)) => regex.fits(value),
    }
}

/// What a token for an authentication says.
pub(crate) fn claims_of(auth: &Authentication) -> BTreeMap<String, String> {
    let AuthScheme::Jwt { issuer, subject, .. } = &auth.scheme else { return BTreeMap::new() };
    [("iss", issuer), ("sub", subject)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// What a token of a consumer says.
pub(crate) fn claims_of_consumer(consumer: &Consumer) -> BTreeMap<String, String> {
    BTreeMap::from([(consumer.claim.clone(), consumer.claim_value.clone())])
}

/// Header or parameter of a token, and whether it is a parameter.
pub(crate) fn place(token: &TokenPlace) -> (bool, String) {
    let query = token.position.to_ascii_uppercase().contains("QUERY");
    let usual = if query { "access_token" } else { "authorization" };
    (query, if token.name.is_empty() { usual.to_owned() } else { token.name.clone() })
}

/// What stands before a token.
pub(crate) fn before(token: &TokenPlace) -> String {
    match token.prefix.as_str() {
        "" if token.name.is_empty() => "Bearer ".to_owned(),
        prefix => prefix.to_owned(),
    }
}

fn carry(vault: &mut Vault, draft: &mut Draft, label: String, place: (bool, String), recipe: Recipe) {
    let (query, name) = place;
    // What a request says on purpose stays.
    let is_said = |pairs: &[(String, String)]| pairs.iter().any(|(one, _)| one.eq_ignore_ascii_case(&name));
    if (query && is_said(&draft.queries)) || (!query && is_said(&draft.headers)) {
        return;
    }
    draft.extras.carried.retain(|one| !(one.query == query && one.name.eq_ignore_ascii_case(&name)));
    let secret = vault.keep(label.clone(), recipe);
    draft.extras.carried.push(Carried { query, name, secret, label });
}

/// Adds the credential of a plugin's caller.
pub(crate) fn carry_caller(vault: &mut Vault, plugin: &str, caller: &Caller, draft: &mut Draft) {
    let label = format!("{plugin} credential of {}", caller.name);
    carry(vault, draft, label, (caller.query, caller.place.clone()), caller.recipe.clone());
}

/// A whole number, as number or as text; 0 for anything else.
pub(crate) fn number(value: Option<&Value>) -> usize {
    let text = match value {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    text.parse().unwrap_or(0)
}
