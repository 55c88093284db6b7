//! The figures that functions report, by name and unit. Alarms and the dashboard of `template.yaml` stand on this list.

use std::fmt;
use std::time::Duration;

use super::Meter;

/// The unit of a figure, as CloudWatch names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A duration.
    Milliseconds,
}

impl Unit {
    /// CloudWatch's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $unit:ident),+ $(,)?) => {
        /// What can be measured (CONTRACT "Operations", as far as the platform does it).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Metric {
            $($(#[$doc])* $name),+
        }

        impl Metric {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in CloudWatch.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// What it counts in.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit),+ }
            }
        }
    };
}

metrics! {
    /// HTTP requests answered.
    Requests: Count,
    /// Those of them answered with a status of 500 or more.
    ServerErrors: Count,
    /// From a request's arrival to its answer; not for answers that are streams.
    ResponseTime: Milliseconds,
    /// What a request or a job waited for the table, its calls added up.
    StoreTime: Milliseconds,
    /// Calls to the table.
    StoreCalls: Count,
    /// Reads and writes that failed for good, repeats included: no answer, a fault of the table's, throttling, a refusal such as missing
    /// rights. Conditions that did not hold are none.
    StoreFailures: Count,
    /// Messages of a queue taken up.
    Messages: Count,
    /// Those of them that come again or became dead letters.
    MessageFailures: Count,
    /// From a message's taking up to its end.
    MessageTime: Milliseconds,
    /// Records of the stream taken up.
    Records: Count,
    /// Records of the stream that come again.
    RecordFailures: Count,
    /// From a task's claim to its outcome.
    TaskTime: Milliseconds,
    /// From a question to a language model to its answer.
    ModelTime: Milliseconds,
    /// Questions to a language model without a usable answer.
    ModelFailures: Count,
    /// Tokens of the questions.
    ModelInputTokens: Count,
    /// Tokens of the answers.
    ModelOutputTokens: Count,
    /// Accounts that came into being.
    AccountsRegistered: Count,
    /// Accounts that were active for the first time on a day: over a day, its active users.
    ActiveUsers: Count,
    /// Tasks put on the list.
    TasksCreated: Count,
    /// Tasks done.
    TasksCompleted: Count,
    /// Tasks given up.
    TasksFailed: Count,
    /// Answers of the assistant.
    ChatMessages: Count,
    /// Mails that were given up, or of which nobody knows whether they were sent.
    MailFailures: Count,
    /// Invoices and packs that were paid.
    PaymentsSucceeded: Count,
    /// Payments that failed; an invoice's is tried again.
    PaymentsFailed: Count,
    /// What was paid, in United States cents.
    RevenueCents: Count,
    /// Organisations that went from the free plan to one above it.
    OrganizationsConverted: Count,
}

/// Figures for a line of log: its field `metrics`, by `%`. The subscriber takes them out of it again.
///
/// ```
/// # use shared::telemetry::{Measures, Metric};
/// tracing::info!(metrics = %Measures::new().with(Metric::TasksCreated, 1), "projected");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures(Vec<(Metric, u64)>);

impl Measures {
    /// The field of a line that holds them.
    pub const FIELD: &'static str = "metrics";

    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, metric: Metric, value: u64) -> Self {
        self.0.push((metric, value));
        self
    }

    /// One more, which is a duration.
    #[must_use]
    pub fn with_time(self, metric: Metric, time: Duration) -> Self {
        self.with(metric, u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    /// What a meter counted.
    #[must_use]
    pub fn with_store(self, meter: &Meter) -> Self {
        self.with(Metric::StoreTime, meter.store_time_ms())
            .with(Metric::StoreCalls, meter.store_calls())
            .with(Metric::StoreFailures, meter.store_failures())
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Measures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("{")?;
        for (place, (metric, value)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(formatter, "{comma}\"{}\":{value}", metric.name())?;
        }
        formatter.write_str("}")
    }
}
