//! What holds for every file.

use super::*;
use jiff::{ToSpan, civil, tz::TimeZone};
use proptest::{collection, option, prelude::*, sample};
use shared::clock::Timestamp;
use shared::model::lead::{LeadPriority, LeadStatus};

/// Text of one line, at most 60 characters long, that is no word for "nothing" and has nothing that cleaning would
/// change.
fn words() -> impl Strategy<Value = String> {
    let word = "[A-Za-zÀ-ÿ0-9,;\"'.&()=+@🚀-]{1,12}";
    (collection::vec(word, 0..4), "[A-Za-z]{5,8}").prop_map(|(mut words, last)| {
        words.push(last);
        words.join(" ")
    })
}

fn seconds() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000).prop_map(Timestamp::from_seconds)
}

prop_compose! {
    fn leads()(
        name in words(),
        email in option::of("[a-z][a-z0-9+_]{0,10}@[a-z]{1,10}\\.example"),
        company in option::of(words()),
        title in option::of(words()),
        phone in option::of("\\+[1-9][0-9]{5,12}( ext [0-9]{1,3})?"),
        linkedin_url in option::of("https://www\\.linkedin\\.com/in/[a-z0-9-]{1,20}"),
        source in option::of(words()),
        status in option::of(sample::select(&[
            LeadStatus::New, LeadStatus::Contacted, LeadStatus::Qualified, LeadStatus::Converted, LeadStatus::Lost,
        ][..])),
        priority in option::of(sample::select(&[LeadPriority::Low, LeadPriority::Medium, LeadPriority::High][..])),
        last_contacted_at in option::of(seconds()),
        notes in option::of(collection::vec(words(), 1..4).prop_map(|lines| lines.join("\n"))),
    ) -> ParsedLead {
        let name = Some(name);
        ParsedLead {
            name, email, company, title, phone, linkedin_url, source, status, priority, last_contacted_at, notes,
        }
    }
}

/// A lead's cells, each with names its column may have.
fn cells(lead: &ParsedLead) -> Vec<(&'static [&'static str], String)> {
    let word = |value: Option<String>| value.unwrap_or_default();
    let status = lead.status.map(|status| format!("{status:?}"));
    let priority = lead.priority.map(|priority| format!("{priority:?}"));
    vec![
        (&["Name", "FULL NAME", "contact_name"], word(lead.name.clone())),
        (&["Email", "E-mail Address"], word(lead.email.clone())),
        (&["Company", "organisation", "Account Name"], word(lead.company.clone())),
        (&["Title", "Job title", "POSITION"], word(lead.title.clone())),
        (&["Phone", "Mobile Phone"], word(lead.phone.clone())),
        (&["LinkedIn", "Person Linkedin Url", "url"], word(lead.linkedin_url.clone())),
        (&["Source", "Lead Source"], word(lead.source.clone())),
        (&["Status", "lead_status", "Lifecycle Stage"], word(status)),
        (&["Priority", "Rating"], word(priority)),
        (&["Last contacted", "lastContactedAt"], word(lead.last_contacted_at.map(|time| time.to_string()))),
        (&["Notes", "Comments"], word(lead.notes.clone())),
    ]
}

/// The leads as a CSV: `spelling` picks the columns' names, `order` their order.
fn written(leads: &[ParsedLead], spelling: &[usize], order: &[usize], separator: u8, windows: bool) -> Vec<u8> {
    let terminator = if windows { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
    let mut writer = ::csv::WriterBuilder::new().delimiter(separator).terminator(terminator).from_writer(Vec::new());
    let columns = cells(&ParsedLead::default());
    writer
        .write_record(order.iter().map(|column| columns[*column].0[spelling[*column] % columns[*column].0.len()]))
        .unwrap();
    for lead in leads {
        let cells = cells(lead);
        writer.write_record(order.iter().map(|column| &cells[*column].1)).unwrap();
    }
    let mut file = if windows { vec![0xEF, 0xBB, 0xBF] } else { Vec::new() };
    file.extend(writer.into_inner().unwrap());
    file
}

/// Everything that is done with a file.
fn read_and_merge(file: &[u8]) {
    let Ok(file) = parse(file) else { return };
    let mut last = 1;
    for outcome in &file.rows {
        assert!(outcome.row > last);
        last = outcome.row;
        match &outcome.lead {
            Ok(lead) => assert!(lead.display_name().is_some_and(|name| !name.is_empty())),
            Err(errors) => assert!(!errors.is_empty() && errors.iter().all(|error| error.row == outcome.row)),
        }
    }
    let rows = file.rows.len();
    let leads: Vec<_> = file.rows.into_iter().filter_map(|outcome| Some((outcome.row, outcome.lead.ok()?))).collect();
    let merged = merge_duplicates(leads);
    assert!(merged.iter().all(|lead| identity(&lead.lead) == lead.identity));
    assert!(merged.iter().map(|lead| lead.rows.len()).sum::<usize>() <= rows);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(file in collection::vec(any::<u8>(), 0..400)) {
        read_and_merge(&file);
    }

    #[test]
    fn anything_below_a_header_is_read_or_refused(file in "[ a-c0-9,;\"\t\r\n@.:/+-]{0,200}", header in 0usize..3) {
        let headers =
            ["Name,Email,Last contacted,Notes\n", "url;Phone;Status;E-mail\r\n", "\u{FEFF}First name\tCompany\r"];
        read_and_merge(format!("{}{file}", headers[header]).as_bytes());
    }

    #[test]
    fn what_is_written_is_read_back(
        leads in collection::vec(leads(), 1..6),
        spelling in collection::vec(0usize..3, 11),
        order in Just((0..11).collect::<Vec<usize>>()).prop_shuffle(),
        separator in sample::select(&b",;\t"[..]),
        windows in any::<bool>(),
    ) {
        let file = parse(&written(&leads, &spelling, &order, separator, windows)).unwrap();
        let read: Vec<ParsedLead> = file.rows.into_iter().map(|outcome| outcome.lead.unwrap()).collect();
        prop_assert_eq!(read, leads);
    }

    #[test]
    fn a_day_above_twelve_settles_the_order_of_its_column(
        days in collection::vec(0i64..40_000, 1..20),
        day_first in any::<bool>(),
    ) {
        let first = civil::date(1990, 1, 25);
        let dates: Vec<civil::Date> = [first].into_iter().chain(days.iter().map(|day| first + day.days())).collect();
        let mut file = "Email,Last contacted\n".to_owned();
        for (number, date) in dates.iter().enumerate() {
            let (day, month, year) = (date.day(), date.month(), date.year());
            let (left, right) = if day_first { (day, month) } else { (month, day) };
            file.push_str(&format!("lead{number}@example.com,{left}/{right:02}/{year}\n"));
        }
        let file = parse(file.as_bytes()).unwrap();
        for (outcome, date) in file.rows.iter().zip(dates) {
            let expected = TimeZone::UTC.to_timestamp(date.into()).unwrap();
            let expected = Timestamp::from_seconds(expected.as_second());
            prop_assert_eq!(outcome.lead.as_ref().unwrap().last_contacted_at, Some(expected));
        }
    }

    #[test]
    fn merging_a_file_with_itself_changes_no_lead(leads in collection::vec(leads(), 1..6)) {
        let once = merge_duplicates(leads.iter().cloned().enumerate());
        let twice = merge_duplicates(once.iter().chain(&once).map(|lead| (0, lead.lead.clone())));
        prop_assert!(twice.iter().map(|lead| &lead.lead).eq(once.iter().map(|lead| &lead.lead)));
    }
}
