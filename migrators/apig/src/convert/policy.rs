//! Policies of routes and services: the configuration of each class.

mod change;
mod class;
mod limit;
mod route;
mod service;

use serde_json::{Value, json};

use crate::wire::PolicyView;

pub use class::{Class, OF_ROUTES, ON_GATEWAY, ON_OPERATION, ON_ROUTE, ON_SERVICE};
pub use limit::{Shows, unsaid};
pub use route::{of_route, waf};
pub use service::{limits, of_service, service_difference};

/// What the configuration of a policy that is there differs in. A key that the product dropped is a
/// difference, and so is one of a route's policy that says something nobody asked for.
#[must_use]
pub fn difference(wanted: &Value, view: &PolicyView) -> Option<String> {
    match serde_json::from_str::<Value>(&view.config) {
        Ok(found) => crate::compare::difference(wanted, &found).or_else(|| surplus(wanted, &found, view)),
        Err(_) => Some("its configuration is no JSON".to_owned()),
    }
}

fn surplus(wanted: &Value, found: &Value, view: &PolicyView) -> Option<String> {
    let class = Class::named(&view.class_name).filter(|class| OF_ROUTES.contains(class))?;
    let idle = [json!(null), json!(""), json!([]), json!(0)];
    let template = class.template();
    let keys = template.as_object().into_iter().flat_map(|fields| fields.keys().map(String::as_str));
    keys.chain(class.shown_only().iter().copied())
        .find(|key| wanted.get(*key).is_none() && !idle.contains(&found[*key]))
        // What a refused request would get is chosen by the behaviour; the rest may have been filled in.
        .filter(|key| !key.starts_with("response") && *key != "bodyEncoding")
        .map(|key| format!("{key} is {} and is not wanted", found[key]))
}

#[cfg(test)]
mod tests;
