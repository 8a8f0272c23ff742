//! Randomness of the operating system, by way of the id generator the crate needs anyway.

use uuid::Uuid;

/// A key of 32 bytes with 244 random bits.
pub(crate) fn key() -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    key
}

/// 16 random bits.
pub(crate) fn bits16() -> u16 {
    let id = Uuid::new_v4();
    let bytes = id.as_bytes();
    u16::from_be_bytes([bytes[14], bytes[15]])
}

/// An even spread over 0.0 to 1.0.
pub(crate) fn fraction() -> f64 {
    f64::from(bits16()) / f64::from(u16::MAX)
}

/// A number that is used once: 32 hex digits.
pub(crate) fn nonce() -> String {
    Uuid::new_v4().simple().to_string()
}
