//! Plays a story under a fault, as an operator would: whatever breaks off is taken up by the next process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateshift_model::{RunId, RunStatus, StepName, StepStatus};
use tokio_util::sync::CancellationToken;

use super::Fault;
use super::stories::{Stage, Story};
use crate::testing::Lab;
use crate::{Driven, Engine, EngineError, NoWatcher};

/// An object that is there before the run and belongs to somebody else.
pub(crate) const FOREIGN: &str = "foreign/0";

/// What is compared: all that matters of an end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    status: RunStatus,
    steps: BTreeMap<StepName, StepStatus>,
    pub(crate) present: BTreeSet<String>,
    /// How often each object was made and removed.
    creates: BTreeMap<String, u32>,
    deletes: BTreeMap<String, u32>,
}

/// A story that was played.
pub(crate) struct Played {
    pub(crate) run: RunId,
    pub(crate) end: End,
    pub(crate) commits: usize,
    pub(crate) writes: usize,
    /// Codes of what broke off.
    pub(crate) broke: Vec<String>,
}

/// Plays a story to its end.
pub(crate) async fn play(lab: &Lab, story: &Story, fault: Option<Fault>) -> Played {
    lab.world.lock().present.insert(FOREIGN.to_owned());
    lab.world.lock().no_wait = story.no_wait;
    let blow = match fault {
        Some(Fault::Commit(at, blow)) => Some((at, blow)),
        Some(Fault::Write(at, cut)) => {
            lab.world.lock().cut = Some((at, cut));
            None
        }
        None => None,
    };
    let run = lab.submit(story.definition.clone()).await;
    let (mut engine, journal) = lab.process_under(blow);
    let mut broke = Vec::new();
    for stage in &story.stages {
        for turn in 0.. {
            assert!(turn < 4, "{} {fault:?}: {stage:?} does not come to an end: {broke:?}", story.name);
            match stand(&engine, lab, run, stage, turn > 0).await {
                Ok(_) => break,
                Err(error) => {
                    assert!(fault.is_some(), "{}: {stage:?}: {error:?}", story.name);
                    broke.push(error.code().to_owned());
                    // The process is gone; the next one finds a disk with room again.
                    lab.world.lock().cut = None;
                    engine = lab.process_under(None).0;
                }
            }
        }
    }
    let state = lab.state(run).await;
    let steps = state.steps.iter().map(|(name, own)| (name.clone(), own.status)).collect();
    let world = lab.world.lock();
    let end = End {
        status: state.status,
        steps,
        present: world.present.clone(),
        creates: world.creates.clone(),
        deletes: world.deletes.clone(),
    };
    Played { run, end, commits: journal.commits(), writes: world.writes, broke }
}

/// One stage. What does not apply any more when it is repeated was done before the process died: then the
/// run only has to go on.
async fn stand(
    engine: &Engine,
    lab: &Lab,
    run: RunId,
    stage: &Stage,
    again: bool,
) -> Result<Option<Driven>, EngineError> {
    let (stop, watcher) = (CancellationToken::new(), Arc::new(NoWatcher));
    let driven = match stage {
        Stage::Drive => engine.drive(run, stop, watcher).await,
        Stage::Resume => engine.resume(run, stop, watcher).await,
        Stage::Undo(scope) => engine.undo(run, *scope, "asked for", stop, watcher).await,
        Stage::Act(command) => match engine.act(run, command, stop, watcher).await {
            Err(EngineError::Refused(_)) if again => {
                engine.resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await
            }
            driven => driven,
        },
        Stage::By(user, command) => match lab.user(user).act(run, command, stop, watcher).await {
            Err(EngineError::Refused(_)) if again => return Ok(None),
            driven => driven,
        },
        Stage::Ask(command) => return lab.successor().request(run, command).await.map(|_| None),
        Stage::Click(things) => {
            lab.world.lock().clicked = *things;
            return Ok(None);
        }
    };
    driven.map(Some)
}
