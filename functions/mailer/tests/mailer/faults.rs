//! Mail on a table and a way that have bad days: none twice, and none lost that can be known not to have left.

use std::time::Duration;

use crate::support::{Trouble, Way, deps, message, stored, with_link};
use futures_util::future::join_all;
use mailer::send_mail;
use shared::id::Ids;
use shared::model::link::LinkPurpose;
use shared::model::mail::{Mail, MailStatus};
use testkit::{Cloud, FaultPlan, SeededEntropy};

/// What happens on the way to the vendor, as it follows from a seed: every other request meets something.
fn troubles(ids: &Ids) -> Vec<Option<Trouble>> {
    let all = [Trouble::NotReached, Trouble::AnswerLost, Trouble::NoAnswer, Trouble::Busy, Trouble::Failing];
    let one = |()| all.get(usize::try_from(ids.below(10)).unwrap()).copied();
    std::iter::repeat_n((), 60).map(one).collect()
}

async fn run(seed: u64, provider: &str) -> (Cloud, Way, Vec<Mail>) {
    let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
    let calm = cloud.without_faults();
    let chance = Ids::new(calm.services.clock.clone(), SeededEntropy::new(seed));
    let way = Way::to(&calm).meets(troubles(&chance));
    let mut mails = Vec::new();
    for name in ["Ada", "Grace", "Mary", "Edith"] {
        let caller = calm.caller(name).await;
        let address = format!("{}@example.com", name.to_lowercase());
        mails.extend(with_link(&calm, &caller, LinkPurpose::VerifyEmail, &address).await.1);
    }
    let deps = deps(&cloud, &way, provider);
    for _ in 0..60 {
        for mail in &mails {
            // Two got the same message; what fails comes again.
            join_all([send_mail(&deps, message(mail)), send_mail(&deps, message(mail))]).await;
        }
        tokio::time::advance(Duration::from_secs(150)).await;
    }
    (calm, way, mails)
}

#[tokio::test(start_paused = true)]
async fn under_a_key_every_mail_arrives_exactly_once() {
    for seed in 0..20 {
        let (calm, way, mails) = run(seed, "resend").await;
        for mail in &mails {
            let row = stored(&calm, mail).await;
            assert_eq!(row.status, MailStatus::Sent, "seed {seed}: {row:?}");
            let key = Some(mail.idempotency_key());
            let arrived = way.mailbox.mails().into_iter().filter(|received| received.idempotency_key == key).count();
            assert_eq!(arrived, 1, "seed {seed}: {row:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_key_no_mail_arrives_twice_and_a_known_success_once() {
    let mut seen = Vec::new();
    for seed in 0..20 {
        let (calm, way, mails) = run(seed, "ses").await;
        for (mail, address) in mails.iter().zip(["ada", "grace", "mary", "edith"]) {
            let row = stored(&calm, mail).await;
            let arrived = way.mailbox.mails_to(&format!("{address}@example.com")).len();
            match row.status {
                MailStatus::Sent => assert_eq!(arrived, 1, "seed {seed}: {row:?}"),
                MailStatus::Uncertain => assert!(arrived <= 1, "seed {seed}: {row:?}"),
                other => panic!("seed {seed}: {other:?} {row:?}"),
            }
            seen.push(row.status);
        }
    }
    assert!(seen.contains(&MailStatus::Sent) && seen.contains(&MailStatus::Uncertain), "the seeds show both");
}
