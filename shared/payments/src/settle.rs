//! Settling: our rows read, Stripe asked, and what follows written into a transaction.

use shared::clock::Timestamp;
use shared::credits::Position;
use shared::event::{Actor, Fact};
use shared::id::OrganizationId;
use shared::model::billing_account::BillingAccount;
use shared::model::checkout::Checkout;
use shared::model::credit_purchase::CreditPurchase;
use shared::model::inbound_event::InboundEvent;
use shared::model::invoice::{Invoice, InvoiceStatus};
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::product::Product;
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use shared::trace::Trace;
use vendors::stripe::{self, Expandable, StripeError};

use crate::snapshot::{self, ORGANIZATION_ID, PRODUCT};
use crate::{Payments, SettleError, state};

/// What came of an occasion to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The transaction holds what follows.
    Settled,
    /// It is of no concern to the platform, for this reason.
    Ignored(&'static str),
}

/// An organisation's account once it is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledAccount {
    /// The account.
    pub account: BillingAccount,
    /// The organisation's plan.
    pub plan: PlanName,
}

/// What an event is about, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    Checkout,
    Subscription,
    Invoice,
    Payment,
}

impl Concern {
    /// Of checkouts, subscriptions and invoices all that happens concerns us, of payments what takes money back.
    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired" => Self::Checkout,
            kind if kind.starts_with("customer.subscription.") => Self::Subscription,
            kind if kind.starts_with("invoice.") => Self::Invoice,
            "charge.refunded" | "charge.refund.updated" | "refund.created" | "refund.updated" | "refund.failed" => {
                Self::Payment
            }
            kind if kind.starts_with("charge.dispute.") => Self::Payment,
            _ => return None,
        })
    }
}

/// The row of an organisation's account and its own.
struct Rows {
    account: Versioned<BillingAccount>,
    organization: Versioned<Organization>,
}

/// Settles for one occasion.
#[derive(Clone, Copy, Debug)]
pub struct Settler<'a> {
    /// What Stripe is asked with.
    pub payments: &'a Payments,
    /// The table and the time.
    pub services: &'a Services,
    /// Where the occasion comes from.
    pub trace: Trace,
    /// Who gave it.
    pub actor: Actor,
}

impl Settler<'_> {
    /// Settles what an event of Stripe's is about.
    ///
    /// # Errors
    /// When Stripe or the store does not answer. Then the transaction is of no use.
    pub async fn event<E>(
        &self,
        event: &InboundEvent,
        transaction: &mut Transaction<E>,
    ) -> Result<Outcome, SettleError> {
        let Some(concern) = Concern::of(&event.kind) else { return Ok(Outcome::Ignored("unknown_type")) };
        let Some(object_id) = event.object_id.as_deref() else { return Ok(Outcome::Ignored("no_object")) };
        match self.concern(concern, object_id, event.organization_id, transaction).await {
            // It was removed at Stripe, as a draft of an invoice can be: there is nothing left to settle.
            Err(SettleError::Stripe(StripeError::NotFound)) => Ok(Outcome::Ignored("gone_at_stripe")),
            outcome => outcome,
        }
    }

    async fn concern<E>(
        &self,
        concern: Concern,
        object_id: &str,
        named: Option<OrganizationId>,
        transaction: &mut Transaction<E>,
    ) -> Result<Outcome, SettleError> {
        let organization = match named {
            Some(organization) => Some(organization),
            None => self.organization_of(concern, object_id).await?,
        };
        let Some(organization) = organization else { return Ok(Outcome::Ignored("not_ours")) };
        let Some(rows) = self.rows(organization).await? else { return Ok(Outcome::Ignored("organization_gone")) };
        match concern {
            Concern::Checkout => self.checkout(&rows, object_id, transaction).await,
            Concern::Subscription => self.subscriptions(&rows, None, transaction).await.map(|_| Outcome::Settled),
            Concern::Invoice => self.invoice(&rows, object_id, transaction).await,
            Concern::Payment => self.payment(&rows, object_id, transaction).await,
        }
    }

    /// Settles an organisation's subscriptions; none if it is no customer.
    ///
    /// # Errors
    /// When Stripe or the store does not answer. Then the transaction is of no use.
    pub async fn account<E>(
        &self,
        organization: OrganizationId,
        transaction: &mut Transaction<E>,
    ) -> Result<Option<SettledAccount>, SettleError> {
        let Some(rows) = self.rows(organization).await? else { return Ok(None) };
        self.subscriptions(&rows, None, transaction).await.map(Some)
    }

    /// Whose the object is, as its customer says.
    async fn organization_of(&self, concern: Concern, object_id: &str) -> Result<Option<OrganizationId>, SettleError> {
        let stripe = &self.payments.stripe;
        let customer = match concern {
            Concern::Checkout => stripe.checkout_session(object_id).await?.customer,
            Concern::Subscription => Some(stripe.subscription(object_id).await?.customer),
            Concern::Invoice => stripe.invoice(object_id).await?.customer,
            Concern::Payment => stripe.payment_intent(object_id).await?.customer,
        };
        let metadata = customer.as_ref().and_then(Expandable::object).map(|customer| &customer.metadata);
        Ok(metadata.and_then(|metadata| metadata.get(ORGANIZATION_ID)?.parse().ok()))
    }

    async fn rows(&self, organization: OrganizationId) -> Result<Option<Rows>, SettleError> {
        let store = &self.services.store;
        let keys = [BillingAccount::key_of(organization), Organization::key_of(organization)];
        let mut items = store.batch_get(&keys).await?;
        let [account, organization] = keys.map(|key| items.remove(&key));
        let account = account.map(Versioned::from_item).transpose()?;
        let organization = organization.map(Versioned::from_item).transpose()?;
        Ok(account.zip(organization).map(|(account, organization)| Rows { account, organization }))
    }

    fn note<E>(&self, transaction: &mut Transaction<E>, rows: &Rows, facts: impl IntoIterator<Item = Fact>) {
        for fact in facts {
            transaction.create(self.services.event(rows.organization.id, self.actor, self.trace, fact));
        }
    }

    async fn subscriptions<E>(
        &self,
        rows: &Rows,
        closed_checkout: Option<&str>,
        transaction: &mut Transaction<E>,
    ) -> Result<SettledAccount, SettleError> {
        let Rows { account, organization } = rows;
        let found = self.payments.stripe.subscriptions(&account.customer_id).await?;
        let mut subscriptions = Vec::with_capacity(found.len());
        for one in &found {
            let overdue =
                if snapshot::is_overdue(one) { self.payments.stripe.open_invoices(&one.id).await? } else { Vec::new() };
            subscriptions.push(snapshot::subscription(&self.payments.prices, one, &overdue));
        }
        let now = self.services.clock.now();
        let standing = state::standing(subscriptions, now);
        let before = account.subscription.as_ref();
        self.note(transaction, rows, state::subscription_facts(before, standing.subscription.as_ref()));
        let plan = self.change_plan(rows, account.plan, standing.plan, transaction);
        let open_checkout = account.open_checkout.clone().filter(|open| Some(open.as_str()) != closed_checkout);
        let next = BillingAccount {
            plan: standing.plan,
            subscription: standing.subscription,
            review_at: standing.review_at,
            open_checkout,
            settled_at: now,
            ..account.value.clone()
        };
        transaction.replace(account, next.clone());
        self.end_with(organization, &next, now).await?;
        Ok(SettledAccount { account: next, plan })
    }

    /// Gives the organisation the plan that follows from its subscription, where that changed. What an operator agreed on with an
    /// enterprise, no subscription changes. Of an organisation that was deleted nobody counts the plan. Returns the plan that it has then.
    fn change_plan<E>(
        &self,
        rows: &Rows,
        before: PlanName,
        after: PlanName,
        transaction: &mut Transaction<E>,
    ) -> PlanName {
        let organization = &rows.organization;
        let from = organization.plan;
        if before == after || from == after || from == PlanName::Enterprise {
            return from;
        }
        transaction.replace(organization, Organization { plan: after, ..organization.value.clone() });
        if organization.is_there() {
            self.note(transaction, rows, [Fact::PlanChanged { from, to: after }]);
        }
        after
    }

    /// Lets the subscription of an organisation that was deleted end with its period: nobody is to pay for what is not there.
    async fn end_with(
        &self,
        organization: &Organization,
        account: &BillingAccount,
        now: Timestamp,
    ) -> Result<(), SettleError> {
        let (Some(deletion), Some(subscription)) = (organization.deletion, account.live_subscription()) else {
            return Ok(());
        };
        if subscription.cancel_at.is_none() {
            let key = format!("deleted/{}/{}", subscription.id, deletion.at);
            self.payments.stripe.cancel_at_period_end(&subscription.id, true, &key).await?;
            tracing::info!(subscription = subscription.id, at = %now, "the subscription of a deleted organisation ends");
        }
        Ok(())
    }

    async fn checkout<E>(
        &self,
        rows: &Rows,
        id: &str,
        transaction: &mut Transaction<E>,
    ) -> Result<Outcome, SettleError> {
        let key = Checkout::key_of(rows.organization.id, id);
        let row = self.services.store.get::<Checkout>(&key).await?;
        let session = self.payments.stripe.checkout_session(id).await?;
        if !is_of(rows, session.customer.as_ref()) {
            return Ok(Outcome::Ignored("not_ours"));
        }
        let payment = match (session.payment_status.as_deref(), &session.payment_intent) {
            (Some("unpaid"), Some(intent)) => Some(self.payments.stripe.payment_intent(intent.id()).await?.status),
            _ => None,
        };
        let status = snapshot::checkout_status(&session, payment.as_deref());
        if let Some(row) = &row {
            let next = Checkout {
                status,
                amount: session.amount_total,
                currency: session.currency.clone(),
                ..row.value.clone()
            };
            if next != row.value {
                transaction.replace(row, next);
            }
            if row.status != status {
                let (checkout_id, product) = (row.id.clone(), row.product);
                self.note(transaction, rows, [Fact::CheckoutChanged { checkout_id, product, status }]);
            }
        }
        let closed = (session.status.as_deref() != Some("open")).then_some(id);
        if session.mode == "subscription" {
            self.subscriptions(rows, closed, transaction).await?;
        }
        if let Some(intent) = session.payment_intent.as_ref().filter(|_| session.mode == "payment") {
            self.payment(rows, intent.id(), transaction).await?;
        }
        Ok(Outcome::Settled)
    }

    async fn invoice<E>(
        &self,
        rows: &Rows,
        id: &str,
        transaction: &mut Transaction<E>,
    ) -> Result<Outcome, SettleError> {
        let row = self.services.store.get::<Invoice>(&Invoice::key_of(rows.organization.id, id)).await?;
        let found = self.payments.stripe.invoice(id).await?;
        if !is_of(rows, found.customer.as_ref()) {
            return Ok(Outcome::Ignored("not_ours"));
        }
        let (refunded, dispute) = row.as_ref().map(|row| (row.amount_refunded, row.dispute)).unwrap_or_default();
        let next = snapshot::invoice(rows.organization.id, &found, refunded, dispute);
        self.write_invoice(rows, row.as_ref(), next, transaction);
        if found.subscription_id().is_some() {
            self.subscriptions(rows, None, transaction).await?;
        }
        Ok(Outcome::Settled)
    }

    fn write_invoice<E>(
        &self,
        rows: &Rows,
        row: Option<&Versioned<Invoice>>,
        next: Invoice,
        transaction: &mut Transaction<E>,
    ) {
        self.note(transaction, rows, state::invoice_facts(row.map(|row| &row.value), &next));
        match row {
            Some(row) if row.value == next => {}
            Some(row) => transaction.replace(row, next),
            // A draft is not shown to anybody; it may go as it came.
            None if next.status == InvoiceStatus::Draft => {}
            None => transaction.create(next),
        }
    }

    async fn payment<E>(
        &self,
        rows: &Rows,
        id: &str,
        transaction: &mut Transaction<E>,
    ) -> Result<Outcome, SettleError> {
        let organization = rows.organization.id;
        let row = self.services.store.get::<CreditPurchase>(&CreditPurchase::key_of(organization, id)).await?;
        let found = self.payments.stripe.payment_intent(id).await?;
        if !is_of(rows, found.customer.as_ref()) {
            return Ok(Outcome::Ignored("not_ours"));
        }
        let Some(Product::Credits(credits)) = found.metadata.get(PRODUCT).and_then(|product| product.parse().ok())
        else {
            return self.payment_of_invoice(rows, id, transaction).await;
        };
        let disputes = self.disputes(&found).await?;
        if let Some(next) = snapshot::credit_purchase(organization, credits, &found, &disputes) {
            self.note(transaction, rows, state::purchase_facts(row.as_ref().map(|row| &row.value), &next));
            self.move_credits(rows, row.as_ref().map(|row| &row.value), &next, transaction).await?;
            match &row {
                Some(row) if row.value == next => {}
                Some(row) => transaction.replace(row, next),
                None => transaction.create(next),
            }
        }
        Ok(Outcome::Settled)
    }

    /// Gives the organisation the credits of a pack, or takes back and gives again what its payment covers less or more of than before. That
    /// it happens once follows from the row: the transaction requires it as it was read here.
    async fn move_credits<E>(
        &self,
        rows: &Rows,
        before: Option<&CreditPurchase>,
        after: &CreditPurchase,
        transaction: &mut Transaction<E>,
    ) -> Result<(), SettleError> {
        let credits = |purchase: &CreditPurchase| i64::try_from(purchase.credits_left()).unwrap_or(i64::MAX);
        let change = credits(after).saturating_sub(before.map_or(0, credits));
        if change == 0 {
            return Ok(());
        }
        let position = Position::read(self.services, (&rows.organization.value).into(), &[], &[]).await?;
        match before {
            _ if change < 0 => position.take_back(transaction, change.saturating_neg(), &after.id)?,
            None => position.purchase(transaction, change, &after.id)?,
            Some(_) => position.give_back(transaction, change, &after.id)?,
        };
        Ok(())
    }

    /// Settles what was given back of an invoice's payment. Which invoice that is has to be asked first, so that the payment is asked for
    /// again once the invoice's row is read.
    async fn payment_of_invoice<E>(
        &self,
        rows: &Rows,
        id: &str,
        transaction: &mut Transaction<E>,
    ) -> Result<Outcome, SettleError> {
        let stripe = &self.payments.stripe;
        let Some(paid) = stripe.invoice_of(id).await? else { return Ok(Outcome::Ignored("other_payment")) };
        let key = Invoice::key_of(rows.organization.id, paid.invoice.id());
        let row = self.services.store.get::<Invoice>(&key).await?;
        let invoice = stripe.invoice(paid.invoice.id()).await?;
        let payment = stripe.payment_intent(id).await?;
        let dispute = snapshot::dispute_status(&self.disputes(&payment).await?);
        let refunded = snapshot::amount_refunded(&payment);
        let next = snapshot::invoice(rows.organization.id, &invoice, refunded, dispute);
        self.write_invoice(rows, row.as_ref(), next, transaction);
        Ok(Outcome::Settled)
    }

    async fn disputes(&self, payment: &stripe::PaymentIntent) -> Result<Vec<stripe::Dispute>, SettleError> {
        if snapshot::is_disputed(payment) {
            Ok(self.payments.stripe.disputes(&payment.id).await?)
        } else {
            Ok(Vec::new())
        }
    }
}

/// Whether an object is this organisation's customer's. What an event or an object names besides is no proof.
fn is_of(rows: &Rows, customer: Option<&Expandable<stripe::Customer>>) -> bool {
    customer.is_some_and(|customer| customer.id() == rows.account.customer_id)
}
