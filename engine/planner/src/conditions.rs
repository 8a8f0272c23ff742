//! What has to hold before a step begins, besides the steps it needs.

use gateshift_model::Conditions;

use crate::approvals::{self, Groups};
use crate::diagnostic::Report;
use crate::expand::Expander;
use crate::fields::Fields;
use crate::steps::Step;
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
        let approval = approvals::of_step(fields, &self.groups, expander, report);
        Some(Conditions { window: window.ok()?, approval: approval.ok()? })
    }
}
