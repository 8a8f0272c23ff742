//! Compressed answers. The lab wraps the body in the gzip form without making it smaller: what counts
//! is that the header and the form are those of a gateway that compresses.

use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};

use super::Facts;
use crate::plane::Reply;

/// Smallest body that Envoy compresses.
const SMALLEST: usize = 30;
/// Most bytes of a stored block.
const BLOCK: usize = 65_535;

/// Compresses an answer for a client that takes it.
pub(crate) fn compress(facts: &Facts<'_>, reply: &mut Reply) {
    let takes = facts.header(ACCEPT_ENCODING.as_str()).unwrap_or_default();
    let wanted = takes.split(',').any(|one| one.split(';').next().map(str::trim) == Some("gzip"));
    if wanted && reply.body.len() >= SMALLEST && !reply.headers.contains_key(CONTENT_ENCODING) {
        reply.body = Bytes::from(stored(&reply.body));
        reply.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        reply.headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

/// RFC 1952 around the stored blocks of RFC 1951.
fn stored(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = body.chunks(BLOCK);
    let last = blocks.len().saturating_sub(1);
    for (number, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(number == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(crc32(body).to_le_bytes());
    out.extend((body.len() as u32).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::super::facts::samples::{facts, headers};
    use super::*;

    #[test]
    fn only_those_that_take_it_get_it() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926, "the check value of the CRC's definition");
        for (accepts, text, packed) in [
            ("gzip, br", "a text of more than thirty letters", true),
            ("gzip;q=1.0", "a text of more than thirty letters", true),
            ("br", "a text of more than thirty letters", false),
            ("gzip", "short", false),
        ] {
            let sent = headers(&[("accept-encoding", accepts)]);
            let mut reply = Reply::own(StatusCode::OK, "", text);
            compress(&facts("/", &sent), &mut reply);
            assert_eq!(reply.headers.contains_key("content-encoding"), packed, "{accepts} {text}");
            assert_eq!(reply.body.starts_with(&[0x1f, 0x8b]), packed);
        }
    }
}
