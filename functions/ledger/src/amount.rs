//! How much may be moved at once.

use shared::ledger::account::BUZ_MINTED_MAXIMUM;

/// A BUZ in micro-BUZ: it has 6 decimals.
pub(crate) const BUZ: i64 = 1_000_000;
/// The least that is sent or staked: 1 BUZ (CONTRACT "ledger").
pub(crate) const MINIMUM: i64 = BUZ;
/// The most that is sent at once: 1,000,000 BUZ (CONTRACT "ledger").
pub(crate) const TRANSFER_MAXIMUM: i64 = 1_000_000 * BUZ;
/// The most that can be staked, minted or burned at once: all there may be.
pub(crate) const MAXIMUM: i64 = BUZ_MINTED_MAXIMUM;
