//! What keeps an attempt to sign in with another's help to one use.
//!
//! An attempt is stored nowhere while it lasts: what its two ends carry proves it (`functions/auth/src/linkedin/attempt.rs`). The
//! transaction that uses it leaves this row.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::SignInAttemptId;
use crate::store::{Entity, Indexes, Key};

/// "This attempt was used."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsedSignInAttempt {
    /// The attempt's id.
    pub id: SignInAttemptId,
    /// Until when it could be used; afterwards its age alone refuses it.
    pub expires_at: Timestamp,
}

impl Entity for UsedSignInAttempt {
    const TYPE: &'static str = "usedSignInAttempt";

    fn key(&self) -> Key {
        Key::new(format!("SIGN_IN_ATTEMPT#{}", self.id), "USED")
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}
