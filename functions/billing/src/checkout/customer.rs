//! The organisation as Stripe's customer.

use payments::{ORGANIZATION_ID, Payments};
use sha2::{Digest, Sha256};
use shared::access::{OrganizationAccess, Owner};
use shared::encoding::shortened;
use shared::model::billing_account::BillingAccount;
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use vendors::stripe::Metadata;

use crate::Error;
use crate::subscription::account;

/// The organisation's account, which its first checkout makes. Of several first ones all get the same customer: Stripe knows them by a key
/// that follows from the organisation.
pub(super) async fn ensure(
    services: &Services,
    payments: &Payments,
    access: &OrganizationAccess<Owner>,
) -> Result<Versioned<BillingAccount>, Error> {
    let organization = access.organization_id();
    if let Some(account) = account(services, organization).await? {
        return Ok(account);
    }
    let metadata = Metadata::from([(ORGANIZATION_ID.to_owned(), organization.to_string())]);
    let (email, name) = (&access.principal.user.email, &access.organization.name);
    // What the customer is called is part of the key: another name under one key would be refused.
    let digest = Sha256::new().chain_update(email).chain_update([0]).chain_update(name).finalize();
    let key = format!("customer/{organization}/{}", shortened(digest, 16));
    let customer = payments.stripe.create_customer(email, name, &metadata, &key).await?;
    let plan = || async {
        let mut transaction = Transaction::new();
        if account(services, organization).await?.is_none() {
            transaction.create(BillingAccount::new(organization, customer.id.clone(), services.clock.now()));
        }
        Ok::<_, Error>((transaction, ()))
    };
    services.store.execute(plan).await?;
    account(services, organization).await?.ok_or(Error::NoCustomer)
}
