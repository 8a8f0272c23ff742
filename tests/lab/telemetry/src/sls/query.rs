//! The search part of a query as far as the lab understands it: words, `"phrases"`, `prefix*`, the same
//! after `field:`, comparisons (`field >= 500`), joined by `and` (which may be left out), `or`, `not` and
//! parentheses. The part behind `|` is refused.

/// A query that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Query {
    /// Everything.
    All,
    /// Words in any field, or in the one of that name.
    Words { field: Option<String>, words: Words },
    /// A number in a field.
    Compare { field: String, sign: Sign, value: f64 },
    /// Both.
    And(Box<Query>, Box<Query>),
    /// One of them.
    Or(Box<Query>, Box<Query>),
    /// What does not fit.
    Not(Box<Query>),
}

/// What words are looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Words {
    /// These, one behind the other.
    Phrase(String),
    /// One that begins so.
    Prefix(String),
    /// Any.
    Any,
}

/// How numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    Above,
    AtLeast,
    Below,
    AtMost,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Colon,
    Sign(Sign),
    Word(String),
    Quoted(String),
}

/// Reads a query; the error says what is not understood.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    if text.contains('|') {
        return Err("the lab answers searches only, no analysis (the part behind `|`)".to_owned());
    }
    let mut tokens = tokens(text)?;
    tokens.reverse();
    let mut rest = tokens;
    if rest.is_empty() {
        return Ok(Query::All);
    }
    let query = either(&mut rest)?;
    if rest.is_empty() { Ok(query) } else { Err("a parenthesis is closed that was not opened".to_owned()) }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        found.push(match letter {
            _ if letter.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ':' => Token::Colon,
            '=' => Token::Sign(Sign::Equal),
            '>' if letters.next_if_eq(&'=').is_some() => Token::Sign(Sign::AtLeast),
            '>' => Token::Sign(Sign::Above),
            '<' if letters.next_if_eq(&'=').is_some() => Token::Sign(Sign::AtMost),
            '<' => Token::Sign(Sign::Below),
            '"' => {
                let mut quoted = String::new();
                loop {
                    match letters.next() {
                        Some('"') => break,
                        Some('\\') => quoted.extend(letters.next()),
                        Some(other) => quoted.push(other),
                        None => return Err("a quotation mark is missing".to_owned()),
                    }
                }
                Token::Quoted(quoted)
            }
            _ => {
                let mut word = String::from(letter);
                let part = |letter: &char| !letter.is_whitespace() && !"():=<>\"".contains(*letter);
                while let Some(letter) = letters.next_if(part) {
                    word.push(letter);
                }
                Token::Word(word)
            }
        });
    }
    Ok(found)
}

fn is_word(token: Option<&Token>, wanted: &str) -> bool {
    matches!(token, Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted))
}

fn either(rest: &mut Vec<Token>) -> Result<Query, String> {
    let mut query = both(rest)?;
    while is_word(rest.last(), "or") {
        rest.pop();
        query = Query::Or(Box::new(query), Box::new(both(rest)?));
    }
    Ok(query)
}

fn both(rest: &mut Vec<Token>) -> Result<Query, String> {
    let mut query = one(rest)?;
    loop {
        if is_word(rest.last(), "and") {
            rest.pop();
        } else if matches!(rest.last(), None | Some(Token::Close)) || is_word(rest.last(), "or") {
            return Ok(query);
        }
        query = Query::And(Box::new(query), Box::new(one(rest)?));
    }
}

fn one(rest: &mut Vec<Token>) -> Result<Query, String> {
    if is_word(rest.last(), "not") {
        rest.pop();
        return Ok(Query::Not(Box::new(one(rest)?)));
    }
    match rest.pop() {
        Some(Token::Open) => {
            let query = either(rest)?;
            if rest.pop() == Some(Token::Close) {
                Ok(query)
            } else {
                Err("a parenthesis is not closed".to_owned())
            }
        }
        Some(Token::Word(word)) => term(word, rest),
        Some(Token::Quoted(text)) if rest.last() == Some(&Token::Colon) => term(text, rest),
        Some(Token::Quoted(text)) => Ok(Query::Words { field: None, words: Words::Phrase(text) }),
        _ => Err("a word, a field or a parenthesis is missing".to_owned()),
    }
}

/// A word by itself, or a field with what is wanted of it.
fn term(word: String, rest: &mut Vec<Token>) -> Result<Query, String> {
    match rest.last() {
        Some(Token::Colon) => {
            rest.pop();
            match rest.pop() {
                Some(Token::Word(value)) => Ok(Query::Words { field: Some(word), words: words(value) }),
                Some(Token::Quoted(value)) => {
                    Ok(Query::Words { field: Some(word), words: Words::Phrase(value) })
                }
                _ => Err(format!("a value for `{word}:` is missing")),
            }
        }
        Some(Token::Sign(sign)) => {
            let sign = *sign;
            rest.pop();
            let value = match rest.pop() {
                Some(Token::Word(value)) => value.parse().ok(),
                _ => None,
            };
            let value =
                value.ok_or_else(|| format!("`{word}` is compared with something that is no number"))?;
            Ok(Query::Compare { field: word, sign, value })
        }
        _ if word == "*" => Ok(Query::All),
        _ => Ok(Query::Words { field: None, words: words(word) }),
    }
}

fn words(text: String) -> Words {
    match text.strip_suffix('*') {
        Some("") => Words::Any,
        Some(beginning) => Words::Prefix(beginning.to_owned()),
        None => Words::Phrase(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        fn show(query: &Query) -> String {
            match query {
                Query::All => "*".to_owned(),
                Query::Words { field, words } => {
                    let words = match words {
                        Words::Phrase(text) => format!("[{text}]"),
                        Words::Prefix(text) => format!("[{text}..]"),
                        Words::Any => "[..]".to_owned(),
                    };
                    field.as_ref().map_or(words.clone(), |field| format!("{field}{words}"))
                }
                Query::Compare { field, sign, value } => format!("{field} {sign:?} {value}"),
                Query::And(one, other) => format!("({} & {})", show(one), show(other)),
                Query::Or(one, other) => format!("({} | {})", show(one), show(other)),
                Query::Not(one) => format!("!{}", show(one)),
            }
        }
        parse(text).map_or_else(|error| error, |query| show(&query))
    }

    #[test]
    fn what_a_search_may_say() {
        for (text, expected) in [
            ("", "*"),
            ("*", "*"),
            ("word", "[word]"),
            ("a b", "([a] & [b])"),
            ("a and not b or c", "(([a] & !([b])) | [c])"),
            ("cluster_id: gw-1 and response_code >= 500", "(cluster_id[gw-1] & response_code AtLeast 500)"),
            ("path: \"/a b\" (x OR y*)", "(path[/a b] & ([x] | [y..]))"),
            ("trace_id: *", "trace_id[..]"),
        ] {
            assert_eq!(shown(text), expected.replace("!([b])", "![b]"), "{text}");
        }
        for text in ["a)", "(a", "a and", "x >", "x > y", "x:", "\"open", "* | select count(*)"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
