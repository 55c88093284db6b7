//! What can be bought: plans, and packs of credits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::catalogue::Catalogue;
use crate::plan::PlanName;

/// Something that can be bought. Its text form is `plan_pro` or `credits_4900`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// A plan above free that has a price, by the month.
    Plan(PlanName),
    /// A pack of so many credits.
    Credits(u64),
}

impl Product {
    /// Everything that can be bought: the plans that have a price, then the packs.
    pub fn all() -> impl Iterator<Item = Self> {
        let catalogue = Catalogue::get();
        let plans = catalogue.plans.iter().filter(|plan| plan.price_cents_per_month.is_some_and(|price| price > 0));
        let packs = catalogue.credit_packs.iter().map(|pack| Self::Credits(u64::from(pack.credits)));
        plans.map(|plan| Self::Plan(plan.name)).chain(packs)
    }

    /// What it costs, in United States cents; a plan by the month.
    pub fn price_cents(self) -> i64 {
        match self {
            Self::Plan(plan) => plan.plan().price_cents_per_month.map_or(0, i64::from),
            Self::Credits(credits) => {
                let pack = Catalogue::get().credit_packs.iter().find(|pack| u64::from(pack.credits) == credits);
                pack.map_or(0, |pack| i64::from(pack.price_cents))
            }
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(plan) => write!(formatter, "plan_{plan}"),
            Self::Credits(credits) => write!(formatter, "credits_{credits}"),
        }
    }
}

impl FromStr for Product {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().find(|product| product.to_string() == text).ok_or_else(|| {
            let known = Self::all().map(|product| product.to_string()).collect::<Vec<_>>();
            format!("what can be bought is {}", known.join(", "))
        })
    }
}

impl Serialize for Product {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Product {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Product {
    fn schema() -> RefOr<Schema> {
        let values = Self::all().map(|product| product.to_string()).collect::<Vec<_>>();
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).into()
    }
}

impl ToSchema for Product {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_the_contracts_prices_and_one_text_each() {
        let prices = Product::all().map(|product| (product.to_string(), product.price_cents())).collect::<Vec<_>>();
        let expected = [
            ("plan_pro", 1_900),
            ("plan_outreach", 4_900),
            ("credits_4900", 1_900),
            ("credits_19900", 5_900),
            ("credits_49900", 14_900),
        ];
        assert_eq!(prices, expected.map(|(name, price)| (name.to_owned(), price)));
        for product in Product::all() {
            assert_eq!(product.to_string().parse(), Ok(product));
        }
        for text in ["plan_free", "plan_enterprise", "credits_1", "credits_04900", ""] {
            assert!(text.parse::<Product>().is_err(), "{text}");
        }
    }
}
