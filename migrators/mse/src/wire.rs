//! The parts of the answers that the reader takes in, as types. Lenient about the two-typed fields
//! the product is known for; the account of fields sees to it that nothing else is overlooked.

mod policy;

use gateshift_sdk::model::Sealed;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub(crate) use policy::{
    CorsPolicy, HeaderItem, HeaderPolicy, MirrorPolicy, RewritePolicy, Rule, Transcoder,
};

/// Text that may be absent or null.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(from)?.unwrap_or_default())
}

/// A boolean that is text in some answers.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(value) => value,
        Value::String(text) => matches!(text.to_ascii_lowercase().as_str(), "true" | "on" | "1"),
        Value::Number(number) => number.as_i64() == Some(1),
        _ => false,
    })
}

/// A list that may be absent or null.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(from)?.unwrap_or_default())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Predicate {
    #[serde(default, deserialize_with = "text")]
    pub(crate) key: String,
    #[serde(default, rename = "Type", deserialize_with = "text")]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PathPredicate {
    #[serde(default, deserialize_with = "text")]
    pub(crate) path: String,
    #[serde(default, rename = "Type", deserialize_with = "text")]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) ignore_case: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Predicates {
    #[serde(default)]
    pub(crate) path_predicates: Option<PathPredicate>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) method_predicates: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) header_predicates: Vec<Predicate>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) query_predicates: Vec<Predicate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RouteService {
    #[serde(default)]
    pub(crate) service_id: Value,
    #[serde(default, deserialize_with = "text")]
    pub(crate) service_name: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) service_port: Option<u16>,
    #[serde(default)]
    pub(crate) percent: Option<u32>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) version: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) agreement_type: String,
    #[serde(default)]
    pub(crate) http_dubbo_transcoder: Option<Transcoder>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DirectResponse {
    #[serde(default)]
    pub(crate) code: Option<u16>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) body: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Redirect {
    #[serde(default)]
    pub(crate) code: Option<u16>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) host: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) path: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TimeoutPolicy {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) status: bool,
    #[serde(default)]
    pub(crate) unit_num: Option<u32>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) time_unit: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetryPolicy {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) status: bool,
    #[serde(default)]
    pub(crate) attempts: Option<u32>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) retry_on: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) http_codes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RouteDetail {
    pub(crate) id: Value,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) description: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) domain_name_list: Vec<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) domain_name: String,
    #[serde(default)]
    pub(crate) route_predicates: Option<Predicates>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) predicates: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) destination_type: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) route_services: Vec<RouteService>,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) fallback: bool,
    #[serde(default, deserialize_with = "list")]
    pub(crate) fallback_services: Vec<RouteService>,
    #[serde(default)]
    pub(crate) direct_response: Option<DirectResponse>,
    #[serde(default)]
    pub(crate) redirect: Option<Redirect>,
    #[serde(default)]
    pub(crate) timeout: Option<TimeoutPolicy>,
    #[serde(default)]
    pub(crate) retry: Option<RetryPolicy>,
    #[serde(default)]
    pub(crate) route_order: Option<i64>,
    #[serde(default)]
    pub(crate) gmt_create: Value,
    #[serde(default)]
    pub(crate) status: i64,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) enable_waf: bool,
    #[serde(default)]
    pub(crate) cors: Option<CorsPolicy>,
    #[serde(default, rename = "HTTPRewrite")]
    pub(crate) rewrite: Option<RewritePolicy>,
    #[serde(default)]
    pub(crate) header_op: Option<HeaderPolicy>,
    #[serde(default)]
    pub(crate) flow_mirror: Option<MirrorPolicy>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) policies: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HealthCheckInfo {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) check: bool,
    #[serde(default, deserialize_with = "text")]
    pub(crate) protocol: String,
    #[serde(default)]
    pub(crate) interval: Option<u32>,
    #[serde(default)]
    pub(crate) timeout: Option<u32>,
    #[serde(default)]
    pub(crate) healthy_threshold: Option<u32>,
    #[serde(default)]
    pub(crate) unhealthy_threshold: Option<u32>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) http_host: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) http_path: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) expected_statuses: Vec<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Label {
    pub(crate) key: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VersionOf {
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) labels: Vec<Label>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VersionDetail {
    pub(crate) service_version: VersionOf,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServiceDetail {
    pub(crate) id: Value,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) namespace: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) group_name: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) source_type: String,
    #[serde(default)]
    pub(crate) source_id: Value,
    #[serde(default, rename = "ServiceFQDN", deserialize_with = "text")]
    pub(crate) fqdn: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) service_name_in_registry: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) service_protocol: String,
    #[serde(default)]
    pub(crate) service_port: Option<u16>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) ports: Vec<u16>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) ips: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) dns_server_list: Vec<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) meta_info: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) version_details: Vec<VersionDetail>,
    #[serde(default)]
    pub(crate) gateway_traffic_policy: Value,
    #[serde(default, deserialize_with = "list")]
    pub(crate) port_traffic_policy_list: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ciphers {
    #[serde(default, deserialize_with = "text")]
    pub(crate) config_type: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) tls_cipher_suites: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DomainDetail {
    pub(crate) id: Value,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) protocol: String,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) must_https: bool,
    #[serde(default, deserialize_with = "text")]
    pub(crate) cert_identifier: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) http2: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) tls_min: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) tls_max: String,
    #[serde(default)]
    pub(crate) tls_cipher_suites_config: Option<Ciphers>,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) mtls_enabled: bool,
    #[serde(default, deserialize_with = "text")]
    pub(crate) ca_cert_identifier: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IngressOptions {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) enable_ingress: bool,
    #[serde(default, deserialize_with = "text")]
    pub(crate) ingress_class: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) watch_namespace: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SourceItem {
    pub(crate) id: Value,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) source: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) address: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) source_unique_id: String,
    #[serde(default)]
    pub(crate) ingress_options: Option<IngressOptions>,
    #[serde(default)]
    pub(crate) binding_with_gateway: Option<i64>,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) invalid: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GatewayEntry {
    #[serde(default, deserialize_with = "text")]
    pub(crate) entry_domain: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) http_ports: Vec<u16>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) https_ports: Vec<u16>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) ip_list: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) ipv6_list: Vec<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) net_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SlbItem {
    #[serde(default, deserialize_with = "text")]
    pub(crate) slb_ip: String,
    #[serde(default, rename = "Type", deserialize_with = "text")]
    pub(crate) kind: String,
}

/// A switch of which only a plain yes or no is one.
fn switch<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(value) => Some(value),
        Value::String(text) if !text.is_empty() => Some(matches!(text.as_str(), "1" | "true" | "on")),
        Value::Number(number) => Some(number.as_i64() == Some(1)),
        _ => None,
    })
}

/// A plugin in `GetPlugins`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PluginItem {
    pub(crate) id: Value,
    pub(crate) name: String,
    pub(crate) category: i64,
    #[serde(default)]
    pub(crate) phase: Option<i64>,
    #[serde(default)]
    pub(crate) priority: i64,
    #[serde(default)]
    pub(crate) mode: Option<i64>,
    #[serde(default)]
    pub(crate) wasm_lang: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) wasm_file: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) version: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) summary: String,
    #[serde(default, deserialize_with = "switch")]
    pub(crate) status: Option<bool>,
    #[serde(default)]
    pub(crate) publish_state: Option<i64>,
}

/// A plugin in `GetPluginConfig`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PluginDetail {
    #[serde(default, deserialize_with = "list")]
    pub(crate) gateway_config_list: Vec<RuleItem>,
    #[serde(default)]
    pub(crate) mode: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) image_name: String,
}

/// A rule of a plugin. Its configuration is sealed, or so empty that there is nothing to seal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RuleItem {
    pub(crate) id: Value,
    pub(crate) config_level: i64,
    #[serde(default = "nothing_sealed", deserialize_with = "sealed")]
    pub(crate) config: Sealed,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) enable: bool,
    #[serde(default, deserialize_with = "list")]
    pub(crate) resource_list: Vec<ResourceItem>,
}

/// What a rule names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResourceItem {
    #[serde(default)]
    pub(crate) id: Option<Value>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
}

fn sealed<'de, D: Deserializer<'de>>(from: D) -> Result<Sealed, D::Error> {
    let text = Value::String(text(from)?);
    serde_json::from_value(text).map_err(serde::de::Error::custom)
}

fn nothing_sealed() -> Sealed {
    serde_json::from_value(Value::String(String::new())).unwrap_or_else(|_| Sealed::from_cipher(""))
}
