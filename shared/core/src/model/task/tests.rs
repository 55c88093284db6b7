use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn lease() -> LeaseId {
    ulid::Ulid::from(3).into()
}

fn trace(number: u128) -> Trace {
    Trace { request_id: None, correlation_id: ulid::Ulid::from(number).into(), given_trace_id: None }
}

fn task() -> Task {
    let (id, organization) = (ulid::Ulid::from(7).into(), ulid::Ulid::from(1).into());
    Task::new(id, organization, "Write to Ada".to_owned(), TaskInput::SocialMediaPost, Actor::Platform, trace(5), NOW)
}

#[test]
fn a_claimed_task_is_nobody_elses_until_the_lease_ends() {
    let claimed = task().claimed(lease(), NOW).unwrap();
    assert_eq!((claimed.status, claimed.attempts), (TaskStatus::InProgress, 1));
    assert!(claimed.claimed(lease(), NOW.plus(LEASE - Duration::from_millis(1))).is_none());
    assert_eq!(claimed.claimed(lease(), NOW.plus(LEASE)).unwrap().attempts, 2);
}

#[test]
fn attempts_are_spaced_wider_and_end() {
    let error = || TaskError { code: "ai_unavailable".to_owned(), message: String::new() };
    let (mut task, mut now, mut pauses) = (task(), NOW, Vec::new());
    while task.status == TaskStatus::Pending {
        task = task.claimed(lease(), now).unwrap().attempt_failed(error(), true, now);
        pauses.push(task.due_at.since(now).as_secs());
        now = task.due_at;
    }
    assert_eq!((task.status, task.attempts), (TaskStatus::Failed, ATTEMPTS_MAXIMUM));
    assert_eq!(pauses.get(..4), Some([30, 60, 120, 240].as_slice()));
    assert_eq!(task.retried(trace(6), now).unwrap().attempts, 0);
}

#[test]
fn a_key_tells_which_task_lies_there() {
    let task = task();
    assert_eq!(Task::ids_of(&task.key()), Some((task.organization_id, task.id)));
    for wrong in [Key::new("ORG#org_1#TASK", task.id.to_string()), Key::new(task.key().pk, "x"), Key::new("TASK", "")] {
        assert_eq!(Task::ids_of(&wrong), None);
    }
}

#[test]
fn what_is_over_is_not_due() {
    let due = |task: &Task| task.indexes().due.is_some();
    assert!(due(&task()) && due(&task().claimed(lease(), NOW).unwrap()));
    assert!(!due(&task().cancelled(NOW).unwrap()));
    assert!(task().claimed(lease(), NOW).unwrap().cancelled(NOW).is_none());
    assert!(task().claimed(lease(), NOW.minus(Duration::from_secs(1))).is_none());
}
