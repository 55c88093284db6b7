use super::*;
use crate::event::Actor;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn event(fact: Fact) -> Event {
    Event {
        id: ulid::Ulid::from(7).into(),
        organization_id: ulid::Ulid::from(1).into(),
        at: NOW,
        actor: Actor::Platform,
        request_id: None,
        correlation_id: ulid::Ulid::from(2).into(),
        trace_id: None,
        fact,
    }
}

fn mail() -> Mail {
    let (user_id, link_id) = (ulid::Ulid::from(1).into(), ulid::Ulid::from(3).into());
    Mail::of(&event(Fact::PasswordResetRequested { user_id, link_id }), NOW).remove(0)
}

#[test]
fn the_mails_of_an_event_lie_beside_each_other() {
    let (user_id, link_id) = (ulid::Ulid::from(1).into(), ulid::Ulid::from(3).into());
    let mails = Mail::of(&event(Fact::EmailChangeRequested { user_id, link_id }), NOW);
    let keys = mails.iter().map(Mail::key).collect::<Vec<_>>();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0].pk, keys[1].pk);
    assert_ne!(keys[0].sk, keys[1].sk);
    assert_eq!(Mail::parts_of(&keys[1]), Some((mails[1].id, "CHANGE_EMAIL")));
    assert_ne!(mails[0].idempotency_key(), mails[1].idempotency_key());
    assert_eq!(Mail::of(&event(Fact::EmailVerified { user_id }), NOW), []);
}

#[test]
fn a_campaign_has_a_mail_for_each_lead() {
    let task_id = ulid::Ulid::from(4).into();
    let lead_ids = (5..8).map(|number| ulid::Ulid::from(number).into()).collect::<Vec<LeadId>>();
    let mails = Mail::of(&event(Fact::CampaignWritten { task_id, lead_ids: lead_ids.clone() }), NOW);
    for (mail, lead) in mails.iter().zip(&lead_ids) {
        let key = mail.key();
        assert_eq!(Mail::parts_of(&key), Some((mail.id, &*format!("CAMPAIGN#{lead}"))));
        assert!(mail.idempotency_key().len() <= 256, "Resend takes no longer key");
    }
    let keys = mails.iter().map(Mail::idempotency_key).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(keys.len(), lead_ids.len());
}

#[test]
fn it_is_claimed_when_it_is_due_and_tried_for_two_hours() {
    let (mut mail, mut now) = (mail(), NOW);
    assert!(mail.is_due(now) && !mail.is_broken_off(now));
    while mail.status == MailStatus::Pending {
        now = now.max(mail.due_at);
        let claim = mail.claimed(ulid::Ulid::from(9).into(), now);
        assert!(!claim.is_due(now), "nobody else may claim it");
        assert!(claim.is_broken_off(now.plus(LEASE)));
        mail = claim.attempt_failed("no", None, now);
    }
    assert_eq!((mail.status, mail.attempts), (MailStatus::Failed, ATTEMPTS_MAXIMUM));
    assert!(now.since(NOW) > Duration::from_secs(2 * 60 * 60) && now.since(NOW) < Duration::from_secs(3 * 60 * 60));
    assert_eq!(mail.indexes().due, None);
}

#[test]
fn a_vendor_may_ask_for_a_longer_pause() {
    let claim = mail().claimed(ulid::Ulid::from(9).into(), NOW);
    let waits = |asked| claim.attempt_failed("busy", asked, NOW).due_at.since(NOW).as_secs();
    assert_eq!(
        (waits(None), waits(Some(Duration::from_secs(1))), waits(Some(Duration::from_secs(600)))),
        (30, 30, 600)
    );
}
