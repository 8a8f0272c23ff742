//! Consumers of the account and the routes they may use.

use gateshift_sdk::api::CallFailure;
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use super::{id, repeatable, write};
use crate::wire::{ConsumerView, RuleView};
use crate::{Client, gone};

impl Client<'_> {
    /// Consumers of that name; names are unique in the account.
    pub async fn consumers_named(&self, name: &str) -> Result<Vec<ConsumerView>, StepError> {
        let query = [("gatewayType", "API"), ("nameLike", name)];
        let found: Vec<ConsumerView> =
            self.list("ListConsumers", &["v1", "consumers"], &query, "consumerId").await?;
        Ok(found.into_iter().filter(|one| one.name == name).collect())
    }

    /// A consumer in full, as answered: it holds secrets. `None` when it is gone.
    pub async fn consumer(&self, id: &str) -> Result<Option<Value>, StepError> {
        match self.read("GetConsumer", &["v1", "consumers", id], &[]).await {
            Ok(view) => Ok(Some(view)),
            Err(failure) if gone(&failure) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Makes a consumer. The token tells a repetition from another content.
    pub async fn create_consumer(
        &self,
        key: &OperationKey,
        body: &Value,
        token: &str,
    ) -> Result<String, WriteFailure> {
        let call = repeatable("CreateConsumer", "POST", &["v1", "consumers"])
            .query("clientToken", token)
            .body(body.clone());
        let data = self.write(key, call).await?;
        Ok(id("CreateConsumer", &data, "/consumerId")?)
    }

    /// Removes a consumer.
    pub async fn delete_consumer(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        let call = repeatable("DeleteConsumer", "DELETE", &["v1", "consumers", id]);
        self.write(key, call).await.map(drop)
    }

    /// The routes that consumers may use in the gateway's environment; of one consumer, of one route, or
    /// all.
    pub async fn rules(
        &self,
        consumer: Option<&str>,
        route: Option<&str>,
    ) -> Result<Vec<RuleView>, StepError> {
        let mut query = vec![("environmentId", self.environment), ("principalType", "Consumer")];
        query.extend(consumer.map(|id| ("consumerId", id)));
        query.extend(route.map(|id| ("resourceId", id)));
        match self
            .list(
                "QueryConsumerAuthorizationRules",
                &["v1", "authorization-rules"],
                &query,
                "consumerAuthorizationRuleId",
            )
            .await
        {
            Ok(found) => Ok(found),
            Err(failure) if gone(&failure) => Ok(Vec::new()),
            Err(failure) => Err(CallFailure::into(failure)),
        }
    }

    /// Lets a consumer use a route.
    pub async fn authorize(&self, key: &OperationKey, rule: &Value) -> Result<String, WriteFailure> {
        let call = write("CreateConsumerAuthorizationRules", "POST", &["v1", "authorization-rules"])
            .body(json!({"authorizationRules": [rule]}));
        let data = self.write(key, call).await?;
        Ok(id("CreateConsumerAuthorizationRules", &data, "/consumerAuthorizationRuleIds/0")?)
    }

    /// Takes a grant back.
    pub async fn revoke(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        let segments = ["v1", "authorization-rules", id];
        let call = repeatable("RemoveConsumerAuthorizationRule", "DELETE", &segments);
        self.write(key, call).await.map(drop)
    }
}
