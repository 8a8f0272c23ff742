//! How this control plane behaves where the real one may behave in more than one way, and how long
//! things take. All times are lab time.

use serde::Deserialize;

/// How long asynchronous work takes, lab milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// A new gateway until `Running`.
    pub creating_ms: i64,
    /// From `Running` until the load balancers are `Ready`.
    pub balancer_ms: i64,
    /// A restart.
    pub restarting_ms: i64,
    /// A deletion until the gateway is gone.
    pub deleting_ms: i64,
    /// A publication of a route.
    pub deploying_ms: i64,
    /// A source until it is associated.
    pub associating_ms: i64,
    /// A plugin class of one's own until it is published.
    pub publishing_ms: i64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            creating_ms: 180_000,
            balancer_ms: 20_000,
            restarting_ms: 60_000,
            deleting_ms: 60_000,
            deploying_ms: 2_000,
            associating_ms: 3_000,
            publishing_ms: 30_000,
        }
    }
}

/// Switches for what the public documentation leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Times of asynchronous work.
    pub timing: Timing,
    /// Accept the backend scene `MultiServiceByTag`, which the request enumeration does not list.
    pub accept_by_tag: bool,
    /// Refuse the method `OPTIONS`, so that only the enumeration's own `OPTION` passes.
    pub refuse_options_spelling: bool,
    /// Accept a domain named `*`.
    pub accept_star_domain: bool,
    /// Refuse to publish a route that has no environment sub-domain among its domains.
    pub deploy_needs_sub_domain: bool,
    /// Write lock of a gateway: a write that comes sooner than this after the last one is refused
    /// with `Conflict.LockFailed`; 0 = never.
    pub lock_ms: i64,
    /// A repeated idempotency token is answered `IdempotentProcessing` for this long; 0 = never.
    pub processing_ms: i64,
    /// Timeout of a route without a Timeout policy. The provider publishes none; this one differs
    /// from the source's default on purpose, so that relying on it shows.
    pub default_timeout_ms: u64,
    /// Attempts after the first of a route without a Retry policy, likewise unpublished.
    pub default_retries: u32,
    /// Policy class whose configurations have other keys than the documented ones, if any.
    pub strange_dialect: Option<String>,
    /// Policy class that attaches to whole APIs and to nothing smaller, if any.
    pub only_on_apis: Option<String>,
    /// Plugin of the provider that this region does not list, if any.
    pub unlisted_plugin: Option<String>,
    /// Gateway parameter, by the name that people read, that this region does not list, if any.
    pub unlisted_parameter: Option<String>,
    /// List the plugin `geo-ip`, about which the provider's pages contradict each other.
    pub list_geo_ip: bool,
    /// Publishing of plugin classes fails.
    pub publishing_fails: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timing: Timing::default(),
            accept_by_tag: true,
            refuse_options_spelling: false,
            accept_star_domain: true,
            deploy_needs_sub_domain: false,
            lock_ms: 0,
            processing_ms: 0,
            default_timeout_ms: 30_000,
            default_retries: 2,
            strange_dialect: None,
            only_on_apis: None,
            unlisted_plugin: None,
            unlisted_parameter: None,
            list_geo_ip: false,
            publishing_fails: false,
        }
    }
}
