//! Numbers as people write them: up to six decimals, compared and subtracted exactly. A float would call 0.1 + 0.2 and 0.3
//! two values.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;
use std::str::FromStr;

/// Decimals that are kept.
const PLACES: usize = 6;
const ONE: i64 = 1_000_000;
/// Beyond this, a float in JSON no longer tells six decimals apart.
const LIMIT: i64 = 999_999_999 * ONE + (ONE - 1);

/// A number of at most nine digits before and six behind the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

/// Why a text or a float is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDecimal {
    /// It is no number at all, or not a finite one.
    #[error("不是数字，请只填数字，例如 76.5")]
    NoNumber,
    /// It has more than six decimals.
    #[error("小数最多 6 位，请四舍五入后再填")]
    TooFine,
    /// It is larger than can be kept.
    #[error("数值过大，绝对值应小于 10 亿")]
    TooLarge,
}

impl Decimal {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// The largest there is.
    pub const LARGEST: Self = Self(LIMIT);
    /// 100.
    pub const HUNDRED: Self = Self(100 * ONE);

    /// The number in millionths, as stored.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The number of so many millionths; as stored, so that it is not checked.
    pub fn of_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The decimal that a float stands for: the shortest that is read as this float.
    ///
    /// # Errors
    /// [`NotDecimal`]; NaN and the infinities are no numbers.
    pub fn of_float(value: f64) -> Result<Self, NotDecimal> {
        if value.is_finite() {
            // Written without exponent, however large or small.
            value.to_string().parse()
        } else {
            Err(NotDecimal::NoNumber)
        }
    }

    /// The decimal next to a float, at most six decimals; nothing where it is too large.
    pub fn near_float(value: f64) -> Option<Self> {
        format!("{value:.PLACES$}").parse().ok()
    }

    /// The nearest float. Within the limit, no two decimals have the same.
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 within the limit")]
    pub fn to_float(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// How far it is from another, without sign.
    #[must_use]
    pub fn distance(self, other: Self) -> Self {
        // Both lie within the limit: their difference is far from the end of i64.
        Self(self.0.saturating_sub(other.0).saturating_abs())
    }
}

impl FromStr for Decimal {
    type Err = NotDecimal;

    /// Reads digits with an optional sign and an optional point, digits on both sides of it; nothing else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(NotDecimal::NoNumber),
            None => (digits, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return Err(NotDecimal::NoNumber);
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if whole.len() > 9 {
            return Err(NotDecimal::TooLarge);
        }
        if fraction.len() > PLACES {
            return Err(NotDecimal::TooFine);
        }
        let micros: i64 = format!("0{whole}{fraction:0<PLACES$}")
            .parse()
            .map_err(|_| NotDecimal::NoNumber)?;
        debug_assert!(micros <= LIMIT);
        Ok(Self(if negative { -micros } else { micros }))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        let (whole, rest) = (micros / one, micros % one);
        let fraction = format!("{rest:0PLACES$}");
        let fraction = fraction.trim_end_matches('0');
        match fraction.is_empty() {
            true => write!(out, "{sign}{whole}"),
            false => write!(out, "{sign}{whole}.{fraction}"),
        }
    }
}

impl Serialize for Decimal {
    /// A JSON number; an integer where it is whole.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % ONE == 0 {
            return serializer.serialize_i64(self.0 / ONE);
        }
        serializer.serialize_f64(self.to_float())
    }
}

impl<'de> Deserialize<'de> for Decimal {
    /// Reads a JSON number.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_float(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect(text)
    }

    #[test]
    fn numbers_are_read_and_written_as_people_write_them() {
        for (text, micros, shown) in [
            ("0", 0, "0"),
            ("-0", 0, "0"),
            ("76.5", 76_500_000, "76.5"),
            ("+80", 80_000_000, "80"),
            ("-1.500000", -1_500_000, "-1.5"),
            ("0.000001", 1, "0.000001"),
            ("00012.3400000000", 12_340_000, "12.34"),
            ("999999999.999999", LIMIT, "999999999.999999"),
        ] {
            let number = decimal(text);
            assert_eq!(number.micros(), micros, "{text}");
            assert_eq!(number.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_number_is_told_apart_from_what_is_too_much() {
        for text in [
            "", "-", ".", "5.", ".5", "1e3", "1,000", "８０", "80%", " 1", "NaN", "inf", "--1",
            "1.2.3", "0x10", "一",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(NotDecimal::NoNumber), "{text}");
        }
        assert_eq!("0.0000001".parse::<Decimal>(), Err(NotDecimal::TooFine));
        assert_eq!("1000000000".parse::<Decimal>(), Err(NotDecimal::TooLarge));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Decimal::of_float(value), Err(NotDecimal::NoNumber));
        }
        assert_eq!(Decimal::of_float(1e300), Err(NotDecimal::TooLarge));
        assert_eq!(Decimal::of_float(1e-300), Err(NotDecimal::TooFine));
        assert_eq!(Decimal::of_float(0.1 + 0.2), Err(NotDecimal::TooFine));
        assert_eq!(Decimal::near_float(0.1 + 0.2), Some(decimal("0.3")));
    }

    proptest! {
        #[test]
        fn writing_and_json_lose_nothing(micros in -LIMIT..=LIMIT) {
            let number = Decimal(micros);
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            let json = serde_json::to_string(&number).expect("serialises");
            let float: f64 = serde_json::from_str(&json).expect("a number");
            prop_assert_eq!(Decimal::of_float(float), Ok(number));
        }

        #[test]
        fn nothing_that_is_read_panics(text in any::<String>(), float in any::<f64>()) {
            let _ = text.parse::<Decimal>();
            let _ = Decimal::of_float(float);
            let _ = Decimal::near_float(float);
        }
    }
}
