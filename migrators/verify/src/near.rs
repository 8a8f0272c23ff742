//! Near misses: requests that break one condition of a route and keep the others. What the source
//! does with them is right by definition; the target has to do the same.

use crate::book::Book;
use crate::draft::{Draft, SAFE};
use crate::text::is_sendable;
use crate::values::{broken_paths, broken_values};

/// Near misses of the route at a position, the most telling of each condition first. `good` is a
/// request that the route answers.
pub(crate) fn near_misses(book: &Book<'_>, at: usize, good: &Draft) -> Vec<Draft> {
    let mut found: Vec<(usize, Draft)> = Vec::new();
    found.extend(method(book, at, good).map(|draft| (0, draft)));
    found.extend(paths(book, at, good));
    found.extend(headers(book, at, good));
    found.extend(queries(book, at, good));
    found.retain(|(_, draft)| draft.is_safe() && !book.conditions(at).hold(&draft.facts()));
    found.sort_by_key(|(level, _)| *level);
    // Where only some are sent, let it be other kinds of conditions from route to route.
    let first = found.iter().filter(|(level, _)| *level == 0).count();
    if first > 0 {
        found[..first].rotate_left(at % first);
    }
    found.into_iter().map(|(_, draft)| draft).collect()
}

fn missing(good: &Draft, shows: String) -> Draft {
    good.to_show(shows)
}

fn method(book: &Book<'_>, at: usize, good: &Draft) -> Option<Draft> {
    let own = &book.route(at).matching.methods;
    if own.is_empty() {
        return None;
    }
    let other = SAFE.iter().find(|method| !own.iter().any(|one| one.eq_ignore_ascii_case(method)))?;
    Some(Draft { method: (*other).to_owned(), ..missing(good, format!("not method {other}")) })
}

fn paths(book: &Book<'_>, at: usize, good: &Draft) -> Vec<(usize, Draft)> {
    let wanted = &book.route(at).matching.path;
    let broken = broken_paths(wanted.kind, &good.path, &wanted.value, &book.conditions(at).path);
    let drafts = broken
        .into_iter()
        .map(|one| Draft { path: one.text, ..missing(good, format!("not path {}", one.shows)) });
    drafts.enumerate().collect()
}

fn headers(book: &Book<'_>, at: usize, good: &Draft) -> Vec<(usize, Draft)> {
    let mut found = Vec::new();
    for (number, wanted) in book.route(at).matching.headers.iter().enumerate() {
        let (_, condition) = &book.conditions(at).headers[number];
        let Some((name, value)) = good.headers.get(number) else { continue };
        let mut broken = broken_values(wanted.kind, value, &wanted.value, condition);
        broken.retain(|one| is_sendable(name, &one.text));
        for (level, one) in broken.into_iter().enumerate() {
            let mut draft = missing(good, format!("not header {name} {}", one.shows));
            draft.headers[number].1 = one.text;
            found.push((level, draft));
        }
        let mut draft = missing(good, format!("not header {name} absent"));
        draft.headers.remove(number);
        found.push((1, draft));
    }
    found
}

fn queries(book: &Book<'_>, at: usize, good: &Draft) -> Vec<(usize, Draft)> {
    let mut found = Vec::new();
    for (number, wanted) in book.route(at).matching.queries.iter().enumerate() {
        let (_, condition) = &book.conditions(at).queries[number];
        let Some((name, value)) = good.queries.get(number) else { continue };
        for (level, one) in
            broken_values(wanted.kind, value, &wanted.value, condition).into_iter().enumerate()
        {
            let mut draft = missing(good, format!("not query {name} {}", one.shows));
            draft.queries[number].1 = one.text;
            found.push((level, draft));
        }
        let mut draft = missing(good, format!("not query {name} absent"));
        draft.queries.remove(number);
        found.push((1, draft));
    }
    found
}
