//! What sending BUZ costs.

/// The fee is a thousandth of the amount: 0.1 % (CONTRACT "ledger").
const DIVISOR: i64 = 1_000;

/// The fee for sending `amount` micro-BUZ, which is above 0: rounded up, so that it is never nothing.
pub(crate) const fn fee_of(amount: i64) -> i64 {
    let (whole, rest) = (amount / DIVISOR, amount % DIVISOR);
    if rest > 0 { whole + 1 } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tenth_of_a_per_cent_is_rounded_up() {
        let fees = [1, 999, 1_000, 1_001, 1_000_000, 1_000_000_000_000, i64::MAX].map(fee_of);
        assert_eq!(fees, [1, 1, 1, 2, 1_000, 1_000_000_000, 9_223_372_036_854_776]);
    }

    proptest! {
        #[test]
        fn the_fee_is_the_least_that_is_no_less_than_a_thousandth(amount in 1_i64..=i64::MAX) {
            let (fee, amount) = (i128::from(fee_of(amount)), i128::from(amount));
            prop_assert!(fee >= 1 && fee * 1_000 >= amount && (fee - 1) * 1_000 < amount);
        }
    }
}
