//! Signed messages to one name server (TSIG, RFC 8945): questions, and changes of a zone. An answer counts
//! when it is signed with the same key; its return code becomes the status of an answer as calls know it.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateshift_step_api::Body;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_proto::rr::{TSigVerifier, TSigner};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::message;
use super::update::Update;
use crate::connection::Connection;
use crate::credentials::Keys;
use crate::entropy;
use crate::exchange::{Means, Outgoing, unsendable};
use crate::http::{RawAnswer, SendFailure};

/// Seconds that the clocks of both sides may differ by.
const FUDGE: u16 = 300;

/// Sends a message once. The method says what it is: `QUERY` with `name` and `type` in the query, or
/// `UPDATE` with the change in the body.
pub(crate) async fn once(
    connection: &Connection,
    outgoing: &Outgoing<'_>,
    means: Means<'_>,
) -> Result<RawAnswer, SendFailure> {
    let keys = connection.credentials.keys().await.map_err(SendFailure::Host)?;
    let refused = |cause: String| SendFailure::Host(unsendable(&cause));
    let signer = signer(&keys).map_err(refused)?;
    let mut message = request(outgoing).map_err(refused)?;
    let now = u64::try_from(means.clock.now().0 / 1000).unwrap_or_default();
    let verifier = message.finalize(&signer, now).map_err(|error| refused(error.to_string()))?;
    let bytes = message.to_vec().map_err(|error| refused(error.to_string()))?;
    let reach = timeout(means.limits.connect, connect(connection)).await;
    let late = |limit: std::time::Duration| format!("no answer within {} s", limit.as_secs_f64());
    let (stream, server) =
        reach.unwrap_or_else(|_| Err(late(means.limits.connect))).map_err(SendFailure::NotSent)?;
    let answer = timeout(means.limits.reply, exchange(stream, &bytes)).await;
    let answer = answer.unwrap_or_else(|_| Err(late(means.limits.reply))).map_err(SendFailure::NoAnswer)?;
    read(&answer, message.metadata.id, verifier, server).map_err(SendFailure::NoAnswer)
}

/// The key; the name may have an algorithm before it, `hmac-sha512:name`.
fn signer(keys: &Keys) -> Result<TSigner, String> {
    let (algorithm, name) = keys.id.split_once(':').unwrap_or(("hmac-sha256", &keys.id));
    let algorithm = match algorithm {
        "hmac-sha256" => TsigAlgorithm::HmacSha256,
        "hmac-sha384" => TsigAlgorithm::HmacSha384,
        "hmac-sha512" => TsigAlgorithm::HmacSha512,
        other => return Err(format!("keys of the algorithm {other} are not supported; use hmac-sha256")),
    };
    let secret =
        STANDARD.decode(keys.secret.expose()).map_err(|_| "the key's secret is not in base64".to_owned())?;
    let name = message::name(name).map_err(|error| error.message)?;
    TSigner::new(secret, algorithm, name, FUDGE).map_err(|error| error.to_string())
}

fn request(outgoing: &Outgoing<'_>) -> Result<Message, String> {
    let id = entropy::bits16();
    match (outgoing.method, outgoing.body) {
        ("QUERY", Body::None) => {
            let text = |name: &str| {
                outgoing.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
            };
            let name = message::name(text("name").unwrap_or_default()).map_err(|error| error.message)?;
            let kind = message::kind(text("type").unwrap_or_default()).map_err(|error| error.message)?;
            let bytes = message::question(id, &name, kind, false)?;
            Message::from_vec(&bytes).map_err(|error| error.to_string())
        }
        ("UPDATE", Body::Json(body)) => {
            let update: Update = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
            update.message(id)
        }
        (method, _) => Err(format!("a name server knows no {method} of this form")),
    }
}

async fn connect(connection: &Connection) -> Result<(TcpStream, SocketAddr), String> {
    let url = &connection.endpoint;
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let addresses = tokio::net::lookup_host((host, url.port().unwrap_or(53)));
    let mut cause = format!("{host} has no address");
    for address in addresses.await.map_err(|error| error.to_string())? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok((stream, address)),
            Err(error) => cause = format!("{address}: {error}"),
        }
    }
    Err(cause)
}

async fn exchange(mut stream: TcpStream, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let text = |error: std::io::Error| error.to_string();
    let length = u16::try_from(bytes.len()).map_err(|error| error.to_string())?;
    stream.write_all(&[&length.to_be_bytes()[..], bytes].concat()).await.map_err(text)?;
    let length = stream.read_u16().await.map_err(text)?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await.map_err(text)?;
    Ok(answer)
}

/// The answer in the form of any other call's. A refusal may come unsigned, from a server that does not
/// know the key; a yes may not.
fn read(
    bytes: &[u8],
    id: u16,
    verifier: Option<TSigVerifier>,
    server: SocketAddr,
) -> Result<RawAnswer, String> {
    let message =
        Message::from_vec(bytes).map_err(|error| format!("the answer is not understood: {error}"))?;
    if message.metadata.id != id {
        return Err("the answer is to another message".to_owned());
    }
    let code = message.metadata.response_code;
    let doubt = verifier.and_then(|mut verifier| verifier.verify(bytes).err());
    if let Some(doubt) = doubt.filter(|_| matches!(code, ResponseCode::NoError | ResponseCode::NXDomain)) {
        return Err(format!("the answer is not signed with the key: {doubt}"));
    }
    let status = match code {
        ResponseCode::NoError | ResponseCode::NXDomain if !is_update(&message) => 200,
        ResponseCode::NoError => 200,
        ResponseCode::YXDomain | ResponseCode::YXRRSet | ResponseCode::NXRRSet | ResponseCode::NXDomain => {
            409
        }
        ResponseCode::Refused | ResponseCode::NotAuth => 403,
        ResponseCode::ServFail => 503,
        _ => 400,
    };
    let rcode = message::rcode(code);
    let body = if status == 200 {
        let reply = message::reply(server, &message);
        json!({
            "rcode": rcode,
            "authoritative": reply.authoritative,
            "answers": reply.answers,
            "authorities": message::records(&message.authorities),
        })
    } else {
        json!({"code": rcode, "message": said(code)})
    };
    Ok(RawAnswer { status, headers: Default::default(), body: bytes_of(&body) })
}

fn is_update(message: &Message) -> bool {
    message.metadata.op_code == hickory_proto::op::OpCode::Update
}

fn bytes_of(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

fn said(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::YXDomain | ResponseCode::YXRRSet => "there is something where nothing should be",
        ResponseCode::NXRRSet | ResponseCode::NXDomain => {
            "what should be there is not there, or is something else"
        }
        ResponseCode::Refused => "the server does not allow this",
        ResponseCode::NotAuth => "the server does not know the key, or has no such zone",
        ResponseCode::NotZone => "a name is not in the zone",
        ResponseCode::ServFail => "the server could not do it",
        _ => "the server did not take the message",
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{MessageType, OpCode};
    use hickory_proto::rr::{DNSClass, RecordType};
    use serde_json::json;

    use super::*;
    use crate::Secret;

    fn keys(id: &str, secret: &str) -> Keys {
        Keys { id: id.to_owned(), secret: Secret::new(secret.to_owned()), token: None, expires: None }
    }

    fn outgoing<'a>(method: &'a str, query: &'a [(String, String)], body: &'a Body) -> Outgoing<'a> {
        Outgoing { action: "X", method, path: "/", query, body }
    }

    #[test]
    fn an_update_says_what_has_to_be_there_and_what_becomes_of_it() {
        let body = Body::Json(json!({
            "zone": "shop.test",
            "requires": [
                {"name": "www.shop.test", "kind": "A", "values": ["192.0.2.1", "192.0.2.2"]},
                {"name": "new.shop.test", "kind": "AAAA"},
            ],
            "removes": [{"name": "www.shop.test", "kind": "A"}],
            "adds": [{"name": "www.shop.test", "kind": "CNAME", "ttl": 60, "values": ["gw.example.net"]}],
        }));
        let message = request(&outgoing("UPDATE", &[], &body)).unwrap();
        let message = Message::from_vec(&message.to_vec().unwrap()).unwrap();
        assert_eq!(
            (message.metadata.op_code, message.queries[0].query_type),
            (OpCode::Update, RecordType::SOA)
        );
        let form = |records: &[hickory_proto::rr::Record]| -> Vec<(DNSClass, RecordType, u32)> {
            records.iter().map(|record| (record.dns_class, record.record_type(), record.ttl)).collect()
        };
        let (any, none, class) = (DNSClass::ANY, DNSClass::NONE, DNSClass::IN);
        assert_eq!(
            form(&message.answers),
            [(class, RecordType::A, 0), (class, RecordType::A, 0), (none, RecordType::AAAA, 0)]
        );
        assert_eq!(form(&message.authorities), [(any, RecordType::A, 0), (class, RecordType::CNAME, 60)]);
    }

    #[test]
    fn what_is_no_message_is_not_sent() {
        let wrong = |body: Value| request(&outgoing("UPDATE", &[], &Body::Json(body))).err().unwrap();
        assert!(wrong(json!({"zone": "shop.test", "drop": []})).contains("unknown field"));
        let adds = |kind: &str, value: &str| json!({"zone": "shop.test", "adds": [{"name": "a.shop.test", "kind": kind, "values": [value]}]});
        assert!(wrong(adds("A", "2001:db8::1")).contains("no value of a record of type A"));
        assert!(wrong(adds("TXT", "x")).contains("are not written"));
        assert!(request(&outgoing("QUERY", &[], &Body::Json(json!({})))).is_err());
        assert!(
            request(&outgoing(
                "QUERY",
                &[("name".into(), "a".into()), ("type".into(), "AXFR".into())],
                &Body::None
            ))
            .is_err()
        );
        for (id, secret, why) in
            [("hmac-md5:lab", "YWJj", "not supported"), ("lab", "not base64!", "not in base64")]
        {
            assert!(signer(&keys(id, secret)).err().unwrap().contains(why));
        }
        assert!(signer(&keys("hmac-sha512:lab", "YWJj")).is_ok());
    }

    #[test]
    fn a_yes_that_is_not_signed_does_not_count_and_a_no_does() {
        let signer = signer(&keys("lab", "YWJj")).unwrap();
        let body = Body::Json(json!({"zone": "shop.test"}));
        let answered = |code: ResponseCode| {
            let mut message = request(&outgoing("UPDATE", &[], &body)).unwrap();
            let verifier = message.finalize(&signer, 1_700_000_000).unwrap();
            let id = message.metadata.id;
            let mut answer = Message::new(id, MessageType::Response, OpCode::Update);
            answer.metadata.response_code = code;
            let bytes = answer.to_vec().unwrap();
            let server: SocketAddr = "127.0.0.1:53".parse().unwrap();
            assert!(read(&bytes, id.wrapping_add(1), None, server).is_err(), "an answer to something else");
            read(&bytes, id, verifier, server).map(|raw| raw.status)
        };
        assert!(answered(ResponseCode::NoError).unwrap_err().contains("not signed with the key"));
        for (code, status) in [
            (ResponseCode::NotAuth, 403),
            (ResponseCode::Refused, 403),
            (ResponseCode::NXRRSet, 409),
            (ResponseCode::ServFail, 503),
            (ResponseCode::FormErr, 400),
        ] {
            assert_eq!(answered(code), Ok(status), "{code:?}");
        }
    }
}
