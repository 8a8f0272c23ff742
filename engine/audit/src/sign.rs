//! The operator's key, and signatures over bundles: Ed25519.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use gateshift_model::Digest;
use serde::{Deserialize, Serialize};

/// What a signature is over, so that one made for a bundle is good for nothing else.
const PURPOSE: &str = "gateshift audit bundle, format 1";
const PUBLIC: &str = "ed25519:";
const SECRET: &str = "ed25519-secret:";

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No public key.
    #[error("this is no public key of audit bundles: it has the form `ed25519:` and 64 hex digits")]
    Public,
    /// No secret key. The text is never shown.
    #[error("this is no key file of audit bundles: it has a line `ed25519-secret:` and 64 hex digits")]
    Secret,
}

/// A key that signs. Its `Debug` shows the public half only.
#[derive(Clone)]
pub struct AuditKey(SigningKey);

impl AuditKey {
    /// The key of 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads a key file.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let secret =
            text.lines().find_map(|line| line.trim().strip_prefix(SECRET)).ok_or(KeyError::Secret)?;
        let mut seed = [0; 32];
        hex::decode_to_slice(secret, &mut seed).map_err(|_| KeyError::Secret)?;
        Ok(Self::from_seed(&seed))
    }

    /// The text of its key file.
    #[must_use]
    pub fn to_file(&self) -> String {
        format!(
            "# Signs audit bundles. Keep this file to yourself. The public key, for those who check them:\n\
             # {}\n{SECRET}{}\n",
            self.public(),
            hex::encode(self.0.to_bytes())
        )
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs the digest of a bundle.
    #[must_use]
    pub fn sign(&self, digest: &Digest) -> Signature {
        self.sign_for(PURPOSE, digest)
    }

    /// Signs the digest of something else; `purpose` says of what, and in which format.
    #[must_use]
    pub fn sign_for(&self, purpose: &str, digest: &Digest) -> Signature {
        let value = hex::encode(self.0.sign(&message(purpose, digest)).to_bytes());
        Signature { key: self.public(), value }
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AuditKey").field(&self.public()).finish()
    }
}

/// A key that checks signatures, written `ed25519:` and 64 hex digits.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim().strip_prefix(PUBLIC).ok_or(KeyError::Public)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyError::Public)?;
        VerifyingKey::from_bytes(&bytes).map(|_| Self(bytes)).map_err(|_| KeyError::Public)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A signature with the key that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Whose.
    pub key: PublicKey,
    /// 64 bytes in hex.
    pub value: String,
}

impl Signature {
    /// Whether the key made it over the digest of this bundle.
    #[must_use]
    pub fn holds(&self, digest: &Digest) -> bool {
        self.holds_for(PURPOSE, digest)
    }

    /// Whether the key made it over this digest for that purpose.
    #[must_use]
    pub fn holds_for(&self, purpose: &str, digest: &Digest) -> bool {
        let mut bytes = [0; 64];
        // One signature has one spelling: every byte of a bundle counts.
        if hex::decode_to_slice(&self.value, &mut bytes).is_err() || hex::encode(bytes) != self.value {
            return false;
        }
        let signature = ed25519_dalek::Signature::from_bytes(&bytes);
        let key = VerifyingKey::from_bytes(&self.key.0);
        key.is_ok_and(|key| key.verify_strict(&message(purpose, digest), &signature).is_ok())
    }
}

fn message(purpose: &str, digest: &Digest) -> Vec<u8> {
    format!("{purpose}\n{digest}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use gateshift_model::digest_bytes;
    use proptest::prelude::*;

    use super::{AuditKey, KeyError, PublicKey};

    #[test]
    fn a_key_file_is_read_back_and_its_secret_is_not_shown() {
        let key = AuditKey::from_seed(&[7; 32]);
        let read = AuditKey::parse(&key.to_file()).unwrap();
        assert_eq!(read.public(), key.public());
        assert!(!format!("{key:?}").contains(&hex::encode([7; 32])));
        assert!(matches!(AuditKey::parse("ed25519-secret:07"), Err(KeyError::Secret)));
        assert!(matches!(AuditKey::parse(""), Err(KeyError::Secret)));
        assert_eq!("07".parse::<PublicKey>(), Err(KeyError::Public));
    }

    proptest! {
        #[test]
        fn only_the_key_makes_the_signature(seed in any::<[u8; 32]>(), other in any::<[u8; 32]>(), bit in 0usize..512) {
            prop_assume!(seed != other);
            let key = AuditKey::from_seed(&seed);
            let digest = digest_bytes(&other);
            let signature = key.sign(&digest);
            prop_assert!(signature.holds(&digest));
            prop_assert!(!signature.holds(&digest_bytes(&seed)));
            prop_assert!(!signature.holds_for("something else", &digest));
            prop_assert!(key.sign_for("something else", &digest).holds_for("something else", &digest));
            let mut stolen = signature.clone();
            stolen.key = AuditKey::from_seed(&other).public();
            prop_assert!(!stolen.holds(&digest));
            let mut bytes = hex::decode(&signature.value).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let flipped = super::Signature { value: hex::encode(bytes), ..signature };
            prop_assert!(!flipped.holds(&digest));
        }
    }
}
