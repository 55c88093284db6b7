//! Accounts and sessions: who somebody is.
