//! A BIND server whose zone takes updates that are signed with a key.

use crate::Server;

/// Starts it with the zone `shop.test`: these lines beside its head. `key` is its secret in base64.
#[must_use]
pub fn bind(key: &str, lines: &str) -> Server {
    Server::start("named", "bind9", |folder, dns, _| {
        let conf = format!(
            "key \"lab\" {{ algorithm hmac-sha256; secret \"{key}\"; }};\n\
             options {{ directory \"{0}\"; pid-file \"{0}/named.pid\"; session-keyfile \"{0}/session.key\"; listen-on port {1} {{ {2}; }}; listen-on-v6 {{ none; }}; recursion no; minimal-responses yes; }};\n\
             controls {{ }};\n\
             zone \"shop.test\" {{ type master; file \"{0}/shop.test.zone\"; allow-update {{ key lab; }}; }};\n",
            folder.display(),
            dns.port(),
            dns.ip(),
        );
        std::fs::write(folder.join("named.conf"), conf).unwrap();
        std::fs::write(folder.join("shop.test.zone"), head() + lines).unwrap();
        vec![
            "-g".to_owned(),
            "-n".to_owned(),
            "1".to_owned(),
            "-c".to_owned(),
            folder.join("named.conf").display().to_string(),
        ]
    })
}

/// Head of the zone.
pub(crate) fn head() -> String {
    "$ORIGIN shop.test.\n$TTL 60\n@ 3600 SOA ns1 host 1 3600 600 86400 5\n@ NS ns1\nns1 A 127.0.0.1\n"
        .to_owned()
}
