//! Domains and certificates. Type and status of a domain are only in the list, its mutual TLS and
//! the content of its certificate only in the detail.

use serde_json::{Map, Value, json};

use super::reply::{Refusal, Reply, data};
use super::request::Request;
use crate::scenario::{self, Http2};
use crate::state::{Domain, Gateway, State};
use crate::times;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let network = request.cloud.network.lock();
    let ours = matches!(request.text("Type"), None | Some("All" | "Op"));
    let rows: Vec<Value> = gateway
        .domains
        .iter()
        .filter(|_| ours)
        .filter(|domain| request.text("DomainName").is_none_or(|want| domain.spec.name.contains(want)))
        .map(|domain| {
            let mut row = common(gateway, domain);
            row.insert("GmtCreate".to_owned(), times::local(domain.created_ms).into());
            row.insert("GmtModified".to_owned(), times::local(domain.modified_ms).into());
            row.insert("Status".to_owned(), 3.into());
            row.insert("Type".to_owned(), if domain.spec.ingress { "Ingress" } else { "Op" }.into());
            row.insert("Comment".to_owned(), json!({ "Status": "Success" }));
            if let Some(cert) =
                network.certificates.iter().find(|cert| cert.identifier == domain.spec.certificate)
            {
                row.insert("CertBeforeDate".to_owned(), times::local(cert.not_after_ms).into());
            }
            Value::Object(row)
        })
        .collect();
    data(rows)
}

fn common(gateway: &Gateway, domain: &Domain) -> Map<String, Value> {
    let spec = &domain.spec;
    let mut row = Map::from_iter([
        ("GatewayId".to_owned(), gateway.id.into()),
        ("Http2".to_owned(), http2(spec.http2).into()),
        ("Id".to_owned(), domain.id.into()),
        ("IsManaged".to_owned(), spec.ingress.into()),
        ("MustHttps".to_owned(), spec.force_https.into()),
        ("Name".to_owned(), spec.name.as_str().into()),
        ("Protocol".to_owned(), protocol(domain).into()),
        ("TlsMax".to_owned(), spec.tls_max.as_str().into()),
        ("TlsMin".to_owned(), spec.tls_min.as_str().into()),
    ]);
    if domain.https {
        row.insert("CertIdentifier".to_owned(), spec.certificate.as_str().into());
        row.insert(
            "TlsCipherSuitesConfig".to_owned(),
            json!({ "ConfigType": "Default", "TlsCipherSuites": [] }),
        );
    }
    row
}

pub(crate) fn detail(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let id = request.id("Id")?;
    let domain = gateway.domain(id).ok_or_else(|| no_domain(id))?;
    let mut row = common(gateway, domain);
    row.insert("GatewayUniqueId".to_owned(), gateway.spec.id.as_str().into());
    row.insert("GmtCreate".to_owned(), times::iso(domain.created_ms).into());
    row.insert("GmtModified".to_owned(), times::iso(domain.modified_ms).into());
    row.insert("MtlsEnabled".to_owned(), (!domain.spec.client_ca.is_empty()).into());
    if !domain.spec.client_ca.is_empty() {
        row.insert("CaCertIdentifier".to_owned(), domain.spec.client_ca.as_str().into());
    }
    let network = request.cloud.network.lock();
    if let Some(cert) = network.certificates.iter().find(|cert| cert.identifier == domain.spec.certificate) {
        row.insert("AfterDate".to_owned(), cert.not_after_ms.into());
        row.insert("BeforeDate".to_owned(), cert.not_before_ms.into());
        row.insert("GmtAfter".to_owned(), times::iso(cert.not_after_ms).into());
        row.insert("GmtBefore".to_owned(), times::iso(cert.not_before_ms).into());
        row.insert("Algorithm".to_owned(), "ECDSA".into());
        row.insert("CertName".to_owned(), cert.name.as_str().into());
        row.insert("CommonName".to_owned(), cert.common_name.as_str().into());
        row.insert("Issuer".to_owned(), "lab".into());
        row.insert("Sans".to_owned(), cert.sans.join(",").into());
    }
    data(Value::Object(row))
}

pub(crate) fn certificates(state: &State, request: &Request<'_>) -> Reply {
    request.gateway(state)?;
    let network = request.cloud.network.lock();
    let rows: Vec<Value> = network
        .certificates
        .iter()
        .filter(|cert| request.text("CertName").is_none_or(|want| cert.name.contains(want)))
        .map(|cert| {
            json!({
                "AfterDate": cert.not_after_ms.to_string(),
                "Algorithm": "ECDSA",
                "BeforeDate": cert.not_before_ms.to_string(),
                "CertIdentifier": cert.identifier,
                "CertName": cert.name,
                "CommonName": cert.common_name,
                "GmtAfter": times::iso(cert.not_after_ms),
                "GmtBefore": times::iso(cert.not_before_ms),
                "Issuer": "lab",
                "Sans": cert.sans.join(","),
            })
        })
        .collect();
    data(rows)
}

pub(crate) fn add(state: &mut State, request: &Request<'_>) -> Reply {
    let name = request.text("Name").ok_or_else(|| Refusal::invalid("Name is missing"))?;
    let id = state.take_id();
    let gateway = request.gateway_mut(state)?;
    if gateway.domains.iter().any(|domain| domain.spec.name == name) {
        return Err(Refusal::illegal(format!("domain {name} already exists on this gateway")).quietly());
    }
    let mut domain = Domain {
        id,
        https: false,
        spec: scenario::Domain::http(name),
        created_ms: request.now_ms,
        modified_ms: request.now_ms,
    };
    set(&mut domain, request)?;
    gateway.domains.push(domain);
    request.cloud.touch();
    data(id)
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("Id")?;
    let gateway = request.gateway_mut(state)?;
    let domain = gateway.domains.iter_mut().find(|domain| domain.id == id).ok_or_else(|| no_domain(id))?;
    let mut changed = domain.clone();
    set(&mut changed, request)?;
    *domain = changed;
    request.cloud.touch();
    data(id)
}

/// Takes over what the call says about a domain.
fn set(domain: &mut Domain, request: &Request<'_>) -> Result<(), Refusal> {
    match request.text("Protocol") {
        Some("HTTP") => domain.https = false,
        Some("HTTPS") => domain.https = true,
        None => {}
        Some(other) => return Err(Refusal::invalid(format!("Protocol cannot be {other}"))),
    }
    let spec = &mut domain.spec;
    if let Some(certificate) = request.text("CertIdentifier") {
        let network = request.cloud.network.lock();
        if !network.certificates.iter().any(|known| known.identifier == certificate) {
            return Err(Refusal::invalid(format!("certificate {certificate} does not exist")));
        }
        certificate.clone_into(&mut spec.certificate);
    }
    if domain.https && spec.certificate.is_empty() {
        return Err(Refusal::invalid("CertIdentifier is needed for HTTPS"));
    }
    if let Some(force) = request.flag("MustHttps") {
        spec.force_https = force;
    }
    spec.http2 = match request.text("Http2") {
        Some("open") => Http2::Open,
        Some("close") => Http2::Close,
        Some("globalConfig") => Http2::Global,
        None => spec.http2,
        Some(other) => return Err(Refusal::invalid(format!("Http2 cannot be {other}"))),
    };
    for (name, field) in [("TlsMin", &mut spec.tls_min), ("TlsMax", &mut spec.tls_max)] {
        if let Some(version) = request.text(name) {
            version.clone_into(field);
        }
    }
    match (request.flag("MtlsEnabled"), request.text("CaCertIdentifier")) {
        (Some(false), _) => spec.client_ca.clear(),
        (_, Some(ca)) => ca.clone_into(&mut spec.client_ca),
        _ => {}
    }
    domain.modified_ms = request.now_ms;
    Ok(())
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("Id")?;
    let gateway = request.gateway_mut(state)?;
    let at = gateway.domains.iter().position(|domain| domain.id == id).ok_or_else(|| no_domain(id))?;
    if let Some(route) = gateway.routes.iter().find(|route| route.content.domains.contains(&id)) {
        return Err(Refusal::illegal(format!("domain {id} is used by route {}", route.name)).quietly());
    }
    let domain = gateway.domains.remove(at);
    request.cloud.touch();
    let mut row = json!({
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "GmtCreate": times::iso(domain.created_ms),
        "GmtModified": times::iso(domain.modified_ms),
        "Id": domain.id,
        "MustHttps": domain.spec.force_https,
        "Name": domain.spec.name,
        "Protocol": protocol(&domain),
    });
    if domain.https {
        row["CertIdentifier"] = domain.spec.certificate.as_str().into();
    }
    data(row)
}

fn no_domain(id: i64) -> Refusal {
    Refusal::missing(format!("domain {id} does not exist")).quietly()
}

fn protocol(domain: &Domain) -> &'static str {
    if domain.https { "HTTPS" } else { "HTTP" }
}

fn http2(option: Http2) -> &'static str {
    match option {
        Http2::Global => "globalConfig",
        Http2::Open => "open",
        Http2::Close => "close",
    }
}
