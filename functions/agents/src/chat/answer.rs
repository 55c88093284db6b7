//! One exchange with the assistant: save what was asked, ask, save what was answered.

use http::StatusCode;
use shared::access::{Member, OrganizationAccess};
use shared::ai::{self, ChatContext, Completion, prompt};
use shared::credits::{Held, Position};
use shared::event::{Actor, Fact};
use shared::id::{ConversationId, MessageId};
use shared::model::ai_configuration::AiConfiguration;
use shared::model::conversation::{Conversation, Message, MessageRole};
use shared::model::usage::Usage;
use shared::model::venture::Venture;
use shared::plan::CreditAction;
use shared::problem::Problem;
use shared::store::{Listing, Reply, Run, Transaction};

use super::message::{ChatAnswer, LEASE, SendMessage};
use super::own_conversation;
use crate::{Deps, Error};

/// How many messages of a conversation the assistant is shown, the asked one among them.
const HISTORY_MESSAGES: u16 = 20;
/// How many characters of its first message a conversation is called by.
const TITLE_CHARACTERS: usize = 80;

/// What a request wants to be said and answered.
pub(super) struct Exchange<'a> {
    pub(super) deps: &'a Deps,
    pub(super) access: &'a OrganizationAccess<Member>,
    pub(super) input: &'a SendMessage,
    pub(super) run: &'a Run,
}

impl Exchange<'_> {
    pub(super) async fn carry_out(&self) -> Result<Reply<ChatAnswer>, Error> {
        let (asked, held) = self.save_question().await?;
        let answered = self.answer(&asked, held.as_ref()).await;
        if let Err(error) = &answered {
            self.release(held.as_ref(), error).await?;
        }
        answered
    }

    async fn answer(&self, asked: &Message, held: Option<&Held>) -> Result<Reply<ChatAnswer>, Error> {
        let history = self.history(asked).await?;
        let context = self.context().await?;
        match self.deps.ai.complete(prompt::chat(&context, history)).await {
            Ok(completion) => self.save_answer(asked, held, completion).await,
            Err(error) => Err(Error::Ai(error, asked.conversation_id)),
        }
    }

    fn conversation_id(&self) -> ConversationId {
        // A repeat after a crash is the same command, and so it finds what the first attempt saved under the same ids.
        self.input.conversation_id.unwrap_or_else(|| self.run.command_id().ulid().into())
    }

    /// The intent: the person's message, once, and the credits that its answer will cost. A repeat holds them anew: what an attempt before
    /// it held was released, or times out by the time that a repeat may take over.
    async fn save_question(&self) -> Result<(Message, Option<Held>), Error> {
        let (services, access) = (&self.deps.services, self.access);
        let (organization_id, user_id, now) =
            (access.organization_id(), access.principal.user_id, services.clock.now());
        let asked = Message {
            id: MessageId::from(self.run.command_id().ulid()),
            organization_id,
            conversation_id: self.conversation_id(),
            role: MessageRole::User,
            content: self.input.message.trim().to_owned(),
            created_at: now,
        };
        services
            .store
            .execute(|| async {
                let mut transaction = Transaction::<Error>::new();
                let key = Message::key_of(organization_id, asked.conversation_id, asked.id);
                let own = std::slice::from_ref(&key);
                let credits = Position::read(services, (&access.organization).into(), &[], own).await?;
                let saved = credits.reading().get::<Message>(&key)?;
                let held = credits.hold(&mut transaction, CreditAction::ChatMessage, LEASE)?;
                if let Some(saved) = saved {
                    return Ok((transaction, (saved.value, held)));
                }
                if self.input.conversation_id.is_some() {
                    let conversation = own_conversation(services, access, asked.conversation_id).await?;
                    let next = Conversation { updated_at: now, ..conversation.value.clone() };
                    transaction.replace(&conversation, next);
                } else {
                    transaction.create(Conversation {
                        id: asked.conversation_id,
                        organization_id,
                        user_id,
                        title: title(&asked.content),
                        created_at: now,
                        updated_at: now,
                    });
                }
                let fact = Fact::ChatMessageSent { conversation_id: asked.conversation_id, message_id: asked.id };
                transaction.create(access.event(services, fact));
                transaction.create(asked.clone());
                Ok((transaction, (asked.clone(), held)))
            })
            .await
    }

    /// The last messages, the oldest first and the one to be answered at the end, whatever was said since it was saved.
    async fn history(&self, asked: &Message) -> Result<Vec<ai::Message>, Error> {
        let partition = Message::partition(asked.organization_id, asked.conversation_id);
        let listing = Listing::of_partition(partition).newest_first().limit(HISTORY_MESSAGES);
        let page = self.deps.services.store.list::<Message>(&listing, None).await?;
        let earlier = page.data.iter().rev().filter(|message| message.id != asked.id);
        Ok(earlier.map(|message| message.for_ai()).chain([asked.for_ai()]).collect())
    }

    async fn context(&self) -> Result<ChatContext, Problem> {
        let (organization, store) = (&self.access.organization, &self.deps.services.store);
        let configuration = AiConfiguration::read(store, organization.id).await?;
        Ok(ChatContext {
            user_name: Some(self.access.principal.user.name.clone()),
            organization_name: Some(organization.name.clone()),
            industry: configuration.industry.or_else(|| organization.industry.clone()),
            personality: configuration.personality,
            tone: configuration.tone,
            goals: configuration.goals,
            venture_description: Venture::newest_description(store, organization.id).await?,
            ..ChatContext::default()
        })
    }

    /// The outcome: the assistant's message, what it cost, and the answer for a repeat.
    async fn save_answer(
        &self,
        asked: &Message,
        held: Option<&Held>,
        completion: Completion,
    ) -> Result<Reply<ChatAnswer>, Error> {
        let services = &self.deps.services;
        let Completion { content, usage, .. } = completion;
        // Above the question's id even within its millisecond: messages are read in the order of their ids.
        let after = u128::from(asked.id.ulid()).saturating_add(1);
        let id = services.ids.next::<MessageId>().max(ulid::Ulid::from(after).into());
        let created_at = services.clock.now();
        let answer = Message { id, role: MessageRole::Assistant, content, created_at, ..asked.clone() };
        let (organization_id, conversation_id) = (asked.organization_id, asked.conversation_id);
        let (input_tokens, output_tokens) = (usage.input_tokens, usage.output_tokens);
        services
            .store
            .execute(|| async {
                let mut transaction = Transaction::<Error>::new();
                transaction.create(answer.clone());
                transaction.update(Usage::settle_chat_message(organization_id, &created_at.month(), usage));
                let credits = self.settle(&mut transaction, held, held.map_or(0, Held::credits)).await?;
                let fact = Fact::ChatMessageAnswered { conversation_id, message_id: id, input_tokens, output_tokens };
                transaction.create(self.access.event(services, fact));
                let body = ChatAnswer { conversation_id, message: answer.clone().into(), usage: usage.into(), credits };
                transaction.answer(self.run, StatusCode::OK, &body)?;
                Ok((transaction, Reply { status: StatusCode::OK, body, replayed: false }))
            })
            .await
    }

    /// Burns so many of the held credits, and releases the rest; how many burned.
    async fn settle(
        &self,
        transaction: &mut Transaction<Error>,
        held: Option<&Held>,
        credits: i64,
    ) -> Result<i64, Problem> {
        let Some(held) = held else { return Ok(0) };
        let position = held.read(&self.deps.services, (&self.access.organization).into(), &[]).await?;
        position.settle(transaction, held, credits, Actor::User { user_id: self.access.principal.user_id })
    }

    /// Releases what an attempt without an answer held, and counts its tokens, which its provider bills. Nothing happened that a trail would
    /// show.
    async fn release(&self, held: Option<&Held>, error: &Error) -> Result<(), Error> {
        let tokens = if let Error::Ai(error, _) = error { error.usage() } else { ai::Usage::default() };
        let services = &self.deps.services;
        services
            .store
            .execute(|| async {
                let mut transaction = Transaction::<Error>::new();
                self.settle(&mut transaction, held, 0).await?;
                if tokens.total_tokens() > 0 {
                    let month = services.clock.now().month();
                    transaction.update(Usage::settle_tokens(self.access.organization_id(), &month, tokens));
                }
                Ok((transaction, ()))
            })
            .await
    }
}

/// The beginning of a message in one line.
fn title(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_CHARACTERS {
        return line;
    }
    format!("{}…", line.chars().take(TITLE_CHARACTERS - 1).collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(title("How do\nI  start?"), "How do I start?");
        assert_eq!(title(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(title(&"é".repeat(81)).chars().count(), 80);
    }
}
