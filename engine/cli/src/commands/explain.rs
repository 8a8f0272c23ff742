//! `explain`: what a code means. The pages of `docs/errors/` are part of the binary.

use serde_json::json;

use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

pub(super) fn run(code: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let Some(code) = code else {
        let codes: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
        let lines: Vec<String> =
            PAGES.iter().map(|(code, page)| format!("{code:<28} {}", title(page))).collect();
        output.data(&json!({ "codes": codes }), &lines.join("\n"));
        return Ok(Exit::Done);
    };
    let wanted = code.to_ascii_uppercase();
    match PAGES.iter().find(|(code, _)| *code == wanted) {
        Some((code, page)) => {
            output.data(&json!({"code": code, "page": page}), page);
            Ok(Exit::Done)
        }
        None => Err(CliError::new("GS-CODE-UNKNOWN", format!("there is no code `{code}`"))
            .hint("see `gateshift explain` for all codes")
            .exit(Exit::Usage)),
    }
}

/// The first line below the heading.
fn title(page: &str) -> &str {
    page.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default()
}
