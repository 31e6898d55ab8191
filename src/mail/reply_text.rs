//! The words of a mail server's reply: made safe to show and to store, and read for a waiting time.
//! What a reply means for the delivery is decided in `outcome`.

use std::time::Duration;

/// The longest reply text kept, in characters.
const KEPT_CHARS: usize = 200;

/// The longest waiting time believed; a server that names more is retried by our own schedule.
const LONGEST_HINT: Duration = Duration::from_secs(24 * 3600);

/// The reply on one line: control characters become blanks, the local part of every address is masked (`z***@x.cn`),
/// and at most 200 characters are kept.
#[must_use]
pub(super) fn presentable(reply: &str) -> String {
    let words = reply.split(|c: char| c.is_control() || c.is_whitespace());
    let mut line = String::new();
    let mut length = 0;
    for word in words.filter(|word| !word.is_empty()) {
        let word = mask_addresses(word);
        let word_length = word.chars().count();
        let separator = usize::from(length > 0);
        if length + separator + word_length > KEPT_CHARS {
            let room = KEPT_CHARS.saturating_sub(length + separator + 1);
            if separator == 1 {
                line.push(' ');
            }
            line.extend(word.chars().take(room));
            line.push('…');
            return line.chars().take(KEPT_CHARS).collect();
        }
        if separator == 1 {
            line.push(' ');
        }
        line.push_str(&word);
        length += separator + word_length;
    }
    line
}

/// Replaces what stands before each `@` by its first character and `***`.
fn mask_addresses(word: &str) -> String {
    if !word.contains('@') {
        return word.to_owned();
    }
    let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.\"".contains(c);
    let mut masked = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('@') {
        let (before, after) = rest.split_at(at);
        let local_start = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_local(*c))
            .last()
            .map_or(before.len(), |(index, _)| index);
        let (kept, local) = before.split_at(local_start);
        masked.push_str(kept);
        masked.extend(local.chars().next());
        masked.push_str("***@");
        rest = after.get(1..).unwrap_or_default();
    }
    masked.push_str(rest);
    masked
}

/// The waiting time a server asks for: "try again in 300 seconds", "5 minutes", "请于两分钟后重投".
/// The first number followed by a unit of time counts; none, zero, or more than a day is `None`.
#[must_use]
pub(super) fn waiting_time(reply: &str) -> Option<Duration> {
    let lower = reply.to_lowercase();
    let mut rest = lower.as_str();
    while let Some(start) = rest.find(starts_number) {
        let tail = rest.get(start..).unwrap_or_default();
        let (number, after) = take_number(tail);
        if let Some(scale) = unit_seconds(after.trim_start_matches([' ', '-', '_']))
            && let Some(seconds) = number.and_then(|n| n.checked_mul(scale))
        {
            let wait = Duration::from_secs(seconds);
            return (!wait.is_zero() && wait <= LONGEST_HINT).then_some(wait);
        }
        rest = after;
    }
    None
}

fn starts_number(c: char) -> bool {
    c.is_ascii_digit() || chinese_digit(c).is_some()
}

fn chinese_digit(c: char) -> Option<u64> {
    let value = match c {
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' => 10,
        _ => return None,
    };
    Some(value)
}

/// Splits the number off; `None` where it has too many digits to be a waiting time.
fn take_number(text: &str) -> (Option<u64>, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    if end > 0 {
        let (digits, rest) = text.split_at(end);
        return (digits.parse().ok(), rest);
    }
    let mut characters = text.chars();
    let value = characters.next().and_then(chinese_digit);
    (value, characters.as_str())
}

fn unit_seconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("sec", 1),
        ("min", 60),
        ("hour", 3600),
        ("秒", 1),
        ("分", 60),
        ("小时", 3600),
        ("个小时", 3600),
    ];
    UNITS
        .iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(_, seconds)| *seconds)
        .or_else(|| {
            // "in 300s": the bare letter counts only where no word goes on.
            let after = text.strip_prefix('s')?;
            let goes_on = after.chars().next().is_some_and(char::is_alphanumeric);
            (!goes_on).then_some(1)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_in_a_reply_are_masked() {
        let cases = [
            (
                "5.1.1 <zhang.san@edu.example.cn>: unknown",
                "5.1.1 <z***@edu.example.cn>: unknown",
            ),
            ("a@b.cn,cd@e.cn", "a***@b.cn,c***@e.cn"),
            ("rcpt=李四@x.cn no", "r***@x.cn no"),
            ("@", "***@"),
            ("two\r\n lines\tand  blanks", "two lines and blanks"),
        ];
        for (reply, shown) in cases {
            assert_eq!(presentable(reply), shown);
        }
    }

    #[test]
    fn waiting_times_are_read_in_english_and_chinese() {
        let cases = [
            ("4.7.1 Greylisted, try again in 300 seconds", Some(300)),
            ("please retry after 5 minutes", Some(300)),
            ("retry in 1 hour", Some(3600)),
            ("deferred for 120s", Some(120)),
            ("451 DT:SPM 请保持邮件队列，两分钟后重投", Some(120)),
            ("请于10分钟后重试", Some(600)),
            ("请30秒后再试", Some(30)),
            ("4.2.2 mailbox full", None),
            ("try again in 0 seconds", None),
            ("try again in 99999999999999999999999 seconds", None),
            ("try again in 18446744073709551615 hours", None),
            ("wait 3000 hours", None),
            ("server mx5 sorry", None),
        ];
        for (reply, seconds) in cases {
            assert_eq!(
                waiting_time(reply),
                seconds.map(Duration::from_secs),
                "{reply}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_reply_is_shown_short_and_on_one_line(reply in "\\PC{0,300}|[ -~\\r\\n@]{0,600}") {
            let shown = presentable(&reply);
            prop_assert!(shown.chars().count() <= KEPT_CHARS);
            prop_assert!(!shown.chars().any(char::is_control));
            let _ = waiting_time(&reply);
        }

        #[test]
        fn no_local_part_longer_than_one_character_survives(local in "[a-z]{2,20}", domain in "[a-z]{1,10}\\.cn") {
            let shown = presentable(&format!("550 <{local}@{domain}> no such user"));
            let whole = format!("{local}@");
            prop_assert!(!shown.contains(&whole));
        }
    }
}
