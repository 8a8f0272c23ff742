//! A program that prints a key. The line is split at spaces and no shell looks at it.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::recipe::Kitchen;
use super::{Keys, Miss};

/// Runs the program and reads the profile it prints.
pub(super) async fn run(kitchen: &Kitchen, line: &str) -> Result<Keys, Miss> {
    let mut words = line.split_whitespace();
    let program = words.next().ok_or_else(|| Miss::new("the command is empty"))?;
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(kitchen.patience, command.output())
        .await
        .map_err(|_| Miss::transient(format!("`{program}` did not end in time")))?
        .map_err(|error| Miss::new(format!("`{program}`: {error}")))?;
    if !output.status.success() {
        return Err(Miss::new(format!("`{program}` ended with {}", output.status)));
    }
    let printed: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| Miss::new(format!("`{program}` printed no JSON")))?;
    let field = |name: &str| printed.get(name).and_then(Value::as_str);
    Keys::of(field("access_key_id"), field("access_key_secret"), field("sts_token"))
        .ok_or_else(|| Miss::new(format!("`{program}` printed no access_key_id and access_key_secret")))
}
