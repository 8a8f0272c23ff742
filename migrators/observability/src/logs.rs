//! Access logs. The target delivers them from the day it is made, into the product's own project; another
//! project, or the form of nginx, is set in the console alone. Whether they arrive is shown by a request
//! that nobody else sends and its record in the logstore.

use std::time::Duration;

use gateshift_gateway_model::TargetInstance;
use gateshift_sdk::api::{Host, ProbeFailure, ProbeRequest, ProbeTls};
use gateshift_sdk::model::{Checkpoint, CheckpointResult, Finding, Severity, StepError};
use serde_json::{Value, json};

use crate::calls::{self, Project, Search};
use crate::facts::{Facts, LogFacts};
use crate::plan::{Given, LOGS, console, console_of};
use crate::settings::Part;

/// Beginning of the name of the product's own project.
const OWN_PROJECT: &str = "aliyun-product-data-";
/// The product's own store for access logs.
const OWN_STORE: &str = "apig-access-log";
/// A record is there within two minutes.
const LOOKS: u32 = 24;
/// A gateway that was just made is reached within half a minute.
const TRIES: u32 = 6;
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// Seconds before and after now in which a record may be, at the pace of real time.
const WINDOW: f64 = 3600.0;

/// What has to be done for the logs.
pub(crate) fn facts(given: &Given<'_>, findings: &mut Vec<Finding>) -> LogFacts {
    let skipped = given.settings.skips(Part::Logs);
    let source = given.inventory.observability.access_log.as_ref().filter(|_| !skipped);
    let own = given.settings.logstore.clone();
    let Some(source) = source else {
        let store = own.unwrap_or_else(|| OWN_STORE.to_owned());
        return LogFacts {
            skipped,
            delivers: false,
            by_hand: None,
            project: None,
            store,
            nginx_format: false,
        };
    };
    let project =
        Some(source.project.clone()).filter(|name| !name.is_empty() && !name.starts_with(OWN_PROJECT));
    let mut wishes = Vec::new();
    wishes
        .extend(project.as_ref().map(|project| format!("project `{project}`, logstore `{}`", source.store)));
    wishes.extend(source.nginx_format.then(|| "the form that is compatible with nginx".to_owned()));
    let by_hand = (!wishes.is_empty()).then(|| {
        let place = console(given.target, given.inventory);
        format!(
            "{place} > Access Log Shipping Settings: turn Instance Access Logs on and choose {}",
            wishes.join(" and ")
        )
    });
    if let Some(action) = &by_hand {
        findings.push(
            Finding::new(
                Severity::Manual,
                "OBS-LOG-PROJECT",
                "observability/access-log",
                "the source's access logs go elsewhere, or have another form, than those of a new gateway, and no \
                 public call changes that: the run holds until it is set by hand and a record has arrived",
            )
            .with_action(action.clone()),
        );
    }
    let usual = if project.is_some() { source.store.clone() } else { OWN_STORE.to_owned() };
    let store = own.unwrap_or(usual);
    LogFacts { skipped, delivers: true, by_hand, project, store, nginx_format: source.nginx_format }
}

/// Answers for the access logs.
pub(crate) async fn verify(
    host: &dyn Host,
    facts: &Facts,
    target: &TargetInstance,
) -> Result<Checkpoint, StepError> {
    let logs = &facts.logs;
    let answer =
        |result, message: String, evidence: Value| Ok(Checkpoint::new(LOGS, result, message, evidence));
    if logs.skipped {
        return answer(CheckpointResult::Waived, "left out by the setting `skip`".to_owned(), Value::Null);
    }
    if !logs.delivers {
        return answer(CheckpointResult::Pass, "the source delivers no access logs".to_owned(), Value::Null);
    }
    let before = logs.by_hand.as_ref().map(|what| format!("{what}; then ")).unwrap_or_default();
    let wanted = logs.project.as_deref().unwrap_or("the product's own project");
    let project = match calls::project(host).await? {
        Project::NoConnection => {
            let message = format!(
                "{before}give the step a connection `logs` (aliyun/sls) to {wanted}: without one nobody can see \
                 whether records arrive"
            );
            return answer(CheckpointResult::Manual, message, json!({"connection": "none"}));
        }
        Project::Missing(cause) => {
            let message = format!("{before}make the project of the connection `logs` be there: {cause}");
            return answer(CheckpointResult::Manual, message, json!({"project": "missing"}));
        }
        Project::Named(name) => name,
    };
    let evidence = json!({"project": project, "logstore": logs.store, "wanted": wanted});
    if logs.project.as_ref().is_some_and(|wanted| *wanted != project) {
        let message =
            format!("{before}let the connection `logs` look into {wanted}: it looks into {project}");
        return answer(CheckpointResult::Manual, message, evidence);
    }
    let marker = marker(host);
    let Some(request) = request(target, &marker) else {
        let message = "the target has no address to send a marked request to".to_owned();
        return answer(CheckpointResult::Unclear, message, evidence);
    };
    let address = request.address;
    if let Some(failure) = send(host, &request).await? {
        return answer(
            CheckpointResult::Unclear,
            format!("the marked request got no answer: {failure}"),
            evidence,
        );
    }
    let found = find(host, &logs.store, &marker, &facts.gateway).await?;
    let evidence = json!({"project": project, "logstore": logs.store, "wanted": wanted, "marker": marker,
        "address": address.to_string(), "record": found});
    match (found, &logs.by_hand) {
        (Some(record), _) if is_nginx(&record) != logs.nginx_format => {
            let (wanted, other) =
                if logs.nginx_format { ("on", "the product's own") } else { ("off", "nginx's") };
            let place = console_of(&facts.region, &facts.name, &facts.gateway);
            let message = format!(
                "{place} > Access Log Shipping Settings: turn the form that is compatible with nginx {wanted} (the \
                 record of a marked request arrived in {project}/{} and has {other} form)",
                logs.store
            );
            answer(CheckpointResult::Manual, message, evidence)
        }
        (Some(_), _) => {
            let message = format!("the record of a marked request arrived in {project}/{}", logs.store);
            answer(CheckpointResult::Pass, message, evidence)
        }
        (None, Some(what)) => {
            let message =
                format!("{what} (no record of a marked request arrived in {project}/{} so far)", logs.store);
            answer(CheckpointResult::Manual, message, evidence)
        }
        (None, None) => {
            let message = format!("no record of a marked request arrived in {project}/{}", logs.store);
            answer(CheckpointResult::Fail, message, evidence)
        }
    }
}

/// Whether a record has the fields of nginx: the product's own form names the gateway, that of nginx does not.
fn is_nginx(record: &Value) -> bool {
    record.get("cluster_id").is_none()
}

/// A word that stands in no other record.
fn marker(host: &dyn Host) -> String {
    let id: String = host.id().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("gateshiftmarker{}", id.to_ascii_lowercase())
}

/// A request to a host that no domain has, so that no backend is asked.
fn request(target: &TargetInstance, marker: &str) -> Option<ProbeRequest> {
    let entry = target.entries.iter().find(|entry| !entry.ipv4.is_empty() || !entry.ipv6.is_empty())?;
    let address =
        entry.ipv4.first().map(|ip| (*ip).into()).or_else(|| entry.ipv6.first().map(|ip| (*ip).into()))?;
    let host = format!("{marker}.invalid");
    let (port, tls) = match (entry.http_ports.first(), entry.https_ports.first()) {
        (Some(port), _) => (*port, None),
        (None, Some(port)) => {
            let sni = entry.domain.clone().unwrap_or_else(|| host.clone());
            (*port, Some(ProbeTls { sni, alpn: vec!["http/1.1".to_owned()] }))
        }
        (None, None) => return None,
    };
    Some(ProbeRequest {
        address,
        port,
        tls,
        method: "GET".to_owned(),
        host,
        target: format!("/{marker}"),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: Duration::from_secs(10),
    })
}

/// Sends a request until it is answered; a gateway that was just made takes no connections for some moments.
/// Gives the last failure when none was.
async fn send(host: &dyn Host, request: &ProbeRequest) -> Result<Option<ProbeFailure>, StepError> {
    let mut last = None;
    for attempt in 0..TRIES {
        if attempt > 0 {
            host.sleep(BETWEEN_LOOKS).await?;
        }
        match host.probe(request.clone()).await {
            Ok(_) => return Ok(None),
            Err(failure) => last = Some(failure),
        }
    }
    Ok(last)
}

/// Waits for the record of this gateway.
async fn find(host: &dyn Host, store: &str, marker: &str, gateway: &str) -> Result<Option<Value>, StepError> {
    let ours = |record: &Value| {
        let names = |text: &str| text.to_ascii_lowercase().contains(marker);
        let texts = record.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
        texts.into_iter().any(names) && record["cluster_id"].as_str().is_none_or(|id| id == gateway)
    };
    for look in 0..LOOKS {
        if look > 0 {
            host.sleep(BETWEEN_LOOKS).await?;
        }
        // In a rehearsal the other side's clock runs ahead.
        let slack = (WINDOW * host.time_scale().max(1.0)) as i64;
        let now = host.now().0.div_euclid(1000);
        match calls::search(host, store, marker, (now - slack, now + slack)).await? {
            Search::NoStore => return Ok(None),
            Search::Records(records) => {
                if let Some(record) = records.into_iter().find(ours) {
                    return Ok(Some(record));
                }
            }
        }
    }
    Ok(None)
}
