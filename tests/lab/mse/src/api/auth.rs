//! Global authentication and consumers. A scenario has none yet, so lists are empty and no id exists.

use serde_json::Value;

use super::page;
use super::reply::{Refusal, Reply};
use super::request::Request;
use crate::state::State;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    page::page(request, &[], Value::clone)
}

pub(crate) fn detail(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    let id = request.id("Id")?;
    Err(Refusal::missing(format!("authentication {id} does not exist")))
}

pub(crate) fn consumers(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    page::page_by_text(request, &[], Value::clone)
}

pub(crate) fn consumer_detail(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    let id = request.id("Id")?;
    Err(Refusal::missing(format!("consumer {id} does not exist")).quietly())
}

pub(crate) fn consumer_resources(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    let id = request.id("ConsumerId")?;
    Err(Refusal::missing(format!("consumer {id} does not exist")).quietly())
}
