//! What a simulated gateway does beside matching: a small reference written a second time, from the
//! products' documents and not from the code it tests.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gateshift_gateway_model::address::covers;
use gateshift_gateway_model::*;
use gateshift_sdk::model::Sealed;
use hmac::{Hmac, KeyInit, Mac};
use regex::Regex;
use serde_json::{Value, json};
use sha2::Sha256;

/// A request on its way through a gateway.
#[derive(Debug, Clone)]
pub(crate) struct Passing {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Headers for the answer.
    pub(crate) answer: Vec<(String, String)>,
}

/// An answer of the gateway's own.
pub(crate) type Refused = (u16, Value);

impl Passing {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(one, _)| *one == name).map(|(_, value)| value.to_owned()).next()
    }
}

/// The text of a sealed text, as the scripted host seals.
pub(crate) fn open(sealed: &Sealed) -> String {
    let hex = sealed.cipher().unwrap_or_default();
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    String::from_utf8(bytes.collect()).unwrap()
}

/// A text sealed as the scripted host seals.
pub(crate) fn seal(text: &str) -> Sealed {
    Sealed::from_cipher(&text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn holds(network: &str, address: IpAddr) -> bool {
    let (base, length) = network.split_once('/').map_or((network, None), |(a, b)| (a, Some(b)));
    let bits = |address: IpAddr| match address {
        IpAddr::V4(one) => (u128::from(u32::from(one)) << 96, 32),
        IpAddr::V6(one) => (u128::from(one), 128),
    };
    let Ok(base) = base.parse::<IpAddr>() else { return false };
    let ((one, width), (other, others)) = (bits(base), bits(address));
    let length: u32 = length.map_or(width, |text| text.parse().unwrap());
    width == others && (length == 0 || (one ^ other) >> (128 - length) == 0)
}

fn on_domain(names: &[String], host: &str) -> bool {
    names.iter().any(|name| covers(name, host))
}

/// Whether the client's address may ask. `combined`: all levels count, as at the target.
pub(crate) fn may_ask(
    inventory: &Inventory,
    combined: bool,
    route: Option<&Route>,
    passing: &Passing,
    peer: IpAddr,
) -> bool {
    let hops = inventory.parameters.get("XffTrustedNum").and_then(Value::as_u64).unwrap_or(0) as usize;
    let chain: Vec<&str> = passing.header("x-forwarded-for").unwrap_or_default().split(", ").collect();
    let client = (hops > 0 && chain.len() >= hops).then(|| chain[chain.len() - hops].parse().ok()).flatten();
    let address = client.unwrap_or(peer);
    let mut levels: [Vec<&AccessList>; 3] = Default::default();
    for list in inventory.access_lists.iter().filter(|list| list.enabled) {
        match &list.level {
            Level::Routes { ids } if route.is_some_and(|route| ids.contains(&route.id)) => {
                levels[0].push(list)
            }
            Level::Domains { names } if on_domain(names, &passing.host) => levels[1].push(list),
            Level::Gateway => levels[2].push(list),
            _ => {}
        }
    }
    let has = |list: &&AccessList| list.addresses.iter().any(|one| holds(one, address));
    let passes = |lists: &Vec<&AccessList>| {
        let white: Vec<&AccessList> = lists.iter().copied().filter(|list| list.white).collect();
        !lists.iter().any(|list| !list.white && has(list)) && (white.is_empty() || white.iter().any(has))
    };
    if combined {
        levels.iter().all(passes)
    } else {
        levels.iter().find(|lists| !lists.is_empty()).is_none_or(passes)
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// What a good token says.
fn claims(jwks: &str, token: &str) -> Option<Value> {
    let keys: Value = serde_json::from_str(jwks).ok()?;
    let (signed, signature) = token.rsplit_once('.')?;
    let key = URL_SAFE_NO_PAD.decode(keys["keys"][0]["k"].as_str()?).ok()?;
    if URL_SAFE_NO_PAD.encode(hmac(&key, signed)) != signature {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?).ok()
}

fn bearer(passing: &Passing, token: &TokenPlace) -> Option<String> {
    let value = passing.header(if token.name.is_empty() { "authorization" } else { &token.name })?;
    value.strip_prefix(&token.prefix).map(str::to_owned)
}

/// Authentication for the whole gateway.
pub(crate) fn authenticate(inventory: &Inventory, passing: &Passing) -> Option<Refused> {
    for auth in inventory.authentications.iter().filter(|auth| auth.enabled) {
        let listed = auth.resources.iter().any(|one| {
            let (mut path, mut wanted) = (passing.path.clone(), one.path.clone());
            if one.ignore_case {
                (path, wanted) = (path.to_lowercase(), wanted.to_lowercase());
            }
            let fits = match one.kind {
                MatchKind::Exact => path == wanted,
                MatchKind::Prefix => path.starts_with(&wanted),
                MatchKind::Regex => Regex::new(&format!("^(?:{wanted})$")).unwrap().is_match(&path),
            };
            covers(&one.domain, &passing.host) && fits
        });
        if listed == auth.white {
            continue;
        }
        match &auth.scheme {
            AuthScheme::Jwt { issuer, jwks, token, .. } => {
                let good = bearer(passing, token).and_then(|token| claims(&open(jwks), &token));
                if good.is_none_or(|claims| claims["iss"] != json!(issuer)) {
                    return Some((401, json!("Jwt is missing or wrong")));
                }
            }
            _ => return Some((302, Value::Null)),
        }
    }
    None
}

/// Consumers of a route.
pub(crate) fn consume(inventory: &Inventory, route: &Route, passing: &mut Passing) -> Option<Refused> {
    if !inventory.guarded_routes.contains(&route.id) {
        return None;
    }
    let known = inventory.consumers.iter().filter(|one| one.enabled).find(|one| {
        let good = bearer(passing, &one.token).and_then(|token| claims(&open(&one.jwks), &token));
        good.is_some_and(|claims| claims[&one.claim] == json!(one.claim_value))
    });
    let Some(consumer) = known else { return Some((401, json!("no consumer"))) };
    if !consumer.grants.iter().any(|grant| grant.enabled && grant.route == route.id) {
        return Some((403, json!("no grant")));
    }
    passing.headers.push(("x-mse-consumer".to_owned(), consumer.name.clone()));
    None
}

fn rule<'a>(plugin: &'a Plugin, route: Option<&Route>, host: &str) -> Option<&'a PluginRule> {
    let rank = |rule: &PluginRule| match &rule.level {
        Some(Level::Routes { ids }) if route.is_some_and(|route| ids.contains(&route.id)) => Some(0),
        Some(Level::Domains { names }) if names.iter().any(|name| name == host) => Some(1),
        Some(Level::Domains { names }) if on_domain(names, host) => Some(2),
        Some(Level::Gateway) => Some(3),
        _ => None,
    };
    let ranked = plugin.rules.iter().filter(|rule| rule.enabled).filter_map(|rule| Some((rank(rule)?, rule)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, rule)| rule)
}

/// A configuration, read once.
fn yaml(sealed: &Sealed) -> Value {
    static READ: Mutex<BTreeMap<Sealed, Value>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap();
    read.entry(sealed.clone()).or_insert_with(|| serde_saphyr::from_str(&open(sealed)).unwrap()).clone()
}

/// All plugins in their order.
pub(crate) fn plugins(
    inventory: &Inventory,
    route: Option<&Route>,
    passing: &mut Passing,
) -> Option<Refused> {
    let mut sorted: Vec<&Plugin> = inventory.plugins.iter().filter(|one| one.enabled).collect();
    sorted.sort_by_key(|one| (one.stage, -one.priority));
    for plugin in sorted {
        let Some(found) = rule(plugin, route, &passing.host) else { continue };
        let config: Value = yaml(&found.config);
        let top = plugin.rules.iter().find(|one| one.level == Some(Level::Gateway));
        let top: Value = top.map_or(Value::Null, |one| yaml(&one.config));
        if let Some(refused) = plugin_effect(&plugin.name, &config, &top, passing) {
            return Some(refused);
        }
    }
    None
}

fn plugin_effect(name: &str, config: &Value, top: &Value, passing: &mut Passing) -> Option<Refused> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let url = format!("{}?{}", passing.path, passing.query);
    match name {
        "key-auth" | "basic-auth" | "hmac-auth" | "jwt-auth" => return who(name, config, top, passing),
        "request-block" => {
            let blocked = texts(&config["block_urls"]).iter().any(|text| url.contains(text))
                || texts(&config["block_headers"])
                    .iter()
                    .any(|text| passing.headers.iter().any(|(_, value)| value.contains(text)));
            return blocked.then(|| (403, json!("blocked")));
        }
        "custom-response" => {
            return Some((config["status_code"].as_u64().unwrap() as u16, config["body"].clone()));
        }
        "bot-detect" => {
            let agent = passing.header("user-agent").unwrap_or_default();
            let deny = texts(&config["deny"]);
            let bad = agent.contains("Googlebot")
                || deny.iter().any(|one| Regex::new(one).unwrap().is_match(agent));
            return bad.then(|| (403, json!("bot")));
        }
        "hsts" => {
            passing.answer.push(("strict-transport-security".to_owned(), config["max_age"].to_string()))
        }
        "cache-control" => passing.answer.push(("cache-control".to_owned(), config["expires"].to_string())),
        other => panic!("no plugin {other}"),
    }
    None
}

fn who(name: &str, config: &Value, top: &Value, passing: &mut Passing) -> Option<Refused> {
    let allow = config["allow"].as_array()?;
    let signed = |secret: &str| {
        let mut pairs: Vec<&str> = passing.query.split('&').filter(|pair| !pair.is_empty()).collect();
        pairs.sort_unstable();
        let joint = if pairs.is_empty() { "" } else { "?" };
        let text = format!("{}\n\n\n\n\n{}{joint}{}", passing.method, passing.path, pairs.join("&"));
        STANDARD.encode(hmac(secret.as_bytes(), &text))
    };
    let knows = |one: &&Value| match name {
        "key-auth" => {
            let place = top["keys"][0].as_str().unwrap();
            let value = match top["in_query"].as_bool() {
                Some(true) => passing.parameter(place),
                _ => passing.header(place).map(str::to_owned),
            };
            value.is_some() && value.as_deref() == one["credential"].as_str()
        }
        "basic-auth" => {
            let value = STANDARD.encode(one["credential"].as_str().unwrap());
            passing.header("authorization") == Some(&format!("Basic {value}"))
        }
        "hmac-auth" => {
            passing.header("x-ca-key") == one["key"].as_str()
                && passing.header("x-ca-signature") == Some(&signed(one["secret"].as_str().unwrap()))
        }
        _ => {
            let token = passing.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
            let said = token.and_then(|token| claims(one["jwks"].as_str().unwrap(), token));
            said.is_some_and(|said| said["iss"] == one["issuer"])
        }
    };
    let Some(caller) = top["consumers"].as_array().into_iter().flatten().find(knows) else {
        return Some((401, json!("no caller")));
    };
    if !allow.contains(&caller["name"]) {
        return Some((403, json!("caller not allowed")));
    }
    passing.headers.push(("x-mse-consumer".to_owned(), caller["name"].as_str().unwrap().to_owned()));
    None
}

/// Cross-origin requests: an answer to a preflight, or headers for the answer.
pub(crate) fn cross_origin(cors: &Cors, passing: &mut Passing) -> Option<Refused> {
    let origin = passing.header("origin")?.to_owned();
    if !cors.allow_origins.iter().any(|one| one == "*" || *one == origin) {
        return None;
    }
    let mut add = |name: &str, value: String| passing.answer.push((format!("access-control-{name}"), value));
    add("allow-origin", origin);
    if cors.allow_credentials {
        add("allow-credentials", "true".to_owned());
    }
    add("expose-headers", cors.expose_headers.join(","));
    if passing.method == "OPTIONS" && passing.header("access-control-request-method").is_some() {
        let unit = if cors.unit == "h" { 3600 } else { 1 };
        let more = [
            ("allow-methods", cors.allow_methods.join(",")),
            ("allow-headers", cors.allow_headers.join(",")),
            ("max-age", (cors.max_age * unit).to_string()),
        ];
        passing.answer.extend(more.map(|(name, value)| (format!("access-control-{name}"), value)));
        return Some((200, Value::Null));
    }
    None
}

/// Rewrites and changes of headers.
pub(crate) fn change(route: &Route, passing: &mut Passing) {
    if let Some(rewrite) = &route.policies.rewrite {
        passing.host = rewrite.host.clone().unwrap_or_else(|| passing.host.clone());
        match &rewrite.path {
            Some(PathRewrite::Exact { path }) => passing.path = path.clone(),
            Some(PathRewrite::Prefix { prefix }) => {
                passing.path = format!("{prefix}{}", &passing.path[route.matching.path.value.len()..]);
            }
            Some(PathRewrite::Regex { pattern, substitution }) => {
                let regex = Regex::new(pattern).unwrap();
                if let Some(groups) = regex.captures(&passing.path.clone()) {
                    let mut new = substitution.clone();
                    for (number, group) in groups.iter().enumerate() {
                        new = new.replace(&format!("\\{number}"), group.map_or("", |one| one.as_str()));
                    }
                    passing.path = passing.path.replace(&groups[0], &new);
                }
            }
            None => {}
        }
    }
    for change in &route.policies.headers {
        let headers = match change.direction {
            Direction::Request => &mut passing.headers,
            Direction::Response => &mut passing.answer,
        };
        if change.op != HeaderOp::Add {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&change.name));
        }
        if change.op != HeaderOp::Delete {
            headers.push((change.name.to_ascii_lowercase(), change.value.clone()));
        }
    }
}
