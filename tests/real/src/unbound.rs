//! A caching resolver between clients and a name server.

use std::net::SocketAddr;

use crate::Server;

/// Starts it before a server of `shop.test`. Without a cache every question goes on to the server.
#[must_use]
pub fn unbound(server: SocketAddr, cache: bool) -> Server {
    Server::start("unbound", "unbound", |folder, dns, _| {
        let conf = format!(
            "server:\n  interface: {0}\n  port: {1}\n  do-daemonize: no\n  username: \"\"\n  chroot: \"\"\n  directory: \"{2}\"\n  pidfile: \"\"\n  use-syslog: no\n  \
             do-not-query-localhost: no\n  module-config: \"iterator\"\n  local-zone: \"test.\" nodefault\n  num-threads: 1\n\
             remote-control:\n  control-enable: no\n\
             forward-zone:\n  name: \"shop.test.\"\n  forward-addr: {3}@{4}\n  forward-no-cache: {5}\n",
            dns.ip(),
            dns.port(),
            folder.display(),
            server.ip(),
            server.port(),
            if cache { "no" } else { "yes" },
        );
        std::fs::write(folder.join("unbound.conf"), conf).unwrap();
        vec!["-d".to_owned(), "-c".to_owned(), folder.join("unbound.conf").display().to_string()]
    })
}
