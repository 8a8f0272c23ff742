//! What an assessment found, ready to be shown in any form.

use std::collections::BTreeMap;

use gateshift_executor::Answered;
use gateshift_gateway_model::{Assessed, Class, Judged};
use gateshift_model::{Finding, Plan, RunId, Severity};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::show::findings::{table, verdict, waived};

/// The classes, best first, in words.
pub(super) const CLASSES: [(Class, &str); 5] = [
    (Class::Same, "same"),
    (Class::Renamed, "renamed"),
    (Class::Lossy, "lossy"),
    (Class::Choice, "choice"),
    (Class::Blocked, "blocked"),
];

/// An assessment.
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    pub(super) answered: Answered,
    pub(super) judged: Judged,
    pub(super) gateway: String,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) fields: u64,
    pub(super) accounted: u64,
    run: Option<RunId>,
}

impl Report {
    /// From the plan of the step that assessed.
    pub(super) fn of(plan: &Plan, answered: Answered, run: Option<RunId>) -> Self {
        let assessed: Option<Assessed> = serde_json::from_value(plan.facts.clone()).ok();
        let judged = serde_json::from_value(plan.facts.clone()).unwrap_or_default();
        let (gateway, counts, fields, accounted) = assessed.map_or_else(Default::default, |one| {
            let gateway = format!("{} ({}, {})", one.gateway_name, one.origin.gateway, one.origin.region);
            (gateway, one.counts, one.fields, one.fields_accounted)
        });
        Self { findings: plan.findings.clone(), answered, judged, gateway, counts, fields, accounted, run }
    }

    /// The last line of every assessment.
    pub(super) fn account(&self) -> String {
        format!("fields {} of {} accounted for", self.accounted, self.fields)
    }

    /// 3 when something at least so grave is open, else 0.
    pub(super) fn exit(&self, fail_on: Option<Severity>) -> Exit {
        let from = fail_on.unwrap_or(Severity::Decide);
        if self.failing(from).next().is_some() { Exit::Blocked } else { Exit::Done }
    }

    /// Findings at least so grave that nobody answers for.
    pub(super) fn failing(&self, from: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |one| one.severity >= from && self.waiver(one).is_none())
    }

    /// Who answers for a finding, and why.
    pub(super) fn waiver(&self, finding: &Finding) -> Option<&gateshift_model::Waived> {
        let fits = |one: &&gateshift_model::Waived| one.code == finding.code && one.object == finding.object;
        self.answered.waived.iter().find(fits)
    }

    /// One sentence that says whether anything stands in the way.
    pub(super) fn verdict(&self) -> String {
        let open: Vec<Finding> =
            self.findings.iter().filter(|one| self.waiver(one).is_none()).cloned().collect();
        verdict(&open)
    }

    /// Classes with how many objects and how many requests each has.
    pub(super) fn classes(&self) -> Vec<(&'static str, u64, Option<f64>)> {
        let traffic = self.judged.traffic.as_ref();
        let known = traffic.map(|share| share.requests.saturating_sub(share.unknown)).filter(|all| *all > 0);
        CLASSES
            .into_iter()
            .map(|(class, word)| {
                let count = self.judged.classes.get(&class).copied().unwrap_or(0);
                let share = traffic.zip(known).map(|(share, all)| {
                    let requests = share.by_class.get(&class).copied().unwrap_or(0);
                    // Rounded to hundredths, which is all that is ever shown.
                    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
                    let percent = requests as f64 * 100.0 / all as f64;
                    percent
                });
                (word, count, share)
            })
            .collect()
    }

    /// For a terminal.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        if !self.findings.is_empty() {
            text.push_str(&format!("{}\n", table(&self.findings)));
        }
        text.push_str(&waived(&self.answered.waived));
        for over in &self.answered.expired {
            text.push_str(&format!(
                "expired: the waiver of {} for {} {} was good until {}\n",
                over.owner, over.code, over.object, over.expires
            ));
        }
        text.push_str(&format!("{}\n", self.verdict()));
        let classes: Vec<String> = self
            .classes()
            .into_iter()
            .map(|(word, count, share)| match share {
                Some(share) => format!("{word} {count} ({share:.2}% of requests)"),
                None => format!("{word} {count}"),
            })
            .collect();
        text.push_str(&format!("objects and policies: {}\n", classes.join(", ")));
        if let Some(unknown) = self.judged.traffic.as_ref().map(|share| share.unknown).filter(|one| *one > 0)
        {
            text.push_str(&format!("{unknown} requests of the access log met no route of this gateway\n"));
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "gateway": self.gateway,
            "run": self.run,
            "verdict": self.verdict(),
            "counts": self.counts,
            "classes": self.judged.classes,
            "kinds": self.judged.kinds,
            "traffic": self.judged.traffic,
            "rules": {"digest": self.judged.rules, "guide": self.judged.guide},
            "findings": self.findings,
            "waived": self.answered.waived,
            "expired": self.answered.expired,
            "fields": self.fields,
            "fieldsAccounted": self.accounted,
        })
    }
}
