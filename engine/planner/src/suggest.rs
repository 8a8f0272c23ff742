//! "Did you mean": the nearest of the words that are allowed.

use crate::diagnostic::Report;

/// Words longer than this are no typing mistakes.
const MAX_WORD: usize = 64;

/// The allowed word nearest to `word`, when one is near enough to be a slip of the fingers.
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    report: &Report,
) -> Option<&'c str> {
    if report.is_full() || word.len() > MAX_WORD {
        return None;
    }
    let folded = fold(word);
    let most = match folded.chars().count() {
        0..=2 => 0,
        3..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_WORD)
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A fix that names the nearest word, or else all the words when they are few.
pub(crate) fn fix(word: &str, candidates: &[&str], report: &Report) -> Option<String> {
    if let Some(near) = nearest(word, candidates.iter().copied(), report) {
        return Some(format!("did you mean `{near}`?"));
    }
    let few = !candidates.is_empty() && candidates.len() <= 16;
    few.then(|| format!("use one of: {}", candidates.join(", ")))
}

/// `on_failure`, `on-failure` and `onFailure` are the same word to a person.
fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Edit distance in which swapping two neighbours counts once.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let differs = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + differs);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};
    use crate::diagnostic::Report;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let words = ["needs", "uses", "with", "onFailure", "timeout"];
        for (slip, meant) in [
            ("nedes", Some("needs")),
            ("use", Some("uses")),
            ("on_failure", Some("onFailure")),
            ("timout", Some("timeout")),
            ("wiht", Some("with")),
            ("retries", None),
            ("", None),
        ] {
            assert_eq!(nearest(slip, words, &Report::default()), meant, "{slip}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        for (a, b, count) in
            [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abc", "abc", 0)]
        {
            assert_eq!(distance(a, b), count, "{a} {b}");
            assert_eq!(distance(b, a), count, "{b} {a}");
        }
    }
}
