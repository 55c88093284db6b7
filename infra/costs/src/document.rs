//! `docs/COST.md`.

mod calls;
mod limits;
mod month;
mod text;

use crate::behaviour::Behaviour;
use crate::prices::{Biller, Prices};
use crate::scenario::{Figures, Row};

/// What the document is made of.
pub struct Document {
    figures: Figures,
    behaviour: Behaviour,
    prices: Prices,
    biller: Biller,
}

impl Document {
    /// Measures everything and reads the two data files.
    pub fn measured() -> Self {
        Self::of(crate::scenario::measure())
    }

    /// Of these figures.
    pub fn of(figures: Figures) -> Self {
        let behaviour = Behaviour::read();
        let biller = Biller::new(behaviour.machine.clone());
        Self { figures, behaviour, prices: Prices::read(), biller }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        self.standing_out(&mut text);
        self.operations(&mut text);
        self.jobs(&mut text);
        self.prices(&mut text);
        self.bills(&mut text);
        self.projector(&mut text);
        self.partitions(&mut text);
        text.push_str(FOOT);
        text
    }

    fn whole_dollars(&self, row: &Row) -> f64 {
        self.biller.whole(row).dollars_per_million(&self.prices)
    }
}

const HEAD: &str = "# What it costs

Written by `cargo run -q -p costs > docs/COST.md`; a test fails when a figure differs from what is measured, naming the operations that rose
or fell. Nothing here is edited by hand.

Each operation and each job runs once on the embedded services, the real requests of the real SDK, and a connector between them counts. Units
follow DynamoDB's rules and are counted twice, by the embedded DynamoDB as it reports them (`ConsumedCapacity`) and by us from the items before
and after, partition by partition; a difference is a failed run. Nothing was measured on AWS.
";

const FOOT: &str = "
## What the embedded DynamoDB cannot show

Conflicts, throttling and the repeats that follow them; instances that start cold; the difference between a consistent and an eventually
consistent answer (the units differ and are counted). A write that fails for its condition is counted by the size of what was there, and so
is each write of a cancelled transaction; none happens in these cases.
";
