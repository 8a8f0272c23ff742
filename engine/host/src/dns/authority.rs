//! Finds the authoritative servers of a name: the NS records of the closest zone around it, by way of the
//! system's resolver, and the addresses of those servers.

use std::net::{IpAddr, SocketAddr};

use hickory_proto::rr::{Name, RData, RecordType};

use super::Resolver;
use super::message::plain;

/// Servers of a zone that are looked up; more bring no further certainty.
const ENOUGH: usize = 6;

/// Addresses of the name's authoritative servers.
pub(super) async fn servers(resolver: &Resolver<'_>, name: &Name) -> Result<Vec<SocketAddr>, String> {
    let recursive = system(resolver).await?;
    let mut zone = name.clone();
    while !zone.is_root() {
        let names = name_servers(resolver, &recursive, &zone).await?;
        if !names.is_empty() {
            return addresses(resolver, &recursive, &zone, &names).await;
        }
        zone = zone.base_name();
    }
    Err("no zone around the name has name servers".to_owned())
}

async fn name_servers(
    resolver: &Resolver<'_>,
    recursive: &[SocketAddr],
    zone: &Name,
) -> Result<Vec<Name>, String> {
    let records = lookup(resolver, recursive, zone, RecordType::NS).await?;
    // Only records of the zone itself: a CNAME leads to another zone's servers.
    Ok(records
        .into_iter()
        .filter(|(owner, _)| owner == zone)
        .filter_map(|(_, data)| match data {
            RData::NS(server) => Some(server.0),
            _ => None,
        })
        .take(ENOUGH)
        .collect())
}

async fn addresses(
    resolver: &Resolver<'_>,
    recursive: &[SocketAddr],
    zone: &Name,
    names: &[Name],
) -> Result<Vec<SocketAddr>, String> {
    let mut found = Vec::new();
    for name in names {
        for (_, data) in lookup(resolver, recursive, name, RecordType::A).await.unwrap_or_default() {
            if let RData::A(address) = data {
                found.push(SocketAddr::new(IpAddr::V4(address.0), 53));
            }
        }
    }
    if found.is_empty() {
        let names: Vec<_> = names.iter().map(plain).collect();
        return Err(format!("the name servers of {} have no address: {}", plain(zone), names.join(", ")));
    }
    Ok(found)
}

/// The answer of the first system resolver that gives one.
async fn lookup(
    resolver: &Resolver<'_>,
    recursive: &[SocketAddr],
    name: &Name,
    kind: RecordType,
) -> Result<Vec<(Name, RData)>, String> {
    let mut causes = Vec::new();
    for server in recursive {
        match resolver.exchange(*server, name, kind, true).await {
            Ok(message) => {
                return Ok(message.answers.into_iter().map(|record| (record.name, record.data)).collect());
            }
            Err(cause) => causes.push(cause),
        }
    }
    Err(format!("the system's resolver does not answer ({})", causes.join("; ")))
}

async fn system(resolver: &Resolver<'_>) -> Result<Vec<SocketAddr>, String> {
    let path = resolver.resolv_conf.display();
    let text =
        tokio::fs::read_to_string(resolver.resolv_conf).await.map_err(|error| format!("{path}: {error}"))?;
    let servers = of_resolv_conf(&text);
    if servers.is_empty() { Err(format!("{path} names no resolver")) } else { Ok(servers) }
}

fn of_resolv_conf(text: &str) -> Vec<SocketAddr> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = (words.next() == Some("nameserver")).then(|| words.next()).flatten()?;
            let bare = || address.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)).ok();
            address.parse().ok().or_else(bare)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::of_resolv_conf;

    #[test]
    fn resolvers_of_the_system() {
        let text = "# nameserver 9.9.9.9\nsearch x\nnameserver 10.0.0.1\noptions y\nnameserver\t::1 # local\nnameserver nonsense\n";
        let found: Vec<_> = of_resolv_conf(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.0.0.1:53", "[::1]:53"]);
    }
}
