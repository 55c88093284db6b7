//! Which faults there are.

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// DynamoDB or SQS asks for patience.
    Throttled,
    /// A transaction is cancelled since the capacity of one of its items is used up.
    PartThrottled,
    /// A transaction is cancelled since another is at one of its items.
    Conflict,
    /// The service fails with 500 and did nothing.
    FailedBefore,
    /// The service fails with 500 and did it all the same.
    FailedAfter,
    /// The connection breaks before the service has the request.
    ResetBefore,
    /// The connection breaks when the service has carried the request out, before any of the answer.
    ResetAfter,
    /// The connection breaks in the middle of the answer's body.
    CutShort,
    /// The answer is 200 and its JSON ends in the middle.
    Truncated,
    /// The answer is 200 and empty.
    Empty,
    /// The request takes up to 0.4 seconds.
    Late,
    /// The request takes longer than the SDK waits for it: it is sent again, and the first one lands after the second.
    TooLate,
    /// A later request that changes something is carried out first.
    Overtaken,
    /// A later request that changes something is answered first.
    AnswerOvertaken,
    /// The request is carried out twice, as the network or SQS may do it.
    Doubled,
    /// None of a batch's keys are read.
    Unprocessed,
    /// Half of a batch's keys are not read.
    PartlyUnprocessed,
    /// Half of a batch's messages are not taken.
    PartlyFailed,
    /// An event comes to its function twice, one after the other.
    DeliveredTwice,
    /// An event comes to two instances of its function at the same time.
    DeliveredTwiceAtOnce,
    /// An earlier event comes to its function again, as from an earlier checkpoint of the stream.
    DeliveredAgain,
    /// An event comes up to four minutes late.
    DeliveredLate,
    /// The messages of a batch come in the reverse order.
    DeliveredInAnotherOrder,
    /// A message never comes.
    DeliveryLost,
    /// An invocation dies before it does anything.
    DiedBefore,
    /// An invocation dies when it has done a part.
    DiedHalfway,
    /// An invocation does everything and its answer is lost.
    DiedAfter,
    /// The assistant cannot be reached.
    AssistantAway,
    /// The assistant answers something unusable, which costs tokens.
    AssistantUnusable,
    /// The assistant declines.
    AssistantRefuses,
}

/// The faults of several lists, one list after the other.
const fn joined<const LENGTH: usize>(lists: &[&[Fault]]) -> [Fault; LENGTH] {
    let mut all = [Fault::Late; LENGTH];
    let (mut length, mut list) = (0, 0);
    while list < lists.len() {
        let mut place = 0;
        while place < lists[list].len() {
            all[length] = lists[list][place];
            length += 1;
            place += 1;
        }
        list += 1;
    }
    assert!(length == LENGTH, "the array is as long as the lists");
    all
}

impl Fault {
    /// Everything.
    pub const ALL: [Self; 30] = joined(&[
        &[Self::Throttled, Self::PartThrottled, Self::Conflict],
        &Self::OF_SERVICES,
        &[Self::Doubled, Self::Unprocessed, Self::PartlyUnprocessed, Self::PartlyFailed],
        &Self::OF_QUEUES,
        &Self::OF_ASSISTANTS,
    ]);

    /// What may befall a batch of a stream on its way to its function.
    pub const OF_STREAMS: [Self; 7] = [
        Self::DeliveredTwice,
        Self::DeliveredTwiceAtOnce,
        Self::DeliveredAgain,
        Self::DeliveredLate,
        Self::DiedBefore,
        Self::DiedHalfway,
        Self::DiedAfter,
    ];

    /// What may befall a batch of a queue on its way to its function.
    pub const OF_QUEUES: [Self; 9] = [
        Self::DeliveredTwice,
        Self::DeliveredTwiceAtOnce,
        Self::DeliveredAgain,
        Self::DeliveredLate,
        Self::DeliveredInAnotherOrder,
        Self::DeliveryLost,
        Self::DiedBefore,
        Self::DiedHalfway,
        Self::DiedAfter,
    ];

    /// What may befall a schedule's event.
    pub const OF_SCHEDULES: [Self; 6] = [
        Self::DeliveredTwice,
        Self::DeliveredTwiceAtOnce,
        Self::DeliveredLate,
        Self::DiedBefore,
        Self::DiedHalfway,
        Self::DiedAfter,
    ];

    /// What may befall a request to the assistant.
    pub const OF_ASSISTANTS: [Self; 3] = [Self::AssistantAway, Self::AssistantUnusable, Self::AssistantRefuses];

    /// What may befall any request to AWS.
    const OF_REQUESTS: [Self; 12] = joined(&[&[Self::Throttled], &Self::OF_SERVICES]);

    /// The same, but for its being throttled.
    const OF_SERVICES: [Self; 11] = [
        Self::FailedBefore,
        Self::FailedAfter,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::CutShort,
        Self::Truncated,
        Self::Empty,
        Self::Late,
        Self::TooLate,
        Self::Overtaken,
        Self::AnswerOvertaken,
    ];

    /// What may befall a request for this operation of DynamoDB or SQS. Only what a client token protects and what SQS itself may double
    /// is carried out twice; a plain write comes twice when its sender gave it up too early ([`Self::TooLate`]).
    pub fn possible_for(operation: &str) -> &'static [Self] {
        const fn with<const LENGTH: usize>(more: &[Fault]) -> [Fault; LENGTH] {
            joined(&[&Fault::OF_REQUESTS, more])
        }
        static OF_TRANSACTIONS: [Fault; 15] = with(&[Fault::PartThrottled, Fault::Conflict, Fault::Doubled]);
        static OF_BATCH_READS: [Fault; 14] = with(&[Fault::Unprocessed, Fault::PartlyUnprocessed]);
        static OF_MESSAGES: [Fault; 13] = with(&[Fault::Doubled]);
        static OF_MESSAGE_BATCHES: [Fault; 14] = with(&[Fault::Doubled, Fault::PartlyFailed]);
        match operation {
            "TransactWriteItems" => &OF_TRANSACTIONS,
            "BatchGetItem" => &OF_BATCH_READS,
            "SendMessage" => &OF_MESSAGES,
            "SendMessageBatch" => &OF_MESSAGE_BATCHES,
            _ => &Self::OF_REQUESTS,
        }
    }

    /// What it is, for people.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Throttled => "request throttled",
            Self::PartThrottled => "transaction cancelled: an item throttled",
            Self::Conflict => "transaction cancelled: conflict",
            Self::FailedBefore => "500, nothing done",
            Self::FailedAfter => "500, done all the same",
            Self::ResetBefore => "connection reset before the request was carried out",
            Self::ResetAfter => "connection reset after the request was carried out",
            Self::CutShort => "connection reset within the answer",
            Self::Truncated => "200 with JSON that ends in the middle",
            Self::Empty => "200 with an empty body",
            Self::Late => "late by up to 0.4 s",
            Self::TooLate => "later than the SDK waits: sent again, and landing after the repeat",
            Self::Overtaken => "carried out after a later write",
            Self::AnswerOvertaken => "answered after a later write",
            Self::Doubled => "carried out twice",
            Self::Unprocessed => "batch read: no key processed",
            Self::PartlyUnprocessed => "batch read: half of the keys unprocessed",
            Self::PartlyFailed => "batch of messages: half not taken",
            Self::DeliveredTwice => "event delivered twice",
            Self::DeliveredTwiceAtOnce => "event delivered to two instances at once",
            Self::DeliveredAgain => "earlier event delivered again",
            Self::DeliveredLate => "event delivered up to 4 minutes late",
            Self::DeliveredInAnotherOrder => "messages delivered in the reverse order",
            Self::DeliveryLost => "messages lost",
            Self::DiedBefore => "invocation died before it began",
            Self::DiedHalfway => "invocation died halfway",
            Self::DiedAfter => "invocation's answer lost",
            Self::AssistantAway => "assistant not reached",
            Self::AssistantUnusable => "assistant's answer unusable",
            Self::AssistantRefuses => "assistant declined",
        }
    }
}
