//! Opens the configurations of the plugins' rules, looks at what they say, and closes them again: what
//! leaves this file holds no secret.

use gateshift_gateway_model::{Level, Plugin, PluginRule};
use gateshift_sdk::api::Host;
use gateshift_sdk::model::{SEALED, StepError};
use gateshift_sdk::sealed;
use serde_json::{Value, json};

use crate::split::split;
use crate::yaml::{RULES, parse, services};

/// A plugin with its rules as they were read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read<'a> {
    pub(crate) plugin: &'a Plugin,
    pub(crate) rules: Vec<ReadRule<'a>>,
    /// Address of the binary, opened; for a look at its form only.
    pub(crate) binary: Option<BinaryLook>,
}

/// A rule as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadRule<'a> {
    pub(crate) rule: &'a PluginRule,
    pub(crate) said: Result<Said, String>,
}

/// What a configuration says, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Said {
    /// Keys at its root.
    pub(crate) keys: Vec<String>,
    /// Services it names.
    pub(crate) services: Vec<String>,
    /// Rules inside of it; the error says why they cannot be taken out.
    pub(crate) embedded: Option<Result<Pieces, String>>,
}

/// A configuration taken apart, sealed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pieces {
    /// What stays for the whole gateway.
    pub(crate) rest: Option<Value>,
    /// The rules, in their order.
    pub(crate) rules: Vec<Piece>,
}

/// A rule that was embedded, sealed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) routes: bool,
    pub(crate) names: Vec<String>,
    pub(crate) config: Value,
}

/// What the form of a binary's address tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryLook {
    /// A service elsewhere can fetch it, as far as its form tells.
    Open,
    /// It is signed for a while that is over, or nearly.
    Expired,
    /// It is no address of the web.
    NoAddress,
}

/// A signature has to hold as long as it takes to fetch the binary, with a margin.
const LEFT_SECONDS: i64 = 3600;

/// Reads plugins that have rules.
pub(crate) fn read<'a>(host: &dyn Host, plugins: &'a [Plugin]) -> Result<Vec<Read<'a>>, StepError> {
    plugins.iter().filter(|plugin| !plugin.rules.is_empty()).map(|plugin| one(host, plugin)).collect()
}

fn one<'a>(host: &dyn Host, plugin: &'a Plugin) -> Result<Read<'a>, StepError> {
    let rules = plugin
        .rules
        .iter()
        .map(|rule| {
            let text = open(host, &json!(rule.config))?;
            let said = match parse(&text) {
                Ok(value) => Ok(said(host, &text, &value)?),
                Err(place) => Err(place),
            };
            Ok(ReadRule { rule, said })
        })
        .collect::<Result<_, StepError>>()?;
    let binary = match &plugin.binary {
        Some(address) => Some(look(&open(host, &json!(address))?, host.now().0 / 1000)),
        None => None,
    };
    Ok(Read { plugin, rules, binary })
}

fn said(host: &dyn Host, text: &str, value: &Value) -> Result<Said, StepError> {
    let keys = value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
    let embedded = match value.get(RULES) {
        None => None,
        Some(_) => Some(match split(text, value) {
            Err(cause) => Err(cause),
            Ok(found) => {
                let piece = |one: crate::split::Embedded| {
                    let config = close(host, &one.text)?;
                    Ok(Piece { routes: one.routes, names: one.names, config })
                };
                let rules = found.rules.into_iter().map(piece).collect::<Result<_, StepError>>()?;
                Ok(Pieces { rest: found.rest.map(|rest| close(host, &rest)).transpose()?, rules })
            }
        }),
    };
    Ok(Said { keys, services: services(value), embedded })
}

/// The text behind a sealed value; one that tells nothing is not sealed.
pub(crate) fn open(host: &dyn Host, value: &Value) -> Result<String, StepError> {
    let text = match value.as_str() {
        Some(text) if !text.starts_with(SEALED) => text.to_owned(),
        _ => sealed::open(host, value)?.as_str().unwrap_or_default().to_owned(),
    };
    Ok(text)
}

fn close(host: &dyn Host, text: &str) -> Result<Value, StepError> {
    if text.is_empty() { Ok(json!("")) } else { Ok(json!(host.seal(text)?)) }
}

/// What an address looks like at a time, in seconds since the Unix epoch.
pub(crate) fn look(address: &str, now: i64) -> BinaryLook {
    let Some((scheme, rest)) = address.split_once("://") else { return BinaryLook::NoAddress };
    if !matches!(scheme, "http" | "https") || rest.is_empty() {
        return BinaryLook::NoAddress;
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let pairs: Vec<(String, &str)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let find = |name: &str| pairs.iter().find(|(own, _)| own == name).map(|(_, value)| *value);
    // The older signature names its end; the newer one its beginning and its length, so its end is not read
    // here: a signed address of that kind is never trusted to live long enough.
    match (find("expires"), find("x-oss-expires").or_else(|| find("x-amz-expires"))) {
        (Some(end), _) if end.parse::<i64>().is_ok_and(|end| end > now + LEFT_SECONDS) => BinaryLook::Open,
        (Some(_), _) | (_, Some(_)) => BinaryLook::Expired,
        (None, None) => BinaryLook::Open,
    }
}

impl ReadRule<'_> {
    /// Where it applies, for people.
    pub(crate) fn place(&self) -> String {
        match &self.rule.level {
            Some(Level::Gateway) => "the gateway".to_owned(),
            Some(Level::Domains { names }) => format!("domains {}", names.join(", ")),
            Some(Level::Routes { .. }) => {
                let names: Vec<&str> = self.rule.resources.iter().map(|(_, name)| name.as_str()).collect();
                format!("routes {}", names.join(", "))
            }
            None => "an unknown place".to_owned(),
        }
    }
}
