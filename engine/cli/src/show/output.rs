//! The one place that prints. Meaning survives without colour; `--json` prints one document.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::args::{EventsForm, Global};
use crate::error::CliError;

/// How to print.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// One JSON document on stdout.
    pub(crate) json: bool,
    /// A stream of events on stdout.
    pub(crate) events: Option<EventsForm>,
    /// Only results and errors.
    pub(crate) quiet: bool,
    /// Colours on stderr.
    pub(crate) color: bool,
    /// A live tree can be drawn on stderr.
    pub(crate) live: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let color = terminal && !global.no_color && std::env::var_os("NO_COLOR").is_none();
        let live = terminal
            && !global.quiet
            && global.events.is_none()
            && std::env::var("TERM").is_ok_and(|term| term != "dumb");
        Self { json: global.json, events: global.events, quiet: global.quiet, color, live }
    }

    /// Data: the JSON document with `--json`, else the text.
    pub(crate) fn data(&self, value: &impl Serialize, text: &str) {
        if self.json {
            self.line(&serde_json::to_string_pretty(value).unwrap_or_default());
        } else if self.events.is_none() {
            self.line(text.trim_end());
        }
    }

    /// Data that takes the place of what was shown before: one JSON document a line with `--json`; on a terminal the
    /// screen is cleared first.
    pub(crate) fn again(&self, value: &impl Serialize, text: &str) {
        if self.json {
            self.line(&serde_json::to_string(value).unwrap_or_default());
            return;
        }
        let clear = if std::io::stdout().is_terminal() { "\u{1b}[H\u{1b}[2J" } else { "" };
        self.line(&format!("{clear}{}", text.trim_end()));
    }

    /// Text for stdout, whatever the form.
    pub(crate) fn line(&self, text: &str) {
        // A reader that went away (`| head`) is no error of ours.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// One event of a stream.
    pub(crate) fn event(&self, value: &Value) {
        self.line(&value.to_string());
    }

    /// A remark on stderr.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// What is wrong with something, said even when quiet.
    pub(crate) fn complain(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// An error, for programs on stdout too when they asked for JSON.
    pub(crate) fn error(&self, error: &CliError) {
        let (red, plain) = if self.color { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
        let mut text = format!("{red}error[{}]{plain}: {}", error.code, error.message);
        if let Some(hint) = &error.hint {
            text.push_str(&format!("\n  hint: {hint}"));
        }
        text.push_str(&format!("\n  more: gateshift explain {}", error.code));
        let _ = writeln!(std::io::stderr().lock(), "{text}");
        if self.json {
            let mut document = json!({"code": error.code, "message": error.message, "hint": error.hint, "exit": error.exit as u8});
            if !error.details.is_null() {
                document["details"] = error.details.clone();
            }
            self.line(&json!({ "error": document }).to_string());
        }
    }
}
