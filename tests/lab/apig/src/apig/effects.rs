//! What the policies of a route mean to a data plane.

use gateshift_lab_kernel::policy::{
    Breaker, Cors, HeaderChange, HeaderOp, Limit, Mirror, PathRewrite, Policies, Refusal, Rewrite,
};
use serde_json::Value;

/// Finds the configuration of a class that is in force.
pub(crate) type Find<'a> = &'a dyn Fn(&str) -> Option<&'a Value>;

/// All of one route but its consumers and its mirror, which need more than their configuration.
pub(crate) fn policies(find: Find<'_>) -> Policies {
    Policies {
        rewrite: find("HttpRewrite").map(rewrite),
        headers: find("HeaderModify").map(headers).unwrap_or_default(),
        cors: find("Cors").map(cors),
        mirror: None,
        rate_limit: find("RateLimit").map(limit),
        concurrency: find("ConcurrencyLimit").map(limit),
        breaker: find("CircuitBreaker").map(breaker),
        consumers: None,
    }
}

fn text<'a>(config: &'a Value, name: &str) -> &'a str {
    config.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(config: &Value, name: &str) -> Option<u64> {
    config.get(name).and_then(Value::as_u64)
}

/// A list, or texts in one text with commas between.
pub(crate) fn list(config: &Value, name: &str) -> Vec<String> {
    let parts = |text: &str| -> Vec<String> {
        text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
    };
    match config.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).flat_map(parts).collect(),
        Some(Value::String(text)) => parts(text),
        _ => Vec::new(),
    }
}

fn rewrite(config: &Value) -> Rewrite {
    let owned = |name: &str| text(config, name).to_owned();
    let path = match text(config, "pathType") {
        "EQUAL" | "Exact" => Some(PathRewrite::Exact(owned("path"))),
        "PRE" | "Prefix" => Some(PathRewrite::Prefix(owned("path"))),
        "" => None,
        _ => Some(PathRewrite::Regex { pattern: owned("pattern"), substitution: owned("substitution") }),
    };
    let path = path.filter(|path| match path {
        PathRewrite::Exact(path) | PathRewrite::Prefix(path) => !path.is_empty(),
        PathRewrite::Regex { pattern, .. } => !pattern.is_empty(),
    });
    Rewrite { path, host: Some(owned("host")).filter(|host| !host.is_empty()) }
}

fn headers(config: &Value) -> Vec<HeaderChange> {
    let read = |one: &Value| HeaderChange {
        response: text(one, "directionType").eq_ignore_ascii_case("Response"),
        op: match text(one, "opType") {
            "Add" => HeaderOp::Add,
            "Delete" => HeaderOp::Delete,
            _ => HeaderOp::Update,
        },
        name: text(one, "key").to_owned(),
        value: text(one, "value").to_owned(),
    };
    config.get("headerOpItems").and_then(Value::as_array).into_iter().flatten().map(read).collect()
}

fn cors(config: &Value) -> Cors {
    let seconds = match text(config, "timeUnit") {
        "h" => 3600,
        "m" => 60,
        "d" => 86_400,
        _ => 1,
    };
    Cors {
        origins: list(config, "allowOrigins"),
        methods: list(config, "allowMethods"),
        headers: list(config, "allowHeaders"),
        expose: list(config, "exposeHeaders"),
        credentials: config.get("allowCredentials").and_then(Value::as_bool).unwrap_or(false),
        max_age_seconds: number(config, "unitNum").unwrap_or_default().saturating_mul(seconds),
    }
}

/// A copy of the traffic; `resolve` finds the service.
pub(crate) fn mirror(
    config: &Value,
    resolve: impl Fn(&str) -> Option<gateshift_lab_kernel::gateway::Target>,
) -> Option<Mirror> {
    let percent = number(config, "percentage").and_then(|number| u32::try_from(number).ok());
    Some(Mirror { target: resolve(text(config, "targetServiceId"))?, percent: percent.unwrap_or_default() })
}

/// The product's limits count by the second.
fn limit(config: &Value) -> Limit {
    Limit {
        threshold: number(config, "threshold").unwrap_or(u64::MAX),
        window_ms: 1000,
        refusal: refusal(config),
    }
}

fn breaker(config: &Value) -> Breaker {
    let ms = |name: &str, usual: u64| number(config, name).unwrap_or(usual).saturating_mul(1000);
    Breaker {
        ratio_percent: number(config, "triggerRatio").unwrap_or(100),
        slow_ms: number(config, "maxAllowedMs").filter(|limit| *limit > 0),
        window_ms: ms("statDurationSec", 10),
        recovery_ms: ms("recoveryTimeoutSec", 30),
        min_requests: number(config, "minRequestAmount").unwrap_or(1),
        refusal: refusal(config),
    }
}

fn refusal(config: &Value) -> Refusal {
    if number(config, "behaviorType") == Some(1) {
        return Refusal::Redirect(text(config, "responseRedirectUrl").to_owned());
    }
    let status = number(config, "responseStatusCode").and_then(|code| u16::try_from(code).ok());
    Refusal::Content {
        status: status.unwrap_or(429),
        body: text(config, "responseContentBody").to_owned(),
        json: number(config, "bodyEncoding") == Some(1),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_class_is_read_from_its_own_words() {
        let rewritten = |config: Value| rewrite(&config);
        let host = Some("b.local".to_owned());
        assert_eq!(
            rewritten(json!({"pathType": "PRE", "path": "/v2/", "host": "b.local"})),
            Rewrite { path: Some(PathRewrite::Prefix("/v2/".to_owned())), host }
        );
        let regex = json!({"pathType": "ERGULAR", "pattern": "^/a", "substitution": "/b", "host": ""});
        let wanted = PathRewrite::Regex { pattern: "^/a".to_owned(), substitution: "/b".to_owned() };
        assert_eq!(rewritten(regex), Rewrite { path: Some(wanted), host: None });
        let found = cors(&json!({"allowOrigins": "https://a, https://b", "timeUnit": "h", "unitNum": 2}));
        assert_eq!((found.origins.len(), found.max_age_seconds), (2, 7200));
        let items = json!([{"directionType": "Response", "opType": "Delete", "key": "server", "value": ""}]);
        let found = headers(&json!({ "headerOpItems": items }));
        assert_eq!((found[0].response, found[0].op), (true, HeaderOp::Delete));
        let away = json!({"threshold": 5, "behaviorType": 1, "responseRedirectUrl": "https://x"});
        assert_eq!(limit(&away).refusal, Refusal::Redirect("https://x".to_owned()));
        let found = breaker(&json!({"triggerRatio": 40, "recoveryTimeoutSec": 7, "maxAllowedMs": 0}));
        assert_eq!((found.ratio_percent, found.recovery_ms, found.slow_ms), (40, 7000, None));
    }
}
