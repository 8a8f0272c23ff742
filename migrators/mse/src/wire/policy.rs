//! Policies of routes and the rules of the three rule lists, with the product's own spellings.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{flag, list, text};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CorsPolicy {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) status: bool,
    #[serde(default, deserialize_with = "text")]
    pub(crate) allow_origins: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) allow_methods: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) allow_headers: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) expose_headers: String,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) allow_credentials: bool,
    #[serde(default)]
    pub(crate) unit_num: Option<u64>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) time_unit: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RewritePolicy {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) status: bool,
    #[serde(default, deserialize_with = "text")]
    pub(crate) path_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) path: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) host: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) pattern: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) substitution: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HeaderItem {
    #[serde(default, deserialize_with = "text")]
    pub(crate) direction_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) op_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) key: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HeaderPolicy {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) status: bool,
    #[serde(default, deserialize_with = "list")]
    pub(crate) header_op_items: Vec<HeaderItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MirrorPolicy {
    #[serde(default, deserialize_with = "flag")]
    pub(crate) status: bool,
    #[serde(default)]
    pub(crate) percentage: Option<u32>,
    #[serde(default)]
    pub(crate) target_service_id: Value,
    #[serde(default)]
    pub(crate) port: Option<u16>,
}

/// Misspelt by the product.
#[derive(Debug, Deserialize)]
pub(crate) struct TranscodedMethod {
    #[serde(default, rename = "DubboMothedName", deserialize_with = "text")]
    pub(crate) method: String,
    #[serde(default, rename = "HttpMothed", deserialize_with = "text")]
    pub(crate) http_method: String,
    #[serde(default, rename = "Mothedpath", deserialize_with = "text")]
    pub(crate) path: String,
    #[serde(flatten)]
    pub(crate) rest: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Transcoder {
    #[serde(default, rename = "DubboServiceName", deserialize_with = "text")]
    pub(crate) service: String,
    #[serde(default, rename = "DubboServiceVersion", deserialize_with = "text")]
    pub(crate) version: String,
    #[serde(default, rename = "DubboServiceGroup", deserialize_with = "text")]
    pub(crate) group: String,
    #[serde(default, rename = "MothedMapList", deserialize_with = "list")]
    pub(crate) methods: Vec<TranscodedMethod>,
}

/// A rule of any of the three lists; each uses its own part of the fields.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rule {
    #[serde(default)]
    pub(crate) route_id: Value,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) enable: bool,
    #[serde(default)]
    pub(crate) behavior_type: Option<i64>,
    #[serde(default)]
    pub(crate) body_encoding: Option<i64>,
    #[serde(default)]
    pub(crate) response_status_code: Option<u16>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) response_content_body: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) response_redirect_url: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) response_additional_headers: String,
    #[serde(default)]
    pub(crate) limit_mode: Option<i64>,
    #[serde(default)]
    pub(crate) threshold: Option<u64>,
    #[serde(default)]
    pub(crate) stat_duration_ms: Option<u64>,
    #[serde(default)]
    pub(crate) max_concurrency: Option<u64>,
    #[serde(default)]
    pub(crate) strategy: Option<i64>,
    #[serde(default)]
    pub(crate) trigger_ratio: Option<u64>,
    #[serde(default)]
    pub(crate) stat_duration_sec: Option<u64>,
    #[serde(default)]
    pub(crate) recovery_timeout_sec: Option<u64>,
    #[serde(default)]
    pub(crate) min_request_amount: Option<u64>,
    #[serde(default)]
    pub(crate) max_allowed_ms: Option<u64>,
}
