//! Operations of REST APIs and their publication.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use super::{id, repeatable, write};
use crate::Client;
use crate::wire::OperationView;

impl Client<'_> {
    /// Every operation of a REST API. An API that is gone has none.
    pub async fn operations(&self, api: &str) -> Result<Vec<OperationView>, StepError> {
        let segments = ["v1", "http-apis", api, "operations"];
        match self.list("ListHttpApiOperations", &segments, &[], "operationId").await {
            Ok(found) => Ok(found),
            Err(failure) if crate::gone(&failure) => Ok(Vec::new()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Makes an operation.
    pub async fn create_operation(
        &self,
        key: &OperationKey,
        api: &str,
        operation: &Value,
    ) -> Result<String, WriteFailure> {
        let call = write("CreateHttpApiOperation", "POST", &["v1", "http-apis", api, "operations"])
            .body(json!({"operations": [operation]}));
        let data = self.write(key, call).await?;
        Ok(id("CreateHttpApiOperation", &data, "/operations/0/operationId")?)
    }

    /// Removes an unpublished operation.
    pub async fn delete_operation(
        &self,
        key: &OperationKey,
        api: &str,
        id: &str,
    ) -> Result<(), WriteFailure> {
        let segments = ["v1", "http-apis", api, "operations", id];
        self.write(key, repeatable("DeleteHttpApiOperation", "DELETE", &segments)).await.map(drop)
    }

    /// Publishes operations of a REST API; it takes effect a little later.
    pub async fn deploy_rest(
        &self,
        key: &OperationKey,
        api: &str,
        config: &Value,
    ) -> Result<(), WriteFailure> {
        let call = repeatable("DeployHttpApi", "POST", &["v1", "http-apis", api, "deploy"])
            .body(json!({"restApiConfig": config}));
        self.write(key, call).await.map(drop)
    }

    /// Takes the publication of an operation back.
    pub async fn undeploy_operation(
        &self,
        key: &OperationKey,
        api: &str,
        operation: &str,
    ) -> Result<(), WriteFailure> {
        let body =
            json!({"operationId": operation, "environmentId": self.environment, "gatewayId": self.gateway});
        let call = repeatable("UndeployHttpApi", "POST", &["v1", "http-apis", api, "undeploy"]).body(body);
        self.write(key, call).await.map(drop)
    }
}
