//! What a configuration says: read for its meaning only, never written again.

use serde_json::{Map, Value};

/// Key under which rules stood inside a configuration before the product had levels.
pub(crate) const RULES: &str = "_rules_";
/// Keys of such rules that are attachments of their own today.
pub(crate) const MATCH_ROUTE: &str = "_match_route_";
pub(crate) const MATCH_DOMAIN: &str = "_match_domain_";
/// Beginning of the keys that say where such a rule applies.
pub(crate) const MATCH: &str = "_match_";

/// Ends of the names that stand for services.
const SERVICE_ENDS: &[&str] = &[".static", ".dns", ".svc.cluster.local", ".nacos"];

/// Keys of the provider's plugins whose value is a service.
const SERVICE_KEYS: &[&str] = &["service_name", "serviceName"];

/// A configuration as a value; an empty one is null. The error says where, never what: secrets stand in
/// these texts.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str::<Value>(text).map_err(|error| match error.location() {
        Some(at) => format!("line {}, column {}", at.line(), at.column()),
        None => "no place is known".to_owned(),
    })
}

/// Names of services anywhere in a configuration, without their ports.
pub(crate) fn services(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.extend(service(text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            found.extend(described(fields));
            fields.values().for_each(|field| collect(field, found));
        }
        _ => {}
    }
}

/// A service told by its parts, or by a bare name that stands for none.
fn described(fields: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = SERVICE_KEYS.iter().find_map(|key| text(key))?;
    if service(name).is_some() {
        return None;
    }
    let space = text("namespace").unwrap_or("public");
    let whole = match text("serviceSource").map(str::to_ascii_lowercase).as_deref() {
        Some("k8s") => format!("{name}.{}.svc.cluster.local", text("namespace").unwrap_or("default")),
        Some("nacos") => format!("{name}.DEFAULT-GROUP.{space}.nacos"),
        Some("ip") => format!("{name}.static"),
        Some("dns") => format!("{name}.dns"),
        // Taken from the route, or by host: no service is named.
        Some(_) => return None,
        None => name.to_owned(),
    };
    Some(whole.to_ascii_lowercase())
}

/// `outbound|80||orders.static` and `http://orders.static:80/path` name the same service.
fn service(text: &str) -> Option<String> {
    let text = text.rsplit_once("||").map_or(text, |(_, name)| name);
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', ':', '?']).next().unwrap_or_default().to_ascii_lowercase();
    let plain = text.chars().all(|letter| !letter.is_whitespace());
    let ends = SERVICE_ENDS.iter().any(|end| text.len() > end.len() && text.ends_with(end));
    (plain && ends).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{parse, services};

    #[test]
    fn services_are_found_wherever_they_stand() {
        let value = json!({
            "redis": {"service_name": "redis.static", "service_port": 6379},
            "rules": [{"url": "http://Auth.shop.svc.cluster.local:8080/check"}, "outbound|80||a.DEFAULT-GROUP.public.nacos"],
            "text": "served from a .static file", "host": "example.com", "end": ".dns",
        });
        assert_eq!(
            services(&value),
            ["a.default-group.public.nacos", "auth.shop.svc.cluster.local", "redis.static"]
        );
    }

    #[test]
    fn services_told_by_their_parts_are_put_together() {
        for (value, wanted) in [
            (
                json!({"serviceSource": "k8s", "serviceName": "opa", "namespace": "auth"}),
                &["opa.auth.svc.cluster.local"][..],
            ),
            (
                json!({"serviceSource": "nacos", "serviceName": "Opa", "namespace": "public"}),
                &["opa.default-group.public.nacos"],
            ),
            (json!({"serviceSource": "ip", "serviceName": "opa"}), &["opa.static"]),
            (json!({"serviceSource": "dns", "serviceName": "opa", "domain": "x"}), &["opa.dns"]),
            (json!({"serviceSource": "route", "serviceName": "opa", "host": "x"}), &[]),
            (
                json!({"serviceSource": "k8s", "serviceName": "opa.a.svc.cluster.local"}),
                &["opa.a.svc.cluster.local"],
            ),
            (json!({"redis": {"service_name": "redis"}}), &["redis"]),
        ] {
            assert_eq!(services(&value), wanted, "{value}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_by_place_only() {
        let error = parse("a: 1\nb: [hunter2\nc: }").unwrap_err();
        assert!(!error.contains("hunter2") && error.contains("line"), "{error}");
        assert_eq!(parse("# nothing\n\n"), Ok(Value::Null));
        assert_eq!(parse("a: \"1\"\r\nb: ü\r\n"), Ok(json!({"a": "1", "b": "ü"})));
    }
}
