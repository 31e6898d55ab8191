//! One e-mail address, proven fit for an SMTP envelope. Display names, headers and sending live in `mail`.

use std::fmt;

use thiserror::Error;

/// RFC 5321 §4.5.3.1.3: a path holds 256 octets, its angle brackets among them.
const MAX_ADDRESS_LEN: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const MAX_LOCAL_LEN: usize = 64;
/// RFC 1035 §2.3.4.
const MAX_LABEL_LEN: usize = 63;

/// An ASCII address `local@domain` (RFC 5321 `Dot-string` and `Domain`): no quoted local part, no address literal, no
/// white space, so that it can be neither two recipients nor a second SMTP command. `Debug` and `Display` mask it,
/// so that it cannot slip into a log; [`EmailAddress::as_str`] gives it whole. Equality is by the text as written;
/// uniqueness is by [`EmailAddress::normalized`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress {
    text: String,
    /// Byte position of the one `@`.
    at: usize,
}

/// Why a text is not one e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidEmailAddress {
    /// Nothing was written.
    #[error("邮箱地址是空的")]
    Empty,
    /// Longer than RFC 5321 allows.
    #[error("邮箱地址太长：最多 {MAX_ADDRESS_LEN} 个字符，@ 前面最多 {MAX_LOCAL_LEN} 个")]
    TooLong,
    /// A space, line break or control character inside.
    #[error("邮箱地址里有空格、换行或控制字符，请删去")]
    WhiteSpace,
    /// A comma or semicolon: several addresses, or a list.
    #[error("这里只能写一个邮箱地址，请删去逗号、分号和其余地址")]
    Several,
    /// A character outside ASCII before the `@`.
    #[error("邮箱地址只能用半角英文字母、数字和符号")]
    NotAscii,
    /// A character outside ASCII in the domain.
    #[error("暂不支持中文域名的邮箱，请填写以 xn-- 开头的英文域名，或另填一个邮箱")]
    InternationalDomain,
    /// No `@`, or more than one.
    #[error("邮箱地址里应当有且只有一个 @")]
    NotOneAt,
    /// The part before the `@` is missing, quoted, or has forbidden characters.
    #[error("邮箱地址 @ 前面的部分写法不对：只能用字母、数字和 . _ - + 等符号，不能用引号")]
    LocalPart,
    /// An IP address in place of a domain.
    #[error("邮箱地址 @ 后面应当是域名，不能是 IP 地址")]
    AddressLiteral,
    /// The domain has no dot, or a label that is no host name label.
    #[error("邮箱地址 @ 后面的域名写法不对，应当像 edu.example.org")]
    Domain,
}

impl EmailAddress {
    /// The address written in `text`, which must hold nothing else: callers trim.
    ///
    /// # Errors
    /// [`InvalidEmailAddress`], telling what to correct.
    pub fn parse(text: &str) -> Result<EmailAddress, InvalidEmailAddress> {
        if text.is_empty() {
            return Err(InvalidEmailAddress::Empty);
        }
        // Lists first: "a@x.org, b@y.org" is two addresses before it is an address with a space.
        if text
            .chars()
            .any(|c| matches!(c, ',' | ';' | '，' | '；' | '、'))
        {
            return Err(InvalidEmailAddress::Several);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(InvalidEmailAddress::WhiteSpace);
        }
        if text.len() > MAX_ADDRESS_LEN {
            return Err(InvalidEmailAddress::TooLong);
        }
        let Some((local, domain)) = text.split_once('@') else {
            return Err(if text.is_ascii() {
                InvalidEmailAddress::NotOneAt
            } else {
                InvalidEmailAddress::NotAscii
            });
        };
        if domain.contains('@') && !local.starts_with('"') {
            return Err(InvalidEmailAddress::NotOneAt);
        }
        check_local_part(local)?;
        check_domain(domain)?;
        Ok(EmailAddress {
            text: text.to_owned(),
            at: local.len(),
        })
    }

    /// The whole address as written: for the envelope and for pages that may show it, never for logs.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address in lower case: the key by which two spellings are one mailbox (one digest per address and day,
    /// design §5.3). RFC 5321 lets local parts differ by case; no mail service in use does.
    pub fn normalized(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// The part after the `@`, as written.
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The whole address, to be written into JSON on purpose: the type itself has no `Serialize`.
    pub fn reveal(&self) -> String {
        self.text.clone()
    }
}

/// The part of a normalised address after its last `@`; empty where it has none.
pub fn domain_of_normalized(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

fn check_local_part(local: &str) -> Result<(), InvalidEmailAddress> {
    if !local.is_ascii() {
        return Err(InvalidEmailAddress::NotAscii);
    }
    if local.len() > MAX_LOCAL_LEN {
        return Err(InvalidEmailAddress::TooLong);
    }
    // RFC 5321 §4.1.2 Dot-string: atoms of atext (RFC 5322 §3.2.3) joined by single dots.
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    if local.split('.').all(is_atom) {
        Ok(())
    } else {
        Err(InvalidEmailAddress::LocalPart)
    }
}

fn check_domain(domain: &str) -> Result<(), InvalidEmailAddress> {
    if !domain.is_ascii() {
        return Err(InvalidEmailAddress::InternationalDomain);
    }
    if domain.starts_with('[') {
        return Err(InvalidEmailAddress::AddressLiteral);
    }
    // RFC 1035 §2.3.1 labels, with the leading digits that RFC 1123 §2.1 allows.
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LEN).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if !domain.contains('.') || !domain.split('.').all(is_label) {
        return Err(InvalidEmailAddress::Domain);
    }
    // No top-level domain is a number (RFC 3696 §2), so this is an IP address without brackets.
    let top = domain.rsplit('.').next().unwrap_or_default();
    if top.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidEmailAddress::AddressLiteral);
    }
    Ok(())
}

/// `a***@example.org`: the first character and the domain.
impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.text.get(..1).unwrap_or_default();
        write!(f, "{first}***@{}", self.domain())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::InvalidEmailAddress::{
        AddressLiteral, Domain, Empty, InternationalDomain, LocalPart, NotAscii, NotOneAt, Several,
        TooLong, WhiteSpace,
    };
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_addresses_are_taken_as_written() {
        for text in [
            "a@example.org",
            "B01.Office+du@Edu.Example.org",
            "1234567@qq.example.com",
            "x_y-z@xn--fiqs8s.example",
            "o'brien@3com.example.org",
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!(address.as_str(), text);
            assert_eq!(address.reveal(), text);
            assert_eq!(address.normalized(), text.to_lowercase());
            assert_eq!(text.split_once('@').unwrap().1, address.domain());
        }
    }

    #[test]
    fn what_is_not_one_address_is_refused_with_its_reason() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long_label = format!("a@{}.org", "b".repeat(64));
        let of_255 = format!("a@{}.org", vec!["b".repeat(61); 4].join(".") + "xy");
        let table = [
            ("", Empty),
            ("a@b.org,c@d.org", Several),
            ("a@b.org; c@d.org", Several),
            ("a@b.org，c@d.org", Several),
            ("a@b.org\r\nRCPT TO:<x@y.org>", WhiteSpace),
            ("a@b.org\n", WhiteSpace),
            ("a@b.org\0", WhiteSpace),
            ("a@b.org\u{85}", WhiteSpace),
            ("a b@b.org", WhiteSpace),
            (" a@b.org", WhiteSpace),
            ("a\u{3000}@b.org", WhiteSpace),
            ("a.org", NotOneAt),
            ("a@b@c.org", NotOneAt),
            ("@b.org", LocalPart),
            (".a@b.org", LocalPart),
            ("a..b@b.org", LocalPart),
            ("a.@b.org", LocalPart),
            ("\"a\"@b.org", LocalPart),
            ("\"a@b\"@c.org", LocalPart),
            ("<a@b.org>", LocalPart),
            ("A(x)@b.org", LocalPart),
            ("张三@b.org", NotAscii),
            ("a＠b.org", NotAscii),
            ("a@教育.example", InternationalDomain),
            ("a@[127.0.0.1]", AddressLiteral),
            ("a@127.0.0.1", AddressLiteral),
            ("a@localhost", Domain),
            ("a@", Domain),
            ("a@b.org.", Domain),
            ("a@.org", Domain),
            ("a@b..org", Domain),
            ("a@-b.org", Domain),
            ("a@b-.org", Domain),
            ("a@b_c.org", Domain),
            ("a@b.org>", Domain),
            (long_label.as_str(), Domain),
            (long_local.as_str(), TooLong),
            (of_255.as_str(), TooLong),
        ];
        assert_eq!(of_255.len(), 255, "one over the limit");
        for (text, reason) in table {
            assert_eq!(EmailAddress::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn an_address_of_254_characters_is_still_taken() {
        let text = format!("a@{}.org", vec!["b".repeat(61); 4].join(".") + "x");
        assert_eq!(text.len(), 254);
        assert!(EmailAddress::parse(&text).is_ok());
    }

    #[test]
    fn debug_and_display_show_neither_name_nor_more() {
        let address = EmailAddress::parse("wang.li@example.org").unwrap();
        assert_eq!(address.to_string(), "w***@example.org");
        assert_eq!(format!("{address:?}"), "EmailAddress(w***@example.org)");
    }

    proptest! {
        #[test]
        fn what_is_accepted_fits_one_smtp_recipient(text in "[a@.,;<> \"\\r\\n张\\-\\[:]{0,24}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
                prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic()));
                prop_assert!(!address.as_str().contains(['<', '>', ',', ';', '"', ':', '[']));
            }
        }
    }
}
