//! The writes of Alibaba Cloud DNS, one a function. Each may be repeated.

use gateshift_sdk::api::{CallFailure, CallKind, Host};
use gateshift_sdk::call::rpc;
use gateshift_sdk::model::OperationKey;
use gateshift_sdk::walk::{WriteFailure, Written};
use serde_json::{Value, json};

use super::sub_domain;
use crate::driver::DNS;
use crate::records::RecordSet;

fn serial(set: &RecordSet) -> String {
    format!("dns:{}", set.host)
}

/// Adds a record.
pub(super) async fn add(
    host: &dyn Host,
    key: &OperationKey,
    set: &RecordSet,
    wanted: &Value,
) -> Result<Written, WriteFailure> {
    let call = rpc(DNS, "AddDomainRecord", CallKind::Write)
        .query("DomainName", &set.zone)
        .query("RR", &set.rr)
        .query("Type", &set.kind)
        .query("Value", wanted["value"].as_str().unwrap_or_default())
        .query("TTL", wanted["ttl"].as_u64().unwrap_or(600))
        .query("Line", &set.line)
        .operation(key)
        .serial(serial(set));
    match host.call(call.build()).await {
        Ok(reply) => Ok(Written { id: reply.body["RecordId"].as_str().map(str::to_owned), data: json!({}) }),
        Err(CallFailure::Refused { code, message, .. }) if code == "DomainRecordDuplicate" => {
            Err(WriteFailure::Taken(message))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Sets the TTL of a record. A record that has it already is answered with "duplicate", which is fine.
pub(super) async fn set_ttl(
    host: &dyn Host,
    key: &OperationKey,
    set: &RecordSet,
    id: &str,
    value: &str,
    ttl: u64,
) -> Result<(), CallFailure> {
    let call = rpc(DNS, "UpdateDomainRecord", CallKind::IdempotentWrite)
        .query("RecordId", id)
        .query("RR", &set.rr)
        .query("Type", &set.kind)
        .query("Value", value)
        .query("TTL", ttl)
        .query("Line", &set.line)
        .operation(key)
        .serial(serial(set));
    match host.call(call.build()).await {
        Err(CallFailure::Refused { code, .. }) if code == "DomainRecordDuplicate" => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Sets the weight of a record.
pub(super) async fn set_weight(
    host: &dyn Host,
    key: &OperationKey,
    id: &str,
    weight: u64,
) -> Result<(), CallFailure> {
    let call = rpc(DNS, "UpdateDNSSLBWeight", CallKind::IdempotentWrite)
        .query("RecordId", id)
        .query("Weight", weight)
        .operation(key);
    host.call(call.build()).await.map(|_| ())
}

/// Enables or disables a record.
pub(super) async fn set_status(
    host: &dyn Host,
    key: &OperationKey,
    id: &str,
    enabled: bool,
) -> Result<(), CallFailure> {
    let status = if enabled { "Enable" } else { "Disable" };
    let call = rpc(DNS, "SetDomainRecordStatus", CallKind::IdempotentWrite)
        .query("RecordId", id)
        .query("Status", status)
        .operation(key);
    host.call(call.build()).await.map(|_| ())
}

/// Switches the weights of a set. The type is documented for addresses only: a refusal of an alias is
/// answered by leaving it out.
pub(super) async fn set_weighted(
    host: &dyn Host,
    key: &OperationKey,
    set: &RecordSet,
    open: bool,
) -> Result<(), CallFailure> {
    let call = |with_type: bool| {
        rpc(DNS, "SetDNSSLBStatus", CallKind::IdempotentWrite)
            .query("SubDomain", sub_domain(&set.rr, &set.zone))
            .query("Open", open)
            .query("DomainName", &set.zone)
            .maybe("Type", with_type.then_some(&set.kind))
            .query("Line", &set.line)
            .operation(key)
            .serial(serial(set))
            .build()
    };
    match host.call(call(true)).await {
        Err(CallFailure::Refused { status: 400, .. }) if set.kind == "CNAME" => {
            host.call(call(false)).await.map(|_| ())
        }
        other => other.map(|_| ()),
    }
}

/// Deletes a record; one that is gone already is fine.
pub(super) async fn delete(host: &dyn Host, key: &OperationKey, id: &str) -> Result<(), CallFailure> {
    let call = rpc(DNS, "DeleteDomainRecord", CallKind::IdempotentWrite).query("RecordId", id).operation(key);
    match host.call(call.build()).await {
        Err(CallFailure::Refused { code, .. })
            if code == "DomainRecordNotBelongToUser"
                || code.contains("NotExist")
                || code.contains("NoExist") =>
        {
            Ok(())
        }
        other => other.map(|_| ()),
    }
}
