//! The step against the lab's control plane, whose gateway restarts for a while, with every write's answer
//! lost once and with the process dying before every write once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use gateshift_gateway_model::TargetInstance;
use gateshift_lab_apig::{Apig, Options, Timing};
use gateshift_lab_kernel::{AddressPool, Call, Cloud, LabClock, Network, Product, VSwitch, Vpc, World};
use gateshift_sdk::api::{Applied, Body, CallFailure, CallKind, CallReply, CallRequest, Migrator, StepInput};
use gateshift_sdk::model::{CheckpointResult, OperationKey, Plan, StepError};
use gateshift_sdk::testing::{ScriptedHost, input, ok};
use serde_json::{Map, Value, json};

use super::{rows, source};
use crate::Parameters;
use crate::decide::{Settings, decide};

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

fn direct(
    apig: &Apig,
    operation: &str,
    path: BTreeMap<String, String>,
    body: &Value,
) -> Result<Value, CallFailure> {
    let body = body.as_object().cloned().unwrap_or_default();
    let call = Call { operation: operation.into(), path, query: Map::new(), body, request_id: "r".into() };
    apig.call(&call).map_err(|error| CallFailure::Refused {
        connection: "target".into(),
        action: operation.into(),
        status: error.status,
        code: error.code,
        message: error.message,
        request_id: None,
    })
}

/// A request as the lab's front would hand it on; this step sends no query.
fn carry_out(apig: &Apig, request: &CallRequest) -> Result<CallReply, CallFailure> {
    assert!(request.query.is_empty());
    let names = CONTRACT["operations"][&request.action]["path"].as_str().unwrap().split('/');
    let path = names.zip(request.path.split('/')).filter_map(|(name, value)| {
        Some((name.strip_prefix('{')?.strip_suffix('}')?.to_owned(), value.to_owned()))
    });
    let body = match &request.body {
        Body::Json(body) => body.clone(),
        _ => Value::Null,
    };
    direct(apig, &request.action, path.collect(), &body).map(ok)
}

struct Lab {
    apig: Arc<Apig>,
    host: ScriptedHost,
    target: TargetInstance,
    writes: Arc<AtomicUsize>,
}

/// A gateway; the `at`-th write goes wrong.
fn lab(fault: Fault, at: usize) -> Lab {
    let timing = Timing {
        creating_ms: 0,
        balancer_ms: 0,
        restarting_ms: 2000,
        deleting_ms: 0,
        deploying_ms: 0,
        associating_ms: 0,
        publishing_ms: 0,
    };
    let switch = |zone: &str| VSwitch {
        id: format!("vsw-{zone}"),
        vpc_id: "vpc-1".into(),
        zone_id: format!("cn-hangzhou-{zone}"),
        cidr: "10.0.1.0/24".into(),
        available_addresses: 200,
    };
    let network = Network {
        region: "cn-hangzhou".into(),
        vpcs: vec![Vpc { id: "vpc-1".into(), name: "v".into(), cidr: "10.0.0.0/8".into() }],
        vswitches: vec![switch("h"), switch("i")],
        security_groups: vec![],
        certificates: vec![],
    };
    let cloud = Cloud::new(
        LabClock::new(400.0),
        network,
        World { upstreams: BTreeMap::new() },
        AddressPool::new(90, 1),
    );
    let apig = Arc::new(Apig::with_options(cloud, Options { timing, ..Options::default() }));
    let made = direct(
        &apig,
        "CreateGateway",
        BTreeMap::new(),
        &json!({
            "name": "target", "gatewayType": "API", "gatewayEdition": "Professional", "chargeType": "POSTPAY", "spec": "apigw.small.x1",
            "vpcId": "vpc-1", "networkAccessConfig": {"type": "Internet"}, "zoneConfig": {"selectOption": "Manual", "zones": [
                {"zoneId": "cn-hangzhou-h", "vSwitchId": "vsw-h"}, {"zoneId": "cn-hangzhou-i", "vSwitchId": "vsw-i"},
            ]},
        }),
    );
    let gateway = made.unwrap()["data"]["gatewayId"].as_str().unwrap().to_owned();
    let (count, there) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&apig));
    let counted = Arc::clone(&count);
    let host = ScriptedHost::new(move |request| {
        if request.kind == CallKind::Read {
            return carry_out(&there, request);
        }
        let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
        if number == at && fault == Fault::Dies {
            return Err(StepError::retryable("GS-TEST-DEAD", "the process is dead").into());
        }
        let answer = carry_out(&there, request)?;
        if number == at && fault == Fault::Lost {
            return Err(CallFailure::Lost {
                connection: "target".into(),
                action: request.action.clone(),
                cause: "test".into(),
            });
        }
        Ok(answer)
    });
    Lab { apig, host, target: TargetInstance { gateway, ..super::target() }, writes: count }
}

impl Lab {
    async fn plan(&self) -> Plan {
        let client =
            gateshift_apig::Client::new(&self.host, input("p", json!({})).run, &self.target.gateway, "env");
        let features = client.features().await.unwrap();
        let wanted = source(rows().into_iter().filter(|row| row.0 != "EnableWaf").map(|row| (row.0, row.4)));
        decide(&wanted, &self.target, &features, &Settings::default())
    }

    /// What the journal would hand to the next attempt.
    fn input(&self) -> StepInput {
        let mut input = input("parameters", json!({}));
        let record = self.host.record();
        input.settled = record.settled.iter().cloned().collect();
        let intended = record.calls.iter().filter_map(|call| call.operation.clone());
        let open: std::collections::BTreeSet<OperationKey> =
            intended.filter(|key| !input.settled.contains_key(key)).collect();
        input.unsettled = open.into_iter().collect();
        input
    }

    /// Applies as an engine would; false when the process died.
    async fn apply(&self, plan: &Plan) -> bool {
        loop {
            match Parameters.apply(&self.host, &self.input(), plan).await {
                Ok(Applied::Done { .. }) => return true,
                Ok(Applied::Pending { .. }) => tokio::time::sleep(Duration::from_millis(6)).await,
                Err(error) => {
                    assert_eq!(error.code, "GS-TEST-DEAD", "{error:?}");
                    return false;
                }
            }
        }
    }

    async fn undo(&self, plan: &Plan) {
        // A restart that is under way ends; the walker would wait as long.
        tokio::time::sleep(Duration::from_millis(6)).await;
        let undone = Parameters.undo(&self.host, &self.input(), Some(plan)).await.unwrap();
        assert!(undone.left.is_empty(), "{:?}", undone.left);
    }
}

#[tokio::test]
async fn whatever_goes_wrong_the_gateway_ends_the_same_and_undo_leaves_it_as_it_was() {
    let calm = lab(Fault::None, 0);
    let before = calm.apig.export();
    let plan = calm.plan().await;
    assert_eq!(plan.blocking().count(), 0, "{:?}", plan.findings);
    assert!(calm.apply(&plan).await);
    let after = calm.apig.export();
    assert_ne!(before, after);
    let answers = Parameters.verify(&calm.host, &calm.input(), &plan, &Value::Null).await.unwrap();
    assert!(answers.iter().all(|one| one.result == CheckpointResult::Pass), "{answers:?}");
    assert!(calm.plan().await.operations.is_empty());
    let total = calm.writes.load(Ordering::Relaxed);
    assert_eq!(total, 25, "24 parameters and a restart");

    for fault in [Fault::Lost, Fault::Dies] {
        for at in 1..=total {
            let lab = self::lab(fault, at);
            let plan = lab.plan().await;
            assert_eq!(lab.apply(&plan).await, fault == Fault::Lost, "{fault:?} at {at}");
            assert!(lab.apply(&plan).await);
            assert_eq!(lab.apig.export(), after, "{fault:?} at {at}");
            lab.undo(&plan).await;
            assert_eq!(lab.apig.export(), before, "{fault:?} at {at}");

            let lab = self::lab(fault, at);
            let plan = lab.plan().await;
            lab.apply(&plan).await;
            lab.undo(&plan).await;
            assert_eq!(lab.apig.export(), before, "{fault:?} at {at}");
        }
    }
}
