//! Plugins: classes belong to the account, installations and attachments to the gateway.

use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::{Value, json};

use super::{id, repeatable, write};
use crate::Client;
use crate::paging::typed;
use crate::wire::{PluginAttachmentView, PluginClassView, PluginView};

/// Reading actions of this file.
pub const PLUGIN_READS: &[&str] =
    &["GetPluginClass", "ListPluginAttachments", "ListPluginClasses", "ListPlugins"];

/// Writing actions of this file.
pub const PLUGIN_WRITES: &[&str] = &[
    "CreatePluginAttachment",
    "CreatePluginClass",
    "DeletePluginAttachment",
    "DeletePluginClass",
    "InstallPlugin",
    "UninstallPlugin",
];

impl Client<'_> {
    /// Every class the account sees, of the provider and of its own.
    pub async fn plugin_classes(&self) -> Result<Vec<PluginClassView>, StepError> {
        Ok(self.list("ListPluginClasses", &["v1", "plugin-classes"], &[], "pluginClassId").await?)
    }

    /// A class in detail; `None` when it is gone. The answer does not repeat the id.
    pub async fn plugin_class(&self, id: &str) -> Result<Option<PluginClassView>, StepError> {
        match self.read("GetPluginClass", &["v1", "plugin-classes", id], &[]).await {
            Ok(data) => {
                let view: PluginClassView = typed("GetPluginClass", data)?;
                Ok(Some(PluginClassView { plugin_class_id: id.to_owned(), ..view }))
            }
            Err(failure) if crate::gone(&failure) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Makes a class of the operator's own. It can be installed once it is published.
    pub async fn create_plugin_class(&self, key: &OperationKey, body: Value) -> Result<String, WriteFailure> {
        let call = write("CreatePluginClass", "POST", &["v1", "plugin-classes"]).body(body);
        let data = self.write(key, call).await?;
        Ok(id("CreatePluginClass", &data, "/pluginClassId")?)
    }

    /// Removes a class of the operator's own.
    pub async fn delete_plugin_class(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        let call = repeatable("DeletePluginClass", "DELETE", &["v1", "plugin-classes", id]);
        self.write(key, call).await.map(drop)
    }

    /// Plugins installed on the gateway.
    pub async fn plugins(&self) -> Result<Vec<PluginView>, StepError> {
        Ok(self.list("ListPlugins", &["v1", "plugins"], &[("gatewayId", self.gateway)], "pluginId").await?)
    }

    /// Installs a class on the gateway.
    pub async fn install_plugin(&self, key: &OperationKey, class: &str) -> Result<String, WriteFailure> {
        let body = json!({"pluginClassId": class, "gatewayIds": [self.gateway]});
        // The path ends in a slash, unlike the path of the list.
        let data = self.write(key, write("InstallPlugin", "POST", &["v1", "plugins", ""]).body(body)).await?;
        Ok(id("InstallPlugin", &data, "/installPluginResults/0/pluginId")?)
    }

    /// Removes a class from the gateway.
    pub async fn uninstall_plugin(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        self.write(key, repeatable("UninstallPlugin", "DELETE", &["v1", "plugins", id])).await.map(drop)
    }

    /// Where plugins are attached on the gateway; with an id, where that plugin is.
    pub async fn plugin_attachments(
        &self,
        plugin: Option<&str>,
    ) -> Result<Vec<PluginAttachmentView>, StepError> {
        let mut query = vec![("gatewayId", self.gateway)];
        query.extend(plugin.map(|id| ("pluginId", id)));
        let segments = ["v1", "plugin-attachments"];
        Ok(self.list("ListPluginAttachments", &segments, &query, "pluginAttachmentId").await?)
    }

    /// Attaches a plugin with a configuration.
    pub async fn attach_plugin(&self, key: &OperationKey, body: Value) -> Result<String, WriteFailure> {
        let call = write("CreatePluginAttachment", "POST", &["v1", "plugin-attachments"]).body(body);
        let data = self.write(key, call).await?;
        Ok(id("CreatePluginAttachment", &data, "/pluginAttachmentId")?)
    }

    /// Detaches a plugin.
    pub async fn detach_plugin(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        let call = repeatable("DeletePluginAttachment", "DELETE", &["v1", "plugin-attachments", id]);
        self.write(key, call).await.map(drop)
    }
}
