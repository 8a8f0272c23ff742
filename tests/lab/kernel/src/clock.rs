//! The lab's clock: wall time multiplied by a speed, so that a three-minute gateway creation is
//! rehearsed in seconds. Only the lab reads it; the tool under test never learns that it exists.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock that runs `speed` times as fast as the wall.
#[derive(Debug)]
pub struct LabClock {
    started: Instant,
    base_ms: i64,
    speed: f64,
}

impl LabClock {
    /// Starts at the present wall time; `speed` is lab seconds per wall second (1.0 = real time).
    #[must_use]
    pub fn new(speed: f64) -> Self {
        let base = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), base_ms: base.as_millis() as i64, speed: speed.max(0.001) }
    }

    /// Lab seconds per wall second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Lab time in milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.base_ms + (self.started.elapsed().as_secs_f64() * self.speed * 1000.0) as i64
    }

    /// How long `lab` takes on the wall.
    #[must_use]
    pub fn wall(&self, lab: Duration) -> Duration {
        lab.div_f64(self.speed)
    }
}
