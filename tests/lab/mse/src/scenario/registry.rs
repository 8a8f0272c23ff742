//! Registries that a gateway takes services from.

use serde::{Deserialize, Serialize};

use super::is_default;

/// A registry the gateway is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Display name, which services refer to.
    pub name: String,
    /// Kind of registry.
    #[serde(rename = "type")]
    pub kind: SourceType,
    /// Id of the cluster or of the registry instance; derived from the name when left out.
    #[serde(default)]
    pub id: String,
    /// The gateway takes its routes from the Ingresses of the cluster.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ingress: Option<Ingress>,
    /// The registry is gone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invalid: bool,
    /// The gateway is not connected to it any more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unbound: bool,
}

impl Source {
    /// A registry of which nothing is known but its name and kind.
    #[must_use]
    pub fn new(name: &str, kind: SourceType) -> Self {
        Self { name: name.to_owned(), kind, id: String::new(), ingress: None, invalid: false, unbound: false }
    }
}

/// Which Ingresses of a cluster a gateway follows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingress {
    /// Ingress class; any when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Namespace; any when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The gateway writes its address into them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status: bool,
}

/// Kinds of registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    /// A Kubernetes cluster (Container Service).
    K8s,
    /// An MSE Nacos instance.
    Nacos,
    /// An MSE ZooKeeper instance.
    Zookeeper,
    /// The registry of Serverless App Engine.
    Sae,
    /// The registry of EDAS.
    Edas,
    /// Kubernetes services of Serverless App Engine.
    #[serde(rename = "sae_k8s")]
    SaeK8s,
}
