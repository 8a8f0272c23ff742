//! `gateshift lab up` in a process of its own, which ends with its owner.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::{Ask, Cloud, Desk, Response, Running, Tls, ask, resolve, wait_for};

/// A lab that is up.
#[derive(Debug)]
pub struct Lab {
    process: Running,
    desk: Desk,
    /// What it printed when it was up.
    pub endpoints: Value,
    /// How the gateways are asked over TLS.
    pub tls: Tls,
}

/// What the load client of a lab counted.
#[derive(Debug, Clone)]
pub struct Load {
    /// Requests sent.
    pub sent: u64,
    /// Requests without a good answer.
    pub failed: u64,
    /// Answers by address.
    pub by_address: BTreeMap<String, u64>,
    /// The whole report.
    pub report: Value,
}

impl Lab {
    /// Starts one with these options and waits until it serves.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn up(options: &[&str]) -> Self {
        let desk = Desk::new();
        let arguments = [&["lab", "up", "--until-stdin-closes"], options].concat();
        let mut process = desk.start(&arguments);
        let line = wait_for("the lab to come up", Duration::from_secs(60), || {
            assert!(!process.has_ended(), "the lab ended: {}", process.stderr());
            let said = process.stdout();
            said.split_once('\n').map(|(line, _)| line.to_owned())
        });
        let endpoints: Value = serde_json::from_str(&line).unwrap();
        let tls = Tls::trusting(endpoints["ca_pem"].as_str().unwrap());
        Self { process, desk, endpoints, tls }
    }

    /// A text of the endpoints.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.endpoints[name].as_str().unwrap()
    }

    /// The folder of the lab's process, for files of its own.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Asks the lab's own control.
    ///
    /// # Panics
    /// When it refuses.
    pub fn admin(&self, method: &str, target: &str, body: &str) -> Value {
        let address = self.text("admin").trim_start_matches("http://").parse().unwrap();
        let answer =
            ask(address, None, &Ask { body: body.as_bytes(), ..Ask::new(method, "lab", target) }).unwrap();
        let said = answer.text();
        assert_eq!(answer.status, 200, "the lab refused {method} {target}: {said}");
        serde_json::from_str(&said).unwrap()
    }

    /// Target account and DNS by content.
    #[must_use]
    pub fn state(&self) -> Value {
        self.admin("GET", "/state", "")
    }

    /// Calls, objects created, answers of the name server.
    #[must_use]
    pub fn stats(&self) -> Value {
        self.admin("GET", "/stats", "")
    }

    /// Objects created by kind, deleted ones included.
    #[must_use]
    pub fn created(&self) -> Value {
        self.stats()["created"].clone()
    }

    /// The products, called with the lab's own key.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        Cloud::of(&self.endpoints)
    }

    /// Addresses that the name server gives for a host.
    #[must_use]
    pub fn resolve(&self, host: &str) -> Vec<std::net::IpAddr> {
        resolve(self.text("dns").parse().unwrap(), host)
    }

    /// Asks a gateway at an address.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn ask(
        &self,
        gateway: std::net::IpAddr,
        https: bool,
        request: &Ask<'_>,
    ) -> std::io::Result<Response> {
        let port = self.endpoints["connect"][if https { "443" } else { "80" }].as_u64().unwrap();
        let address = SocketAddr::new(gateway, u16::try_from(port).unwrap());
        ask(address, https.then_some(&self.tls), request)
    }

    /// Requests that a gateway has counted.
    ///
    /// # Panics
    /// When the metrics do not answer.
    #[must_use]
    pub fn counted(&self, gateway: &str) -> f64 {
        let url = self.endpoints["endpoints"]["prometheus"].as_str().unwrap();
        let address = url.trim_start_matches("http://").parse().unwrap();
        let expression = format!("envoy_http_downstream_rq_total%7Bgateway_id%3D%22{gateway}%22%7D");
        let target = format!("/api/v1/query?query={expression}");
        let answer = ask(address, None, &Ask::new("GET", "metrics", &target)).unwrap();
        let value: Value = serde_json::from_str(&answer.text()).unwrap();
        let samples = value["data"]["result"].as_array().unwrap();
        samples.first().map_or(0.0, |sample| sample["value"][1].as_str().unwrap().parse().unwrap())
    }

    /// Gateways that run beside the source.
    #[must_use]
    pub fn target_gateways(&self) -> Vec<String> {
        let all = self.admin("GET", "/planes", "");
        let ids = all.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
        ids.filter(|id| id != self.text("gateway")).collect()
    }

    /// Stops it. What its load client counted, if it had one.
    ///
    /// # Panics
    /// When it does not stop.
    #[must_use]
    pub fn stop(mut self) -> Option<Load> {
        self.process.close_stdin();
        let ended = self.process.wait(Duration::from_secs(60)).expect(0);
        let report: Value = serde_json::from_str(ended.stdout.lines().nth(1)?).unwrap();
        let count = |name: &str| report[name].as_u64().unwrap();
        let by_address = report["by_address"].as_object().unwrap().iter();
        Some(Load {
            sent: count("sent"),
            failed: count("failed"),
            by_address: by_address
                .map(|(address, count)| (address.clone(), count.as_u64().unwrap()))
                .collect(),
            report,
        })
    }
}
