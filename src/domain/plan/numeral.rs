//! Numbers as plans write them: 12, 1,000, 3.5, 十二, 二〇二六, 两, 1.5万. What they count is not here.

use super::punctuation::slice;

/// A number read from a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Numeral {
    pub(crate) value: f64,
    /// Its length in characters.
    pub(crate) length: usize,
    pub(crate) script: Script,
}

/// What a number is written with; a bare 一 is often a turn of phrase, a bare 1 never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Arabic,
    Chinese,
}

/// Longer runs of digits are no quantity of a plan but a telephone number or the like.
const MAX_DIGITS: usize = 9;

/// Reads the number that begins at `at`, the longest there is; `None` where there is none.
pub(crate) fn numeral_at(folded: &[char], at: usize) -> Option<Numeral> {
    arabic_at(folded, at).or_else(|| {
        let (value, length) = chinese_at(folded, at)?;
        Some(Numeral {
            value: to_f64(value),
            length,
            script: Script::Chinese,
        })
    })
}

/// Reads a whole number in Arabic digits without sign, point or thousands: value and length.
pub(crate) fn digits_at(folded: &[char], at: usize) -> Option<(u32, usize)> {
    let digits = folded
        .get(at..)?
        .iter()
        .take(MAX_DIGITS + 1)
        .take_while(|c| c.is_ascii_digit());
    let length = digits.clone().count();
    if length == 0 || length > MAX_DIGITS {
        return None;
    }
    let value = digits.fold(0_u32, |sum, c| sum * 10 + c.to_digit(10).unwrap_or(0));
    Some((value, length))
}

fn arabic_at(folded: &[char], at: usize) -> Option<Numeral> {
    let (whole, mut length) = digits_at(folded, at)?;
    let mut value = f64::from(whole);
    // Thousands: 1,000 with exactly three digits behind each comma.
    while folded.get(at + length) == Some(&',')
        && length <= MAX_DIGITS
        && let Some((group, 3)) = digits_at(folded, at + length + 1)
    {
        value = value * 1000.0 + f64::from(group);
        length += 4;
    }
    if folded.get(at + length) == Some(&'.')
        && let Some((fraction, count)) = digits_at(folded, at + length + 1)
    {
        let scale = (0..count).fold(1.0, |scale, _| scale * 10.0);
        value += f64::from(fraction) / scale;
        length += 1 + count;
    }
    for (unit, factor) in [
        ('万', 10_000.0),
        ('千', 1000.0),
        ('百', 100.0),
        ('余', 1.0),
        ('多', 1.0),
    ] {
        if folded.get(at + length) == Some(&unit) {
            value *= factor;
            length += 1;
        }
    }
    Some(Numeral {
        value,
        length,
        script: Script::Arabic,
    })
}

/// Reads a Chinese whole number at `at`: 十二 is 12, 二〇二六 is 2026, 百 is 100; value and length.
pub(crate) fn chinese_at(folded: &[char], at: usize) -> Option<(u64, usize)> {
    let run = slice(folded, at..at + MAX_DIGITS);
    let length = run
        .iter()
        .take_while(|c| digit(**c).is_some() || power(**c).is_some())
        .count();
    let run = slice(run, 0..length);
    if run.is_empty() {
        return None;
    }
    let value = if length > 1 && run.iter().all(|c| digit(*c).is_some()) {
        run.iter()
            .filter_map(|c| digit(*c))
            .fold(0, |sum, value| sum * 10 + value)
    } else {
        by_powers(run)
    };
    Some((value, length))
}

fn by_powers(run: &[char]) -> u64 {
    let (mut total, mut section, mut pending) = (0_u64, 0_u64, None::<u64>);
    for c in run {
        if let Some(value) = digit(*c) {
            pending = Some(value);
        } else if let Some(power) = power(*c) {
            if power >= 10_000 {
                let below = section + pending.take().unwrap_or(0);
                total += below.max(1) * power;
                section = 0;
            } else {
                section += pending.take().unwrap_or(1) * power;
            }
        }
    }
    total + section + pending.unwrap_or(0)
}

const fn digit(c: char) -> Option<u64> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

const fn power(c: char) -> Option<u64> {
    Some(match c {
        '十' => 10,
        '百' => 100,
        '千' => 1000,
        '万' => 10_000,
        _ => return None,
    })
}

fn to_f64(value: u64) -> f64 {
    // At most nine characters were read, so the value stays far below 2^32 in any sensible plan.
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(f64, usize)> {
        let chars: Vec<char> = text.chars().collect();
        numeral_at(&chars, 0).map(|numeral| (numeral.value, numeral.length))
    }

    #[test]
    fn numbers_of_every_writing_are_read() {
        let table = [
            ("80%", 80.0, 2),
            ("1,200名", 1200.0, 5),
            ("99.5%", 99.5, 4),
            ("1.5万人", 15_000.0, 4),
            ("十二个", 12.0, 2),
            ("二十节", 20.0, 2),
            ("一百零五所", 105.0, 4),
            ("二〇二六年", 2026.0, 4),
            ("两次", 2.0, 1),
            ("百名", 100.0, 1),
            ("三万二千", 32_000.0, 4),
        ];
        for (text, value, length) in table {
            assert_eq!(read(text), Some((value, length)), "{text}");
        }
    }

    #[test]
    fn a_telephone_number_is_no_number() {
        assert_eq!(read("13800000000"), None);
        assert_eq!(read("年"), None);
    }

    #[test]
    fn absurd_numerals_do_not_overflow() {
        assert!(read("九万万万万万万万万").is_some());
        assert!(read("999999999万千百").is_some());
    }
}
