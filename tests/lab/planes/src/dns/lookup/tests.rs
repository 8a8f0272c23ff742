//! Questions to a small account, each with the answer it must get.

use super::*;

fn record(id: &str, rr: &str, kind: RecordType, value: &str, weight: u32) -> Record {
    Record {
        id: id.to_owned(),
        rr: rr.to_owned(),
        kind,
        value: value.to_owned(),
        ttl: 300,
        line: "default".to_owned(),
        enabled: true,
        locked: false,
        weight,
    }
}

fn account() -> (Zones, BTreeMap<String, Vec<IpAddr>>) {
    use RecordType::{A, Cname, Txt};
    let mut zone = Zone::default();
    for record in [
        record("1", "@", A, "127.0.0.1", 1),
        record("2", "www", A, "127.0.0.2", 1),
        record("3", "www", A, "127.0.0.3", 1),
        record("4", "w", A, "127.0.0.4", 99),
        record("5", "w", A, "127.0.0.5", 1),
        record("6", "w", A, "127.0.0.6", 0),
        record("7", "alias", Cname, "www.Example.com.", 1),
        record("8", "nlb", Cname, "nlb-1.aliyuncs.com", 1),
        record("9", "far", Cname, "somewhere.else.org", 1),
        record("10", "loop", Cname, "loop.example.com", 1),
        record("11", "*", A, "127.0.0.9", 1),
        record("12", "*.sub", Txt, "hello", 1),
        record("13", "deep.below", A, "127.0.0.7", 1),
        record("14", "gone", Cname, "no.such.sub.example.net", 1),
        record("15", "zero", A, "127.0.0.8", 0),
        Record { enabled: false, ..record("16", "off", A, "127.0.0.10", 1) },
        Record { line: "telecom".to_owned(), ..record("17", "www", A, "127.0.0.11", 1) },
    ] {
        zone.records.insert(record.id.clone(), record);
    }
    for (rr, on) in [("w", true), ("zero", true), ("www", false)] {
        zone.weighted.insert((rr.to_owned(), A, "default".to_owned()), on);
    }
    let mut zones = Zones::default();
    zones.zones.insert("example.com".to_owned(), zone);
    zones.zones.insert("example.net".to_owned(), Zone::default());
    let hosts = BTreeMap::from([(
        "nlb-1.aliyuncs.com".to_owned(),
        vec![IpAddr::from([127, 1, 1, 1]), IpAddr::from([127, 1, 1, 2])],
    )]);
    (zones, hosts)
}

fn ask(name: &str, asked: Asked, roll: u64) -> Outcome {
    let (zones, hosts) = account();
    let draw = move |bound: u64| roll % bound;
    Lookup { zones: &zones, hosts: &hosts, draw: &draw }.answer(name, asked)
}

/// The answer as short text: values in order, then what the authority section is about.
fn short(outcome: &Outcome) -> String {
    let values = |found: &[Found]| {
        found.iter().map(|f| format!("{}={}", f.name, f.value)).collect::<Vec<_>>().join(" ")
    };
    match outcome {
        Outcome::Refused => "refused".to_owned(),
        Outcome::Soa(zone) => format!("soa {zone}"),
        Outcome::NoName { found, soa } => format!("{} no name in {soa}", values(found)).trim().to_owned(),
        Outcome::Records { found, soa: None } => values(found),
        Outcome::Records { found, soa: Some(zone) } => {
            format!("{} no data in {zone}", values(found)).trim().to_owned()
        }
    }
}

#[test]
fn questions_get_their_answers() {
    let a = Asked::One(RecordType::A);
    let aaaa = Asked::One(RecordType::Aaaa);
    let cname = Asked::One(RecordType::Cname);
    for (name, asked, roll, wanted) in [
        ("example.com", a, 0, "example.com=127.0.0.1"),
        ("example.com", Asked::Soa, 0, "soa example.com"),
        ("www.example.com", Asked::Soa, 0, "no data in example.com"),
        ("example.com", aaaa, 0, "no data in example.com"),
        ("www.example.com", a, 0, "www.example.com=127.0.0.2 www.example.com=127.0.0.3"),
        ("www.example.com", a, 1, "www.example.com=127.0.0.3 www.example.com=127.0.0.2"),
        ("w.example.com", a, 0, "w.example.com=127.0.0.4"),
        ("w.example.com", a, 98, "w.example.com=127.0.0.4"),
        ("w.example.com", a, 99, "w.example.com=127.0.0.5"),
        ("zero.example.com", a, 0, "no data in example.com"),
        (
            "alias.example.com",
            a,
            0,
            "alias.example.com=www.Example.com. www.example.com=127.0.0.2 www.example.com=127.0.0.3",
        ),
        ("alias.example.com", cname, 0, "alias.example.com=www.Example.com."),
        (
            "nlb.example.com",
            a,
            1,
            "nlb.example.com=nlb-1.aliyuncs.com nlb-1.aliyuncs.com=127.1.1.2 nlb-1.aliyuncs.com=127.1.1.1",
        ),
        ("nlb.example.com", aaaa, 0, "nlb.example.com=nlb-1.aliyuncs.com no data in aliyuncs.com"),
        ("nlb-1.aliyuncs.com", a, 0, "nlb-1.aliyuncs.com=127.1.1.1 nlb-1.aliyuncs.com=127.1.1.2"),
        ("nlb-2.aliyuncs.com", a, 0, "refused"),
        ("far.example.com", a, 0, "far.example.com=somewhere.else.org"),
        ("gone.example.com", a, 0, "gone.example.com=no.such.sub.example.net no name in example.net"),
        ("any.example.com", a, 0, "any.example.com=127.0.0.9"),
        ("a.b.c.example.com", a, 0, "a.b.c.example.com=127.0.0.9"),
        ("off.example.com", a, 0, "off.example.com=127.0.0.9"),
        ("x.sub.example.com", a, 0, "no data in example.com"),
        ("x.sub.example.com", Asked::One(RecordType::Txt), 0, "x.sub.example.com=hello"),
        ("below.example.com", a, 0, "no data in example.com"),
        ("other.below.example.com", a, 0, "no name in example.com"),
        (
            "example.com",
            Asked::One(RecordType::Ns),
            0,
            "example.com=ns1.alidns.com example.com=ns2.alidns.com",
        ),
        ("www.example.com", Asked::Other, 0, "no data in example.com"),
        ("www.example.net", a, 0, "no name in example.net"),
        ("example.org", a, 0, "refused"),
        ("com", a, 0, "refused"),
    ] {
        assert_eq!(short(&ask(name, asked, roll)), wanted, "{name} {asked:?} {roll}");
    }
}

#[test]
fn a_loop_of_aliases_ends() {
    let Outcome::Records { found, soa: None } = ask("loop.example.com", Asked::One(RecordType::A), 0) else {
        panic!("records expected");
    };
    assert_eq!(found.len(), HOPS);
}
