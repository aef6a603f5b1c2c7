//! Numbers as they are written. The standard library reads any number of digits, with a table of 10 KB that does not compress, in each of
//! the app's modules; what people and other apps write has a few digits.

/// So many digits count: more than a [`f64`] tells apart.
const COUNTED: u64 = 1_000_000_000_000_000_000;
/// The largest power of ten in a `u64`.
const EXACT: u32 = 19;

/// The number that is written like “12”, “-0.5” or “1e-3”; `None` if it is none. The same as [`str::parse`] gives for up to nineteen digits and as many
/// places before or behind the point; beyond that, nearly. “inf” and “nan” are no numbers.
pub fn decimal(text: &str) -> Option<f64> {
    let (negative, written) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, mut scale) = match written.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?.clamp(-400, 400)),
        None => (written, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut digits = 0;
    for (at, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        let counts = digits < COUNTED;
        if counts {
            digits = digits * 10 + u64::from(digit);
        }
        match (counts, at < whole.len()) {
            (true, false) => scale -= 1,
            (false, true) => scale += 1,
            _ => {}
        }
    }
    let value = scaled(digits, scale);
    Some(if negative { -value } else { value })
}

/// `digits` times that power of ten, rounded once where it is one of the [`EXACT`] ones.
fn scaled(digits: u64, scale: i32) -> f64 {
    if digits == 0 {
        return 0.0;
    }
    let exact = scale.unsigned_abs() <= EXACT;
    let (digits, power) = (u128::from(digits), 10_u128.pow(scale.unsigned_abs().min(EXACT)));
    match (exact, scale < 0) {
        (true, false) => (digits * power) as f64,
        (true, true) => {
            // Sixty bits or more; that something is left over is enough to round by.
            let shift = digits.leading_zeros();
            let dividend = digits << shift;
            let quotient = (dividend / power) | u128::from(dividend % power != 0);
            quotient as f64 / 2_f64.powi(shift as i32)
        }
        (false, true) => digits as f64 / 10_f64.powi(-scale),
        (false, false) => digits as f64 * 10_f64.powi(scale),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::decimal;

    #[test]
    fn numbers_are_read_and_nothing_else_is() {
        let numbers =
            ["0", "-0", "12", "+12", "0.5", ".5", "5.", "-1.25", "1e3", "1E-3", "2.5e+2", "16", "0007.10", "0e400"];
        for text in numbers {
            assert_eq!(decimal(text), Some(text.parse().unwrap()), "{text}");
        }
        for text in ["", ".", "-", "+", "e3", "1e", "1,5", " 1", "1 ", "--1", "0x10", "1.2.3", "inf", "nan", "½"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nineteen_digits_are_exact(number in 0..10_000_000_000_000_000_000_u64, scale in -19_i32..=19) {
            let text = format!("{number}e{scale}");
            prop_assert_eq!(decimal(&text), Some(text.parse().unwrap()));
        }

        #[test]
        fn what_was_written_is_read_again(number in -1e6_f64..1e6, share in 1_u32..1_000) {
            for number in [number, f64::from(share) / 24.0] {
                prop_assert_eq!(decimal(&number.to_string()), Some(number));
            }
        }

        #[test]
        fn any_other_number_is_nearly_read(number in -1e300_f64..1e300) {
            let read = decimal(&format!("{number:e}")).unwrap();
            prop_assert!((read - number).abs() <= number.abs() * 1e-13, "{number} {read}");
        }

        #[test]
        fn what_is_no_number_to_the_standard_library_is_none(text in "[-+.e0-9]{0,8}") {
            prop_assert_eq!(decimal(&text).is_some(), text.parse::<f64>().is_ok());
        }
    }
}
