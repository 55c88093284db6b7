//! The assistant, the tasks it carries out, and the agentic engine on request.
//!
//! A chat message is two transactions with the AI port between them: what was asked is saved before a token is bought, what was answered
//! after. Tasks are only put on the list here; `task-runner` carries them out.

mod agentic;
mod chat;
mod error;
mod tasks;

use std::sync::Arc;

use axum::extract::FromRef;
use shared::ai::Ai;
use shared::http::Routes;
use shared::routes;
use shared::services::Services;

pub use error::Error;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
    /// Who answers.
    pub ai: Arc<dyn Ai>,
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

/// The function's routes.
pub fn router() -> Routes<Deps> {
    Routes::new()
        .routes(routes!(chat::message::send_message))
        .routes(routes!(chat::conversations::list_conversations))
        .routes(routes!(chat::messages::list_messages))
        .routes(routes!(agentic::analyze))
        .routes(routes!(tasks::create::create_task, tasks::list::list_tasks))
        .routes(routes!(tasks::get::get_task))
        .routes(routes!(tasks::cancel::cancel_task))
        .routes(routes!(tasks::retry::retry_task))
}
