//! Looking behind the scenes of the ledger: all of its rows, and whether they hold together.

use std::collections::BTreeMap;

use embedded::EmbeddedDynamoDb;
use shared::clock::Timestamp;
use shared::id::TransferId;
use shared::ledger::invariant::{self, BuzSupply, Violation};
use shared::ledger::{Account, AccountId, AccountPart, Entry, Transfer};
use shared::model::credit_wallet::CreditWallet;
use shared::model::stake::Stake;
use shared::services::Services;
use shared::store::{Item, Table, Versioned};

/// Every row of the ledger.
#[derive(Clone, Debug, Default)]
pub struct LedgerRows {
    /// The accounts, part by part.
    pub accounts: BTreeMap<AccountPart, Account>,
    /// Their entries in order.
    pub entries: BTreeMap<AccountPart, Vec<Entry>>,
    /// The transfers.
    pub transfers: BTreeMap<TransferId, Transfer>,
    /// Which of the granted credits expire when.
    pub wallets: Vec<CreditWallet>,
    /// The stakes, ended ones as well.
    pub stakes: Vec<Stake>,
}

fn value<T: shared::store::Entity>(item: Item) -> T {
    Versioned::from_item(item).expect("a row of the ledger is readable").value
}

impl LedgerRows {
    /// Reads them all.
    pub async fn read(dynamodb: &EmbeddedDynamoDb, services: &Services) -> Self {
        let (mut rows, table) = (Self::default(), services.store.tables().name(Table::Ledger).to_owned());
        let mut pages = dynamodb.client().scan().table_name(table).into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in page.expect("the table can be read").items.unwrap_or_default() {
                match item["entity"].as_s().map(String::as_str) {
                    Ok("ledgerAccount") => {
                        let account = value::<Account>(item);
                        rows.accounts.insert(account.part, account);
                    }
                    Ok("ledgerEntry") => {
                        let entry = value::<Entry>(item);
                        rows.entries.entry(entry.part).or_default().push(entry);
                    }
                    Ok("ledgerTransfer") => {
                        let transfer = value::<Transfer>(item);
                        rows.transfers.insert(transfer.id, transfer);
                    }
                    Ok("creditWallet") => rows.wallets.push(value(item)),
                    Ok("stake") => rows.stakes.push(value(item)),
                    other => panic!("{other:?} has no place in the ledger"),
                }
            }
        }
        rows.entries.values_mut().for_each(|entries| entries.sort_by_key(|entry| (entry.at, entry.sequence)));
        rows
    }

    /// What was posted to an account, over all its parts.
    pub fn posted(&self, account: AccountId) -> i64 {
        account.parts().filter_map(|part| self.accounts.get(&part)).map(|account| account.posted).sum()
    }

    /// Whether everything holds together at `now`: every transfer sums to zero, every account is its entries, every asset sums to zero,
    /// minted less burned BUZ are circulating, staked and held, what is staked is what the stakes say, each entry belongs to a transfer that
    /// has it, and of granted credits as many are left as their accounts hold.
    pub fn check(&self, now: Timestamp) -> Result<(), Violation> {
        self.transfers.values().try_for_each(invariant::transfer_sums_to_zero)?;
        for (part, account) in &self.accounts {
            let entries = self.entries.get(part).map_or(&[][..], Vec::as_slice);
            invariant::account_is_its_entries(account, entries, now)?;
        }
        for entry in self.entries.values().flatten() {
            let transfer = self.transfers.get(&entry.transfer_id);
            let leg = transfer.and_then(|transfer| transfer.legs.iter().find(|leg| leg.part == entry.part));
            assert!(leg.is_some_and(|leg| leg.amount == entry.amount.abs()), "{} has no transfer", entry.transfer_id);
        }
        for wallet in &self.wallets {
            let granted = self.posted(AccountId::CreditGrants(wallet.organization_id));
            assert_eq!(wallet.left(), granted, "the grants of {}", wallet.organization_id);
        }
        let open = self.stakes.iter().filter(|stake| stake.ended_at.is_none());
        // Tests that move BUZ by hand have no stakes.
        let staked = open.map(|stake| stake.amount).sum::<i64>();
        assert!(self.stakes.is_empty() || staked == self.posted(AccountId::BuzStakes), "{staked} are staked");
        invariant::assets_sum_to_zero(self.accounts.values())?;
        BuzSupply::of(self.accounts.values()).check()
    }
}
