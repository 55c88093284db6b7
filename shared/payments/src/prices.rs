//! Which of Stripe's prices stands for which product.

use shared::config::{ConfigError, Reader, Variables};
use shared::plan::PlanName;
use shared::product::Product;

/// The prices in Stripe's account; they differ from stage to stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceBook(Vec<(Product, String)>);

impl PriceBook {
    /// Reads `STRIPE_PRICES`: `plan_pro=price_…,plan_outreach=price_…,credits_4900=price_…`. A product may stand there several times: the
    /// first of its prices is sold, and those after it are earlier ones that are still subscribed to.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let text = reader.required("STRIPE_PRICES");
        let mut entries = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let Some((product, price)) = entry.split_once('=') else {
                reader.fault(format!("STRIPE_PRICES is malformed: `{entry}` is not of the form plan_pro=price_…"));
                continue;
            };
            match product.trim().parse() {
                Ok(product) => entries.push((product, price.trim().to_owned())),
                Err(reason) => reader.fault(format!("STRIPE_PRICES is malformed: {reason}")),
            }
        }
        reader.finish(Self(entries))
    }

    /// The product that a price stands for.
    pub fn product_of(&self, price: &str) -> Option<Product> {
        self.0.iter().find(|(_, known)| known == price).map(|(product, _)| *product)
    }

    /// The product that is sold at a price: nothing is, at earlier ones.
    pub fn sold_at(&self, price: &str) -> Option<Product> {
        self.product_of(price).filter(|product| self.price_of(*product) == Some(price))
    }

    /// The plan that a price stands for.
    pub fn plan_of(&self, price: &str) -> Option<PlanName> {
        match self.product_of(price) {
            Some(Product::Plan(plan)) => Some(plan),
            Some(Product::Credits(_)) | None => None,
        }
    }

    /// The price at which a product is sold, if it is.
    pub fn price_of(&self, product: Product) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == product).map(|(_, price)| price.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PriceBook, ConfigError> {
        PriceBook::read(&[("STRIPE_PRICES".to_owned(), text.to_owned())].into_iter().collect())
    }

    #[test]
    fn the_first_price_of_a_product_is_sold_and_earlier_ones_are_known() {
        let book = read("plan_pro=price_2, plan_pro=price_1,credits_4900=price_3,").unwrap();
        let (pro, pack) = (Product::Plan(PlanName::Pro), Product::Credits(4_900));
        assert_eq!((book.price_of(pro), book.price_of(pack)), (Some("price_2"), Some("price_3")));
        assert_eq!(book.price_of(Product::Plan(PlanName::Outreach)), None);
        assert_eq!((book.plan_of("price_1"), book.plan_of("price_3")), (Some(PlanName::Pro), None));
        assert_eq!((book.sold_at("price_2"), book.sold_at("price_1")), (Some(pro), None));
    }

    #[test]
    fn every_fault_is_named() {
        let error = read("plan_gold=price_1,price_2").unwrap_err().to_string();
        assert!(error.contains("plan_pro, plan_outreach, credits_4900") && error.contains("`price_2`"), "{error}");
        assert!(read("").unwrap_err().to_string().contains("STRIPE_PRICES is missing"));
    }
}
