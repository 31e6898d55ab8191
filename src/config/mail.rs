//! The section `[mail]`: how fast mails may leave.

use super::ConfigError;
use crate::domain::mail_pace::{DomainCap, MailCaps};

/// Connections that can be used at the same time.
const CONNECTIONS: std::ops::RangeInclusive<usize> = 1..=32;

/// The number of connections as configured.
pub(super) fn connections(wanted: usize) -> Result<usize, ConfigError> {
    match CONNECTIONS.contains(&wanted) {
        true => Ok(wanted),
        false => Err(ConfigError::value(
            "mail.connections",
            &wanted.to_string(),
            "请写 1 至 32 之间的整数",
        )),
    }
}

/// The provider's limits; 0 is none. `domains` is written `qq.com 2 60, 163.com 1`: domain, connections, mails in a minute.
pub(super) fn caps(per_minute: u32, per_day: u32, domains: &str) -> Result<MailCaps, ConfigError> {
    let cap = |number: u32| (number > 0).then_some(number);
    let mut caps = MailCaps {
        per_minute: cap(per_minute),
        per_day: cap(per_day),
        ..MailCaps::default()
    };
    let entries = domains.split([',', '，', '、']).map(str::trim);
    for entry in entries.filter(|entry| !entry.is_empty()) {
        let (domain, of_domain) = domain_cap(entry).ok_or_else(|| {
            let advice = "每项写“域名 连接数 每分钟封数”，每分钟封数可不写，各项以逗号分开，例如 qq.com 2 60, 163.com 1";
            ConfigError::value("mail.domains", entry, advice)
        })?;
        caps.domains.insert(domain, of_domain);
    }
    Ok(caps)
}

fn domain_cap(entry: &str) -> Option<(String, DomainCap)> {
    let mut parts = entry.split_whitespace();
    let domain = parts.next()?.to_ascii_lowercase();
    let is_domain = domain.contains('.')
        && domain
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let connections: usize = parts.next()?.parse().ok()?;
    let per_minute: Option<u32> = parts.next().map(str::parse).transpose().ok()?;
    let fits = is_domain && CONNECTIONS.contains(&connections) && parts.next().is_none();
    fits.then_some((
        domain,
        DomainCap {
            connections,
            per_minute: per_minute.filter(|number| *number > 0),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_what_is_no_limit_is_named() {
        let caps = caps(60, 0, "QQ.com 2 60，163.com 1").expect("caps");
        assert_eq!((caps.per_minute, caps.per_day), (Some(60), None));
        let qq = DomainCap {
            connections: 2,
            per_minute: Some(60),
        };
        assert_eq!(caps.domains.get("qq.com"), Some(&qq));
        let netease = caps.domains.get("163.com").expect("163.com");
        assert_eq!((netease.connections, netease.per_minute), (1, None));
        for wrong in [
            "qq.com",
            "qq.com 0",
            "qq 2",
            "qq.com 2 x",
            "qq.com 2 3 4",
            "q/q.com 1",
        ] {
            let error = super::caps(0, 0, wrong).expect_err(wrong).to_string();
            assert!(
                error.contains("mail.domains") && error.contains(wrong),
                "{error}"
            );
        }
    }
}
