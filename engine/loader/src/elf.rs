//! Is a file a whole shared library for this machine? Looked at before anything is loaded: mapping a truncated
//! one would end the process.

/// Says what is wrong with it.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() < 64 || !bytes.starts_with(b"\x7fELF") {
        return Err("it is no ELF file".to_owned());
    }
    if bytes[4] != 2 || bytes[5] != 1 {
        return Err("it is for another kind of machine".to_owned());
    }
    if half(bytes, 16) != Some(3) {
        return Err("it is no shared library (build it as a `cdylib`)".to_owned());
    }
    let own: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let machine = half(bytes, 18);
    if machine != Some(own) {
        return Err(format!("it is for machine {}, this is {own}", machine.unwrap_or_default()));
    }
    let whole = segments_end(bytes).zip(sections_end(bytes)).map(|(one, other)| one.max(other));
    match whole {
        Some(end) if end <= bytes.len() as u64 => Ok(()),
        Some(end) => Err(format!("it is cut off: {} bytes of {end} are there", bytes.len())),
        None => Err("its headers are damaged".to_owned()),
    }
}

/// Where the last segment ends.
fn segments_end(bytes: &[u8]) -> Option<u64> {
    let (at, size, count) = (long(bytes, 32)?, u64::from(half(bytes, 54)?), u64::from(half(bytes, 56)?));
    let mut end = at.checked_add(size.checked_mul(count)?)?;
    for number in 0..count {
        let header = usize::try_from(at.checked_add(size.checked_mul(number)?)?).ok()?;
        // Cut off before its own headers: `end` says so.
        let Some((offset, length)) =
            long(bytes, header.checked_add(8)?).zip(long(bytes, header.checked_add(32)?))
        else {
            break;
        };
        end = end.max(offset.checked_add(length)?);
    }
    Some(end)
}

/// Where the table of sections ends, which linkers put last.
fn sections_end(bytes: &[u8]) -> Option<u64> {
    let (at, size, count) = (long(bytes, 40)?, u64::from(half(bytes, 58)?), u64::from(half(bytes, 60)?));
    at.checked_add(size.checked_mul(count)?)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_whole_libraries_of_this_machine_pass() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        // A program of today is laid out as a shared library is.
        assert_eq!(check(&own), Ok(()));
        assert!(check(b"").unwrap_err().contains("no ELF"));
        assert!(check(&[7; 4096]).unwrap_err().contains("no ELF"));
        for cut in [64, 1000, own.len() / 2, own.len() - 1] {
            assert!(check(&own[..cut]).unwrap_err().contains("cut off"), "{cut}");
        }
        let mut other = own[..4096].to_vec();
        other[18] = 8;
        assert!(check(&other).unwrap_err().contains("machine 8"));
        for at in 0..64 {
            for value in [0, 1, 0x7f, 0xff] {
                let mut damaged = own[..4096].to_vec();
                damaged[at] = value;
                drop(check(&damaged));
            }
        }
    }
}
