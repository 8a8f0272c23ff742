//! Gateway parameters by the source's names: what the configuration answers, completed by what only
//! the options tell.

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields of the two answers that are no parameters: the gateway's id, what its version can do, and the
/// settings of logs and traces, which belong to observability.
const NOT_PARAMETERS: &[&str] = &[
    "GatewayUniqueId",
    "SupportWaf",
    "SlsConfigDetails",
    "XtraceDetails",
    "LogConfigDetails",
    "TraceDetails",
];

/// Options that say under another name what the configuration may say, too.
const SAME: &[(&str, &str)] = &[("EnableHardwareAcceleration", "EnableHardwareAccelerate")];

/// The parameters. The configuration wins where both answer.
pub(crate) fn parameters(configuration: &Value, options: &Value) -> BTreeMap<String, Value> {
    let mut all: BTreeMap<String, Value> = named(configuration).collect();
    for (name, value) in named(options) {
        let known = SAME.iter().find(|(option, _)| *option == name).map(|(_, known)| (*known).to_owned());
        all.entry(known.unwrap_or(name)).or_insert(value);
    }
    all
}

fn named(answer: &Value) -> impl Iterator<Item = (String, Value)> {
    let fields = answer.as_object().into_iter().flatten();
    fields
        .filter(|(name, value)| !NOT_PARAMETERS.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parameters;

    #[test]
    fn options_complete_the_configuration_and_never_overrule_it() {
        let configuration = json!({
            "GatewayUniqueId": "gw-1", "SupportWaf": true, "EnableGzip": false, "EnableWaf": false, "ZipAlgorithm": null,
            "EnableXffTrustedCidrs": {"Enable": true, "IpListContent": "10.0.0.0/8"}, "XtraceDetails": {"TraceOn": true},
        });
        let options = json!({
            "EnableWaf": true, "DisableHttp2Alpn": true, "EnableHardwareAcceleration": true, "TraceDetails": {"TraceEnabled": true},
        });
        let found = serde_json::to_value(parameters(&configuration, &options)).unwrap();
        assert_eq!(
            found,
            json!({
                "EnableGzip": false, "EnableWaf": false, "EnableHardwareAccelerate": true, "DisableHttp2Alpn": true,
                "EnableXffTrustedCidrs": {"Enable": true, "IpListContent": "10.0.0.0/8"},
            })
        );
    }
}
