//! The DNS of a lab by content: no ids, no addresses that differ from lab to lab, so that two runs
//! can be compared.

use std::collections::BTreeMap;
use std::net::IpAddr;

use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::{Record, Zone, Zones};
use serde_json::{Value, json};

/// Says in words what a record's value leads to.
pub(crate) struct Places {
    names: BTreeMap<IpAddr, &'static str>,
    hosts: BTreeMap<String, Vec<IpAddr>>,
}

impl Places {
    /// The addresses of the gateways, and the provider's names for them.
    pub(crate) fn new(
        source: &[GatewayConfig],
        target: &[GatewayConfig],
        hosts: BTreeMap<String, Vec<IpAddr>>,
    ) -> Self {
        let of = |gateways: &[GatewayConfig], word| -> Vec<(IpAddr, &'static str)> {
            gateways.iter().flat_map(|gateway| &gateway.addresses).map(|address| (*address, word)).collect()
        };
        let names = of(source, "@source").into_iter().chain(of(target, "@target")).collect();
        Self { names, hosts }
    }

    /// `@source`, `@target`, or the value itself.
    fn word(&self, value: &str) -> String {
        let name = value.trim_end_matches('.').to_lowercase();
        let address = value.parse().ok().or_else(|| self.hosts.get(&name)?.first().copied());
        let word = address.and_then(|address: IpAddr| self.names.get(&address));
        word.map_or_else(|| value.to_owned(), |word| (*word).to_owned())
    }
}

/// All zones, sorted.
pub(crate) fn zones(zones: &Zones, places: &Places) -> Value {
    zones.zones.iter().map(|(name, zone)| (name.clone(), export_zone(zone, places))).collect()
}

fn export_zone(zone: &Zone, places: &Places) -> Value {
    let mut records: Vec<_> = zone.records.values().map(|record| export_record(record, places)).collect();
    records.sort_by_key(Value::to_string);
    let on = zone.weighted.iter().filter(|(_, on)| **on);
    let weighted: Vec<_> = on.map(|((rr, kind, line), _)| format!("{rr} {kind:?} {line}")).collect();
    json!({"records": records, "weighted": weighted})
}

fn export_record(record: &Record, places: &Places) -> Value {
    json!({
        "rr": record.rr,
        "type": format!("{:?}", record.kind),
        "value": places.word(&record.value),
        "ttl": record.ttl,
        "line": record.line,
        "enabled": record.enabled,
        "locked": record.locked,
        "weight": record.weight,
    })
}

#[cfg(test)]
mod tests {
    use gateshift_lab_kernel::RecordType;

    use super::*;

    fn lab(source: &str, target: &str) -> Value {
        let config =
            |address: &str| GatewayConfig { addresses: vec![address.parse().unwrap()], ..Default::default() };
        let hosts = BTreeMap::from([("nlb-1.aliyuncs.com".to_owned(), vec![target.parse().unwrap()])]);
        let places = Places::new(&[config(source)], &[config(target)], hosts);
        let record = |id: &str, kind, value: &str| Record {
            id: id.to_owned(),
            rr: "www".to_owned(),
            kind,
            value: value.to_owned(),
            ttl: 600,
            line: "default".to_owned(),
            enabled: true,
            locked: false,
            weight: 1,
        };
        let ids = [format!("{source}-1"), format!("{source}-2"), format!("{source}-3")];
        let records = [
            record(&ids[0], RecordType::A, source),
            record(&ids[1], RecordType::Cname, "nlb-1.aliyuncs.com."),
            record(&ids[2], RecordType::Txt, "text"),
        ];
        let zone = Zone { records: ids.into_iter().zip(records).collect(), ..Zone::default() };
        super::zones(&Zones { zones: BTreeMap::from([("example.com".to_owned(), zone)]) }, &places)
    }

    #[test]
    fn two_labs_that_lead_to_the_same_gateways_are_equal() {
        let one = lab("127.10.20.1", "127.10.20.2");
        assert_eq!(one, lab("127.99.98.7", "127.99.98.3"));
        let values: Vec<_> =
            one["example.com"]["records"].as_array().unwrap().iter().map(|r| &r["value"]).collect();
        assert_eq!(values, ["@source", "@target", "text"]);
    }
}
