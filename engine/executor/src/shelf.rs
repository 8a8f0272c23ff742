//! What the steps of a preview store: small things in memory, large ones in a file without a name, which
//! goes with its owner. A preview of a large gateway would otherwise hold its snapshot and inventory in
//! memory from the first step to the last.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use gateshift_journal::NewArtifact;
use gateshift_model::Digest;

/// Bytes from which a thing is put into the file.
const LARGE: usize = 1 << 20;

/// Artifacts of a preview, by content. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    small: BTreeMap<Digest, Vec<u8>>,
    /// Beginning and length in the file.
    large: BTreeMap<Digest, (u64, usize)>,
    file: Option<File>,
    end: u64,
}

impl Shelf {
    /// Keeps an artifact.
    pub fn put(&self, new: NewArtifact) {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = new.artifact.digest;
        // Where there is no room for files, memory has to do.
        if new.bytes.len() < LARGE || content.append(&digest, &new.bytes).is_err() {
            content.small.insert(digest, new.bytes);
        }
    }

    /// The bytes of that digest; none when they were never stored. An error when they cannot be read again.
    pub fn get(&self, digest: &Digest) -> io::Result<Option<Vec<u8>>> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = content.small.get(digest) {
            return Ok(Some(bytes.clone()));
        }
        let Some((from, length)) = content.large.get(digest).copied() else { return Ok(None) };
        let Some(file) = &mut content.file else { return Ok(None) };
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Content::default();
    }
}

impl Content {
    fn append(&mut self, digest: &Digest, bytes: &[u8]) -> io::Result<()> {
        if self.large.contains_key(digest) {
            return Ok(());
        }
        let from = self.end;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(from))?;
        file.write_all(bytes)?;
        self.end = from + bytes.len() as u64;
        self.large.insert(digest.clone(), (from, bytes.len()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gateshift_journal::NewArtifact;

    use super::{LARGE, Shelf};

    #[test]
    fn what_was_put_is_there_and_nothing_else() {
        let shelf = Shelf::default();
        let new = |byte: u8, length: usize| NewArtifact::new("a", "b", vec![byte; length]);
        let all = [new(1, 10), new(2, LARGE), new(3, 2 * LARGE), new(2, LARGE), new(4, LARGE - 1)];
        all.iter().cloned().for_each(|one| shelf.put(one));
        for one in &all {
            assert_eq!(shelf.get(&one.artifact.digest).unwrap().as_ref(), Some(&one.bytes));
        }
        assert_eq!(shelf.get(&new(9, 1).artifact.digest).unwrap(), None);
        shelf.clear();
        assert_eq!(shelf.get(&all[1].artifact.digest).unwrap(), None);
    }
}
