//! Stripe on loopback: the endpoints, the wire format, the pages and the signed webhooks of Stripe's that the platform uses, so that the
//! real client and the real signature check run where there is no key.
//!
//! Everything is in memory, and in a file where one is given. Time is the platform's: subscriptions renew, payments are tried again and
//! sessions expire when its clock says so. What differs from Stripe: a month has 30 days, the only amounts are those of the catalogue,
//! there is no tax, and objects have no fields but those that somebody reads.

mod api;
mod connector;
mod deliveries;
mod error;
mod form;
pub mod histories;
mod pages;
mod payments;
mod render;
mod state;
mod subscriptions;
mod time;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::clock::{Clock, Timestamp};

pub use deliveries::Delivery;
pub use render::Shape;
pub use state::Card;
use state::State;

/// The key that the sandbox takes; any other that begins like one does as well.
pub const SECRET_KEY: &str = "sk_test_sandbox";
/// The secret that its webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_sandbox";
/// Its prices, as `STRIPE_PRICES` names them.
pub const PRICES: &str = "plan_pro=price_pro_monthly,plan_outreach=price_outreach_monthly,credits_4900=price_credits_4900,\
    credits_19900=price_credits_19900,credits_49900=price_credits_49900";

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    clock: Clock,
    place: Mutex<Place>,
}

/// Where the sandbox is.
#[derive(Default)]
struct Place {
    /// Where its pages are found, without a slash at its end.
    url: String,
    /// Where it is kept, if it is.
    file: Option<PathBuf>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// An empty sandbox by this clock, in memory.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner { state: Mutex::default(), clock, place: Mutex::default() }))
    }

    /// Goes on with what is kept in `file`, if anything is that this version can read, and keeps everything there from now on.
    pub fn keep_in(&self, file: PathBuf) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if let Ok(state) = serde_json::from_str(&text) {
            *self.state() = state;
        }
        self.place().file = Some(file);
    }

    /// Its pages are found below `url` from now on.
    pub fn be_at(&self, url: &str) {
        self.place().url = url.trim_end_matches('/').to_owned();
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn url(&self) -> String {
        self.place().url.clone()
    }

    /// The shape of the objects in events from now on: that of the version which the endpoint was entered with.
    pub fn shape_of_events(&self, shape: Shape) {
        self.state().shape = shape;
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with what there is now, after everything that was due by then.
    fn act<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        state.advance(self.now().as_seconds());
        let done = action(&mut state);
        if let Some(file) = &self.place().file
            && let Err(error) = keep(file, &state)
        {
            tracing::warn!(%error, "the Stripe sandbox could not be kept");
        }
        done
    }

    /// Everything that there is now, in the shape of a version: `subscriptions`, `invoices`, `payments` with their charges, `disputes` and
    /// `sessions`, each a list of objects.
    pub fn objects(&self, shape: Shape) -> serde_json::Value {
        self.act(|state| state.objects(shape))
    }

    /// Every event that there was, the first first, as it was sent.
    pub fn events(&self) -> Vec<serde_json::Value> {
        self.act(|state| state.events.iter().map(|event| event.body.clone()).collect())
    }

    /// Lets happen what is due by now.
    pub fn advance(&self) {
        self.act(|_| ());
    }

    /// Gives money back; false if there is no such payment.
    pub fn refund(&self, payment: &str, amount: i64) -> bool {
        self.act(|state| state.refund(payment, Some(amount)).is_ok())
    }

    /// Lets a customer's bank take a payment into question; its dispute, if there is such a payment.
    pub fn dispute(&self, payment: &str) -> Option<String> {
        self.act(|state| state.dispute(payment))
    }

    /// Decides a dispute.
    pub fn close_dispute(&self, dispute: &str, won: bool) {
        self.act(|state| state.close_dispute(dispute, won));
    }

    /// Lets a customer pay a session's page with this card. False if the card was declined, or the session is not open.
    pub fn pay(&self, session: &str, card: Card) -> bool {
        self.act(|state| state.pay(session, card).is_ok())
    }

    /// Gives a customer another card.
    pub fn change_card(&self, customer: &str, card: Card) {
        self.act(|state| state.change_card(customer, card));
    }

    /// Tries to collect what a customer owes, as when they pay in the portal.
    pub fn collect(&self, customer: &str) {
        self.act(|state| state.collect(customer));
    }

    /// Lets a customer's subscriptions end with their period, or go on, as when they do so in the portal.
    pub fn cancel(&self, customer: &str, cancel: bool) {
        self.act(|state| state.cancel_all(customer, cancel));
    }

    /// Puts a customer's subscriptions on another price, as the platform does: the difference charged now, or a plan kept until the period
    /// ends, which stands in the metadata then.
    pub fn change_plan(&self, customer: &str, price: &str, charged_now: bool, kept: Option<&str>) {
        self.act(|state| state.change_plan(customer, price, charged_now, kept));
    }

    /// Begins a checkout for a customer and lets them pay with this card; the session, unless the card was declined.
    pub fn buy(&self, customer: &str, price: &str, card: Card, metadata: &BTreeMap<String, String>) -> Option<String> {
        self.try_out(customer, price, 0, card, metadata)
    }

    /// The same with so many days for nothing first.
    pub fn try_out(
        &self,
        customer: &str,
        price: &str,
        trial_days: u32,
        card: Card,
        metadata: &BTreeMap<String, String>,
    ) -> Option<String> {
        self.act(|state| {
            let session = state.begin(customer, price, trial_days.into(), metadata)?;
            state.pay(&session, card).ok().map(|()| session)
        })
    }

    /// Makes a customer with this metadata.
    pub fn customer(&self, metadata: &BTreeMap<String, String>) -> String {
        self.act(|state| state.new_customer("", "", metadata))
    }

    /// The disputes about a customer's payments, the first first.
    pub fn disputes_of(&self, customer: &str) -> Vec<String> {
        let payments = self.payments_of(customer);
        self.act(|state| {
            let theirs = state.disputes.values().filter(|dispute| payments.contains(&dispute.payment));
            theirs.map(|dispute| dispute.id.clone()).collect()
        })
    }

    /// Ends a customer's subscriptions at once, as when somebody does so in Stripe's dashboard.
    pub fn end(&self, customer: &str) {
        self.act(|state| state.end_all(customer));
    }

    /// The payments of a customer, the first first.
    pub fn payments_of(&self, customer: &str) -> Vec<String> {
        self.act(|state| {
            let theirs = state.payments.values().filter(|payment| payment.customer == customer);
            theirs.map(|payment| payment.id.clone()).collect()
        })
    }

    /// What a customer has paid, in the smallest unit of the currency.
    pub fn paid_by(&self, customer: &str) -> i64 {
        self.act(|state| {
            let theirs = state.payments.values().filter(|payment| payment.customer == customer);
            theirs.filter(|payment| payment.status == "succeeded").map(|payment| payment.amount).sum()
        })
    }

    /// The customers, the first first.
    pub fn customers(&self) -> Vec<String> {
        self.act(|state| state.customers.keys().cloned().collect())
    }
}

/// Writes the state beside the file, for its owner alone, and puts it in the file's place, so that it is whole whatever happens.
fn keep(file: &Path, state: &State) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&beside)?.write_all(&serde_json::to_vec(state)?)?;
    std::fs::rename(beside, file)
}

#[cfg(test)]
mod tests;
