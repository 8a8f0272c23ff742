//! `GetLogs` and `GetLogsV2`: the records that gateways delivered into a store, searched.

use gateshift_lab_kernel::{Answer, ApiError, Call, Delivery};
use serde_json::{Map, Value, json};

use super::Sls;
use super::fields::stored;
use super::matching::fits;
use super::query::parse;
use super::store::indexed;
use crate::answer::{number, text};

/// A record can be found so many lab milliseconds after its request ended.
const ARRIVES_AFTER_MS: i64 = 15_000;
/// The longest page.
const LONGEST: i64 = 100;

/// Both operations: they are one request on the wire.
pub(super) fn logs(sls: &Sls, call: &Call) -> Answer {
    let (project, store) = sls.store(call)?;
    indexed(sls, project, store)?;
    let given = &call.body;
    let second = |name: &str| {
        number(given, name)
            .ok_or_else(|| ApiError::new(400, "ParameterInvalid", format!("{name} is missing")))
    };
    let (from, to) = (second("from")?, second("to")?);
    let (line, offset) = (number(given, "line").unwrap_or(LONGEST), number(given, "offset").unwrap_or(0));
    if from >= to || !(0..=LONGEST).contains(&line) || offset < 0 {
        let message = "from has to be before to, line from 0 to 100, offset at least 0";
        return Err(ApiError::new(400, "ParameterInvalid", message));
    }
    let asked = text(given, "query").unwrap_or_default();
    let query = parse(asked).map_err(|why| ApiError::new(400, "ParameterInvalid", why))?;
    let mut all = delivered(sls, (project, store), (from.saturating_mul(1000), to.saturating_mul(1000)));
    let processed = all.len();
    all.retain(|(_, row)| fits(&query, row));
    if given.get("reverse") == Some(&Value::Bool(true)) {
        all.reverse();
    }
    let page: Vec<Value> = all
        .into_iter()
        .skip(offset as usize)
        .take(line as usize)
        .map(|(_, row)| Value::Object(row))
        .collect();
    Ok(json!({
        "meta": {
            "progress": "Complete",
            "count": page.len(),
            "processedRows": processed,
            "processedBytes": 0,
            "elapsedMillisecond": 1,
            "hasSQL": false,
            "isAccurate": true,
            "limited": 0,
            "mode": 0,
            "whereQuery": asked,
            "aggQuery": "",
        },
        "data": page,
    }))
}

/// The records in a store between two times, oldest first.
fn delivered(
    sls: &Sls,
    (project, store): (&str, &str),
    (from, to): (i64, i64),
) -> Vec<(i64, Map<String, Value>)> {
    let arrived = sls.cloud.clock.now_ms() - ARRIVES_AFTER_MS + 1;
    let deliveries: Vec<Delivery> = sls.cloud.deliveries.lock().into_store(project, store).cloned().collect();
    let mut found: Vec<(i64, Map<String, Value>)> = deliveries
        .iter()
        .flat_map(|one| {
            let from = from.max(one.from_ms);
            let to = to.min(arrived).min(one.until_ms.unwrap_or(i64::MAX));
            let records = if from < to { sls.observed.records(&one.gateway, from, to) } else { Vec::new() };
            records.into_iter().map(|record| (record.ended_ms, stored(&record, one.to.nginx_format)))
        })
        .collect();
    found.sort_by_key(|(ended_ms, _)| *ended_ms);
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateshift_lab_kernel::{LogTarget, Product};
    use serde_json::json;

    use super::super::Sls;
    use crate::testing::{Made, call, cloud};

    #[test]
    fn a_store_holds_what_was_written_while_it_was_delivered_to() {
        let (cloud, made) = (cloud(), Arc::new(Made::default()));
        let now = cloud.clock.now_ms();
        let to = |project: &str, nginx_format| {
            Some(LogTarget { project: project.to_owned(), store: "s".to_owned(), nginx_format })
        };
        let sls = Sls::new(cloud.clone(), made.clone());
        cloud.deliveries.lock().switch("gw-1", to("p", false), now - 100_000);
        cloud.deliveries.lock().switch("gw-1", to("q", true), now - 60_000);
        cloud.deliveries.lock().switch("gw-2", to("p", false), now - 100_000);
        for (gateway, ago, path) in [
            ("gw-1", 110_000, "/before"),
            ("gw-1", 90_000, "/one"),
            ("gw-2", 80_000, "/two"),
            ("gw-1", 50_000, "/three"),
            ("gw-2", 1_000, "/late"),
        ] {
            made.request(gateway, now - ago, path, 200);
        }
        let seconds = now / 1000;
        let ask = |project: &str, query: &str| {
            let body = json!({"project": project, "logstore": "s", "from": seconds - 1000, "to": seconds + 1000, "query": query});
            sls.call(&call("GetLogsV2", body))
        };
        let paths = |project: &str, query: &str, field: &str| -> Vec<String> {
            let answer = ask(project, query).unwrap();
            answer["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row[field].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(paths("p", "", "path"), ["/one", "/two"]);
        assert_eq!(paths("p", "cluster_id: gw-2", "path"), ["/two"]);
        assert_eq!(paths("q", "", "request"), ["GET /three -"]);
        assert_eq!(ask("x", "").unwrap_err().code, "ProjectNotExist");
        assert_eq!(ask("p", "a | select 1").unwrap_err().code, "ParameterInvalid");
        let elsewhere = call("GetLogsV2", json!({"project": "p", "logstore": "t", "from": 1, "to": 2}));
        assert_eq!(sls.call(&elsewhere).unwrap_err().code, "LogStoreNotExist");
        // A new store.
        cloud.deliveries.lock().switch("gw-2", to("fresh", false), now);
        assert_eq!(ask("fresh", "").unwrap_err().code, "IndexConfigNotExist");
    }

    #[test]
    fn projects_and_stores_are_those_that_are_delivered_to() {
        let cloud = cloud();
        cloud.deliveries.lock().switch("gw-1", Some(LogTarget::own("r")), 0);
        let sls = Sls::new(cloud, Arc::new(Made::default()));
        let ask = |operation: &str, given| sls.call(&call(operation, given)).unwrap();
        let project = ask("ListProject", json!({}))["projects"][0]["projectName"].clone();
        assert_eq!(project, "aliyun-product-data-1234567890123456-r");
        assert_eq!(ask("GetProject", json!({"project": project}))["region"], "r");
        let store = ask("ListLogStores", json!({"project": project}))["logstores"][0].clone();
        assert_eq!(store, "apig-access-log");
        let there = json!({"project": project, "logstore": store});
        assert_eq!(ask("GetLogStore", there.clone())["logstoreName"], store);
        assert_eq!(ask("GetIndex", there)["keys"]["response_code"]["type"], "long");
    }
}
