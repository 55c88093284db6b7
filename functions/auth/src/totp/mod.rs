//! The second factor: an authenticator's codes (RFC 6238), and recovery codes for when it is lost.
//!
//! Enrolling gives a secret, which counts once a first code of it was right. Each code is accepted once. What turns the second factor off,
//! or replaces it, asks for credentials again.

mod code;
pub(crate) mod confirm;
pub(crate) mod disable;
pub(crate) mod enroll;
pub(crate) mod factor;
mod qr_code;
mod recovery;
pub(crate) mod renew_codes;
mod seal;
pub(crate) mod status;

use serde::Serialize;
use utoipa::ToSchema;

use crate::secret::Secret;

/// Recovery codes, which are shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecoveryCodes {
    /// Each signs in once in place of a code of the authenticator. Only hashes of them are kept.
    #[schema(value_type = Vec<String>, example = json!(["ABCD-EFGH-IJKL-MNOP-QRST-UVWX"]))]
    recovery_codes: Vec<Secret>,
}
