//! Where keys come from: the usual chain of places, or the one the workflow names. What a place says is first
//! read into a [`Recipe`](recipe::Recipe), which is data; cooking it may ask STS, the machine's metadata or a command.

mod chain;
mod choice;
mod cli_profile;
mod command;
mod ecs;
mod environment;
mod ini;
mod oidc;
mod provider;
mod recipe;
mod shared;
mod sts;
#[cfg(test)]
mod tests;
mod tsig;
mod uri;

use gateshift_model::Timestamp;

pub(crate) use choice::Choice;
pub(crate) use provider::Credentials;
pub(crate) use recipe::Kitchen;

use crate::Secret;

/// A key, temporary when it has a token. For a basic login `id` is the user, for a bearer only `secret` counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) token: Option<Secret>,
    pub(crate) expires: Option<Timestamp>,
}

impl Keys {
    /// A key from its parts; `None` when id or secret is missing.
    fn of(id: Option<&str>, secret: Option<&str>, token: Option<&str>) -> Option<Self> {
        let filled =
            |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self {
            id: filled(id)?,
            secret: Secret::new(filled(secret)?),
            token: filled(token).map(Secret::new),
            expires: None,
        })
    }
}

/// Why a place gave no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Miss {
    pub(crate) why: String,
    /// Trying again may help.
    pub(crate) transient: bool,
}

impl Miss {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), transient: false }
    }

    pub(crate) fn transient(why: impl Into<String>) -> Self {
        Self { why: why.into(), transient: true }
    }
}
