//! Sources and services of every type.

use std::time::Duration;

use gateshift_lab_kernel::Product;
use serde_json::{Value, json};

use crate::apig::{Options, Timing};
use crate::testing::{Lab, at_once};

fn k8s(gateway: &str, cluster: &str) -> Value {
    json!({"gatewayId": gateway, "type": "K8S", "k8sSourceConfig": {"clusterId": cluster}})
}

fn service(gateway: &str, kind: &str, config: Value) -> Value {
    json!({"gatewayId": gateway, "sourceType": kind, "serviceConfigs": [config]})
}

#[test]
fn a_source_associates_in_time_and_is_spelt_two_ways() {
    let timing = Timing { associating_ms: 50_000, ..at_once() };
    let lab = Lab::with(Options { timing, ..Options::default() }, 1000.0);
    let (gateway, _) = lab.gateway("edge");
    assert_eq!(lab.refused("CreateSource", k8s(&gateway, "c-none")), "ErrServiceSourceNotFound");
    let id = lab.id("CreateSource", k8s(&gateway, "c-1"), "sourceId");
    assert_eq!(lab.refused("CreateSource", k8s(&gateway, "c-1")), "Conflict.SourceExisted");
    assert_eq!(lab.ok("GetSource", json!({ "sourceId": id }))["associationStatus"], "Associating");
    let orders = service(&gateway, "K8S", json!({"name": "orders", "namespace": "default"}));
    assert_eq!(lab.refused("CreateService", orders.clone()), "Conflict.SourceNotAssociated");
    std::thread::sleep(Duration::from_millis(70));
    let data = lab.ok("GetSource", json!({ "sourceId": id }));
    assert_eq!(
        (&data["associationStatus"], &data["k8SSourceInfo"]["clusterId"]),
        (&json!("Associated"), &json!("c-1"))
    );
    let listed = lab.ok("ListSources", json!({ "gatewayId": gateway }));
    assert_eq!(listed["items"][0]["k8sSourceInfo"]["clusterId"], "c-1");
    lab.ok("CreateService", orders);
    assert_eq!(lab.refused("DeleteSource", json!({ "sourceId": id })), "Conflict.SourceInUse");
    let offered = lab.ok(
        "ListExternalServices",
        json!({"gatewayId": gateway, "sourceType": "K8S", "importableOnly": true}),
    );
    assert_eq!(
        offered["items"],
        json!([{"namespace": "shop", "namespaceShowName": "shop",
        "services": [{"name": "cart", "namespace": "shop"}]}])
    );
    assert_eq!(
        lab.ok("ListK8sClusterSources", json!({ "gatewayId": gateway }))["items"][0]["clusterId"],
        "c-1"
    );
    assert_eq!(
        lab.ok("ListMseNacosSources", json!({ "gatewayId": gateway }))["items"][0]["instanceId"],
        "mse-1"
    );
}

#[test]
fn services_of_every_type_must_exist_where_a_registry_tells() {
    let lab = Lab::new();
    let (gateway, _) = lab.gateway("edge");
    let nacos = json!({"name": "stock", "namespace": "public", "groupName": "DEFAULT_GROUP"});
    assert_eq!(
        lab.refused("CreateService", service(&gateway, "MSE_NACOS", nacos.clone())),
        "ErrServiceSourceNotFound"
    );
    lab.ok("CreateSource", k8s(&gateway, "c-1"));
    lab.ok(
        "CreateSource",
        json!({"gatewayId": gateway, "type": "MSE_NACOS", "nacosSourceConfig": {"instanceId": "mse-1"}}),
    );
    for (kind, config, code) in [
        ("K8S", json!({"name": "orders"}), "InvalidParameter.IsEmpty"),
        ("K8S", json!({"name": "nobody", "namespace": "default"}), "InvalidParameter.WithDetail"),
        ("MSE_NACOS", json!({"name": "stock", "namespace": "public"}), "InvalidParameter.IsEmpty"),
        ("FC3", json!({"name": "nothing"}), "InvalidParameter.WithDetail"),
        ("SAE_K8S_SERVICE", json!({"name": "coupons"}), "InvalidParameter.IsEmpty"),
        ("VIP", json!({"name": "a"}), "InvalidParameter.IsEmpty"),
        ("VIP", json!({"name": "a", "addresses": ["10.1.0.7"]}), "InvalidParameter.WithValue"),
        ("VIP", json!({"name": "a", "addresses": ["host.example:80"]}), "InvalidParameter.WithValue"),
        (
            "DNS",
            json!({"name": "a", "addresses": ["billing.internal.example"]}),
            "InvalidParameter.WithValue",
        ),
        ("ZOOKEEPER", json!({"name": "a"}), "InvalidParameter.WithValue"),
    ] {
        assert_eq!(
            lab.refused("CreateService", service(&gateway, kind, config.clone())),
            code,
            "{kind} {config}"
        );
    }
    for (kind, config, healthy) in [
        ("K8S", json!({"name": "orders", "namespace": "default"}), true),
        ("MSE_NACOS", nacos, true),
        ("FC3", json!({"name": "resize"}), true),
        ("FC3", json!({"name": "resize", "qualifier": "prod"}), true),
        ("SAE_K8S_SERVICE", json!({"name": "coupons", "namespace": "public"}), true),
        ("VIP", json!({"name": "vip", "addresses": ["10.1.0.8:8080", "10.1.0.7:8080"]}), true),
        ("DNS", json!({"name": "billing", "addresses": ["billing.internal.example:80"]}), false),
    ] {
        let body = service(&gateway, kind, config);
        let data = lab.ok("CreateService", body.clone());
        let detail = lab.ok("GetService", json!({"serviceId": data["serviceIds"][0]}));
        assert_eq!(detail["healthStatus"], if healthy { "Healthy" } else { "Unhealthy" }, "{detail}");
        assert_eq!(lab.refused("CreateService", body), "Conflict.ServiceExisted");
    }
    assert_eq!(
        lab.ok("ListServices", json!({"gatewayId": gateway, "sourceTypes": "VIP,DNS"}))["totalSize"],
        2
    );
    assert_eq!(lab.apig.created_counts()["service"], 7);
}

#[test]
fn updates_change_only_what_they_name() {
    let lab = Lab::new();
    let (gateway, _) = lab.gateway("edge");
    let config = json!({"name": "vip", "addresses": ["10.1.0.7:8080"]});
    let id = lab.ok("CreateService", service(&gateway, "VIP", config))["serviceIds"][0].clone();
    let health = json!({"enable": true, "protocol": "HTTP", "httpPath": "/ok", "interval": 5, "timeout": 2,
        "healthyThreshold": 2, "unhealthyThreshold": 3, "expectedStatuses": ["http_2xx"]});
    lab.ok("UpdateService", json!({"serviceId": id, "healthCheckConfig": health}));
    lab.ok("UpdateService", json!({"serviceId": id, "protocol": "HTTPS", "addresses": ["10.1.0.7:8443"]}));
    let detail = lab.ok("GetService", json!({ "serviceId": id }));
    assert_eq!(detail["protocol"], "HTTPS");
    assert_eq!(detail["ports"][0]["port"], 8443);
    assert_eq!(
        (&detail["healthCheck"]["interval"], detail["healthCheck"].get("expectedStatuses")),
        (&json!(5), None)
    );
    for wrong in [
        json!({"protocol": "GOPHER"}),
        json!({"addresses": ["x"]}),
        json!({"healthCheckConfig": {"enable": true}}),
        json!({"healthCheckConfig": {"enable": true, "protocol": "HTTP", "interval": 1, "timeout": 1}}),
        json!({"ports": [{"port": 70000}]}),
    ] {
        let mut body = wrong.clone();
        body["serviceId"] = id.clone();
        assert!(lab.refused("UpdateService", body).starts_with("InvalidParameter"), "{wrong}");
    }
    let version = |name: &str, labels: Value| json!({"serviceId": id, "name": name, "labels": labels});
    lab.ok("CreateServiceVersion", version("v1", json!([{"key": "version", "value": "v1"}])));
    assert_eq!(
        lab.refused("CreateServiceVersion", version("v1", json!([{"key": "a"}]))),
        "Conflict.ServiceVersionExisted"
    );
    assert_eq!(lab.refused("CreateServiceVersion", version("v2", json!([]))), "InvalidParameter.IsEmpty");
    lab.ok("UpdateServiceVersion", version("v1", json!([{"key": "version", "value": "v1a"}])));
    let detail = lab.ok("GetService", json!({ "serviceId": id }));
    assert_eq!(detail["versions"], json!([{"name": "v1", "labels": [{"key": "version", "value": "v1a"}]}]));
    lab.ok("DeleteServiceVersion", json!({"serviceId": id, "name": "v1"}));
    lab.ok("DeleteService", json!({ "serviceId": id }));
    assert_eq!(lab.refused("GetService", json!({ "serviceId": id })), "NotFound.ServiceNotFound");
    assert!(lab.apig.gateways().iter().all(|one| one.routes.is_empty()));
}
