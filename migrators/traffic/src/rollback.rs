//! Takes the traffic back: the source's records in force, the target's off, confirmed at the authoritative
//! servers, then removed.
//!
//! Needs the plan's facts and the DNS connection; looks at the records instead of trusting what the
//! run believes it did, and may be repeated (invariant **way back**).

use std::time::Duration;

use gateshift_sdk::api::{Host, StepInput, Undone};
use gateshift_sdk::model::{Plan, StepError};
use serde_json::json;

use crate::driver::{Driver, driver};
use crate::facts::Facts;
use crate::measure::Answers;

/// Looks until the authoritative servers are quiet: how often, and how far apart.
const LOOKS: u32 = 60;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// The servers still answer otherwise.
const UNCONFIRMED: &str = "GS-DNS-UNCONFIRMED";

/// Brings the share to 0 % and removes the target's records.
pub(crate) async fn rollback(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Undone, StepError> {
    let facts = Facts::of(plan)?;
    let driver = driver(&facts.driver);
    let started = host.now();
    let mut touched = Vec::new();
    for set in &facts.before {
        touched.extend(driver.shut(host, set, facts.ttl).await?);
    }
    let answers = match (quiet(host, driver, &facts).await, driver.by_hand(&facts)) {
        // A person has not done it yet: asked for, not failed.
        (Err(error), Some(text)) if error.code == UNCONFIRMED => {
            return Ok(Undone { left: vec![text], ..Undone::default() });
        }
        (answers, _) => answers?,
    };
    let quiet_after = host.now().since(started);
    for set in &facts.before {
        touched.extend(driver.clean(host, set).await?);
    }
    // Nothing is as the operations left it: if the shift begins again, each of them is due again.
    let operations = input.settled.keys().chain(&input.unsettled).cloned().collect();
    let facts = json!({
        "share": 0,
        "quietAfterMs": u64::try_from(quiet_after.as_millis()).unwrap_or(u64::MAX),
        "answersAsked": answers.all,
        "answersNamingTarget": answers.target,
        "ttl": facts.ttl,
        "cachesEmptyWithinSeconds": facts.ttl,
        "writes": touched.len(),
        "note": "records keep the short TTL; resolvers may answer with the target for one TTL more",
    });
    Ok(Undone { operations, facts, left: Vec::new() })
}

/// Waits until no authoritative answer names the target.
async fn quiet(host: &dyn Host, driver: &dyn Driver, facts: &Facts) -> Result<Answers, StepError> {
    let mut last = Answers::default();
    for look in 0..LOOKS {
        if look > 0 {
            host.sleep(BETWEEN_LOOKS).await?;
        }
        let (answers, fits) = driver.served(host, &facts.before, 0.0).await?;
        if fits {
            return Ok(answers);
        }
        last = answers;
    }
    Err(StepError::retryable(UNCONFIRMED, format!("the records are back, yet {} of {} authoritative answers still name the target and {} name neither", last.target, last.all, last.neither))
        .with_hint("repeat `gateshift rollback`; if it stays, look at the zone in the DNS console"))
}
