//! The migrator: observe, decide, create, wait, report.

use std::collections::BTreeMap;
use std::time::Duration;

use gateshift_gateway_model::{Assessed, Entry, Inventory, NetworkKind, TargetInstance};
use gateshift_sdk::api::{Applied, ConnectionUse, Host, Manifest, Migrator, ProbeUse, StepInput, Undone};
use gateshift_sdk::model::{
    Checkpoint, CheckpointResult, Operation, Outcome, Plan, StepError, UndoScope, Verb, planned_id,
};
use gateshift_sdk::walk::{Applier, Results, walk};
use gateshift_sdk::{async_trait, migrator_name, output_of, settings, to_json};
use serde_json::{Value, json};

use crate::calls::{self, NETWORK, TARGET};
use crate::decide::{Settings, decide};
use crate::objects::Objects;
use crate::observed::Observed;
use crate::sizing::by_name;
use crate::surroundings::{self, ELASTIC, RULE};

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
            name: migrator_name("instance"),
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
                        &[
                            "GetGateway",
                            "GetGatewayElasticPolicy",
                            "ListGatewayAuthorizedSecurityGroupRules",
                            "ListGateways",
                            "ListZones",
                        ],
                        &[
                            "AddGatewaySecurityGroupRule",
                            "CreateGateway",
                            "DeleteGateway",
                            "DeleteGatewaySecurityGroupRule",
                            "UpdateGatewayElasticPolicy",
                        ],
                    ),
                ),
                (
                    NETWORK.to_owned(),
                    ConnectionUse::new("aliyun/vpc", &["DescribeVpcs", "DescribeVSwitches"], &[]),
                ),
            ]),
            reads: vec![migrator_name("assess")],
            probes: ProbeUse::default(),
            undo: UndoScope::Config,
        }
    }

    /// What belongs to others, or is not there, stays so whoever answers for it.
    fn never_waived(&self) -> &'static [&'static str] {
        &[
            "INS-NAME-TAKEN",
            "INS-EXISTING-UNKNOWN",
            "INS-VPC-DIFFERS",
            "INS-VPC-UNKNOWN",
            "INS-VSWITCH-UNKNOWN",
            "CAP-UNKNOWN-SPEC",
        ]
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
        let mut plan = decide(&inventory, &observed, &settings);
        let adopted = plan.operations.first().filter(|operation| operation.verb == Verb::Adopt);
        if let Some(id) =
            adopted.and_then(|operation| operation.after.value()["id"].as_str().map(str::to_owned))
            && let Some(gateway) = calls::get_gateway(host, &id).await?
        {
            plan.facts["existing"] = to_json(&instance(&id, &gateway));
            surroundings::adopt(&mut plan.operations, &calls::security_rules(host, &id).await?);
        }
        Ok(plan)
    }

    /// The gateway as it would be: of one that is yet to be made, neither ids nor addresses are known.
    fn foresee(&self, _: &StepInput, plan: &Plan) -> Option<Value> {
        let operation = plan.operations.first()?;
        if let Some(existing) = plan.facts.get("existing") {
            return Some(existing.clone());
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(to_json(&TargetInstance {
            gateway: planned_id(operation.key.as_str()),
            name: operation.object.name.clone(),
            environment: planned_id(&format!("{}/environment", operation.key)),
            spec: text(&plan.facts["spec"]),
            vpc: text(&plan.facts["vpc"]),
            version: String::new(),
            entries: Vec::new(),
        }))
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        let (first, around) = parts(plan)?;
        let results = walk(host, input, &first, &Objects).await?;
        let id = results.id(&first.operations[0].key)?;
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
        // What lies around it is made when it runs: until then it takes no writes.
        let later = StepInput { settled: results.all().clone(), ..input.clone() };
        walk(host, &later, &around, &Objects).await?;
        Ok(Applied::Done { output: to_json(&instance(id, &gateway)), warnings: Vec::new() })
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
        let rules = calls::security_rules(host, id).await?;
        Ok(checkpoints(&gateway, &rules, plan))
    }

    async fn undo(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: Option<&Plan>,
    ) -> Result<Undone, StepError> {
        let mut undone = Undone::default();
        let results = Results::new(&input.settled);
        for operation in plan.iter().flat_map(|plan| plan.operations.iter().rev()) {
            let made = match input.settled.get(&operation.key) {
                Some(settled) if settled.outcome == Outcome::Created => settled.id.clone(),
                // The create may have been sent: what carries our tag and name is ours.
                None if input.unsettled.contains(&operation.key) => {
                    Objects.look_up(host, operation, &results).await?.map(|found| found.id)
                }
                _ => None,
            };
            let Some(id) = made else { continue };
            match operation.object.kind.as_str() {
                RULE => {
                    let gateway = operation.waits_for.first().map(|key| results.id(key)).transpose()?;
                    calls::delete_security_rule(host, &operation.key, gateway.unwrap_or_default(), &id)
                        .await?;
                }
                // Scaling goes with its gateway.
                ELASTIC => continue,
                _ => calls::delete_gateway(host, &operation.key, &id).await?,
            }
            undone.operations.push(operation.key.clone());
        }
        Ok(undone)
    }
}

/// The gateway's own operation, and those that wait for it to run.
fn parts(plan: &Plan) -> Result<(Plan, Plan), StepError> {
    let Some((first, around)) = plan.operations.split_first() else {
        return Err(StepError::permanent("GS-PLAN-EMPTY", "the plan makes no gateway"));
    };
    let part = |operations: &[Operation]| Plan { operations: operations.to_vec(), ..Plan::default() };
    Ok((part(std::slice::from_ref(first)), part(around)))
}

async fn inventory(host: &dyn Host, input: &StepInput) -> Result<Inventory, StepError> {
    let assessed: Assessed = output_of(input, "assess")?;
    Inventory::parse(&host.get_artifact(&assessed.inventory).await?)
}

/// What later steps need of a gateway that is there.
fn instance(id: &str, gateway: &Value) -> TargetInstance {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    TargetInstance {
        gateway: id.to_owned(),
        name: text(&gateway["name"]),
        environment: text(&gateway["environments"][0]["environmentId"]),
        spec: text(&gateway["spec"]),
        vpc: text(&gateway["vpc"]["vpcId"]),
        version: text(&gateway["version"]),
        entries: ready_entries(gateway),
    }
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
fn checkpoints(gateway: &Value, rules: &[Value], plan: &Plan) -> Vec<Checkpoint> {
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
    let planned = plan.operations.iter().filter(|operation| operation.object.kind == RULE);
    let missing: Vec<&str> = planned
        .filter(|operation| {
            let after = &operation.after.value();
            !rules.iter().any(|rule| {
                rule["securityGroupId"] == after["securityGroupId"]
                    && rule["portRange"] == after["portRanges"][0]
            })
        })
        .map(|operation| operation.object.name.as_str())
        .collect();
    let reach = if missing.is_empty() {
        format!("{} rules let it into the backends' security groups", rules.len())
    } else {
        format!("these rules of backends' security groups are missing: {}", missing.join(", "))
    };
    let same_vpc = Checkpoint::judge(
        "instance.vpc_correct_and_reaches_backends",
        vpc == wanted && missing.is_empty(),
        format!(
            "the gateway is in {vpc}, the source in {wanted}; {reach}; whether backends answer is shown by the health of the services"
        ),
        json!({"vpc": vpc, "source": wanted, "rules": rules, "missing": missing}),
    );
    vec![running, large_enough, same_vpc]
}
