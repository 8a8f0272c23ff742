//! A world that refuses: nothing answers, the key is wrong, what was named does not exist. One clear
//! error with a code and what to do, and nothing is lost.

use std::net::TcpListener;
use std::time::Duration;

use gateshift_scenarios::{Desk, Finished, Lab, status};
use serde_json::{Value, json};

/// A workflow that only assesses, giving up soon.
const ASSESS: &str = "apiVersion: gateshift/v1
name: look
inputs:
  gateway: { type: string, required: true }
connections:
  source: { uses: aliyun/mse, with: { region: cn-hangzhou } }
steps:
  assess:
    uses: assess
    with: { gateway: \"${{ inputs.gateway }}\", allowEdited: true }
    retry: { attempts: 2, backoff: fixed, initial: 100ms }
";

fn lab() -> Lab {
    Lab::up(&["--routes", "30", "--speed", "200"])
}

/// Runs the workflow against these endpoints.
fn run(desk: &Desk, text: &str, endpoints: &Value, gateway: &str) -> Finished {
    let workflow = desk.write("look.yaml", text).display().to_string();
    let endpoints = desk.endpoints(endpoints).display().to_string();
    let gateway = format!("gateway={gateway}");
    desk.start(&["run", &workflow, "--endpoints", &endpoints, "--set", &gateway])
        .wait(Duration::from_secs(90))
}

/// The error that the journal keeps of a step, which is also what was printed.
fn error_of(desk: &Desk, ended: &Finished, step: &str) -> Value {
    let status = status(desk).unwrap();
    let found = status["steps"].as_array().unwrap().iter().find(|found| found["name"] == step).unwrap();
    let error = found["error"].clone();
    let code = error["code"].as_str().unwrap_or_else(|| panic!("no error in {status:#}"));
    assert!(ended.all().contains(code), "the code was printed: {}", ended.all());
    assert!(error["hint"].as_str().is_some_and(|hint| hint.len() > 10), "it says what to do: {error:#}");
    error
}

#[test]
fn an_endpoint_that_nobody_listens_at() {
    let lab = lab();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut endpoints = lab.endpoints.clone();
    endpoints["endpoints"]["aliyun/mse"] = json!(format!("http://{closed}"));
    let desk = Desk::new();
    let ended = run(&desk, ASSESS, &endpoints, lab.text("gateway")).expect(1);
    let error = error_of(&desk, &ended, "assess");
    assert_eq!(error["code"], "GS-UNREACHABLE", "{error:#}");
    assert!(
        error["message"].as_str().unwrap().contains(&closed.to_string()),
        "it says which endpoint: {error:#}"
    );
    // The network is back: the same run goes on.
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let _ = desk.start(&["resume", "--endpoints", &endpoints]).wait(Duration::from_secs(60)).expect(0);
}

#[test]
fn a_key_that_is_wrong() {
    let lab = lab();
    let desk = Desk::new();
    let mut endpoints = lab.endpoints.clone();
    endpoints["access_key_secret"] = json!("planted-and-wrong-secret-0123456789");
    let ended = run(&desk, ASSESS, &endpoints, lab.text("gateway")).expect(1);
    let error = error_of(&desk, &ended, "assess");
    assert_eq!(error["code"], "GS-DENIED", "{error:#}");
    assert!(!ended.all().contains("planted-and-wrong"), "the key is not repeated");
    endpoints["access_key_id"] = json!("LTAInobody");
    let other = Desk::new();
    let ended = run(&other, ASSESS, &endpoints, lab.text("gateway")).expect(1);
    assert_eq!(error_of(&other, &ended, "assess")["code"], "GS-DENIED");
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let _ = desk.start(&["resume", "--endpoints", &endpoints]).wait(Duration::from_secs(60)).expect(0);
}

#[test]
fn a_gateway_that_does_not_exist() {
    let lab = lab();
    let desk = Desk::new();
    let ended = run(&desk, ASSESS, &lab.endpoints, "gw-00000000000000000000000000000000").expect(1);
    let error = error_of(&desk, &ended, "assess");
    assert!(error["message"].as_str().unwrap().contains("gw-0000"), "it names the gateway: {error:#}");
    let code = error["code"].as_str().unwrap();
    assert!(["GS-GATEWAY-ID", "GS-SOURCE-UNKNOWN"].contains(&code), "{error:#}");
    assert_eq!(status(&desk).unwrap()["steps"][0]["attempts"], 1, "asking again would not help");
}

#[test]
fn a_vpc_that_is_not_the_source_s() {
    let workflow = ASSESS.replace("connections:\n", "connections:\n  target: { uses: aliyun/apig, with: { region: cn-hangzhou } }\n  network: { uses: aliyun/vpc, with: { region: cn-hangzhou } }\n")
        + "  instance: { uses: instance, needs: [assess], with: { vpc: vpc-somewhere-else } }\n";
    let lab = lab();
    let desk = Desk::new();
    let ended = run(&desk, &workflow, &lab.endpoints, lab.text("gateway")).expect(3);
    assert!(ended.stdout.contains("INS-VPC-DIFFERS"), "{}", ended.stdout);
    assert!(ended.stdout.contains("vpc-somewhere-else"), "{}", ended.stdout);
    assert_eq!(lab.state()["apig"]["gateways"], json!([]), "nothing was made");
}

/// The VPC of the source is not among those of the account any more.
#[test]
fn a_source_in_a_vpc_that_the_account_does_not_have() {
    let scenario = "network:
  vpcs: [{ id: vpc-ours }]
  vswitches: [{ id: vsw-ours, zone: cn-hangzhou-h }]
gateway: { name: far, vpc: vpc-theirs, vswitches: [vsw-theirs] }
domains: [{ name: a.example.com }]
routes: [{ name: a, domains: [a.example.com], path: /, mock: { status: 200, body: a } }]
";
    let folder = Desk::new();
    let file = folder.write("far.yaml", scenario).display().to_string();
    let refused = folder.start(&["lab", "up", "--scenario", &file, "--until-stdin-closes"]);
    // The lab itself may refuse such an account; then the setting above is the only way to get there.
    std::thread::sleep(Duration::from_millis(700));
    if refused.stdout().is_empty() {
        let ended = refused.wait(Duration::from_secs(10)).expect(1);
        assert!(ended.stderr.contains("vpc-theirs"), "{}", ended.stderr);
        return;
    }
    drop(refused);
    let workflow = ASSESS.replace("connections:\n", "connections:\n  target: { uses: aliyun/apig, with: { region: cn-hangzhou } }\n  network: { uses: aliyun/vpc, with: { region: cn-hangzhou } }\n")
        + "  instance: { uses: instance, needs: [assess] }\n";
    let lab = Lab::up(&["--scenario", &file, "--speed", "200"]);
    let desk = Desk::new();
    let ended = run(&desk, &workflow, &lab.endpoints, lab.text("gateway")).expect(3);
    assert!(ended.stdout.contains("INS-VPC-UNKNOWN"), "{}", ended.stdout);
    assert_eq!(lab.state()["apig"]["gateways"], json!([]), "nothing was made");
}

#[test]
fn edited_routes_block_unless_accepted() {
    let lab = lab();
    let desk = Desk::new();
    let ended =
        run(&desk, &ASSESS.replace(", allowEdited: true", ""), &lab.endpoints, lab.text("gateway")).expect(3);
    assert!(
        ended.stdout.contains("RTE-EDITING") && ended.stdout.contains("-> publish it"),
        "{}",
        ended.stdout
    );
    assert_eq!(status(&desk).unwrap()["status"], "blocked");
}

#[test]
fn endpoints_that_cannot_be_used() {
    let workflow = ASSESS;
    for (text, word) in [
        ("{\"endpont\":", "EOF"),
        ("[]", ""),
        ("{\"endpoints\": 7}", ""),
        ("{\"endpoints\": {\"aliyun/mse\": \"no url\"}}", "no url"),
        ("{\"endpoints\": {}, \"speed\": -1}", "-1"),
        ("{\"endpont\": {}}", "names no `endpoints`"),
    ] {
        let desk = Desk::new();
        desk.write("look.yaml", workflow);
        desk.write("endpoints.json", text);
        let ended = desk
            .run(&[
                "run",
                "look.yaml",
                "--set",
                "gateway=gw-00000000000000000000000000000000",
                "--endpoints",
                "endpoints.json",
            ])
            .expect(1);
        assert!(
            ended.stderr.contains("error[GS-") && ended.stderr.contains("hint:"),
            "{text}: {}",
            ended.stderr
        );
        assert!(ended.stderr.contains(word), "{text}: {}", ended.stderr);
    }
    let desk = Desk::new();
    desk.write("look.yaml", workflow);
    let ended =
        desk.run(&["run", "look.yaml", "--set", "gateway=gw-1", "--endpoints", "none.json"]).expect(1);
    assert!(
        ended.stderr.contains("error[GS-OVERRIDES]") && ended.stderr.contains("none.json"),
        "{}",
        ended.stderr
    );
    assert!(!desk.path("journal.db").exists(), "nothing was made");
}
