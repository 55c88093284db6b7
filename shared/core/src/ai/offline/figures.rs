//! Reads figures with their meaning out of a sentence: "300k in the bank, burning $25k a month".
//!
//! Sentences are cut into clauses at punctuation and small words. Within a clause a figure means what the nearest
//! telling word says. Amounts are hundredths in integers; floats would round money.

use super::text::{TEXT_LIMIT, stem};

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Meaning {
    Cash,
    Burn,
    Revenue,
    AcquisitionCost,
    LifetimeValue,
    RevenuePerCustomer,
    GrossMargin,
    Raise,
    PostMoney,
    PreMoney,
    From,
    To,
    /// An amount whose clause does not say what it is.
    Unnamed,
}

impl Meaning {
    /// Its name in a sentence, for what a person states about their company.
    pub(super) fn stated(self) -> Option<&'static str> {
        match self {
            Self::Cash => Some("cash"),
            Self::Burn => Some("spending"),
            Self::Revenue => Some("revenue"),
            Self::AcquisitionCost => Some("acquisition cost"),
            Self::LifetimeValue => Some("lifetime value"),
            Self::RevenuePerCustomer => Some("revenue per customer"),
            Self::GrossMargin => Some("gross margin"),
            Self::Raise | Self::PostMoney | Self::PreMoney | Self::From | Self::To | Self::Unnamed => None,
        }
    }
}

/// A figure of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) meaning: Meaning,
    /// In hundredths; a percentage in hundredths of a percent.
    pub(super) hundredths: i128,
    /// The currency sign before it, if there was one.
    pub(super) currency: Option<char>,
    /// As it was written.
    pub(super) written: String,
}

/// Amounts above this (10 trillion) are read as no amount, so that no sum can overflow.
const LARGEST: i128 = 1_000_000_000_000_000;
/// The most figures that one message contributes.
const FIGURE_LIMIT: usize = 40;

#[derive(Debug)]
enum Token {
    Word(String),
    Amount { hundredths: i128, currency: Option<char>, written: String },
    Percent { hundredths: i128, written: String },
    Break,
}

/// The figures of a text in order.
pub(super) fn figures(text: &str) -> Vec<Figure> {
    let readable: String = text.chars().take(TEXT_LIMIT).collect();
    let tokens = tokens(&readable);
    let clauses = tokens.split(|token| matches!(token, Token::Break));
    clauses.flat_map(clause_figures).take(FIGURE_LIMIT).collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let lowered = text.to_lowercase();
    let mut parts = lowered.split_whitespace().flat_map(|part| part.split_inclusive(['/', ':', '='])).peekable();
    while let Some(part) = parts.next() {
        let bare = part.trim_matches(|character: char| !character.is_alphanumeric() && !is_sign(character));
        let ends = part.ends_with([',', ';', '.', '?', '!', ')']);
        match number(bare) {
            Some((hundredths, currency, percent)) => {
                let next =
                    parts.peek().map_or("", |next| next.trim_matches(|character: char| !character.is_alphabetic()));
                let factor = if ends { None } else { word_factor(next) };
                let percent = percent || (!ends && matches!(next, "percent" | "pct"));
                // In "25k/month" the month is what the amount is per, not what is counted.
                let counts_things = !ends && !part.ends_with('/') && is_counted(next);
                let scaled = hundredths.saturating_mul(factor.unwrap_or(1));
                if factor.is_some() {
                    parts.next();
                }
                let written = if factor.is_some() { format!("{bare} {next}") } else { bare.to_owned() };
                if scaled > LARGEST || (counts_things && currency.is_none()) {
                    tokens.push(Token::Word(bare.to_owned()));
                } else if percent {
                    tokens.push(Token::Percent { hundredths: scaled, written });
                } else {
                    tokens.push(Token::Amount { hundredths: scaled, currency, written });
                }
            }
            None => match bare {
                "and" | "while" | "but" | "with" | "if" | "so" | "at" | "on" | "when" => tokens.push(Token::Break),
                words => tokens.extend(words.split('-').map(|word| Token::Word(word.to_owned()))),
            },
        }
        if ends {
            tokens.push(Token::Break);
        }
    }
    tokens
}

fn is_sign(character: char) -> bool {
    matches!(character, '$' | '€' | '£' | '¥' | '₹' | '%')
}

/// Words after a number that make it a count of things and not an amount of money.
fn is_counted(word: &str) -> bool {
    const THINGS: [&str; 20] = [
        "month",
        "year",
        "week",
        "day",
        "hour",
        "customer",
        "user",
        "client",
        "people",
        "person",
        "employee",
        "founder",
        "engineer",
        "investor",
        "lead",
        "deal",
        "subscriber",
        "seat",
        "interview",
        "team",
    ];
    word.strip_suffix('s').map_or_else(|| THINGS.contains(&word), |singular| THINGS.contains(&singular))
}

fn word_factor(word: &str) -> Option<i128> {
    match word {
        "k" | "thousand" | "grand" => Some(1_000),
        "m" | "mm" | "mil" | "million" => Some(1_000_000),
        _ => None,
    }
}

/// Reads "$1,200.50", "300k", "1.2m", "15%": the hundredths, the currency sign and whether it is a percentage.
fn number(text: &str) -> Option<(i128, Option<char>, bool)> {
    let currency = text.chars().find(|character| is_sign(*character) && *character != '%');
    let percent = text.ends_with('%');
    let plain = text.trim_matches(is_sign);
    let digits_end = plain.find(|character: char| character.is_alphabetic()).unwrap_or(plain.len());
    let (digits, suffix) = plain.split_at_checked(digits_end)?;
    let factor = if suffix.is_empty() { 1 } else { word_factor(suffix)? };
    if !digits.starts_with(|character: char| character.is_ascii_digit()) {
        return None;
    }
    if !digits.chars().all(|character| character.is_ascii_digit() || matches!(character, '.' | ',')) {
        return None;
    }
    Some((hundredths(digits)?.checked_mul(factor)?, currency, percent))
}

/// A separator followed by exactly three digits groups thousands; any other last one is the decimal point.
fn hundredths(digits: &str) -> Option<i128> {
    let digits = digits.trim_end_matches(['.', ',']);
    let (whole, fraction) = match digits.rsplit_once(['.', ',']) {
        Some((_, last)) if last.len() == 3 => (digits, ""),
        Some((whole, last)) => (whole, last),
        None => (digits, ""),
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).take(18).collect();
    let fraction: String = fraction.chars().chain("00".chars()).take(2).collect();
    let whole: i128 = whole.parse().ok()?;
    let fraction: i128 = fraction.parse().ok()?;
    whole.checked_mul(100)?.checked_add(fraction)
}

/// What a word says about a figure near it.
fn meaning_of(word: &str, percent: bool) -> Option<Meaning> {
    let stem = stem(word);
    if percent {
        return (stem == "margin").then_some(Meaning::GrossMargin);
    }
    match stem.as_str() {
        "cash" | "bank" | "saving" | "saved" | "reserv" | "balanc" => Some(Meaning::Cash),
        "burn" | "spend" | "spent" | "expens" | "cost" | "payrol" | "los" | "outgo" => Some(Meaning::Burn),
        "revenu" | "mrr" | "earn" | "incom" | "collect" => Some(Meaning::Revenue),
        "cac" | "acquisition" | "acquir" => Some(Meaning::AcquisitionCost),
        "ltv" | "clv" | "lifetim" => Some(Meaning::LifetimeValue),
        "arpu" | "arpa" => Some(Meaning::RevenuePerCustomer),
        "rais" | "sell" => Some(Meaning::Raise),
        "post" | "cap" | "valuation" | "postmoney" => Some(Meaning::PostMoney),
        "pre" | "premoney" => Some(Meaning::PreMoney),
        _ => match word {
            "from" => Some(Meaning::From),
            "to" => Some(Meaning::To),
            _ => None,
        },
    }
}

fn clause_figures(clause: &[Token]) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    for (position, token) in clause.iter().enumerate() {
        let (hundredths, currency, written, percent) = match token {
            Token::Amount { hundredths, currency, written } => (*hundredths, *currency, written, false),
            Token::Percent { hundredths, written } => (*hundredths, None, written, true),
            Token::Word(_) | Token::Break => continue,
        };
        let candidates = clause.iter().enumerate().filter_map(|(place, token)| match token {
            Token::Word(word) => {
                let mut meaning = meaning_of(word, percent)?;
                // "From" and "to" speak only for the figure right after them.
                if matches!(meaning, Meaning::From | Meaning::To) && place.checked_add(1) != Some(position) {
                    return None;
                }
                // "Pre-money valuation" and "acquisition cost" are named by their first word.
                let says = |other: Meaning| {
                    clause
                        .iter()
                        .any(|token| matches!(token, Token::Word(word) if meaning_of(word, false) == Some(other)))
                };
                if meaning == Meaning::PostMoney && says(Meaning::PreMoney) {
                    meaning = Meaning::PreMoney;
                }
                if meaning == Meaning::Burn && says(Meaning::AcquisitionCost) {
                    meaning = Meaning::AcquisitionCost;
                }
                let used = figures.iter().any(|figure| figure.meaning == meaning);
                Some((place.abs_diff(position), used, meaning))
            }
            _ => None,
        });
        let nearest = candidates.min_by_key(|(distance, used, _)| (*distance, *used));
        let meaning = match nearest {
            Some((_, _, meaning)) => meaning,
            None if percent => continue,
            None => Meaning::Unnamed,
        };
        figures.push(Figure { meaning, hundredths, currency, written: written.clone() });
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("$1,200.50", Some(120_050)),
            ("300k", Some(30_000_000)),
            ("1.2m", Some(120_000_000)),
            ("1.200.000", Some(120_000_000)),
            ("15%", Some(1_500)),
            ("€25000", Some(2_500_000)),
            ("3x", None),
            ("k", None),
            ("1.2.3", Some(1_230)),
        ] {
            assert_eq!(number(text).map(|(hundredths, _, _)| hundredths), expected, "{text}");
        }
    }

    #[test]
    fn figures_mean_what_their_clause_says() {
        let meanings =
            |text| figures(text).into_iter().map(|figure| (figure.meaning, figure.written)).collect::<Vec<_>>();
        let named = |list: &[(Meaning, &str)]| {
            list.iter().map(|(meaning, written)| (*meaning, (*written).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(
            meanings("We have $300k in the bank and burn 25k/month"),
            named(&[(Meaning::Cash, "$300k"), (Meaning::Burn, "25k")])
        );
        assert_eq!(meanings("300k cash 25k burn"), named(&[(Meaning::Cash, "300k"), (Meaning::Burn, "25k")]));
        assert_eq!(
            meanings("raise 1 million at a 9m pre-money valuation"),
            named(&[(Meaning::Raise, "1 million"), (Meaning::PreMoney, "9m")])
        );
        assert_eq!(meanings("12 months with 40 customers"), []);
        assert_eq!(meanings("MRR grew from 10k to 12k"), named(&[(Meaning::From, "10k"), (Meaning::To, "12k")]));
    }
}
