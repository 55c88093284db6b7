//! Whether what somebody presents is their second factor.

use garde::Validate;
use serde::Deserialize;
use shared::clock::Timestamp;
use shared::model::totp::Totp;
use shared::problem::{FieldProblem, Problem};
use utoipa::ToSchema;

use super::{code, recovery, seal};
use crate::Error;
use crate::secret::Secret;
use crate::server_keys::{Purpose, ServerKeys};

/// A code of the authenticator, or one of the recovery codes.
pub(crate) enum Factor<'a> {
    Code(&'a Code),
    RecoveryCode(&'a Secret),
}

/// Six digits that an authenticator shows; spaces between them are left out.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Code(String);

impl std::fmt::Debug for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Code")
    }
}

impl Code {
    fn digits(&self) -> String {
        self.0.chars().filter(|letter| *letter != ' ').collect()
    }

    /// A rule: six digits. Its signature is what garde's `custom` wants.
    pub(crate) fn is_code(code: &Self, _: &()) -> garde::Result {
        let digits = code.digits();
        let is_code = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) && code.0.len() <= 16;
        if is_code { Ok(()) } else { Err(garde::Error::new("must be the six digits that the authenticator shows")) }
    }
}

/// The second factor after this was presented: a code is used up, and so is a recovery code. None if it is not right.
pub(crate) async fn accepted(
    keys: &ServerKeys,
    totp: &Totp,
    factor: &Factor<'_>,
    now: Timestamp,
) -> Result<Option<Totp>, Error> {
    match factor {
        Factor::Code(presented) => {
            let key = keys.derive(Purpose::TotpSecret).await?;
            let secret = seal::open(&key, totp.user_id, &totp.sealed_secret)?;
            let step = code::accepted_step(&secret, &presented.digits(), now, totp.last_step)?;
            Ok(step.map(|step| Totp { last_step: Some(step), ..totp.clone() }))
        }
        Factor::RecoveryCode(presented) => {
            let key = keys.derive(Purpose::RecoveryCode).await?;
            let presented = recovery::hash(&key, totp.user_id, presented.reveal())?;
            let left = totp.recovery_code_hashes.iter().filter(|hash| **hash != presented).cloned().collect::<Vec<_>>();
            let is_used = left.len() < totp.recovery_code_hashes.len();
            Ok(is_used.then(|| Totp { recovery_code_hashes: left, ..totp.clone() }))
        }
    }
}

/// A code of the authenticator.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresentedCode {
    /// What the authenticator shows.
    #[garde(custom(Code::is_code))]
    #[schema(value_type = String, pattern = "^[0-9]{6}$", write_only, example = "123456")]
    pub(crate) code: Code,
}

/// 422 where one of two must be given and neither or both are.
pub(crate) fn either(first: &str, second: &str) -> Problem {
    let message = format!("give either {first} or {second}");
    Problem::invalid(vec![FieldProblem::new(first, message)])
}
