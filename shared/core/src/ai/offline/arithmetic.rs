//! The small calculations that founders ask for, from figures that they stated. Nothing is assumed that is not said.

use super::figures::{Figure, Meaning, figures};
use super::text::words;

/// A calculation with its working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calculation {
    /// The result with the working and what it assumes.
    pub(super) text: String,
    /// The knowledge entry that explains the method.
    pub(super) entry_id: &'static str,
    /// The figures it used, as they were written.
    pub(super) figures: Vec<String>,
}

/// Computes what the last text asks for. Figures that it does not hold are taken from the earlier texts, the newest
/// first, and the answer says so. `None` when it asks for nothing that can be computed.
pub(super) fn calculate(texts: &[&str]) -> Option<Calculation> {
    let (current, earlier) = texts.split_last()?;
    let question = Question::of(current, earlier);
    question
        .runway()
        .or_else(|| question.unit_economics())
        .or_else(|| question.dilution())
        .or_else(|| question.growth())
}

#[derive(Debug)]
struct Question {
    stems: Vec<String>,
    current: Vec<Figure>,
    earlier: Vec<Figure>,
}

/// A figure and whether it comes from an earlier message.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    figure: &'a Figure,
    earlier: bool,
}

impl Known<'_> {
    fn value(self) -> i128 {
        self.figure.hundredths
    }
}

impl Question {
    fn of(current: &str, earlier: &[&str]) -> Self {
        Self {
            stems: words(current).into_iter().map(|word| word.stem).collect(),
            current: figures(current),
            earlier: earlier.iter().rev().flat_map(|text| figures(text).into_iter().rev()).collect(),
        }
    }

    fn says(&self, stems: &[&str]) -> bool {
        self.stems.iter().any(|stem| stems.contains(&stem.as_str()))
    }

    fn find(&self, meaning: Meaning) -> Option<Known<'_>> {
        let of_meaning = |figure: &&Figure| figure.meaning == meaning;
        let current = self.current.iter().find(of_meaning).map(|figure| Known { figure, earlier: false });
        current.or_else(|| self.earlier.iter().find(of_meaning).map(|figure| Known { figure, earlier: true }))
    }

    /// A figure without a name in the message itself, which the other figures leave only one meaning for.
    fn unnamed(&self) -> Option<Known<'_>> {
        let mut unnamed = self.current.iter().filter(|figure| figure.meaning == Meaning::Unnamed);
        let figure = unnamed.next()?;
        unnamed.next().is_none().then_some(Known { figure, earlier: false })
    }

    fn runway(&self) -> Option<Calculation> {
        let burn = self.find(Meaning::Burn)?;
        let asked = self.says(&["runway", "long", "last", "left", "surviv", "calculat", "enough", "burn"]);
        let cash = self.find(Meaning::Cash).or_else(|| self.unnamed()).or_else(|| self.find(Meaning::Raise))?;
        if !asked || (burn.earlier && cash.earlier && !self.says(&["runway", "last", "surviv", "left"])) {
            return None;
        }
        let revenue = self.find(Meaning::Revenue);
        let net = revenue.map_or(burn.value(), |revenue| burn.value() - revenue.value());
        let sources = [Some(("cash", cash)), Some(("spending", burn)), revenue.map(|known| ("revenue", known))];
        let sources: Vec<_> = sources.into_iter().flatten().collect();
        let sign = currency(&sources);
        let mut text = String::new();
        if revenue.is_some() {
            text.push_str(&format!(
                "Net burn = spending − revenue = {} − {} = {} a month. ",
                money(burn.value(), sign),
                money(burn.value() - net, sign),
                money(net, sign)
            ));
        }
        if net <= 0 {
            text.push_str(
                "You take in at least what you spend, so there is no burn and the cash lasts as long as this holds.",
            );
        } else {
            let tenths = cash.value() * 10 / net;
            text.push_str(&format!(
                "Runway = cash ÷ net burn = {} ÷ {} = {} months. {}",
                money(cash.value(), sign),
                money(net, sign),
                decimal(tenths),
                runway_advice(tenths)
            ));
            text.push_str(if revenue.is_some() {
                " This assumes that spending and revenue stay as they are."
            } else {
                " This takes the figure as net burn (spending minus what you collect) and assumes that it stays so."
            });
        }
        if cash.figure.meaning == Meaning::Raise {
            text.push_str(" It also assumes that all of the money you raised is still in the bank.");
        }
        Some(finished(text, "metrics-runway", &sources))
    }

    fn unit_economics(&self) -> Option<Calculation> {
        let cost = self.find(Meaning::AcquisitionCost).filter(|known| known.value() > 0)?;
        if let Some(value) = self.find(Meaning::LifetimeValue).filter(|value| !value.earlier || !cost.earlier) {
            let sources = [("lifetime value", value), ("acquisition cost", cost)];
            let sign = currency(&sources);
            let tenths = value.value() * 10 / cost.value();
            let judgement = match tenths {
                ..10 => "Each customer costs more to win than it brings, so growing would lose money faster.",
                10..30 => "That is positive but below the three that is commonly seen as healthy.",
                30.. => "Three or more is commonly seen as healthy.",
            };
            let text = format!(
                "LTV ÷ CAC = {} ÷ {} = {}. {judgement} With little history lifetime value is a guess, so check the \
                 payback time as well.",
                money(value.value(), sign),
                money(cost.value(), sign),
                decimal(tenths)
            );
            return Some(finished(text, "metrics-unit-economics", &sources));
        }
        let revenue = self.find(Meaning::RevenuePerCustomer).filter(|known| known.value() > 0 && !known.earlier)?;
        let margin = self.find(Meaning::GrossMargin).filter(|known| (1..=10_000).contains(&known.value()));
        let percent = margin.map_or(10_000, Known::value);
        let tenths = cost.value() * 10 * 10_000 / (revenue.value() * percent);
        let mut sources = vec![("acquisition cost", cost), ("revenue per customer", revenue)];
        sources.extend(margin.map(|known| ("gross margin", known)));
        let sign = currency(&sources);
        let margin_text = margin.map_or_else(
            || " You gave no gross margin, so this takes all revenue as profit; the real payback is longer.".to_owned(),
            |known| format!(" This uses your gross margin of {}.", known.figure.written),
        );
        let text = format!(
            "Payback = CAC ÷ monthly gross profit per customer; with {} and {} a month that is {} months.{margin_text}",
            money(cost.value(), sign),
            money(revenue.value(), sign),
            decimal(tenths)
        );
        Some(finished(text, "metrics-unit-economics", &sources))
    }

    fn dilution(&self) -> Option<Calculation> {
        let current = |meaning| self.find(meaning).filter(|known| !known.earlier && known.value() > 0);
        let (valuation, before) = match (current(Meaning::PreMoney), current(Meaning::PostMoney)) {
            (Some(pre), _) => (pre, true),
            (None, Some(post)) => (post, false),
            (None, None) => return None,
        };
        let amount = current(Meaning::Raise).or_else(|| self.unnamed()).filter(|known| known.value() > 0)?;
        let post = if before { valuation.value() + amount.value() } else { valuation.value() };
        if amount.value() >= post {
            return None;
        }
        let sources = [("amount", amount), ("valuation", valuation)];
        let sign = currency(&sources);
        let tenths = amount.value() * 1_000 / post;
        let assumption = if before {
            format!("Post-money = pre-money + amount = {}. ", money(post, sign))
        } else {
            "I take the valuation as post-money. ".to_owned()
        };
        let text = format!(
            "{assumption}Share sold = amount ÷ post-money valuation = {} ÷ {} = {} percent. Early rounds commonly sell \
             10 to 20 percent. An option pool or notes that convert at the same time would come on top.",
            money(amount.value(), sign),
            money(post, sign),
            decimal(tenths)
        );
        Some(finished(text, "fundraising-amount", &sources))
    }

    fn growth(&self) -> Option<Calculation> {
        if !self.says(&["grow", "grew", "growth", "grown", "revenu", "mrr", "increas", "went", "rose", "user"]) {
            return None;
        }
        let current = |meaning| self.find(meaning).filter(|known| !known.earlier);
        let from = current(Meaning::From).filter(|known| known.value() > 0)?;
        let to = current(Meaning::To)?;
        let sources = [("start", from), ("end", to)];
        let sign = currency(&sources);
        let tenths = (to.value() - from.value()) * 1_000 / from.value();
        let text = format!(
            "Growth = (end − start) ÷ start = ({} − {}) ÷ {} = {} percent over the period. For early startups 5 to 7 \
             percent a week is commonly called good.",
            money(to.value(), sign),
            money(from.value(), sign),
            money(from.value(), sign),
            decimal(tenths)
        );
        Some(finished(text, "metrics-which", &sources))
    }
}

fn runway_advice(tenths: i128) -> &'static str {
    match tenths {
        ..60 => "That is short: cut spending now, as raising usually takes three to six months.",
        60..90 => "Act now: raise prices, cut, or start raising, which usually takes three to six months.",
        90..180 => "That is workable; fix the date on which you start raising or must break even.",
        180.. => "That is comfortable; use the time to reach the next milestone.",
    }
}

fn finished(mut text: String, entry_id: &'static str, sources: &[(&str, Known<'_>)]) -> Calculation {
    let earlier: Vec<String> = sources
        .iter()
        .filter(|(_, known)| known.earlier)
        .map(|(name, known)| format!("{name} ({})", known.figure.written))
        .collect();
    if !earlier.is_empty() {
        text.push_str(&format!(" From what you wrote earlier I took: {}.", earlier.join(", ")));
    }
    let figures = sources.iter().map(|(_, known)| known.figure.written.clone()).collect();
    Calculation { text, entry_id, figures }
}

/// The currency sign, if all figures that have one agree.
fn currency(sources: &[(&str, Known<'_>)]) -> Option<char> {
    let mut signs = sources.iter().filter_map(|(_, known)| known.figure.currency);
    let first = signs.next()?;
    signs.all(|sign| sign == first).then_some(first)
}

fn money(hundredths: i128, sign: Option<char>) -> String {
    let whole = (hundredths.abs() / 100).to_string();
    let cents = hundredths.abs() % 100;
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let minus = if hundredths < 0 { "−" } else { "" };
    let sign = sign.map(String::from).unwrap_or_default();
    if cents == 0 { format!("{minus}{sign}{grouped}") } else { format!("{minus}{sign}{grouped}.{cents:02}") }
}

fn decimal(tenths: i128) -> String {
    let minus = if tenths < 0 { "−" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if rest == 0 { format!("{minus}{whole}") } else { format!("{minus}{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calculations_show_their_result() {
        for (text, expected) in [
            ("We have $300k in the bank and burn $25k a month, what's our runway?", "$300,000 ÷ $25,000 = 12 months"),
            ("How long will 120,000 last if we spend 10,000 a month?", "120,000 ÷ 10,000 = 12 months"),
            ("runway with 500k cash, 40k expenses and 15k revenue", "500,000 ÷ 25,000 = 20 months"),
            ("What's our runway? Cash 50k, costs 10k, MRR 12k", "there is no burn"),
            ("LTV is 900 and CAC is 300, is that ok?", "900 ÷ 300 = 3."),
            ("CAC 300, ARPU 50 at a margin of 80%: payback?", "7.5 months"),
            ("If I raise 1 million at 8m post, how much do I sell?", "1,000,000 ÷ 8,000,000 = 12.5 percent"),
            ("raising 1m at a 9m pre-money valuation", "1,000,000 ÷ 10,000,000 = 10 percent"),
            ("MRR grew from 10k to 12k", "(12,000 − 10,000) ÷ 10,000 = 20 percent"),
        ] {
            let calculation = calculate(&[text]).unwrap_or_else(|| panic!("{text}"));
            assert!(calculation.text.contains(expected), "{text}: {}", calculation.text);
        }
    }

    #[test]
    fn nothing_is_computed_without_both_figures() {
        for text in ["What is my runway?", "We burn 25k a month", "", "raise 500k", "burn 0", "We have 300 customers"] {
            assert_eq!(calculate(&[text]), None, "{text}");
        }
    }

    #[test]
    fn earlier_figures_are_used_and_named() {
        let texts = ["We have 200k in the bank", "and 300k cash now", "We burn 25k a month, how long does it last?"];
        let calculation = calculate(&texts).unwrap();
        assert!(calculation.text.contains("= 12 months"), "{}", calculation.text);
        assert!(calculation.text.ends_with("From what you wrote earlier I took: cash (300k)."));
    }
}
