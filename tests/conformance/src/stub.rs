//! A product that the lab does not have: it gives the same answer to an action, whatever it is asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Map, Value};

/// Starts one, which ends with the process; its address.
///
/// # Panics
/// When it cannot listen.
#[must_use]
pub(crate) fn stub(answers: Map<String, Value>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(answers);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || serve(stream, &answers));
        }
    });
    url
}

/// Reads one request and answers it by its action; a caller that goes away is nobody's concern here.
fn serve(mut stream: TcpStream, answers: &Map<String, Value>) -> Option<()> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let head = loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            break head.to_ascii_lowercase();
        }
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    let action = head.lines().find_map(|line| line.strip_prefix("x-acs-action:"))?.trim();
    let known = answers.iter().find(|(name, _)| name.eq_ignore_ascii_case(action));
    let (status, body) = match known {
        Some((_, body)) => ("200 OK", body.to_string()),
        None => ("404 Not Found", format!(r#"{{"Code":"InvalidAction.NotFound","Message":"{action}"}}"#)),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).ok()
}
