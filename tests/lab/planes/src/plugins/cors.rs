//! cors: as the policy, but a strange origin is refused.

use gateshift_lab_kernel::policy::Cors;
use hyper::StatusCode;
use hyper::header::ORIGIN;
use serde_json::Value;

use super::{Effect, read};
use crate::plane::Reply;
use crate::policies::cors::{allowed_origin, is_preflight, mark, preflight};
use crate::policies::{Facts, Onward};

#[derive(Debug)]
pub(crate) struct CorsPlugin(Cors);

impl CorsPlugin {
    pub(crate) fn read(config: &Value) -> Self {
        Self(read::cors(config))
    }
}

impl Effect for CorsPlugin {
    fn request(&self, facts: &Facts<'_>, _: &mut Onward) -> Option<Reply> {
        facts.header(ORIGIN.as_str())?;
        if allowed_origin(&self.0, facts).is_none() {
            return Some(Reply::own(StatusCode::FORBIDDEN, "", "Invalid CORS request"));
        }
        if is_preflight(facts) { preflight(&self.0, facts) } else { None }
    }

    fn response(&self, facts: &Facts<'_>, reply: &mut Reply) {
        mark(&self.0, facts, &mut reply.headers);
    }
}
