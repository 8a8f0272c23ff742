//! Thin calls: one request, one checked answer. An answer with status 200 and `Success: false` is a
//! failure here, as it is for the product.

use gateshift_sdk::api::{CallFailure, CallKind, Host};
use gateshift_sdk::call::rpc;
use gateshift_sdk::model::StepError;
use serde_json::{Value, json};

use crate::answers::items;

/// Items asked for in a page.
const PAGE_SIZE: u64 = 100;
/// Pages read at most: a guard against a list that never ends.
const MAX_PAGES: u64 = 10_000;

/// Calls to one gateway of the source.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    host: &'a dyn Host,
    connection: &'a str,
    gateway: &'a str,
}

/// How a list names its gateway and its pages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paging {
    /// `FilterParams` holds the gateway; integer pages.
    Filtered,
    /// The gateway is a parameter of its own; pages are text (`PageNum`).
    Text,
}

impl<'a> Client<'a> {
    /// Calls about `gateway` through the connection in the role `connection`.
    #[must_use]
    pub fn new(host: &'a dyn Host, connection: &'a str, gateway: &'a str) -> Self {
        Self { host, connection, gateway }
    }

    /// Id of the gateway.
    #[must_use]
    pub fn gateway(&self) -> &'a str {
        self.gateway
    }

    /// One call that names the gateway in a parameter of its own.
    pub(crate) async fn get(&self, action: &str, parameters: &[(&str, String)]) -> Result<Value, StepError> {
        let with_gateway = [("GatewayUniqueId", self.gateway.to_owned())];
        self.ask(action, &[&with_gateway, parameters].concat()).await
    }

    /// One call whose filter names the gateway.
    pub(crate) async fn filtered(&self, action: &str) -> Result<Value, StepError> {
        self.ask(action, &[("FilterParams", self.filter())]).await
    }

    /// All pages of a list.
    pub(crate) async fn pages(&self, action: &str, paging: Paging) -> Result<Vec<Value>, StepError> {
        let mut pages = Vec::new();
        let mut collected = 0;
        for number in 1..=MAX_PAGES {
            let page = match paging {
                Paging::Filtered => [
                    ("FilterParams", self.filter()),
                    ("PageNumber", number.to_string()),
                    ("PageSize", PAGE_SIZE.to_string()),
                ],
                Paging::Text => [
                    ("GatewayUniqueId", self.gateway.to_owned()),
                    ("PageNum", number.to_string()),
                    ("PageSize", PAGE_SIZE.to_string()),
                ],
            };
            let body = self.ask(action, &page).await?;
            let found = items(&body).len() as u64;
            let total = body["Data"]["TotalSize"].as_u64().unwrap_or(0);
            collected += found;
            pages.push(body);
            if collected >= total {
                return Ok(pages);
            }
            if found == 0 {
                return Err(StepError::retryable(
                    "GS-SOURCE-PAGES",
                    format!("{action} promised {total} items and stopped after {collected}"),
                )
                .with_hint("the source changed while it was read, or answered in part; read again"));
            }
        }
        Err(StepError::permanent(
            "GS-SOURCE-PAGES",
            format!("{action} has no end: {MAX_PAGES} pages were read"),
        ))
    }

    fn filter(&self) -> String {
        json!({ "GatewayUniqueId": self.gateway }).to_string()
    }

    async fn ask(&self, action: &str, parameters: &[(&str, String)]) -> Result<Value, StepError> {
        let call =
            parameters.iter().fold(rpc(self.connection, action, CallKind::Read), |call, (name, value)| {
                call.query(name, value)
            });
        let reply = self.host.call(call.build()).await.map_err(|failure| self.explain(failure))?;
        self.check(action, reply.body)
    }

    /// Refuses an answer that reports a failure with status 200, or carries no data.
    fn check(&self, action: &str, body: Value) -> Result<Value, StepError> {
        if body["Success"] == Value::Bool(false) {
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            let code = [text("ErrorCode"), text("DynamicCode"), text("Code")]
                .into_iter()
                .find(|code| !code.is_empty());
            return Err(self.explain(CallFailure::Refused {
                connection: self.connection.to_owned(),
                action: action.to_owned(),
                status: body["HttpStatusCode"]
                    .as_u64()
                    .and_then(|status| u16::try_from(status).ok())
                    .unwrap_or(200),
                code: code.unwrap_or_else(|| body["Code"].to_string()),
                message: text("Message"),
                request_id: body["RequestId"].as_str().map(str::to_owned),
            }));
        }
        if body["Data"].is_null() {
            return Err(StepError::retryable("GS-SOURCE-EMPTY", format!("{action} answered without data")));
        }
        Ok(body)
    }

    /// An unknown gateway gets a code and a hint of its own: it is the commonest mistake.
    fn explain(&self, failure: CallFailure) -> StepError {
        let unknown = matches!(&failure, CallFailure::Refused { status, code, .. }
            if *status == 404 || code.contains("NotFound") || code.contains("NotExist"));
        if unknown && !matches!(failure.code(), Some(code) if code.contains("AccessKey")) {
            return StepError::permanent(
                "GS-SOURCE-UNKNOWN",
                format!("gateway `{}`: {failure}", self.gateway),
            )
            .with_hint("check the gateway id (`gw-...`) and the region of the connection `source`");
        }
        failure.into()
    }
}
