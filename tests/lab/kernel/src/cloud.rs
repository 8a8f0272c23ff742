//! What every simulated product holds on to: clock, world, zones, network, infrastructure names,
//! and the signal that tells the data planes to look again.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::{ByHand, Deliveries, LabClock, Network, World, Zones};

/// A value behind a lock that is never poisoned for its readers and never held across an await.
#[derive(Debug, Default)]
pub struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// The value, exclusively.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands out loopback addresses, none twice: `127.a.b.1`, `127.a.b.2` ...
#[derive(Debug)]
pub struct AddressPool {
    prefix: [u8; 2],
    next: Mutex<u8>,
}

impl AddressPool {
    /// Addresses under `127.a.b.`.
    #[must_use]
    pub const fn new(a: u8, b: u8) -> Self {
        Self { prefix: [a, b], next: Mutex::new(1) }
    }

    /// The next address; after 250 they begin anew.
    pub fn take(&self) -> IpAddr {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let address = Ipv4Addr::new(127, self.prefix[0], self.prefix[1], *next);
        *next = if *next >= 250 { 1 } else { *next + 1 };
        IpAddr::V4(address)
    }
}

/// The simulated account and the ground it stands on.
#[derive(Debug)]
pub struct Cloud {
    /// Lab time.
    pub clock: LabClock,
    /// Registries and backends.
    pub world: Shared<World>,
    /// DNS zones.
    pub zones: Shared<Zones>,
    /// VPCs, security groups, certificates.
    pub network: Shared<Network>,
    /// Names of the provider's own (`nlb-....aliyuncs.com`), which the name server answers with
    /// these addresses and a TTL of 60 seconds.
    pub hosts: Shared<BTreeMap<String, Vec<IpAddr>>>,
    /// Where access logs of gateways go, and went.
    pub deliveries: Shared<Deliveries>,
    /// What the person at the console does with every new gateway; nothing without one.
    pub person: Shared<Option<ByHand>>,
    /// Loopback addresses for gateways.
    pub addresses: AddressPool,
    changed: watch::Sender<u64>,
    /// Lab time of the state that the data planes serve; nobody follows while it is the largest number.
    followed_ms: AtomicI64,
}

impl Cloud {
    /// An empty account.
    #[must_use]
    pub fn new(clock: LabClock, network: Network, world: World, addresses: AddressPool) -> Arc<Self> {
        Arc::new(Self {
            clock,
            world: Shared::new(world),
            zones: Shared::default(),
            network: Shared::new(network),
            hosts: Shared::default(),
            deliveries: Shared::default(),
            person: Shared::default(),
            addresses,
            changed: watch::Sender::new(0),
            followed_ms: AtomicI64::new(i64::MAX),
        })
    }

    /// Tells the data planes to look at the control planes again: after each write that changes
    /// routing, and when a state that depends on the clock has been noticed to have changed.
    pub fn touch(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    /// Wakes after each [`Cloud::touch`].
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Says that the data planes now serve what the control planes wanted at that lab time.
    pub fn followed(&self, lab_ms: i64) {
        self.followed_ms.store(lab_ms, Ordering::Release);
    }

    /// The latest lab time whose state is really served: a control plane that says "deployed" means
    /// that its gateways do it, not that they will.
    #[must_use]
    pub fn served_ms(&self) -> i64 {
        self.followed_ms.load(Ordering::Acquire).min(self.clock.now_ms())
    }
}
