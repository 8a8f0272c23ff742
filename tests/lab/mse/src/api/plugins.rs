//! Plugins. A scenario has none yet, so the list is empty and no id exists.

use serde_json::Value;

use super::reply::{Refusal, Reply, data};
use super::request::Request;
use crate::state::State;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    data(Vec::<Value>::new())
}

pub(crate) fn config(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    let id = request.id("PluginId")?;
    Err(Refusal::missing(format!("plugin {id} does not exist")).quietly())
}
