//! Consumers of the account and what they may call.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Map, Value, json};

use super::state::{Cx, State};
use super::{api, environment, reply, token};
use crate::params::{fits, fits_part, flag, string, text};

/// A consumer.
#[derive(Debug)]
pub(crate) struct Consumer {
    pub(crate) name: String,
    pub(crate) enable: bool,
    pub(crate) description: Option<String>,
    pub(crate) identities: Map<String, Value>,
    created_ms: i64,
    updated_ms: i64,
}

/// A grant: a consumer may call a route.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) consumer_id: String,
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
    pub(crate) api_id: Option<String>,
    pub(crate) environment_id: String,
    created_ms: i64,
}

/// Request spelling and answer spelling of the identity sections.
const IDENTITIES: [(&str, &str); 3] = [
    ("jwtIdentityConfig", "jwtIdentityConfig"),
    ("apikeyIdentityConfig", "apiKeyIdentityConfig"),
    ("akSkIdentityConfigs", "akSkIdentityConfigs"),
];

fn identities(body: &Map<String, Value>) -> Map<String, Value> {
    IDENTITIES
        .iter()
        .filter_map(|(name, _)| body.get(*name).filter(|value| !value.is_null()).map(|value| (*name, value)))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

fn check_identities(found: &Map<String, Value>) -> Result<(), ApiError> {
    let custom = |credential: &Value| {
        let mode = credential.get("generateMode").and_then(Value::as_str);
        let key = credential.get("apikey").and_then(Value::as_str).unwrap_or_default();
        mode == Some("Custom") && key.is_empty()
    };
    let credentials =
        found.get("apikeyIdentityConfig").and_then(|one| one.get("credentials")).and_then(Value::as_array);
    if credentials.into_iter().flatten().any(custom) {
        return Err(reply::missing("apikeyIdentityConfig.credentials[].apikey"));
    }
    Ok(())
}

/// `CreateConsumer`.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    token::once(cx, state, call, |cx, state, call| {
        let name = text(&call.body, "name").ok_or_else(|| reply::missing("name"))?;
        let identities = identities(&call.body);
        check_identities(&identities)?;
        if state.consumers.iter().any(|(_, one)| one.name == name) {
            return Err(reply::conflict("ConsumerNameDuplicate", format!("consumer {name} exists already")));
        }
        if flag(&call.query, "dryRun") == Some(true) {
            return reply::ok(json!({}));
        }
        let id = state.consumers.add(Consumer {
            name: name.to_owned(),
            enable: flag(&call.body, "enable").unwrap_or(true),
            description: string(&call.body, "description"),
            identities,
            created_ms: cx.now,
            updated_ms: cx.now,
        });
        state.count("consumer");
        reply::ok(json!({ "consumerId": id }))
    })
}

fn find<'a>(state: &'a State, id: &str) -> Result<&'a Consumer, ApiError> {
    state.consumers.get(id).ok_or_else(|| reply::gone("Consumer", id))
}

fn in_list(id: &str, one: &Consumer) -> Value {
    json!({
        "consumerId": id,
        "name": one.name,
        "enable": one.enable,
        "description": one.description,
        "deployStatus": "Deployed",
        "createTimestamp": one.created_ms,
        "updateTimestamp": one.updated_ms,
    })
}

/// `GetConsumer`, which spells `apiKeyIdentityConfig`.
pub(crate) fn get(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "consumerId")?;
    let one = find(state, id)?;
    let mut view = in_list(id, one);
    for (name, answered) in IDENTITIES {
        view[answered] = one.identities.get(name).cloned().unwrap_or_default();
    }
    reply::ok(view)
}

/// `ListConsumers`.
pub(crate) fn list(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let items: Vec<Value> = state
        .consumers
        .iter()
        .filter(|(_, one)| {
            fits_part(&call.query, "nameLike", &one.name) && fits(&call.query, "gatewayType", "API")
        })
        .map(|(id, one)| in_list(id, one))
        .collect();
    reply::page(call, &items)
}

/// `UpdateConsumer`.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "consumerId")?;
    find(state, id)?;
    let identities = identities(&call.body);
    check_identities(&identities)?;
    let Some(one) = state.consumers.get_mut(id) else { return Err(reply::gone("Consumer", id)) };
    one.identities.extend(identities);
    if let Some(enable) = flag(&call.body, "enable") {
        one.enable = enable;
    }
    if call.body.contains_key("description") {
        one.description = string(&call.body, "description");
    }
    one.updated_ms = cx.now;
    reply::done()
}

/// `DeleteConsumer`: its grants go with it.
pub(crate) fn delete(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "consumerId")?;
    find(state, id)?;
    state.consumers.remove(id);
    state.rules.retain(|_, rule| rule.consumer_id != id);
    reply::done()
}

/// `CreateConsumerAuthorizationRules`: all or none.
pub(crate) fn authorize(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let wanted =
        call.body.get("authorizationRules").and_then(Value::as_array).filter(|list| !list.is_empty());
    let wanted = wanted.ok_or_else(|| reply::missing("authorizationRules"))?;
    let mut rules = Vec::new();
    for one in wanted.iter().filter_map(Value::as_object) {
        rules.push(checked_rule(cx, state, one)?);
    }
    let mut ids = Vec::new();
    for rule in rules {
        ids.push(state.rules.add(rule));
        state.count("authorizationRule");
    }
    reply::ok(json!({ "consumerAuthorizationRuleIds": ids }))
}

fn checked_rule(cx: &Cx<'_>, state: &State, one: &Map<String, Value>) -> Result<Rule, ApiError> {
    let consumer = text(one, "consumerId").ok_or_else(|| reply::missing("consumerId"))?;
    find(state, consumer)?;
    if !fits(one, "principalType", "Consumer") || !fits(one, "expireMode", "LongTerm") {
        return Err(reply::bad(
            "authorizationRules[]",
            "principalType Consumer with expireMode LongTerm is served",
        ));
    }
    let resource_type = text(one, "resourceType").ok_or_else(|| reply::missing("resourceType"))?;
    let target = one.get("resourceIdentifier").and_then(Value::as_object);
    let target = target.ok_or_else(|| reply::missing("resourceIdentifier"))?;
    let resource =
        text(target, "resourceId").ok_or_else(|| reply::missing("resourceIdentifier.resourceId"))?;
    let environment =
        text(target, "environmentId").ok_or_else(|| reply::missing("resourceIdentifier.environmentId"))?;
    state.gateway_of_environment(environment)?;
    let api = match resource_type {
        "HttpApiRoute" => state.routes.get(resource).map(|route| route.api_id.as_str()),
        "RestApiOperation" => state.operations.get(resource).map(|one| one.api_id.as_str()),
        "RestApi" => state.apis.get(resource).filter(|one| one.kind == "Rest").map(|_| resource),
        other => {
            let served = "HttpApiRoute, RestApiOperation, RestApi";
            return Err(reply::bad("resourceType", format!("{other} is not one of {served}")));
        }
    };
    let kind = if resource_type == "HttpApiRoute" { "Route" } else { "Operation" };
    let api = api.ok_or_else(|| reply::gone(kind, resource))?;
    if text(target, "parentResourceId").is_some_and(|wanted| wanted != api) {
        return Err(reply::detail(format!("{resource} does not belong to that API")));
    }
    let same = |rule: &Rule| {
        rule.consumer_id == consumer && rule.resource_id == resource && rule.environment_id == environment
    };
    if let Some((id, _)) = state.rules.iter().find(|(_, rule)| same(rule)) {
        return Err(reply::conflict(
            "ConsumerAuthorizationRuleExisted",
            format!("that grant exists already as {id}"),
        ));
    }
    Ok(Rule {
        consumer_id: consumer.to_owned(),
        resource_type: resource_type.to_owned(),
        resource_id: resource.to_owned(),
        api_id: Some(api.to_owned()),
        environment_id: environment.to_owned(),
        created_ms: cx.now,
    })
}

/// `QueryConsumerAuthorizationRules`, where `totalSize` is text.
pub(crate) fn authorized(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let found: Vec<(&str, &Rule)> = state
        .rules
        .iter()
        .filter(|(_, rule)| {
            fits(query, "consumerId", &rule.consumer_id)
                && fits(query, "resourceId", &rule.resource_id)
                && fits(query, "resourceType", &rule.resource_type)
                && fits(query, "environmentId", &rule.environment_id)
                && fits(query, "principalType", "Consumer")
                && fits(query, "parentResourceId", rule.api_id.as_deref().unwrap_or_default())
        })
        .collect();
    let mut answer = reply::page_of(call, &found, |(id, rule)| rule_view(cx, state, id, rule))?;
    answer["data"]["totalSize"] = json!(found.len().to_string());
    Ok(answer)
}

fn rule_view(cx: &Cx<'_>, state: &State, id: &str, rule: &Rule) -> Value {
    let consumer = state.consumers.get(&rule.consumer_id);
    let api =
        rule.api_id.as_deref().and_then(|id| state.apis.get(id).map(|one| api::view(cx, state, id, one)));
    let owner = state.gateway_of_environment(&rule.environment_id).ok();
    json!({
        "consumerAuthorizationRuleId": id,
        "consumerId": rule.consumer_id,
        "consumerInfo": consumer.map(|one| json!({
            "consumerId": rule.consumer_id, "name": one.name, "enable": one.enable,
        })),
        "principalType": "Consumer",
        "resourceType": rule.resource_type,
        "resourceId": rule.resource_id,
        "apiInfo": api,
        "environmentInfo": owner.map(|(id, gateway)| environment::full(state, id, gateway)),
        "gatewayInfo": owner.map(|(id, gateway)| environment::gateway_info(id, gateway)),
        "expireMode": "LongTerm",
        "deployStatus": "Deployed",
        "createTimestamp": rule.created_ms,
        "updateTimestamp": rule.created_ms,
    })
}

/// `BatchDeleteConsumerAuthorizationRule`: all or none.
pub(crate) fn revoke_all(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let listed = text(&call.query, "consumerAuthorizationRuleIds");
    let listed = listed.ok_or_else(|| reply::missing("consumerAuthorizationRuleIds"))?;
    let ids: Vec<&str> = listed.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if let Some(id) = ids.iter().find(|id| state.rules.get(id).is_none()) {
        return Err(reply::gone("ConsumerAuthorizationRule", id));
    }
    ids.iter().for_each(|id| {
        state.rules.remove(id);
    });
    reply::done()
}

/// `RemoveConsumerAuthorizationRule`.
pub(crate) fn revoke(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "consumerAuthorizationRuleId")?;
    state.rules.remove(id).ok_or_else(|| reply::gone("ConsumerAuthorizationRule", id))?;
    reply::done()
}
