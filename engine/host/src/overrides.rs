//! What the operator, or a rehearsal, puts in place of the real world: endpoints, the name server, ports of
//! gateways on loopback, certificate authorities, and how fast time passes.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use gateshift_model::StepError;
use serde::{Deserialize, Serialize};

/// Replacements, as a rehearsal prints them. Every part is optional.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Kind of connection to its endpoint's URL.
    pub endpoints: BTreeMap<String, String>,
    /// Asked in place of a name's authoritative servers.
    pub dns: Option<SocketAddr>,
    /// Port that a gateway's control plane reports, to the port that really listens; loopback addresses only.
    pub connect: BTreeMap<u16, u16>,
    /// Further certificate authorities, PEM.
    pub ca_pem: Option<String>,
    /// How many times faster than real time waits pass.
    pub time_scale: f64,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            endpoints: BTreeMap::new(),
            dns: None,
            connect: BTreeMap::new(),
            ca_pem: None,
            time_scale: 1.0,
        }
    }
}

impl Overrides {
    /// Reads the JSON form.
    pub fn parse(text: &str) -> Result<Self, StepError> {
        let overrides: Self = serde_json::from_str(text).map_err(|error| {
            StepError::needs_operator("GS-OVERRIDES", format!("the overrides are not understood: {error}"))
                .with_hint("known fields are endpoints, dns, connect, ca_pem and time_scale")
        })?;
        overrides.check()?;
        Ok(overrides)
    }

    /// Refuses a time scale that makes no sense.
    pub(crate) fn check(&self) -> Result<(), StepError> {
        if self.time_scale.is_finite() && self.time_scale > 0.0 {
            return Ok(());
        }
        Err(StepError::needs_operator(
            "GS-OVERRIDES",
            format!("a time scale of {} makes no sense", self.time_scale),
        )
        .with_hint("give a number above 0; 1 is real time"))
    }

    /// Whether waits pass at another pace than real time.
    pub(crate) fn is_rehearsal(&self) -> bool {
        (self.time_scale - 1.0).abs() > f64::EPSILON
    }

    /// How long a wait really lasts.
    pub(crate) fn scaled(&self, wait: Duration) -> Duration {
        Duration::try_from_secs_f64(wait.as_secs_f64() / self.time_scale).unwrap_or(Duration::MAX)
    }

    /// Where a probe for an address and port really goes.
    pub(crate) fn connect_to(&self, address: IpAddr, port: u16) -> SocketAddr {
        let port =
            if address.is_loopback() { self.connect.get(&port).copied().unwrap_or(port) } else { port };
        SocketAddr::new(address, port)
    }

    /// Fast time is for rehearsals: refuses it together with anything that is not on this machine.
    pub(crate) fn may_reach(&self, what: &str, is_loopback: bool) -> Result<(), StepError> {
        if is_loopback || !self.is_rehearsal() {
            return Ok(());
        }
        let message = format!(
            "time runs {} times faster than real, and {what} is not on this machine",
            self.time_scale
        );
        Err(StepError::needs_operator("GS-TIME-SCALE", message)
            .with_hint("rehearse against loopback endpoints only, or leave the time scale at 1"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Overrides;

    #[test]
    fn reads_what_a_rehearsal_prints() {
        let text = r#"{"endpoints":{"a/b":"http://127.0.0.1:1"},"dns":"127.0.0.1:53","connect":{"443":8443},"time_scale":60}"#;
        let overrides = Overrides::parse(text).unwrap();
        assert_eq!(overrides.scaled(Duration::from_secs(60)), Duration::from_secs(1));
        assert_eq!(overrides.connect_to("127.0.0.1".parse().unwrap(), 443).port(), 8443);
        assert_eq!(overrides.connect_to("127.0.0.1".parse().unwrap(), 80).port(), 80);
        assert_eq!(overrides.connect_to("192.0.2.1".parse().unwrap(), 443).port(), 443);
        assert!(overrides.may_reach("it", true).is_ok());
        assert_eq!(overrides.may_reach("it", false).unwrap_err().code, "GS-TIME-SCALE");
        assert!(Overrides::default().may_reach("it", false).is_ok());
    }

    #[test]
    fn refuses_nonsense() {
        for text in
            [r#"{"endpoint":{}}"#, r#"{"time_scale":0}"#, r#"{"time_scale":-1}"#, "5", "", r#"{"dns":"x"}"#]
        {
            assert_eq!(Overrides::parse(text).unwrap_err().code, "GS-OVERRIDES", "{text}");
        }
    }
}
