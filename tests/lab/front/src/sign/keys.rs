//! The keys the simulated account knows.

use std::fmt;

use time::OffsetDateTime;

/// An access key. Its secret is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Key id, `LTAI...` or `STS....`.
    pub id: String,
    /// Key secret.
    pub secret: String,
    /// Present for a temporary key.
    pub token: Option<SecurityToken>,
}

/// The token of a temporary key. Its value is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecurityToken {
    /// What has to be sent as `x-acs-security-token`.
    pub value: String,
    /// When it ends.
    pub expires: OffsetDateTime,
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("id", &self.id)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SecurityToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SecurityToken").field("expires", &self.expires).finish_non_exhaustive()
    }
}
