//! The documents of Route 53: record sets and change batches in XML. Pure.

use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A record set as the product has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Name without the final dot, lower case.
    pub(super) name: String,
    /// Type.
    pub(super) kind: String,
    /// Name among several weighted ones.
    pub(super) id: Option<String>,
    /// Its weight, when it has one.
    pub(super) weight: Option<u32>,
    /// Seconds; none for an alias of the provider.
    pub(super) ttl: Option<u32>,
    /// Values as they are written.
    pub(super) values: Vec<String>,
    /// What else decides about its answers, and is not carried along.
    pub(super) other: Option<String>,
}

/// Elements of a record set that weights and values do not tell.
const OTHER: [(&str, &str); 9] = [
    ("AliasTarget", "an alias of the provider"),
    ("HealthCheckId", "a health check"),
    ("Region", "latency"),
    ("GeoLocation", "location"),
    ("GeoProximityLocation", "proximity"),
    ("Failover", "failover"),
    ("MultiValueAnswer", "several answers at once"),
    ("CidrRoutingConfig", "the asker's network"),
    ("TrafficPolicyInstanceId", "a traffic policy"),
];

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).and_then(|child| child.text()).map(|text| text.trim().to_owned())
}

/// A name as people write it: without the final dot, and with `*` for its code.
pub(super) fn plain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_ascii_lowercase()
}

/// The answer's document; the reason why it is none otherwise.
fn document(answer: &Value) -> Result<Document<'_>, String> {
    Document::parse(answer.as_str().unwrap_or_default())
        .map_err(|error| format!("the answer is no XML: {error}"))
}

/// The text of the first element of that name.
pub(super) fn first(answer: &Value, name: &str) -> Option<String> {
    all(answer, name).ok()?.into_iter().next()
}

/// The texts of all elements of that name.
pub(super) fn all(answer: &Value, name: &str) -> Result<Vec<String>, String> {
    let document = document(answer)?;
    let found = document.descendants().filter(|node| node.tag_name().name() == name);
    Ok(found.filter_map(|node| node.text()).map(|text| text.trim().to_owned()).collect())
}

/// Hosted zones: id, name, private.
pub(super) fn zones(answer: &Value) -> Result<Vec<(String, String, bool)>, String> {
    let document = document(answer)?;
    let found = document.descendants().filter(|node| node.tag_name().name() == "HostedZone");
    Ok(found
        .filter_map(|node| {
            let id = text(node, "Id")?.trim_start_matches("/hostedzone/").to_owned();
            let private = child(node, "Config").and_then(|config| text(config, "PrivateZone"));
            Some((id, plain(&text(node, "Name")?), private.as_deref() == Some("true")))
        })
        .collect())
}

/// Record sets of a page.
pub(super) fn entries(answer: &Value) -> Result<Vec<Entry>, String> {
    let document = document(answer)?;
    let found = document.descendants().filter(|node| node.tag_name().name() == "ResourceRecordSet");
    found
        .map(|node| {
            let need = |name: &str| text(node, name).ok_or_else(|| format!("a record set has no {name}"));
            let records = child(node, "ResourceRecords");
            let records = records.iter().flat_map(|records| records.children());
            let number = |name: &str| text(node, name).and_then(|text| text.parse().ok());
            let other = OTHER.iter().find(|(name, _)| child(node, name).is_some());
            Ok(Entry {
                name: plain(&need("Name")?),
                kind: need("Type")?,
                id: text(node, "SetIdentifier"),
                weight: number("Weight"),
                ttl: number("TTL"),
                values: records.filter_map(|record| text(record, "Value")).collect(),
                other: other.map(|(_, what)| (*what).to_owned()),
            })
        })
        .collect()
}

/// A batch of changes, all or nothing.
pub(super) fn batch(changes: &[(&str, &Entry)]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes>",
    );
    for (action, entry) in changes {
        let element = |name: &str, value: &str| format!("<{name}>{}</{name}>", escaped(value));
        text += &format!("<Change><Action>{action}</Action><ResourceRecordSet>");
        text += &element("Name", &format!("{}.", entry.name));
        text += &element("Type", &entry.kind);
        text += &entry.id.as_deref().map(|id| element("SetIdentifier", id)).unwrap_or_default();
        text += &entry.weight.map(|weight| element("Weight", &weight.to_string())).unwrap_or_default();
        text += &entry.ttl.map(|ttl| element("TTL", &ttl.to_string())).unwrap_or_default();
        let values: String = entry
            .values
            .iter()
            .map(|value| format!("<ResourceRecord>{}</ResourceRecord>", element("Value", value)))
            .collect();
        text += &format!("<ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change>");
    }
    text + "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Entry, batch, entries};

    #[test]
    fn what_is_written_is_read_back() {
        let one = |id: &str, weight: u32, values: &[&str]| Entry {
            name: "www.shop.test".to_owned(),
            kind: "A".to_owned(),
            id: Some(id.to_owned()),
            weight: Some(weight),
            ttl: Some(60),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            other: None,
        };
        let written = [one("a <&> \"b\"", 99, &["192.0.2.1", "192.0.2.2"]), one("new", 0, &["198.51.100.1"])];
        let text = batch(&[("DELETE", &written[0]), ("CREATE", &written[1])]);
        assert!(text.contains("<Action>DELETE</Action><ResourceRecordSet><Name>www.shop.test.</Name><Type>A</Type><SetIdentifier>a &lt;&amp;&gt;"), "{text}");
        assert_eq!(entries(&text.into()).unwrap(), written);
        assert!(entries(&"{}".into()).is_err());
    }
}
