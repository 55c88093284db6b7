//! `GET /api/billing/prices`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::product::Product;
use utoipa::ToSchema;

use crate::{Deps, Error};

/// What can be bought.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Prices {
    /// The products that are sold, plans first.
    data: Vec<PriceView>,
}

/// A product and its price.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PriceView {
    /// What a checkout is asked for by.
    price_id: String,
    /// What it is.
    product: Product,
    /// What it costs in United States cents; a plan by the month.
    amount_cents: i64,
}

/// What can be bought here, and the price by which a checkout is asked for it.
#[utoipa::path(
    get, path = "/api/billing/prices", operation_id = "listPrices", tag = "billing",
    responses(
        (status = 200, description = "The products that are sold.", body = Prices),
        (status = 503, description = "`payments_not_configured`: the platform takes no payments."),
    )
)]
pub(crate) async fn list_prices(State(deps): State<Deps>) -> Result<Json<Prices>, Error> {
    let prices = &deps.payments()?.prices;
    let view = |product: Product| {
        let price_id = prices.price_of(product)?.to_owned();
        Some(PriceView { price_id, product, amount_cents: product.price_cents() })
    };
    Ok(Json(Prices { data: Product::all().filter_map(view).collect() }))
}
