//! Findings as a table, the gravest first.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use gateshift_model::{Finding, Severity, Waived};

use super::describe;

/// One sentence that says whether anything stands in the way.
pub(crate) fn verdict(findings: &[Finding]) -> String {
    let count = |wanted: Severity| findings.iter().filter(|finding| finding.severity == wanted).count();
    let (block, decide, warn, manual) =
        (count(Severity::Block), count(Severity::Decide), count(Severity::Warn), count(Severity::Manual));
    let rest = format!("{warn} warnings, {manual} manual steps");
    match (block, decide) {
        (0, 0) => format!("verdict: ready to migrate ({rest})"),
        (0, decide) => format!("verdict: {decide} decisions are needed first ({rest})"),
        (block, decide) => {
            format!("verdict: blocked by {block} findings, {decide} decisions are needed ({rest})")
        }
    }
}

/// Who answers for what, a line each.
pub(crate) fn waived(waived: &[Waived]) -> String {
    let line = |one: &Waived| {
        format!(
            "waived: {} {} by {} until {}: {}\n",
            one.code, one.object, one.owner, one.expires, one.reason
        )
    };
    waived.iter().map(line).collect()
}

/// The findings as a table.
pub(crate) fn table(findings: &[Finding]) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.code.cmp(&b.code)).then_with(|| a.object.cmp(&b.object))
    });
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    // Without a terminal nobody says how wide a line may be.
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
    table.set_width(columns);
    table.set_header(["severity", "code", "object", "what, and what to do"]);
    for finding in sorted {
        let mut text = finding.message.clone();
        if let Some(action) = &finding.action {
            text.push_str(&format!("\n-> {action}"));
        }
        table.add_row([describe::severity(finding.severity), &finding.code, &finding.object, &text]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use gateshift_model::{Finding, Severity};

    use super::{table, verdict};

    #[test]
    fn the_gravest_comes_first_and_decides() {
        let finding =
            |severity, code: &str| Finding::new(severity, code, "routes/a", "it is odd").with_action("look");
        let findings = [finding(Severity::Warn, "B-WARN"), finding(Severity::Block, "A-BLOCK")];
        let text = table(&findings);
        assert!(text.find("A-BLOCK") < text.find("B-WARN"), "{text}");
        assert!(text.contains("-> look"));
        assert!(verdict(&findings).contains("blocked by 1 findings"));
        assert!(verdict(&findings[..1]).contains("ready to migrate (1 warnings"));
    }
}
