//! Lists of addresses.

use serde_json::{Value, json};

/// The configuration of a list: on or off, white or black, its addresses, and whether it looks at the
/// peer of the connection instead of the client of the request.
#[must_use]
pub fn config(enable: bool, white: bool, addresses: &[String], layer4: bool) -> Value {
    json!({
        "enable": enable,
        "type": if white { "White" } else { "Black" },
        "content": addresses,
        "protocolLayer": if layer4 { "L4" } else { "L7" },
    })
}

/// A list as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// In force.
    pub enable: bool,
    /// Only these pass; otherwise these do not.
    pub white: bool,
    /// Addresses and networks.
    pub addresses: Vec<String>,
    /// It looks at the peer of the connection.
    pub layer4: bool,
}

/// Reads a configuration; `None` when it is in no known form.
#[must_use]
pub fn read(config: &str) -> Option<Read> {
    let config: Value = serde_json::from_str(config).ok()?;
    let white = match config["type"].as_str()?.to_ascii_lowercase().as_str() {
        "white" => true,
        "black" => false,
        _ => return None,
    };
    let addresses = config["content"].as_array()?.iter().map(|one| one.as_str().map(str::to_owned));
    Some(Read {
        enable: config["enable"].as_bool().unwrap_or(true),
        white,
        addresses: addresses.collect::<Option<_>>()?,
        layer4: config["protocolLayer"].as_str().is_some_and(|layer| layer.eq_ignore_ascii_case("L4")),
    })
}

#[cfg(test)]
mod tests {
    use super::{Read, config, read};

    #[test]
    fn a_list_reads_as_it_was_written() {
        for (enable, white, layer4) in [(true, true, false), (false, false, false), (true, false, true)] {
            let addresses = vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()];
            let found = read(&config(enable, white, &addresses, layer4).to_string());
            assert_eq!(found, Some(Read { enable, white, addresses, layer4 }));
        }
        for odd in ["", "{}", r#"{"type":"Grey","content":[]}"#, r#"{"type":"White","content":[1]}"#] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
