//! Projects, stores and their index, as they are shown.

use gateshift_lab_kernel::{ACCOUNT, Answer, ApiError, Call};
use serde_json::{Map, Value, json};

use super::Sls;
use super::fields::{KINDS, NGINX_KINDS};
use crate::answer::{number, text};

/// A new store cannot be searched for so many lab milliseconds.
const INDEXED_AFTER_MS: i64 = 5_000;
/// 2025-01-06 01:00 UTC.
const CREATED: i64 = 1_736_125_200;

/// `ListProject`.
pub(super) fn projects(sls: &Sls, call: &Call) -> Answer {
    let part = text(&call.query, "projectName").unwrap_or_default();
    let rows: Vec<Value> =
        sls.projects().iter().filter(|name| name.contains(part)).map(|name| row(sls, name)).collect();
    let shown = window(&rows, &call.query)?;
    Ok(json!({"count": shown.len(), "total": rows.len(), "projects": shown}))
}

/// `GetProject`.
pub(super) fn project(sls: &Sls, call: &Call) -> Answer {
    Ok(row(sls, sls.project(call)?))
}

fn row(sls: &Sls, name: &str) -> Value {
    let region = sls.region();
    json!({
        "projectName": name,
        "description": "",
        "owner": ACCOUNT,
        "region": region,
        "status": "Normal",
        "dataRedundancyType": "LRS",
        "internetEndpoint": format!("{region}.log.aliyuncs.com"),
        "internalEndpoint": format!("{region}-intranet.log.aliyuncs.com"),
        "createTime": "2025-01-06 09:00:00",
        "lastModifyTime": "2025-01-06 09:00:00",
        "recycleBinEnabled": false,
        "resourceGroupId": "rg-acfmxlab",
    })
}

/// `ListLogStores`.
pub(super) fn stores(sls: &Sls, call: &Call) -> Answer {
    let part = text(&call.query, "logstoreName").unwrap_or_default();
    let names: Vec<String> =
        sls.stores(sls.project(call)?).into_iter().filter(|name| name.contains(part)).collect();
    let shown = window(&names, &call.query)?;
    Ok(json!({"count": shown.len(), "total": names.len(), "logstores": shown}))
}

/// `GetLogStore`.
pub(super) fn store(sls: &Sls, call: &Call) -> Answer {
    let (_, store) = sls.store(call)?;
    Ok(json!({
        "logstoreName": store,
        "ttl": 7,
        "hot_ttl": 7,
        "shardCount": 2,
        "maxSplitShard": 64,
        "autoSplit": true,
        "appendMeta": false,
        "enable_tracking": false,
        "telemetryType": "None",
        "mode": "standard",
        "productType": "",
        "createTime": CREATED,
        "lastModifyTime": CREATED,
    }))
}

/// `GetIndex`: every field by itself, and the whole text.
pub(super) fn index(sls: &Sls, call: &Call) -> Answer {
    let (project, store) = sls.store(call)?;
    indexed(sls, project, store)?;
    let nginx = sls.cloud.deliveries.lock().into_store(project, store).any(|one| one.to.nginx_format);
    let kinds = if nginx { NGINX_KINDS } else { KINDS };
    let keys: Map<String, Value> = kinds
        .iter()
        .map(|(name, kind)| {
            let mut key = json!({"type": kind, "alias": "", "doc_value": true});
            if *kind == "text" {
                key["token"] = json!(super::matching::DELIMITERS);
                key["caseSensitive"] = json!(false);
                key["chn"] = json!(false);
            }
            ((*name).to_owned(), key)
        })
        .collect();
    Ok(json!({
        "index_mode": "v2",
        "keys": keys,
        "lastModifyTime": CREATED,
        "line": {"caseSensitive": false, "chn": false, "token": super::matching::DELIMITERS},
        "log_reduce": false,
        "max_text_len": 2048,
        "storage": "pg",
        "ttl": 7,
    }))
}

/// Whether a store can be searched yet.
pub(super) fn indexed(sls: &Sls, project: &str, store: &str) -> Result<(), ApiError> {
    let now = sls.cloud.clock.now_ms();
    let begun = sls.cloud.deliveries.lock().into_store(project, store).map(|one| one.from_ms).min();
    if begun.is_some_and(|at| now >= at + INDEXED_AFTER_MS) {
        return Ok(());
    }
    let message = format!("logstore {store} without index config");
    Err(ApiError::new(404, "IndexConfigNotExist", message))
}

/// `offset` and `size` of a list.
fn window<'a, T>(all: &'a [T], given: &Map<String, Value>) -> Result<&'a [T], ApiError> {
    let (offset, size) = (number(given, "offset").unwrap_or(0), number(given, "size").unwrap_or(100));
    if offset < 0 || !(1..=500).contains(&size) {
        let message = "offset is at least 0, and size from 1 to 500";
        return Err(ApiError::new(400, "ParameterInvalid", message));
    }
    let from = (offset as usize).min(all.len());
    Ok(&all[from..(from + size as usize).min(all.len())])
}
