//! The step against the lab's control plane, with every write's answer lost once, and with the process dying
//! before every write once: the account ends the same, and is as before after undo.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use gateshift_gateway_model::Level;
use gateshift_lab_apig::{Apig, Options, Timing};
use gateshift_lab_kernel::{
    AddressPool, Call, Cloud, LabClock, Network, Product, VSwitch, Vpc, World as Upstreams,
};
use gateshift_sdk::api::{Applied, Body, CallFailure, CallKind, CallReply, CallRequest, Migrator, StepInput};
use gateshift_sdk::model::{CheckpointResult, OperationKey, Plan, StepError};
use gateshift_sdk::testing::{ScriptedHost, ok};
use serde_json::{Map, Value, json};

use super::world::{World, codes, domains};
use crate::Plugins;

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/front/contract/apig.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// Done, and the answer is lost.
    Lost,
    /// The process dies before it.
    Dies,
}

fn network() -> Network {
    let switch = |zone: &str| VSwitch {
        id: format!("vsw-{zone}"),
        vpc_id: "vpc-1".into(),
        zone_id: format!("cn-hangzhou-{zone}"),
        cidr: "10.0.1.0/24".into(),
        available_addresses: 200,
    };
    Network {
        region: "cn-hangzhou".into(),
        vpcs: vec![Vpc { id: "vpc-1".into(), name: "v".into(), cidr: "10.0.0.0/8".into() }],
        vswitches: vec![switch("h"), switch("i")],
        security_groups: vec![],
        certificates: vec![],
    }
}

fn direct(
    apig: &Apig,
    operation: &str,
    path: BTreeMap<String, String>,
    query: Map<String, Value>,
    body: Value,
) -> Result<Value, CallFailure> {
    let body = body.as_object().cloned().unwrap_or_default();
    let call = Call { operation: operation.into(), path, query, body, request_id: "r".into() };
    apig.call(&call).map_err(|error| CallFailure::Refused {
        connection: "target".into(),
        action: operation.into(),
        status: error.status,
        code: error.code,
        message: error.message,
        request_id: None,
    })
}

/// A request as the lab's front would hand it on.
fn carry_out(apig: &Apig, request: &CallRequest) -> Result<CallReply, CallFailure> {
    let facts = &CONTRACT["operations"][&request.action];
    let names = facts["path"].as_str().unwrap().split('/');
    let path = names.zip(request.path.split('/')).filter_map(|(name, value)| {
        Some((name.strip_prefix('{')?.strip_suffix('}')?.to_owned(), value.to_owned()))
    });
    let query = request.query.iter().map(|(name, text)| {
        let value = match facts["request"]["query"][name]["type"].as_str().unwrap() {
            "string" => json!(text),
            _ => serde_json::from_str(text).unwrap(),
        };
        (name.clone(), value)
    });
    let body = match &request.body {
        Body::Json(body) => body.clone(),
        _ => json!({}),
    };
    direct(apig, &request.action, path.collect(), query.collect(), body).map(ok)
}

struct Lab {
    apig: Arc<Apig>,
    world: World,
    writes: Arc<AtomicUsize>,
}

/// A gateway with one domain, and a source with two plugins; the `at`-th write goes wrong.
fn lab(fault: Fault, at: usize) -> Lab {
    let timing = Timing {
        creating_ms: 0,
        balancer_ms: 0,
        restarting_ms: 0,
        deleting_ms: 0,
        deploying_ms: 0,
        associating_ms: 0,
        publishing_ms: 0,
    };
    let cloud = Cloud::new(
        LabClock::new(400.0),
        network(),
        Upstreams { upstreams: BTreeMap::new() },
        AddressPool::new(89, 1),
    );
    let apig = Arc::new(Apig::with_options(cloud, Options { timing, ..Options::default() }));
    let send = |operation: &str, path: &[(&str, &str)], body: Value| {
        let path = path.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        direct(&apig, operation, path, Map::new(), body).unwrap()["data"].clone()
    };
    let gateway = send("CreateGateway", &[], json!({
        "name": "target", "gatewayType": "API", "gatewayEdition": "Professional", "chargeType": "POSTPAY", "spec": "apigw.small.x1",
        "vpcId": "vpc-1", "networkAccessConfig": {"type": "Internet"}, "zoneConfig": {"selectOption": "Manual", "zones": [
            {"zoneId": "cn-hangzhou-h", "vSwitchId": "vsw-h"}, {"zoneId": "cn-hangzhou-i", "vSwitchId": "vsw-i"},
        ]},
    }))["gatewayId"].as_str().unwrap().to_owned();
    let view = send("GetGateway", &[("gatewayId", &gateway)], json!({}));
    let domain =
        send("CreateDomain", &[], json!({"name": "a.shop.example", "protocol": "HTTP"}))["domainId"].clone();

    let mut world = World::new();
    world.target.gateway = gateway;
    world.target.environment = view["environments"][0]["environmentId"].as_str().unwrap().to_owned();
    world.routes.domains.insert("a.shop.example".into(), domain.as_str().unwrap().to_owned());
    let keys = "consumers:\r\n- credential: 'hunter2'\n";
    world.plugin("key-auth", &[(Level::Gateway, keys), (domains(&["a.shop.example"]), "allow: [a]")]);
    world.plugin("custom-response", &[(domains(&["a.shop.example"]), "body: ü")]).rules[0].enabled = false;
    let (counted, target) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&apig));
    let count = Arc::clone(&counted);
    world.host = ScriptedHost::new(move |request| {
        if request.kind == CallKind::Read {
            return carry_out(&target, request);
        }
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        if number == at && fault == Fault::Dies {
            return Err(StepError::retryable("GS-TEST-DEAD", "the process is dead").into());
        }
        let answer = carry_out(&target, request)?;
        if number == at && fault == Fault::Lost {
            return Err(CallFailure::Lost {
                connection: "target".into(),
                action: request.action.clone(),
                cause: "test".into(),
            });
        }
        Ok(answer)
    });
    Lab { apig, world, writes: counted }
}

impl Lab {
    /// What the journal would hand to the next attempt.
    async fn input(&self) -> StepInput {
        let mut input = self.world.input().await;
        let record = self.world.host.record();
        input.settled = record.settled.iter().cloned().collect();
        let intended = record.calls.iter().filter_map(|call| call.operation.clone());
        let open: std::collections::BTreeSet<OperationKey> =
            intended.filter(|key| !input.settled.contains_key(key)).collect();
        input.unsettled = open.into_iter().collect();
        drop(record);
        input
    }

    async fn apply(&self, plan: &Plan) -> Option<Value> {
        match Plugins.apply(&self.world.host, &self.input().await, plan).await {
            Ok(Applied::Done { output, .. }) => Some(output),
            Ok(pending) => panic!("{pending:?}"),
            Err(error) => {
                assert_eq!(error.code, "GS-TEST-DEAD");
                None
            }
        }
    }
}

#[tokio::test]
async fn whatever_goes_wrong_the_account_ends_the_same_and_undo_leaves_it_as_it_was() {
    let calm = lab(Fault::None, 0);
    let before = calm.apig.export();
    let plan = calm.world.plan().await;
    assert_eq!(codes(&plan), []);
    let output = calm.apply(&plan).await.unwrap();
    let after = calm.apig.export();
    assert_ne!(before, after);
    let answers = Plugins.verify(&calm.world.host, &calm.input().await, &plan, &output).await.unwrap();
    let right = [CheckpointResult::Pass, CheckpointResult::Pass];
    assert_eq!(answers[..2].iter().map(|one| one.result).collect::<Vec<_>>(), right, "{answers:?}");
    let total = calm.writes.load(Ordering::Relaxed);
    assert_eq!(total, 5);

    for fault in [Fault::Lost, Fault::Dies] {
        for at in 1..=total {
            // Resumed, it ends the same.
            let lab = self::lab(fault, at);
            let plan = lab.world.plan().await;
            let first = lab.apply(&plan).await;
            assert_eq!(first.is_none(), fault == Fault::Dies, "{fault:?} at {at}");
            assert!(lab.apply(&plan).await.is_some());
            assert_eq!(lab.apig.export(), after, "{fault:?} at {at}");
            let undone = Plugins.undo(&lab.world.host, &lab.input().await, Some(&plan)).await.unwrap();
            assert!(undone.left.is_empty(), "{fault:?} at {at}: {:?}", undone.left);
            assert_eq!(lab.apig.export(), before, "{fault:?} at {at}");

            // Given up instead, nothing stays.
            let lab = self::lab(fault, at);
            let plan = lab.world.plan().await;
            lab.apply(&plan).await;
            let undone = Plugins.undo(&lab.world.host, &lab.input().await, Some(&plan)).await.unwrap();
            assert!(undone.left.is_empty(), "{fault:?} at {at}: {:?}", undone.left);
            assert_eq!(lab.apig.export(), before, "{fault:?} at {at}");
        }
    }
}
