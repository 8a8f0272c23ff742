//! Reading the parameters of a call. The front has checked names and types; what is lenient here is
//! so because the API itself writes the same id as a number in one operation and as text in another.

use gateshift_lab_kernel::{Call, Cloud};
use serde_json::{Map, Value};

use super::reply::Refusal;
use crate::state::{Gateway, State};

/// A call being answered.
pub(crate) struct Request<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) operation: &'a str,
    pub(crate) now_ms: i64,
    query: &'a Map<String, Value>,
    body: &'a Map<String, Value>,
    filter: Map<String, Value>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(cloud: &'a Cloud, call: &'a Call) -> Self {
        let filter = match call.query.get("FilterParams") {
            Some(Value::Object(filter)) => filter.clone(),
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            _ => Map::new(),
        };
        Self {
            cloud,
            operation: &call.operation,
            now_ms: cloud.clock.now_ms(),
            query: &call.query,
            body: &call.body,
            filter,
        }
    }

    /// A parameter as it came.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.query.get(name)
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.query.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A text of the body.
    pub(crate) fn body_text(&self, name: &str) -> Option<&'a str> {
        self.body.get(name)?.as_str()
    }

    /// A number, also when it came as text.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        integer(self.query.get(name)?)
    }

    /// A yes or no.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.query.get(name)?.as_bool()
    }

    /// An id that the operation cannot do without.
    pub(crate) fn id(&self, name: &str) -> Result<i64, Refusal> {
        self.integer(name).ok_or_else(|| Refusal::invalid(format!("{name} is missing or not a number")))
    }

    /// A text inside `FilterParams` that is not empty.
    pub(crate) fn filter_text(&self, name: &str) -> Option<&str> {
        self.filter.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A number inside `FilterParams`.
    pub(crate) fn filter_integer(&self, name: &str) -> Option<i64> {
        integer(self.filter.get(name)?)
    }

    /// A yes or no inside `FilterParams`.
    pub(crate) fn filter_flag(&self, name: &str) -> Option<bool> {
        self.filter.get(name)?.as_bool()
    }

    /// Id of the gateway meant: inside `FilterParams` for some lists, a plain parameter elsewhere.
    pub(crate) fn gateway_id(&self) -> Result<&str, Refusal> {
        self.text("GatewayUniqueId")
            .or_else(|| self.filter_text("GatewayUniqueId"))
            .ok_or_else(|| Refusal::invalid("GatewayUniqueId is missing; lists take it inside FilterParams"))
    }

    /// The gateway meant. Lists say quietly that it does not exist, all else with a status.
    pub(crate) fn gateway<'s>(&self, state: &'s State) -> Result<&'s Gateway, Refusal> {
        let id = self.gateway_id()?;
        state.gateway(id).ok_or_else(|| self.no_gateway(id))
    }

    /// The gateway meant, to be changed.
    pub(crate) fn gateway_mut<'s>(&self, state: &'s mut State) -> Result<&'s mut Gateway, Refusal> {
        let id = self.gateway_id()?;
        state.gateway_mut(id).ok_or_else(|| self.no_gateway(id))
    }

    fn no_gateway(&self, id: &str) -> Refusal {
        let refusal = Refusal::missing(format!("gateway {id} does not exist"));
        if self.operation.starts_with("List") { refusal.quietly() } else { refusal }
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
