//! Asks the source for everything it has. Details of routes, services and domains are asked for a
//! few at a time; the host paces them.

use futures::stream::{self, StreamExt, TryStreamExt};
use gateshift_sdk::api::{Host, Progress};
use gateshift_sdk::model::StepError;
use serde_json::Value;

use crate::answers::Answers;
use crate::client::{Client, Paging};
use crate::secrets;

/// Detail calls under way at once.
const SIDE_BY_SIDE: usize = 8;

/// Lists about the whole gateway that name it by a parameter and have no pages.
const WHOLE: &[&str] = &[
    "GetGateway",
    "ListGatewaySlb",
    "ListSecurityGroupRule",
    "ListSSLCert",
    "ListGatewayDomain",
    "ListServiceSource",
    "GetPlugins",
    "GetGatewayConfig",
    "GetGatewayOption",
];

/// Lists whose filter names the gateway.
const FILTERED_PAGES: &[&str] =
    &["ListGateway", "ListGatewayService", "ListGatewayRoute", "GatewayBlackWhiteList", "ListGatewayAuth"];

/// The three rule lists: a filter, no pages.
const RULES: &[&str] = &["ListGatewayFlowRule", "ListGatewayIsolationRule", "ListGatewayCircuitBreakerRule"];

/// Reads the whole gateway. Secrets in the answers are sealed; each answer is kept as
/// text as soon as it is there.
pub async fn fetch(host: &dyn Host, connection: &str, gateway: &str) -> Result<Answers, StepError> {
    let client = Client::new(host, connection, gateway);
    let mut kept = Kept { host, answers: Answers::default() };
    let lists = WHOLE.len() + FILTERED_PAGES.len() + RULES.len() + 2;
    let mut done = 0;
    let mut tick = |text: &str| {
        done += 1;
        host.progress(Progress { done, total: lists as u64, text: text.to_owned() });
    };
    for action in WHOLE {
        tick(action);
        kept.push(action, "", client.get(action, &[]).await?)?;
    }
    for action in FILTERED_PAGES {
        tick(action);
        kept.push_pages(action, client.pages(action, Paging::Filtered).await?)?;
    }
    for action in RULES {
        tick(action);
        kept.push(action, "", client.filtered(action).await?)?;
    }
    tick("ListGatewayAuthConsumer");
    let consumers = client.pages("ListGatewayAuthConsumer", Paging::Text).await?;
    kept.push_pages("ListGatewayAuthConsumer", consumers)?;

    for (list, id, detail, parameter) in [
        ("ListGatewayDomain", "Id", "GetGatewayDomainDetail", "Id"),
        ("ListGatewayService", "Id", "GetGatewayServiceDetail", "ServiceId"),
        ("ListGatewayRoute", "Id", "GetGatewayRouteDetail", "RouteId"),
        ("ListGatewayAuth", "Id", "GetGatewayAuthDetail", "Id"),
        ("ListGatewayAuthConsumer", "Id", "GetGatewayAuthConsumerDetail", "Id"),
        ("GetPlugins", "Id", "GetPluginConfig", "PluginId"),
    ] {
        let ids: Vec<String> = kept.answers.items(list).map(|item| id_text(&item[id])).collect();
        details(client, &mut kept, detail, parameter, ids).await?;
    }
    let consumers: Vec<String> =
        kept.answers.items("ListGatewayAuthConsumer").map(|item| id_text(&item["Id"])).collect();
    grants(client, &mut kept, consumers).await?;
    tick("ListGatewayRouteOnAuth");
    let on_auth = client.get("ListGatewayRouteOnAuth", &[("Type", "JWT".to_owned())]).await?;
    kept.push("ListGatewayRouteOnAuth", "", on_auth)?;
    Ok(kept.answers)
}

/// What was answered so far, secrets sealed from the first moment on.
struct Kept<'a> {
    host: &'a dyn Host,
    answers: Answers,
}

impl Kept<'_> {
    fn push(&mut self, action: &str, about: impl Into<String>, mut body: Value) -> Result<(), StepError> {
        secrets::seal(self.host, action, &mut body)?;
        self.answers.push(action, about, body);
        Ok(())
    }

    fn push_pages(&mut self, action: &str, pages: Vec<Value>) -> Result<(), StepError> {
        (1..).zip(pages).try_for_each(|(number, page)| self.push(action, format!("page {number}"), page))
    }
}

async fn details(
    client: Client<'_>,
    kept: &mut Kept<'_>,
    action: &str,
    parameter: &str,
    ids: Vec<String>,
) -> Result<(), StepError> {
    let total = ids.len() as u64;
    let mut found = stream::iter(ids)
        .map(|id| async move {
            let body = client.get(action, &[(parameter, id.clone())]).await?;
            Ok::<_, StepError>((id, body))
        })
        .buffered(SIDE_BY_SIDE);
    let mut done = 0;
    while let Some((id, body)) = found.try_next().await? {
        done += 1;
        kept.host.progress(Progress { done, total, text: action.to_owned() });
        kept.push(action, id, body)?;
    }
    Ok(())
}

/// The grants of each consumer, all pages.
async fn grants(client: Client<'_>, kept: &mut Kept<'_>, consumers: Vec<String>) -> Result<(), StepError> {
    let mut found = stream::iter(consumers)
        .map(|id| async move {
            let pages = client.pages_about("ListGatewayAuthConsumerResource", "ConsumerId", &id).await?;
            Ok::<_, StepError>((id, pages))
        })
        .buffered(SIDE_BY_SIDE);
    while let Some((id, pages)) = found.try_next().await? {
        for (number, page) in (1..).zip(pages) {
            kept.push("ListGatewayAuthConsumerResource", format!("{id} page {number}"), page)?;
        }
    }
    Ok(())
}

/// Ids are integers in some answers and text in others.
pub(crate) fn id_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
