//! One message: what is sent to whom, what is not, and what becomes of the row.

use std::time::Duration;

use crate::support::{FRONTEND, Trouble, Way, deps, mails, message, only, stored, user, with_link};
use futures_util::future::join_all;
use mailer::send_mail;
use shared::access::{LinkSecrets, Role};
use shared::event::Fact;
use shared::id::LeaseId;
use shared::model::former_email::FormerEmail;
use shared::model::identity::IdentityProvider;
use shared::model::invitation::Invitation;
use shared::model::link::LinkPurpose;
use shared::model::mail::{ATTEMPTS_MAXIMUM, LEASE, Mail, MailAbout, MailStatus};
use shared::model::user::User;
use shared::store::Entity;
use shared_lambda::JobError;
use testkit::Cloud;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test(start_paused = true)]
async fn a_link_is_sent_once_to_the_address_as_it_is() {
    for provider in ["resend", "ses"] {
        let cloud = Cloud::new();
        let (ada, way) = (cloud.caller("Ada").await, Way::to(&cloud));
        let (link, mails) = with_link(&cloud, &ada, LinkPurpose::VerifyEmail, "ADA@example.com").await;
        let deps = deps(&cloud, &way, provider);
        send_mail(&deps, message(&mails[0])).await.unwrap();
        let mail = only(&way);
        assert_eq!(
            (mail.to, mail.from.as_str()),
            (vec!["ada@example.com".to_owned()], "Groundwork <mail@groundwork.example>")
        );
        let token = LinkSecrets::new(cloud.services.clone()).link_token(link.purpose, link.id).await.unwrap();
        let url = format!("{FRONTEND}/verify-email#token={}", token.text());
        assert!(mail.text.lines().any(|line| line == url), "{}", mail.text);
        assert!(mail.html.contains(&format!("href=\"{url}\"")), "{}", mail.html);
        let row = stored(&cloud, &mails[0]).await;
        assert_eq!((row.status, row.attempts, row.receipt.as_deref()), (MailStatus::Sent, 1, Some("local-1")));
        assert!(!format!("{row:?}").contains('@'), "the row holds no address");

        tokio::time::advance(HOUR * 2).await;
        send_mail(&deps, message(&mails[0])).await.unwrap();
        only(&way);
    }
}

#[tokio::test(start_paused = true)]
async fn two_messages_at_once_send_one_mail() {
    for provider in ["resend", "ses"] {
        let cloud = Cloud::new();
        let (ada, way) = (cloud.caller("Ada").await, Way::to(&cloud));
        let (_, mails) = with_link(&cloud, &ada, LinkPurpose::ResetPassword, "ada@example.com").await;
        let deps = deps(&cloud, &way, provider);
        let outcomes = join_all((0..4).map(|_| send_mail(&deps, message(&mails[0])))).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        only(&way);
        assert_eq!(stored(&cloud, &mails[0]).await.status, MailStatus::Sent);
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_reaches_whom_it_is_for() {
    let cloud = Cloud::new();
    let (ada, eve, way) = (cloud.caller("Ada").await, cloud.caller("Eve").await, Way::to(&cloud));
    let deps = deps(&cloud, &way, "resend");
    let (user_id, services) = (ada.user_id, &cloud.services);
    let mut all = with_link(&cloud, &ada, LinkPurpose::ChangeEmail, "ada@lovelace.example").await.1;
    all.extend(mails(&cloud, ada.organization_id, Fact::PasswordReset { user_id }).await);
    all.extend(mails(&cloud, ada.organization_id, Fact::PasswordChanged { user_id }).await);
    let revoked = Fact::SessionFamilyRevoked { user_id, session_id: ada.session_id };
    all.extend(mails(&cloud, ada.organization_id, revoked).await);
    let changed = Fact::EmailChanged { user_id };
    let changed = mails(&cloud, ada.organization_id, changed).await;
    let MailAbout::EmailChanged { event_id, .. } = changed[0].about else { panic!("{changed:?}") };
    let (email, changed_at) = ("ada@old.example".to_owned(), services.clock.now());
    let former = FormerEmail { user_id, event_id, email, changed_at };
    cloud.write(|transaction| transaction.create(former.clone())).await;
    all.extend(changed);
    for fact in [
        Fact::TotpEnabled { user_id },
        Fact::TotpDisabled { user_id },
        Fact::RecoveryCodesRenewed { user_id },
        Fact::RecoveryCodeUsed { user_id, left: 9 },
        Fact::IdentityLinked { user_id, provider: IdentityProvider::LinkedIn },
        Fact::IdentityUnlinked { user_id, provider: IdentityProvider::LinkedIn },
    ] {
        all.extend(mails(&cloud, ada.organization_id, fact).await);
    }
    let invitation = Invitation::new(
        services.ids.next(),
        ada.organization_id,
        "grace@cobol.example",
        Role::Member,
        eve.user_id,
        services.clock.now(),
    );
    cloud.write(|transaction| transaction.create(invitation.clone())).await;
    all.extend(mails(&cloud, ada.organization_id, Fact::InvitationSent { invitation_id: invitation.id }).await);
    for mail in &all {
        send_mail(&deps, message(mail)).await.unwrap();
        assert_eq!(stored(&cloud, mail).await.status, MailStatus::Sent, "{mail:?}");
    }
    let subjects = |address: &str| {
        let mut subjects = way.mailbox.mails_to(address).into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
        subjects.sort();
        subjects
    };
    assert_eq!(
        subjects("ada@example.com"),
        [
            "A recovery code was used",
            "A session of your account was ended",
            "LinkedIn does not sign in to your account any more",
            "LinkedIn signs in to your account",
            "You have new recovery codes",
            "Your authenticator is off",
            "Your authenticator is on",
            "Your e-mail address is about to change",
            "Your password was changed",
            "Your password was changed"
        ]
    );
    assert_eq!(subjects("ada@lovelace.example"), ["Confirm your new e-mail address"]);
    assert_eq!(subjects("ada@old.example"), ["Your e-mail address was changed"]);
    assert_eq!(subjects("grace@cobol.example"), ["Join Ada on Groundwork"]);
    let text = &way.mailbox.mails_to("grace@cobol.example")[0].text;
    let links = LinkSecrets::new(services.clone());
    let token = links.invitation_token(ada.organization_id, invitation.id).await.unwrap();
    assert!(text.contains("Eve invites you to join Ada"), "{text}");
    assert!(text.contains(&format!("{FRONTEND}/invitation#token={}\n", token.text())), "{text}");
    assert_eq!(way.mailbox.mails().len(), 13);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_needs_any_more_is_not_sent() {
    let cloud = Cloud::new();
    let (ada, way) = (cloud.caller("Ada").await, Way::to(&cloud));
    let deps = deps(&cloud, &way, "resend");
    let moot = async |mail: &Mail, code: &str| {
        send_mail(&deps, message(mail)).await.unwrap();
        let row = stored(&cloud, mail).await;
        assert_eq!((row.status, row.error_code.as_deref(), row.attempts), (MailStatus::Moot, Some(code), 0));
    };
    // The link was used.
    let (link, mails) = with_link(&cloud, &ada, LinkPurpose::VerifyEmail, "ada@example.com").await;
    cloud.write(|transaction| transaction.delete_key(link.key())).await;
    moot(&mails[0], "link_over").await;
    // It ran out.
    let (_, mails) = with_link(&cloud, &ada, LinkPurpose::ResetPassword, "ada@example.com").await;
    tokio::time::advance(HOUR).await;
    moot(&mails[0], "link_over").await;
    // The account has another address, or has shown the one it has to be its own.
    let (_, mails) = with_link(&cloud, &ada, LinkPurpose::ResetPassword, "old@example.com").await;
    moot(&mails[0], "another_address").await;
    let (_, mails) = with_link(&cloud, &ada, LinkPurpose::VerifyEmail, "ada@example.com").await;
    let account = user(&cloud, &ada).await;
    let now = cloud.services.clock.now();
    let verified = User { email_verified_at: Some(now), ..account.value.clone() };
    cloud.write(|transaction| transaction.replace(&account, verified.clone())).await;
    moot(&mails[0], "nothing_to_verify").await;
    // The invitation was revoked, and the account is gone.
    let fact = Fact::InvitationSent { invitation_id: cloud.services.ids.next() };
    moot(&self::mails(&cloud, ada.organization_id, fact).await[0], "invitation_over").await;
    let mails = self::mails(&cloud, ada.organization_id, Fact::PasswordChanged { user_id: ada.user_id }).await;
    // The former address was kept for long enough.
    let changed = self::mails(&cloud, ada.organization_id, Fact::EmailChanged { user_id: ada.user_id }).await;
    moot(&changed[0], "address_gone").await;
    cloud.write(|transaction| transaction.delete_key(User::key_of(ada.user_id))).await;
    moot(&mails[0], "account_gone").await;
    assert!(way.mailbox.mails().is_empty());

    let unknown = shared::queue::MailMessage { mail_id: cloud.services.ids.next(), ..message(&mails[0]) };
    assert!(matches!(send_mail(&deps, unknown).await, Err(JobError::Reject(_))));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_is_tried_again_and_what_is_refused_is_given_up() {
    for provider in ["resend", "ses"] {
        let cloud = Cloud::new();
        let (ada, way) = (cloud.caller("Ada").await, Way::to(&cloud));
        let way = way.meets([Some(Trouble::Busy)]);
        let deps = deps(&cloud, &way, provider);
        let (_, mails) = with_link(&cloud, &ada, LinkPurpose::VerifyEmail, "ada@example.com").await;
        let mail = &mails[0];
        send_mail(&deps, message(mail)).await.unwrap();
        let row = stored(&cloud, mail).await;
        assert_eq!(
            (row.status, row.error_code.as_deref()),
            (MailStatus::Pending, Some("rate_limit_exceeded")),
            "{provider}"
        );
        assert_eq!(row.due_at.since(row.updated_at), Duration::from_secs(300), "as long as the vendor asks for");
        send_mail(&deps, message(mail)).await.unwrap();
        assert_eq!(stored(&cloud, mail).await.attempts, 1, "it is not due yet");
        tokio::time::advance(Duration::from_secs(300)).await;
        send_mail(&deps, message(mail)).await.unwrap();
        let row = stored(&cloud, mail).await;
        assert_eq!((row.status, row.attempts, row.error_code), (MailStatus::Sent, 2, None));
        only(&way);

        let way = Way::to(&cloud).meets([Some(Trouble::Refused)]);
        let deps = self::deps(&cloud, &way, provider);
        let (_, mails) = with_link(&cloud, &ada, LinkPurpose::ResetPassword, "ada@example.com").await;
        send_mail(&deps, message(&mails[0])).await.unwrap();
        let row = stored(&cloud, &mails[0]).await;
        assert_eq!((row.status, row.error_code.as_deref()), (MailStatus::Failed, Some("MessageRejected")));
        assert!(way.mailbox.mails().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_is_away_is_asked_for_two_hours() {
    let cloud = Cloud::new();
    let (ada, way) = (cloud.caller("Ada").await, Way::to(&cloud));
    let way = way.meets(std::iter::repeat_n(Some(Trouble::NotReached), 100));
    let deps = deps(&cloud, &way, "ses");
    let (_, mails) = with_link(&cloud, &ada, LinkPurpose::VerifyEmail, "ada@example.com").await;
    for _ in 0..20 {
        send_mail(&deps, message(&mails[0])).await.unwrap();
        let row = stored(&cloud, &mails[0]).await;
        if row.status == MailStatus::Failed {
            assert_eq!((row.attempts, row.error_code.as_deref()), (ATTEMPTS_MAXIMUM, Some("not_reached")));
            return;
        }
        tokio::time::sleep(row.due_at.since(cloud.services.clock.now())).await;
    }
    panic!("it is tried for ever");
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_may_have_left_is_sent_again_only_under_a_key() {
    for trouble in [Trouble::AnswerLost, Trouble::NoAnswer, Trouble::Failing] {
        let cloud = Cloud::new();
        let ada = cloud.caller("Ada").await;
        let (_, mails) = with_link(&cloud, &ada, LinkPurpose::VerifyEmail, "ada@example.com").await;
        let way = Way::to(&cloud).meets([Some(trouble)]);
        send_mail(&deps(&cloud, &way, "resend"), message(&mails[0])).await.unwrap();
        assert_eq!(stored(&cloud, &mails[0]).await.status, MailStatus::Sent, "{trouble:?}: asked again at once");
        assert_eq!(only(&way).idempotency_key, Some(mails[0].idempotency_key()));

        let (_, mails) = with_link(&cloud, &ada, LinkPurpose::VerifyEmail, "ada@example.com").await;
        let way = Way::to(&cloud).meets([Some(trouble)]);
        let ses = deps(&cloud, &way, "ses");
        send_mail(&ses, message(&mails[0])).await.unwrap();
        let left = way.mailbox.mails().len();
        for _ in 0..3 {
            tokio::time::advance(HOUR).await;
            send_mail(&ses, message(&mails[0])).await.unwrap();
        }
        assert_eq!(stored(&cloud, &mails[0]).await.status, MailStatus::Uncertain, "{trouble:?}");
        assert_eq!(way.mailbox.mails().len(), left, "{trouble:?}: never blindly again");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_breaks_off_leaves_a_mail_that_is_taken_up_where_that_is_safe() {
    for (provider, after, status, arrives) in [
        ("resend", LEASE, MailStatus::Sent, 1),
        // Resend has forgotten the key by then.
        ("resend", HOUR * 24, MailStatus::Uncertain, 0),
        ("ses", LEASE, MailStatus::Uncertain, 0),
    ] {
        let cloud = Cloud::new();
        let (ada, way) = (cloud.caller("Ada").await, Way::to(&cloud));
        let mails = mails(&cloud, ada.organization_id, Fact::PasswordChanged { user_id: ada.user_id }).await;
        let found = cloud.services.store.get::<Mail>(&mails[0].key()).await.unwrap().unwrap();
        let lease = cloud.services.ids.next::<LeaseId>();
        cloud.services.store.replace(&found, found.claimed(lease, cloud.services.clock.now())).await.unwrap().unwrap();
        let deps = deps(&cloud, &way, provider);
        send_mail(&deps, message(&mails[0])).await.unwrap();
        assert!(way.mailbox.mails().is_empty(), "somebody may be at it");
        tokio::time::advance(after).await;
        send_mail(&deps, message(&mails[0])).await.unwrap();
        assert_eq!(
            (stored(&cloud, &mails[0]).await.status, way.mailbox.mails().len()),
            (status, arrives),
            "{provider}"
        );
    }
}
