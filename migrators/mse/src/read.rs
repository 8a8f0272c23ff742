//! From all answers to the inventory. Pure: the same answers give the same inventory.

use std::borrow::Cow;
use std::collections::HashMap;

use gateshift_gateway_model::{FORMAT, Inventory, Origin, RawAnswer};
use gateshift_sdk::model::{Finding, Severity};
use serde_json::Value;

use crate::account::account;
use crate::convert;
use crate::fetch::id_text;
use crate::{Answer, Answers, CONNECTION_KIND};

/// What reading gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The inventory.
    pub inventory: Inventory,
    /// What could not be understood.
    pub findings: Vec<Finding>,
    /// Status of the gateway as the product numbers it.
    pub status: i64,
}

/// Reads the answers about `gateway`.
#[must_use]
pub fn read(answers: &Answers, gateway: &str, taken_at: i64) -> Read {
    let mut findings = Vec::new();
    let index = answers.index();
    let whole = |action: &'static str| index.get(&(action, "")).map_or(Value::Null, |one| one.data());
    let detail = whole("GetGateway");
    let listed =
        answers.items("ListGateway").find(|item| item["GatewayUniqueId"] == gateway).unwrap_or_default();
    let slbs: Vec<Value> = answers.items("ListGatewaySlb").collect();
    let rules: Vec<Value> = answers.items("ListSecurityGroupRule").collect();
    let instance = convert::instance(&listed, &detail, &slbs, &rules, &mut findings);

    let domains = answers
        .items("ListGatewayDomain")
        .filter_map(|item| {
            convert::domain(&item, &detail_of(&index, "GetGatewayDomainDetail", &item), &mut findings)
        })
        .collect::<Vec<_>>();
    let sources =
        answers.items("ListServiceSource").filter_map(|item| convert::source(&item, &mut findings)).collect();
    let services = answers
        .items("ListGatewayService")
        .filter_map(|item| {
            convert::service(&item, &detail_of(&index, "GetGatewayServiceDetail", &item), &mut findings)
        })
        .collect();
    let mut routes: Vec<_> = answers
        .items("ListGatewayRoute")
        .filter_map(|item| {
            convert::route(&item, &detail_of(&index, "GetGatewayRouteDetail", &item), &mut findings)
        })
        .collect();
    routes.sort_by_cached_key(|route| {
        (route.created_at, route.id.parse::<u64>().unwrap_or(u64::MAX), route.id.clone())
    });
    convert::rules(answers, &mut routes, &mut findings);

    let plugins = answers
        .items("GetPlugins")
        .filter_map(|item| {
            let detail = detail_of(&index, "GetPluginConfig", &item);
            convert::plugin(&item, &detail, &routes, &domains, &mut findings)
        })
        .collect();
    let config = whole("GetGatewayConfig");
    let parameters = convert::parameters(&config, &whole("GetGatewayOption"));

    let access_lists = answers
        .items("GatewayBlackWhiteList")
        .filter_map(|item| convert::access_list(&item, &domains, &routes, &mut findings))
        .collect();
    let authentications = answers
        .items("ListGatewayAuth")
        .filter_map(|item| {
            convert::authentication(&detail_of(&index, "GetGatewayAuthDetail", &item), &mut findings)
        })
        .collect();
    let consumers = answers
        .items("ListGatewayAuthConsumer")
        .filter_map(|item| {
            let detail = detail_of(&index, "GetGatewayAuthConsumerDetail", &item);
            let grants = grants_of(answers, &id_text(&item["Id"]));
            convert::consumer(&detail, grants.iter(), &mut findings)
        })
        .collect();
    let guarded_routes = answers
        .items("ListGatewayRouteOnAuth")
        .filter_map(|item| convert::guarded_route(&item, &mut findings))
        .collect();

    let used: Vec<&String> = domains.iter().filter_map(|domain| domain.certificate.as_ref()).collect();
    let certificates = answers
        .items("ListSSLCert")
        .filter_map(|item| convert::certificate(&item))
        .filter(|certificate| used.contains(&&certificate.identifier))
        .collect();
    let observability = convert::observability(&detail, &config, &mut findings);
    let accounting = account(answers);
    findings.extend(accounting.unknown.iter().map(|field| {
        Finding::new(
            Severity::Block,
            "SRC-UNKNOWN-FIELD",
            format!("{}/{}", field.action, field.path),
            format!(
                "the source answered with a field nobody accounts for ({}): what it does would be lost",
                field.kind
            ),
        )
        .with_action("update gateshift, or report the field; nothing is written until it is understood")
    }));

    let inventory = Inventory {
        format: FORMAT,
        taken_at,
        origin: Origin {
            product: CONNECTION_KIND.to_owned(),
            region: text(&detail, "Region").or_else(|| text(&listed, "Region")).unwrap_or_default(),
            gateway: gateway.to_owned(),
        },
        instance,
        domains,
        certificates,
        sources,
        services,
        routes,
        access_lists,
        authentications,
        consumers,
        guarded_routes,
        plugins,
        observability,
        parameters,
        accounting,
        raw: answers
            .answers
            .iter()
            .map(|answer| RawAnswer {
                action: answer.action.clone(),
                about: answer.about.clone(),
                digest: answer.digest(),
            })
            .collect(),
    };
    let status = detail["Status"].as_i64().or_else(|| listed["Status"].as_i64()).unwrap_or(-1);
    Read { inventory, findings, status }
}

/// The detail of a list's item; the item itself when the detail is missing, which then shows as
/// an unexpected form.
fn detail_of<'a>(index: &HashMap<(&str, &str), &Answer>, action: &str, item: &'a Value) -> Cow<'a, Value> {
    index
        .get(&(action, id_text(&item["Id"]).as_str()))
        .map_or(Cow::Borrowed(item), |detail| Cow::Owned(detail.data()))
}

/// The grants of one consumer, all pages.
fn grants_of(answers: &Answers, consumer: &str) -> Vec<Value> {
    let about = format!("{consumer} page ");
    answers
        .of("ListGatewayAuthConsumerResource")
        .filter(|answer| answer.about.starts_with(&about))
        .flat_map(Answer::items)
        .collect()
}

fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
