//! Signatures of migrators: `FILE.sig` beside the file, good when a key that the operator trusts made it over exactly
//! these bytes.

use std::path::{Path, PathBuf};

use gateshift_audit::{AuditKey, PublicKey, Signature};
use gateshift_model::{Digest, StepError};

/// What these signatures are over.
const PURPOSE: &str = "gateshift migrator, format 1";
const CODE: &str = "GS-MIGRATOR-SIGNATURE";

/// The keys that the operator trusts: a file a key, its name is the name of the signer.
pub(crate) struct Trusted {
    folder: PathBuf,
}

/// What is known of a signature.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// By this trusted signer.
    By(String),
    /// There is none.
    Not,
}

/// Signs a file; gives what belongs into `FILE.sig`.
pub(crate) fn sign(key: &AuditKey, digest: &Digest) -> String {
    serde_json::to_string(&key.sign_for(PURPOSE, digest)).unwrap_or_default()
}

/// Where the signature of a file lies.
pub(crate) fn place(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}

impl Trusted {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Every trusted key with its name.
    pub(crate) fn keys(&self) -> Result<Vec<(String, PublicKey)>, StepError> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(Vec::new()) };
        let mut keys = Vec::new();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let key = text.trim().parse().map_err(|error| bad(format!("{}: {error}", path.display())))?;
            keys.push((name, key));
        }
        keys.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(keys)
    }

    /// Trusts a key from now on.
    pub(crate) fn trust(&self, name: &str, key: &PublicKey) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        std::fs::write(self.folder.join(format!("{name}.pub")), format!("{key}\n"))
    }

    /// Who signed a file. A signature that is there has to be good: a wrong one is worse than none.
    pub(crate) fn signer(&self, file: &Path, digest: &Digest) -> Result<Signed, StepError> {
        let path = place(file);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Signed::Not),
            Err(error) => return Err(bad(format!("{} cannot be read: {error}", path.display()))),
        };
        let signature: Signature = serde_json::from_str(text.trim())
            .map_err(|_| bad(format!("{} holds no signature", path.display())))?;
        if !signature.holds_for(PURPOSE, digest) {
            return Err(bad(format!(
                "{} is no signature of this file: one of the two was changed",
                path.display()
            )));
        }
        let keys = self.keys()?;
        match keys.into_iter().find(|(_, key)| *key == signature.key) {
            Some((name, _)) => Ok(Signed::By(name)),
            None => {
                Err(bad(format!("{} is by a key that nobody trusts here: {}", path.display(), signature.key)))
            }
        }
    }
}

fn bad(message: String) -> StepError {
    StepError::permanent(CODE, message).with_hint(
        "get file and signature again from whoever made them; a key is trusted with `gateshift migrators trust NAME KEY`",
    )
}

#[cfg(test)]
mod tests {
    use gateshift_audit::AuditKey;
    use gateshift_model::digest_bytes;

    use super::{Signed, Trusted, place, sign};

    #[test]
    fn only_a_trusted_key_over_these_bytes_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (trusted, file) = (Trusted::at(folder.path().join("trusted")), folder.path().join("a.so"));
        let (key, digest) = (AuditKey::from_seed(&[7; 32]), digest_bytes(b"code"));
        assert_eq!(trusted.signer(&file, &digest).unwrap(), Signed::Not);
        std::fs::write(place(&file), sign(&key, &digest)).unwrap();
        assert!(trusted.signer(&file, &digest).unwrap_err().message.contains("nobody trusts"));
        trusted.trust("ann", &key.public()).unwrap();
        assert_eq!(trusted.signer(&file, &digest).unwrap(), Signed::By("ann".to_owned()));
        let error = trusted.signer(&file, &digest_bytes(b"other code")).unwrap_err();
        assert_eq!(error.code, "GS-MIGRATOR-SIGNATURE");
        // Forged: the trusted key's name over somebody else's signature; and one made for a bundle.
        let other = AuditKey::from_seed(&[8; 32]);
        let forged = sign(&other, &digest).replace(&other.public().to_string(), &key.public().to_string());
        for bad in [forged, serde_json::to_string(&key.sign(&digest)).unwrap(), "{}".to_owned()] {
            std::fs::write(place(&file), bad).unwrap();
            assert!(trusted.signer(&file, &digest).is_err());
        }
    }
}
