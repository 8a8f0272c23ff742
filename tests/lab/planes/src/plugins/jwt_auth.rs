//! jwt-auth: a token signed by one of the callers' issuers names the caller.

use gateshift_lab_kernel::policy::TokenPlace;
use hyper::StatusCode;
use serde_json::Value;

use super::callers::{Allowed, callers};
use super::read::{flag, items, text, texts};
use super::{Effect, Rule};
use crate::plane::Reply;
use crate::policies::global_auth::{token_of, unauthorized};
use crate::policies::{Facts, Keys, Onward, RefusedToken};

#[derive(Debug)]
pub(crate) struct JwtAuth {
    callers: Vec<Caller>,
    allowed: Allowed,
}

#[derive(Debug)]
struct Caller {
    name: String,
    issuer: String,
    keys: Keys,
    headers: Vec<TokenPlace>,
    parameters: Vec<String>,
    keeps: bool,
}

impl Caller {
    fn read(name: String, one: &Value) -> Self {
        let mut headers: Vec<TokenPlace> = items(one, "from_headers")
            .iter()
            .map(|place| TokenPlace {
                header: text(place, "name"),
                prefix: text(place, "value_prefix"),
                pass: true,
            })
            .collect();
        let mut parameters = texts(one, "from_params");
        if headers.is_empty() && parameters.is_empty() {
            headers.push(TokenPlace {
                header: "authorization".to_owned(),
                prefix: "Bearer ".to_owned(),
                pass: true,
            });
            parameters.push("access_token".to_owned());
        }
        Self {
            name,
            issuer: text(one, "issuer"),
            keys: Keys::parse(&text(one, "jwks")),
            headers,
            parameters,
            keeps: flag(one, "keep_token").unwrap_or(true),
        }
    }

    fn shown(&self, facts: &Facts<'_>) -> Option<String> {
        let in_header = || self.headers.iter().find_map(|place| token_of(facts, place)).map(str::to_owned);
        in_header().or_else(|| self.parameters.iter().find_map(|name| facts.parameter(name)))
    }

    fn check(&self, token: &str, now_s: i64) -> Result<(), RefusedToken> {
        let claims = self.keys.verify(token, now_s)?;
        let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        if self.issuer.is_empty() || issuer == self.issuer { Ok(()) } else { Err(RefusedToken::Issuer) }
    }
}

impl JwtAuth {
    pub(crate) fn read(rule: Rule<'_>) -> Self {
        let callers = callers(rule).into_iter().map(|(name, one)| Caller::read(name, one));
        Self { callers: callers.collect(), allowed: Allowed::read(rule) }
    }
}

impl Effect for JwtAuth {
    fn request(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        if !self.allowed.asks() {
            return None;
        }
        let mut worst = RefusedToken::Missing;
        for caller in &self.callers {
            let Some(token) = caller.shown(facts) else { continue };
            match caller.check(&token, facts.now_s()) {
                Ok(()) => {
                    if !caller.keeps {
                        caller.headers.iter().for_each(|place| {
                            onward.headers.remove(place.header.as_str());
                        });
                    }
                    let refused = self.allowed.pass(&caller.name, "JWT Auth", onward);
                    return refused.map(|_| Reply::own(StatusCode::FORBIDDEN, "", "Access Denied"));
                }
                Err(why) => worst = why,
            }
        }
        Some(unauthorized(facts, worst))
    }
}
