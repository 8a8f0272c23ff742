//! The JSON Schema of the setting `gates`.

use serde_json::{Value, json};

/// The JSON Schema of the setting.
pub(crate) fn schema() -> Value {
    let tolerance = |ratio: f64, floor: &str, what: &str| {
        json!({"type": "object", "additionalProperties": false, "description": what, "properties": {
            "ratio": {"type": "number", "minimum": 1, "default": ratio, "description": "so many times the old gateway's share in the same minutes"},
            "floor": {"type": "string", "format": "percent", "default": floor, "description": "a share below which nobody minds"}
        }})
    };
    let text = |what: &str| json!({"type": "string", "description": what});
    json!({
        "type": "array",
        "description": "what has to be fine before a stage is left for the next; `[health]` when left out and there are metrics, `[]` for none",
        "items": {"oneOf": [
            {"const": "health", "description": "requests of both gateways, with the defaults"},
            {"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": {
                "health": {"type": "object", "additionalProperties": false, "properties": {
                    "minRequests": {"type": "integer", "minimum": 1, "default": 300, "description": "requests of the new gateway before a stage is passed; fewer tell only gross faults"},
                    "errors": tolerance(2.0, "0.5%", "answers 5xx that are tolerated"),
                    "refusals": tolerance(3.0, "5%", "answers 4xx that are tolerated"),
                    "latency": {"type": "object", "additionalProperties": false, "description": "times that are tolerated: the longer of both, for half, 95 % and 99 % of the requests", "properties": {
                        "ratio": {"type": "number", "minimum": 1, "default": 1.5, "description": "so many times the old gateway's"},
                        "floor": {"type": "string", "format": "duration", "default": "20ms", "description": "so much longer"},
                        "off": {"type": "boolean", "default": false, "description": "times are not judged"}
                    }},
                    "dialect": {"enum": ["product", "envoy"], "default": "product", "description": "names of the metrics: those of the gateways' product, or Envoy's own with the scraping job as the gateway"},
                    "requests": text("metric expression of a gateway's requests in a window; {gateway} and {window} are filled in"),
                    "failed": text("the same for requests answered 5xx"),
                    "refused": text("the same for requests answered 4xx"),
                    "within": text("the same for requests by `le`, the bound of their time in milliseconds"),
                    "source": text("what stands for {gateway} in place of the old gateway's id"),
                    "target": text("what stands for {gateway} in place of the new gateway's id")
                }},
                "load": {"type": "object", "minProperties": 1, "description": "the new gateway's own load by measure: `cpu` and `memory` as parts of one, `connections`, `handshakes` a second, or others with bounds", "additionalProperties": {
                    "type": "object", "additionalProperties": false, "required": ["query"], "properties": {
                        "query": text("metric expression; {gateway} is filled in"),
                        "safe": {"type": "number", "description": "above it the next share is not given; from the capacity table when left out"},
                        "alert": {"type": "number", "description": "above it the traffic is taken back"}
                    }
                }},
                "business": {"type": "object", "additionalProperties": false, "required": ["name"], "description": "numbers of the business, from the connection `business`", "properties": {
                    "name": text("name of the gate, sent along when its numbers are asked for"),
                    "minCases": {"type": "integer", "minimum": 1, "default": 100, "description": "cases of the new gateway before a stage is passed"},
                    "ratio": {"type": "number", "minimum": 1, "default": 1.5, "description": "so many times the old gateway's share of cases without success"},
                    "floor": {"type": "string", "format": "percent", "default": "1%", "description": "a share below which nobody minds"}
                }}
            }}
        ]}
    })
}
