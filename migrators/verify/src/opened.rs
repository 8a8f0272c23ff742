//! What planning has to know of sealed texts: how plugins are configured, who their callers are, and
//! which key sets hold a shared key. It lives in memory only; credentials leave it sealed again.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateshift_gateway_model::{AuthScheme, Inventory, Level};
use gateshift_sdk::api::Host;
use gateshift_sdk::model::{Sealed, StepError};
use serde_json::Value;

use crate::secret::{Recipe, shared_key};

/// Plugins that ask who is calling, with consumers of their own.
pub(crate) const AUTH_PLUGINS: [&str; 4] = ["key-auth", "basic-auth", "hmac-auth", "jwt-auth"];

/// A caller that a plugin knows.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Name.
    pub(crate) name: String,
    /// Its credential stands in the query.
    pub(crate) query: bool,
    /// Header or parameter.
    pub(crate) place: String,
    /// The credential.
    pub(crate) recipe: Recipe,
    /// A credential of the same form that nobody has, as the value of `place`.
    pub(crate) wrong: String,
}

/// Opened texts.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    configs: HashMap<(usize, usize), Value>,
    callers: HashMap<usize, Vec<Caller>>,
    shared: HashSet<Sealed>,
}

impl Opened {
    /// Opens what an inventory holds sealed.
    pub(crate) fn new(host: &dyn Host, inventory: &Inventory) -> Result<Self, StepError> {
        let mut opened = Self::default();
        for consumer in inventory.consumers.iter().filter(|one| one.symmetric) {
            opened.key_set(host, &consumer.jwks)?;
        }
        for auth in &inventory.authentications {
            if let AuthScheme::Jwt { jwks, .. } = &auth.scheme {
                opened.key_set(host, jwks)?;
            }
        }
        for (at, plugin) in inventory.plugins.iter().enumerate().filter(|(_, plugin)| plugin.enabled) {
            for (number, rule) in plugin.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
                // An empty configuration is not worth sealing and may stand as it is.
                let text = match rule.config.cipher() {
                    Some(_) => host.unseal(&rule.config)?,
                    None => rule.config.as_str().to_owned(),
                };
                let Ok(config) = serde_saphyr::from_str::<Value>(&text) else { continue };
                if rule.level == Some(Level::Gateway) && AUTH_PLUGINS.contains(&plugin.name.as_str()) {
                    opened.callers.entry(at).or_default().extend(callers(host, &plugin.name, &config)?);
                }
                opened.configs.insert((at, number), config);
            }
        }
        Ok(opened)
    }

    fn key_set(&mut self, host: &dyn Host, jwks: &Sealed) -> Result<(), StepError> {
        if jwks.cipher().is_some() && shared_key(&host.unseal(jwks)?).is_some() {
            self.shared.insert(jwks.clone());
        }
        Ok(())
    }

    /// Whether tokens can be made with the key set.
    pub(crate) fn can_sign(&self, jwks: &Sealed) -> bool {
        self.shared.contains(jwks)
    }

    /// The configuration of a plugin's rule; `None` when it is no YAML.
    pub(crate) fn config(&self, plugin: usize, rule: usize) -> Option<&Value> {
        self.configs.get(&(plugin, rule))
    }

    /// The callers of a plugin.
    pub(crate) fn callers(&self, plugin: usize) -> &[Caller] {
        self.callers.get(&plugin).map(Vec::as_slice).unwrap_or_default()
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn callers(host: &dyn Host, plugin: &str, config: &Value) -> Result<Vec<Caller>, StepError> {
    let mut found = Vec::new();
    for consumer in config["consumers"].as_array().into_iter().flatten() {
        found.extend(caller(host, plugin, config, consumer)?);
    }
    Ok(found)
}

fn caller(
    host: &dyn Host,
    plugin: &str,
    config: &Value,
    consumer: &Value,
) -> Result<Option<Caller>, StepError> {
    let own = |name: &str| text(&consumer[name]);
    let plain = |credential: String, before: &str| -> Result<Recipe, StepError> {
        Ok(Recipe::Text { before: before.to_owned(), text: host.seal(&credential)? })
    };
    let name = own("name").unwrap_or_default();
    let made = match plugin {
        "key-auth" => {
            let of = |key: &str| if consumer[key].is_null() { &config[key] } else { &consumer[key] };
            let credential = own("credential").or_else(|| consumer["credentials"].get(0).and_then(text));
            let (Some(credential), Some(place)) = (credential, of("keys").get(0).and_then(text)) else {
                return Ok(None);
            };
            let query = of("in_header").as_bool() == Some(false)
                || (of("in_header").is_null() && of("in_query").as_bool() == Some(true));
            let recipe = plain(credential, "")?;
            Caller { name, query, place, recipe, wrong: "gateshift-nobody".to_owned() }
        }
        "basic-auth" => {
            let Some(credential) = own("credential") else { return Ok(None) };
            let recipe = plain(STANDARD.encode(credential), "Basic ")?;
            let wrong = format!("Basic {}", STANDARD.encode("gateshift:nobody"));
            Caller { name, query: false, place: "authorization".to_owned(), recipe, wrong }
        }
        "hmac-auth" => {
            let (Some(key), Some(secret)) = (own("key"), own("secret")) else { return Ok(None) };
            let recipe = Recipe::Signature { key: host.seal(&key)?, secret: host.seal(&secret)? };
            let wrong = "gateshift-nobody".to_owned();
            Caller { name, query: false, place: "x-ca-key".to_owned(), recipe, wrong }
        }
        "jwt-auth" => {
            let Some(jwks) = own("jwks").filter(|jwks| shared_key(jwks).is_some()) else { return Ok(None) };
            let claims: BTreeMap<String, String> =
                own("issuer").map(|issuer| ("iss".to_owned(), issuer)).into_iter().collect();
            let header = consumer["from_headers"].get(0);
            let named = |key: &str| header.and_then(|header| text(&header[key]));
            let place = named("name").unwrap_or_else(|| "authorization".to_owned());
            let usual = if header.is_none() { "Bearer " } else { "" };
            let before = named("value_prefix").unwrap_or_else(|| usual.to_owned());
            let wrong = format!("{before}{}", crate::secret::forged(&claims));
            let recipe = Recipe::Token { before, jwks: host.seal(&jwks)?, claims };
            Caller { name, query: false, place, recipe, wrong }
        }
        _ => return Ok(None),
    };
    Ok(Some(made))
}
