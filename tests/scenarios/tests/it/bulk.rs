//! Large gateways: what reading and planning one costs grows with the number of its routes and no faster.
//! The process is measured alone; the lab is another one. The figures and the goals that are still missed
//! stand in docs/PERFORMANCE.md.

use std::time::{Duration, Instant};

use gateshift_lab_mse::generate_dense;
use gateshift_scenarios::{Desk, Finished, Lab, Running};

/// Most memory at ten thousand routes, in KiB: reading is where it shall be, planning is above it, and must not
/// get worse.
const MOST_KIB: [(&str, f64); 2] = [("snapshot", 300.0 * 1024.0), ("plan", 450.0 * 1024.0)];
const WHOLE: usize = 10_000;
const POLICIES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(1800);

/// Reads, plans and makes; no requests are compared and no traffic is moved.
const WORKFLOW: &str = r#"
apiVersion: gateshift/v1
name: bulk
inputs:
  gateway: { type: string, required: true }
connections:
  source:  { uses: aliyun/mse,  with: { region: cn-hangzhou } }
  target:  { uses: aliyun/apig, with: { region: cn-hangzhou } }
  network: { uses: aliyun/vpc,  with: { region: cn-hangzhou } }
steps:
  assess:   { uses: assess, with: { gateway: "${{ inputs.gateway }}", allowEdited: true } }
  instance: { uses: instance, needs: [assess] }
  routes:   { uses: routes, needs: [instance] }
"#;

/// A lab with a large source, and the desk of who moves it.
struct Large {
    lab: Lab,
    desk: Desk,
}

impl Large {
    fn new(routes: usize) -> Self {
        let desk = Desk::new();
        let text = generate_dense(7, routes, POLICIES).to_yaml().unwrap();
        let scenario = desk.write("scenario.yaml", &text).display().to_string();
        // Fast time raises the pace of the connections, too.
        let lab = Lab::up(&["--scenario", &scenario, "--speed", "1000"]);
        desk.write("bulk.yaml", WORKFLOW);
        desk.endpoints(&lab.endpoints);
        Self { lab, desk }
    }

    /// Runs a command about the workflow and measures it.
    fn cost(&self, command: &str, more: &[&str], code: i32) -> Cost {
        let gateway = format!("gateway={}", self.lab.text("gateway"));
        let fixed = [command, "bulk.yaml", "--set", &gateway, "--endpoints", "endpoints.json", "--quiet"];
        Cost::of(self.desk.start(&[&fixed, more].concat()), code)
    }

    /// Keeps the answers of the source, then plans from them: what is measured is not the waiting for answers.
    fn read_and_plan(&self) -> [Cost; 2] {
        let gateway = self.lab.text("gateway");
        let snapshot =
            ["snapshot", "--gateway", gateway, "--endpoints", "endpoints.json", "-o", "snapshot.json"];
        let read = Cost::of(self.desk.start(&snapshot), 0);
        [read, self.cost("plan", &["--snapshot", "snapshot.json", "-o", "plan.json"], 2)]
    }
}

/// What a process has cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// Most memory that it had at once.
    peak_kib: f64,
    /// Time of the processor, which other processes do not lengthen.
    cpu: f64,
    /// Time that passed.
    wall: f64,
}

impl Cost {
    fn of(mut running: Running, code: i32) -> Self {
        let began = Instant::now();
        let mut cost = Self { peak_kib: 0.0, cpu: 0.0, wall: 0.0 };
        // Both only ever grow, so that the last look tells; it is some milliseconds before the end.
        while !running.has_ended() {
            let process = format!("/proc/{}", running.id());
            if let Some(peak) = peak(&process) {
                cost.peak_kib = peak;
            }
            if let Some(cpu) = cpu(&process) {
                cost.cpu = cpu;
            }
            cost.wall = began.elapsed().as_secs_f64();
            assert!(cost.wall < PATIENCE.as_secs_f64(), "it takes longer than {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let _: Finished = running.wait(PATIENCE).expect(code);
        cost
    }
}

/// The high-water mark of a process's resident memory.
fn peak(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Seconds of the processor, in user and in kernel mode.
fn cpu(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>());
    Some(ticks.sum::<Result<f64, _>>().ok()? / 100.0)
}

#[test]
fn reading_and_planning_grow_with_the_routes_and_stay_small() {
    let (small, large) = (200, 1_000);
    let [few, many] = [small, large].map(|routes| Large::new(routes).read_and_plan());
    for (((what, most), few), many) in MOST_KIB.into_iter().zip(few).zip(many) {
        println!("{what}: {few:?} for {small} routes, {many:?} for {large}");
        let (small, large, whole) = (small as f64, large as f64, WHOLE as f64);
        let each = (many.peak_kib - few.peak_kib) / (large - small);
        let then = many.peak_kib + each * (whole - large);
        assert!(then < most, "{what}: {each:.1} KiB for each route are {then:.0} KiB for {whole}");
        // A build without optimisation, a busy machine: what counts is that five times the routes do not take
        // twenty-five times as long.
        let most = few.cpu.max(0.2) * (large / small) * 2.0;
        assert!(many.cpu < most, "{what}: {} s for {small} routes, {} s for {large}", few.cpu, many.cpu);
    }
}

#[test]
#[ignore = "ten thousand routes take minutes; docs/PERFORMANCE.md says how to run it"]
fn ten_thousand_routes_with_four_policies_each() {
    let large = Large::new(WHOLE);
    let [read, plan] = large.read_and_plan();
    println!("snapshot: {read:?}\nplan: {plan:?}");
    let run = large.cost("run", &[], 0);
    println!("run: {run:?}\ncreated: {}", large.lab.created());
    for ((what, most), cost) in MOST_KIB.into_iter().zip([read, plan]) {
        assert!(cost.peak_kib < most, "{what}: {cost:?}");
    }
}
