//! Services and their versions.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::Value;

use super::{id, repeatable, write};
use crate::wire::ServiceView;
use crate::{Client, token};

impl Client<'_> {
    /// Every service of the gateway; with a name, those whose name contains it.
    pub async fn services(&self, name: Option<&str>) -> Result<Vec<ServiceView>, StepError> {
        let mut query = vec![("gatewayId", self.gateway)];
        query.extend(name.map(|name| ("name", name)));
        Ok(self.list("ListServices", &["v1", "services"], &query, "serviceId").await?)
    }

    /// Makes one service.
    pub async fn create_service(&self, key: &OperationKey, body: &Value) -> Result<String, WriteFailure> {
        let call = repeatable("CreateService", "POST", &["v1", "services"])
            .query("clientToken", token(&self.run, key, body))
            .body(body.clone());
        let data = self.write(key, call).await?;
        Ok(id("CreateService", &data, "/serviceIds/0")?)
    }

    /// Sets protocol and health checks.
    pub async fn update_service(
        &self,
        key: &OperationKey,
        id: &str,
        body: &Value,
    ) -> Result<(), WriteFailure> {
        let call = repeatable("UpdateService", "PUT", &["v1", "services", id]).body(body.clone());
        self.write(key, call).await.map(drop)
    }

    /// Removes a service.
    pub async fn delete_service(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        self.write(key, repeatable("DeleteService", "DELETE", &["v1", "services", id])).await.map(drop)
    }

    /// Makes a version of a service.
    pub async fn create_version(
        &self,
        key: &OperationKey,
        service: &str,
        body: &Value,
    ) -> Result<(), WriteFailure> {
        let call = write("CreateServiceVersion", "POST", &["v1", "services", service, "versions"])
            .body(body.clone());
        self.write(key, call).await.map(drop)
    }

    /// Removes a version of a service.
    pub async fn delete_version(
        &self,
        key: &OperationKey,
        service: &str,
        name: &str,
    ) -> Result<(), WriteFailure> {
        let segments = ["v1", "services", service, "versions", name];
        self.write(key, repeatable("DeleteServiceVersion", "DELETE", &segments)).await.map(drop)
    }
}
