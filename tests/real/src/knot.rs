//! A Knot server whose zone takes updates that are signed with a key.

use crate::Server;
use crate::bind::head;

/// Starts it with the zone `shop.test`: these lines beside its head. `key` is its secret in base64.
#[must_use]
pub fn knot(key: &str, lines: &str) -> Server {
    Server::start("knotd", "knot", |folder, dns, _| {
        let conf = format!(
            "server:\n    rundir: \"{0}\"\n    listen: {1}@{2}\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n\
             database:\n    storage: \"{0}/db\"\n\
             log:\n  - target: stderr\n    any: info\n\
             key:\n  - id: lab\n    algorithm: hmac-sha256\n    secret: {key}\n\
             acl:\n  - id: updates\n    key: lab\n    action: update\n\
             zone:\n  - domain: shop.test\n    storage: \"{0}\"\n    file: shop.test.zone\n    acl: updates\n",
            folder.display(),
            dns.ip(),
            dns.port(),
        );
        std::fs::create_dir(folder.join("db")).unwrap();
        std::fs::write(folder.join("knot.conf"), conf).unwrap();
        std::fs::write(folder.join("shop.test.zone"), head() + lines).unwrap();
        vec!["-c".to_owned(), folder.join("knot.conf").display().to_string()]
    })
}
