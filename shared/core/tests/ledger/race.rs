//! Transfers at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use shared::id::TransferId;
use shared::ledger::{AccountId, Ledger, LedgerError, Leg, NewTransfer, Planned, Reason, RefusalCode};
use shared::store::{StoreError, Transaction};
use testkit::{Cloud, LedgerRows};
use tokio::task::JoinSet;

use crate::history::{event, fund, organization, ulid, wallet};

fn spend(id: TransferId, amount: i64) -> NewTransfer {
    let legs = vec![Leg::out_of(wallet(1), amount), Leg::into(AccountId::BuzFees, amount)];
    NewTransfer::new(id, organization(), Reason::Spend, legs)
}

async fn at_once(cloud: &Cloud, transfers: Vec<NewTransfer>) -> Vec<Result<Planned, LedgerError>> {
    let mut running = JoinSet::new();
    for transfer in transfers {
        let services = cloud.services.clone();
        running.spawn(async move {
            let ledger = Ledger::new(&services);
            ledger.execute(&[transfer], |_| event(&services)).await
        });
    }
    running.join_all().await
}

#[tokio::test(start_paused = true)]
async fn what_is_there_once_is_spent_once() {
    for seed in 0..20 {
        let cloud = Cloud::with_timing(seed);
        fund(&cloud, wallet(1), 199).await;
        let outcomes = at_once(&cloud, (10..20).map(|id| spend(ulid(id).into(), 100)).collect()).await;
        let admitted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(admitted, 1, "seed {seed}");
        for outcome in outcomes {
            let refused = match outcome {
                Ok(planned) => !planned.replayed,
                Err(LedgerError::Refused(refusal)) => {
                    matches!(refusal.code, RefusalCode::InsufficientFunds { available: 99, .. })
                }
                Err(LedgerError::Store(StoreError::Contended)) => true,
                Err(LedgerError::Store(_)) => false,
            };
            assert!(refused, "seed {seed}");
        }
        LedgerRows::read(&cloud.dynamodb, &cloud.services).await.check(cloud.services.clock.now()).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn one_id_at_once_is_one_transfer_and_one_answer() {
    for seed in 0..20 {
        let cloud = Cloud::with_timing(seed);
        fund(&cloud, wallet(1), 500).await;
        let outcomes = at_once(&cloud, (0..5).map(|_| spend(ulid(10).into(), 100)).collect()).await;
        let planned = outcomes.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(planned.iter().filter(|planned| !planned.replayed).count(), 1, "seed {seed}");
        let answers = planned.iter().map(|planned| format!("{:?}", planned.transfers)).collect::<BTreeSet<_>>();
        assert_eq!(answers.len(), 1, "seed {seed}: {answers:?}");
        let rows = LedgerRows::read(&cloud.dynamodb, &cloud.services).await;
        assert_eq!((rows.posted(wallet(1)), rows.posted(AccountId::BuzFees)), (400, 100));
    }
}

/// Spends from a wallet while others are faster so many times.
async fn overtaken(times: u128) -> Result<(), LedgerError> {
    let cloud = Cloud::new();
    fund(&cloud, wallet(1), 200).await;
    let ledger = Ledger::new(&cloud.services);
    let plans = AtomicU32::new(0);
    let plan = || async {
        let mut transaction = Transaction::<LedgerError>::new();
        ledger.plan(&mut transaction, vec![spend(ulid(10).into(), 100)]).await?;
        let number = u128::from(plans.fetch_add(1, Ordering::Relaxed));
        if number < times {
            let faster = spend(ulid(100 + number).into(), 1);
            ledger.execute(&[faster], |_| event(&cloud.services)).await?;
        }
        Ok((transaction, ()))
    };
    cloud.services.store.execute(plan).await
}

#[tokio::test(start_paused = true)]
async fn a_command_gets_its_turn_after_fifteen_others() {
    overtaken(0).await.unwrap();
    overtaken(15).await.unwrap();
    let given_up = overtaken(16).await.unwrap_err();
    assert!(matches!(given_up, LedgerError::Store(StoreError::Contended)), "{given_up:?}");
}

#[tokio::test(start_paused = true)]
async fn those_who_write_to_a_shared_account_at_once_all_succeed() {
    let cloud = Cloud::with_timing(1);
    for number in 1..=20 {
        fund(&cloud, wallet(number), 100).await;
    }
    let transfers = (1..=20_u128).map(|number| {
        let legs = vec![Leg::out_of(wallet(number), 10), Leg::into(AccountId::BuzFees, 10)];
        NewTransfer::new(ulid(1000 + number).into(), organization(), Reason::Spend, legs)
    });
    for outcome in at_once(&cloud, transfers.collect()).await {
        outcome.unwrap();
    }
    let rows = LedgerRows::read(&cloud.dynamodb, &cloud.services).await;
    rows.check(cloud.services.clock.now()).unwrap();
    assert_eq!(rows.posted(AccountId::BuzFees), 200);
    let parts = rows.accounts.keys().filter(|part| part.account == AccountId::BuzFees).count();
    assert!(parts > 1, "{parts}");
}
