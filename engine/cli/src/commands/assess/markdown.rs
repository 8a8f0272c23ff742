//! An assessment as Markdown.

use super::report::Report;
use crate::show::describe;

/// The page.
pub(super) fn page(report: &Report) -> String {
    let mut text = format!("# Assessment of {}\n\n{}\n\n", cell(&report.gateway), report.verdict());
    text.push_str("| class | objects and policies | requests |\n|---|---:|---:|\n");
    for (word, count, share) in report.classes() {
        let share = share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}%"));
        text.push_str(&format!("| {word} | {count} | {share} |\n"));
    }
    text.push_str("\n## Findings\n\n| severity | code | object | what | what to do | waived by |\n|---|---|---|---|---|---|\n");
    for one in &report.findings {
        let waived = report.waiver(one).map_or_else(String::new, |waived| {
            format!("{} until {}: {}", waived.owner, waived.expires, waived.reason)
        });
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            describe::severity(one.severity),
            cell(&one.code),
            cell(&one.object),
            cell(&one.message),
            cell(one.action.as_deref().unwrap_or_default()),
            cell(&waived)
        ));
    }
    text.push_str(&format!(
        "\nSupport tables of {} (`{}`).\n\n{}\n",
        report.judged.guide,
        report.judged.rules,
        report.account()
    ));
    text
}

/// A text that does not break the table it stands in.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;

    #[test]
    fn every_finding_is_one_row_whatever_it_says() {
        let page = super::page(&report());
        let rows: Vec<&str> = page.lines().filter(|line| line.contains("X-ODD")).collect();
        assert_eq!(rows.len(), 1, "{page}");
        assert_eq!(rows[0].replace("\\|", "").matches('|').count(), 7, "{}", rows[0]);
        assert!(
            page.contains("ann until 2026-12-31") && page.ends_with("fields 7 of 7 accounted for\n"),
            "{page}"
        );
    }
}
