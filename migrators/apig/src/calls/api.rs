//! HTTP APIs, the holders of routes, and the environment they are published to.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde::Deserialize;
use serde_json::Value;

use super::{id, repeatable};
use crate::paging::typed;
use crate::wire::{ApiView, EnvironmentView};
use crate::{Client, token};

/// APIs are listed in groups of one name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Group {
    versioned_http_apis: Vec<ApiView>,
}

impl Client<'_> {
    /// APIs of a kind (`Http`, `HttpIngress`) and of exactly that name, in the whole account.
    pub async fn apis_named(&self, name: &str, kind: &str) -> Result<Vec<ApiView>, StepError> {
        let mut found = self.apis(&[("name", name), ("types", kind)]).await?;
        found.retain(|one| one.name == name);
        Ok(found)
    }

    /// APIs of a kind that belong to the gateway.
    pub async fn apis_of_gateway(&self, kind: &str) -> Result<Vec<ApiView>, StepError> {
        self.apis(&[("gatewayId", self.gateway), ("types", kind)]).await
    }

    async fn apis(&self, query: &[(&str, &str)]) -> Result<Vec<ApiView>, StepError> {
        let groups: Vec<Group> = self.list("ListHttpApis", &["v1", "http-apis"], query, "name").await?;
        Ok(groups.into_iter().flat_map(|group| group.versioned_http_apis).collect())
    }

    /// Makes an HTTP API.
    pub async fn create_api(&self, key: &OperationKey, body: &Value) -> Result<String, WriteFailure> {
        let call = repeatable("CreateHttpApi", "POST", &["v1", "http-apis"])
            .query("clientToken", token(&self.run, key, body))
            .body(body.clone());
        let data = self.write(key, call).await?;
        Ok(id("CreateHttpApi", &data, "/httpApiId")?)
    }

    /// Removes an HTTP API without routes.
    pub async fn delete_api(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        self.write(key, repeatable("DeleteHttpApi", "DELETE", &["v1", "http-apis", id])).await.map(drop)
    }

    /// The gateway's environment.
    pub async fn environment(&self) -> Result<EnvironmentView, StepError> {
        typed(
            "GetEnvironment",
            self.read("GetEnvironment", &["v1", "environments", self.environment], &[]).await?,
        )
    }
}
