//! What has to hold before a step begins, besides the steps it needs.

use gateshift_model::{Conditions, pieces};

use crate::approvals::{self, Groups};
use crate::codes;
use crate::diagnostic::{Diagnostic, Report};
use crate::expand::Expander;
use crate::fields::Fields;
use crate::steps::Step;
use crate::tree::Kind;
use crate::windows::{self, Windows};

/// What the workflow says for all steps.
pub(crate) struct Rules<'n> {
    windows: Windows<'n>,
    groups: Groups<'n>,
}

impl<'n> Rules<'n> {
    pub(crate) fn read(root: &Fields<'n>, report: &mut Report) -> Self {
        Self { windows: windows::read(root, report), groups: approvals::read(root, report) }
    }

    /// The conditions of a step; nothing when there is a mistake in them, which has been reported.
    pub(crate) fn of(
        &self,
        step: &Step<'_>,
        expander: &Expander<'_>,
        report: &mut Report,
    ) -> Option<Conditions> {
        let fields = step.fields()?;
        let window = windows::of_step(fields, &self.windows, report);
        let at_once = Expander { outputs: None, ..*expander };
        let approval = approvals::of_step(fields, &self.groups, &at_once, report);
        let when = when(fields, expander, report);
        Some(Conditions {
            when: when.ok()?,
            open: Vec::new(),
            window: window.ok()?,
            approval: approval.ok()?,
        })
    }
}

/// The condition of a step, without the braces; an error when it cannot be read, which has been reported.
fn when(fields: &Fields<'_>, expander: &Expander<'_>, report: &mut Report) -> Result<Option<String>, ()> {
    let Some((_, node)) = fields.get("if") else { return Ok(None) };
    let text = match &node.kind {
        Kind::Text(text) => text.trim(),
        _ => "",
    };
    let inside = pieces(text).and_then(|pieces| match pieces.as_slice() {
        [Err(inside)] => Some(*inside),
        _ => None,
    });
    let (Some(inside), Some(reach)) = (inside, expander.outputs) else {
        let fix = "write one expression: `if: ${{ steps.NAME.outputs.FIELD == 'value' }}`".to_owned();
        let message = format!("`if` is {} and has to be an expression", node.describe());
        report.push(Diagnostic::error(codes::EXPRESSION, node.span, message).fix(fix));
        return Err(());
    };
    let place = expander.place(node.span, 0, Some(inside));
    if reach.check(inside, place, expander.inputs, report) { Ok(Some(inside.to_owned())) } else { Err(()) }
}
