//! The letter of a campaign: an organisation's words to one of its leads, with the way to get no more of them.
//!
//! The words are an organisation's own, links among them; the names around them are shown as in every letter.

use shared::encoding::html_escaped;

use crate::letter::{html_document, shown, steers};

/// A letter to one lead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CampaignLetter<'a> {
    pub(crate) subject: &'a str,
    /// What stands between the greeting and the signature; paragraphs have an empty line between them.
    pub(crate) body: &'a str,
    pub(crate) lead: &'a str,
    pub(crate) sender: Option<&'a str>,
    pub(crate) organization: &'a str,
    /// Whether answers reach anybody.
    pub(crate) is_answerable: bool,
    /// The page on which the reader unsubscribes.
    pub(crate) unsubscribe_page: &'a str,
}

impl CampaignLetter<'_> {
    /// Its subject, its text and its HTML.
    pub(crate) fn render(&self) -> (String, String, String) {
        let subject = self.subject.chars().filter(|character| !steers(*character)).collect::<String>();
        let (paragraphs, footer) = (self.paragraphs(), self.footer());
        let page = self.unsubscribe_page;
        let text = format!("{}\n\n-- \n{footer}\n\nUnsubscribe:\n{page}\n", paragraphs.join("\n\n"));
        let mut inner = String::new();
        for paragraph in &paragraphs {
            let lines = html_escaped(paragraph).replace('\n', "<br>\n");
            inner.push_str(&format!("<p style=\"margin:0 0 16px\">{lines}</p>\n"));
        }
        inner.push_str(&format!(
            "<p style=\"margin:32px 0 0;font-size:13px;color:#6b6b66\">{} <a href=\"{}\" style=\"color:#6b6b66\">Unsubscribe</a></p>\n",
            html_escaped(&footer),
            html_escaped(page)
        ));
        let html = html_document(&subject, &inner);
        (subject, text, html)
    }

    /// Whom it comes from, for those who see no more than that; none if the organisation has no name that can be shown.
    pub(crate) fn sender_name(&self) -> Option<String> {
        let organization = shown(self.organization);
        (!organization.is_empty()).then(|| format!("{organization} via Groundwork"))
    }

    fn paragraphs(&self) -> Vec<String> {
        let named = |name: &str| Some(shown(name)).filter(|name| !name.is_empty());
        let greeting = named(self.lead).map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
        let signature = ["Best regards".to_owned()].into_iter().chain(self.sender.and_then(named));
        let mut signature = signature.chain(named(self.organization)).collect::<Vec<_>>();
        // A personal organisation is called like its owner.
        signature.dedup();
        let line = |line: &str| line.chars().filter(|character| !steers(*character)).collect::<String>();
        let body = self.body.lines().map(line).collect::<Vec<_>>().join("\n");
        let body = body.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).map(str::to_owned);
        std::iter::once(greeting).chain(body).chain([signature.join("\n")]).collect()
    }

    fn footer(&self) -> String {
        let organization = shown(self.organization);
        let unread = if self.is_answerable { "" } else { " Answers to this mail reach nobody." };
        format!(
            "{organization} sent you this by Groundwork, because it has your address among its contacts.{unread} If you do not want mail of \
             {organization} by Groundwork any more, unsubscribe: it will not write to you again."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://app.example.com/unsubscribe#token=01K.01K.abc.def";

    fn letter<'a>(body: &'a str, lead: &'a str, organization: &'a str) -> CampaignLetter<'a> {
        CampaignLetter {
            subject: "News",
            body,
            lead,
            sender: Some("Ada"),
            organization,
            is_answerable: true,
            unsubscribe_page: PAGE,
        }
    }

    #[test]
    fn text_and_html_say_the_same_and_lead_to_the_way_out() {
        let (subject, text, html) =
            letter("We open <soon>.\n\nhttps://engines.example", "Grace", "Engines & Sons").render();
        assert_eq!(subject, "News");
        assert!(
            text.starts_with(
                "Hello Grace,\n\nWe open <soon>.\n\nhttps://engines.example\n\nBest regards\nAda\nEngines & Sons\n"
            ),
            "{text}"
        );
        for part in ["Hello Grace,", "We open <soon>.", "Engines & Sons sent you this by Groundwork"] {
            assert!(text.contains(part) && html.contains(&html_escaped(part)), "{part}: {text} {html}");
        }
        assert!(text.lines().any(|line| line == PAGE) && html.contains(&format!("href=\"{PAGE}\"")), "{text} {html}");
        assert!(html.contains("Best regards<br>\nAda<br>\nEngines &amp; Sons"), "{html}");
        assert!(!text.contains("reach nobody"), "{text}");
        let alone = CampaignLetter { is_answerable: false, ..letter("x", "Grace", "Ada") };
        let (_, text, html) = alone.render();
        assert!(text.contains("Answers to this mail reach nobody.") && html.contains("reach nobody"), "{text}");
        assert!(text.contains("Best regards\nAda\n\n-- \n"), "who is the organisation signs once: {text}");
    }

    #[test]
    fn no_name_becomes_markup_or_a_link_and_nothing_steers() {
        let evil = "<img src=x> http://evil.example/a\r\n\u{202e}";
        let (_, text, html) = letter("Hello\u{202e}\r\nthere", evil, evil).render();
        for rendering in [&text, &html] {
            assert!(!rendering.contains("http://evil") && !rendering.contains('\u{202e}'), "{rendering}");
        }
        assert!(!html.contains("<img") && text.contains("Hello\nthere"), "{html}");
        assert!(letter("x", "\u{200b}", "").render().1.starts_with("Hello,\n"));
    }
}
