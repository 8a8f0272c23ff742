//! Parameters of the gateway, which the product calls features, and the gateway's own state.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use super::{repeatable, write};
use crate::Client;
use crate::paging::typed;
use crate::wire::{FeatureView, GatewayView};

/// Reading actions of this file.
pub const FEATURE_READS: &[&str] = &["GetGateway", "ListGatewayFeatures"];

/// Writing actions of this file.
pub const FEATURE_WRITES: &[&str] = &["RestartGateway", "UpdateGatewayFeature"];

impl Client<'_> {
    /// Every parameter of the gateway. The list has no pages.
    pub async fn features(&self) -> Result<Vec<FeatureView>, StepError> {
        let segments = ["v1", "gateways", self.gateway, "gateway-features"];
        let mut data = self.read("ListGatewayFeatures", &segments, &[]).await?;
        let items = match data["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        items.into_iter().map(|item| typed("ListGatewayFeatures", item)).collect()
    }

    /// Sets a parameter by its name on the wire.
    pub async fn set_feature(&self, key: &OperationKey, name: &str, value: &str) -> Result<(), WriteFailure> {
        let segments = ["v1", "gateways", self.gateway, "gateway-features", name];
        let call = repeatable("UpdateGatewayFeature", "PUT", &segments).body(json!({"value": value}));
        self.write(key, call).await.map(drop)
    }

    /// Restarts the gateway.
    pub async fn restart_gateway(&self, key: &OperationKey) -> Result<(), WriteFailure> {
        let call = write("RestartGateway", "POST", &["v1", "gateways", self.gateway, "restart"]);
        self.write(key, call).await.map(drop)
    }

    /// The gateway.
    pub async fn gateway(&self) -> Result<GatewayView, StepError> {
        typed("GetGateway", self.read("GetGateway", &["v1", "gateways", self.gateway], &[]).await?)
    }
}
