//! What is read of an account: pages, the past, statements; and what reading and writing cost.

use std::time::Duration;

use embedded::recording::Scope;
use shared::access::PlatformRole;
use shared::event::{Actor, Event, Fact};
use shared::id::OrganizationId;
use shared::ledger::statement::{self, verify};
use shared::ledger::{AccountId, Ledger, Leg, NewTransfer, Reason};
use shared::services::Services;
use shared::trace::Trace;
use testkit::Cloud;

pub(crate) fn ulid(number: u128) -> ulid::Ulid {
    ulid::Ulid::from(number)
}

pub(crate) fn organization() -> OrganizationId {
    ulid(1).into()
}

pub(crate) fn wallet(number: u128) -> AccountId {
    AccountId::BuzWallet(ulid(number).into())
}

pub(crate) fn event(services: &Services) -> Event {
    let fact = Fact::PlatformRoleChanged { user_id: ulid(1).into(), role: Some(PlatformRole::Support) };
    services.event(organization(), Actor::Platform, Trace::begin(&services.ids), fact)
}

/// Mints into an account.
pub(crate) async fn fund(cloud: &Cloud, account: AccountId, amount: i64) {
    let legs = vec![Leg::out_of(AccountId::BuzIssuance, amount), Leg::into(account, amount).or_open()];
    execute(cloud, NewTransfer::new(cloud.services.ids.next(), organization(), Reason::Mint, legs)).await;
}

async fn execute(cloud: &Cloud, transfer: NewTransfer) {
    Ledger::new(&cloud.services).execute(&[transfer], |_| event(&cloud.services)).await.unwrap();
}

/// A wallet with 100 to which 1 to 9 came, a second apart.
async fn wallet_with_a_history(cloud: &Cloud) {
    fund(cloud, wallet(1), 100).await;
    for amount in 1..10 {
        tokio::time::advance(Duration::from_secs(1)).await;
        fund(cloud, wallet(1), amount).await;
    }
}

#[tokio::test(start_paused = true)]
async fn entries_come_by_page_the_newest_first() {
    let cloud = Cloud::new();
    wallet_with_a_history(&cloud).await;
    let (ledger, part) = (Ledger::new(&cloud.services), wallet(1).part(0));
    let first = ledger.entries(part, None, 4).await.unwrap();
    assert_eq!(first.data.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [9, 8, 7, 6]);
    let second = ledger.entries(part, first.next_cursor.as_deref(), 4).await.unwrap();
    assert_eq!(second.data.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [5, 4, 3, 2]);
    assert_eq!(second.data[0].balance, 115);
    let cursor = first.next_cursor.as_deref();
    assert!(ledger.entries(wallet(2).part(0), cursor, 4).await.is_err(), "a cursor leads nowhere else");
}

#[tokio::test(start_paused = true)]
async fn a_statement_is_of_the_time_from_its_beginning_to_before_its_end() {
    let cloud = Cloud::new();
    let began = cloud.services.clock.now();
    wallet_with_a_history(&cloud).await;
    let (ledger, part) = (Ledger::new(&cloud.services), wallet(1).part(0));
    let span = (began.plus(Duration::from_secs(3)), began.plus(Duration::from_secs(6)));
    let entries = ledger.entries_between(part, span, None, 100).await.unwrap().data;
    assert_eq!(entries.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [3, 4, 5]);
    let verified = verify(&statement::to_csv(&entries)).unwrap();
    assert_eq!((verified.entries, verified.first_sequence, verified.balances), (3, 4, (103, 115)));
}

#[tokio::test(start_paused = true)]
async fn whatever_is_changed_in_a_statement_is_found_where_it_is() {
    let cloud = Cloud::new();
    wallet_with_a_history(&cloud).await;
    let (ledger, part) = (Ledger::new(&cloud.services), wallet(1).part(0));
    let everything = (
        cloud.services.clock.now().minus(Duration::from_secs(1000)),
        cloud.services.clock.now().plus(Duration::from_secs(1)),
    );
    let entries = ledger.entries_between(part, everything, None, 100).await.unwrap().data;
    let text = statement::to_csv(&entries);
    let verified = verify(&text).unwrap();
    let account = ledger.account(part).await.unwrap().unwrap();
    assert_eq!((verified.last_hash, verified.balances), (account.last_hash.clone(), (0, 145)));

    let lines = text.lines().collect::<Vec<_>>();
    for number in 1..lines.len() {
        // Each field in turn: its first digit or letter becomes another.
        for (place, field) in lines[number].split(',').enumerate() {
            let changed = field.replacen(|first: char| first.is_ascii_digit(), "x", 1);
            let changed = if changed == field { format!("x{field}") } else { changed };
            let mut fields = lines[number].split(',').collect::<Vec<_>>();
            fields[place] = &changed;
            let mut forged = lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
            forged[number] = fields.join(",");
            assert_eq!(verify(&forged.join("\n")).unwrap_err().line, number + 1, "field {place}");
        }
        let without = lines.iter().enumerate().filter(|(place, _)| *place != number).map(|(_, line)| *line);
        let without = without.collect::<Vec<_>>().join("\n");
        match verify(&without) {
            // What is left of a history at either end is sound, and says where it begins and ends.
            Ok(left) if number == 1 => assert_eq!(left.first_sequence, 2),
            Ok(left) => assert_ne!((number, &left.last_hash), (lines.len() - 1, &account.last_hash)),
            Err(broken) => assert_eq!(broken.line, number + 1),
        }
    }
    let mut forged = entries.clone();
    // Somebody who knows how hashes are made forges an entry: then the next one does not follow it.
    forged[4].amount += 1;
    forged[4].balance += 1;
    forged[4].hash = forged[4].hash_of();
    assert_eq!(verify(&statement::to_csv(&forged)).unwrap_err().line, 7);
    let mut swapped = entries;
    swapped.swap(2, 3);
    assert_eq!(verify(&statement::to_csv(&swapped)).unwrap_err().line, 4);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_costs_one_batch_get_and_one_transaction() {
    let cloud = Cloud::new();
    fund(&cloud, wallet(1), 100).await;
    let new = |id: u128, legs| NewTransfer::new(ulid(id).into(), organization(), Reason::Transfer, legs);
    let legs = |amount| {
        let arrives = Leg::into(wallet(2), amount).or_open();
        vec![Leg::out_of(wallet(1), amount + 1), arrives, Leg::into(AccountId::BuzFees, 1)]
    };
    let half = vec![Leg::out_of(wallet(1), 5), Leg::into(wallet(2), 4), Leg::into(AccountId::BuzFees, 1)];
    let cases = [
        (new(10, legs(10)), vec!["BatchGetItem", "TransactWriteItems"]),
        // A repeat writes nothing.
        (new(10, legs(10)), vec!["BatchGetItem"]),
        (new(11, legs(10)).pending(None), vec!["BatchGetItem", "TransactWriteItems"]),
        (new(12, half).posting(ulid(11).into()), vec!["BatchGetItem", "TransactWriteItems"]),
        (new(13, legs(10)).pending(None), vec!["BatchGetItem", "TransactWriteItems"]),
        // Whose accounts it is about is known only when the pending transfer is read.
        (new(14, Vec::new()).voiding(ulid(13).into()), vec!["BatchGetItem", "BatchGetItem", "TransactWriteItems"]),
    ];
    for (transfer, expected) in cases {
        let scope = Scope::new("ledger", None);
        scope.run(execute(&cloud, transfer.clone())).await;
        let asked = scope.take().exchanges.into_iter().map(|exchange| exchange.operation).collect::<Vec<_>>();
        assert_eq!(asked, expected, "{:?}", transfer.id);
    }
    let scope = Scope::new("ledger", None);
    let (ledger, now) = (Ledger::new(&cloud.services), cloud.services.clock.now());
    let posted = scope.run(ledger.balance_at(wallet(1).part(0), now)).await.unwrap();
    let asked = scope.take().exchanges.into_iter().map(|exchange| exchange.operation).collect::<Vec<_>>();
    assert_eq!((posted, asked), (84, vec!["Query".to_owned()]));
}
