//! What a plan says besides its operations: where things go, and what later phases look for.

use std::collections::BTreeMap;

use gateshift_gateway_model::{TargetRoute, TargetRoutes};
use gateshift_sdk::model::{OperationKey, Plan, StepError, planned_id};
use serde::{Deserialize, Serialize};

/// Facts of a plan. Part of the journal: fields are only ever added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Target gateway.
    pub(crate) gateway: String,
    /// Its environment.
    pub(crate) environment: String,
    /// Operation of the API.
    pub(crate) api: String,
    /// Domains: name -> operation.
    pub(crate) domains: BTreeMap<String, String>,
    /// Sources: id at the source -> operation.
    pub(crate) sources: BTreeMap<String, String>,
    /// Services: id at the source -> operation.
    pub(crate) services: BTreeMap<String, String>,
    /// Routes, in ascending order of creation.
    pub(crate) routes: Vec<RouteFact>,
    /// Names of routes that match alike but for the time of their creation, oldest first.
    pub(crate) ties: Vec<Vec<String>>,
    /// Ids of objects that were there when the plan was made: operation -> id.
    #[serde(default)]
    pub(crate) adopted: BTreeMap<String, String>,
    /// REST APIs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rest: Vec<RestFact>,
}

/// A REST API of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RestFact {
    /// Operation of the API.
    pub(crate) api: String,
    /// Operations of its operations, by the route's id at the source.
    pub(crate) routes: BTreeMap<String, Vec<String>>,
}

/// A route of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RouteFact {
    /// Id at the source.
    pub(crate) id: String,
    /// Name at the target.
    pub(crate) name: String,
    /// Operation.
    pub(crate) key: String,
    /// It shall serve traffic.
    pub(crate) published: bool,
}

impl Facts {
    /// The facts of a plan.
    pub(crate) fn of(plan: &Plan) -> Result<Self, StepError> {
        serde_json::from_value(plan.facts.clone()).map_err(|error| {
            StepError::permanent(
                "GS-PLAN-SHAPE",
                format!("the plan's facts have another shape than expected: {error}"),
            )
            .with_hint("the plan was made with another version of this migrator; plan the step anew")
        })
    }

    /// What later steps would be told if the plan were applied.
    pub(crate) fn foreseen(&self) -> TargetRoutes {
        let id = |key: &str| self.adopted.get(key).cloned().unwrap_or_else(|| planned_id(key));
        let ids = |keys: &BTreeMap<String, String>| {
            keys.iter().map(|(name, key)| (name.clone(), id(key))).collect::<BTreeMap<_, _>>()
        };
        let route = |route: &RouteFact| {
            let made =
                TargetRoute { id: id(&route.key), name: route.name.clone(), deployed: route.published };
            (route.id.clone(), made)
        };
        TargetRoutes {
            api: id(&self.api),
            domains: ids(&self.domains),
            sources: ids(&self.sources),
            services: ids(&self.services),
            routes: self.routes.iter().map(route).collect(),
            rest: self
                .rest_routes()
                .map(|(route, keys)| (route.clone(), keys.iter().map(|key| id(key)).collect()))
                .collect(),
        }
    }

    /// Routes that become operations of REST APIs, by id at the source, with their keys.
    pub(crate) fn rest_routes(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.rest.iter().flat_map(|api| &api.routes)
    }

    /// Key of the API's operation.
    pub(crate) fn api_key(&self) -> OperationKey {
        OperationKey::new(self.api.as_str())
    }
}
