//! Policies, and the classes they are of.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use super::{id, repeatable, write};
use crate::Client;
use crate::convert::policy::ON_ROUTE;
use crate::paging::typed;
use crate::wire::{PolicyClassView, PolicyView};

impl Client<'_> {
    /// Every class of policies.
    pub async fn policy_classes(&self) -> Result<Vec<PolicyClassView>, StepError> {
        Ok(self.list("ListPolicyClasses", &["v1", "policy-classes"], &[], "name").await?)
    }

    /// Policies attached to the gateway's resources of one kind; with an id, to that resource. The
    /// list is unpaged. Only attachments to routes belong to an environment.
    pub async fn policies(&self, kind: &str, id: Option<&str>) -> Result<Vec<PolicyView>, StepError> {
        let mut query =
            vec![("gatewayId", self.gateway), ("attachResourceType", kind), ("withAttachments", "true")];
        if kind == ON_ROUTE {
            query.push(("environmentId", self.environment));
        }
        query.extend(id.map(|id| ("attachResourceId", id)));
        let mut data = self.read("ListPolicies", &["v1", "policies"], &query).await?;
        let items = match data["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        items.into_iter().map(|item| typed("ListPolicies", item)).collect()
    }

    /// A policy without its attachments; `None` when it is gone.
    pub async fn policy(&self, id: &str) -> Result<Option<PolicyView>, StepError> {
        match self.read("GetPolicy", &["v2", "policies", id], &[]).await {
            Ok(data) => typed("GetPolicy", data).map(Some),
            Err(failure) if crate::gone(&failure) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Makes a policy and attaches it. The body holds its configuration as an object; on the
    /// wire it is text.
    pub async fn attach_policy(&self, key: &OperationKey, body: &Value) -> Result<String, WriteFailure> {
        let mut body = body.clone();
        body["config"] = json!(body["config"].to_string());
        let data =
            self.write(key, write("CreateAndAttachPolicy", "POST", &["v1", "policies"]).body(body)).await?;
        Ok(id("CreateAndAttachPolicy", &data, "/policyId")?)
    }

    /// Replaces a policy's configuration and what it is attached to. The body is that of its making.
    pub async fn update_policy(
        &self,
        key: &OperationKey,
        id: &str,
        body: &Value,
    ) -> Result<(), WriteFailure> {
        let mut body = body.clone();
        body["config"] = json!(body["config"].to_string());
        if let Some(fields) = body.as_object_mut() {
            fields.remove("className");
        }
        let call = repeatable("UpdateAndAttachPolicy", "PUT", &["v1", "policies", id]).body(body);
        self.write(key, call).await.map(drop)
    }

    /// Detaches a policy everywhere and removes it.
    pub async fn delete_policy(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        self.write(key, repeatable("DetachAndDeletePolicy", "DELETE", &["v1", "policies", id]))
            .await
            .map(drop)
    }
}
