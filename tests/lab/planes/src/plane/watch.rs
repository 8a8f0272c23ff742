//! How long a request took.

use std::time::{Duration, Instant};

use gateshift_lab_kernel::LabClock;

/// Time spent on a request: real work in wall time, ordered pauses in lab time.
#[derive(Debug)]
pub(crate) struct Watch {
    started: Instant,
    paused: Duration,
    paused_ms: u64,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), paused: Duration::ZERO, paused_ms: 0 }
    }

    pub(crate) async fn pause(&mut self, clock: &LabClock, lab_ms: u64) {
        if lab_ms > 0 {
            let began = Instant::now();
            tokio::time::sleep(clock.wall(Duration::from_millis(lab_ms))).await;
            self.paused += began.elapsed();
            self.paused_ms += lab_ms;
        }
    }

    pub(crate) fn elapsed_ms(&self) -> f64 {
        let worked = self.started.elapsed().saturating_sub(self.paused).as_secs_f64() * 1000.0;
        // Microseconds are all that is worth writing down.
        ((worked + self.paused_ms as f64) * 1000.0).round() / 1000.0
    }
}
