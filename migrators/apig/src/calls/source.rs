//! Sources of services.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::Value;

use super::{id, repeatable, write};
use crate::Client;
use crate::paging::typed;
use crate::wire::SourceView;

impl Client<'_> {
    /// Every source of the gateway.
    pub async fn sources(&self) -> Result<Vec<SourceView>, StepError> {
        Ok(self.list("ListSources", &["v1", "sources"], &[("gatewayId", self.gateway)], "sourceId").await?)
    }

    /// One source.
    pub async fn source(&self, id: &str) -> Result<SourceView, StepError> {
        typed("GetSource", self.read("GetSource", &["v1", "sources", id], &[]).await?)
    }

    /// Binds a source to the gateway.
    pub async fn create_source(&self, key: &OperationKey, body: &Value) -> Result<String, WriteFailure> {
        let data =
            self.write(key, write("CreateSource", "POST", &["v1", "sources"]).body(body.clone())).await?;
        Ok(id("CreateSource", &data, "/sourceId")?)
    }

    /// Unbinds a source.
    pub async fn delete_source(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        self.write(key, repeatable("DeleteSource", "DELETE", &["v1", "sources", id])).await.map(drop)
    }

    /// Whether sources of that type offer any service to import.
    pub async fn offers_services(&self, kind: &str) -> Result<bool, StepError> {
        let segments = ["v1", "gateways", self.gateway, "external-services"];
        let data =
            self.read("ListExternalServices", &segments, &[("sourceType", kind), ("limit", "1")]).await?;
        let spaces = data["items"].as_array().into_iter().flatten();
        Ok(spaces.flat_map(|space| space["services"].as_array().into_iter().flatten()).next().is_some())
    }

    /// Names of the services of a type that can be imported.
    pub async fn importable(&self, kind: &str) -> Result<Vec<String>, StepError> {
        let segments = ["v1", "gateways", self.gateway, "external-services"];
        let data = self.read("ListExternalServices", &segments, &[("sourceType", kind)]).await?;
        let spaces = data["items"].as_array().into_iter().flatten();
        let services = spaces.flat_map(|space| space["services"].as_array().into_iter().flatten());
        Ok(services.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect())
    }
}
