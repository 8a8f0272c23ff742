//! Gateway parameters: which there are, their kinds and what they are when nobody set them.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// Every parameter with its default. The four that the target does not have are among them.
static DEFAULTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let all = json!({
        "AccessLogHeader": "",
        "DisableHttp2Alpn": false,
        "DownstreamConnectionBufferLimits": 32768,
        "DownstreamHttp2MaxConcurrentStream": 100,
        "DownstreamIdleTime": 15,
        "EnableCustomAuthConfigPush": "false",
        "EnableGenerateRequestId": true,
        "EnableGzip": false,
        "EnableGzipHardwareAccelerate": false,
        "EnableHardwareAccelerate": true,
        "EnableHttp2": false,
        "EnableHttp3": false,
        "EnableK8sSourceWorkloadFilter": { "Enable": false, "FilterOpt": "EQUAL", "LabelKey": "", "LabelValue": "" },
        "EnableProxyProtocol": false,
        "EnableSlashMerge": false,
        "EnableWaf": false,
        "EnableXffTrustedCidrs": { "Enable": false, "IpListContent": "" },
        "InitialConnectionWindowSize": 1048576,
        "InitialStreamWindowSize": 65535,
        "KeepaliveHeaderTimeout": 0,
        "LiteMetrics": false,
        "LogFilterConfig": "",
        "PathWithEscapedSlashes": "KEEP_UNCHANGED",
        "PreserveExternalRequestID": false,
        "PreserveHeaderFormat": false,
        "UpstreamIdleTimeout": 30,
        "WebsocketTermGracePeriod": 20,
        "XffTrustedNum": 0,
        "ZipAlgorithm": "",
    });
    match all {
        Value::Object(map) => map,
        _ => Map::new(),
    }
});

/// Least and greatest value of those that have one.
const RANGES: &[(&str, i64, i64)] = &[
    ("DownstreamConnectionBufferLimits", 0, 2_147_483_647),
    ("DownstreamHttp2MaxConcurrentStream", 0, 2_147_483_647),
    ("DownstreamIdleTime", 0, 600),
    ("InitialConnectionWindowSize", 65_535, 2_147_483_647),
    ("InitialStreamWindowSize", 65_535, 2_147_483_647),
    ("KeepaliveHeaderTimeout", 0, 600),
    ("UpstreamIdleTimeout", 0, 600),
    ("WebsocketTermGracePeriod", 20, 900),
    ("XffTrustedNum", 0, 10),
];

/// What a path with escaped slashes can be turned into.
const SLASHES: &[&str] =
    &["KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"];

/// Parameters that only the older answer shows.
pub(crate) const OPTION_ONLY: &[&str] = &["DisableHttp2Alpn"];

/// The parameters of a gateway that nobody touched.
pub(crate) fn defaults() -> Map<String, Value> {
    DEFAULTS.clone()
}

/// Whether there is such a parameter and the value is one that it can have.
pub(crate) fn fits(name: &str, value: &Value) -> Result<(), String> {
    let Some(default) = DEFAULTS.get(name) else {
        return Err(format!("{name:?} is no gateway parameter"));
    };
    let same = match (default, value) {
        (Value::Object(known), Value::Object(given)) => {
            given.iter().all(|(key, value)| known.get(key).is_some_and(|default| same_kind(default, value)))
        }
        _ => same_kind(default, value),
    };
    if !same {
        return Err(format!("{name} cannot be {value}; its default is {default}"));
    }
    if let (Some((_, least, most)), Some(number)) =
        (RANGES.iter().find(|(known, ..)| *known == name), value.as_i64())
        && !(*least..=*most).contains(&number)
    {
        return Err(format!("{name} cannot be {number}; it goes from {least} to {most}"));
    }
    if name == "PathWithEscapedSlashes" && !value.as_str().is_some_and(|value| SLASHES.contains(&value)) {
        return Err(format!("{name} cannot be {value}; it is one of {SLASHES:?}"));
    }
    Ok(())
}

/// A value given as text, as writes carry it, in the parameter's own kind.
pub(crate) fn parse(name: &str, text: &str) -> Result<Value, String> {
    let Some(default) = DEFAULTS.get(name) else {
        return Err(format!("{name:?} is no gateway parameter"));
    };
    let value = match default {
        Value::Bool(_) => text.to_ascii_lowercase().parse().ok().map(Value::Bool),
        Value::Number(_) => text.parse::<i64>().ok().map(Value::from),
        Value::String(_) => Some(Value::from(text)),
        _ => serde_json::from_str(text).ok(),
    };
    let value = value.ok_or_else(|| format!("{name} cannot be {text:?}; its default is {default}"))?;
    fits(name, &value).map(|()| value)
}

fn same_kind(a: &Value, b: &Value) -> bool {
    matches!(
        (a, b),
        (Value::Bool(_), Value::Bool(_))
            | (Value::String(_), Value::String(_))
            | (Value::Object(_), Value::Object(_))
    ) || (a.is_i64() && b.is_i64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_the_kind_of_the_parameter() {
        assert_eq!(parse("EnableGzip", "True"), Ok(Value::Bool(true)));
        assert_eq!(parse("UpstreamIdleTimeout", "60"), Ok(Value::from(60)));
        assert_eq!(parse("ZipAlgorithm", "gzip"), Ok(Value::from("gzip")));
        assert_eq!(parse("EnableXffTrustedCidrs", r#"{"Enable":true}"#), Ok(json!({ "Enable": true })));
        for (name, text) in [
            ("EnableGzip", "1"),
            ("UpstreamIdleTimeout", "a minute"),
            ("EnableXffTrustedCidrs", r#"{"On":true}"#),
            ("EnableMagic", "true"),
            ("XffTrustedNum", "11"),
            ("PathWithEscapedSlashes", "GUESS"),
        ] {
            assert!(parse(name, text).is_err(), "{name}={text}");
        }
    }
}
