//! An assessment as one page that needs nothing else: no script, no picture, nothing from elsewhere.

use gateshift_model::Severity;

use super::report::Report;
use crate::show::describe;
use crate::show::markup::escape;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2430}\
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #d8dee6}\
td.n{text-align:right;font-variant-numeric:tabular-nums}code{font-size:.9em}.block{color:#a1121b;font-weight:600}.decide{color:#9a4d00;font-weight:600}\
.warn{color:#6b5900}.waived{opacity:.7}.do{color:#3d4a5c}@media(prefers-color-scheme:dark){body{background:#14181e;color:#dde3ea}\
th,td{border-color:#333c48}.block{color:#ff7b83}.decide{color:#ffb066}.warn{color:#e5cf6b}.do{color:#a9b4c2}}";

/// The page.
pub(super) fn page(report: &Report) -> String {
    let gateway = escape(&report.gateway);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<title>Assessment of {gateway}</title><style>{STYLE}</style></head><body>\n<h1>Assessment of {gateway}</h1>\n<p>{}</p>\n",
        escape(&report.verdict())
    );
    text.push_str("<table><thead><tr><th>class</th><th>objects and policies</th><th>requests</th></tr></thead><tbody>\n");
    for (word, count, share) in report.classes() {
        let share = share.map_or_else(|| "&ndash;".to_owned(), |share| format!("{share:.2}%"));
        text.push_str(&format!(
            "<tr><td>{word}</td><td class=\"n\">{count}</td><td class=\"n\">{share}</td></tr>\n"
        ));
    }
    text.push_str("</tbody></table>\n<h2>Findings</h2>\n<table><thead><tr><th>severity</th><th>code</th><th>object</th><th>what, and what to do</th></tr></thead><tbody>\n");
    for one in &report.findings {
        let word = describe::severity(one.severity);
        let waiver = report.waiver(one);
        let row = if waiver.is_some() { " class=\"waived\"" } else { "" };
        text.push_str(&format!(
            "<tr{row}><td class=\"{word}\">{word}</td><td><code>{}</code></td><td><code>{}</code></td><td>{}",
            escape(&one.code),
            escape(&one.object),
            escape(&one.message)
        ));
        if let Some(action) = &one.action {
            text.push_str(&format!("<br><span class=\"do\">{}</span>", escape(action)));
        }
        if let Some(waived) = waiver {
            text.push_str(&format!(
                "<br>waived by {} until {}: {}",
                escape(&waived.owner),
                waived.expires,
                escape(&waived.reason)
            ));
        }
        text.push_str("</td></tr>\n");
    }
    let open = report.failing(Severity::Decide).count();
    text.push_str(&format!(
        "</tbody></table>\n<p>{open} findings stand in the way. Support tables of {} (<code>{}</code>).</p>\n<p>{}</p>\n</body></html>\n",
        escape(&report.judged.guide),
        escape(&report.judged.rules),
        report.account()
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;

    #[test]
    fn the_page_holds_together_and_asks_nobody() {
        let page = super::page(&report());
        // What HTML leaves open, XML closes.
        let closed = page
            .replace("<!DOCTYPE html>", "")
            .replace("&ndash;", "-")
            .replace("<br>", "<br/>")
            .replace("<meta charset=\"utf-8\">", "")
            .replace("<meta name=\"viewport\" content=\"width=device-width\">", "");
        let document = roxmltree::Document::parse(&closed);
        let document = document.unwrap_or_else(|error| panic!("{error}\n{page}"));
        let rows = document.descendants().filter(|node| node.has_tag_name("tr")).count();
        assert_eq!(rows, 1 + 5 + 1 + 3);
        for elsewhere in ["http://", "https://", "<script", "<img", "<link"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
        assert!(page.contains("75.00%") && page.contains("waived by ann") && page.contains("fields 7 of 7"));
    }
}
