//! Thin calls: one request, one checked answer. An answer with status 200 and `Success: false` is a
//! failure here, as it is for the product.

use gateshift_sdk::api::{CallFailure, CallKind, Host};
use gateshift_sdk::call::rpc;
use gateshift_sdk::model::{ErrorClass, StepError};
use serde_json::{Value, json};

use crate::answers::count;

/// Items asked for in a page.
const PAGE_SIZE: u64 = 100;
/// A list that ended too early, or not at all.
const SHORT: &str = "GS-SOURCE-PAGES";
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

    /// All pages of a list. One that ends before its total was answered in part, or changed while it was
    /// read, and is read once more from its beginning.
    pub(crate) async fn pages(&self, action: &str, paging: Paging) -> Result<Vec<Value>, StepError> {
        self.pages_with(action, paging, &[]).await
    }

    /// All pages of a list about one object of the gateway; pages are text.
    pub(crate) async fn pages_about(
        &self,
        action: &str,
        parameter: &str,
        id: &str,
    ) -> Result<Vec<Value>, StepError> {
        self.pages_with(action, Paging::Text, &[(parameter, id.to_owned())]).await
    }

    async fn pages_with(
        &self,
        action: &str,
        paging: Paging,
        more: &[(&str, String)],
    ) -> Result<Vec<Value>, StepError> {
        match self.pages_once(action, paging, more).await {
            Err(error) if error.code == SHORT && error.class == ErrorClass::Retryable => {
                self.pages_once(action, paging, more).await
            }
            answer => answer,
        }
    }

    async fn pages_once(
        &self,
        action: &str,
        paging: Paging,
        more: &[(&str, String)],
    ) -> Result<Vec<Value>, StepError> {
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
            let body = self.ask(action, &[page.as_slice(), more].concat()).await?;
            let found = count(&body) as u64;
            let total = body["Data"]["TotalSize"].as_u64().unwrap_or(0);
            collected += found;
            pages.push(body);
            if collected >= total {
                return Ok(pages);
            }
            if found == 0 {
                return Err(StepError::retryable(
                    SHORT,
                    format!("{action} promised {total} items and stopped after {collected}"),
                )
                .with_hint("the source changed while it was read, or answered in part; read again"));
            }
        }
        Err(StepError::permanent(SHORT, format!("{action} has no end: {MAX_PAGES} pages were read")))
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use gateshift_sdk::testing::{ScriptedHost, ok};
    use serde_json::json;

    use super::{Client, Paging};

    /// A host whose list of three holds back its last item in the first `short` answers to page 1.
    fn host(short: u32) -> ScriptedHost {
        let asked = AtomicU32::new(0);
        ScriptedHost::new(move |request| {
            let first = request.query.contains(&("PageNumber".to_owned(), "1".to_owned()));
            let items = match (first, first && asked.fetch_add(1, Ordering::Relaxed) < short) {
                (true, true) => json!([1, 2]),
                (true, false) => json!([1, 2, 3]),
                (false, _) => json!([]),
            };
            Ok(ok(json!({"Success": true, "Data": {"Result": items, "TotalSize": 3}})))
        })
    }

    #[tokio::test]
    async fn a_short_list_is_read_once_more_and_then_refused() {
        for (short, whole) in [(0, true), (1, true), (2, false)] {
            let host = host(short);
            let pages =
                Client::new(&host, "source", "gw-1").pages("ListGatewayRoute", Paging::Filtered).await;
            assert_eq!(pages.is_ok(), whole, "{short}: {pages:?}");
            if let Err(error) = pages {
                assert_eq!(error.code, "GS-SOURCE-PAGES");
            }
        }
    }

    #[tokio::test]
    async fn success_false_with_status_200_is_a_failure() {
        let answer = json!({"Success": false, "Code": 404, "ErrorCode": "NotFound", "Message": "no such gateway", "HttpStatusCode": 404});
        let host = ScriptedHost::new(move |_| Ok(ok(answer.clone())));
        let error = Client::new(&host, "source", "gw-1").get("ListGatewayDomain", &[]).await.unwrap_err();
        assert_eq!(error.code, "GS-SOURCE-UNKNOWN");
    }
}
