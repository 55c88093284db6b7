//! The journal as a page: no script, nothing from elsewhere.

use std::fmt::Write;
use std::sync::Arc;

use shared::encoding::html_escaped;

use super::routes::PATH;
use super::{Call, Entry, Kind, Message};

const STYLE: &str = include_str!("page.css");

/// The page of these entries.
pub(super) fn of(entries: &[Arc<Entry>], correlation_id: Option<&str>) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>Requests · Groundwork</title><style>{STYLE}</style></head><body><header><h1>Requests</h1>"
    );
    let _ = match correlation_id {
        Some(id) => write!(
            page,
            "<p>What belongs to <code>{}</code>, in order of time. <a href=\"{PATH}\">Show all</a></p></header>",
            html_escaped(id)
        ),
        None => write!(
            page,
            "<p>What each function did lately, the newest first. Open one for its calls; follow it by its correlation id.</p></header>"
        ),
    };
    if entries.is_empty() {
        page.push_str("<p class=\"empty\">Nothing yet.</p>");
    }
    page.push_str("<main>");
    for entry in entries {
        write_entry(&mut page, entry, correlation_id.is_some());
    }
    page.push_str("</main></body></html>");
    page
}

fn write_entry(page: &mut String, entry: &Entry, open: bool) {
    let kind = match entry.kind {
        Kind::Http => "http",
        Kind::Queue => "queue",
        Kind::Stream => "stream",
        Kind::Schedule => "schedule",
    };
    let class = match (entry.ok, entry.status) {
        (false, _) => "bad",
        (true, Some(400..)) => "fair",
        _ => "good",
    };
    let status = entry.status.map(|status| format!("{status} ")).unwrap_or_default();
    let attribute = if open { " open" } else { "" };
    let time = entry.began.to_string();
    let time = time.split('T').nth(1).unwrap_or(&time).trim_end_matches('Z');
    let _ = write!(
        page,
        "<details{attribute}><summary><time datetime=\"{}\">{time}</time><span class=\"kind {kind}\">{kind}</span><b>{}</b><span \
         class=\"source\">{}</span><span class=\"calls\">{}</span><span class=\"{class}\">{status}{}</span><span class=\"ms\">{} \
         ms</span></summary><div>",
        entry.began,
        html_escaped(&entry.function),
        html_escaped(&entry.source),
        counted(entry.calls.len().saturating_add(entry.calls_left_out), "call"),
        html_escaped(&entry.outcome),
        entry.duration_ms,
    );
    page.push_str("<dl>");
    if let Some(id) = &entry.request_id {
        let _ = write!(page, "<dt>request</dt><dd><code>{}</code></dd>", html_escaped(id));
    }
    for id in &entry.correlation_ids {
        let id = html_escaped(id);
        let _ = write!(page, "<dt>correlation</dt><dd><a href=\"{PATH}?correlation={id}\"><code>{id}</code></a></dd>");
    }
    for id in &entry.trace_ids {
        let _ = write!(page, "<dt>trace</dt><dd><code>{}</code></dd>", html_escaped(id));
    }
    page.push_str("</dl>");
    write_messages(page, "received", &entry.received);
    write_calls(page, entry);
    write_messages(page, "sent", &entry.sent);
    page.push_str("</div></details>");
}

fn write_calls(page: &mut String, entry: &Entry) {
    if entry.calls.is_empty() {
        return;
    }
    page.push_str(
        "<table><thead><tr><th>after</th><th>call</th><th>on</th><th>keys</th><th>sent</th><th>got</th><th>took</th><th>error</th></tr>\
         </thead><tbody>",
    );
    for call in &entry.calls {
        let Call { operation, keys, after_ms, duration_ms, request_bytes, response_bytes, .. } = call;
        let resources = call.resources.iter().map(|name| html_escaped(name)).collect::<Vec<_>>().join("<br>");
        let class = if call.denied { " class=\"bad\"" } else { "" };
        let error = call.error.as_deref().map(html_escaped).unwrap_or_default();
        let _ = write!(
            page,
            "<tr{class}><td>{after_ms} ms</td><td>{}</td><td>{resources}</td><td>{keys}</td><td>{request_bytes} B</td><td>{response_bytes} \
             B</td><td>{duration_ms} ms</td><td>{error}</td></tr>",
            html_escaped(operation),
        );
    }
    page.push_str("</tbody></table>");
    if entry.calls_left_out > 0 {
        let _ = write!(page, "<p>and {} more</p>", counted(entry.calls_left_out, "call"));
    }
}

fn write_messages(page: &mut String, what: &str, messages: &[Message]) {
    if messages.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<table><thead><tr><th>{what}</th><th>message</th><th>about</th><th>correlation</th></tr></thead><tbody>"
    );
    for message in messages {
        let ids =
            message.ids.iter().map(|(name, id)| format!("{} <code>{}</code>", html_escaped(name), html_escaped(id)));
        let id = |id: &Option<String>| id.as_deref().map(html_escaped).unwrap_or_default();
        let _ = write!(
            page,
            "<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td><code>{}</code></td></tr>",
            html_escaped(&message.source),
            id(&message.message_id),
            ids.collect::<Vec<_>>().join("<br>"),
            id(&message.correlation_id),
        );
    }
    page.push_str("</tbody></table>");
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_not_taken_for_markup() {
        let page = of(&[], Some("<script>alert('x')</script>\""));
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{page}");
    }
}
