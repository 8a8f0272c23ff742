//! A PowerDNS server with its HTTP API, and the few requests a person would send it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Server;

/// Where the package keeps the tables of its database.
const TABLES: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/// The server and its API.
#[derive(Debug)]
pub struct PowerDns {
    server: Server,
}

impl PowerDns {
    /// The API's key.
    pub const KEY: &str = "a-key-of-the-test-server";

    /// Starts it, with scripts switched on or off.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(scripts: bool) -> Self {
        let server = Server::start(
            "pdns_server",
            "pdns-server pdns-backend-sqlite3 sqlite3",
            |folder, dns, api| {
                let conf = format!(
                    "launch=gsqlite3\ngsqlite3-database={0}/zones.sqlite3\ngsqlite3-pragma-synchronous=0\nlocal-address={1}\nlocal-port={2}\nsocket-dir={0}\n\
                 enable-lua-records={3}\napi=yes\napi-key={4}\nwebserver=yes\nwebserver-address={5}\nwebserver-port={6}\nwebserver-allow-from=127.0.0.1\n\
                 daemon=no\nguardian=no\nreceiver-threads=1\ndistributor-threads=1\n",
                    folder.display(),
                    dns.ip(),
                    dns.port(),
                    if scripts { "yes" } else { "no" },
                    Self::KEY,
                    api.ip(),
                    api.port(),
                );
                std::fs::write(folder.join("pdns.conf"), conf).unwrap();
                tables(folder);
                vec![format!("--config-dir={}", folder.display())]
            },
        );
        let made = Self { server };
        let began = Instant::now();
        while TcpStream::connect(made.api()).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "the API does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        made
    }

    /// Where it answers questions.
    #[must_use]
    pub fn dns(&self) -> SocketAddr {
        self.server.dns
    }

    /// Where its API listens.
    #[must_use]
    pub fn api(&self) -> SocketAddr {
        self.server.second
    }

    /// Makes the zone `shop.test` with these sets beside its name server: name, type, TTL, contents.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn zone(&self, sets: &[(&str, &str, u32, &[&str])]) {
        let own = [("ns1.shop.test.", "A", 60, &["127.0.0.1"][..])];
        let sets: Vec<Value> = own.iter().chain(sets).map(rrset).collect();
        let body = json!({"name": "shop.test.", "kind": "Native", "nameservers": ["ns1.shop.test."], "rrsets": sets});
        let (status, answer) = self.request("POST", "/zones", Some(&body));
        assert_eq!(status, 201, "{answer}");
    }

    /// Puts a set in place, as somebody else would.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn put(&self, set: &(&str, &str, u32, &[&str])) {
        let mut change = rrset(set);
        change["changetype"] = json!("REPLACE");
        let (status, answer) = self.request("PATCH", "/zones/shop.test.", Some(&json!({"rrsets": [change]})));
        assert_eq!(status, 204, "{answer}");
    }

    /// Takes a set away, as somebody else would.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn take(&self, name: &str, kind: &str) {
        let change = json!({"rrsets": [{"name": name, "type": kind, "changetype": "DELETE"}]});
        let (status, answer) = self.request("PATCH", "/zones/shop.test.", Some(&change));
        assert_eq!(status, 204, "{answer}");
    }

    /// Every set of the zone but its own head, `name type ttl content`, sorted.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn sets(&self) -> Vec<String> {
        let (status, zone) = self.request("GET", "/zones/shop.test.", None);
        assert_eq!(status, 200, "{zone}");
        let mut lines = Vec::new();
        for set in zone["rrsets"].as_array().unwrap().iter().filter(|set| set["type"] != "SOA") {
            for record in set["records"].as_array().unwrap() {
                let off = if record["disabled"] == json!(true) { " off" } else { "" };
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                lines.push(format!(
                    "{} {} {} {}{off}",
                    text(&set["name"]),
                    text(&set["type"]),
                    set["ttl"],
                    text(&record["content"])
                ));
            }
        }
        lines.sort();
        lines
    }

    /// One request to the API.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} /api/v1/servers/localhost{path} HTTP/1.0\r\nHost: {}\r\nX-API-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.api(),
            Self::KEY,
            body.len()
        );
        let mut stream = TcpStream::connect(self.api()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
    }
}

fn rrset((name, kind, ttl, contents): &(&str, &str, u32, &[&str])) -> Value {
    let records: Vec<Value> =
        contents.iter().map(|content| json!({"content": content, "disabled": false})).collect();
    json!({"name": name, "type": kind, "ttl": ttl, "records": records})
}

fn tables(folder: &Path) {
    let tables = std::fs::File::open(TABLES)
        .unwrap_or_else(|error| panic!("{TABLES}: {error}: `apt-get install pdns-backend-sqlite3`"));
    let made = Command::new("sqlite3")
        .arg(folder.join("zones.sqlite3"))
        .stdin(Stdio::from(tables))
        .status()
        .unwrap_or_else(|error| panic!("sqlite3: {error}: `apt-get install sqlite3`"));
    assert!(made.success());
}
