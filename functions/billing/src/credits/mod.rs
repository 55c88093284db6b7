//! `/api/billing/credits`: where they came from and went, and credits from the platform.

pub(crate) mod grant;
pub(crate) mod history;
