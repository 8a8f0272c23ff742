//! A run as its history tells it, with the place up to which it was read: what is read once is not read
//! again when the run is taken.

use gateshift_journal::{Journal, JournalError};
use gateshift_model::{Envelope, Event, RunId, RunState, Seq};

use crate::EngineError;

/// Events read at once: the history of a large run is longer than what is left of it in the fold.
const PAGE: usize = 1024;

/// A state and the place of the last event in it.
pub(crate) struct Folded {
    pub(crate) state: RunState,
    seq: Seq,
}

impl Folded {
    /// Folds the whole history of a run.
    pub(crate) async fn read(journal: &dyn Journal, run: RunId) -> Result<Self, EngineError> {
        let mut page = journal.events(run, 1, PAGE).await?;
        let (first, rest) = page.split_first().ok_or(JournalError::UnknownRun(run))?;
        let state = RunState::begin(&event_of(first)?, first.at, &first.actor)
            .map_err(|cause| EngineError::IllegalHistory { run, cause })?;
        let mut folded = Self { state, seq: first.seq };
        rest.iter().try_for_each(|envelope| folded.apply(envelope))?;
        while page.len() == PAGE {
            page = journal.events(run, folded.seq + 1, PAGE).await?;
            page.iter().try_for_each(|envelope| folded.apply(envelope))?;
        }
        Ok(folded)
    }

    /// Takes in the claim, and before it what others wrote since the history was read. Gives the run as it
    /// stood before the claim.
    pub(crate) async fn catch_up(
        &mut self,
        journal: &dyn Journal,
        claim: &Envelope,
    ) -> Result<RunState, EngineError> {
        while self.seq + 1 < claim.seq {
            let page = journal.events(claim.run, self.seq + 1, PAGE).await?;
            if page.is_empty() {
                break;
            }
            page.iter().filter(|found| found.seq < claim.seq).try_for_each(|found| self.apply(found))?;
            if page.iter().any(|found| found.seq >= claim.seq) {
                break;
            }
        }
        let before = self.state.clone();
        self.apply(claim)?;
        Ok(before)
    }

    fn apply(&mut self, envelope: &Envelope) -> Result<(), EngineError> {
        let taken = self.state.apply(&event_of(envelope)?, envelope.generation, envelope.at, &envelope.actor);
        taken.map_err(|cause| EngineError::IllegalHistory { run: envelope.run, cause })?;
        self.seq = envelope.seq;
        Ok(())
    }
}

/// Where a run stands, from its history in a journal alone.
pub async fn state_of(journal: &dyn Journal, run: RunId) -> Result<RunState, EngineError> {
    Folded::read(journal, run).await.map(|folded| folded.state)
}

/// The event in an envelope; one of a newer version is an error that names its place.
pub fn event_of(envelope: &Envelope) -> Result<Event, EngineError> {
    envelope.event().map_err(|error| EngineError::UnknownEvent {
        run: envelope.run,
        seq: envelope.seq,
        cause: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use gateshift_journal::suite::{batch, owned_run};
    use gateshift_journal::{Journal, MemoryJournal};

    use super::{Folded, PAGE};

    #[tokio::test]
    async fn a_history_is_folded_to_its_end_however_the_pages_fall() {
        for total in [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 7] {
            let journal = MemoryJournal::default();
            let run = owned_run(&journal).await;
            // Two events are there already.
            let texts = vec!["more"; total - 2];
            assert_eq!(journal.append(batch(run, 1, &texts, true)).await.unwrap().len(), total - 2);
            let folded = Folded::read(&journal, run).await.unwrap();
            assert_eq!((folded.seq, folded.state.generation), (total as u64, 1));
        }
    }
}
