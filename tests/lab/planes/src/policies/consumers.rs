//! Consumers that a route asks for: who shows nothing is asked (401), who is not allowed is not (403).

use gateshift_lab_kernel::policy::{Consumer, ConsumerAuth, Credential};
use hyper::StatusCode;
use serde_json::Value;

use super::global_auth::{challenge, token_of, unauthorized};
use super::signature::{self, ACCESS_KEY};
use super::{Facts, Keys, Onward, RefusedToken};
use crate::plane::Reply;

/// Header in which the upstream learns who asked.
pub(crate) const NAME: &str = "x-mse-consumer";

/// The consumers of a route, compiled.
#[derive(Debug)]
pub(crate) struct Consumers(Vec<(Consumer, Keys)>);

/// What a request shows for one consumer.
enum Shown {
    Nothing,
    Wrong(RefusedToken),
    Right,
}

impl Consumers {
    /// Compiles them.
    pub(crate) fn compile(auth: &ConsumerAuth) -> Self {
        let keys = |one: &Consumer| match &one.credential {
            Credential::Jwt { jwks, .. } => Keys::parse(jwks),
            _ => Keys::default(),
        };
        Self(auth.allowed.iter().map(|one| (one.clone(), keys(one))).collect())
    }

    /// The answer to a request that is none of theirs; otherwise the upstream is told whose it is.
    pub(crate) fn refuses(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        onward.headers.remove(NAME);
        let mut worst = None;
        for (consumer, keys) in &self.0 {
            match shown(consumer, keys, facts) {
                Shown::Right => {
                    if let Credential::Jwt { token, .. } = &consumer.credential
                        && !token.pass
                    {
                        onward.headers.remove(token.header.as_str());
                    }
                    onward.set(NAME, &consumer.name);
                    return None;
                }
                Shown::Wrong(why) => worst = Some(why),
                Shown::Nothing => {}
            }
        }
        Some(match worst {
            Some(RefusedToken::Subject) => Reply::own(StatusCode::FORBIDDEN, "UAEX", "Access Denied"),
            Some(why) => unauthorized(facts, why),
            None => {
                let mut reply = Reply::own(StatusCode::UNAUTHORIZED, "UAEX", "Unauthorized");
                challenge(&mut reply, &format!("Consumer realm=\"{}\"", facts.authority));
                reply
            }
        })
    }
}

fn shown(consumer: &Consumer, keys: &Keys, facts: &Facts<'_>) -> Shown {
    let right = |good: bool| if good { Shown::Right } else { Shown::Wrong(RefusedToken::Subject) };
    match &consumer.credential {
        Credential::Jwt { claim, value, token, .. } => match token_of(facts, token) {
            None => Shown::Nothing,
            Some(token) => match keys.verify(token, facts.now_s()) {
                Err(why) => Shown::Wrong(why),
                Ok(claims) => {
                    right(claims.get(claim).and_then(Value::as_str).unwrap_or_default() == value.as_str())
                }
            },
        },
        Credential::ApiKey { header, key } => match facts.header(header) {
            None => Shown::Nothing,
            Some(sent) => right(sent.strip_prefix("Bearer ").unwrap_or(sent) == key),
        },
        Credential::QueryKey { parameter, key } => match facts.parameter(parameter) {
            None => Shown::Nothing,
            Some(sent) => right(sent == *key),
        },
        Credential::Signature { key, secret } => match facts.header(ACCESS_KEY) {
            None => Shown::Nothing,
            Some(sent) => right(sent == key && signature::holds(facts, secret)),
        },
    }
}

#[cfg(test)]
mod tests {
    use gateshift_lab_kernel::policy::TokenPlace;
    use serde_json::json;

    use super::super::facts::samples::{facts, headers, onward};
    use super::super::json_web_token::{shared_key, signed};
    use super::*;

    fn consumers() -> Consumers {
        let one = |name: &str, credential| Consumer { name: name.to_owned(), credential };
        let place =
            TokenPlace { header: "authorization".to_owned(), prefix: "Bearer ".to_owned(), pass: true };
        Consumers::compile(&ConsumerAuth {
            allowed: vec![
                one(
                    "jane",
                    Credential::Jwt {
                        jwks: shared_key(b"k"),
                        claim: "iss".to_owned(),
                        value: "jane".to_owned(),
                        token: place,
                    },
                ),
                one("key", Credential::ApiKey { header: "x-api-key".to_owned(), key: "s3".to_owned() }),
                one("query", Credential::QueryKey { parameter: "apikey".to_owned(), key: "q".to_owned() }),
            ],
        })
    }

    #[test]
    fn each_credential_is_asked_for_and_told_apart() {
        let token = |name: &str| format!("Bearer {}", signed(&json!({ "iss": name }), b"k"));
        for (target, sent, wanted) in [
            ("/", vec![], Err(401)),
            ("/", vec![("authorization", token("jane"))], Ok("jane")),
            ("/", vec![("authorization", token("john"))], Err(403)),
            ("/", vec![("authorization", "Bearer x.y.z".to_owned())], Err(401)),
            ("/", vec![("x-api-key", "s3".to_owned())], Ok("key")),
            ("/", vec![("x-api-key", "no".to_owned())], Err(403)),
            ("/?apikey=q", vec![], Ok("query")),
            // Nobody becomes a consumer by saying so.
            ("/", vec![("x-mse-consumer", "jane".to_owned())], Err(401)),
        ] {
            let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let headers = headers(&sent);
            let facts = facts(target, &headers);
            let mut onward = onward(&facts);
            let found = match consumers().refuses(&facts, &mut onward) {
                Some(reply) => Err(reply.status.as_u16()),
                None => Ok(onward.headers[NAME].to_str().unwrap()),
            };
            assert_eq!(found, wanted, "{target} {sent:?}");
        }
        let headers = headers(&[("x-api-key", "s3")]);
        let facts = facts("/", &headers);
        let nobody = Consumers::compile(&ConsumerAuth { allowed: Vec::new() });
        assert!(nobody.refuses(&facts, &mut onward(&facts)).is_some(), "without a grant nobody passes");
    }
}
