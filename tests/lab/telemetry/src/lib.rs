//! What watches the gateways of the account: CloudMonitor with metrics and alert rules, ARMS with rules
//! of its own, Log Service with the access logs. Everything they show was measured on requests that the
//! data planes really answered; a crate of the lab that knows these hands it in as [`Observed`].

mod answer;
mod arms;
mod cms;
mod observed;
mod sls;
#[cfg(test)]
mod testing;

pub use arms::{Arms, ArmsForm, ArmsRule};
pub use cms::{Cms, Level, Rule, RuleContent};
pub use observed::{Observed, Record};
pub use sls::Sls;
