//! Which vendor sends the mail, and with which rights.

use std::fmt;

use aws_credential_types::Credentials;
use shared::config::{ConfigError, Reader, Variables};

#[cfg(not(target_arch = "wasm32"))]
use super::smtp::{Transport, transport};
use crate::base_url::BaseUrl;

/// Where Resend is.
const RESEND_URL: &str = "https://api.resend.com";

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct EmailConfig {
    /// `EMAIL_FROM`: whom mail comes from, `Groundwork <mail@example.com>` or a bare address.
    pub(super) from: String,
    pub(super) provider: Provider,
}

/// Who sends it.
#[derive(Clone)]
pub(super) enum Provider {
    Ses(SesAccount),
    Resend {
        base_url: BaseUrl,
        api_key: String,
    },
    #[cfg(not(target_arch = "wasm32"))]
    Smtp(Transport),
}

/// Where SES is and who calls it.
#[derive(Clone)]
pub(super) struct SesAccount {
    pub(super) base_url: BaseUrl,
    pub(super) region: String,
    pub(super) credentials: Credentials,
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ses(_) => "Ses",
            Self::Resend { .. } => "Resend",
            #[cfg(not(target_arch = "wasm32"))]
            Self::Smtp(_) => "Smtp",
        })
    }
}

impl EmailConfig {
    /// Reads `EMAIL_FROM`, `EMAIL_PROVIDER` (`ses`, the default, `resend` or `smtp`) and what that one needs: for SES what every AWS SDK
    /// reads and, for tests, `SES_BASE_URL`; `RESEND_API_KEY` and `RESEND_BASE_URL`; `SMTP_URL`, such as
    /// `smtps://user:password@mail.example.com`.
    ///
    /// # Errors
    /// When variables are missing or malformed; all of them are named.
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let from = reader.required("EMAIL_FROM");
        let provider = match reader.optional("EMAIL_PROVIDER").as_deref() {
            None | Some("ses") => ses(&mut reader),
            Some("resend") => Provider::Resend {
                base_url: reader.parsed("RESEND_BASE_URL", BaseUrl::of_vendor(RESEND_URL)),
                api_key: needed(&mut reader, "RESEND_API_KEY"),
            },
            #[cfg(not(target_arch = "wasm32"))]
            Some("smtp") => Provider::Smtp(smtp(&mut reader)),
            Some(_) => {
                reader.fault("EMAIL_PROVIDER is malformed: it is ses, resend or smtp");
                ses(&mut reader)
            }
        };
        reader.finish(Self { from, provider })
    }
}

impl EmailConfig {
    /// Whether the vendor is a service of AWS, whose certificates stand under Amazon's own roots.
    pub const fn is_of_aws(&self) -> bool {
        matches!(self.provider, Provider::Ses(_))
    }
}

/// A variable that this vendor needs and others do not.
fn needed(reader: &mut Reader<'_>, name: &str) -> String {
    reader.required(name)
}

fn ses(reader: &mut Reader<'_>) -> Provider {
    let region = needed(reader, "AWS_REGION");
    let (id, secret) = (needed(reader, "AWS_ACCESS_KEY_ID"), needed(reader, "AWS_SECRET_ACCESS_KEY"));
    let session = reader.optional("AWS_SESSION_TOKEN");
    let base_url = reader.parsed("SES_BASE_URL", BaseUrl::of_vendor(&format!("https://email.{region}.amazonaws.com")));
    Provider::Ses(SesAccount {
        base_url,
        region,
        credentials: Credentials::new(id, secret, session, None, "environment"),
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn smtp(reader: &mut Reader<'_>) -> Transport {
    let url = needed(reader, "SMTP_URL");
    transport(&url).unwrap_or_else(|| {
        if !url.is_empty() {
            reader.fault(
                "SMTP_URL is malformed: it is smtps://user:password@host:port, or smtp://host:port on this machine",
            );
        }
        Transport::nowhere()
    })
}
