//! Editions of the DNS service and what they allow.

use serde::Deserialize;

/// The edition a zone is hosted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Free: TTL from 600 seconds, 10 weighted records.
    Free,
    /// Personal: TTL from 600 seconds.
    Personal,
    /// Enterprise, basic: TTL from 60 seconds.
    EnterpriseBasic,
    /// Enterprise, top: TTL from 1 second.
    #[default]
    EnterpriseAdvanced,
}

/// Largest TTL everywhere, seconds.
pub(crate) const MAX_TTL: u32 = 86_400;

const TTLS: [u32; 10] = [1, 5, 10, 60, 120, 600, 1800, 3600, 43_200, 86_400];

impl Edition {
    /// Code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Free => "mianfei",
            Self::Personal => "version_personal",
            Self::EnterpriseBasic => "version_enterprise_basic",
            Self::EnterpriseAdvanced => "version_enterprise_advanced",
        }
    }

    /// Smallest TTL, seconds.
    #[must_use]
    pub fn min_ttl(self) -> u32 {
        match self {
            Self::Free | Self::Personal => 600,
            Self::EnterpriseBasic => 60,
            Self::EnterpriseAdvanced => 1,
        }
    }

    /// The edition of a code; a code the lab does not know counts as the free one.
    pub(crate) fn of_code(code: &str) -> Self {
        let all = [Self::Personal, Self::EnterpriseBasic, Self::EnterpriseAdvanced];
        all.into_iter().find(|one| one.code() == code).unwrap_or(Self::Free)
    }

    /// Display name.
    pub(crate) fn display(self) -> &'static str {
        match self {
            Self::Free => "Alibaba Cloud DNS",
            Self::Personal => "Personal Edition",
            Self::EnterpriseBasic => "Enterprise Standard Edition",
            Self::EnterpriseAdvanced => "Enterprise Ultimate Edition",
        }
    }

    /// Most records in one weighted set.
    pub(crate) fn most_weighted(self) -> usize {
        if self == Self::Free { 10 } else { 90 }
    }
}

/// The TTLs a console would offer from a smallest one on.
pub(crate) fn available_ttls(min: u32) -> Vec<String> {
    TTLS.iter().filter(|ttl| **ttl >= min).map(u32::to_string).collect()
}
