//! Routes and their publication.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use super::{id, repeatable, write};
use crate::Client;
use crate::wire::RouteView;

impl Client<'_> {
    /// Every route of an API in the gateway's environment; with a name, the one of exactly that name.
    /// An API that is gone has none.
    pub async fn routes(&self, api: &str, name: Option<&str>) -> Result<Vec<RouteView>, StepError> {
        let mut query = vec![("environmentId", self.environment)];
        query.extend(name.map(|name| ("name", name)));
        let segments = ["v1", "http-apis", api, "routes"];
        let mut found: Vec<RouteView> =
            match self.list("ListHttpApiRoutes", &segments, &query, "routeId").await {
                Ok(found) => found,
                Err(failure) if crate::gone(&failure) => Vec::new(),
                Err(failure) => return Err(failure.into()),
            };
        found.retain(|one| name.is_none_or(|name| one.name == name));
        Ok(found)
    }

    /// Makes a route.
    pub async fn create_route(
        &self,
        key: &OperationKey,
        api: &str,
        body: &Value,
    ) -> Result<String, WriteFailure> {
        let call =
            write("CreateHttpApiRoute", "POST", &["v1", "http-apis", api, "routes"]).body(body.clone());
        let data = self.write(key, call).await?;
        Ok(id("CreateHttpApiRoute", &data, "/routeId")?)
    }

    /// Replaces all of a route but its name.
    pub async fn update_route(
        &self,
        key: &OperationKey,
        api: &str,
        id: &str,
        body: &Value,
    ) -> Result<(), WriteFailure> {
        let call = repeatable("UpdateHttpApiRoute", "PUT", &["v1", "http-apis", api, "routes", id])
            .body(body.clone());
        self.write(key, call).await.map(drop)
    }

    /// Removes an unpublished route.
    pub async fn delete_route(&self, key: &OperationKey, api: &str, id: &str) -> Result<(), WriteFailure> {
        let call = repeatable("DeleteHttpApiRoute", "DELETE", &["v1", "http-apis", api, "routes", id]);
        self.write(key, call).await.map(drop)
    }

    /// Publishes a route; it takes effect a little later.
    pub async fn deploy(&self, key: &OperationKey, api: &str, route: &str) -> Result<(), WriteFailure> {
        let call = repeatable("DeployHttpApi", "POST", &["v1", "http-apis", api, "deploy"])
            .body(json!({"routeId": route}));
        self.write(key, call).await.map(drop)
    }

    /// Takes a route's publication back.
    pub async fn undeploy(&self, key: &OperationKey, api: &str, route: &str) -> Result<(), WriteFailure> {
        let body = json!({"routeId": route, "environmentId": self.environment, "gatewayId": self.gateway});
        let call = repeatable("UndeployHttpApi", "POST", &["v1", "http-apis", api, "undeploy"]).body(body);
        self.write(key, call).await.map(drop)
    }
}
