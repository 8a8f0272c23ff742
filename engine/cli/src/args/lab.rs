//! The words of the lab.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Serve the lab until it is stopped; prints endpoints, keys and ports as one line of JSON
    Up(LabUp),
    /// Play the person at the console of the target: set what no call can
    Console {
        /// What `lab up` printed
        #[arg(long, value_name = "FILE", env = "GATESHIFT_ENDPOINTS")]
        endpoints: PathBuf,
        /// Id of the gateway; the only one there is when left out
        #[arg(long, default_value = "target")]
        gateway: String,
        /// What to set
        #[command(subcommand)]
        page: ConsolePage,
    },
    /// Write the scenario that the generator makes, as a file to edit
    Scenario {
        /// Routes
        #[arg(long, default_value_t = 120)]
        routes: u32,
        /// Decides everything that is generated
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Put so many policies (1 to 7) on every route that forwards, and leave consumers, lists and plugins out
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=7))]
        policies: Option<u32>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LabUp {
    /// Routes of the generated source gateway
    #[arg(long, default_value_t = 120)]
    pub(crate) routes: u32,
    /// Decides everything that is generated
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A scenario file instead of a generated gateway
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// Lab seconds per second
    #[arg(long, default_value_t = 1.0)]
    pub(crate) speed: f64,
    /// Write every request and answer to this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Script of faults, YAML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// How the products behave where their documentation leaves it open, YAML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) behaviour: Option<PathBuf>,
    /// Send this many requests a second through DNS to the gateways while it is up
    #[arg(long, value_name = "RATE")]
    pub(crate) load: Option<f64>,
    /// Leave to you what a person does in the console; otherwise the lab does it for every new gateway
    #[arg(long)]
    pub(crate) by_hand: bool,
    /// End when standard input ends
    #[arg(long)]
    pub(crate) until_stdin_closes: bool,
}

/// A page of the console.
#[derive(Debug, Subcommand)]
pub(crate) enum ConsolePage {
    /// Tracing
    Tracing {
        /// XTRACE, SKYWALKING, OPENTELEMETRY or OTSKYWALKING
        #[arg(long, required_unless_present = "off", conflicts_with = "off")]
        kind: Option<String>,
        /// Percent of the requests
        #[arg(long, default_value_t = 100)]
        sample: u32,
        /// Service of the gateway that collects
        #[arg(long, requires = "port")]
        service: Option<String>,
        /// Its port
        #[arg(long)]
        port: Option<u16>,
        /// Turn it off
        #[arg(long)]
        off: bool,
    },
    /// Delivery of access logs
    Logs {
        /// Log project
        #[arg(long, required_unless_present = "off", conflicts_with = "off")]
        project: Option<String>,
        /// Logstore in it
        #[arg(long, default_value = "apig-access-log")]
        store: String,
        /// With the fields of nginx
        #[arg(long)]
        nginx: bool,
        /// Turn it off
        #[arg(long)]
        off: bool,
    },
}
