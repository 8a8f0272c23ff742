//! What does not belong to one gateway: zones, regions, kinds and sizes on offer.

use serde_json::{Value, json};

use super::reply::{Reply, data};
use super::request::Request;
use crate::state::State;

pub(crate) fn zones(_: &State, request: &Request<'_>) -> Reply {
    let network = request.cloud.network.lock();
    let mut zones: Vec<&str> = network.vswitches.iter().map(|vswitch| vswitch.zone_id.as_str()).collect();
    zones.sort_unstable();
    zones.dedup();
    let rows = zones.into_iter().map(|zone| {
        let local = zone.rsplit('-').next().unwrap_or_default().to_ascii_uppercase();
        json!({ "ZoneId": zone, "LocalName": local, "SupportQat": true })
    });
    data(rows.collect::<Vec<_>>())
}

pub(crate) fn regions(state: &State, _: &Request<'_>) -> Reply {
    data(vec![Value::from(state.region.as_str())])
}

pub(crate) fn types(_: &State, _: &Request<'_>) -> Reply {
    data(vec![Value::from("Ingress")])
}

pub(crate) fn load_balancer_specs(_: &State, _: &Request<'_>) -> Reply {
    let specs = [
        ("slb.s1.small", "5,000", "3,000", "1,000"),
        ("slb.s2.small", "50,000", "5,000", "5,000"),
        ("slb.s3.large", "1,000,000", "100,000", "100,000"),
    ];
    let rows = (1..).zip(specs).map(|(id, (spec, connections, new, qps))| {
        json!({
            "Id": id,
            "MaxConnection": connections,
            "Name": spec,
            "NewConnectionPerSecond": new,
            "Qps": qps,
            "Spec": spec,
        })
    });
    data(rows.collect::<Vec<_>>())
}

pub(crate) fn features(_: &State, _: &Request<'_>) -> Reply {
    Ok(json!({ "Success": true, "Message": "success", "Result": { "nacos_config_encrypt": false } }))
}
