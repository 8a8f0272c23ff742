//! The edge over real sockets: what a handler gets, and what arrives of what it gives.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Sends a text over one connection and gives all that comes back until it is closed.
async fn exchange(server: &Server, text: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is a way of closing, too.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn server() -> Server {
    let handler: Handler = Arc::new(|wire: Wire| {
        Box::pin(async move {
            if wire.path == "/drop" {
                return None;
            }
            let said = format!("{} {} {} {}", wire.method, wire.path, wire.query, wire.body.len());
            let mut plain = Plain::text(200, said);
            plain.headers.push(("x-acs-retry-after", "70".to_owned()));
            Some(plain)
        })
    });
    Server::start(0, handler).await.unwrap()
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let server = server().await;
    let head =
        "POST /v1/a%2Fb?x=1+2&y= HTTP/1.1\r\nhost: lab\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc";
    let answer = exchange(&server, head).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("x-acs-retry-after: 70"), "{answer}");
    assert!(answer.ends_with("POST /v1/a%2Fb x=1+2&y= 3"), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_dropped_reply_closes_the_connection_without_a_byte() {
    let server = server().await;
    assert_eq!(exchange(&server, "GET /drop HTTP/1.1\r\nhost: lab\r\n\r\n").await, "");
    server.shutdown().await;
}

#[tokio::test]
async fn after_shutdown_nothing_listens() {
    let server = server().await;
    let address = server.address;
    let idle = TcpStream::connect(address).await.unwrap();
    server.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let server = server().await;
    let head = format!("POST / HTTP/1.1\r\nhost: lab\r\ncontent-length: {}\r\n\r\n", LONGEST_BODY + 1);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..9 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    let read = stream.read(&mut answer).await.unwrap_or_default();
    assert!(read == 0 || &answer == b"HTTP/1.1 413", "{:?}", String::from_utf8_lossy(&answer));
    server.shutdown().await;
}
