//! What control planes tell the keepers of traces and logs: how a gateway traces, where its access logs
//! go and went, and what the person at the console sets on a new gateway.

/// The account's number.
pub const ACCOUNT: &str = "1234567890123456";
/// Store of access logs in a project of the products' own.
pub const OWN_STORE: &str = "apig-access-log";

/// The project that the products use when nobody chooses one.
#[must_use]
pub fn own_project(region: &str) -> String {
    format!("aliyun-product-data-{ACCOUNT}-{region}")
}

/// Tracing of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracing {
    /// `XTRACE`, `SKYWALKING`, `OPENTELEMETRY` or `OTSKYWALKING`.
    pub kind: String,
    /// Percent of the requests.
    pub sample: u32,
    /// Name of the service that collects; empty for the provider's own.
    pub service: String,
    /// Its port; 0 for the provider's own.
    pub port: u16,
}

/// Where access logs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTarget {
    /// Project.
    pub project: String,
    /// Store in it.
    pub store: String,
    /// With the fields of nginx instead of the products' own.
    pub nginx_format: bool,
}

impl LogTarget {
    /// Where a gateway delivers to when nobody chooses.
    #[must_use]
    pub fn own(region: &str) -> Self {
        Self { project: own_project(region), store: OWN_STORE.to_owned(), nginx_format: false }
    }
}

/// What a person sets in the console of a gateway as soon as it is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByHand {
    /// Tracing; none leaves it off.
    pub tracing: Option<Tracing>,
    /// Where access logs go; none leaves them where they are.
    pub logs: Option<LogTarget>,
}

/// A gateway delivered its access logs somewhere for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Id of the gateway.
    pub gateway: String,
    /// Where to.
    pub to: LogTarget,
    /// Lab milliseconds of the first request that was delivered.
    pub from_ms: i64,
    /// Lab milliseconds of the first one that was not; none while it goes on.
    pub until_ms: Option<i64>,
}

/// All deliveries, past ones included: a record stays where it was put.
#[derive(Debug, Default)]
pub struct Deliveries(Vec<Delivery>);

impl Deliveries {
    /// From now on the logs of a gateway go there, or nowhere.
    pub fn switch(&mut self, gateway: &str, to: Option<LogTarget>, now_ms: i64) {
        if self.current(gateway) == to.as_ref() {
            return;
        }
        for one in self.0.iter_mut().filter(|one| one.gateway == gateway && one.until_ms.is_none()) {
            one.until_ms = Some(now_ms);
        }
        let begun = |to| Delivery { gateway: gateway.to_owned(), to, from_ms: now_ms, until_ms: None };
        self.0.extend(to.map(begun));
    }

    /// Where the logs of a gateway go now.
    #[must_use]
    pub fn current(&self, gateway: &str) -> Option<&LogTarget> {
        self.0.iter().find(|one| one.gateway == gateway && one.until_ms.is_none()).map(|one| &one.to)
    }

    /// Those into one store of a project.
    pub fn into_store<'a>(
        &'a self,
        project: &'a str,
        store: &'a str,
    ) -> impl Iterator<Item = &'a Delivery> + 'a {
        self.0.iter().filter(move |one| one.to.project == project && one.to.store == store)
    }

    /// All of them, in the order in which they began.
    pub fn iter(&self) -> impl Iterator<Item = &Delivery> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_ends_one_delivery_and_begins_another() {
        let to = |store: &str| Some(LogTarget { store: store.to_owned(), ..LogTarget::own("r") });
        let mut all = Deliveries::default();
        all.switch("a", to("one"), 10);
        all.switch("b", to("one"), 11);
        all.switch("a", to("one"), 12);
        all.switch("a", to("two"), 20);
        all.switch("a", None, 30);
        let project = own_project("r");
        let spans = |store: &str| -> Vec<_> {
            let found = all.into_store(&project, store);
            found.map(|one| (one.gateway.clone(), one.from_ms, one.until_ms)).collect()
        };
        assert_eq!(spans("one"), [("a".to_owned(), 10, Some(20)), ("b".to_owned(), 11, None)]);
        assert_eq!(spans("two"), [("a".to_owned(), 20, Some(30))]);
        assert_eq!((all.current("a"), all.current("b").is_some()), (None, true));
    }
}
