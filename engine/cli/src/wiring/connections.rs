//! Kinds of connection: where they live, how they sign, what they allow. Endpoints are facts of the
//! provider; `endpoint` in a workflow or an endpoints file replaces them.

use gateshift_host::{ConnectionKind, EndpointRule, QueryLanguage, Scheme, ScopedScheme, WriteRule};
use serde_json::json;

/// Regions whose VPC API has the central host.
const CENTRAL_VPC: &[&str] = &[
    "cn-hangzhou",
    "cn-shanghai",
    "cn-qingdao",
    "cn-beijing",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-southeast-1",
    "us-east-1",
    "us-west-1",
    "cn-hangzhou-finance",
    "cn-shanghai-finance-1",
    "cn-shenzhen-finance-1",
    "cn-north-2-gov-1",
];

/// Every kind.
pub(crate) fn kinds() -> Vec<ConnectionKind> {
    let mse = ConnectionKind {
        // The source is never changed: the host refuses whatever does not read.
        writes: WriteRule::Refused {
            read_prefixes: ["List", "Get", "Query"].map(str::to_owned).to_vec(),
            exact: vec!["GatewayBlackWhiteList".to_owned()],
            read_posts: Vec::new(),
        },
        ..regional("mse", "2019-05-31")
    };
    let vpc = ConnectionKind {
        endpoint: EndpointRule::new(
            "https://vpc.{region}.aliyuncs.com",
            Some("https://vpc-vpc.{region}.aliyuncs.com"),
        )
        .with_exceptions(CENTRAL_VPC.iter().map(|region| (*region, "vpc.aliyuncs.com"))),
        writes: WriteRule::read_only(),
        ..regional("vpc", "2016-04-28")
    };
    let alidns = ConnectionKind {
        // The data of DNS belongs to no region.
        endpoint: EndpointRule::new("https://alidns.aliyuncs.com", None),
        required: Vec::new(),
        ..regional("alidns", "2015-01-09")
    };
    let cms = ConnectionKind {
        endpoint: EndpointRule::new(
            "https://metrics.{region}.aliyuncs.com",
            Some("https://cms-vpc.{region}.aliyuncs.com"),
        ),
        ..regional("cms", "2019-01-01")
    };
    let arms = ConnectionKind {
        writes: WriteRule::Refused {
            read_prefixes: ["Get", "Search", "List"].map(str::to_owned).to_vec(),
            exact: Vec::new(),
            read_posts: Vec::new(),
        },
        ..regional("arms", "2019-08-08")
    };
    let prometheus = ConnectionKind {
        name: "prometheus".to_owned(),
        scheme: Scheme::None,
        endpoint: EndpointRule::from_setting("url"),
        writes: WriteRule::Refused {
            read_prefixes: Vec::new(),
            exact: vec!["query".to_owned()],
            read_posts: Vec::new(),
        },
        settings: json!({"url": {"type": "string", "description": "base URL, http://127.0.0.1:9090"}}),
        required: vec!["url".to_owned()],
        query_language: Some(QueryLanguage::Prometheus),
    };
    // For steps of your own: a ticket, a message, an in-house registry.
    let webhook = ConnectionKind {
        name: "webhook".to_owned(),
        scheme: Scheme::None,
        endpoint: EndpointRule::from_setting("url"),
        writes: WriteRule::Allowed,
        settings: json!({"url": {"type": "string", "description": "base URL, https://tickets.example.com/hooks"}}),
        required: vec!["url".to_owned()],
        query_language: None,
    };
    // Numbers of the operator's own: one address that answers questions with JSON.
    let http = ConnectionKind {
        name: "http".to_owned(),
        settings: json!({"url": {"type": "string", "description": "base URL, https://numbers.example.com/shift"}}),
        writes: WriteRule::Refused {
            read_prefixes: Vec::new(),
            exact: vec!["numbers".to_owned()],
            read_posts: Vec::new(),
        },
        query_language: None,
        ..prometheus.clone()
    };
    let mut kinds =
        vec![mse, regional("apig", "2024-03-27"), vpc, alidns, cms, arms, logs(), prometheus, http, webhook];
    kinds.extend(super::zones::kinds());
    kinds
}

/// Log Service: a project is a label of the host, the signature is one of its own, and nothing is written.
fn logs() -> ConnectionKind {
    let scheme = ScopedScheme {
        algorithm: "SLS4-HMAC-SHA256".to_owned(),
        service: "sls".to_owned(),
        terminator: "aliyun_v4_request".to_owned(),
        secret_prefix: "aliyun_v4".to_owned(),
        header_prefix: "x-log-".to_owned(),
        also_signed: "x-acs-".to_owned(),
        token_header: "x-acs-security-token".to_owned(),
        headers: vec![("x-log-apiversion".to_owned(), "0.6.0".to_owned())],
    };
    ConnectionKind {
        name: "aliyun/sls".to_owned(),
        scheme: Scheme::Scoped(Box::new(scheme)),
        endpoint: EndpointRule::new(
            "https://{region}.log.aliyuncs.com",
            Some("https://{region}-intranet.log.aliyuncs.com"),
        )
        .with_label("project"),
        // A search is sent as a POST.
        writes: WriteRule::read_only_but(&["/logstores/*/logs"]),
        settings: json!({}),
        required: vec!["region".to_owned(), "project".to_owned()],
        query_language: None,
    }
}

fn regional(product: &str, version: &str) -> ConnectionKind {
    let public = format!("https://{product}.{{region}}.aliyuncs.com");
    let private = format!("https://{product}-vpc.{{region}}.aliyuncs.com");
    ConnectionKind {
        name: format!("aliyun/{product}"),
        scheme: Scheme::Acs3 { version: version.to_owned() },
        endpoint: EndpointRule::new(&public, Some(&private)),
        writes: WriteRule::Allowed,
        settings: json!({}),
        required: vec!["region".to_owned()],
        query_language: None,
    }
}

#[cfg(test)]
mod tests {
    use super::kinds;

    #[test]
    fn the_source_admits_every_read_of_its_reader_and_no_write() {
        let kinds = kinds();
        let mse = kinds.iter().find(|kind| kind.name == gateshift_mse::CONNECTION_KIND).unwrap();
        for action in gateshift_mse::ACTIONS {
            assert!(mse.writes.admits(action), "{action}");
        }
        for action in [
            "AddGatewayRoute",
            "UpdateGatewayRoute",
            "DeleteGateway",
            "ApplyGatewayRoute",
            "OfflineGatewayRoute",
            "TagResources",
            "ImportServices",
            "SelectGatewaySlb",
            "EnableHttp2",
        ] {
            assert!(!mse.writes.admits(action), "{action}");
        }
    }
}
