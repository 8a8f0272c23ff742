//! What makes a plugin show itself, read from its configuration: blocked addresses of requests, user
//! agents, origins, fields it changes.

use serde_json::Value;

use super::SENT;
use crate::draft::LABEL;
use crate::ledger::Expect;
use crate::network::Network;
use crate::pattern::samples;
use crate::text::is_sendable;

/// Values of one list that are asked about.
const VALUES: usize = 6;
/// What a browser calls itself.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
/// What the best known bot calls itself.
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
/// Plugins whose effect is a count of requests.
const COUNTING: [&str; 3] = ["key-rate-limit", "cluster-key-rate-limit", "key-cluster-rate-limit"];

/// A change of a plain request that makes a plugin show itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) aspect: String,
    pub(crate) method: Option<&'static str>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) queries: Vec<(String, String)>,
    pub(crate) expect: Option<Expect>,
}

impl Trigger {
    fn new(aspect: impl Into<String>, expect: Option<Expect>) -> Self {
        Self { aspect: aspect.into(), expect, ..Self::default() }
    }

    fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }
}

/// Why requests show nothing, or not all, of a plugin.
pub(crate) fn hidden(plugin: &str, config: &Value) -> Option<&'static str> {
    match plugin {
        _ if COUNTING.contains(&plugin) => {
            Some("limits of plugins are not provoked; the step `plugins` reads the rule back")
        }
        "ip-restriction" if config["ip_source_type"].as_str() != Some("header") => {
            Some("it looks at the address of the connection, which is this machine's own")
        }
        _ => None,
    }
}

/// The triggers of a plugin, the most telling first.
pub(crate) fn triggers(plugin: &str, config: &Value) -> Vec<Trigger> {
    let mut found = match plugin {
        "request-block" => request_block(config),
        "bot-detect" => bot_detect(config),
        "ip-restriction" => ip_restriction(config),
        "cors" => cors(config),
        "transformer" => transformer(config),
        _ => Vec::new(),
    };
    found.retain(|one| one.headers.iter().all(|(name, value)| is_sendable(name, value)));
    found
}

fn list<'a>(config: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    config[name].as_array().into_iter().flatten().filter_map(Value::as_str).take(VALUES)
}

fn request_block(config: &Value) -> Vec<Trigger> {
    let refused = Some(Expect::Refused);
    let url = |text: &str| {
        let mut trigger = Trigger::new(format!("blocked address {text}"), refused);
        trigger.queries.push(("gateshift".to_owned(), text.to_owned()));
        trigger
    };
    let mut found: Vec<Trigger> = list(config, "block_urls").map(url).collect();
    for expression in list(config, "block_regexp_urls").chain(list(config, "block_regexp_url")) {
        let sample = samples(expression.trim_start_matches(".*").trim_end_matches(".*"), 1);
        found.extend(sample.iter().map(|text| Trigger { expect: None, ..url(text) }));
    }
    for text in list(config, "block_headers") {
        found.push(Trigger::new(format!("blocked header {text}"), refused).header("x-gateshift", text));
    }
    found
}

fn bot_detect(config: &Value) -> Vec<Trigger> {
    let agent = |aspect: String, agent: &str| Trigger::new(aspect, None).header("user-agent", agent);
    let mut found = vec![agent("a known bot".to_owned(), BOT)];
    for (name, what) in [("deny", "denied"), ("allow", "allowed")] {
        for expression in list(config, name) {
            for text in samples(expression, 1) {
                found.push(agent(format!("{what} agent {expression}"), &text));
            }
        }
    }
    found.push(agent("a browser".to_owned(), BROWSER));
    found
}

fn ip_restriction(config: &Value) -> Vec<Trigger> {
    if config["ip_source_type"].as_str() != Some("header") {
        return Vec::new();
    }
    let header = config["ip_header_name"].as_str().unwrap_or("x-forwarded-for");
    let mut found = Vec::new();
    for (name, inside, outside) in
        [("deny", Expect::Refused, Expect::Passed), ("allow", Expect::Passed, Expect::Refused)]
    {
        let networks: Vec<Network> = list(config, name).filter_map(Network::parse).collect();
        for network in &networks {
            for address in network.borders() {
                found.push(
                    Trigger::new(format!("{name}: inside"), Some(inside)).header(header, address.to_string()),
                );
            }
            let free = network
                .neighbours()
                .into_iter()
                .filter(|one| !networks.iter().any(|other| other.contains(*one)));
            found.extend(free.map(|one| {
                Trigger::new(format!("{name}: outside"), Some(outside)).header(header, one.to_string())
            }));
        }
    }
    found
}

fn cors(config: &Value) -> Vec<Trigger> {
    let known = list(config, "allow_origins").chain(list(config, "allow_origin_patterns"));
    let known = known.map(|one| {
        if one == "*" { "https://gateshift-probe.example".to_owned() } else { one.replace('*', LABEL) }
    });
    let origins: Vec<String> = known.chain(["https://gateshift-nobody.invalid".to_owned()]).collect();
    let mut found = Vec::new();
    for origin in &origins {
        found.push(Trigger::new(format!("request of {origin}"), None).header("origin", origin.clone()));
    }
    let method = list(config, "allow_methods").find(|one| *one != "*").unwrap_or("GET");
    let header = list(config, "allow_headers").find(|one| *one != "*").unwrap_or("x-gateshift");
    let first = origins.first().into_iter().chain(origins.last().filter(|_| origins.len() > 1));
    for origin in first {
        let mut trigger = Trigger::new(format!("preflight of {origin}"), None)
            .header("origin", origin.clone())
            .header("access-control-request-method", method)
            .header("access-control-request-headers", header);
        trigger.method = Some("OPTIONS");
        found.push(trigger);
    }
    found
}

fn transformer(config: &Value) -> Vec<Trigger> {
    let mut trigger = Trigger::new("fields that it changes", None);
    for rules in ["reqRules", "respRules"] {
        for rule in config[rules].as_array().into_iter().flatten() {
            for (kind, is_header) in [("headers", true), ("querys", false)] {
                for item in rule[kind].as_array().into_iter().flatten() {
                    let names =
                        ["key", "oldKey", "fromKey"].into_iter().filter_map(|name| item[name].as_str());
                    for name in names {
                        let pair = (name.to_owned(), SENT.to_owned());
                        if is_header {
                            trigger.headers.push((name.to_ascii_lowercase(), SENT.to_owned()));
                        } else {
                            trigger.queries.push(pair);
                        }
                    }
                }
            }
        }
    }
    trigger.headers.sort();
    trigger.headers.dedup();
    trigger.headers.retain(|(name, value)| is_sendable(name, value));
    trigger.queries.dedup();
    vec![trigger]
}

#[cfg(test)]
mod tests {
    use super::triggers;
    use serde_json::{Value, json};

    fn aspects(plugin: &str, config: Value) -> Vec<String> {
        triggers(plugin, &config).into_iter().map(|one| one.aspect).collect()
    }

    #[test]
    fn configurations_tell_what_shows_them() {
        let config =
            json!({"block_urls": ["swagger.html"], "block_headers": ["example-key"], "block_bodys": ["x"]});
        assert_eq!(
            aspects("request-block", config),
            ["blocked address swagger.html", "blocked header example-key"]
        );
        assert_eq!(aspects("bot-detect", json!({"deny": ["spd-tools.*"]})).len(), 3);
        let config = json!({"ip_source_type": "header", "deny": ["192.0.2.0/30"]});
        assert_eq!(
            aspects("ip-restriction", config),
            ["deny: inside", "deny: inside", "deny: outside", "deny: outside"]
        );
        assert!(aspects("ip-restriction", json!({"deny": ["192.0.2.0/30"]})).is_empty());
        assert_eq!(aspects("cors", json!({"allow_origins": ["*"]})).len(), 4);
        let config = json!({"reqRules": [{"operate": "rename", "headers": [{"oldKey": "X-a", "newKey": "x-b"}], "querys": [{"oldKey": "q", "newKey": "r"}]}]});
        let found = triggers("transformer", &config);
        assert_eq!((found[0].headers[0].0.as_str(), found[0].queries[0].0.as_str()), ("x-a", "q"));
        assert!(aspects("unknown", Value::Null).is_empty());
    }
}
