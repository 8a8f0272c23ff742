//! An assessment as JUnit's XML: every finding is a test case, so that build servers show it.

use gateshift_model::Severity;

use super::report::Report;
use crate::show::describe;
use crate::show::markup::escape;

/// The document. Findings from the severity `from` on fail, unless somebody answers for them.
pub(super) fn document(report: &Report, from: Severity) -> String {
    let unknown = report.fields != report.accounted;
    let failures = report.failing(from).count() + usize::from(unknown);
    let skipped = report.findings.iter().filter(|one| report.waiver(one).is_some()).count();
    let tests = report.findings.len() + 1;
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gateshift assess\" tests=\"{tests}\" failures=\"{failures}\">\n\
<testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n",
        escape(&report.gateway)
    );
    text.push_str("<testcase classname=\"full-account\" name=\"every field is accounted for\">");
    if unknown {
        text.push_str(&format!("<failure message=\"{}\"/>", escape(&report.account())));
    }
    text.push_str(&format!("<system-out>{}</system-out></testcase>\n", escape(&report.account())));
    for one in &report.findings {
        text.push_str(&format!(
            "<testcase classname=\"{}\" name=\"{}\">",
            escape(&one.code),
            escape(&one.object)
        ));
        let word = describe::severity(one.severity);
        let action = one.action.as_deref().unwrap_or_default();
        if let Some(waived) = report.waiver(one) {
            let message = format!("waived by {} until {}: {}", waived.owner, waived.expires, waived.reason);
            text.push_str(&format!("<skipped message=\"{}\"/>", escape(&message)));
        } else if one.severity >= from {
            text.push_str(&format!(
                "<failure type=\"{word}\" message=\"{}\">{}</failure>",
                escape(&one.message),
                escape(action)
            ));
        } else {
            text.push_str(&format!(
                "<system-out>{word}: {} {}</system-out>",
                escape(&one.message),
                escape(action)
            ));
        }
        text.push_str("</testcase>\n");
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

#[cfg(test)]
mod tests {
    use gateshift_model::Severity;

    use super::super::testing::report;

    #[test]
    fn a_reader_of_xml_finds_every_finding() {
        for (from, failures) in [(Severity::Decide, 1), (Severity::Warn, 2), (Severity::Block, 1)] {
            let text = super::document(&report(), from);
            let document =
                roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
            assert_eq!((count("testcase"), count("failure"), count("skipped")), (4, failures, 1));
            let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
            assert_eq!(suite.attribute("failures"), Some(failures.to_string().as_str()));
            assert!(suite.attribute("name").unwrap().contains("<shop>"));
        }
    }
}
