//! Signature of version 4: the key is derived for one day, region and service, and signs the request in a
//! form both sides spell alike.

use gateshift_model::Timestamp;
use sha2::{Digest, Sha256};

use super::scoped::{date, hmac};
use crate::credentials::Keys;
use crate::encode::percent;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request before it is signed.
#[derive(Debug)]
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    /// As it stands on the request line.
    pub(crate) path: &'a str,
    /// Decoded.
    pub(crate) query: &'a [(String, String)],
    /// `host` header.
    pub(crate) host: &'a str,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: &'a [u8],
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
}

/// The headers that make a request authentic, `authorization` last; `host` and `content-type`, which are
/// signed as well, are left to the sender.
pub(crate) fn sign(request: &Unsigned<'_>, keys: &Keys, now: Timestamp) -> Vec<(String, String)> {
    let moment = date(now);
    let mut own = vec![("x-amz-date".to_owned(), moment.clone())];
    own.extend(keys.token.iter().map(|token| ("x-amz-security-token".to_owned(), token.expose().to_owned())));
    let mut signed = own.clone();
    signed.push(("host".to_owned(), request.host.to_owned()));
    signed.extend(request.content_type.map(|value| ("content-type".to_owned(), value.to_owned())));
    signed.sort();
    let names: Vec<&str> = signed.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let day = moment.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{}/{}/aws4_request", request.region, request.service);
    let digest = hex::encode(Sha256::digest(canonical_request(request, &signed, &names).as_bytes()));
    let text = format!("{ALGORITHM}\n{moment}\n{scope}\n{digest}");
    let first = format!("AWS4{}", keys.secret.expose()).into_bytes();
    let key = [day, request.region, request.service, "aws4_request"]
        .into_iter()
        .fold(first, |key, part| hmac(&key, part));
    let signature = hex::encode(hmac(&key, &text));
    let authorization =
        format!("{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", keys.id);
    own.push(("authorization".to_owned(), authorization));
    own
}

/// The request as both sides spell it. The path is encoded a second time.
fn canonical_request(request: &Unsigned<'_>, headers: &[(String, String)], names: &str) -> String {
    let path: Vec<String> = request.path.split('/').map(percent).collect();
    let mut pairs: Vec<(String, String)> =
        request.query.iter().map(|(name, value)| (percent(name), percent(value))).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let hash = hex::encode(Sha256::digest(request.body));
    [request.method, &path.join("/"), &pairs.join("&"), &lines, names, &hash].join("\n")
}

#[cfg(test)]
mod tests {
    use gateshift_model::Timestamp;

    use super::{Unsigned, sign};
    use crate::Secret;
    use crate::credentials::Keys;

    /// 2015-08-30T12:36:00Z
    const NOW: Timestamp = Timestamp(1_440_938_160_000);

    fn signature(request: &Unsigned<'_>) -> String {
        let keys = Keys {
            id: "AKIDEXAMPLE".to_owned(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            token: None,
            expires: None,
        };
        let headers = sign(request, &keys, NOW);
        let (name, value) = headers.last().unwrap();
        assert_eq!(name, "authorization");
        value.split_once("Signature=").unwrap().1.to_owned()
    }

    fn plain<'a>(method: &'a str, query: &'a [(String, String)]) -> Unsigned<'a> {
        Unsigned {
            method,
            path: "/",
            query,
            host: "example.amazonaws.com",
            content_type: None,
            body: b"",
            service: "service",
            region: "us-east-1",
        }
    }

    #[test]
    fn the_published_vectors_come_out() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let ordered = pairs(&[("Param2", "value2"), ("Param1", "value1")]);
        let foreign = pairs(&[("\u{1234}", "bar")]);
        let form = Unsigned {
            content_type: Some("application/x-www-form-urlencoded"),
            body: b"Param1=value1",
            ..plain("POST", &[])
        };
        let users = pairs(&[("Action", "ListUsers"), ("Version", "2010-05-08")]);
        let users = Unsigned {
            host: "iam.amazonaws.com",
            service: "iam",
            content_type: Some("application/x-www-form-urlencoded; charset=utf-8"),
            ..plain("GET", &users)
        };
        for (request, expected) in [
            (plain("GET", &[]), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (plain("POST", &[]), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (plain("GET", &ordered), "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
            (plain("GET", &foreign), "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
            (form, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
            (users, "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"),
        ] {
            assert_eq!(signature(&request), expected, "{request:?}");
        }
    }

    #[test]
    fn a_temporary_keys_token_is_signed() {
        let keys = Keys {
            id: "A".to_owned(),
            secret: Secret::new("s".to_owned()),
            token: Some(Secret::new("t".to_owned())),
            expires: None,
        };
        let headers = sign(&plain("GET", &[]), &keys, NOW);
        assert_eq!(headers[1], ("x-amz-security-token".to_owned(), "t".to_owned()));
        let (_, authorization) = headers.last().unwrap();
        assert!(
            authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,"),
            "{authorization}"
        );
        assert!(authorization.contains("Credential=A/20150830/us-east-1/service/aws4_request,"));
    }
}
