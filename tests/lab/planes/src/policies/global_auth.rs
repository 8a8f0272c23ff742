//! Authentication for the whole gateway: which requests it asks, and what it asks of them.

use gateshift_lab_kernel::World;
use gateshift_lab_kernel::gateway::Target;
use gateshift_lab_kernel::policy::{AuthScheme, GlobalAuth, TokenPlace};
use hyper::StatusCode;
use hyper::header::{COOKIE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use sha2::{Digest, Sha256};

use super::{Facts, Keys, Onward, RefusedToken};
use crate::plane::Reply;
use crate::routing::PathCondition;

/// Cookie of a session that a login left behind.
pub(crate) const SESSION: &str = "_oidc_session";

/// One authentication, compiled.
#[derive(Debug)]
pub(crate) struct Authentication {
    white: bool,
    resources: Vec<(String, PathCondition)>,
    scheme: Scheme,
}

#[derive(Debug)]
enum Scheme {
    Jwt { issuer: String, subject: String, keys: Keys, token: TokenPlace },
    Oidc { login: String, cookie: String },
    External { target: Target, header: String },
}

impl Authentication {
    /// Compiles one.
    pub(crate) fn compile(auth: &GlobalAuth) -> Self {
        let resources = auth
            .resources
            .iter()
            .map(|one| {
                (
                    one.domain.to_ascii_lowercase(),
                    PathCondition::compile(one.kind, &one.path, one.ignore_case),
                )
            })
            .collect();
        let scheme = match &auth.scheme {
            AuthScheme::Jwt { issuer, subject, jwks, token } => Scheme::Jwt {
                issuer: issuer.clone(),
                subject: subject.clone(),
                keys: Keys::parse(jwks),
                token: token.clone(),
            },
            AuthScheme::Oidc { client_id, login_url, redirect_url, .. } => Scheme::Oidc {
                login: login_page(login_url, client_id, redirect_url),
                cookie: format!("{SESSION}="),
            },
            AuthScheme::External { target, header } => {
                Scheme::External { target: target.clone(), header: header.clone() }
            }
        };
        Self { white: auth.white, resources, scheme }
    }

    /// Whether it asks this request.
    fn asks(&self, facts: &Facts<'_>) -> bool {
        let listed = self
            .resources
            .iter()
            .any(|(domain, path)| covers(domain, facts.request.host) && path.matches(facts.request.path));
        listed != self.white
    }

    /// The answer to a request that does not show who asks.
    pub(crate) fn refuses(&self, facts: &Facts<'_>, world: &World, onward: &mut Onward) -> Option<Reply> {
        if !self.asks(facts) {
            return None;
        }
        match &self.scheme {
            Scheme::Jwt { issuer, subject, keys, token } => {
                let refused = check_token(facts, keys, token, issuer, subject).err();
                if refused.is_none() && !token.pass {
                    onward.headers.remove(token.header.as_str());
                }
                refused.map(|why| unauthorized(facts, why))
            }
            Scheme::Oidc { login, cookie } => {
                let sent = facts.header(COOKIE.as_str()).unwrap_or_default();
                let known = sent.split(';').any(|one| {
                    one.trim().strip_prefix(cookie.as_str()).is_some_and(|value| !value.is_empty())
                });
                (!known).then(|| Reply::elsewhere(StatusCode::FOUND, &with_state(login, facts)))
            }
            Scheme::External { target, header } => {
                let alive = world.upstreams.get(&target.upstream).is_some_and(|upstream| upstream.alive);
                let shown = facts.header(header).is_some_and(|value| !value.is_empty());
                (!alive || !shown).then(|| Reply::own(StatusCode::FORBIDDEN, "UAEX", ""))
            }
        }
    }
}

/// Whether a domain name, perhaps with a star, covers a host.
pub(crate) fn covers(domain: &str, host: &str) -> bool {
    match domain.strip_prefix('*') {
        Some("") => true,
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => domain == host,
    }
}

fn check_token(
    facts: &Facts<'_>,
    keys: &Keys,
    place: &TokenPlace,
    issuer: &str,
    subject: &str,
) -> Result<(), RefusedToken> {
    let token = token_of(facts, place).ok_or(RefusedToken::Missing)?;
    let claims = keys.verify(token, facts.now_s())?;
    let says = |name: &str| claims.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    if !issuer.is_empty() && says("iss") != issuer {
        return Err(RefusedToken::Issuer);
    }
    if !subject.is_empty() && says("sub") != subject {
        return Err(RefusedToken::Subject);
    }
    Ok(())
}

/// The token that a request carries at that place.
pub(crate) fn token_of<'a>(facts: &Facts<'a>, place: &TokenPlace) -> Option<&'a str> {
    let value = facts.header(&place.header)?;
    let token = value.strip_prefix(place.prefix.trim_end())?.trim();
    Some(token).filter(|token| !token.is_empty())
}

/// 401 as Envoy says it.
pub(crate) fn unauthorized(facts: &Facts<'_>, why: RefusedToken) -> Reply {
    let mut reply = Reply::own(StatusCode::UNAUTHORIZED, "UAEX", why.text());
    let fault = if why == RefusedToken::Missing { "" } else { ", error=\"invalid_token\"" };
    challenge(&mut reply, &format!("Bearer realm=\"{}\"{fault}", facts.place()));
    reply
}

/// Adds a challenge to an answer.
pub(crate) fn challenge(reply: &mut Reply, text: &str) {
    let name: HeaderName = WWW_AUTHENTICATE;
    if let Ok(value) = HeaderValue::from_str(text) {
        reply.headers.insert(name, value);
    }
}

fn login_page(login: &str, client: &str, redirect: &str) -> String {
    let mark = if login.contains('?') { '&' } else { '?' };
    format!(
        "{login}{mark}response_type=code&scope=openid&client_id={}&redirect_uri={}",
        escaped(client),
        escaped(redirect)
    )
}

/// The login page, with a state that is the same for the same request on both gateways.
fn with_state(login: &str, facts: &Facts<'_>) -> String {
    let state = hex::encode(Sha256::digest(facts.place()));
    format!("{login}&state={}", &state[..16])
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use gateshift_lab_kernel::Upstream;
    use gateshift_lab_kernel::gateway::MatchKind;
    use gateshift_lab_kernel::policy::AuthResource;
    use serde_json::json;

    use super::super::facts::samples::{facts, headers, onward};
    use super::super::json_web_token::{shared_key, signed};
    use super::*;

    fn auth(white: bool, scheme: AuthScheme) -> Authentication {
        let resources = vec![AuthResource {
            domain: "*.example.com".to_owned(),
            path: "/open/".to_owned(),
            kind: MatchKind::Prefix,
            ignore_case: false,
        }];
        Authentication::compile(&GlobalAuth { name: "a".to_owned(), white, resources, scheme })
    }

    fn status(auth: &Authentication, target: &str, sent: &[(&str, &str)]) -> Option<(u16, String)> {
        let headers = headers(sent);
        let facts = facts(target, &headers);
        let mut onward = onward(&facts);
        let world = World {
            upstreams: [("vip://auth".to_owned(), Upstream { alive: true, instances: Vec::new() })].into(),
        };
        let reply = auth.refuses(&facts, &world, &mut onward)?;
        Some((reply.status.as_u16(), String::from_utf8_lossy(&reply.body).into_owned()))
    }

    fn jwt() -> AuthScheme {
        AuthScheme::Jwt {
            issuer: "me".to_owned(),
            subject: String::new(),
            jwks: shared_key(b"k"),
            token: TokenPlace {
                header: "authorization".to_owned(),
                prefix: "Bearer ".to_owned(),
                pass: false,
            },
        }
    }

    #[test]
    fn white_resources_pass_and_black_ones_are_asked() {
        for (white, target, asked) in
            [(true, "/open/a", false), (true, "/a", true), (false, "/open/a", true), (false, "/a", false)]
        {
            assert_eq!(status(&auth(white, jwt()), target, &[]).is_some(), asked, "{white} {target}");
        }
    }

    #[test]
    fn tokens_are_read_as_envoy_reads_them() {
        let asked = auth(true, jwt());
        let bearer = |claims| format!("Bearer {}", signed(&claims, b"k"));
        let far = 4_000_000_000_i64;
        for (value, wanted) in [
            (bearer(json!({"iss": "me", "exp": far})), None),
            (bearer(json!({"iss": "you", "exp": far})), Some("Jwt issuer is not configured")),
            (bearer(json!({"iss": "me", "exp": 1})), Some("Jwt is expired")),
            ("Basic abc".to_owned(), Some("Jwt is missing")),
        ] {
            let found = status(&asked, "/a", &[("authorization", &value)]);
            assert_eq!(found, wanted.map(|text| (401, text.to_owned())), "{value}");
        }
    }

    #[test]
    fn logins_and_services_answer_in_their_own_way() {
        let oidc = auth(
            true,
            AuthScheme::Oidc {
                issuer: String::new(),
                client_id: "c 1".to_owned(),
                client_secret: String::new(),
                login_url: "https://login.example.com/auth".to_owned(),
                redirect_url: "https://api.example.com/back".to_owned(),
                cookie_domain: String::new(),
            },
        );
        assert_eq!(status(&oidc, "/a", &[]).map(|(status, _)| status), Some(302));
        assert_eq!(status(&oidc, "/a", &[("cookie", "a=b; _oidc_session=1")]), None);
        let at = |upstream: &str| {
            let target = Target { upstream: upstream.to_owned(), labels: Default::default(), weight: 100 };
            auth(true, AuthScheme::External { target, header: "x-token".to_owned() })
        };
        assert_eq!(status(&at("vip://auth"), "/a", &[]).map(|(status, _)| status), Some(403));
        assert_eq!(status(&at("vip://auth"), "/a", &[("x-token", "1")]), None);
        assert_eq!(status(&at("vip://gone"), "/a", &[("x-token", "1")]).map(|one| one.0), Some(403));
    }
}
