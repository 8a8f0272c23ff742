//! Takes rules out of a configuration they are embedded in. Done on the text, so that what stays and what
//! is taken out keeps every byte of its values; whether the cut was right is checked on the meaning.

use serde_json::Value;

use crate::yaml::{MATCH, MATCH_DOMAIN, MATCH_ROUTE, RULES, parse};

/// A configuration taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Split {
    /// What stays for the whole gateway; absent when only rules were in it.
    pub(crate) rest: Option<String>,
    /// The rules, in their order.
    pub(crate) rules: Vec<Embedded>,
}

/// A rule that was embedded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Embedded {
    /// It is about routes; otherwise about domains.
    pub(crate) routes: bool,
    /// Their names.
    pub(crate) names: Vec<String>,
    /// Its configuration.
    pub(crate) text: String,
}

/// Takes a configuration apart; `value` is what it says. The error says why it cannot be done.
pub(crate) fn split(text: &str, value: &Value) -> Result<Split, String> {
    let Some(rules) = value[RULES].as_array() else {
        return Err(format!("`{RULES}` is no list"));
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (start, end) = block(&lines, RULES).ok_or("the rules do not stand in lines of their own")?;
    let rest: String = lines[..start].iter().chain(&lines[end..]).copied().collect();
    let mut wanted = value.clone();
    remove(&mut wanted, RULES);
    let left = parse(&rest)?;
    if !same(&left, &wanted) {
        return Err("what is left without the rules would mean something else".to_owned());
    }
    let items = items(&lines[start + 1..end]);
    if items.len() != rules.len() {
        return Err("the rules cannot be told apart line by line".to_owned());
    }
    let rules =
        rules.iter().zip(items).map(|(rule, item)| embedded(rule, &item)).collect::<Result<_, _>>()?;
    Ok(Split { rest: (!is_nothing(&left)).then_some(rest), rules })
}

fn embedded(rule: &Value, item: &str) -> Result<Embedded, String> {
    let fields = rule.as_object().ok_or("a rule is no mapping")?;
    let keys: Vec<&str> = fields.keys().map(String::as_str).filter(|key| key.starts_with(MATCH)).collect();
    let [key] = keys.as_slice() else {
        return Err(format!("a rule has {} conditions; exactly one can be an attachment", keys.len()));
    };
    if ![MATCH_ROUTE, MATCH_DOMAIN].contains(key) {
        return Err(format!("a rule applies by `{key}`, and nothing on the target does"));
    }
    let names: Option<Vec<String>> = match &rule[*key] {
        Value::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    let names = names.filter(|names| !names.is_empty()).ok_or(format!("`{key}` lists no names"))?;
    let lines: Vec<&str> = item.split_inclusive('\n').collect();
    let (start, end) = block(&lines, key).ok_or(format!("`{key}` does not stand in lines of its own"))?;
    let text: String = lines[..start].iter().chain(&lines[end..]).copied().collect();
    let mut wanted = rule.clone();
    remove(&mut wanted, key);
    if !same(&parse(&text)?, &wanted) {
        return Err("a rule by itself would mean something else".to_owned());
    }
    Ok(Embedded { routes: *key == MATCH_ROUTE, names, text })
}

/// Lines of a key at the left margin: its own, and those below it up to the next key.
fn block(lines: &[&str], key: &str) -> Option<(usize, usize)> {
    let own = |line: &&str| {
        let bare = |quote: &&str| line.strip_prefix(*quote)?.strip_prefix(key)?.strip_prefix(*quote);
        ["", "\"", "'"].iter().find_map(bare).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let start = lines.iter().position(own)?;
    let inside = |line: &&str| {
        let body = line.trim();
        body.is_empty() || body.starts_with('#') || indent_of(line) > 0 || is_item(line)
    };
    let after = lines[start + 1..].iter().position(|line| !inside(line));
    Some((start, after.map_or(lines.len(), |after| start + 1 + after)))
}

/// Items of a list in lines, each without its dash and moved to the left margin.
fn items(lines: &[&str]) -> Vec<String> {
    let Some(first) = lines.iter().find(|line| is_item(line)) else { return Vec::new() };
    let indent = indent_of(first);
    let mut items: Vec<Vec<String>> = Vec::new();
    for line in lines {
        if is_item(line) && indent_of(line) == indent {
            items.push(vec![line.replacen('-', " ", 1)]);
        } else if let Some(item) = items.last_mut() {
            item.push((*line).to_owned());
        }
    }
    items.iter().map(|lines| to_margin(lines)).collect()
}

fn to_margin(lines: &[String]) -> String {
    let filled = |line: &&String| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let margin = lines.iter().find(filled).map_or(0, |line| indent_of(line));
    lines.iter().map(|line| &line[indent_of(line).min(margin)..]).collect()
}

fn is_item(line: &str) -> bool {
    let body = line.trim();
    body == "-" || body.starts_with("- ")
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn remove(value: &mut Value, key: &str) {
    if let Some(fields) = value.as_object_mut() {
        fields.remove(key);
    }
}

/// No configuration and one without keys are the same.
fn same(one: &Value, other: &Value) -> bool {
    one == other || (is_nothing(one) && is_nothing(other))
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

#[cfg(test)]
mod tests {
    use super::{Embedded, split};
    use crate::yaml::parse;

    fn cut(text: &str) -> Result<super::Split, String> {
        split(text, &parse(text).unwrap())
    }

    const OLD: &str = "# who may call\nconsumers:\n- name: a\n  credential: 'p:1'\n_rules_:\n# orders\n- _match_route_:\n  - orders\n  - \"pay ments\"\n  allow: [a]\n  note: \"1.0\"\n\n-   _match_domain_: ['*.shop.example']\n    allow:\n    - b   # kept\nglobal_auth: false\n";

    #[test]
    fn rules_come_out_with_every_byte_of_their_values() {
        let found = cut(OLD).unwrap();
        assert_eq!(
            found.rest.as_deref(),
            Some("# who may call\nconsumers:\n- name: a\n  credential: 'p:1'\nglobal_auth: false\n")
        );
        assert_eq!(
            found.rules,
            [
                Embedded {
                    routes: true,
                    names: vec!["orders".into(), "pay ments".into()],
                    text: "allow: [a]\nnote: \"1.0\"\n\n".into()
                },
                Embedded {
                    routes: false,
                    names: vec!["*.shop.example".into()],
                    text: "allow:\n- b   # kept\n".into()
                },
            ]
        );
        let crlf = cut(&OLD.replace('\n', "\r\n")).unwrap();
        assert_eq!(crlf.rules[1].text, "allow:\r\n- b   # kept\r\n");
        let only = cut("_rules_:\n  - _match_route_: [x]\n    a: 1").unwrap();
        assert_eq!((only.rest, only.rules[0].text.as_str()), (None, "a: 1"));
    }

    #[test]
    fn what_cannot_be_cut_is_refused() {
        for text in [
            "_rules_:\n- _match_service_: [a.dns]\n  x: 1\n",
            "_rules_:\n- _match_route_prefix_: [a]\n  x: 1\n",
            "_rules_:\n- _match_route_: [a]\n  _match_domain_: [b]\n",
            "_rules_:\n- x: 1\n",
            "_rules_:\n- _match_route_: []\n  x: 1\n",
            "_rules_: [{_match_route_: [a], x: 1}]\n",
            "{_rules_: [{_match_route_: [a], x: 1}], y: 2}\n",
            "y: &y {z: 1}\n_rules_:\n- _match_route_: [a]\n  x: *y\n",
            "_rules_: {a: 1}\n",
        ] {
            assert!(cut(text).is_err(), "{text}");
        }
    }
}
