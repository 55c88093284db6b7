//! The Lambda function `mailer`.

use std::sync::Arc;

use mailer::{Deps, Places, send_mail};
use shared::config::Reader;
use shared::queue::MailMessage;
use shared_lambda::{outbound, outbound_to_aws};
use vendors::email::{EmailConfig, Mailer};
use vendors::http::Http;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_queue("mailer", |host| {
        let mut reader = Reader::new(&host.variables);
        let (frontend_url, crm_url) = (reader.required("FRONTEND_URL"), reader.required("CRM_URL"));
        let places = reader.finish(Places::new(&frontend_url, &crm_url))?;
        let config = EmailConfig::read(&host.variables)?;
        let connector = if config.is_of_aws() { outbound_to_aws() } else { outbound() };
        let mailer = Mailer::new(config, Http::new(connector, host.services.clock.clone()));
        let deps = Arc::new(Deps::new(host.services.clone(), mailer, places));
        Ok(move |message: MailMessage| {
            let deps = deps.clone();
            async move { send_mail(&deps, message).await }
        })
    })
    .await
}
