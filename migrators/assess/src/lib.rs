//! `uses: assess`: reads the source gateway once into the run's inventory, judges it against the
//! support tables, and says what would not survive. Writes nothing anywhere.

mod ahead;
mod classes;
mod compat;
mod judge;
mod migrator;
mod reading;

pub use ahead::Ahead;
pub use classes::Classed;
pub use compat::Compat;
pub use judge::{Edited, judge};
pub use migrator::Assess;
pub use reading::Snapshot;
