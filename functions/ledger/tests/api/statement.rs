//! `GET /api/buz/statement/{userId}`

use std::time::Duration;

use shared::ledger::statement::verify;

use crate::support::{BUZ, World};

#[tokio::test(start_paused = true)]
async fn a_statement_is_verified_by_itself() {
    let world = World::new().await;
    let (ada, grace) = (world.person("Ada", 10).await, world.person("Grace", 0).await);
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(60)).await;
        world.send(&ada, &grace, BUZ).await.expect(201);
    }
    let span = "from=2020-01-01T00:00:00Z&to=2090-01-01T00:00:00Z";
    let answer = world.ask(&ada, &format!("statement/{}?{span}", ada.user_id)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()),
        (200, "text/csv; charset=utf-8")
    );
    let name = format!("attachment; filename=\"buzWallet-{}-2020-01-01-2090-01-01.csv\"", ada.user_id);
    assert_eq!(answer.headers["content-disposition"], name.as_str());
    assert!(!answer.headers.contains_key("link"));
    let verified = verify(&answer.text).unwrap();
    let balance = world.get(&ada, &format!("balance/{}", ada.user_id)).await;
    assert_eq!((verified.entries, verified.balances), (4, (0, balance["posted"].as_i64().unwrap())));
    assert_eq!(balance["lastHash"], verified.last_hash);
    let forged = answer.text.replacen("-1001000", "-1001001", 1);
    assert_eq!(verify(&forged).unwrap_err().line, 3);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_statement_is_refused() {
    let world = World::new().await;
    let (ada, eve) = (world.person("Ada", 10).await, world.person("Eve", 0).await);
    let path = format!("statement/{}", ada.user_id);
    let span = "from=2020-01-01T00:00:00Z&to=2090-01-01T00:00:00Z";
    world.ask(&eve, &format!("{path}?{span}")).await.expect_problem(403, "forbidden");
    for query in ["", "?from=2020-01-01T00:00:00Z", "?from=never&to=2090-01-01T00:00:00Z"] {
        world.ask(&ada, &format!("{path}{query}")).await.expect_problem(400, "malformed");
    }
    world.ask(&ada, &format!("{path}?{span}&cursor=no")).await.expect_problem(400, "malformed");
    let backwards = "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
    world.ask(&ada, &format!("{path}?{backwards}")).await.expect_problem(422, "invalid");
}
