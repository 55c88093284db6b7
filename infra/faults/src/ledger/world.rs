//! One world: a table with faults, the ledger on it, and the model beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::clock::Timestamp;
use shared::event::{Actor, Event, Fact};
use shared::id::TransferId;
use shared::ledger::{AccountId, Ledger, LedgerError, NewTransfer, Planned, RefusalCode, Transfer};
use shared::services::Services;
use shared::store::Transaction;
use shared::trace::Trace;
use testkit::{Cloud, Fault, FaultPlan, Faults, Faulty, LedgerRows, SeededEntropy};

use super::model::{Model, Prediction};
use super::operations::{Operation, Operations};

/// How often the whole table is looked at, in operations.
const LOOK_EVERY: u64 = 1_000;
/// After how long nothing of a command is on its way any more: the latest that a request lands late, and some.
const QUIET: Duration = Duration::from_secs(60);
/// How often a command is repeated that is not answered for good.
const ATTEMPTS: u32 = 200;
/// From how long on a command may have been given up somewhere on its way, so that a part of it lands later.
const SUSPICIOUS: Duration = Duration::from_secs(2);

/// What happened in a world.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was tried.
    pub operations: u64,
    /// How often something was tried again for want of an answer.
    pub repeats: u64,
    /// What was sent twice at once.
    pub twice: u64,
    /// What was dropped half-way.
    pub dropped: u64,
    /// Requests to the table.
    pub requests: u64,
    /// Rows of the ledger in the end.
    pub rows: u64,
    /// How often each result came.
    pub codes: BTreeMap<String, u64>,
    /// How often each fault happened.
    pub faults: BTreeMap<Fault, u64>,
}

struct World {
    cloud: Cloud,
    calm: Cloud,
    ledger: Ledger,
    faults: Faults,
    model: Model,
    operations: Operations,
    outcome: Outcome,
}

/// Runs so many operations of a seed.
pub(super) async fn run(seed: u64, operations: u64) -> Result<Outcome, String> {
    let dynamodb = Cloud::table();
    let faults = Faults::new(FaultPlan::seeded(seed).often(40));
    let cloud = Cloud::through(dynamodb.clone(), Faulty::sharing(dynamodb, &faults));
    let calm = cloud.without_faults();
    // The clock goes on; what is drawn is the seed's.
    let ids = shared::id::Ids::new(cloud.services.clock.clone(), SeededEntropy::new(seed));
    let ledger = Ledger::new(&Services { ids, ..cloud.services.clone() });
    let (model, outcome) = (Model::default(), Outcome::default());
    let mut world = World { cloud, calm, ledger, faults, model, operations: Operations::new(seed), outcome };
    for number in 1..=operations {
        let operation = world.operations.next(&world.model);
        world.carry_out(&operation).await.map_err(|reason| format!("operation {number}, {operation:?}: {reason}"))?;
        world.outcome.operations += 1;
        if number % LOOK_EVERY == 0 || number == operations {
            world.look().await.map_err(|reason| format!("after operation {number}: {reason}"))?;
        }
    }
    world.outcome.requests = world.faults.requests();
    world.outcome.faults = world.faults.counts();
    Ok(world.outcome)
}

/// A result as the model calls it.
fn code_of(result: &Result<Planned, LedgerError>) -> Option<(usize, String)> {
    match result {
        Err(LedgerError::Refused(refusal)) => Some((
            refusal.index,
            match refusal.code {
                RefusalCode::ExistsWithDifferent(field) => format!("exists_with_different {field}"),
                code => code.name().to_owned(),
            },
        )),
        _ => None,
    }
}

impl World {
    fn now(&self) -> Timestamp {
        self.cloud.services.clock.now()
    }

    fn event(&self, id: TransferId) -> Event {
        let services = &self.cloud.services;
        let organization = ulid::Ulid::from(1).into();
        let trace = Trace::begin(&services.ids);
        services.event(organization, Actor::Platform, trace, Fact::TransferTimedOut { transfer_id: id })
    }

    async fn carry_out(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Wait(time) => tokio::time::sleep(*time).await,
            Operation::Transfers(transfers) => self.transfer(transfers).await?,
            Operation::Note(id) => self.note(*id).await?,
            Operation::Close(account) => self.close(*account).await?,
        }
        Ok(())
    }

    /// Tries transfers until there is an answer for good, and holds it to what was predicted.
    async fn transfer(&mut self, transfers: &[NewTransfer]) -> Result<(), String> {
        let began = self.now();
        let mut suspicious = false;
        if self.operations.happens(50) {
            suspicious = true;
            self.outcome.dropped += 1;
            let time = Duration::from_millis(self.operations.below(300));
            drop(tokio::time::timeout(time, self.execute(transfers)).await);
        }
        if self.operations.happens(50) {
            self.outcome.twice += 1;
            let (one, other) = tokio::join!(self.execute(transfers), self.execute(transfers));
            suspicious |= [one, other].iter().any(|result| matches!(result, Err(LedgerError::Store(_))));
        }
        let mut result = self.answered(transfers, &mut suspicious).await?;
        if suspicious || self.now().since(began) >= SUSPICIOUS {
            // Whatever is on its way lands first: then what the command came to stays so.
            tokio::time::sleep(QUIET).await;
            result = self.answered(transfers, &mut suspicious).await?;
        }
        self.compare(transfers, result, began)
    }

    async fn execute(&self, transfers: &[NewTransfer]) -> Result<Planned, LedgerError> {
        self.ledger.execute(transfers, |made| self.event(made[0].id)).await
    }

    async fn answered(
        &mut self,
        transfers: &[NewTransfer],
        suspicious: &mut bool,
    ) -> Result<Result<Planned, LedgerError>, String> {
        for _ in 0..ATTEMPTS {
            match self.execute(transfers).await {
                Err(LedgerError::Store(_)) => {
                    *suspicious = true;
                    self.outcome.repeats += 1;
                }
                result => return Ok(result),
            }
        }
        Err("there is no answer".to_owned())
    }

    /// The command was carried out at some moment since it began. What is predicted hangs on the moment only by what ran out before.
    fn compare(
        &mut self,
        transfers: &[NewTransfer],
        result: Result<Planned, LedgerError>,
        began: Timestamp,
    ) -> Result<(), String> {
        let mut moments = vec![began];
        moments.extend(self.model.run_out_within(began, self.now()));
        let mut predicted = Vec::new();
        for moment in moments {
            let prediction = self.model.predict(transfers, moment);
            if let Some(follows) = self.fits(&prediction, &result) {
                let code = code_of(&result).map_or_else(|| "ok".to_owned(), |(_, code)| code);
                let code = if matches!(prediction, Prediction::Again(_)) { "again".to_owned() } else { code };
                *self.outcome.codes.entry(code).or_default() += 1;
                if let (Prediction::Made(after), true) = (prediction, follows) {
                    let made = result.map(|planned| planned.transfers).unwrap_or_default();
                    let ends = made.iter().filter_map(|made| Some((made.id, made.expires_at?))).collect();
                    self.model.follow(*after, &ends);
                }
                return Ok(());
            }
            predicted.push(prediction);
        }
        Err(format!("it came to {result:?}, and predicted was {predicted:?}"))
    }

    /// Whether a result is as predicted, and if so, whether the model follows it.
    fn fits(&self, prediction: &Prediction, result: &Result<Planned, LedgerError>) -> Option<bool> {
        match (prediction, result) {
            // A repeat of one's own is answered as the first time.
            (Prediction::Made(after), Ok(planned)) => {
                let same = planned.transfers.iter().all(|made| {
                    let balances = after.changed.get(&made.id).map(|expected| &expected.balances);
                    balances.is_some_and(|balances| self.same_balances(made, balances))
                });
                same.then_some(true)
            }
            (Prediction::Again(ids), Ok(planned)) if planned.replayed => {
                let same = planned.transfers.iter().zip(ids).all(|(made, id)| {
                    made.id == *id
                        && self.model.made(*id).is_some_and(|first| self.same_balances(made, &first.balances))
                });
                same.then_some(false)
            }
            (Prediction::Refused(place, code), Err(LedgerError::Refused(_))) => {
                (code_of(result) == Some((*place, code.clone()))).then_some(false)
            }
            _ => None,
        }
    }

    fn same_balances(&self, made: &Transfer, expected: &[Option<shared::ledger::Balance>]) -> bool {
        let told = made.legs.iter().map(|leg| leg.balance.filter(|_| !leg.part.account.is_shared()));
        told.eq(expected.iter().copied())
    }

    async fn note(&mut self, id: TransferId) -> Result<(), String> {
        let began = self.now();
        let mut noted = false;
        for _ in 0..ATTEMPTS {
            match self.ledger.note_time_out(id, |_| self.event(id)).await {
                Ok(now) => {
                    noted = now;
                    break;
                }
                Err(_) => self.outcome.repeats += 1,
            }
        }
        tokio::time::sleep(QUIET).await;
        let stored = Ledger::new(&self.calm.services).transfer(id).await.map_err(|error| error.to_string())?;
        let stored = stored.is_some_and(|stored| stored.state == Some(shared::ledger::PendingState::TimedOut));
        let missed = !stored && (noted || self.model.runs_out(id, began));
        let early = stored && !self.model.runs_out(id, self.now());
        if missed || early {
            return Err(format!("noted: {noted}, stored: {stored}"));
        }
        if stored {
            self.model.note(id);
        }
        *self.outcome.codes.entry(if stored { "noted" } else { "nothing to note" }.to_owned()).or_default() += 1;
        Ok(())
    }

    async fn close(&mut self, account: AccountId) -> Result<(), String> {
        let began = self.now();
        let plan = || async {
            let mut transaction = Transaction::<LedgerError>::new();
            self.ledger.plan_close(&mut transaction, account).await?;
            Ok((transaction, ()))
        };
        let result = self.cloud.services.store.execute(plan).await;
        tokio::time::sleep(QUIET).await;
        let part = account.part(0);
        let stored = Ledger::new(&self.calm.services).account(part).await.map_err(|error| error.to_string())?;
        let closed = stored.is_some_and(|stored| stored.closed);
        let expected = [self.model.close(account, began), self.model.close(account, self.now())];
        let code = match &result {
            Ok(()) => "ok".to_owned(),
            Err(LedgerError::Refused(refusal)) => refusal.code.name().to_owned(),
            // Whether it was carried out is seen in the table.
            Err(LedgerError::Store(_)) => {
                if closed && expected.contains(&"ok") {
                    self.model.closed(account);
                }
                return Ok(());
            }
        };
        // Who repeats after a lost answer finds it closed.
        let repeated = code == "account_closed" && expected.contains(&"ok") && closed;
        if !expected.contains(&code.as_str()) && !repeated {
            return Err(format!("closing came to {code}, and predicted was {expected:?}"));
        }
        if closed && expected.contains(&"ok") {
            self.model.closed(account);
        }
        *self.outcome.codes.entry(format!("close: {code}")).or_default() += 1;
        Ok(())
    }

    /// Holds the whole table to the invariants and to the model.
    async fn look(&mut self) -> Result<(), String> {
        tokio::time::sleep(QUIET).await;
        let rows = LedgerRows::read(&self.cloud.dynamodb, &self.cloud.services).await;
        rows.check(self.now()).map_err(|violation| violation.to_string())?;
        for account in self.model.accounts() {
            let (found, expected) = (i128::from(rows.posted(account)), self.model.posted(account));
            if found != expected {
                return Err(format!("{account} holds {found} and not {expected}"));
            }
        }
        if rows.transfers.len() != self.model.transfers() {
            return Err(format!("there are {} transfers and not {}", rows.transfers.len(), self.model.transfers()));
        }
        let entries = rows.entries.values().map(Vec::len).sum::<usize>();
        self.outcome.rows = (rows.accounts.len() + entries + rows.transfers.len()) as u64;
        Ok(())
    }
}
