//! The API of billing.

#[cfg(test)]
mod billing_invoices;
#[cfg(test)]
mod billing_subscription;
#[cfg(test)]
mod billing_webhook_events;
#[cfg(test)]
mod host;
#[cfg(test)]
mod stripe_create_checkout;
#[cfg(test)]
mod stripe_portal;
#[cfg(test)]
mod support;
