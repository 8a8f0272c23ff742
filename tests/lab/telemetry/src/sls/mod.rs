//! Log Service: projects and stores exist because gateways deliver into them, and hold what the gateways
//! wrote while they did. Records arrive late, and a new store cannot be searched for some seconds.

mod fields;
mod matching;
mod query;
mod search;
mod store;

use std::collections::BTreeSet;
use std::sync::Arc;

use gateshift_lab_kernel::{Answer, ApiError, Call, Cloud, Product};

use crate::Observed;

/// Log Service of one account.
pub struct Sls {
    cloud: Arc<Cloud>,
    observed: Arc<dyn Observed>,
}

impl Sls {
    /// The stores that the deliveries of the account fill.
    #[must_use]
    pub fn new(cloud: Arc<Cloud>, observed: Arc<dyn Observed>) -> Self {
        Self { cloud, observed }
    }

    fn region(&self) -> String {
        self.cloud.network.lock().region.clone()
    }

    /// Names of the projects there are.
    fn projects(&self) -> BTreeSet<String> {
        self.cloud.deliveries.lock().iter().map(|one| one.to.project.clone()).collect()
    }

    /// Names of the stores of a project.
    fn stores(&self, project: &str) -> BTreeSet<String> {
        let deliveries = self.cloud.deliveries.lock();
        deliveries.iter().filter(|one| one.to.project == project).map(|one| one.to.store.clone()).collect()
    }

    /// The project that a call is about.
    fn project<'a>(&self, call: &'a Call) -> Result<&'a str, ApiError> {
        let name = call.path.get("project").map(String::as_str).unwrap_or_default();
        if self.projects().contains(name) {
            return Ok(name);
        }
        Err(ApiError::new(404, "ProjectNotExist", format!("The Project does not exist : {name}")))
    }

    /// Project and store that a call is about.
    fn store<'a>(&self, call: &'a Call) -> Result<(&'a str, &'a str), ApiError> {
        let project = self.project(call)?;
        let store = call.path.get("logstore").map(String::as_str).unwrap_or_default();
        if self.stores(project).contains(store) {
            return Ok((project, store));
        }
        Err(ApiError::new(404, "LogStoreNotExist", format!("logstore {store} does not exist")))
    }
}

impl Product for Sls {
    fn name(&self) -> &'static str {
        "sls"
    }

    fn call(&self, call: &Call) -> Answer {
        match call.operation.as_str() {
            "ListProject" => store::projects(self, call),
            "GetProject" => store::project(self, call),
            "ListLogStores" => store::stores(self, call),
            "GetLogStore" => store::store(self, call),
            "GetIndex" => store::index(self, call),
            "GetLogs" | "GetLogsV2" => search::logs(self, call),
            other => Err(ApiError::new(501, "NotImplemented", format!("the lab does not serve {other}"))),
        }
    }

    fn operations(&self) -> &'static [&'static str] {
        &["ListProject", "GetProject", "ListLogStores", "GetLogStore", "GetIndex", "GetLogs", "GetLogsV2"]
    }
}
