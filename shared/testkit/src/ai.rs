//! An assistant that does as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::ai::offline::OfflineAssistant;
use shared::ai::{Ai, AiError, BoxFuture, Completion, CompletionRequest};

/// What becomes of one request.
#[derive(Clone, Debug)]
enum Step {
    Fails(AiError),
    Waits(Duration),
}

#[derive(Debug, Default)]
struct Script {
    steps: VecDeque<Step>,
    asked: Vec<CompletionRequest>,
}

/// An assistant that follows a script, then answers as the embedded one does; it remembers what it was asked. Clones share the script.
#[derive(Clone, Debug, Default)]
pub struct ScriptedAi(Arc<Mutex<Script>>);

impl ScriptedAi {
    /// Answers at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its next request fails like this.
    #[must_use]
    pub fn fails(self, error: AiError) -> Self {
        self.then(Step::Fails(error))
    }

    /// Its next request finds nobody there.
    #[must_use]
    pub fn unavailable(self) -> Self {
        self.fails(AiError::Unavailable { retry_after_seconds: None })
    }

    /// Its next request is answered after this time.
    #[must_use]
    pub fn waits(self, time: Duration) -> Self {
        self.then(Step::Waits(time))
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<CompletionRequest> {
        self.script().asked.clone()
    }

    fn then(self, step: Step) -> Self {
        self.script().steps.push_back(step);
        self
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().expect("no test panics while holding it")
    }
}

impl Ai for ScriptedAi {
    fn complete<'a>(&'a self, request: CompletionRequest) -> BoxFuture<'a, Result<Completion, AiError>> {
        Box::pin(async move {
            let step = {
                let mut script = self.script();
                script.asked.push(request.clone());
                script.steps.pop_front()
            };
            match step {
                Some(Step::Fails(error)) => Err(error),
                Some(Step::Waits(time)) => {
                    tokio::time::sleep(time).await;
                    OfflineAssistant.answer(&request)
                }
                None => OfflineAssistant.answer(&request),
            }
        })
    }
}
