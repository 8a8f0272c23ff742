//! `uses: traffic`: moves production traffic to the target by DNS weights, stage by stage, and takes
//! it back at any moment.
//!
//! `driver` knows the places where records are kept, each behind one contract. `decide` turns the observed
//! records into phases of explicit operations; `apply`
//! walks one phase after another, confirms each at the control plane *and* at the authoritative
//! servers, holds, and measures. `watch` asks for `numbers` while a stage is held, and `gate` judges them.
//! `rollback` needs the plan and the DNS connection, nothing else.

mod apply;
mod confirm;
mod decide;
mod driver;
mod facts;
mod gate;
mod measure;
mod migrator;
mod numbers;
mod records;
mod rollback;
mod settings;
mod watch;
mod weights;

pub use migrator::Traffic;
