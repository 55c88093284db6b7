//! Text tables: accounts, transfers, what becomes of them, and what then lies where.
//!
//! ```text
//! case a sentence that says what is shown
//! account A wallet 100            opens the wallet A with 100 in it; other kinds are credits, debt and usage
//! transfer T1 -A 10 +B 10 -> ok   10 leave A and arrive in B; then what is expected: ok, again (as the first time), or a code
//! post T2 of T1 -> ok             posts the pending transfer T1; with legs, that much of it
//! void T3 of T1 -> already_posted
//! link transfer …                 is carried out with what follows, up to `end -> ok`, or `end -> 1 code` for the second of them
//! balance A 90 out 10 in 0        what was posted to A, and what is pending; nothing where it is not said
//! at 0s A 100                     what was posted to A that long after the beginning
//! state T1 timedOut               where a pending transfer stands
//! note T1 -> noted                notes that it timed out, or -> nothing
//! close A -> ok
//! wait 30s
//! ```
//!
//! A transfer's legs may be followed by `pending`, `timeout 30s`, `at-most`, `opens`, `memo …`, `stake` (another reason) and `elsewhere`
//! (another organisation). The platform's accounts go by their names. `max` is the largest amount there is.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::access::PlatformRole;
use shared::clock::Timestamp;
use shared::event::{Actor, Fact};
use shared::id::{OrganizationId, TransferId, UserId};
use shared::ledger::{AccountId, Balance, Ledger, LedgerError, Leg, NewTransfer, Planned, Reason, RefusalCode};
use shared::store::Transaction;
use shared::trace::Trace;
use testkit::{Cloud, LedgerRows};

/// Runs every case of a table.
pub(crate) async fn run(table: &str) {
    let mut case: Option<Case> = None;
    for (number, line) in (1..).zip(table.lines()) {
        let line = line.split('#').next().unwrap().trim();
        if let Some(name) = line.strip_prefix("case ") {
            if let Some(case) = case.take() {
                case.end();
            }
            case = Some(Case::new(name));
        } else if !line.is_empty() {
            let case = case.as_mut().expect("a case comes first");
            case.place = format!("line {number}, in the case \"{}\": {line}", case.name);
            case.step(line).await;
            case.check().await;
        }
    }
    case.expect("there are cases").end();
}

struct Case {
    name: String,
    place: String,
    cloud: Cloud,
    ledger: Ledger,
    began: Timestamp,
    accounts: BTreeMap<String, AccountId>,
    linked: Vec<NewTransfer>,
    funded: u128,
}

fn organization(number: u128) -> OrganizationId {
    ulid(number).into()
}

fn ulid(number: u128) -> ulid::Ulid {
    ulid::Ulid::from(number)
}

/// A number that follows from a name.
fn number_of(name: &str) -> u128 {
    name.bytes().fold(7, |number, byte| number * 256 + u128::from(byte))
}

fn transfer_id(name: &str) -> TransferId {
    ulid(number_of(name)).into()
}

fn amount(text: &str) -> i64 {
    if text == "max" { i64::MAX } else { text.parse().unwrap_or_else(|_| panic!("{text} is no amount")) }
}

fn seconds(text: &str) -> Duration {
    if let Some(milliseconds) = text.strip_suffix("ms") {
        return Duration::from_millis(milliseconds.parse().unwrap());
    }
    Duration::from_secs(text.strip_suffix('s').unwrap().parse().unwrap())
}

impl Case {
    fn new(name: &str) -> Self {
        let cloud = Cloud::new();
        let ledger = Ledger::new(&cloud.services);
        let began = cloud.services.clock.now();
        let (accounts, linked, place) = (BTreeMap::new(), Vec::new(), String::new());
        Self { name: name.to_owned(), place, cloud, ledger, began, accounts, linked, funded: 0 }
    }

    fn end(self) {
        assert!(self.linked.is_empty(), "{}: linked transfers are not ended", self.name);
    }

    fn account(&self, name: &str) -> AccountId {
        match self.accounts.get(name) {
            Some(account) => *account,
            // A wallet that nobody opened, or the platform's own account.
            None if name.len() == 1 => AccountId::BuzWallet(ulid(number_of(name)).into()),
            None => name.parse().unwrap_or_else(|_| panic!("{name} is no account: {}", self.place)),
        }
    }

    async fn step(&mut self, line: &str) {
        let (step, expected) = line.split_once(" -> ").unwrap_or((line, ""));
        let words = step.split_whitespace().collect::<Vec<_>>();
        match (words[0], &words[1..]) {
            ("account", [name, kind, rest @ ..]) => self.open(name, kind, rest).await,
            ("link", [_, ..]) => {
                let transfer = self.transfer(&words[1..]);
                self.linked.push(transfer);
            }
            ("end", []) => {
                let transfers = std::mem::take(&mut self.linked);
                self.execute(transfers, expected).await;
            }
            ("transfer" | "post" | "void", _) => {
                let transfer = self.transfer(&words);
                self.execute(vec![transfer], expected).await;
            }
            ("balance", [name, posted, rest @ ..]) => self.balance(name, posted, rest).await,
            ("at", [time, name, posted]) => {
                let part = self.account(name).part(0);
                let found = self.ledger.balance_at(part, self.began.plus(seconds(time))).await.unwrap();
                assert_eq!(found, amount(posted), "{}", self.place);
            }
            ("state", [name, expected]) => {
                let transfer = self.ledger.transfer(transfer_id(name)).await.unwrap().unwrap();
                let state = serde_json::to_value(transfer.state_at(self.cloud.services.clock.now())).unwrap();
                assert_eq!(state, *expected, "{}", self.place);
            }
            ("note", [name]) => {
                let noted = self.note(transfer_id(name)).await;
                assert_eq!(if noted { "noted" } else { "nothing" }, expected, "{}", self.place);
            }
            ("close", [name]) => {
                let result = self.close(self.account(name)).await;
                self.expect(expected, result.map(|()| false));
            }
            ("wait", [time]) => tokio::time::advance(seconds(time)).await,
            _ => panic!("not understood: {}", self.place),
        }
    }

    async fn open(&mut self, name: &str, kind: &str, rest: &[&str]) {
        let id = ulid(number_of(name));
        let (account, source) = match kind {
            "wallet" => (AccountId::BuzWallet(UserId::from(id)), AccountId::BuzIssuance),
            "credits" => (AccountId::Credits(id.into()), AccountId::CreditIssuance),
            "debt" => (AccountId::CreditDebt(id.into()), AccountId::CreditIssuance),
            "usage" => (AccountId::Usage(id.into()), AccountId::UsageIssuance),
            _ => panic!("{kind} is no kind: {}", self.place),
        };
        self.accounts.insert(name.to_owned(), account);
        self.funded += 1;
        let id = ulid(self.funded).into();
        match rest {
            [] => {
                // Opened by what comes and goes at once.
                let back: TransferId = ulid(self.funded + 1_000_000).into();
                let there = vec![Leg::out_of(source, 1), Leg::into(account, 1).or_open()];
                let back_legs = vec![Leg::out_of(account, 1), Leg::into(source, 1)];
                let new = |id, legs| NewTransfer::new(id, organization(1), Reason::Grant, legs);
                self.execute(vec![new(id, there), new(back, back_legs)], "ok").await;
            }
            [funds] => {
                let legs = vec![Leg::out_of(source, amount(funds)), Leg::into(account, amount(funds)).or_open()];
                self.execute(vec![NewTransfer::new(id, organization(1), Reason::Grant, legs)], "ok").await;
            }
            _ => panic!("not understood: {}", self.place),
        }
    }

    fn transfer(&self, words: &[&str]) -> NewTransfer {
        let (verb, id, mut rest) = (words[0], transfer_id(words[1]), &words[2..]);
        let mut new = NewTransfer::new(id, organization(1), Reason::Transfer, Vec::new());
        let mut opens = false;
        if let ["of", pending, others @ ..] = rest {
            let pending = transfer_id(pending);
            new = if verb == "void" { new.voiding(pending) } else { new.posting(pending) };
            rest = others;
        }
        while let [word, others @ ..] = rest {
            rest = others;
            match (*word, rest) {
                ("pending", _) => new = new.pending(None),
                ("timeout", [time, others @ ..]) => {
                    new.timeout = Some(seconds(time));
                    rest = others;
                }
                ("memo", [memo, others @ ..]) => {
                    new = new.with_memo(Some((*memo).to_owned()));
                    rest = others;
                }
                ("at-most", _) => new = new.at_most(),
                ("opens", _) => opens = true,
                ("stake", _) => new.reason = Reason::Stake,
                ("elsewhere", _) => new.organization_id = organization(2),
                (leg, [value, others @ ..]) => {
                    let account = self.account(leg.trim_start_matches(['-', '+']));
                    let out = leg.starts_with('-');
                    let leg = if out { Leg::out_of } else { Leg::into };
                    new.legs.push(leg(account, amount(value)));
                    rest = others;
                }
                _ => panic!("not understood: {}", self.place),
            }
        }
        if opens {
            new.legs.iter_mut().for_each(|leg| *leg = leg.or_open());
        }
        new
    }

    async fn execute(&self, transfers: Vec<NewTransfer>, expected: &str) {
        let services = &self.cloud.services;
        let fact = Fact::PlatformRoleChanged { user_id: ulid(1).into(), role: Some(PlatformRole::Support) };
        let event =
            |_: &[_]| services.event(organization(1), Actor::Platform, Trace::begin(&services.ids), fact.clone());
        let result = self.ledger.execute(&transfers, event).await;
        if let Ok(Planned { transfers: made, replayed: false }) = &result {
            for transfer in made {
                self.balances_are_those_of_the_accounts(transfer).await;
            }
        }
        self.expect(expected, result.map(|planned| planned.replayed));
    }

    /// The answer's last balance of each account is what the account says.
    async fn balances_are_those_of_the_accounts(&self, transfer: &shared::ledger::Transfer) {
        for leg in transfer.legs.iter().filter(|leg| leg.balance.is_some()) {
            assert!(self.ledger.account(leg.part).await.unwrap().is_some(), "{}", self.place);
        }
    }

    fn expect(&self, expected: &str, result: Result<bool, LedgerError>) {
        let found = match result {
            Ok(false) => "ok".to_owned(),
            Ok(true) => "again".to_owned(),
            Err(LedgerError::Refused(refusal)) => {
                let place = if refusal.index == 0 { String::new() } else { format!("{} ", refusal.index) };
                let field = match refusal.code {
                    RefusalCode::ExistsWithDifferent(field) => format!(" {field}"),
                    _ => String::new(),
                };
                format!("{place}{}{field}", refusal.code.name())
            }
            Err(LedgerError::Store(error)) => panic!("{error}: {}", self.place),
        };
        assert_eq!(found, expected, "{}", self.place);
    }

    async fn balance(&self, name: &str, posted: &str, rest: &[&str]) {
        let account = self.account(name);
        let found = self.ledger.balances(&[account]).await.unwrap()[&account];
        let pending = |word: &str| {
            let place = rest.iter().position(|other| *other == word);
            place.map_or(0, |place| amount(rest[place + 1]))
        };
        let (posted, pending_out, pending_in) = (amount(posted), pending("out"), pending("in"));
        let expected = Balance { posted, pending_out, pending_in, available: posted - pending_out };
        assert_eq!(found, expected, "{}", self.place);
    }

    async fn note(&self, id: TransferId) -> bool {
        let services = &self.cloud.services;
        let event = |transfer: &shared::ledger::Transfer| {
            let fact = Fact::TransferTimedOut { transfer_id: id };
            services.event(transfer.organization_id, Actor::Platform, Trace::begin(&services.ids), fact)
        };
        self.ledger.note_time_out(id, event).await.unwrap()
    }

    async fn close(&self, account: AccountId) -> Result<(), LedgerError> {
        let plan = || async {
            let mut transaction = Transaction::<LedgerError>::new();
            self.ledger.plan_close(&mut transaction, account).await?;
            Ok((transaction, ()))
        };
        self.cloud.services.store.execute(plan).await
    }

    /// What must hold after every step.
    async fn check(&self) {
        let rows = LedgerRows::read(&self.cloud.dynamodb, &self.cloud.services).await;
        if let Err(violation) = rows.check(self.cloud.services.clock.now()) {
            panic!("{violation}: {}", self.place);
        }
    }
}
