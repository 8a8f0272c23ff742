//! Answers as types: only the fields that are used, each absent one at its default.

mod plugin;

use serde::Deserialize;
use serde_json::Value;

pub use plugin::{
    FeatureDefinition, FeatureOption, FeatureView, GatewayView, InstalledClass, PluginAttachmentView,
    PluginClassView, PluginView, ResourceInfo,
};

/// A domain as `GetDomain` shows it; `ListDomains` shows a part of it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainView {
    /// Id.
    pub domain_id: String,
    /// Name.
    pub name: String,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// Plain requests are redirected.
    pub force_https: Option<bool>,
    /// Certificate.
    pub cert_identifier: Option<String>,
    /// Client certificates are asked for.
    #[serde(rename = "mTLSEnabled")]
    pub mtls_enabled: Option<bool>,
    /// Authority of client certificates, PEM.
    #[serde(rename = "clientCACert")]
    pub client_ca: Option<String>,
    /// Authority of client certificates, by id.
    pub ca_cert_identifier: Option<String>,
    /// HTTP/2; only in the detail.
    pub http2_option: Option<String>,
    /// Lowest TLS version.
    pub tls_min: Option<String>,
    /// Highest TLS version.
    pub tls_max: Option<String>,
    /// Cipher suites; only in the detail.
    pub tls_cipher_suites_config: Option<Value>,
}

/// A certificate of the account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateView {
    /// Identifier.
    pub cert_identifier: String,
    /// Names it covers, separated by commas.
    pub sans: String,
    /// Common name.
    pub common_name: String,
    /// End of validity, milliseconds since the Unix epoch.
    pub not_after_timestamp: Option<i64>,
}

/// How much of a kind the gateway may hold, and how much it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuotaView {
    /// Kind, in words that no document lists.
    pub quota_key: String,
    /// Most that fit.
    pub limit: Option<i64>,
    /// How many there are.
    pub used: Option<i64>,
    /// It holds for this gateway.
    pub applicable: Option<bool>,
}

/// A source.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceView {
    /// Id.
    pub source_id: String,
    /// State of the association.
    pub association_status: String,
    /// What hinders it.
    pub association_reason: Option<String>,
    /// The cluster; the detail spells the field in another way than the list.
    #[serde(alias = "k8SSourceInfo")]
    pub k8s_source_info: Option<Value>,
    /// The registry.
    pub nacos_source_info: Option<Value>,
}

/// A service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceView {
    /// Id.
    pub service_id: String,
    /// Name.
    pub name: String,
    /// `K8S`, `MSE_NACOS`, `VIP`, `DNS`, `FC3`.
    pub source_type: String,
    /// Namespace.
    pub namespace: Option<String>,
    /// Group.
    pub group_name: Option<String>,
    /// Version or alias of a function.
    pub qualifier: Option<String>,
    /// Addresses.
    pub addresses: Vec<String>,
    /// Name servers.
    pub dns_servers: Vec<String>,
    /// Protocol.
    pub protocol: Option<String>,
    /// Health checks, without the expected statuses.
    pub health_check: Option<Value>,
    /// `Healthy` or `Unhealthy`.
    pub health_status: Option<String>,
    /// Endpoints that fail their checks.
    pub unhealthy_endpoints: Vec<String>,
    /// Versions.
    pub versions: Vec<VersionView>,
}

/// A version of a service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct VersionView {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: Vec<LabelView>,
}

/// A label.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LabelView {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// An HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiView {
    /// Id.
    pub http_api_id: String,
    /// Name.
    pub name: String,
    /// `Http`, `Rest`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Protocols.
    pub protocols: Vec<String>,
    /// Description.
    pub description: Option<String>,
    /// Gateway it belongs to.
    pub gateway_id: Option<String>,
    /// Which Ingress objects it takes in.
    pub ingress_info: Option<Value>,
    /// Beginning of the paths of a REST API.
    pub base_path: Option<String>,
    /// Where a REST API leads, by environment.
    pub deploy_configs: Option<Vec<Value>>,
}

/// An operation of a REST API.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationView {
    /// Id.
    pub operation_id: String,
    /// Name.
    pub name: String,
    /// Path below the API's.
    pub path: String,
    /// Method.
    pub method: String,
    /// Description.
    pub description: Option<String>,
    /// An answer by the gateway itself.
    pub mock: Option<Value>,
    /// `NotDeployed`, `Deploying`, `Deployed`, `DeployedWithChanges`.
    pub status: String,
}

impl OperationView {
    /// What it differs in from the body that would make it.
    #[must_use]
    pub fn difference(&self, wanted: &Value) -> Option<String> {
        let found = serde_json::json!({
            "name": self.name, "path": self.path, "method": self.method,
            "description": self.description, "mock": self.mock,
        });
        crate::compare::difference(wanted, &found)
    }
}

/// A route.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteView {
    /// Id.
    pub route_id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Domains.
    pub domain_infos: Vec<DomainInfo>,
    /// Environment; among others its sub-domains.
    pub environment_info: Option<EnvironmentView>,
    /// Conditions, in the form of requests.
    #[serde(rename = "match")]
    pub condition: Value,
    /// Destination.
    pub backend: Value,
    /// `Deployed`, `NotDeployed` or something on the way.
    pub deploy_status: String,
    /// Milliseconds since the Unix epoch.
    pub create_timestamp: i64,
}

/// A domain inside another answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DomainInfo {
    /// Id.
    pub domain_id: String,
    /// Name.
    pub name: String,
}

/// An environment. One answer calls the sub-domains otherwise than the others.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvironmentView {
    /// Id.
    pub environment_id: String,
    /// Sub-domains that every environment has.
    #[serde(alias = "subDomainInfos")]
    pub sub_domains: Vec<DomainInfo>,
}

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyView {
    /// Id.
    pub policy_id: String,
    /// Name.
    pub name: String,
    /// Class.
    pub class_name: String,
    /// Configuration, JSON text.
    pub config: String,
    /// Where it is attached.
    pub attachments: Vec<AttachmentView>,
}

/// Where a policy is attached.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachmentView {
    /// Resource.
    pub attach_resource_id: String,
    /// Resources, when several.
    pub attach_resource_ids: Vec<String>,
    /// Kind of resource.
    pub attach_resource_type: String,
}

impl PolicyView {
    /// Whether it is a policy of that class, attached to that resource.
    #[must_use]
    pub fn is_on(&self, class: &str, kind: &str, id: &str) -> bool {
        self.class_name == class && self.attachments.iter().any(|one| one.is_on(kind, id))
    }
}

impl AttachmentView {
    fn is_on(&self, kind: &str, id: &str) -> bool {
        self.attach_resource_type == kind
            && (self.attach_resource_id == id || self.attach_resource_ids.iter().any(|one| one == id))
    }
}

/// A class of policies.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyClassView {
    /// Name.
    pub name: String,
    /// An example of a configuration, JSON text.
    pub config_example: String,
    /// Kinds of resources it may be attached to.
    pub attachable_resource_types: Vec<String>,
}

/// A consumer as the list shows it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumerView {
    /// Id.
    pub consumer_id: String,
    /// Name.
    pub name: String,
}

/// A route that a consumer may use.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleView {
    /// Id.
    pub consumer_authorization_rule_id: String,
    /// Consumer.
    pub consumer_id: String,
    /// `HttpApiRoute` and others.
    pub resource_type: String,
    /// Route.
    pub resource_id: String,
}
