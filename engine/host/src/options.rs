//! What the hosts are made from: the table of kinds, the operator's overrides, and the surroundings,
//! which tests replace.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateshift_model::Timestamp;

use crate::{ConnectionKind, Overrides, Secret};

/// Everything [`Hosts::new`](crate::Hosts::new) needs.
#[derive(Debug, Clone)]
pub struct HostsOptions {
    /// The kinds of connection that exist.
    pub kinds: Vec<ConnectionKind>,
    /// What the operator, or a rehearsal, put in place of the real world.
    pub overrides: Overrides,
    /// Where keys and proxies are looked for.
    pub environment: EnvironmentSource,
    /// Key behind the fingerprints that stand for redacted values; a fresh one when absent, and then
    /// fingerprints can be compared inside one process only.
    pub fingerprint_key: Option<Secret>,
    /// File of the key that seals secrets of the objects that are worked on; made when it is first needed.
    /// Without it sealed secrets open in this process only.
    pub seal_key_file: Option<PathBuf>,
    /// Patience and sizes.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
}

impl HostsOptions {
    /// The usual options over a table of kinds: this process's environment, no overrides.
    #[must_use]
    pub fn new(kinds: Vec<ConnectionKind>) -> Self {
        Self {
            kinds,
            overrides: Overrides::default(),
            environment: EnvironmentSource::process(),
            fingerprint_key: None,
            seal_key_file: None,
            limits: Limits::default(),
            clock: Clock::system(),
        }
    }
}

/// The surroundings in which keys and name servers are looked for.
#[derive(Clone)]
pub struct EnvironmentSource {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// Home folder of the user.
    pub home: Option<PathBuf>,
    /// The file that names the system's resolvers.
    pub resolv_conf: PathBuf,
    /// Where a machine asks about itself.
    pub metadata: String,
    /// Where roles are assumed; by rule from the region when absent.
    pub sts: Option<String>,
}

impl EnvironmentSource {
    /// Those of this process.
    #[must_use]
    pub fn process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { variables, home: std::env::home_dir(), ..Self::empty() }
    }

    /// Nothing set, no home; real metadata address.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            variables: BTreeMap::new(),
            home: None,
            resolv_conf: PathBuf::from("/etc/resolv.conf"),
            metadata: "http://100.100.100.200".to_owned(),
            sts: None,
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a variable says yes.
    pub(crate) fn says_yes(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// A path as people write it, `~/` being the home folder.
    pub(crate) fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

/// Variables hold keys, so only their names are shown.
impl fmt::Debug for EnvironmentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentSource")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// Patience and sizes.
#[derive(Debug, Clone)]
pub struct Limits {
    /// To make a connection.
    pub connect: Duration,
    /// From the request to the last byte of the answer.
    pub reply: Duration,
    /// How long throttled calls are repeated before the step hears of it; scaled like every wait.
    pub throttle_budget: Duration,
    /// Tries in all of a harmless call that the network lost.
    pub network_tries: u32,
    /// Longest answer in bytes.
    pub body: usize,
    /// For one try of a question to a name server.
    pub dns: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            reply: Duration::from_secs(30),
            throttle_budget: Duration::from_secs(120),
            network_tries: 3,
            body: 32 << 20,
            dns: Duration::from_secs(2),
        }
    }
}

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock of one's own.
    pub fn new(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The system's.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
