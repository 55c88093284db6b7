//! The Lambda function `mailer`.

use std::sync::Arc;

use mailer::{Deps, send_mail};
use shared::config::Reader;
use shared::queue::MailMessage;
use vendors::email::{EmailConfig, Mailer};
use vendors::http::Http;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared_lambda::Error> {
    shared_lambda::serve_queue("mailer", |host| {
        let mut reader = Reader::new(&host.variables);
        let frontend_url = reader.required("FRONTEND_URL");
        let frontend_url = reader.finish(frontend_url)?;
        let http = Http::new(shared_lambda::outbound(), host.services.clock.clone());
        let mailer = Mailer::new(EmailConfig::read(&host.variables)?, http);
        let deps = Arc::new(Deps::new(host.services.clone(), mailer, &frontend_url));
        Ok(move |message: MailMessage| {
            let deps = deps.clone();
            async move { send_mail(&deps, message).await }
        })
    })
    .await
}
