//! What happens by itself when its time comes.

use crate::state::{Session, State};

/// Something whose time comes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Expires(String),
    Ends(String, bool, String),
    Retries(String),
    Renews(String),
}

impl State {
    /// Lets happen, in order and each at its own time, what is due by `now`.
    pub(crate) fn advance(&mut self, now: i64) {
        while let Some((at, due)) = self.next_due().filter(|(at, _)| *at <= now) {
            self.now = self.now.max(at);
            match due {
                Due::Expires(session) => self.expire(&session),
                Due::Ends(payment, succeeds, session) => self.end_slow(&payment, succeeds, &session),
                Due::Retries(invoice) => drop(self.attempt(&invoice)),
                Due::Renews(subscription) => self.renew(&subscription),
            }
        }
        self.now = self.now.max(now);
    }

    pub(crate) fn expire(&mut self, session: &str) {
        self.close(session, "expired", "unpaid", "checkout.session.expired", |_: &mut Session| ());
    }

    fn next_due(&self) -> Option<(i64, Due)> {
        let open = self.sessions.values().filter(|session| session.status == "open");
        let expires = open.map(|session| (session.expires_at, Due::Expires(session.id.clone())));
        let ends = self.payments.values().filter_map(|payment| {
            let (at, succeeds, session) = payment.under_way.clone()?;
            Some((at, Due::Ends(payment.id.clone(), succeeds, session)))
        });
        let unpaid = self.invoices.values().filter(|invoice| invoice.status == "open");
        let collected = |subscription: &str| self.subscriptions.get(subscription).is_some_and(|found| found.is_live());
        let retries = unpaid.filter(|invoice| collected(&invoice.subscription));
        let retries = retries.filter_map(|invoice| Some((invoice.next_attempt?, Due::Retries(invoice.id.clone()))));
        let live = self.subscriptions.values().filter(|subscription| subscription.is_live());
        let renews = live.map(|subscription| (subscription.period_end, Due::Renews(subscription.id.clone())));
        expires.chain(ends).chain(retries).chain(renews).min()
    }
}
