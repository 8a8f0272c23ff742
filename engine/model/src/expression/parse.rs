//! From text to an expression, by descent.

use serde_json::{Number, Value};

use super::{ExpressionMistake, Operator, Reference, Term};

/// Deepest nesting of parentheses and negations.
const DEEPEST: usize = 32;

pub(super) fn parse(text: &str) -> Result<Term, ExpressionMistake> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, end: text.chars().count(), depth: 0 };
    let term = parser.either()?;
    match parser.peek() {
        None => Ok(term),
        Some((at, token)) => {
            let message = format!("`{}` stands where the expression should end", token.text());
            Err(mistake(*at, message, "join two parts with `&&` or `||`"))
        }
    }
}

fn mistake(at: usize, message: impl Into<String>, fix: &str) -> ExpressionMistake {
    ExpressionMistake { at, message: message.into(), fix: fix.to_owned() }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Number(Number),
    Word(String),
    Sign(&'static str),
}

impl Token {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => number.to_string(),
            Self::Word(word) => word.clone(),
            Self::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Signs, the longer ones first.
const SIGNS: [&str; 14] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", ".", "[", "]"];

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ExpressionMistake> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let from = at;
        if letter.is_whitespace() {
            at += 1;
            continue;
        }
        let rest: String = letters[at..].iter().take(2).collect();
        let in_name = |c: &char| c.is_ascii_alphanumeric() || "_-".contains(*c);
        let token = if letter == '\'' {
            let (token, next) = quoted(&letters, at)?;
            at = next;
            token
        } else if letter.is_ascii_digit()
            || (letter == '-' && letters.get(at + 1).is_some_and(char::is_ascii_digit))
        {
            // A point behind a name or a bracket leads into it, and is no fraction.
            let part = |c: &char| c.is_ascii_alphanumeric() || ".-+".contains(*c);
            let inside = matches!(found.last(), Some((_, Token::Sign("[" | "."))));
            let length = letters[at..]
                .iter()
                .take_while(|c| if inside { c.is_ascii_digit() } else { part(c) })
                .count();
            let word: String = letters[at..at + length].iter().collect();
            at += length;
            let number = word.parse::<Number>().map_err(|_| {
                mistake(
                    from,
                    format!("`{word}` is no number"),
                    "write digits, and a text in single quotes: '5x'",
                )
            })?;
            Token::Number(number)
        } else if letter.is_ascii_alphabetic() || letter == '_' {
            let word: String = letters[at..].iter().take_while(|c| in_name(c)).collect();
            at += word.chars().count();
            Token::Word(word)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            at += sign.len();
            Token::Sign(sign)
        } else {
            let fix = match letter {
                '"' => "write a text in single quotes: 'text'",
                '=' => "compare with `==`",
                '&' => "join with `&&`",
                '|' => "join with `||`",
                _ => {
                    "use references, texts in single quotes, numbers, `==`, `!=`, `<`, `>`, `!`, `&&`, `||` and parentheses"
                }
            };
            return Err(mistake(at, format!("`{letter}` has no meaning here"), fix));
        };
        found.push((from, token));
    }
    Ok(found)
}

/// A text in single quotes, in which two of them stand for one.
fn quoted(letters: &[char], from: usize) -> Result<(Token, usize), ExpressionMistake> {
    let mut text = String::new();
    let mut at = from + 1;
    loop {
        match (letters.get(at), letters.get(at + 1)) {
            (Some('\''), Some('\'')) => {
                text.push('\'');
                at += 2;
            }
            (Some('\''), _) => return Ok((Token::Text(text), at + 1)),
            (Some(letter), _) => {
                text.push(*letter);
                at += 1;
            }
            (None, _) => return Err(mistake(from, "the text has no end", "close it with a single quote")),
        }
    }
}

struct Parser<'t> {
    tokens: &'t [(usize, Token)],
    next: usize,
    end: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t (usize, Token)> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'t (usize, Token)> {
        self.next += 1;
        self.tokens.get(self.next - 1)
    }

    /// Where the next part stands.
    fn at(&self) -> usize {
        self.peek().map_or(self.end, |(at, _)| *at)
    }

    fn accept(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some((_, Token::Sign(found))) if *found == sign);
        self.next += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<Term, ExpressionMistake> {
        let mut left = self.both()?;
        while self.accept("||") {
            left = Term::Two(Operator::Or, Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Term, ExpressionMistake> {
        let mut left = self.negated()?;
        while self.accept("&&") {
            left = Term::Two(Operator::And, Box::new(left), Box::new(self.negated()?));
        }
        Ok(left)
    }

    fn negated(&mut self) -> Result<Term, ExpressionMistake> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(mistake(self.at(), "the expression nests too deep", "write a simpler one"));
        }
        let term = if self.accept("!") { Term::Not(Box::new(self.negated()?)) } else { self.comparison()? };
        self.depth -= 1;
        Ok(term)
    }

    fn comparison(&mut self) -> Result<Term, ExpressionMistake> {
        use Operator::{AtLeast, AtMost, Differs, Equal, Less, More};
        let left = self.value()?;
        let signs =
            [("==", Equal), ("!=", Differs), ("<=", AtMost), (">=", AtLeast), ("<", Less), (">", More)];
        let Some((_, operator)) = signs.into_iter().find(|(sign, _)| self.accept(sign)) else {
            return Ok(left);
        };
        Ok(Term::Two(operator, Box::new(left), Box::new(self.value()?)))
    }

    fn value(&mut self) -> Result<Term, ExpressionMistake> {
        if self.accept("(") {
            let inner = self.either()?;
            if !self.accept(")") {
                return Err(mistake(self.at(), "a parenthesis is not closed", "add `)`"));
            }
            return Ok(inner);
        }
        let at = self.at();
        match self.take() {
            Some((_, Token::Text(text))) => Ok(Term::Literal(Value::from(text.clone()))),
            Some((_, Token::Number(number))) => Ok(Term::Literal(Value::Number(number.clone()))),
            Some((_, Token::Word(word))) => match word.as_str() {
                "true" => Ok(Term::Literal(Value::Bool(true))),
                "false" => Ok(Term::Literal(Value::Bool(false))),
                "null" => Ok(Term::Literal(Value::Null)),
                "inputs" => self.input(at),
                "steps" => self.output(at),
                other => {
                    let fix = format!(
                        "write `inputs.NAME`, `steps.NAME.outputs.FIELD`, or a text in quotes: '{other}'"
                    );
                    Err(mistake(at, format!("`{other}` is nothing that can be asked for"), &fix))
                }
            },
            Some((_, token)) => Err(mistake(
                at,
                format!("`{}` stands where a value is due", token.text()),
                "write a value there",
            )),
            None => {
                Err(mistake(at, "a value is missing", "write `inputs.NAME` or `steps.NAME.outputs.FIELD`"))
            }
        }
    }

    fn word(&mut self, what: &str, fix: &str) -> Result<String, ExpressionMistake> {
        let at = self.at();
        if self.accept(".")
            && let Some((_, Token::Word(word))) = self.peek()
        {
            self.next += 1;
            return Ok(word.clone());
        }
        Err(mistake(at, format!("{what} is missing"), fix))
    }

    fn input(&mut self, at: usize) -> Result<Term, ExpressionMistake> {
        let name = self.word("the name of the input", "write `inputs.NAME`")?;
        Ok(Term::Reference(Reference::Input { name, at }))
    }

    fn output(&mut self, at: usize) -> Result<Term, ExpressionMistake> {
        const FIX: &str = "write `steps.NAME.outputs.FIELD`";
        let mut step = self.word("the name of the step", FIX)?;
        // A step of `foreach` has its value in brackets behind its name.
        if self.accept("[") {
            let place = self.at();
            match (self.take(), self.accept("]")) {
                (Some((_, Token::Text(value))), true) => step = format!("{step}[{value}]"),
                _ => {
                    return Err(mistake(
                        place,
                        "the value of the step is missing",
                        "write it in quotes: steps.NAME['value']",
                    ));
                }
            }
        }
        let place = self.at();
        if self.word("`outputs`", FIX)? != "outputs" {
            return Err(mistake(place, "only the outputs of a step can be asked for", FIX));
        }
        let mut path = vec![self.word("the field", FIX)?];
        loop {
            if matches!(self.peek(), Some((_, Token::Sign(".")))) {
                path.push(self.word("the field", FIX)?);
            } else if self.accept("[") {
                let place = self.at();
                match (self.take(), self.accept("]")) {
                    (Some((_, Token::Number(number))), true) if number.is_u64() => {
                        path.push(number.to_string())
                    }
                    _ => {
                        return Err(mistake(
                            place,
                            "the position in the list is missing",
                            "write a number: [0]",
                        ));
                    }
                }
            } else {
                return Ok(Term::Reference(Reference::Output { step, path, at }));
            }
        }
    }
}
