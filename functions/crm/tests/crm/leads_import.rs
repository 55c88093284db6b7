//! `POST /api/crm/leads/import`

use crate::support::{app, counts, dump, file, import, items, leads, told};
use crm::import::{self, MAX_BYTES, MAX_ROWS};
use serde_json::json;
use shared::access::Role;
use testkit::Cloud;

const FIXTURES: [(&str, &[u8]); 10] = [
    ("apollo_people", include_bytes!("../fixtures/apollo_people.csv")),
    ("german_excel", include_bytes!("../fixtures/german_excel.csv")),
    ("google_contacts", include_bytes!("../fixtures/google_contacts.csv")),
    ("google_contacts_new", include_bytes!("../fixtures/google_contacts_new.csv")),
    ("hubspot_contacts", include_bytes!("../fixtures/hubspot_contacts.csv")),
    ("linkedin_connections", include_bytes!("../fixtures/linkedin_connections.csv")),
    ("pipedrive_people", include_bytes!("../fixtures/pipedrive_people.csv")),
    ("quoted_newlines", include_bytes!("../fixtures/quoted_newlines.csv")),
    ("ragged_rows", include_bytes!("../fixtures/ragged_rows.csv")),
    ("salesforce_leads", include_bytes!("../fixtures/salesforce_leads.csv")),
];

#[tokio::test(start_paused = true)]
async fn real_exports_land_once_however_often_they_are_sent() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    for (name, bytes) in FIXTURES {
        let caller = cloud.caller(name).await;
        let parsed = import::parse(bytes).unwrap();
        let (rows, blank) = (parsed.rows.len() as u64, parsed.blank_rows as u64);
        let good = parsed.rows.into_iter().filter_map(|outcome| Some((outcome.row, outcome.lead.ok()?)));
        let good = good.collect::<Vec<_>>();
        let failed = rows - good.len() as u64;
        let merged = import::merge_duplicates(good);
        let answer = import(&app, &caller, bytes).await.expect(200);
        let (imported, updated, skipped, wrong) = counts(&answer);
        assert_eq!((imported, updated, wrong), (merged.len() as u64, 0, failed), "{name}");
        assert_eq!(imported + skipped + wrong, rows + blank, "{name}: each row is counted once");
        let stored = leads(&app, &caller).await;
        for lead in &merged {
            let known = lead.lead.display_name().unwrap();
            let found =
                stored.iter().find(|stored| stored["name"] == known).unwrap_or_else(|| panic!("{name}: {known}"));
            assert_eq!(found["email"], json!(lead.lead.email), "{name}");
            assert_eq!(found["linkedinUrl"], json!(lead.lead.linkedin_url), "{name}");
            assert_eq!(found["notes"], json!(lead.lead.notes), "{name}");
        }
        let before = dump(&cloud);
        let answer = import(&app, &caller, bytes).await.expect(200);
        assert_eq!(counts(&answer), (0, 0, rows + blank - failed, failed), "{name}");
        assert_eq!(dump(&cloud), before, "{name}: a repeat writes nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn one_changed_row_updates_one_lead_and_keeps_what_the_file_does_not_say() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    import(&app, &ada, file(60)).await.expect(200);
    let lead = leads(&app, &ada).await.into_iter().find(|lead| lead["email"] == "lead7@example.com").unwrap();
    let path = format!("/api/crm/leads/{}", lead["id"].as_str().unwrap());
    let ours = json!({"name": "Lead 7", "email": "lead7@example.com", "status": "qualified", "priority": "high",
        "lastContactedAt": "2026-11-01T10:00:00Z", "notes": "Prefers tea."});
    app.put(&path).by(&ada).json(&ours).send().await.expect(200);
    let (before, told_before) = (dump(&cloud), told(&cloud));
    let theirs = "email;phone;last contacted;notes;status\nLEAD7@example.com;555-0107;2026-10-01;Prefers tea.;\n\
                  lead8@example.com;;;;\n";
    assert_eq!(counts(&import(&app, &ada, theirs).await.expect(200)), (0, 1, 1, 0));
    let lead = app.get(&path).by(&ada).send().await.expect(200);
    assert_eq!((&lead["name"], &lead["phone"]), (&json!("Lead 7"), &json!("555-0107")));
    assert_eq!(
        (&lead["status"], &lead["priority"], &lead["notes"]),
        (&json!("qualified"), &json!("high"), &json!("Prefers tea."))
    );
    assert_eq!(lead["lastContactedAt"], "2026-11-01T10:00:00.000Z", "the last contact does not move back");
    let after = dump(&cloud);
    let changed =
        after.iter().filter(|(key, item)| before.get(*key) != Some(item)).map(|(_, item)| &item["entity"]["S"]);
    let mut changed = changed.collect::<Vec<_>>();
    changed.sort_by_key(|entity| entity.to_string());
    assert_eq!(changed, ["event", "lead"]);
    assert_eq!(told(&cloud), (told_before.0, told_before.1 + 1));
}

#[tokio::test(start_paused = true)]
async fn good_rows_land_though_others_fail() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let rows = "Name,Email,Phone,Status\n\
                Ada,ada@example.com,555-0100,new\n\
                Bob,bob@,12,new\n\
                \n\
                Cleo,cleo@example.com,,someday\n\
                Ada Lovelace,ADA@example.com,,contacted\n\
                Dora,dora@example.com,,,unquoted\n";
    let answer = import(&app, &ada, rows).await.expect(200);
    assert_eq!(counts(&answer), (1, 0, 2, 3));
    let faults = answer["errors"].as_array().unwrap().iter().map(|error| json!([error["row"], error["field"]]));
    assert_eq!(json!(faults.collect::<Vec<_>>()), json!([[3, "email"], [3, "phone"], [5, "status"], [7, "row"]]));
    let stored = leads(&app, &ada).await;
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0]["name"], &stored[0]["phone"]), (&json!("Ada Lovelace"), &json!("555-0100")));
    let faulty = "Email\n".to_owned() + &"nobody\n".repeat(1_500);
    let answer = import(&app, &ada, faulty).await.expect(200);
    assert_eq!(counts(&answer), (0, 0, 0, 1_500));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1_000, "the first thousand are listed");
}

#[tokio::test(start_paused = true)]
async fn notes_that_outgrow_a_lead_are_a_fault_of_the_row() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let with =
        |letter: &str| format!("Email,Notes\nada@example.com,{}\nbob{letter}@example.com,\n", letter.repeat(6_000));
    import(&app, &ada, with("a")).await.expect(200);
    let answer = import(&app, &ada, with("b")).await.expect(200);
    assert_eq!(counts(&answer), (1, 0, 0, 1));
    assert_eq!((&answer["errors"][0]["row"], &answer["errors"][0]["field"]), (&json!(2), &json!("notes")));
}

#[tokio::test(start_paused = true)]
async fn five_thousand_rows_land_and_one_more_is_refused() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    for run in ["new", "again"] {
        #[expect(clippy::disallowed_methods, reason = "the time that the computer takes is what is measured")]
        let began = std::time::Instant::now();
        let answer = import(&app, &ada, file(MAX_ROWS)).await.expect(200);
        println!("{MAX_ROWS} rows, {run}: {:?}", began.elapsed());
        let expected = if run == "new" { (5_000, 0, 0, 0) } else { (0, 0, 5_000, 0) };
        assert_eq!(counts(&answer), expected);
    }
    assert_eq!((items(&cloud, "lead").len(), items(&cloud, "leadIdentity").len()), (5_000, 5_000));
    assert_eq!(told(&cloud), (5_000, 0));
    let problem = import(&app, &ada, file(MAX_ROWS + 1)).await.expect_problem(413, "too_many_rows");
    assert!(problem["detail"].as_str().unwrap().contains("Split it"), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn the_largest_leads_fit_into_their_transactions() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let notes = "😀".repeat(9_990);
    let row = |number: usize| format!("{number}@example.com,{notes}\n");
    let rows = "Email,Notes\n".to_owned() + &(0..100).map(row).collect::<String>();
    assert!(rows.len() < MAX_BYTES);
    assert_eq!(counts(&import(&app, &ada, rows).await.expect(200)), (100, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn four_mebibytes_are_read_and_one_byte_more_is_refused() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let mut rows = b"Name,Email\nAda,ada@example.com\n".to_vec();
    rows.resize(MAX_BYTES, b'\n');
    assert_eq!(counts(&import(&app, &ada, rows.clone()).await.expect(200)).0, 1);
    rows.push(b'\n');
    let problem = import(&app, &ada, rows).await.expect_problem(413, "too_large");
    assert!(problem["detail"].as_str().unwrap().contains("4 MB. Split it"), "{problem}");
    let json = json!({"name": "x".repeat(300 * 1024)});
    app.post("/api/crm/leads").by(&ada).json(&json).send().await.expect_problem(413, "too_large");
}

#[tokio::test(start_paused = true)]
async fn files_that_are_none_are_refused_and_write_nothing() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let before = dump(&cloud);
    let wide = format!("Name{}\nAda\n", ",x".repeat(2_000));
    for (body, status, code, advice) in [
        (&b""[..], 422, "invalid", ""),
        (b"Name,Email\n", 422, "invalid", "Add at least one"),
        (b"Ada,ada@example.com\n", 422, "invalid", "Add a first row"),
        (b"colour,size\nred,1\n", 422, "invalid", "Name at least one column"),
        (b"Name,email,E-mail\nAda,,\n", 422, "invalid", "Remove or rename"),
        (wide.as_bytes(), 422, "invalid", "only the columns"),
        (b"Name\nM\xFCller\n", 400, "malformed", "CSV UTF-8"),
        (b"PK\x03\x04", 400, "malformed", "CSV UTF-8"),
        (b"Name,Email\nAda,\"open\n", 400, "malformed", "Close it"),
    ] {
        let problem = import(&app, &ada, body).await.expect_problem(status, code);
        assert!(problem["detail"].as_str().unwrap().contains(advice), "{problem}");
    }
    let send = |media_type: &str| app.post("/api/crm/leads/import").by(&ada).body(media_type, file(1)).send();
    for media_type in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
        send(media_type).await.expect_problem(415, "unsupported_media_type");
    }
    assert_eq!(dump(&cloud), before);
    for media_type in ["text/csv", "Text/CSV;charset=utf-8", "application/csv", "application/vnd.ms-excel"] {
        send(media_type).await.expect(200);
    }
    app.get("/api/crm/leads/import").by(&ada).send().await.expect_problem(405, "method_not_allowed");
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_answers_as_the_first_time() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let send = |rows| {
        app.post("/api/crm/leads/import").by(&ada).header("idempotency-key", "once").body("text/csv", file(rows)).send()
    };
    let (first, second) = (send(60).await, send(60).await);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), (None, Some("true")));
    let first = first.expect(200);
    assert_eq!((counts(&first), second.expect(200)), ((60, 0, 0, 0), first.clone()));
    send(61).await.expect_problem(422, "invalid");
    assert_eq!(told(&cloud), (60, 0));
}

#[tokio::test(start_paused = true)]
async fn an_import_stays_in_its_organization() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    import(&app, &ada, file(3)).await.expect(200);
    assert!(leads(&app, &eve).await.is_empty());
    let foreign = || app.post("/api/crm/leads/import").by(&eve).organization(ada.organization_id);
    foreign().body("text/csv", file(3)).send().await.expect_problem(404, "not_found");
    assert_eq!(counts(&import(&app, &eve, file(3)).await.expect(200)), (3, 0, 0, 0), "the same people, other leads");
    app.post("/api/crm/leads/import").body("text/csv", file(3)).send().await.expect_problem(401, "token_missing");
    cloud.join(&eve, ada.organization_id, Role::Member).await;
    cloud.services.access.clear();
    assert_eq!(counts(&foreign().body("text/csv", file(3)).send().await.expect(200)), (0, 0, 3, 0));
}
