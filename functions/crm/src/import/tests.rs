//! Whole files, as the programs that people use export them.

use super::*;
use shared::clock::Timestamp;
use shared::model::lead::{LeadPriority, LeadStatus};
use std::fmt::Write as _;

macro_rules! fixture {
    ($name:literal) => {
        parse(include_bytes!(concat!("../../tests/fixtures/", $name))).unwrap()
    };
}

fn lead(file: &ParsedFile, row: usize) -> &ParsedLead {
    let outcome = file.rows.iter().find(|outcome| outcome.row == row).unwrap();
    outcome.lead.as_ref().unwrap_or_else(|errors| panic!("row {row}: {errors:?}"))
}

fn faults(file: &ParsedFile, row: usize) -> Vec<&str> {
    let outcome = file.rows.iter().find(|outcome| outcome.row == row).unwrap();
    outcome.lead.as_ref().unwrap_err().iter().map(|error| error.field).collect()
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn time(value: &str) -> Option<Timestamp> {
    Some(value.parse().unwrap())
}

#[test]
fn linkedin_connections_below_their_preamble() {
    let file = fixture!("linkedin_connections.csv");
    assert_eq!((file.rows.len(), file.blank_rows), (5, 1));
    let expected = ParsedLead {
        name: text("Priya Sharma"),
        company: text("Stripes, Inc."),
        title: text("Technical Recruiter"),
        linkedin_url: text("https://www.linkedin.com/in/priya-sharma-1a2b3c"),
        notes: text("Connected On: 12 Mar 2024"),
        ..ParsedLead::default()
    };
    assert_eq!(*lead(&file, 5), expected);
    assert_eq!(lead(&file, 6).email, text("arjun@example.com"));
    assert_eq!(lead(&file, 6).last_contacted_at, None);
    assert_eq!(lead(&file, 7).title, text("Senior Engineer \"Platform\""));
    assert_eq!(faults(&file, 8), ["name"]);
    assert_eq!(identity(lead(&file, 7)).to_string(), "linkedin:https://www.linkedin.com/in/neha-k");
    assert!(identity(lead(&file, 10)).to_string().starts_with("digest:"));
}

#[test]
fn hubspot_contacts() {
    let file = fixture!("hubspot_contacts.csv");
    let expected = ParsedLead {
        name: text("Grace Hopper"),
        email: text("grace@navy.example"),
        company: text("Navy Computing"),
        title: text("Rear Admiral"),
        phone: text("+1 (555) 010-0001"),
        source: text("Organic Search"),
        status: Some(LeadStatus::Contacted),
        last_contacted_at: time("2026-02-01T10:23:00Z"),
        notes: text(
            "Record ID: 51001\nLifecycle Stage: Lead\nCreate Date: 2026-01-05 09:12\n\
             Last Activity Date: 2026-02-03 08:00\nContact owner: Sam Owner",
        ),
        ..ParsedLead::default()
    };
    assert_eq!(*lead(&file, 2), expected);

    let katherine = lead(&file, 3);
    assert_eq!((&katherine.company, &katherine.phone), (&text("Orbit Labs"), &text("+1 555 010 0002")));
    assert_eq!(
        (katherine.status, katherine.last_contacted_at),
        (Some(LeadStatus::Qualified), time("2026-02-04T17:45:00Z"))
    );

    let annie = lead(&file, 4);
    assert_eq!(annie.status, Some(LeadStatus::Converted), "a customer is one, whatever the lead status says");
    assert!(!annie.notes.as_ref().unwrap().contains("No value"));

    assert_eq!(faults(&file, 5), ["email", "phone", "status", "lastContactedAt"]);

    let dorothy = lead(&file, 6);
    assert_eq!(dorothy.status, None, "a lifecycle stage of the portal's own is kept as a note");
    assert!(dorothy.notes.as_ref().unwrap().contains("Lifecycle Stage: 987654321"));
}

#[test]
fn german_spreadsheet_with_semicolons_mark_and_windows_line_ends() {
    let file = fixture!("german_excel.csv");
    let expected = ParsedLead {
        name: text("Jürgen Müller"),
        email: text("juergen.mueller@beispiel.example"),
        company: text("Müller & Söhne GmbH"),
        title: text("Geschäftsführer"),
        phone: text("+49 151 2345678"),
        status: Some(LeadStatus::Contacted),
        priority: Some(LeadPriority::High),
        last_contacted_at: time("2026-04-03T00:00:00Z"),
        notes: text("Sagt: \"Angebot bitte per Post; nicht per Mail.\""),
        ..ParsedLead::default()
    };
    assert_eq!(*lead(&file, 2), expected);
    assert_eq!(faults(&file, 3), ["phone"], "a rounded number has lost its digits");
    assert_eq!(lead(&file, 4).status, Some(LeadStatus::Lost));
}

#[test]
fn line_breaks_and_commas_inside_quotation_marks() {
    let file = fixture!("quoted_newlines.csv");
    let notes = "Met at the fair.\nPrefers a call, not mail.\n\nHas a \"budget\".\nFavourite colour: green";
    assert_eq!(lead(&file, 2).notes, text(notes));
    assert_eq!(lead(&file, 3).name, text("Babbage, Charles"));
    assert_eq!(lead(&file, 3).notes, text("Favourite colour: dark blue"));
    assert_eq!(faults(&file, 4), ["email"], "a row counts once, however many lines it has");
}

#[test]
fn google_contacts_old_and_new() {
    let file = fixture!("google_contacts.csv");
    let ravi = lead(&file, 2);
    assert_eq!((&ravi.name, &ravi.email), (&text("Ravi Gupta"), &text("ravi@example.com")));
    assert_eq!((&ravi.company, &ravi.title), (&text("Gupta Logistics"), &text("Buyer")));
    assert_eq!(
        (&ravi.phone, &ravi.linkedin_url),
        (&text("+91 98765 43210"), &text("https://www.linkedin.com/in/ravi-gupta"))
    );
    let notes = ravi.notes.as_ref().unwrap();
    assert!(notes.starts_with("Met in Delhi\nLabels: * myContacts\n"), "{notes}");
    assert!(
        notes.contains("E-mail 1 - Value: ravi@example.com ::: ravi.g@example.com\n"),
        "no address is lost: {notes}"
    );
    assert!(notes.contains("Phone 2 - Value: 022 2345 6789"), "{notes}");
    assert!(!notes.contains("Given Name"), "{notes}");

    let anil = lead(&file, 3);
    assert_eq!((&anil.name, &anil.email), (&text("Anil Kumar"), &text("anil@home.example")));
    assert_eq!((&anil.phone, &anil.linkedin_url), (&text("022 1111 2222"), &None));
    assert!(anil.notes.as_ref().unwrap().contains("Website 1 - Value: https://kumar.example"));

    let file = fixture!("google_contacts_new.csv");
    assert_eq!(lead(&file, 2).phone, text("555-0100"));
    assert!(lead(&file, 2).notes.as_ref().unwrap().contains("Nickname: Sammy"));
    assert_eq!(lead(&file, 3).name, text("Acme Reception"));
}

#[test]
fn salesforce_leads_with_american_dates() {
    let file = fixture!("salesforce_leads.csv");
    let tim = lead(&file, 2);
    assert_eq!((tim.status, tim.priority), (Some(LeadStatus::Contacted), Some(LeadPriority::High)));
    assert_eq!((&tim.company, &tim.source), (&text("Grace Enterprises"), &text("Partner Referral")));
    assert_eq!(tim.title, text("SVP, Administration and Finance"));
    assert_eq!(tim.notes, text("Asked for a quote"));
    let patricia = lead(&file, 3);
    assert_eq!(patricia.last_contacted_at, time("2026-03-04T00:00:00Z"), "25 November above shows the order");
    assert_eq!(patricia.status, Some(LeadStatus::Converted));
    assert_eq!(lead(&file, 4).notes, text("Rating: Lukewarm"), "what only stands in for a priority fails no row");
}

#[test]
fn pipedrive_people_and_apollo_people() {
    let file = fixture!("pipedrive_people.csv");
    let jane = lead(&file, 2);
    assert_eq!(
        (&jane.name, &jane.email, &jane.company),
        (&text("Jane Doe"), &text("jane@acme.example"), &text("Acme Inc"))
    );
    assert_eq!((jane.priority, jane.last_contacted_at), (Some(LeadPriority::High), time("2026-03-02T00:00:00Z")));
    let bob = lead(&file, 3);
    assert_eq!((&bob.email, &bob.phone), (&text("bob@home.example"), &text("+1-555-0456")));
    assert_eq!(bob.notes, text("Person - Label: Customer\nPerson - Open deals: 0"));

    let file = fixture!("apollo_people.csv");
    let expected = ParsedLead {
        name: text("Ada Lovelace"),
        email: text("ada@engines.example"),
        company: text("Analytical Engines"),
        title: text("Founder"),
        phone: text("+1 555-010-0003"),
        linkedin_url: text("https://www.linkedin.com/in/ada-lovelace"),
        status: Some(LeadStatus::Contacted),
        last_contacted_at: time("2026-05-01T09:30:00Z"),
        notes: text(
            "Email Status: Verified\nCorporate Phone: +1 555-010-0999\nWebsite: https://engines.example\n\
             Company Linkedin Url: http://www.linkedin.com/company/analytical-engines\n# Employees: 12",
        ),
        ..ParsedLead::default()
    };
    assert_eq!(*lead(&file, 2), expected);
}

#[test]
fn ragged_and_blank_rows() {
    let file = fixture!("ragged_rows.csv");
    assert_eq!(file.blank_rows, 2, "an empty line and a row of empty cells");
    assert_eq!(lead(&file, 2).company, None, "missing cells are empty");
    assert_eq!(faults(&file, 4), ["row"], "a comma outside quotation marks has moved the cells");
    assert_eq!(lead(&file, 6).phone, text("555-0101"), "empty cells too many do no harm");
    assert_eq!(faults(&file, 7), ["name"], "a telephone number alone is nobody");
    assert_eq!(lead(&file, 8).name, text("Alan Turing"));
}

#[test]
fn utf_16_with_its_mark() {
    let table = "Name\tE-mail\r\nJürgen 🚀\tj@example.com\r\n";
    let little: Vec<u8> = [0xFF, 0xFE].into_iter().chain(table.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(table.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let file = parse(&little).unwrap();
    assert_eq!(lead(&file, 2).name, text("Jürgen 🚀"));
    assert_eq!(parse(&big).unwrap(), file);
    assert_eq!(parse(little.split_last().unwrap().1), Err(FileError::NotUtf8 { offset: little.len() - 2 }));
    assert_eq!(parse(&[0xFF, 0xFE, b'a', 0, 0, 0xD8, b'b', 0]), Err(FileError::NotUtf8 { offset: 4 }));
    assert_eq!(
        parse(b"N\0a\0m\0e\0"),
        Err(FileError::NotUtf8 { offset: 1 }),
        "without the mark it is taken for binary"
    );
}

#[test]
fn old_line_ends_separator_lines_and_titles() {
    let file = parse(b"Name,Email\rAda,ada@example.com\r\rBob,bob@example.com\r\r\r").unwrap();
    assert_eq!((lead(&file, 4).name.as_deref(), file.blank_rows), (Some("Bob"), 1));
    let file = parse(b"sep=;\r\n\r\nName;Email\r\nAda, Countess;ada@example.com\r\n").unwrap();
    assert_eq!(lead(&file, 4).name, text("Ada, Countess"));
    let file = parse(b"Contact\n\nCompany,Phone\nAcme,555-0100").unwrap();
    assert_eq!(lead(&file, 4).company, text("Acme"));
    let file = parse(b"Email\nada@example.com\n").unwrap();
    assert_eq!(lead(&file, 2).display_name(), Some("ada"));
}

#[test]
fn files_that_are_refused() {
    assert_eq!(parse(b""), Err(FileError::Empty));
    assert_eq!(parse(b"\xEF\xBB\xBF \r\n\n"), Err(FileError::Empty));
    assert_eq!(parse(b"Name,Email\n,\n"), Err(FileError::NoRows));
    assert_eq!(parse(b"Ada,ada@example.com\nBob,bob@example.com\n"), Err(FileError::NoHeader));
    let found = vec!["colour".to_owned(), "size".to_owned()];
    assert_eq!(parse(b"colour;size;\nred;1;\n"), Err(FileError::NoRecognisedColumns { found }));
    let name = "E-MAIL".to_owned();
    assert_eq!(parse(b"Name,email,E-MAIL\nAda,a@b.example,\n"), Err(FileError::DuplicateColumn { name }));
    assert_eq!(parse(b"Name,Email\nM\xFCller,m@example.com\n"), Err(FileError::NotUtf8 { offset: 12 }));
    assert_eq!(parse(b"PK\x03\x04rest"), Err(FileError::Workbook));
    assert_eq!(parse(b"Name,Email\nAda,\nBob,\"open\nCleo,\nDora,\n"), Err(FileError::UnclosedQuote { row: 3 }));
    assert_eq!(parse(&vec![b'a'; MAX_BYTES + 1]), Err(FileError::TooLarge { limit: MAX_BYTES }));
    let wide = format!("Name,Email{}\nAda", ",x".repeat(MAX_COLUMNS));
    assert_eq!(parse(wide.as_bytes()), Err(FileError::TooManyColumns { limit: MAX_COLUMNS }));
}

#[test]
fn one_row_too_many() {
    let mut file = "Name,Email\n".to_owned();
    for number in 1..=MAX_ROWS {
        write!(file, "Lead {number},lead{number}@example.com\n,\n").unwrap();
    }
    let parsed = parse(file.as_bytes()).unwrap();
    assert_eq!((parsed.rows.len(), parsed.blank_rows), (MAX_ROWS, MAX_ROWS), "blank rows do not count");
    file.push_str("One more,\n");
    let error = parse(file.as_bytes()).unwrap_err();
    assert_eq!(error, FileError::TooManyRows { limit: MAX_ROWS });
    assert!(error.to_string().contains("more than 5000 rows. Split it"));
}

#[test]
fn limits_of_fields_and_messages_that_repeat_nothing_personal() {
    let long = "x".repeat(201);
    let file = format!("Name,Company,Title,Source,Notes\n{long},{long},{long},{long},{}\n", "y".repeat(10_001));
    let file = parse(file.as_bytes()).unwrap();
    assert_eq!(faults(&file, 2), ["name", "company", "title", "source", "notes"]);
    let errors = file.rows[0].lead.as_ref().unwrap_err();
    assert!(errors.iter().all(|error| error.row == 2 && error.message.len() < 160 && !error.message.contains("xx")));
    let names = format!("First name,Last name\n{},{}\n", "a".repeat(150), "b".repeat(150));
    assert_eq!(faults(&parse(names.as_bytes()).unwrap(), 2), ["name"]);
}

#[test]
fn values_that_look_like_formulas_and_hidden_characters() {
    let file = "Name,Company,Phone\n=1+1,@Acme,\u{202A}+49 30 1234\u{202C}\nA\u{0}da,,\n".replace('\u{0}', "\u{7}");
    let file = parse(file.as_bytes()).unwrap();
    let first = lead(&file, 2);
    assert_eq!(
        (first.name.as_deref(), first.company.as_deref(), first.phone.as_deref()),
        (Some("=1+1"), Some("@Acme"), Some("+49 30 1234"))
    );
    assert_eq!(lead(&file, 3).name, text("Ada"));
}

#[test]
fn rows_of_one_lead_are_merged() {
    let file = "Name,Email,Company,Phone,Status,Notes\n\
                Ada,ADA@example.com,,555-0100,new,first\n\
                Grace Hopper,,Navy,+1 555 0200,,\n\
                Ada Lovelace,ada@example.com,Engines,,contacted,second\n\
                grace  hopper,,NAVY,001-555-0200,qualified,\n";
    let file = parse(file.as_bytes()).unwrap();
    let merged = merge_duplicates(file.rows.into_iter().map(|outcome| (outcome.row, outcome.lead.unwrap())));
    assert_eq!(merged.iter().map(|lead| lead.rows.as_slice()).collect::<Vec<_>>(), [[2, 4], [3, 5]]);
    let expected = ParsedLead {
        name: text("Ada Lovelace"),
        email: text("ada@example.com"),
        company: text("Engines"),
        phone: text("555-0100"),
        status: Some(LeadStatus::Contacted),
        notes: text("first\nsecond"),
        ..ParsedLead::default()
    };
    assert_eq!(merged[0].lead, expected);
    assert_eq!(merged[0].identity.to_string(), "email:ada@example.com");
    assert_eq!(merged[1].lead.status, Some(LeadStatus::Qualified));
    let Identity::Digest(digest) = &merged[1].identity else { panic!("{:?}", merged[1].identity) };
    assert_eq!(digest.len(), 64);
}
