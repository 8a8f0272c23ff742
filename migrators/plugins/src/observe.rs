//! What the target has that a plan could meet. Classes belong to the account and are there before the
//! gateway is; what is installed and attached is read once there is a gateway.

use gateshift_apig::Client;
use gateshift_apig::wire::{PluginAttachmentView, PluginClassView, PluginView};
use gateshift_gateway_model::TargetInstance;
use gateshift_sdk::model::{StepError, is_planned};

/// The target as it was when the plan was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    /// Classes of the account.
    pub(crate) classes: Vec<PluginClassView>,
    /// Installed plugins.
    pub(crate) plugins: Vec<PluginView>,
    /// Attachments.
    pub(crate) attachments: Vec<PluginAttachmentView>,
    /// Version of the gateway's engine; absent while there is none.
    pub(crate) version: Option<String>,
}

/// Reads the target.
pub(crate) async fn observe(client: &Client<'_>, target: &TargetInstance) -> Result<Observed, StepError> {
    let classes = client.plugin_classes().await?;
    if is_planned(&target.gateway) {
        return Ok(Observed { classes, ..Observed::default() });
    }
    Ok(Observed {
        classes,
        plugins: client.plugins().await?,
        attachments: client.plugin_attachments(None).await?,
        version: Some(client.gateway().await?.version),
    })
}
