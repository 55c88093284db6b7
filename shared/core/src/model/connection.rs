//! Who is connected with whom, who asked whom, and who has blocked whom.
//!
//! A pair of people has two rows, one with each, which are written in one transaction. Each says what its owner sees; that the other has
//! blocked them is with them too, so that one row tells all that a request has to know, but is never shown. Whoever is blocked learns
//! nothing of it: a request of theirs is answered as if it were sent, and stays unanswered.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Entity, Indexes, Key, ListingIndex, Transaction, Update, Versioned};

/// How many people somebody may be connected with.
pub const CONNECTIONS_MAXIMUM: u16 = 1_000;

/// How a person stands to another, as that person sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionState {
    /// They asked the other.
    Requested,
    /// The other asked them.
    Received,
    /// They are connected.
    Connected,
    /// They have blocked the other.
    Blocked,
}

impl ConnectionState {
    /// The name in the API and in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Received => "received",
            Self::Connected => "connected",
            Self::Blocked => "blocked",
        }
    }
}

/// One person's side of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Whose side it is.
    pub user_id: UserId,
    /// The other.
    pub other_id: UserId,
    /// How they stand to the other, if the row is there for more than the other's block.
    #[serde(default)]
    pub state: Option<ConnectionState>,
    /// Whether the other has blocked them, which nobody tells them.
    #[serde(default)]
    pub blocked_by_other: bool,
    /// Since when.
    pub since: Timestamp,
}

impl Connection {
    /// The partition of a person's sides.
    pub fn partition(user: UserId) -> String {
        format!("USER#{user}#CONNECTION")
    }

    /// The list of those to whom a person stands like this.
    pub fn listing(user: UserId, state: ConnectionState) -> String {
        format!("USER#{user}#CONNECTION#{}", state.name())
    }

    /// Where a person's side lies.
    pub fn key_of(user: UserId, other: UserId) -> Key {
        Key::new(Self::partition(user), other.to_string())
    }

    /// Whether one of the two has blocked the other.
    pub fn is_blocked(&self) -> bool {
        self.blocked_by_other || self.state == Some(ConnectionState::Blocked)
    }
}

impl Entity for Connection {
    const TYPE: &'static str = "connection";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.other_id)
    }

    fn indexes(&self) -> Indexes {
        let listing = self.state.map(|state| ListingIndex {
            partition: Self::listing(self.user_id, state),
            sort: format!("{}#{}", self.since, self.other_id),
        });
        Indexes { listing, ..Indexes::default() }
    }
}

/// How many people somebody is connected with: apart, so that the limit holds under races.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionCount {
    /// The account.
    pub user_id: UserId,
    /// How many.
    pub connected: i64,
}

impl ConnectionCount {
    /// Where it lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(format!("USER#{user}"), "CONNECTION_COUNT")
    }

    /// The write that adds `amount`; one that adds is only done below the limit.
    pub fn add(user: UserId, amount: i64) -> Update {
        let update = Update::new(Self::key_of(user), Self::TYPE).set("userId", AttributeValue::S(user.to_string()));
        let update = update.add("connected", amount);
        if amount > 0 { update.only_if_at_most("connected", i64::from(CONNECTIONS_MAXIMUM) - amount) } else { update }
    }
}

impl Entity for ConnectionCount {
    const TYPE: &'static str = "connectionCount";

    fn key(&self) -> Key {
        Self::key_of(self.user_id)
    }
}

/// Why a step is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// There is no request of the other's to answer.
    NoRequest,
    /// The person has blocked the other.
    Blocked,
}

/// What a person does about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask to be connected; if the other has asked already, they are.
    Request,
    /// Take the other's request.
    Accept,
    /// Turn the other's request down.
    Decline,
    /// End the connection, or withdraw the request.
    Remove,
    /// Block the other.
    Block,
    /// Block the other no more.
    Unblock,
}

type State = Option<ConnectionState>;

/// Both sides, the acting person's first: how they stand to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// The acting person's side.
    pub mine: State,
    /// The other's.
    pub theirs: State,
}

impl Pair {
    /// What a step makes of the pair. A step that was taken already changes nothing.
    pub fn after(self, step: Step) -> Result<Self, Impossible> {
        use ConnectionState::{Blocked, Connected, Received, Requested};
        let Self { mine, theirs } = self;
        let connected = Self { mine: Some(Connected), theirs: Some(Connected) };
        match (step, mine) {
            (Step::Request | Step::Accept, Some(Connected)) | (Step::Request, Some(Requested)) => Ok(self),
            (Step::Request | Step::Accept | Step::Decline, Some(Blocked)) => Err(Impossible::Blocked),
            (Step::Request | Step::Accept, Some(Received)) => Ok(connected),
            (Step::Request, None) => {
                let theirs = if theirs == Some(Blocked) { theirs } else { Some(Received) };
                Ok(Self { mine: Some(Requested), theirs })
            }
            (Step::Decline | Step::Remove, Some(Received)) | (Step::Remove, Some(Connected)) => Ok(Self::default()),
            (Step::Remove, Some(Requested)) => {
                Ok(Self { mine: None, theirs: theirs.filter(|theirs| *theirs == Blocked) })
            }
            (Step::Remove, None | Some(Blocked)) => Ok(self),
            (Step::Accept | Step::Decline, _) => Err(Impossible::NoRequest),
            // A request of the other's stays as they see it: unanswered. What they were connected by is gone.
            (Step::Block, _) => {
                let theirs = theirs.filter(|theirs| matches!(theirs, Requested | Blocked));
                Ok(Self { mine: Some(Blocked), theirs })
            }
            (Step::Unblock, Some(Blocked)) => {
                Ok(Self { mine: None, theirs: theirs.filter(|theirs| *theirs == Blocked) })
            }
            (Step::Unblock, _) => Ok(self),
        }
    }

    /// Whether they are connected.
    pub fn is_connected(self) -> bool {
        self.mine == Some(ConnectionState::Connected)
    }
}

/// Both rows of a pair as they were read.
#[derive(Clone, Debug)]
pub struct PairRows {
    user_id: UserId,
    other_id: UserId,
    mine: Option<Versioned<Connection>>,
    theirs: Option<Versioned<Connection>>,
}

impl PairRows {
    /// The rows, the acting person's first.
    pub const fn new(
        user_id: UserId,
        other_id: UserId,
        mine: Option<Versioned<Connection>>,
        theirs: Option<Versioned<Connection>>,
    ) -> Self {
        Self { user_id, other_id, mine, theirs }
    }

    /// How they stand to each other.
    pub fn pair(&self) -> Pair {
        let state = |row: &Option<Versioned<Connection>>| row.as_ref().and_then(|row| row.state);
        Pair { mine: state(&self.mine), theirs: state(&self.theirs) }
    }

    /// The acting person's row, if there is one.
    pub fn mine(&self) -> Option<&Connection> {
        self.mine.as_ref().map(|row| &row.value)
    }

    /// Adds to a transaction what makes the rows say `next`, and the counts of both. `mine_full` and `theirs_full` are the errors where one
    /// of them is connected with as many people as may be.
    pub fn become_pair<E>(
        &self,
        next: Pair,
        now: Timestamp,
        transaction: &mut Transaction<E>,
        mine_full: E,
        theirs_full: E,
    ) {
        let now_is = self.pair();
        let side = |user_id, other_id, state, theirs: State, row: &Option<Versioned<Connection>>| {
            let since = row.as_ref().filter(|row| row.state == state).map_or(now, |row| row.since);
            let blocked_by_other = theirs == Some(ConnectionState::Blocked);
            Connection { user_id, other_id, state, blocked_by_other, since }
        };
        let mine = side(self.user_id, self.other_id, next.mine, next.theirs, &self.mine);
        let theirs = side(self.other_id, self.user_id, next.theirs, next.mine, &self.theirs);
        write(self.mine.as_ref(), mine, transaction);
        write(self.theirs.as_ref(), theirs, transaction);
        match (now_is.is_connected(), next.is_connected()) {
            (false, true) => {
                transaction.update_or(ConnectionCount::add(self.user_id, 1), mine_full);
                transaction.update_or(ConnectionCount::add(self.other_id, 1), theirs_full);
            }
            (true, false) => {
                transaction.update(ConnectionCount::add(self.user_id, -1));
                transaction.update(ConnectionCount::add(self.other_id, -1));
            }
            _ => {}
        }
    }
}

fn write<E>(current: Option<&Versioned<Connection>>, next: Connection, transaction: &mut Transaction<E>) {
    let says_something = next.state.is_some() || next.blocked_by_other;
    match current {
        Some(current) if current.value == next => {}
        Some(current) if says_something => transaction.replace(current, next),
        Some(current) => transaction.delete(current),
        None if says_something => transaction.create(next),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectionState::{Blocked, Connected, Received, Requested};
    use proptest::prelude::*;

    const STEPS: [Step; 6] = [Step::Request, Step::Accept, Step::Decline, Step::Remove, Step::Block, Step::Unblock];

    fn pair(mine: State, theirs: State) -> Pair {
        Pair { mine, theirs }
    }

    const fn turned(pair: Pair) -> Pair {
        Pair { mine: pair.theirs, theirs: pair.mine }
    }

    #[test]
    fn a_request_is_accepted_or_declined_and_ends() {
        let none = Pair::default();
        let asked = none.after(Step::Request).unwrap();
        assert_eq!(asked, pair(Some(Requested), Some(Received)));
        let connected = turned(asked).after(Step::Accept).unwrap();
        assert!(connected.is_connected());
        assert_eq!(connected.after(Step::Remove), Ok(none));
        assert_eq!(turned(asked).after(Step::Decline), Ok(none));
        assert_eq!(asked.after(Step::Remove), Ok(none), "withdrawn");
        assert_eq!(asked.after(Step::Accept), Err(Impossible::NoRequest), "one's own request is not one's to take");
    }

    #[test]
    fn requests_that_cross_are_a_connection() {
        let asked = Pair::default().after(Step::Request).unwrap();
        assert!(turned(asked).after(Step::Request).unwrap().is_connected());
    }

    #[test]
    fn a_request_to_somebody_who_blocks_looks_sent_and_is_forgotten() {
        let blocked = Pair::default().after(Step::Block).unwrap();
        let asked = turned(blocked).after(Step::Request).unwrap();
        assert_eq!(asked, pair(Some(Requested), Some(Blocked)));
        assert_eq!(turned(asked).after(Step::Accept), Err(Impossible::Blocked));
        assert_eq!(turned(asked).after(Step::Unblock), Ok(Pair::default()));
        let earlier = Pair::default().after(Step::Request).unwrap();
        assert_eq!(turned(earlier).after(Step::Block), Ok(pair(Some(Blocked), Some(Requested))));
    }

    proptest! {
        #[test]
        fn both_sides_fit_whatever_both_do(steps in prop::collection::vec((0..6_usize, any::<bool>()), 0..12)) {
            let mut now = Pair::default();
            for (step, other) in steps {
                let acting = if other { turned(now) } else { now };
                let Ok(next) = acting.after(STEPS[step]) else { continue };
                prop_assert_eq!(next.after(STEPS[step]).unwrap_or(next), next, "a step taken again changes nothing");
                now = if other { turned(next) } else { next };
                let fits = matches!(
                    (now.mine, now.theirs),
                    (None, None)
                        | (Some(Connected), Some(Connected))
                        | (Some(Blocked), Some(Blocked) | None | Some(Requested))
                        | (Some(Requested), Some(Received))
                        | (Some(Received), Some(Requested))
                        | (None | Some(Requested), Some(Blocked))
                );
                prop_assert!(fits, "{now:?}");
            }
        }
    }
}
