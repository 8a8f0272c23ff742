//! Settings of a step: the API's name, which routes are taken, and what an operator has to say because
//! the source does not or the target wants it otherwise.

use std::collections::BTreeMap;

use gateshift_apig::dialect::{Dialect, Templates};
use gateshift_gateway_model::Route;
use gateshift_gateway_model::selection::{fits, takes};
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
    /// Keys of policy classes in the target's words.
    pub(crate) templates: Templates,
    /// Functions of the older generation: `service/function@version` -> `function@qualifier`.
    pub(crate) functions: BTreeMap<String, String>,
    /// Authorities of client certificates (PEM), by domain.
    pub(crate) client_ca: BTreeMap<String, String>,
    /// Hosts that stand for a domain named `*` where the target refuses it.
    pub(crate) hosts: Vec<String>,
    /// Ingress objects of the clusters configure the target, too.
    pub(crate) ingress: bool,
    /// Groups of routes that become REST APIs, by the API's name.
    pub(crate) rest: BTreeMap<String, RestGroup>,
}

/// Routes that become operations of one REST API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RestGroup {
    /// Beginning of their paths.
    pub(crate) base_path: String,
    /// The routes, by name.
    pub(crate) routes: Vec<String>,
}

impl Settings {
    /// Whether a route is taken.
    pub(crate) fn takes(&self, route: &Route) -> bool {
        takes(&self.include, &self.exclude, &route.name)
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

/// A function of the newer generation, by name and qualifier.
pub(crate) fn function(text: &str) -> Option<(&str, &str)> {
    let (name, qualifier) = text.split_once('@')?;
    (!name.is_empty() && !qualifier.is_empty() && !name.contains('/')).then_some((name, qualifier))
}

/// Findings about settings beyond the schema.
pub(crate) fn check(settings: &Value) -> Vec<Finding> {
    let wrong =
        |object: String, message: String| Finding::new(Severity::Block, "GS-SETTINGS", object, message);
    let settings: Settings = match serde_json::from_value(settings.clone()) {
        Err(error) => return vec![wrong("settings".to_owned(), error.to_string())],
        Ok(settings) => settings,
    };
    let mut found = Vec::new();
    for api in settings.api.iter().filter(|api| !name::is_plain(api)) {
        let message = format!("`{api}` is no name the target takes");
        found.push(
            wrong("settings/api".to_owned(), message)
                .with_action("use lower-case letters, digits and inner hyphens, at most 64"),
        );
    }
    if let Err(message) = Dialect::new(&settings.templates) {
        found.push(
            wrong("settings/templates".to_owned(), message)
                .with_action("name keys as POL-DIALECT shows them: ours first, the target's behind it"),
        );
    }
    for (old, new) in &settings.functions {
        let whole = old
            .split_once('/')
            .is_some_and(|(service, rest)| !service.is_empty() && function(rest).is_some());
        if !whole || function(new).is_none() {
            let message =
                format!("`{old}: {new}` is not of the form `service/function@version: function@qualifier`");
            found.push(wrong(format!("settings/functions/{old}"), message));
        }
    }
    for (api, group) in &settings.rest {
        let object = format!("settings/rest/{api}");
        if !name::is_plain(api) {
            found.push(
                wrong(object.clone(), format!("`{api}` is no name the target takes"))
                    .with_action("use lower-case letters, digits and inner hyphens, at most 64"),
            );
        }
        let path = &group.base_path;
        if !path.starts_with('/') || path.len() > 256 || path.contains([' ', '{', '?', '#']) {
            let message = format!("`{path}` is no path of at most 256 bytes that begins with a slash");
            found.push(wrong(format!("{object}/basePath"), message));
        }
        if group.routes.is_empty() {
            found.push(wrong(format!("{object}/routes"), "it names no routes".to_owned()));
        }
    }
    for (domain, pem) in &settings.client_ca {
        let object = format!("settings/clientCa/{domain}");
        if pem.contains("PRIVATE KEY") {
            found.push(
                wrong(
                    object,
                    "it holds a private key; only the authority's certificate is wanted".to_owned(),
                )
                .with_action("remove the key from the file, and treat it as known to others"),
            );
        } else if !pem.contains("-----BEGIN CERTIFICATE-----") {
            found.push(wrong(object, "it is no certificate in PEM form".to_owned()));
        }
    }
    for host in settings.hosts.iter().filter(|host| host.contains('*') || !host.contains('.')) {
        let message = format!("`{host}` is no host: name those that clients ask for, one by one");
        found.push(wrong("settings/hosts".to_owned(), message));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn settings_are_checked() {
        assert!(check(&json!({"api": "shop", "include": ["a*"]})).is_empty());
        assert_eq!(check(&json!({"api": "Shop One"})).len(), 1);
        assert_eq!(check(&json!({"apo": "shop"})).len(), 1);
        let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        let good = json!({
            "templates": {"RateLimit": {"threshold": "limit"}}, "functions": {"s/f@1": "f@LATEST"},
            "clientCa": {"a.example.com": pem}, "hosts": ["a.example.com"], "ingress": true,
        });
        assert!(check(&good).is_empty());
        for bad in [
            json!({"templates": {"Nothing": {"a": "b"}}}),
            json!({"functions": {"f@1": "f@LATEST"}}),
            json!({"functions": {"s/f@1": "f"}}),
            json!({"clientCa": {"a.example.com": "AA=="}}),
            json!({"clientCa": {"a.example.com": format!("{pem}-----BEGIN PRIVATE KEY-----")}}),
            json!({"hosts": ["*.example.com"]}),
            json!({"rest": {"Shop One": {"basePath": "/v1", "routes": ["a*"]}}}),
            json!({"rest": {"shop": {"basePath": "v1", "routes": ["a*"]}}}),
            json!({"rest": {"shop": {"basePath": "/v1", "routes": []}}}),
        ] {
            assert_eq!(check(&bad).len(), 1, "{bad}");
        }
    }
}
