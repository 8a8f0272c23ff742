//! The conformance matrix: for every row of the migration guide, and for every code of the findings
//! catalogue, a small source gateway that has just that, and what has to become of it. The rows are
//! data (`data/guide.json`, `data/findings.json`), and so are the variants (`data/variants`): a row
//! that no variant shows fails a test.
#![expect(clippy::unwrap_used, reason = "data and helpers of tests: a test may fail that way")]

mod account;
mod data;
mod judge;
mod stub;
mod trial;
mod variant;

pub use account::{merged, scenario};
pub use data::{Code, Guide, Row, codes, guide, unprovoked};
pub use judge::{contains, judge};
pub use trial::{Trial, workflow};
pub use variant::{Arrival, Call, Expected, FILES, Made, Patch, Variant, all, of_file};
