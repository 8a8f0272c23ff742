//! Everything that may answer a request in place of its route, in the order in which a gateway asks:
//! lists of addresses, global authentication, plugins, consumers, limits, cross-origin permission.

use super::{Plane, Reply, Serving};
use crate::plugins::Effect;
use crate::policies::limits::Admitted;
use crate::policies::{Facts, Onward, access, cors, headers};
use crate::routing::Found;

/// Lets a request pass to its route, changed on its way, or gives the answer it gets instead.
pub(crate) fn pass(
    plane: &Plane,
    serving: &Serving,
    facts: &Facts<'_>,
    found: Option<&Found<'_>>,
    effects: &[&dyn Effect],
    onward: &mut Onward,
) -> Result<Option<Admitted>, Box<Reply>> {
    let domain = found.map(|found| found.domain);
    // Without a route the domain is still known by its name.
    let domain = domain.or_else(|| serving.domains.best(facts.request.host).map(|(name, _)| name.as_str()));
    if !serving.lists.admits(domain, found.map(|found| found.name), onward.client) {
        return Err(Box::new(access::refusal()));
    }
    if !serving.authentications.is_empty() {
        let world = plane.common.cloud.world.lock();
        for authentication in &serving.authentications {
            refuse(authentication.refuses(facts, &world, onward))?;
        }
    }
    for effect in effects {
        refuse(effect.request(facts, onward))?;
    }
    let Some(found) = found else { return Ok(None) };
    if let Some(consumers) = &found.policies.consumers {
        refuse(consumers.refuses(facts, onward))?;
    }
    let policies = &found.policies.plain;
    let admitted = plane.limiters.admit(found.name, policies, facts.now_ms)?;
    refuse(policies.cors.as_ref().and_then(|cors| cors::preflight(cors, facts)))?;
    headers::change(&policies.headers, false, &mut onward.headers);
    if let Some(rewrite) = &found.policies.rewrite {
        rewrite.apply(found.path, onward);
    }
    Ok(admitted)
}

fn refuse(reply: Option<Reply>) -> Result<(), Box<Reply>> {
    reply.map_or(Ok(()), |reply| Err(Box::new(reply)))
}
