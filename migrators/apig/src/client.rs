//! One target gateway as a migrator sees it: every call goes through the host, reads are unwrapped,
//! writes to the gateway are kept in line and their failures sorted.

use gateshift_sdk::api::{CallFailure, CallKind, CallReply, CallRequest, Host};
use gateshift_sdk::call::{Call, roa};
use gateshift_sdk::model::{OperationKey, RunId};
use gateshift_sdk::walk::WriteFailure;
use serde_json::Value;

use crate::failure::sort;

/// Role of the connection in manifests.
pub const ROLE: &str = "target";
/// Kind of the connection.
pub const KIND: &str = "aliyun/apig";

/// The reading actions that routing needs; guarding callers needs its own.
pub const READS: &[&str] = &[
    "GetDomain",
    "GetEnvironment",
    "GetGatewayResourceQuotaUsage",
    "GetPolicy",
    "GetSource",
    "ListDomains",
    "ListExternalServices",
    "ListHttpApiOperations",
    "ListHttpApiRoutes",
    "ListHttpApis",
    "ListPolicies",
    "ListPolicyClasses",
    "ListServices",
    "ListSources",
    "ListSslCerts",
];

/// The writing actions that routing needs; guarding callers needs its own.
pub const WRITES: &[&str] = &[
    "CreateAndAttachPolicy",
    "CreateDomain",
    "CreateHttpApi",
    "CreateHttpApiOperation",
    "CreateHttpApiRoute",
    "CreateService",
    "CreateServiceVersion",
    "CreateSource",
    "DeleteDomain",
    "DeleteHttpApi",
    "DeleteHttpApiOperation",
    "DeleteHttpApiRoute",
    "DeleteService",
    "DeleteServiceVersion",
    "DeleteSource",
    "DeployHttpApi",
    "DetachAndDeletePolicy",
    "UndeployHttpApi",
    "UpdateHttpApiRoute",
    "UpdateService",
];

/// Access to one target gateway.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) run: RunId,
    pub(crate) gateway: &'a str,
    pub(crate) environment: &'a str,
}

impl<'a> Client<'a> {
    /// Access to `gateway` and its environment, on behalf of a run.
    #[must_use]
    pub fn new(host: &'a dyn Host, run: RunId, gateway: &'a str, environment: &'a str) -> Self {
        Self { host, run, gateway, environment }
    }

    /// The host behind it.
    #[must_use]
    pub fn host(&self) -> &'a dyn Host {
        self.host
    }

    /// Sends a read and returns its `data`.
    pub(crate) async fn read(
        &self,
        action: &str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Value, CallFailure> {
        let call =
            query.iter().fold(roa(ROLE, action, CallKind::Read, "GET", segments), |call, (name, value)| {
                call.query(name, value)
            });
        self.send(call.build()).await
    }

    /// Sends a write of an operation and returns its `data`.
    pub(crate) async fn write(&self, key: &OperationKey, call: Call) -> Result<Value, WriteFailure> {
        let call = call.operation(key).serial(format!("gateway:{}", self.gateway));
        self.send(call.build()).await.map_err(sort)
    }

    /// Sends a request; an answer whose code is another than `Ok` counts as a refusal.
    pub(crate) async fn send(&self, request: CallRequest) -> Result<Value, CallFailure> {
        let action = request.action.clone();
        let CallReply { status, request_id, mut body } = self.host.call(request).await?;
        match body.get("code").and_then(Value::as_str) {
            None | Some("Ok") => Ok(body.get_mut("data").map(Value::take).unwrap_or_default()),
            Some(code) => Err(CallFailure::Refused {
                connection: ROLE.to_owned(),
                action,
                status,
                code: code.to_owned(),
                message: body.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
                request_id,
            }),
        }
    }
}
