//! `GET /_local/mailbox`: the mail that was sent, for people and programs on this machine.

use std::fmt::Write;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use embedded::{Mailbox, ReceivedMail};
use shared::clock::Timestamp;
use shared::encoding::html_escaped;
use shared::http::ClientAddress;

use crate::this_machine;

/// Where the mailbox is.
pub(crate) const PATH: &str = "/_local/mailbox";

const STYLE: &str = include_str!("journal/page.css");

/// The mailbox's route. It needs no token: it answers nobody but this machine, whose own mail it is.
pub(crate) fn routes(mailbox: Mailbox) -> Router {
    Router::new().route(PATH, get(mails)).with_state(mailbox)
}

async fn mails(
    State(mailbox): State<Mailbox>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Response {
    let mails = mailbox.mails();
    this_machine::answer(client, &headers, || page(&mails), || this_machine::list(&mails))
}

/// The mails as a page: each with its text, whose links can be followed, and its HTML in a frame of its own.
fn page(mails: &[ReceivedMail]) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>Mailbox · Groundwork</title><style>{STYLE}\
         summary {{ grid-template-columns: 7rem 14rem 1fr }} pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}\
         iframe {{ width: 100%; height: 30rem; border: 1px solid var(--line); background: #fff }}</style></head><body><header>\
         <h1>Mailbox</h1><p>What was sent to anybody, the newest first. It is in memory only, and nothing leaves this machine.</p></header>"
    );
    if mails.is_empty() {
        page.push_str("<p class=\"empty\">Nothing yet.</p>");
    }
    page.push_str("<main>");
    for (place, mail) in mails.iter().enumerate() {
        let open = if place == 0 { " open" } else { "" };
        let at = Timestamp::from_milliseconds(mail.received_at_ms).to_string();
        let time = at.split('T').nth(1).unwrap_or(&at).trim_end_matches('Z');
        let _ = write!(
            page,
            "<details{open}><summary><time datetime=\"{at}\">{time}</time><span>{}</span><b>{}</b></summary><div><dl><dt>from</dt>\
             <dd>{}</dd><dt>to</dt><dd>{}</dd></dl><pre>{}</pre><iframe sandbox title=\"The mail's HTML\" srcdoc=\"{}\"></iframe></div>\
             </details>",
            html_escaped(&mail.to.join(", ")),
            html_escaped(&mail.subject),
            html_escaped(&mail.from),
            html_escaped(&mail.to.join(", ")),
            with_links(&mail.text),
            html_escaped(&mail.html),
        );
    }
    page.push_str("</main></body></html>");
    page
}

/// A mail's text with its links to follow.
fn with_links(text: &str) -> String {
    let line = |line: &str| {
        let line_escaped = html_escaped(line);
        if line.starts_with("http://") || line.starts_with("https://") {
            format!("<a href=\"{line_escaped}\" rel=\"noreferrer\">{line_escaped}</a>")
        } else {
            line_escaped
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_shown_without_becoming_the_page() {
        let mail = ReceivedMail {
            id: "local-1".to_owned(),
            received_at_ms: 0,
            from: "Groundwork <mail@example.com>".to_owned(),
            to: vec!["ada@example.com".to_owned()],
            subject: "<script>".to_owned(),
            text: "Hello\nhttps://app.example.com/page#token=\"x\"\n".to_owned(),
            html: "<b onclick=\"x\">Hello</b>".to_owned(),
            reply_to: None,
            headers: std::collections::BTreeMap::new(),
            idempotency_key: None,
        };
        let page = page(&[mail]);
        assert!(!page.contains("<script>") && !page.contains("<b onclick"), "{page}");
        assert!(page.contains("<a href=\"https://app.example.com/page#token=&quot;x&quot;\""), "{page}");
    }
}
