//! What can be said of transfers before anything is read.

use std::collections::BTreeSet;
use std::time::Duration;

use super::account::{AccountId, TIMEOUT_MAXIMUM};
use super::refusal::{Refusal, RefusalCode};
use super::transfer::{Leg, NewTransfer, TransferKind};
use super::{LEGS_MAXIMUM, TRANSFERS_MAXIMUM};

/// Finds what is wrong with linked transfers in themselves.
pub(super) fn check(transfers: &[NewTransfer]) -> Result<(), Refusal> {
    let refuse = |index, code| Refusal { index, code };
    if transfers.is_empty() {
        return Err(refuse(0, RefusalCode::NoTransfers));
    }
    if transfers.len() > TRANSFERS_MAXIMUM {
        return Err(refuse(TRANSFERS_MAXIMUM, RefusalCode::TooManyTransfers));
    }
    let (mut legs, mut ids) = (0_usize, BTreeSet::new());
    for (index, transfer) in transfers.iter().enumerate() {
        legs = legs.saturating_add(transfer.legs.len());
        if legs > LEGS_MAXIMUM {
            return Err(refuse(index, RefusalCode::TooManyLegs));
        }
        if !ids.insert(transfer.id) {
            return Err(refuse(index, RefusalCode::IdTwice));
        }
        check_one(transfer).map_err(|code| refuse(index, code))?;
    }
    Ok(())
}

fn check_one(transfer: &NewTransfer) -> Result<(), RefusalCode> {
    let NewTransfer { kind, legs, timeout, at_most, .. } = transfer;
    match kind {
        TransferKind::Posted | TransferKind::Pending if legs.is_empty() => return Err(RefusalCode::NoLegs),
        TransferKind::VoidPending if !legs.is_empty() => return Err(RefusalCode::VoidWithLegs),
        _ => check_legs(legs)?,
    }
    match timeout {
        Some(_) if *kind != TransferKind::Pending => return Err(RefusalCode::TimeoutWithoutPending),
        Some(timeout) if *timeout < Duration::from_millis(1) || *timeout > TIMEOUT_MAXIMUM => {
            return Err(RefusalCode::TimeoutOutOfRange);
        }
        _ => {}
    }
    let moves = matches!(kind, TransferKind::Posted | TransferKind::Pending);
    if *at_most && !(moves && legs.len() == 2) {
        return Err(RefusalCode::AtMostNeedsTwoLegs);
    }
    Ok(())
}

fn check_legs(legs: &[Leg]) -> Result<(), RefusalCode> {
    let mut accounts = BTreeSet::<AccountId>::new();
    for leg in legs {
        if leg.amount == 0 {
            return Err(RefusalCode::AmountZero);
        }
        if leg.amount < 0 {
            return Err(RefusalCode::AmountNegative);
        }
        if !accounts.insert(leg.account) {
            return Err(RefusalCode::AccountTwice);
        }
    }
    if legs.windows(2).any(|pair| matches!(pair, [one, other] if one.account.asset() != other.account.asset())) {
        return Err(RefusalCode::AssetsDiffer);
    }
    // Thirty amounts of 64 bits cannot leave 128.
    let sum = legs.iter().map(|leg| i128::from(leg.direction.signed(leg.amount))).sum::<i128>();
    if sum == 0 { Ok(()) } else { Err(RefusalCode::LegsNotBalanced) }
}
