//! `uses: instance`: makes the target gateway, of the size the source needs, in the source's VPC,
//! and waits until it serves.

mod calls;
mod decide;
mod migrator;
mod objects;
mod observed;
mod sizing;
mod surroundings;

pub use decide::{Settings, decide};
pub use migrator::Instance;
pub use observed::{Observed, ObservedGateway, ObservedVswitch};
pub use sizing::{Sizing, Spec, required_units, size};
