//! Trouble on purpose: a script of faults by operation, and quotas by product. Both can be changed
//! while the lab runs, and both are deterministic: a script with the same seed hits the same calls.
//!
//! A fault script is YAML or JSON:
//!
//! ```yaml
//! seed: 7                       # decides what `probability` draws; 0 when absent
//! rules:
//!   - product: apig             # mse, apig, alidns, vpc, ecs or *; * when absent
//!     operation: Create*        # a name, with * for any letters; * when absent
//!     after: 3                  # lets this many matching calls pass first; 0 when absent
//!     times: 2                  # hits at most this often; no limit when absent
//!     probability: 0.5          # of a hit, once `after` has passed; 1 when absent
//!     do: drop_reply
//! ```
//!
//! What a rule can `do`:
//!
//! | `do` | what happens |
//! |---|---|
//! | `throttle: { retry_after_ms: 500 }` | refused with the product's throttling code, nothing is done; the hint may be left out |
//! | `refuse: { status: 500, code: InternalError }` | refused with this status and code, nothing is done |
//! | `lock_failed` | refused with 409 `Conflict.LockFailed`, nothing is done |
//! | `slow: { ms: 2000 }` | the work is done at once, the reply waits so many milliseconds of wall time |
//! | `drop_reply` | the work is done, then the connection is closed without a reply |
//! | `half_page` | a list answers with the first half of its items and its full total |
//! | `stale_read` | a reading operation answers as it did the last time it was asked the same |

mod quota;
mod script;

pub use quota::{Quota, Quotas};
pub use script::{Effect, FaultError, FaultScript, Faults, Rule};
