//! The function's binary as Lambda runs it.

use crate::support::{message, stored, with_link};
use shared::model::link::LinkPurpose;
use shared::model::mail::MailStatus;
use testkit::FunctionHost;

#[tokio::test]
async fn it_works_off_its_queue() {
    let host = FunctionHost::start("mailer", env!("CARGO_BIN_EXE_mailer")).await;
    let mut mails = Vec::new();
    for (name, purpose) in
        [("Ada", LinkPurpose::VerifyEmail), ("Grace", LinkPurpose::ResetPassword), ("Mary", LinkPurpose::VerifyEmail)]
    {
        let caller = host.cloud.caller(name).await;
        let address = format!("{}@example.com", name.to_lowercase());
        mails.extend(with_link(&host.cloud, &caller, purpose, &address).await.1);
    }
    let bodies = mails.iter().map(|mail| serde_json::to_string(&message(mail)).unwrap()).collect::<Vec<_>>();
    host.queue_cases(&bodies).await;
    for mail in &mails {
        let row = stored(&host.cloud, mail).await;
        assert_eq!((row.status, row.attempts), (MailStatus::Sent, 1), "{row:?}");
    }
    assert_eq!(host.mailbox.mails().len(), mails.len());
    let mail = &host.mailbox.mails_to("grace@example.com")[0];
    assert_eq!(
        (mail.from.as_str(), mail.subject.as_str()),
        ("Groundwork <no-reply@groundwork.example>", "Reset your password")
    );
    assert!(mail.text.contains("https://app.example.com/reset-password#token="), "{}", mail.text);
}
