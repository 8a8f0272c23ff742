//! A lab with nothing but the source product, and short ways to call it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_lab_kernel::{AddressPool, Answer, Call, Cloud, LabClock, Product};
use gateshift_lab_mse::{Mse, Scenario, network_of, world_of};
use serde_json::{Value, json};

pub(crate) struct Lab {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) mse: Mse,
    pub(crate) gateway: String,
}

impl Lab {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self::at_speed(scenario, 1.0)
    }

    pub(crate) fn at_speed(scenario: &Scenario, speed: f64) -> Self {
        let pool = AddressPool::new(71, 72);
        let cloud = Cloud::new(LabClock::new(speed), network_of(scenario), world_of(scenario), pool);
        let mse = Mse::new(Arc::clone(&cloud), scenario);
        let gateway = mse.gateway_ids().remove(0);
        Self { cloud, mse, gateway }
    }

    pub(crate) fn yaml(text: &str) -> Self {
        Self::of(&Scenario::from_yaml(text).unwrap())
    }

    /// A call with exactly these parameters.
    pub(crate) fn raw(&self, operation: &str, query: Value) -> Answer {
        self.mse.call(&Call {
            operation: operation.to_owned(),
            path: BTreeMap::new(),
            query: query.as_object().unwrap().clone(),
            body: serde_json::Map::new(),
            request_id: "r-1".to_owned(),
        })
    }

    /// A call about the gateway, wherever this operation wants its id.
    pub(crate) fn call(&self, operation: &str, mut query: Value) -> Answer {
        let in_filter =
            ["ListGatewayRoute", "ListGatewayService", "ListGatewayAuth", "GatewayBlackWhiteList"];
        if in_filter.contains(&operation) {
            query["FilterParams"]["GatewayUniqueId"] = json!(self.gateway);
        } else if operation.ends_with("Rule") && operation.starts_with("ListGateway") {
            query["FilterParams"] = json!({ "GatewayUniqueId": self.gateway }).to_string().into();
        } else {
            query["GatewayUniqueId"] = json!(self.gateway);
        }
        self.raw(operation, query)
    }

    /// The data of a call that must succeed.
    pub(crate) fn data(&self, operation: &str, query: Value) -> Value {
        let answer = self.call(operation, query).unwrap();
        assert_ne!(answer["Success"], false, "{operation}: {answer}");
        answer["Data"].clone()
    }

    /// All rows of a paged list.
    pub(crate) fn rows(&self, operation: &str) -> Vec<Value> {
        self.data(operation, json!({ "PageSize": 100_000 }))["Result"].as_array().unwrap().clone()
    }

    pub(crate) fn route(&self, name: &str) -> i64 {
        let rows = self.rows("ListGatewayRoute");
        rows.iter().find(|row| row["Name"] == name).unwrap()["Id"].as_i64().unwrap()
    }
}

pub(crate) fn small() -> Lab {
    Lab::yaml(include_str!("../../scenarios/small.yaml"))
}
