//! A live tree of the steps with progress bars, redrawn in place on a terminal.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gateshift_executor::Watcher;
use gateshift_model::{Envelope, Event, RunState, StepName};
use gateshift_step_api::{LogLevel, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Bars by step.
pub(crate) struct Tree {
    all: MultiProgress,
    bars: Mutex<BTreeMap<StepName, ProgressBar>>,
    color: bool,
}

impl Tree {
    pub(crate) fn new(color: bool) -> Self {
        Self { all: MultiProgress::new(), bars: Mutex::default(), color }
    }

    fn with(&self, step: &StepName, change: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = self.bars.lock().unwrap_or_else(PoisonError::into_inner).get(step) {
            change(bar);
        }
    }

    fn style(&self, template: &str) -> ProgressStyle {
        let template = if self.color {
            template.to_owned()
        } else {
            template.replace(".cyan", "").replace(".green", "").replace(".red", "").replace(".dim", "")
        };
        ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─")
    }

    fn end(&self, step: &StepName, mark: &str, text: String) {
        self.with(step, |bar| {
            bar.set_style(self.style(&format!("{mark} {{prefix:<14}} {{elapsed:>6}}  {{msg}}")));
            bar.finish_with_message(text);
        });
    }
}

impl Watcher for Tree {
    fn begin(&self, state: &RunState) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let last = state.definition.steps.len().saturating_sub(1);
        for (index, step) in state.definition.steps.iter().enumerate() {
            let branch = if index == last { "└" } else { "├" };
            let bar = self.all.add(ProgressBar::new(0));
            bar.set_prefix(step.name.to_string());
            bar.set_style(self.style(&format!("{branch} {{prefix:<14.dim}} waiting")));
            bar.tick();
            bars.insert(step.name.clone(), bar);
        }
        for (name, step) in &state.steps {
            if step.status == gateshift_model::StepStatus::Done
                && let Some(bar) = bars.get(name)
            {
                bar.set_style(self.style("{prefix:<16.green} done before"));
                bar.finish();
            }
        }
    }

    fn event(&self, _: &Envelope, event: &Event) {
        let Some(step) = event.step() else { return };
        match event {
            Event::StepStarted { .. } => self.with(step, |bar| {
                bar.reset();
                bar.set_style(self.style(
                    "{spinner:.cyan} {prefix:<14} {elapsed:>6}  {bar:24.cyan} {pos}/{len} {wide_msg}",
                ));
                bar.enable_steady_tick(Duration::from_millis(120));
            }),
            Event::StepPlanned { summary, .. } => self.with(step, |bar| bar.set_message(summary.clone())),
            Event::StepPending { reason, .. } => self.with(step, |bar| bar.set_message(reason.clone())),
            Event::StepDone { .. } => {
                let text = self
                    .bars
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(step)
                    .map(ProgressBar::message)
                    .unwrap_or_default();
                self.end(step, "✓", text);
            }
            Event::StepFailed { error, retry_at, .. } => {
                if retry_at.is_some() {
                    self.with(step, |bar| bar.set_message(format!("again after {}", error.message)));
                } else {
                    self.end(step, "✗", format!("{}: {}", error.code, error.message));
                }
            }
            Event::StepSkipped { reason, .. } | Event::StepPassedOver { reason, .. } => {
                self.end(step, "-", format!("skipped: {reason}"))
            }
            Event::StepUndoing { .. } => self.with(step, |bar| {
                bar.reset();
                bar.set_style(self.style("{spinner:.red} {prefix:<14} {elapsed:>6}  {wide_msg}"));
                bar.set_message("taking back");
            }),
            Event::StepUndone { .. } => self.end(step, "↶", "taken back".to_owned()),
            _ => {}
        }
    }

    fn progress(&self, step: &StepName, progress: &Progress) {
        self.with(step, |bar| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(progress.text.clone());
        });
    }

    fn log(&self, step: &StepName, level: LogLevel, line: &str) {
        if level != LogLevel::Debug {
            // Drawing over the bars would tear them.
            let _ = self.all.println(format!("  {step}: {line}"));
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        for bar in self.bars.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if !bar.is_finished() {
                bar.abandon();
            }
        }
    }
}
