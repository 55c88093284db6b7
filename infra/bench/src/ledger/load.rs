//! Who sends what to whom.

use shared::event::{Actor, Event, Fact};
use shared::id::OrganizationId;
use shared::ledger::{AccountId, Ledger, LedgerError, Leg, NewTransfer, Reason};
use shared::services::Services;
use shared::trace::Trace;
use shared_lambda::Error;

/// What everybody has to begin with; nobody runs out of it.
const FUNDS: i64 = 1_000_000_000;

/// Which accounts transfers meet at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Load {
    /// None: each client sends between two wallets of its own.
    Distinct,
    /// All clients pay into one shared account, each from a wallet of its own.
    Shared,
    /// All clients spend from one wallet, each into a wallet of its own.
    OneWallet,
}

pub(super) fn organization() -> OrganizationId {
    ulid(1)
}

fn ulid<I: From<ulid::Ulid>>(number: u64) -> I {
    ulid::Ulid::from(u128::from(number)).into()
}

fn wallet(number: u64) -> AccountId {
    AccountId::BuzWallet(ulid(number))
}

fn event(services: &Services) -> Event {
    let fact = Fact::TransferTimedOut { transfer_id: services.ids.next() };
    services.event(organization(), Actor::Platform, Trace::begin(&services.ids), fact)
}

impl Load {
    /// The name in the tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Distinct => "distinct wallets",
            Self::Shared => "one shared account",
            Self::OneWallet => "one wallet",
        }
    }

    fn legs(self, client: u64, back: bool) -> Vec<Leg> {
        let (own, other) = (wallet(2 * client + 10), wallet(2 * client + 11));
        let (from, to) = match self {
            Self::Distinct if back => (other, own),
            Self::Distinct => (own, other),
            Self::Shared => (own, AccountId::BuzFees),
            Self::OneWallet => (wallet(2), own),
        };
        vec![Leg::out_of(from, 1), Leg::into(to, 1).or_open()]
    }

    /// Gives so many clients what they need.
    pub(super) async fn fund(self, services: &Services, clients: u64) -> Result<(), Error> {
        let ledger = Ledger::new(services);
        let own = (0..clients).flat_map(|client| [wallet(2 * client + 10), wallet(2 * client + 11)]);
        for account in own.chain([wallet(2)]) {
            let legs = vec![Leg::out_of(AccountId::BuzIssuance, FUNDS), Leg::into(account, FUNDS).or_open()];
            let new = NewTransfer::new(services.ids.next(), organization(), Reason::Mint, legs);
            ledger.execute(&[new], |_| event(services)).await?;
        }
        Ok(())
    }

    /// One transfer of a client's, of which every second goes back where it can.
    pub(super) async fn send(
        self,
        ledger: &Ledger,
        services: &Services,
        client: u64,
        back: bool,
    ) -> Result<(), LedgerError> {
        let legs = self.legs(client, back);
        let new = NewTransfer::new(services.ids.next(), organization(), Reason::Transfer, legs);
        ledger.execute(&[new], |_| event(services)).await.map(|_| ())
    }
}
