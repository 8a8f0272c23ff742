//! Encrypts secrets of the objects that are worked on, so that a run can hold them over days and crashes while
//! its journal holds none. The key lies in a file of its own beside the journal.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateshift_model::{Sealed, StepError};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use crate::entropy;

/// Seals and opens; reads or makes its key when it is first needed.
#[derive(Debug)]
pub(crate) struct Sealer {
    /// Where the key is kept; `None` for a key that ends with the process.
    file: Option<PathBuf>,
    key: OnceLock<[u8; 32]>,
}

impl Sealer {
    pub(crate) fn new(file: Option<PathBuf>) -> Self {
        Self { file, key: OnceLock::new() }
    }

    /// The nonce comes from a keyed hash of the text: equal texts give equal results, different ones never
    /// share a nonce but by a collision of 96 bits.
    pub(crate) fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        let key = self.key(true)?;
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&mac(&key, plain.as_bytes())[..NONCE_LEN]);
        let mut text = plain.as_bytes().to_vec();
        cipher(&key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)
            .map_err(|_| failed("a secret could not be encrypted"))?;
        let mut whole = nonce.to_vec();
        whole.append(&mut text);
        Ok(Sealed::from_cipher(&URL_SAFE_NO_PAD.encode(whole)))
    }

    pub(crate) fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        let key = self.key(false)?;
        let strange = || failed("a sealed secret is damaged, or was sealed with another key");
        let mut whole =
            sealed.cipher().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or_else(strange)?;
        if whole.len() < NONCE_LEN {
            return Err(strange());
        }
        let mut text = whole.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&whole).map_err(|_| strange())?;
        let plain = cipher(&key)?.open_in_place(nonce, Aad::empty(), &mut text).map_err(|_| strange())?;
        String::from_utf8(plain.to_vec()).map_err(|_| strange())
    }

    fn key(&self, may_make: bool) -> Result<[u8; 32], StepError> {
        if let Some(key) = self.key.get() {
            return Ok(*key);
        }
        let key = match &self.file {
            None => entropy::key(),
            Some(file) => match std::fs::read_to_string(file) {
                Ok(text) => {
                    parse(&text).ok_or_else(|| failed(&format!("{} holds no key", file.display())))?
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && may_make => make(file)?,
                Err(error) => {
                    return Err(failed(&format!("the key {} cannot be read: {error}", file.display())));
                }
            },
        };
        Ok(*self.key.get_or_init(|| key))
    }
}

/// What tells a key from others without showing it; nothing when the file is missing and may not be made.
pub fn seal_key_mark(file: &Path, may_make: bool) -> Result<Option<String>, StepError> {
    if !may_make && !file.exists() {
        return Ok(None);
    }
    let key = Sealer::new(Some(file.to_owned())).key(may_make)?;
    Ok(Some(hex::encode(&mac(&key, b"mark")[..8])))
}

fn make(file: &Path) -> Result<[u8; 32], StepError> {
    let cannot =
        |error: std::io::Error| failed(&format!("the key {} cannot be written: {error}", file.display()));
    let key = entropy::key();
    // A plan may come before the first run, which makes the folder of the journal.
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    let mut options = std::fs::OpenOptions::new();
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(mut file) => {
            writeln!(file, "{}", hex::encode(key)).and_then(|()| file.sync_all()).map_err(cannot)?;
            Ok(key)
        }
        // Another process made it a moment ago.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(file).map_err(cannot)?;
            parse(&text).ok_or_else(|| failed(&format!("{} holds no key", file.display())))
        }
        Err(error) => Err(cannot(error)),
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.trim()).ok()?.try_into().ok()
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, StepError> {
    let unbound =
        UnboundKey::new(&CHACHA20_POLY1305, &mac(key, b"seal")).map_err(|_| failed("the key is unusable"))?;
    Ok(LessSafeKey::new(unbound))
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key)
        .map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}

fn failed(message: &str) -> StepError {
    StepError::needs_operator("GS-SEAL-KEY", message).with_hint(
        "the key file lies beside the journal, `journal.db.key`, or where `--seal-key` says; bring it back, or start a new run, which reads the secrets anew",
    )
}

#[cfg(test)]
mod tests {
    use super::{Sealer, seal_key_mark};

    #[test]
    fn a_mark_tells_keys_apart_and_makes_one_only_when_it_may() {
        let folder = std::env::temp_dir().join(format!("gateshift-mark-{}", uuid::Uuid::new_v4()));
        let (one, two) = (folder.join("deep/one.key"), folder.join("two.key"));
        assert_eq!(seal_key_mark(&one, false).unwrap(), None);
        assert!(!folder.exists());
        let mark = seal_key_mark(&one, true).unwrap().unwrap();
        assert_eq!(seal_key_mark(&one, false).unwrap().unwrap(), mark);
        assert_ne!(seal_key_mark(&two, true).unwrap().unwrap(), mark);
        assert!(!std::fs::read_to_string(&one).unwrap().contains(&mark));
        std::fs::write(&two, "no key").unwrap();
        assert_eq!(seal_key_mark(&two, true).unwrap_err().code, "GS-SEAL-KEY");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_sealed_opens_again_in_another_process_and_shows_nothing() {
        let folder = std::env::temp_dir().join(format!("gateshift-seal-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("journal.db.key");
        let first = Sealer::new(Some(file.clone()));
        for plain in ["", "x", "password: hunter2\n", "ключ"] {
            let sealed = first.seal(plain).unwrap();
            assert_eq!(sealed, first.seal(plain).unwrap());
            assert!(plain.is_empty() || plain == "x" || !sealed.as_str().contains(plain));
            assert_eq!(Sealer::new(Some(file.clone())).unseal(&sealed).unwrap(), plain);
            assert_eq!(Sealer::new(None).unseal(&sealed).unwrap_err().code, "GS-SEAL-KEY");
        }
        assert_ne!(first.seal("a").unwrap(), first.seal("b").unwrap());
        let sealed = first.seal("a").unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(Sealer::new(Some(file.clone())).unseal(&sealed).unwrap_err().code, "GS-SEAL-KEY");
        assert!(!file.exists(), "opening makes no key");
        std::fs::remove_dir(&folder).unwrap();
    }

    #[test]
    fn a_key_that_comes_before_its_journal_makes_their_folder() {
        let folder = std::env::temp_dir().join(format!("gateshift-seal-{}", uuid::Uuid::new_v4()));
        let file = folder.join(".gateshift").join("journal.db.key");
        let sealed = Sealer::new(Some(file.clone())).seal("x").unwrap();
        assert_eq!(Sealer::new(Some(file)).unseal(&sealed).unwrap(), "x");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
