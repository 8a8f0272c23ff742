//! The parts of a running lab, and how they are put together.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use gateshift_lab_apig::{AliDns, Apig, Ecs, Edition, SeedRecord, Vpc};
use gateshift_lab_kernel::gateway::GatewayConfig;
use gateshift_lab_kernel::{AddressPool, ByHand, Cloud, LabClock, Product, RecordType, own_project};
use gateshift_lab_mse::{Mse, Scenario, by_hand_of, network_of, world_of};
use gateshift_lab_planes::{Authority, LoadTarget, NameServer, Planes, PlanesOptions};
use gateshift_lab_telemetry::{Arms, Cms, Observed, Sls};
use serde_json::{Value, json};
use uuid::Uuid;

use super::LabError;
use super::alerts;
use super::export::{Places, zones};
use super::hosts::{ServedHost, record_names, served_hosts};
use super::observed::AccessLogs;
use super::options::LabOptions;
use super::targets::targets;
use crate::faults::{Faults, Quotas};
use crate::front::Entry;
use crate::record::Recorder;
use crate::sign::{Key, Verifier};
use crate::stats::Stats;

/// Seconds that the records of the source have: the migration has to lower them.
const TTL: u32 = 600;

/// Everything that runs.
pub(crate) struct Parts {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) mse: Arc<Mse>,
    pub(crate) apig: Arc<Apig>,
    cms: Arc<Cms>,
    wanted: ByHand,
    others: Vec<Arc<dyn Product>>,
    pub(crate) planes: Arc<Planes>,
    pub(crate) names: NameServer,
    pub(crate) authority: Arc<Authority>,
    pub(crate) entry: Arc<Entry>,
    hosts: Vec<ServedHost>,
}

impl Parts {
    /// Builds the account of a scenario and starts everything but the HTTP fronts.
    pub(crate) async fn build(options: &LabOptions) -> Result<(Self, Key), LabError> {
        let scenario = options.account.scenario();
        let clock = LabClock::new(options.speed);
        let cloud = Cloud::new(clock, network_of(&scenario), world_of(&scenario), address_pool()?);
        let wanted = by_hand_of(&scenario);
        *cloud.person.lock() = options.person.then(|| wanted.clone());
        let mse = Arc::new(Mse::new(cloud.clone(), &scenario));
        let apig = Arc::new(Apig::with_options(cloud.clone(), options.behaviour.target.clone()));
        let dns = AliDns::new(cloud.clone());
        seed_dns(&dns, options.behaviour.dns_edition, &scenario, &mse)?;
        let authority = Arc::new(Authority::new(cloud.clone())?);
        let planes = start_planes(options, &cloud, &mse, &apig, &authority)?;
        let listening = NameServer::start(cloud.clone()).await;
        let planes = Arc::new(planes);
        let logs: Arc<dyn Observed> = Arc::new(AccessLogs(planes.clone()));
        let cms = Arc::new(Cms::new(cloud.clone(), logs.clone(), alerts::of_cms(&scenario)));
        let names =
            listening.map_err(|source| LabError::Listen { at: "a free port for dns".to_owned(), source })?;
        let key = own_key();
        let parts = Self {
            others: vec![
                Arc::new(dns),
                Arc::new(Vpc::new(cloud.clone())),
                Arc::new(Ecs::new(cloud.clone())),
                cms.clone(),
                Arc::new(Arms::new(&scenario.region, alerts::of_arms(&scenario))),
                Arc::new(Sls::new(cloud.clone(), logs)),
            ],
            cms,
            wanted,
            cloud,
            mse,
            apig,
            planes,
            names,
            authority,
            entry: Arc::new(entry(options, &key)?),
            hosts: served_hosts(&scenario),
        };
        Ok((parts, key))
    }

    /// The products that get a front.
    pub(crate) fn products(&self) -> Vec<Arc<dyn Product>> {
        let mut products: Vec<Arc<dyn Product>> = vec![self.mse.clone(), self.apig.clone()];
        products.extend(self.others.iter().cloned());
        products
    }

    /// Target account, DNS and alert rules by content.
    pub(crate) fn export(&self) -> Value {
        let hosts = self.cloud.hosts.lock().clone();
        let places = Places::new(&self.mse.gateways(), &self.apig.gateways(), hosts);
        let dns = zones(&self.cloud.zones.lock(), &places);
        json!({"apig": self.apig.export(), "dns": dns, "alerts": self.alerts()})
    }

    /// Where the access logs of the target go in the end.
    pub(crate) fn log_project(&self, region: &str) -> String {
        self.wanted.logs.as_ref().map_or_else(|| own_project(region), |to| to.project.clone())
    }

    /// Alert rules by content, with a word for each gateway instead of its id.
    fn alerts(&self) -> Value {
        let mut text = Value::from(self.cms.export()).to_string();
        let ids = |gateways: Vec<GatewayConfig>| gateways.into_iter().map(|gateway| gateway.gateway_id);
        for (word, gateways) in [("@source", self.mse.gateways()), ("@target", self.apig.gateways())] {
            ids(gateways).for_each(|id| text = text.replace(&id, word));
        }
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// What the load client asks for.
    pub(crate) fn load_targets(&self) -> Vec<LoadTarget> {
        let world = self.cloud.world.lock().clone();
        self.mse.gateways().iter().flat_map(|gateway| targets(gateway, &world, &self.hosts)).collect()
    }
}

fn start_planes(
    options: &LabOptions,
    cloud: &Arc<Cloud>,
    mse: &Arc<Mse>,
    apig: &Arc<Apig>,
    authority: &Arc<Authority>,
) -> Result<Planes, LabError> {
    let (mse, apig) = (mse.clone(), apig.clone());
    let source = Arc::new(move || [mse.gateways(), apig.gateways()].concat());
    let usual = PlanesOptions::new(source, cloud.clone(), authority.clone());
    let wanted = PlanesOptions { access_log: options.access_log.clone(), ..usual };
    Planes::start_with(wanted).map_err(LabError::Planes)
}

fn entry(options: &LabOptions, key: &Key) -> Result<Entry, LabError> {
    let recorder = match &options.record {
        Some(path) => {
            let created = Recorder::create(path);
            Some(created.map_err(|source| LabError::Record { path: path.clone(), source })?)
        }
        None => None,
    };
    let (faults, quotas) = (Faults::default(), Quotas::default());
    faults.set(options.faults.clone());
    quotas.set(&options.quotas);
    let keys = [vec![key.clone()], options.more_keys.clone()].concat();
    Ok(Entry { verifier: Verifier::new(keys), faults, quotas, stats: Stats::default(), recorder })
}

/// A zone for each registered name, with records that lead to the source gateway.
fn seed_dns(dns: &AliDns, edition: Edition, scenario: &Scenario, mse: &Mse) -> Result<(), LabError> {
    let gateways = mse.gateways();
    let address =
        gateways.first().and_then(|gateway| gateway.addresses.first()).ok_or(LabError::NoGateway)?;
    for (zone, names) in record_names(scenario) {
        let record =
            |rr: &String| SeedRecord { ttl: TTL, ..SeedRecord::new(rr, RecordType::A, &address.to_string()) };
        let records: Vec<_> = names.iter().map(record).collect();
        dns.seed_zone(&zone, edition, &records)
            .map_err(|refusal| LabError::Dns { zone, said: refusal.message })?;
    }
    Ok(())
}

/// Loopback addresses for gateways, in a range drawn at random so that labs side by side rarely
/// meet; where they do, the ports that each draws keep them apart.
fn address_pool() -> Result<AddressPool, LabError> {
    let random = Uuid::now_v7();
    let [a, b] = [random.as_bytes()[14], random.as_bytes()[15]].map(|byte| 10 + byte % 240);
    // Not every system has more of loopback than 127.0.0.1: better to hear of it now.
    match TcpListener::bind((Ipv4Addr::new(127, a, b, 1), 0)) {
        Ok(_) => Ok(AddressPool::new(a, b)),
        Err(source) => Err(LabError::Listen { at: format!("127.{a}.{b}.1"), source }),
    }
}

/// A key that is new in each lab.
fn own_key() -> Key {
    let random = || Uuid::now_v7().simple().to_string();
    Key {
        id: format!("LTAIlab{}", &random()[20..]),
        secret: format!("{}{}", &random()[16..], &random()[16..]),
        token: None,
    }
}
