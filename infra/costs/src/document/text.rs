//! Numbers and tables as the document writes them.

use std::fmt::Write;

use crate::simulation::one;

pub(super) fn table(text: &mut String, head: &[&str]) {
    let _ = writeln!(text, "| {} |", head.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
}

pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two significant digits: what is derived from assumptions has no more.
pub(super) fn rounded(number: f64) -> u64 {
    let magnitude = 10_f64.powf(number.abs().log10().floor() - 1.0);
    ((number / magnitude).round() * magnitude).round() as u64
}

/// Units without needless decimals: reads come in halves.
pub(super) fn units(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { one(number) }
}
