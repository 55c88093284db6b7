//! What functions tell about themselves: lines of log, and the figures in them.
//!
//! A line is a JSON object. Where it holds figures ([`Measures`]), it is also a record of CloudWatch's embedded metric format, so that one
//! line serves as log and as metric and nothing has to be sent anywhere. Both hosts write the same lines; each has its own subscriber.

mod line;
mod measures;
mod meter;

pub use line::{Fields, Source};
pub use measures::{Measures, Metric, Unit};
pub use meter::{Meter, StoreMeter};
