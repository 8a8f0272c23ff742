//! The default expressions against a real Prometheus that scrapes counters of the products' form: what it
//! answers for traffic, for a restart of the gateway, for a gateway it does not know, and for one that is gone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gateshift_sdk::api::{MetricSample, ServiceFailure};
use gateshift_sdk::model::Timestamp;
use gateshift_sdk::testing::{ScriptedHost, ok};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::counts;
use crate::facts::Facts;
use crate::gate;

/// Requests so far of the source; the target has a tenth of them, and a tenth of those fail.
#[derive(Default)]
struct Gateways {
    requests: AtomicU64,
    is_gone: AtomicBool,
}

impl Gateways {
    fn text(&self) -> String {
        let all = self.requests.load(Ordering::Relaxed);
        let of = |gateway: &str, requests: u64, failed: u64| {
            let mut text = format!("envoy_http_downstream_rq_total{{gateway_id=\"{gateway}\"}} {requests}\n");
            for (class, count) in [("2xx", requests - failed), ("4xx", 0), ("5xx", failed)] {
                text += &format!(
                    "envoy_http_downstream_rq{{gateway_id=\"{gateway}\",response_code_class=\"{class}\"}} {count}\n"
                );
            }
            for (le, count) in
                [("5", requests / 4), ("10", requests * 3 / 4), ("50", requests), ("+Inf", requests)]
            {
                text += &format!(
                    "envoy_http_downstream_rq_time_bucket{{gateway_id=\"{gateway}\",le=\"{le}\"}} {count}\n"
                );
            }
            text
        };
        of("gw-old", all, 0) + &of("gw-new", all / 10, all / 100)
    }

    /// Serves the counters and lets them grow until the test is over.
    fn serve(self: Arc<Self>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let growing = Arc::clone(&self);
        std::thread::spawn(move || {
            while !growing.is_gone.load(Ordering::Relaxed) {
                growing.requests.fetch_add(200, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if self.is_gone.load(Ordering::Relaxed) {
                    return;
                }
                let _ = answer(stream, &self.text());
            }
        });
        address
    }
}

fn answer(mut stream: TcpStream, text: &str) -> std::io::Result<()> {
    let _ = stream.read(&mut [0; 4096])?;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}

/// A server that ends with its test.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    fn scraping(target: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 900ms}}\nscrape_configs:\n- {{job_name: gateways, static_configs: [{{targets: [\"{target}\"]}}]}}\n"
        );
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("this test needs the program `prometheus` (Debian package prometheus, which tests/run.sh installs): {error}")
            });
        let found = Self { child, address, _folder: folder };
        let began = Instant::now();
        while found.query("vector(1)").is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "Prometheus does not come up");
            std::thread::sleep(Duration::from_millis(100));
        }
        found
    }

    fn query(&self, expression: &str) -> std::io::Result<Value> {
        let encoded: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let mut stream = TcpStream::connect(self.address)?;
        write!(stream, "GET /api/v1/query?query={encoded} HTTP/1.0\r\nhost: prometheus\r\n\r\n")?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Ok(serde_json::from_str(body)?)
    }

    fn samples(&self, expression: &str) -> Result<Vec<MetricSample>, ServiceFailure> {
        let failed = |cause: String| ServiceFailure::Failed { what: expression.to_owned(), cause };
        let body = self.query(expression).map_err(|error| failed(error.to_string()))?;
        let series = body["data"]["result"].as_array().ok_or_else(|| failed(body.to_string()))?;
        let sample = |one: &Value| MetricSample {
            labels: serde_json::from_value(one["metric"].clone()).unwrap(),
            value: one["value"][1]
                .as_str()
                .and_then(|text| text.parse::<f64>().ok())
                .filter(|one| one.is_finite()),
            at: Timestamp(0),
        };
        Ok(series.iter().map(sample).collect())
    }
}

fn facts(target: &str) -> Facts {
    serde_json::from_value(json!({
        "before": [], "phases": [], "source": "gw-old", "target": target, "requests": "", "min_requests": 1, "ttl": 60,
    }))
    .unwrap()
}

#[tokio::test]
async fn the_default_expressions_mean_what_they_should() {
    let gateways = Arc::new(Gateways::default());
    let address = Arc::clone(&gateways).serve();
    let prometheus = Prometheus::scraping(address);
    let host = ScriptedHost::new(|_| Ok(ok(json!({}))))
        .with_metrics(move |query| prometheus.samples(&query.expression));
    let expressions = gate::read(None).unwrap().health.unwrap().expressions;
    let of = async |target: &str, is_target: bool, window: u64| {
        counts(&host, &expressions, &facts(target), is_target, window).await
    };

    // Before it has scraped twice there is no increase, which is no zero.
    let early = of("gw-new", true, 1).await;
    assert!(early.as_ref().is_err_and(|reason| reason.contains("has no series")), "{early:?}");

    tokio::time::sleep(Duration::from_secs(7)).await;
    let (source, target) = (of("gw-new", false, 6).await.unwrap(), of("gw-new", true, 6).await.unwrap());
    println!("source {source:?}\ntarget {target:?}");
    assert!((4_000.0..20_000.0).contains(&source.requests), "{source:?}");
    assert!((0.07..0.13).contains(&(target.requests / source.requests)), "{target:?}");
    assert!((0.07..0.13).contains(&(target.failed / target.requests)), "{target:?}");
    assert_eq!((source.failed, source.refused, target.refused), (0.0, 0.0, 0.0));
    assert_eq!((source.quantile(0.5), target.quantile(0.95)), (Some(10.0), Some(50.0)));

    let unknown = of("gw-none", true, 6).await.unwrap_err();
    assert!(unknown.contains("has no series"), "{unknown}");

    // A gateway that was started anew counts from zero: the increase goes on, and nothing is negative.
    gateways.requests.store(0, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = of("gw-new", false, 6).await.unwrap();
    assert!(after.requests > 1_000.0 && after.failed >= 0.0, "{after:?}");

    // One that is gone has no increase any more as soon as the window is behind its last answer.
    gateways.is_gone.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let gone = of("gw-new", true, 3).await.unwrap_err();
    assert!(gone.contains("has no series"), "{gone}");
}
