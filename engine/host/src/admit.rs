//! What is refused before any byte is sent: actions the manifest does not declare, writes declared as
//! reads, and everything that could change something on a read-only connection. Pure.

use gateshift_model::StepError;
use gateshift_step_api::{ActionUse, CallKind, CallRequest, ConnectionUse, Manifest};

use crate::{ConnectionKind, Scheme, WriteRule};

/// The manifest's word on a connection role.
pub(crate) fn declared<'a>(manifest: &'a Manifest, role: &str) -> Result<&'a ConnectionUse, StepError> {
    manifest.connections.get(role).ok_or_else(|| {
        undeclared(format!(
            "migrator `{}` uses connection `{role}`, which its manifest does not declare",
            manifest.name
        ))
    })
}

/// Whether a connection of this kind may stand in for the role.
pub(crate) fn kind_fits(role: &str, wanted: &ConnectionUse, kind: &ConnectionKind) -> Result<(), StepError> {
    if wanted.kinds.contains(&kind.name) {
        return Ok(());
    }
    let message = format!(
        "connection `{role}` is of kind {}, and the migrator works with {}",
        kind.name,
        wanted.kinds.join(", ")
    );
    Err(StepError::permanent("GS-CONNECTION-KIND", message)
        .with_hint("bind the step's role to another connection of the workflow"))
}

/// Whether a request may be sent.
pub(crate) fn request(
    manifest: &Manifest,
    kind: &ConnectionKind,
    scheme: &Scheme,
    request: &CallRequest,
) -> Result<(), StepError> {
    let wanted = declared(manifest, &request.connection)?;
    kind_fits(&request.connection, wanted, kind)?;
    let Some(declared) = wanted.actions.get(&request.action) else {
        return Err(undeclared(format!(
            "migrator `{}` asks for {} on connection `{}`, which its manifest does not declare",
            manifest.name, request.action, request.connection
        )));
    };
    let asked = if request.kind == CallKind::Read { ActionUse::Read } else { ActionUse::Write };
    if asked != *declared {
        let message =
            format!("{} is declared as a {} and sent as a {}", request.action, word(*declared), word(asked));
        return Err(StepError::permanent("GS-ACTION-KIND", message)
            .with_hint("report this defect of the migrator to its author"));
    }
    spelling(request, scheme)?;
    read_only(kind, request)
}

fn read_only(kind: &ConnectionKind, request: &CallRequest) -> Result<(), StepError> {
    if kind.writes == WriteRule::Allowed {
        return Ok(());
    }
    // Where the path is `/` the action alone decides; elsewhere method and path do, whatever the action's name.
    // Some questions are too long for a path: the kind knows where a POST is one.
    let asks = request.method == "POST" && (request.path == "/" || kind.writes.reads_by_post(&request.path));
    let harmless = asks || matches!(request.method.as_str(), "GET" | "HEAD");
    if request.kind == CallKind::Read && harmless && kind.writes.admits(&request.action) {
        return Ok(());
    }
    let message = format!(
        "{} ({} {}) could change what connection `{}` leads to, and connections of kind {} only read",
        request.action, request.method, request.path, request.connection, kind.name
    );
    Err(StepError::permanent("GS-SOURCE-READ-ONLY", message)
        .with_hint("nothing was sent; the source is never changed, make this change by hand if it is meant"))
}

/// Refuses requests that would not go out as they are written, or that name their action twice.
fn spelling(request: &CallRequest, scheme: &Scheme) -> Result<(), StepError> {
    let token = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let dots =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let plain = request.path.bytes().all(|b| {
        b.is_ascii_graphic()
            && !matches!(b, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'^' | b'|')
    });
    let cause = if !token(&request.action) {
        "the action is no name"
    } else if !request.method.bytes().all(|b| b.is_ascii_uppercase()) || request.method.is_empty() {
        "the method is not in capitals"
    } else if !request.path.starts_with('/') || !plain || request.path.split('/').any(dots) {
        "the path is not absolute and percent-encoded"
    } else if matches!(scheme, Scheme::Acs3 { .. }) && request.query.iter().any(|(name, _)| is_envelope(name))
    {
        "the query names action or version, which the host sets"
    } else {
        return Ok(());
    };
    let message = format!("{} {} {}: {cause}", request.action, request.method, request.path);
    Err(StepError::permanent("GS-BAD-REQUEST", message)
        .with_hint("report this defect of the migrator to its author"))
}

fn is_envelope(name: &str) -> bool {
    name.eq_ignore_ascii_case("action") || name.eq_ignore_ascii_case("version")
}

fn undeclared(message: String) -> StepError {
    StepError::permanent("GS-UNDECLARED-ACTION", message)
        .with_hint("nothing was sent; use a version of the migrator whose manifest declares it")
}

fn word(kind: ActionUse) -> &'static str {
    match kind {
        ActionUse::Read => "read",
        ActionUse::Write => "write",
    }
}
