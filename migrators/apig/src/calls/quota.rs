//! How much of each kind the gateway may hold.

use gateshift_sdk::api::CallFailure;
use serde::Deserialize as _;

use crate::Client;
use crate::wire::QuotaView;

impl Client<'_> {
    /// The gateway's quotas. Items of another shape are left out: what they are about is not known.
    pub async fn quotas(&self) -> Result<Vec<QuotaView>, CallFailure> {
        let segments = ["v1", "gateways", self.gateway, "resource-quota-usage"];
        let data = self.read("GetGatewayResourceQuotaUsage", &segments, &[]).await?;
        let items = data["items"].as_array().into_iter().flatten();
        Ok(items.filter_map(|item| QuotaView::deserialize(item).ok()).collect())
    }
}
