//! Where a step's migrator comes from and where it runs. Which way it runs is the operator's choice, written in the
//! workflow; nothing that the migrator says of itself has a part in it.

use gateshift_model::{Code, LibraryRef, StepError};
use gateshift_step_api::Manifest;

use crate::catalogue::Used;
use crate::codes;
use crate::diagnostic::{Diagnostic, Level, Report, Span};
use crate::fields::Fields;
use crate::suggest;

/// The values of `isolation`.
pub(crate) const ISOLATION: [&str; 2] = [PROCESS, IN_PROCESS];
const PROCESS: &str = "process";
const IN_PROCESS: &str = "in-process";

/// What is known of the code of a migrator.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    library: Option<LibraryRef>,
    trusted: bool,
}

/// The manifest, and where the code comes from.
pub(crate) fn parts(used: Option<Used>) -> (Option<Manifest>, Source) {
    match used {
        Some(Used { manifest, library, trusted }) => (Some(manifest), Source { library, trusted }),
        None => (None, Source::default()),
    }
}

/// A migrator that is there and cannot be used.
pub(crate) fn refused(error: StepError, span: Span) -> Diagnostic {
    let found = Diagnostic::new(Level::Error, error.code, span, error.message);
    match error.hint {
        Some(hint) => found.fix(hint),
        None => found,
    }
}

/// The code of a step as the run keeps it; none when the program has it linked in and runs it itself.
pub(crate) fn code(fields: &Fields<'_>, source: &Source, report: &mut Report) -> Option<Code> {
    let wanted = fields.text("isolation", report);
    let isolated = match wanted {
        Some((PROCESS, _)) => true,
        Some((IN_PROCESS, span)) => {
            if source.library.is_some() && !source.trusted {
                let message = "a migrator from a file that was not added runs in a process of its own";
                let fix = "look at it with `gateshift migrators info FILE`, then `gateshift migrators add FILE`; or leave `isolation` out";
                report.push(Diagnostic::error(codes::VALUE, span, message).fix(fix.to_owned()));
            }
            false
        }
        Some((other, span)) => {
            let fix = suggest::fix(other, &ISOLATION, report);
            let message = format!("`isolation` cannot be `{other}`");
            report.push(Diagnostic::error(codes::VALUE, span, message).fix(fix));
            true
        }
        None => source.library.is_some(),
    };
    let library = source.library.clone();
    (library.is_some() || isolated).then_some(Code { library, isolated })
}
