//! A decimal number, by value: what JSON can write and DynamoDB can store.

use std::fmt;
use std::str::FromStr;

/// The most significant digits of a number (DynamoDB developer guide, "Data types: Number").
pub const DIGITS: usize = 38;
/// The exponent of the largest magnitude, 9.99…E+125 (DynamoDB developer guide, "Data types: Number").
pub const MAX_EXPONENT: i64 = 125;
/// The exponent of the smallest magnitude above zero, 1E-130 (DynamoDB developer guide, "Data types: Number").
pub const MIN_EXPONENT: i64 = -130;

/// Below this exponent a fraction is written with an exponent instead of leading zeros, as JavaScript does.
const PLAIN_FRACTION: i64 = -7;

/// A decimal number with at most 38 significant digits, between 1E-130 and 9.99…E+125 in magnitude, or zero.
///
/// It holds one spelling for each value: `1.0`, `1e0` and `1` are equal and are written `1`. So a number reads the
/// same before and after it was stored, and no `f64` ever rounds it.
///
/// ```
/// use contacts::Number;
///
/// let number: Number = "100.00000000000000000000000000000000010e-2".parse()?;
/// assert_eq!(number.as_str(), "1.000000000000000000000000000000000001");
/// assert_eq!(number, "1.0000000000000000000000000000000000010".parse()?);
/// assert!("1e126".parse::<Number>().is_err());
/// # Ok::<(), contacts::number::NumberError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(String);

/// Why a text is not a [`Number`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is not a decimal number.
    #[error("is not a decimal number")]
    Malformed,
    /// More significant digits than a number may have.
    #[error("has {0} significant digits; a number may have at most {DIGITS}")]
    TooManyDigits(usize),
    /// The magnitude is 1E+126 or more.
    #[error("is too large; a number's magnitude may be at most 9.99…E+{MAX_EXPONENT}")]
    TooLarge,
    /// The magnitude is below 1E-130 but not zero.
    #[error("is too small; a number's magnitude must be at least 1E{MIN_EXPONENT}, or zero")]
    TooSmall,
}

impl Number {
    /// The number's one spelling, which is valid JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling of `digits × 10^(exponent − (digits − 1))`: the first digit stands for 10^exponent.
    fn spell(negative: bool, digits: &str, exponent: i64) -> String {
        let sign = if negative { "-" } else { "" };
        let count = digits.len();
        match usize::try_from(exponent) {
            Ok(whole) if whole < DIGITS => {
                let whole = whole + 1;
                if count <= whole {
                    format!("{sign}{digits:0<whole$}")
                } else {
                    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
                }
            }
            Err(_) if exponent >= PLAIN_FRACTION => {
                let zeros = usize::try_from(-exponent - 1).unwrap_or_default();
                format!("{sign}0.{}{digits}", "0".repeat(zeros))
            }
            _ if count == 1 => format!("{sign}{digits}E{exponent:+}"),
            _ => format!("{sign}{}.{}E{exponent:+}", &digits[..1], &digits[1..]),
        }
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Reads what JSON and DynamoDB write: an optional sign, digits with at most one point, an optional exponent.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (coefficient, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], read_exponent(&unsigned[at + 1..])?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = coefficient.split_once('.').unwrap_or((coefficient, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return Err(NumberError::Malformed);
        }

        let digits = format!("{whole}{fraction}");
        let leading = digits.len() - digits.trim_start_matches('0').len();
        let significant = digits.trim_matches('0');
        if significant.is_empty() {
            return Ok(Self("0".to_owned()));
        }
        if significant.len() > DIGITS {
            return Err(NumberError::TooManyDigits(significant.len()));
        }
        // A text is at most some gigabytes long, so neither length reaches `i64`'s end, and the exponent saturates.
        let place = i64::try_from(whole.len()).unwrap_or(i64::MAX)
            - 1
            - i64::try_from(leading).unwrap_or(i64::MAX);
        match exponent.saturating_add(place) {
            exponent if exponent > MAX_EXPONENT => Err(NumberError::TooLarge),
            exponent if exponent < MIN_EXPONENT => Err(NumberError::TooSmall),
            exponent => Ok(Self(Self::spell(negative, significant, exponent))),
        }
    }
}

/// An exponent's value; one beyond `i64` saturates, since it is out of every range anyway.
fn read_exponent(text: &str) -> Result<i64, NumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::Malformed);
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX);
    Ok(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        // An `i64` has at most 19 digits, so its own spelling is the one we use.
        Self(number.to_string())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelled(text: &str) -> String {
        text.parse::<Number>().unwrap().to_string()
    }

    #[test]
    fn one_value_has_one_spelling() {
        for (text, spelling) in [
            ("0", "0"),
            ("-0", "0"),
            ("0.000e999999999999999999999", "0"),
            ("1.0", "1"),
            ("+7", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("00042", "42"),
            ("-12.50", "-12.5"),
            ("1e3", "1000"),
            ("1E+37", "10000000000000000000000000000000000000"),
            ("1E+38", "1E+38"),
            ("1.5e38", "1.5E+38"),
            ("1e-7", "0.0000001"),
            ("-1.25e-8", "-1.25E-8"),
            (
                "9.9999999999999999999999999999999999999E+125",
                "9.9999999999999999999999999999999999999E+125",
            ),
            ("1E-130", "1E-130"),
            ("0.0001e-126", "1E-130"),
            (
                "12345678901234567890123456789012345678",
                "12345678901234567890123456789012345678",
            ),
            ("1.0000000000000000000000000000000000000000", "1"),
        ] {
            assert_eq!(spelled(text), spelling, "{text}");
        }
    }

    #[test]
    fn what_dynamodb_cannot_store_is_refused_with_its_reason() {
        for (text, error) in [
            (
                "123456789012345678901234567890123456789",
                NumberError::TooManyDigits(39),
            ),
            ("1e126", NumberError::TooLarge),
            ("1000e123", NumberError::TooLarge),
            ("1e99999999999999999999999999", NumberError::TooLarge),
            ("9e-131", NumberError::TooSmall),
            ("1e-99999999999999999999999999", NumberError::TooSmall),
        ] {
            assert_eq!(text.parse::<Number>(), Err(error), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "-", ".", "e1", "1e", "1e+", "1.2.3", "NaN", "0x1", " 1", "1_000", "١",
        ] {
            assert_eq!(
                text.parse::<Number>(),
                Err(NumberError::Malformed),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_spelling_reads_back_as_itself(digits in "[1-9][0-9]{0,36}", exponent in -90_i64..=80, negative: bool) {
            let sign = if negative { "-" } else { "" };
            let number: Number = format!("{sign}{digits}e{exponent}").parse().unwrap();
            prop_assert_eq!(&number, &number.as_str().parse::<Number>().unwrap());
            prop_assert!(serde_json::from_str::<serde_json::Value>(number.as_str()).is_ok());
        }

        #[test]
        fn shifting_the_point_does_not_change_the_value(digits in "[1-9][0-9]{1,36}", at in 1_usize..30) {
            let at = at.min(digits.len() - 1);
            let shifted = format!("{}.{}e{}", &digits[..at], &digits[at..], digits.len() - at);
            prop_assert_eq!(spelled(&digits), spelled(&shifted));
        }
    }
}
