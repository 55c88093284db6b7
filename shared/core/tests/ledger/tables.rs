//! Every table in `tables/`.

use crate::table::run;

macro_rules! tables {
    ($($name:ident),+ $(,)?) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            run(include_str!(concat!("tables/", stringify!($name), ".txt"))).await;
        }
    )+};
}

tables![amounts, accounts, pending, linked, repeats, shared];

#[test]
fn there_are_at_least_sixty_cases() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledger/tables");
    let tables = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let cases = tables.map(|table| table.lines().filter(|line| line.starts_with("case ")).count()).sum::<usize>();
    assert!(cases >= 60, "{cases}");
}
