//! The migrator: observe, decide, create, wait, report.

use std::collections::BTreeMap;
use std::time::Duration;

use gateshift_gateway_model::{Assessed, Entry, Inventory, NetworkKind, TargetInstance};
use gateshift_sdk::api::{Applied, ConnectionUse, Host, Manifest, Migrator, ProbeUse, StepInput, Undone};
use gateshift_sdk::model::{
    Checkpoint, CheckpointResult, MigratorName, Operation, Outcome, Plan, StepError, UndoScope,
};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written, walk};
use gateshift_sdk::{async_trait, output_of, settings, to_json};
use serde_json::{Value, json};

use crate::calls::{self, NETWORK, TARGET};
use crate::decide::{Settings, TAG, decide};
use crate::observed::Observed;
use crate::sizing::by_name;

/// Between two looks at a gateway that is being made.
const POLL: Duration = Duration::from_secs(10);
/// Creation takes about three minutes, now and then more than eleven.
const PATIENCE_LOOKS: u64 = 180;

/// `uses: instance`.
#[derive(Debug, Default, Clone, Copy)]
pub struct Instance;

#[async_trait]
impl Migrator for Instance {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: MigratorName::new("instance")
                .unwrap_or_else(|error| unreachable!("a constant name: {error}")),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: 1,
            description:
                "makes the target gateway in the source's VPC, large enough, and waits until it serves"
                    .to_owned(),
            settings: json!({
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 64, "description": "name of the target; the source's when left out"},
                    "spec": {"type": "string", "description": "size, `apigw.small.x1` ...; by the sizing rule when left out"},
                    "allowSmaller": {"type": "boolean", "default": false, "description": "accept a size below what the source needs"},
                    "vpc": {"type": "string", "description": "VPC; has to be the source's"},
                    "existing": {"type": "string", "description": "id of a gateway to take instead of making one"}
                }
            }),
            output: json!({"type": "object", "required": ["gateway", "environment", "entries"]}),
            connections: BTreeMap::from([
                (
                    TARGET.to_owned(),
                    ConnectionUse::new(
                        "aliyun/apig",
                        &["ListGateways", "GetGateway", "ListZones"],
                        &["CreateGateway", "DeleteGateway"],
                    ),
                ),
                (
                    NETWORK.to_owned(),
                    ConnectionUse::new("aliyun/vpc", &["DescribeVpcs", "DescribeVSwitches"], &[]),
                ),
            ]),
            reads: vec![
                MigratorName::new("assess").unwrap_or_else(|error| unreachable!("a constant name: {error}")),
            ],
            probes: ProbeUse::default(),
            undo: UndoScope::Config,
        }
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let inventory = inventory(host, input).await?;
        let region = &inventory.origin.region;
        let vpc = &inventory.instance.vpc;
        let observed = Observed {
            gateways: calls::list_gateways(host).await?,
            zones: calls::list_zones(host).await?,
            vpcs: calls::find_vpc(host, region, vpc).await?,
            vswitches: calls::list_vswitches(host, region, vpc).await?,
        };
        Ok(decide(&inventory, &observed, &settings))
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        let results = walk(host, input, plan, &Gateways).await?;
        let Some(id) = plan.operations.first().map(|operation| results.id(&operation.key)).transpose()?
        else {
            return Err(StepError::permanent("GS-PLAN-EMPTY", "the plan makes no gateway"));
        };
        let gateway = calls::get_gateway(host, id).await?.unwrap_or_default();
        let status = gateway["status"].as_str().unwrap_or("gone");
        if matches!(status, "gone" | "Deleting") || status.ends_with("Failed") {
            return Err(StepError::permanent("GS-INSTANCE-FAILED", format!("gateway `{id}` is {status}"))
                .with_hint("look at the gateway in the console; `gateshift rollback --scope config` removes what was made"));
        }
        let entries = ready_entries(&gateway);
        let environment = gateway["environments"][0]["environmentId"].as_str().unwrap_or_default();
        if status != "Running" || entries.is_empty() || environment.is_empty() {
            let looks = input.checkpoint.as_ref().and_then(|value| value["looks"].as_u64()).unwrap_or(0) + 1;
            if looks > PATIENCE_LOOKS {
                return Err(StepError::permanent(
                    "GS-INSTANCE-SLOW",
                    format!("gateway `{id}` is still {status} after {looks} looks"),
                )
                .with_hint("look at the gateway in the console; when it runs, `gateshift resume` goes on"));
            }
            let missing = if status == "Running" { "its load balancer and environment" } else { "it to run" };
            return Ok(Applied::Pending {
                checkpoint: json!({"looks": looks, "gateway": id}),
                after: POLL,
                reason: format!("gateway `{id}` is {status}; waiting for {missing}"),
            });
        }
        let output = TargetInstance {
            gateway: id.to_owned(),
            name: gateway["name"].as_str().unwrap_or_default().to_owned(),
            environment: environment.to_owned(),
            spec: gateway["spec"].as_str().unwrap_or_default().to_owned(),
            vpc: gateway["vpc"]["vpcId"].as_str().unwrap_or_default().to_owned(),
            version: gateway["version"].as_str().unwrap_or_default().to_owned(),
            entries,
        };
        Ok(Applied::Done { output: to_json(&output), warnings: Vec::new() })
    }

    async fn verify(
        &self,
        host: &dyn Host,
        _: &StepInput,
        plan: &Plan,
        output: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        let id = output["gateway"].as_str().unwrap_or_default();
        let gateway = calls::get_gateway(host, id).await?.unwrap_or_default();
        Ok(checkpoints(&gateway, plan))
    }

    async fn undo(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: Option<&Plan>,
    ) -> Result<Undone, StepError> {
        let mut undone = Undone::default();
        for operation in plan.iter().flat_map(|plan| &plan.operations) {
            let id = match input.settled.get(&operation.key) {
                Some(settled) if settled.outcome == Outcome::Created => settled.id.clone(),
                // The create may have been sent: what carries our tag and name is ours.
                None if input.unsettled.contains(&operation.key) => {
                    Gateways.look_up(host, operation, &Results::default()).await?.map(|found| found.id)
                }
                _ => None,
            };
            if let Some(id) = id {
                calls::delete_gateway(host, &operation.key, &id).await?;
                undone.operations.push(operation.key.clone());
            }
        }
        Ok(undone)
    }
}

async fn inventory(host: &dyn Host, input: &StepInput) -> Result<Inventory, StepError> {
    let assessed: Assessed = output_of(input, "assess")?;
    Inventory::parse(&host.get_artifact(&assessed.inventory).await?)
}

/// Looks up and writes the one kind of object this step has.
struct Gateways;

#[async_trait]
impl Applier for Gateways {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        _: &Results,
    ) -> Result<Option<Found>, StepError> {
        let wanted = &operation.after;
        let all = calls::list_gateways(host).await?;
        let found = match wanted["id"].as_str() {
            Some(id) => all.into_iter().find(|gateway| gateway.id == id),
            None => all
                .into_iter()
                .find(|gateway| gateway.name == operation.object.name && gateway.status != "Deleting"),
        };
        Ok(found.map(|gateway| {
            let tag = tag_of(wanted);
            let same_source = tag.is_none_or(|tag| gateway.tags.get(TAG).map(String::as_str) == Some(tag));
            let same = same_source && Some(gateway.vpc.as_str()) == wanted["vpc"].as_str();
            let difference = format!("it is in {} with tags {:?}", gateway.vpc, gateway.tags);
            Found { id: gateway.id, same, difference, data: Value::Null }
        }))
    }

    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        _: &Results,
        _: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        let id = calls::create_gateway(host, &operation.key, &calls::create_body(&operation.after)).await?;
        Ok(Written { id: Some(id), data: Value::Null })
    }
}

fn tag_of(wanted: &Value) -> Option<&str> {
    wanted["tags"].as_array()?.iter().find(|tag| tag["key"] == TAG)?["value"].as_str()
}

/// Load balancers that are ready, as entries.
fn ready_entries(gateway: &Value) -> Vec<Entry> {
    let balancers = gateway["loadBalancers"].as_array().into_iter().flatten();
    balancers
        .filter(|balancer| balancer["status"] == "Ready")
        .map(|balancer| {
            let ports: Vec<u16> = balancer["ports"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|port| port["port"].as_u64())
                .filter_map(|port| u16::try_from(port).ok())
                .collect();
            let of = |usual: u16| ports.iter().copied().filter(|port| *port == usual).collect::<Vec<_>>();
            let addresses = |name: &str| {
                balancer[name]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            Entry {
                domain: balancer["address"].as_str().filter(|text| !text.is_empty()).map(str::to_owned),
                ipv4: addresses("ipv4Addresses").iter().filter_map(|ip| ip.parse().ok()).collect(),
                ipv6: addresses("ipv6Addresses").iter().filter_map(|ip| ip.parse().ok()).collect(),
                http_ports: of(80),
                https_ports: of(443),
                network: if balancer["addressType"] == "Intranet" {
                    NetworkKind::Private
                } else {
                    NetworkKind::Public
                },
            }
        })
        .collect()
}

/// The three checkpoints of this step.
fn checkpoints(gateway: &Value, plan: &Plan) -> Vec<Checkpoint> {
    let status = gateway["status"].as_str().unwrap_or("gone");
    let entries = ready_entries(gateway);
    let running = Checkpoint::judge(
        "instance.created_and_running",
        status == "Running" && !entries.is_empty(),
        format!("the gateway is {status} with {} ready load balancers", entries.len()),
        json!({"status": status, "loadBalancers": gateway["loadBalancers"]}),
    );
    let need = plan.facts["requiredUnits"].as_u64().unwrap_or(u64::MAX);
    let spec = gateway["spec"].as_str().unwrap_or_default();
    let evidence = json!({"spec": spec, "requiredUnits": need, "nodes": plan.facts["nodes"], "vcpu": plan.facts["vcpu"]});
    let large_enough = match by_name(spec) {
        Some(size) => Checkpoint::judge(
            "instance.specification_meets_need",
            u64::from(size.units) >= need,
            format!("{spec} has {} units, {need} are needed", size.units),
            evidence,
        ),
        None => Checkpoint::new(
            "instance.specification_meets_need",
            CheckpointResult::Unclear,
            format!("size `{spec}` is not known"),
            evidence,
        ),
    };
    let (vpc, wanted) = (
        gateway["vpc"]["vpcId"].as_str().unwrap_or_default(),
        plan.facts["vpc"].as_str().unwrap_or_default(),
    );
    let same_vpc = Checkpoint::judge(
        "instance.vpc_correct_and_reaches_backends",
        vpc == wanted,
        format!(
            "the gateway is in {vpc}, the source in {wanted}; whether backends answer is shown by the health of the services"
        ),
        json!({"vpc": vpc, "source": wanted}),
    );
    vec![running, large_enough, same_vpc]
}
