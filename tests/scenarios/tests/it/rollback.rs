//! The way back: at any moment, with the driving process alive or dead, with both gateways' control
//! planes up or down, all traffic returns and no client notices.

use std::net::{IpAddr, TcpListener};
use std::time::{Duration, Instant};

use gateshift_scenarios::{Desk, Lab, Running, quickstart, records, share_of_target, status, wait_for};
use serde_json::{Value, json};

use crate::end::{End, PATIENCE, events, lab};

const SPEED: u32 = 120;
/// Seconds of the lab that the records live during a shift.
const TTL: f64 = 60.0;

/// A run on its way.
struct Way {
    lab: Lab,
    desk: Desk,
    running: Running,
    source: IpAddr,
}

impl Way {
    /// Starts a run and lets it go on until a step says that it waits for this.
    fn until(seed: u64, waits: &str) -> Self {
        let lab = lab(seed, SPEED, &[]);
        let desk = Desk::new();
        let hosts = records(&lab.state());
        let (host, _) = hosts.iter().find(|(host, _)| !host.starts_with('*')).unwrap();
        let source = lab.resolve(host)[0];
        let mut arguments = quickstart(&desk, &lab);
        arguments.extend(["--events".to_owned(), "ndjson".to_owned()]);
        let mut running = desk.start(&arguments);
        wait_for(waits, PATIENCE, || {
            assert!(!running.has_ended(), "the run ended before `{waits}`: {}", running.stderr());
            let reached =
                |event: &Value| event["reason"].as_str().is_some_and(|reason| reason.contains(waits));
            events(&running).iter().any(reached).then_some(())
        });
        Self { lab, desk, running, source }
    }

    /// Asks for the rollback from another process; that process's exit code has to be the one of it.
    fn roll_back(&self, endpoints: &Value) {
        let id = status(&self.desk).unwrap()["run"].as_str().unwrap().to_owned();
        let endpoints = self.desk.write("rollback-endpoints.json", &endpoints.to_string());
        let arguments =
            ["rollback", &id, "--reason", "a test", "--endpoints", &endpoints.display().to_string()];
        let began = Instant::now();
        let _ = self.desk.start(&arguments).wait(Duration::from_secs(60)).expect(5);
        println!("rolled back in {:?}", began.elapsed());
    }

    /// Nothing leads to the target any more, and after the caches have run out nothing arrives there.
    fn assert_quiet(&self) {
        let state = self.lab.state();
        for (host, records) in records(&state).iter().filter(|(host, _)| !host.starts_with('*')) {
            assert_eq!(share_of_target(&state, host), 0.0, "{host}: {records:#?}");
            for _ in 0..20 {
                assert_eq!(self.lab.resolve(host), [self.source], "{host}");
            }
        }
        std::thread::sleep(Duration::from_secs_f64(2.0 * TTL / f64::from(SPEED)));
        let counted = || -> f64 { self.lab.target_gateways().iter().map(|id| self.lab.counted(id)).sum() };
        let after = counted();
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(counted(), after, "requests still arrive at the target");
    }
}

fn finish(way: Way) {
    let Way { lab, desk, .. } = way;
    let end = End::of(lab, &desk);
    assert_eq!(end.status["status"], "rolled back", "{:#}", end.status);
    end.assert_served();
}

#[test]
fn while_another_process_drives_the_run() {
    for (seed, moment) in
        [(11, "ttl is in force"), (12, "stage 20% is in force"), (13, "stage 100% is in force")]
    {
        let mut way = Way::until(seed, moment);
        way.roll_back(&way.lab.endpoints);
        wait_for("the driving process to end", Duration::from_secs(20), || {
            way.running.has_ended().then_some(())
        });
        way.assert_quiet();
        let Way { lab, desk, running, .. } = way;
        let _ = running.wait(Duration::from_secs(5)).expect(5);
        let end = End::of(lab, &desk);
        assert_eq!(end.status["status"], "rolled back", "{:#}", end.status);
        end.assert_served();
    }
}

/// Endpoints of a world in which nothing but DNS answers.
fn dns_only(lab: &Lab) -> Value {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut endpoints = lab.endpoints.clone();
    for kind in ["aliyun/mse", "aliyun/apig", "aliyun/vpc", "aliyun/ecs", "prometheus"] {
        endpoints["endpoints"][kind] = json!(format!("http://{closed}"));
    }
    endpoints
}

#[test]
fn when_the_driving_process_is_dead_and_only_dns_is_left() {
    for (seed, moment, alone) in [(14, "stage 5% is in force", false), (15, "stage 50% is in force", true)] {
        let way = Way::until(seed, moment);
        let Way { lab, desk, running, source } = way;
        assert_eq!(running.kill().code, None, "it was alive");
        let mut way = Way { running: desk.start(&["status"]), lab, desk, source };
        wait_for("the status", Duration::from_secs(20), || way.running.has_ended().then_some(()));
        let endpoints = if alone { dns_only(&way.lab) } else { way.lab.endpoints.clone() };
        way.roll_back(&endpoints);
        way.assert_quiet();
        finish(way);
    }
}

#[test]
fn when_both_gateways_control_planes_refuse() {
    let mut way = Way::until(16, "stage 50% is in force");
    let down = |product: &str| json!({"product": product, "do": {"refuse": {"status": 503, "code": "ServiceUnavailable"}}});
    let script = json!({"rules": [down("mse"), down("apig"), down("vpc"), down("ecs")]});
    way.lab.admin("PUT", "/faults", &script.to_string());
    way.roll_back(&way.lab.endpoints);
    wait_for("the driving process to end", Duration::from_secs(20), || way.running.has_ended().then_some(()));
    way.assert_quiet();
    finish(way);
}

#[test]
fn after_everything_was_moved() {
    let lab = lab(17, SPEED, &[]);
    let desk = Desk::new();
    let hosts = records(&lab.state());
    let (host, _) = hosts.iter().find(|(host, _)| !host.starts_with('*')).unwrap();
    let source = lab.resolve(host)[0];
    let running = desk.start(&quickstart(&desk, &lab));
    let _ = running.wait(PATIENCE).expect(0);
    let way = Way { running: desk.start(&["status"]), lab, desk, source };
    way.roll_back(&way.lab.endpoints);
    way.assert_quiet();
    // Once more changes nothing.
    way.roll_back(&way.lab.endpoints);
    finish(way);
}
