//! In which order the servers of a name are asked. All take their turn, so that one that lags behind the
//! others, or holds something else, shows in the answers; one that gave no answer lately comes last.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a server that gave no answer is asked last.
const WHILE: Duration = Duration::from_secs(60);

/// Servers that gave no answer lately.
#[derive(Debug, Default)]
pub(crate) struct Silent(Mutex<HashMap<SocketAddr, Instant>>);

impl Silent {
    /// Takes note of a server that gave no answer.
    pub(super) fn note(&self, server: SocketAddr) {
        let mut silent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        silent.retain(|_, since| since.elapsed() < WHILE);
        silent.insert(server, Instant::now());
    }

    fn has(&self, server: &SocketAddr) -> bool {
        let silent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(server).is_some_and(|since| since.elapsed() < WHILE)
    }

    /// The servers from the one at `start` on.
    pub(super) fn order(&self, mut servers: Vec<SocketAddr>, start: usize) -> Vec<SocketAddr> {
        if !servers.is_empty() {
            let turn = start % servers.len();
            servers.rotate_left(turn);
        }
        servers.sort_by_key(|server| self.has(server));
        servers
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::{Instant, Silent, WHILE};

    #[test]
    fn each_takes_its_turn_and_the_silent_one_comes_last() {
        let all: Vec<SocketAddr> = (1..4).map(|last| SocketAddr::from(([192, 0, 2, last], 53))).collect();
        let silent = Silent::default();
        let firsts: Vec<SocketAddr> = (0..3).map(|start| silent.order(all.clone(), start)[0]).collect();
        assert_eq!(firsts, all);
        silent.note(all[1]);
        for start in 0..6 {
            let order = silent.order(all.clone(), start);
            assert_eq!((order.len(), order[2]), (3, all[1]), "{start}");
        }
        let long_ago = Instant::now().checked_sub(WHILE + Duration::from_secs(1)).unwrap();
        silent.0.lock().unwrap().insert(all[1], long_ago);
        assert_eq!(silent.order(all.clone(), 1)[0], all[1], "it is tried again");
        assert!(silent.order(Vec::new(), 5).is_empty());
    }
}
