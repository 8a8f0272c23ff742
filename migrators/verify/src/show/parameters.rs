//! Parameters of the gateway that a request can show, and the list of those that none shows.

use super::{Base, PLACES, SENT};
use crate::draft::Draft;
use crate::generate::Maker;
use crate::ledger::SubjectKind;

/// Parameters that have requests of their own.
const SHOWN: [&str; 3] = ["EnableSlashMerge", "PathWithEscapedSlashes", "EnableGzip"];
/// Parameters that requests about other things show.
const ELSEWHERE: [(&str, &str); 3] = [
    ("XffTrustedNum", "the requests about address lists show it, where there are lists"),
    ("EnableGenerateRequestId", "request ids are random by nature and left out of the comparison"),
    ("PreserveExternalRequestID", "the target has no such parameter: see PAR-UNSUPPORTED"),
];

/// Requests for all parameters.
pub(super) fn requests(maker: &mut Maker<'_>, bases: &[Base]) {
    for name in maker.access.inventory.parameters.keys() {
        let subject = maker.ledger.subject(SubjectKind::Parameter, format!("parameters/{name}"));
        maker.ledger.concern(subject, "effect");
        if SHOWN.contains(&name.as_str()) {
            let plain = bases.iter().filter(|base| is_plain(&base.bare));
            for base in plain.take(PLACES) {
                ask(maker, subject, name, base);
            }
            maker.ledger.reason(subject, "no route was found on which a request could show it");
            continue;
        }
        let known = ELSEWHERE.iter().find(|(one, _)| one == name).map(|(_, why)| *why);
        maker
            .ledger
            .reason(subject, known.unwrap_or("no request shows it; the step `parameters` reads it back"));
    }
}

fn is_plain(draft: &Draft) -> bool {
    draft.method == "GET" && draft.path.len() > 1 && !draft.path.contains('%')
}

fn ask(maker: &mut Maker<'_>, subject: usize, name: &str, base: &Base) {
    let concern = maker.ledger.concern(subject, "effect");
    let mut draft = base.bare.to_show(format!("parameter {name}"));
    match name {
        "EnableSlashMerge" => draft.path = format!("/{}", draft.path),
        "PathWithEscapedSlashes" => draft.path = format!("{}%2F{SENT}", draft.path.trim_end_matches('/')),
        _ => draft = draft.with_header("accept-encoding", "gzip"),
    }
    maker.effect(Some(base), draft.about(concern));
}
