//! Keys of name servers in the form in which their own tools write them:
//! `key "name" { algorithm hmac-sha256; secret "..."; };`

use super::Keys;

/// The first key of such a file. Its algorithm stands before the name, `hmac-sha512:name`, where it says one.
pub(super) fn keys(text: &str) -> Option<Keys> {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    let text = lines.join(" ");
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '"' | ';' | '{' | '}'))
        .filter(|word| !word.is_empty())
        .collect();
    let after =
        |word: &str| words.iter().position(|one| *one == word).and_then(|at| words.get(at + 1)).copied();
    let name = after("key")?;
    let id = after("algorithm").map_or_else(|| name.to_owned(), |algorithm| format!("{algorithm}:{name}"));
    Keys::of(Some(&id), after("secret"), None)
}

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn the_file_that_the_servers_tool_writes() {
        let found = keys(
            "# made by hand\nkey \"lab\" { // new\n\talgorithm hmac-sha512;\n\tsecret \"YWJj/+8=\";\n};\n",
        )
        .unwrap();
        assert_eq!((found.id.as_str(), found.secret.expose()), ("hmac-sha512:lab", "YWJj/+8="));
        let plain = keys("key lab. { secret YWJj; };").unwrap();
        assert_eq!((plain.id.as_str(), plain.secret.expose()), ("lab.", "YWJj"));
        assert!(keys("lab:YWJj").is_none() && keys("key \"lab\" { };").is_none());
    }
}
