//! Writing a number the way Word's automatic numbering does (ECMA-376 part 1 §17.18.59, `ST_NumberFormat`). Which number
//! a paragraph has is worked out in `docx_numbering`.

/// How a level of a list shows its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// 1, 2, 3; also every format that is not told apart here.
    Decimal,
    /// 01, 02, … 10.
    DecimalZero,
    /// １, ２, … １０.
    DecimalFullWidth,
    /// ①, ②, … ㊿.
    EnclosedCircle,
    /// ⒈, ⒉, … ⒛.
    EnclosedFullStop,
    /// ⑴, ⑵, … ⒇.
    EnclosedParentheses,
    /// 一, 二, … 十, 十一, … 一百二十三.
    ChineseCounting,
    /// As Chinese, but 百 and 千 stand without 一.
    JapaneseCounting,
    /// 一, 二, … 一〇: digit by digit.
    IdeographDigital,
    /// 壹, 贰, … 壹拾.
    ChineseLegal,
    /// 壹, 貳, … 壹拾.
    TraditionalLegal,
    /// 甲, 乙, … 癸.
    HeavenlyStems,
    /// 子, 丑, … 亥.
    EarthlyBranches,
    /// ㊀, ㊁, … ㊉.
    IdeographEnclosedCircle,
    /// A, B, … Z, AA, BB.
    UpperLetter,
    /// a, b, … z, aa, bb.
    LowerLetter,
    /// I, II, III.
    UpperRoman,
    /// i, ii, iii.
    LowerRoman,
    /// Nothing in the number's place, but the level's fixed text stays.
    None,
    /// A bullet: the paragraph has no number at all.
    Bullet,
}

impl NumberFormat {
    /// The format with that name in `w:numFmt`. Unknown names count as decimal: a number in another script is still
    /// that number.
    pub fn of_name(name: &str) -> NumberFormat {
        match name {
            "decimalZero" => NumberFormat::DecimalZero,
            "decimalFullWidth" | "decimalFullWidth2" => NumberFormat::DecimalFullWidth,
            "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => {
                NumberFormat::EnclosedCircle
            }
            "decimalEnclosedFullstop" => NumberFormat::EnclosedFullStop,
            "decimalEnclosedParen" => NumberFormat::EnclosedParentheses,
            "chineseCounting"
            | "chineseCountingThousand"
            | "taiwaneseCounting"
            | "taiwaneseCountingThousand" => NumberFormat::ChineseCounting,
            "japaneseCounting" => NumberFormat::JapaneseCounting,
            "ideographDigital" | "japaneseDigitalTenThousand" | "taiwaneseDigital" => {
                NumberFormat::IdeographDigital
            }
            "chineseLegalSimplified" => NumberFormat::ChineseLegal,
            "ideographLegalTraditional" | "japaneseLegal" => NumberFormat::TraditionalLegal,
            "ideographTraditional" => NumberFormat::HeavenlyStems,
            "ideographZodiac" => NumberFormat::EarthlyBranches,
            "ideographEnclosedCircle" => NumberFormat::IdeographEnclosedCircle,
            "upperLetter" => NumberFormat::UpperLetter,
            "lowerLetter" => NumberFormat::LowerLetter,
            "upperRoman" => NumberFormat::UpperRoman,
            "lowerRoman" => NumberFormat::LowerRoman,
            "none" => NumberFormat::None,
            "bullet" => NumberFormat::Bullet,
            _ => NumberFormat::Decimal,
        }
    }

    /// `number` written in this format. Where the format has no sign for it (circles end at 50, Roman numerals at 3999,
    /// letters at 780), it is written in decimal; empty for [`NumberFormat::None`] and [`NumberFormat::Bullet`].
    pub fn write(self, number: u32) -> String {
        self.sign(number).unwrap_or_else(|| number.to_string())
    }

    /// `None` where the format has no sign for the number.
    fn sign(self, number: u32) -> Option<String> {
        match self {
            NumberFormat::Decimal => Some(number.to_string()),
            NumberFormat::DecimalZero => Some(format!("{number:02}")),
            NumberFormat::DecimalFullWidth => {
                let digits = ['０', '１', '２', '３', '４', '５', '６', '７', '８', '９'];
                Some(digit_by_digit(number, digits))
            }
            NumberFormat::EnclosedCircle => one_of(number, &[('①', 20), ('㉑', 15), ('㊱', 15)]),
            NumberFormat::EnclosedFullStop => one_of(number, &[('⒈', 20)]),
            NumberFormat::EnclosedParentheses => one_of(number, &[('⑴', 20)]),
            NumberFormat::IdeographEnclosedCircle => one_of(number, &[('㊀', 10)]),
            NumberFormat::ChineseCounting => counting(number, &CHINESE),
            NumberFormat::JapaneseCounting => counting(number, &JAPANESE),
            NumberFormat::ChineseLegal => counting(number, &CHINESE_LEGAL),
            NumberFormat::TraditionalLegal => counting(number, &TRADITIONAL_LEGAL),
            NumberFormat::IdeographDigital => Some(digit_by_digit(number, CHINESE.digits)),
            NumberFormat::HeavenlyStems => nth("甲乙丙丁戊己庚辛壬癸", number),
            NumberFormat::EarthlyBranches => nth("子丑寅卯辰巳午未申酉戌亥", number),
            NumberFormat::UpperLetter => letters(number, 'A'),
            NumberFormat::LowerLetter => letters(number, 'a'),
            NumberFormat::UpperRoman => roman(number),
            NumberFormat::LowerRoman => roman(number).map(|sign| sign.to_lowercase()),
            NumberFormat::None | NumberFormat::Bullet => Some(String::new()),
        }
    }
}

fn digit_by_digit(number: u32, digits: [char; 10]) -> String {
    number
        .to_string()
        .bytes()
        .filter_map(|digit| digits.get(usize::from(digit - b'0')))
        .collect()
}

/// The sign of `number` in ranges of code points that continue each other, each given by its first and its length.
fn one_of(number: u32, ranges: &[(char, u32)]) -> Option<String> {
    let mut offset = number.checked_sub(1)?;
    for &(first, length) in ranges {
        if offset < length {
            return char::from_u32(u32::from(first) + offset).map(String::from);
        }
        offset -= length;
    }
    None
}

fn nth(signs: &str, number: u32) -> Option<String> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    signs.chars().nth(index).map(String::from)
}

/// A, …, Z, AA, BB, …: the letter repeats, as in Word, which ends at 780 (30 letters).
fn letters(number: u32, first: char) -> Option<String> {
    let offset = number.checked_sub(1).filter(|&offset| offset < 780)?;
    let letter = char::from_u32(u32::from(first) + offset % 26)?;
    let count = usize::try_from(offset / 26 + 1).ok()?;
    Some(String::from(letter).repeat(count))
}

fn roman(number: u32) -> Option<String> {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4000).contains(&number) {
        return None;
    }
    let mut rest = number;
    let mut text = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            text.push_str(sign);
            rest -= value;
        }
    }
    Some(text)
}

/// The characters of a counting system, and where it leaves the digit one out.
struct Counting {
    digits: [char; 10],
    /// 千, 百, 十.
    powers: [char; 3],
    /// Whether ten to nineteen begin with 十 alone.
    bare_teens: Teens,
    /// Whether 百 and 千 stand without 一.
    ones: Ones,
    /// Whether a gap is read as 零.
    zeros: Zeros,
}

#[derive(PartialEq, Eq)]
enum Teens {
    Bare,
    WithOne,
}

#[derive(PartialEq, Eq)]
enum Ones {
    Written,
    LeftOut,
}

#[derive(PartialEq, Eq)]
enum Zeros {
    Written(char),
    LeftOut,
}

const CHINESE: Counting = Counting {
    digits: ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'],
    powers: ['千', '百', '十'],
    bare_teens: Teens::Bare,
    ones: Ones::Written,
    zeros: Zeros::Written('零'),
};
const JAPANESE: Counting = Counting {
    ones: Ones::LeftOut,
    zeros: Zeros::LeftOut,
    ..CHINESE
};
const CHINESE_LEGAL: Counting = Counting {
    digits: ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'],
    powers: ['仟', '佰', '拾'],
    bare_teens: Teens::WithOne,
    ..CHINESE
};
const TRADITIONAL_LEGAL: Counting = Counting {
    digits: ['零', '壹', '貳', '參', '肆', '伍', '陸', '柒', '捌', '玖'],
    ..CHINESE_LEGAL
};

/// `number` up to 9999 in words.
fn counting(number: u32, system: &Counting) -> Option<String> {
    if !(1..10_000).contains(&number) {
        return None;
    }
    let mut text = String::new();
    let mut gap = false;
    let mut rest = number;
    for (power, value) in system.powers.iter().zip([1000, 100, 10]) {
        let digit = rest / value;
        rest %= value;
        if digit == 0 {
            gap |= !text.is_empty();
            continue;
        }
        push_zero(&mut text, &mut gap, system);
        let leads_teens = value == 10 && text.is_empty() && system.bare_teens == Teens::Bare;
        let is_silent = digit == 1 && (leads_teens || system.ones == Ones::LeftOut);
        if !is_silent {
            text.push(digit_sign(digit, system));
        }
        text.push(*power);
    }
    if rest > 0 {
        push_zero(&mut text, &mut gap, system);
        text.push(digit_sign(rest, system));
    }
    Some(text)
}

fn push_zero(text: &mut String, gap: &mut bool, system: &Counting) {
    if let (true, Zeros::Written(zero)) = (*gap, &system.zeros) {
        text.push(*zero);
    }
    *gap = false;
}

/// `digit` is below ten.
fn digit_sign(digit: u32, system: &Counting) -> char {
    let index = usize::try_from(digit).unwrap_or_default();
    system.digits.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_word_shows_them() {
        let table = [
            ("decimal", 12, "12"),
            ("decimalZero", 7, "07"),
            ("decimalFullWidth", 12, "１２"),
            ("decimalEnclosedCircle", 1, "①"),
            ("decimalEnclosedCircleChinese", 20, "⑳"),
            ("decimalEnclosedCircle", 21, "㉑"),
            ("decimalEnclosedCircle", 36, "㊱"),
            ("decimalEnclosedCircle", 50, "㊿"),
            ("decimalEnclosedCircle", 51, "51"),
            ("decimalEnclosedCircle", 0, "0"),
            ("decimalEnclosedFullstop", 20, "⒛"),
            ("decimalEnclosedParen", 2, "⑵"),
            ("chineseCounting", 3, "三"),
            ("chineseCounting", 10, "十"),
            ("chineseCountingThousand", 11, "十一"),
            ("chineseCountingThousand", 20, "二十"),
            ("chineseCountingThousand", 21, "二十一"),
            ("chineseCountingThousand", 105, "一百零五"),
            ("chineseCountingThousand", 110, "一百一十"),
            ("chineseCountingThousand", 1010, "一千零一十"),
            ("chineseCountingThousand", 2005, "二千零五"),
            ("chineseCountingThousand", 10_000, "10000"),
            ("taiwaneseCountingThousand", 12, "十二"),
            ("japaneseCounting", 110, "百十"),
            ("japaneseCounting", 205, "二百五"),
            ("ideographDigital", 10, "一〇"),
            ("chineseLegalSimplified", 12, "壹拾贰"),
            ("ideographLegalTraditional", 3, "參"),
            ("ideographTraditional", 1, "甲"),
            ("ideographTraditional", 11, "11"),
            ("ideographZodiac", 12, "亥"),
            ("ideographEnclosedCircle", 10, "㊉"),
            ("upperLetter", 27, "AA"),
            ("lowerLetter", 26, "z"),
            ("lowerLetter", u32::MAX, "4294967295"),
            ("upperRoman", 1994, "MCMXCIV"),
            ("lowerRoman", 4, "iv"),
            ("upperRoman", u32::MAX, "4294967295"),
            ("none", 5, ""),
            ("bullet", 5, ""),
            ("hebrew1", 5, "5"),
        ];
        for (name, number, expected) in table {
            let written = NumberFormat::of_name(name).write(number);
            assert_eq!(written, expected, "{name} {number}");
        }
    }

    #[test]
    fn no_two_numbers_below_ten_thousand_look_the_same() {
        for name in [
            "chineseCounting",
            "japaneseCounting",
            "ideographDigital",
            "lowerRoman",
        ] {
            let format = NumberFormat::of_name(name);
            let mut seen: Vec<String> = (1..4000).map(|number| format.write(number)).collect();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 3999, "{name}");
        }
    }
}
