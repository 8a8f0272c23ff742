//! Keys written in environment variables.

use super::{Keys, Miss};
use crate::EnvironmentSource;

/// Prefix of the variables that the chain looks at.
pub(super) const PREFIX: &str = "ALIBABA_CLOUD";

/// `<prefix>_ACCESS_KEY_ID`, `<prefix>_ACCESS_KEY_SECRET`, `<prefix>_SECURITY_TOKEN`.
pub(super) fn keys(environment: &EnvironmentSource, prefix: &str) -> Result<Keys, Miss> {
    let get = |suffix: &str| environment.get(&format!("{prefix}_{suffix}"));
    let missing: Vec<_> =
        ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET"].into_iter().filter(|suffix| get(suffix).is_none()).collect();
    Keys::of(get("ACCESS_KEY_ID"), get("ACCESS_KEY_SECRET"), get("SECURITY_TOKEN")).ok_or_else(|| {
        let names: Vec<_> = missing.iter().map(|suffix| format!("{prefix}_{suffix}")).collect();
        Miss::new(format!("{} not set", names.join(" and ")))
    })
}

/// `<prefix>_USERNAME` and `<prefix>_PASSWORD`.
pub(super) fn login(environment: &EnvironmentSource, prefix: &str) -> Result<Keys, Miss> {
    let get = |suffix: &str| environment.get(&format!("{prefix}_{suffix}"));
    Keys::of(get("USERNAME"), get("PASSWORD"), None)
        .ok_or_else(|| Miss::new(format!("{prefix}_USERNAME and {prefix}_PASSWORD are not both set")))
}

/// `<prefix>_TOKEN`, or the variable itself.
pub(super) fn bearer(environment: &EnvironmentSource, prefix: &str) -> Result<Keys, Miss> {
    let token = environment.get(&format!("{prefix}_TOKEN")).or_else(|| environment.get(prefix));
    Keys::of(Some("bearer"), token, None)
        .ok_or_else(|| Miss::new(format!("neither {prefix}_TOKEN nor {prefix} is set")))
}
