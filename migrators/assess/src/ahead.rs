//! What the steps after this one say they will do, as far as it decides what blocks a move: a question
//! that a later step's settings answer is left to that step, which knows the target as well.

use std::collections::BTreeSet;

use gateshift_gateway_model::Inventory;
use gateshift_gateway_model::selection::takes;
use gateshift_sdk::api::LaterStep;
use serde_json::Value;

/// The steps after an assessment. Empty when it stands alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ahead {
    /// Names of their migrators.
    migrators: BTreeSet<String>,
    /// `include` and `exclude` of each step that makes routes.
    selections: Vec<(Vec<String>, Vec<String>)>,
    functions: BTreeSet<String>,
    authorities: BTreeSet<String>,
    logins: BTreeSet<String>,
    plugins: BTreeSet<String>,
    parameters: BTreeSet<String>,
    ingress: bool,
}

impl Ahead {
    /// Reads the settings of later steps.
    #[must_use]
    pub fn of(later: &[LaterStep]) -> Self {
        let mut ahead = Self::default();
        for step in later {
            let settings = &step.settings;
            ahead.migrators.insert(step.uses.to_string());
            match step.uses.as_str() {
                "routes" => {
                    ahead.selections.push((texts(&settings["include"]), texts(&settings["exclude"])));
                    ahead.functions.extend(keys(&settings["functions"]));
                    ahead.authorities.extend(keys(&settings["clientCa"]));
                    ahead.ingress |= settings["ingress"] == true;
                }
                "security" => ahead.logins.extend(texts(&settings["idaasAsOidc"])),
                "plugins" => {
                    ahead.plugins.extend(texts(&settings["allow"]));
                    ahead.plugins.extend(texts(&settings["exclude"]));
                }
                "parameters" => {
                    let reasons = settings["acknowledge"].as_object().into_iter().flatten();
                    let given = reasons
                        .filter(|(_, reason)| reason.as_str().is_some_and(|text| !text.trim().is_empty()));
                    ahead.parameters.extend(given.map(|(name, _)| name.clone()));
                }
                _ => {}
            }
        }
        ahead
    }

    /// Nothing comes after: the assessment is all that is wanted.
    pub(crate) fn is_nothing(&self) -> bool {
        self.migrators.is_empty()
    }

    /// A step of this migrator comes.
    pub(crate) fn has(&self, migrator: &str) -> bool {
        self.migrators.contains(migrator)
    }

    /// Whether a route is to be moved.
    pub(crate) fn takes(&self, route: &str) -> bool {
        self.selections.is_empty()
            || self.selections.iter().any(|(include, exclude)| takes(include, exclude, route))
    }

    /// Whether a domain is to be made: a step makes all, or a route that is taken has it.
    pub(crate) fn takes_domain(&self, inventory: &Inventory, domain: &str) -> bool {
        let whole =
            |(include, exclude): &(Vec<String>, Vec<String>)| include.is_empty() && exclude.is_empty();
        self.selections.is_empty()
            || self.selections.iter().any(whole)
            || inventory
                .routes
                .iter()
                .any(|route| route.domains.iter().any(|name| name == domain) && self.takes(&route.name))
    }

    /// A function of the older generation, `service/function@version`, has a successor.
    pub(crate) fn maps_function(&self, older: &str) -> bool {
        self.functions.contains(older)
    }

    /// The authority for a domain's client certificates is given.
    pub(crate) fn has_authority(&self, domain: &str) -> bool {
        self.authorities.contains(domain)
    }

    /// Ingress objects are to configure the target, too.
    pub(crate) fn takes_ingress(&self) -> bool {
        self.ingress
    }

    /// A login by the provider's identity service is to become one of the usual kind.
    pub(crate) fn maps_login(&self, name: &str) -> bool {
        self.logins.contains(name)
    }

    /// The operator said what becomes of a plugin that the guide does not list as supported.
    pub(crate) fn answers_plugin(&self, name: &str) -> bool {
        self.plugins.contains(name)
    }

    /// The operator accepts, with a reason, that a parameter is lost.
    pub(crate) fn accepts_parameter(&self, name: &str) -> bool {
        self.parameters.contains(name)
    }
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}
