//! Where a webhook may lead. An address typed by a person must not make the service speak to what only it can reach: its
//! own machine, the bureau's inner network, a cloud's metadata. What the operator has listed is excepted.

use crate::domain::coded::coded;
use crate::domain::network::Network;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;
use std::fmt;
use url::{Host, Url};

/// The longest address of an endpoint, in characters.
pub const LONGEST_URL: usize = 2_000;

coded! {
    /// Why nothing is sent to an address.
    AddressRefusal "address refusal" {
        /// 0.0.0.0/8, `::`.
        Unspecified "unspecified" "未指定地址",
        /// 127.0.0.0/8, `::1`.
        Loopback "loopback" "本机地址",
        /// RFC 1918, fc00::/7.
        Private "private" "内网地址",
        /// 169.254.0.0/16, fe80::/10: many clouds answer there with their keys.
        LinkLocal "link_local" "链路本地地址",
        /// 100.64.0.0/10.
        Shared "shared" "运营商级 NAT 地址",
        /// Where a cloud tells its machines their keys.
        Metadata "metadata" "云平台元数据地址",
        /// 224.0.0.0/4, ff00::/8.
        Multicast "multicast" "组播地址",
        /// An IPv6 address that stands for an IPv4 one: mapped, 6to4, NAT64, Teredo.
        Translated "translated" "转换地址",
        /// Documentation, benchmarks, what is not given to anybody.
        Reserved "reserved" "保留地址",
    }
}

/// Cloud metadata outside the link-local networks.
const METADATA_V4: [Ipv4Addr; 2] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// Why nothing is sent to an address of the public; `None` where it may be.
pub fn refusal_of(address: IpAddr) -> Option<AddressRefusal> {
    match address {
        IpAddr::V4(address) => refusal_of_v4(address),
        IpAddr::V6(address) => refusal_of_v6(address),
    }
}

fn refusal_of_v4(address: Ipv4Addr) -> Option<AddressRefusal> {
    use AddressRefusal as R;
    if METADATA_V4.contains(&address) {
        return Some(R::Metadata);
    }
    match address.octets() {
        [0, ..] => Some(R::Unspecified),
        [127, ..] => Some(R::Loopback),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(R::Private),
        [169, 254, ..] => Some(R::LinkLocal),
        [100, 64..=127, ..] => Some(R::Shared),
        [224..=239, ..] => Some(R::Multicast),
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Some(R::Reserved),
        _ => None,
    }
}

fn refusal_of_v6(address: Ipv6Addr) -> Option<AddressRefusal> {
    use AddressRefusal as R;
    if METADATA_V6.contains(&address) {
        return Some(R::Metadata);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(R::Unspecified),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(R::Loopback),
        [0, 0, 0, 0, ..] | [0x64, 0xff9b, ..] | [0x2001, 0, ..] | [0x2002, ..] => {
            Some(R::Translated)
        }
        [0xfc00..=0xfdff, ..] => Some(R::Private),
        [0xfe80..=0xfebf, ..] => Some(R::LinkLocal),
        [0xff00..=0xffff, ..] => Some(R::Multicast),
        [0x2001, 0xdb8, ..] | [0x2001, 0x0001..=0x01ff, ..] | [0x3fff, 0..=0xfff, ..] => {
            Some(R::Reserved)
        }
        // All that is given to anybody lies here.
        [0x2000..=0x3fff, ..] => None,
        _ => Some(R::Reserved),
    }
}

/// What the operator has listed of the bureau's own network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intranet {
    hosts: BTreeSet<String>,
    networks: Vec<Network>,
}

impl Intranet {
    /// Hosts and networks, separated by commas.
    ///
    /// # Errors
    /// What is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut known = Self::default();
        let entries = text.split([',', '，']).map(str::trim);
        for entry in entries.filter(|entry| !entry.is_empty()) {
            if let Ok(network) = entry.parse() {
                known.networks.push(network);
                continue;
            }
            match Host::parse(entry) {
                Ok(Host::Domain(host)) if !entry.contains('/') => {
                    known.hosts.insert(plain(&host));
                }
                _ => return Err(entry.to_owned()),
            }
        }
        Ok(known)
    }

    /// Whether a host is listed by its name.
    pub fn names(&self, host: &str) -> bool {
        self.hosts.contains(&plain(host))
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(address))
    }

    /// Whether something may be sent to `address`, which `host` has. Behind a listed name may be what is private; where a
    /// cloud keeps its keys, only a listed network lets in.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(&self, host: &str, address: IpAddr) -> Result<(), AddressRefusal> {
        use AddressRefusal as R;
        match refusal_of(address) {
            None => Ok(()),
            Some(_) if self.holds(address) => Ok(()),
            Some(R::Loopback | R::Private | R::Shared) if self.names(host) => Ok(()),
            Some(refusal) => Err(refusal),
        }
    }
}

/// A host's name as it is compared: in small letters, without the dot at the end.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Why a text is no address that a webhook may lead to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongTarget {
    /// It is no web address.
    #[error("请写完整的网址，例如 https://oa.example.org/duban，不超过 {LONGEST_URL} 个字符")]
    NotAUrl,
    /// It is not encrypted.
    #[error(
        "网址须以 https:// 开头；只有配置项 webhooks.intranet 列出的主机或网段才可以用 http://"
    )]
    NotHttps,
    /// It has a user or a password in it.
    #[error("网址中不要写用户名和口令，请用密钥验证")]
    HasLogin,
    /// It is an address to which nothing is sent.
    #[error(
        "不能发往这个地址（{}）；本局内部的地址请系统管理员在配置项 webhooks.intranet 中列出",
        .0.label()
    )]
    Refused(AddressRefusal),
}

/// Where a webhook leads.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Url);

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.host())
    }
}

impl Target {
    /// Reads an address. What its name resolves to is judged whenever something is sent.
    ///
    /// # Errors
    /// [`WrongTarget`].
    pub fn parse(text: &str, intranet: &Intranet) -> Result<Self, WrongTarget> {
        if text.chars().count() > LONGEST_URL {
            return Err(WrongTarget::NotAUrl);
        }
        let mut url = Url::parse(text.trim()).map_err(|_| WrongTarget::NotAUrl)?;
        url.set_fragment(None);
        let (is_listed, literal) = match url.host() {
            None => return Err(WrongTarget::NotAUrl),
            Some(Host::Domain(host)) => (intranet.names(host), None),
            Some(Host::Ipv4(address)) => (intranet.holds(address.into()), Some(address.into())),
            Some(Host::Ipv6(address)) => (intranet.holds(address.into()), Some(address.into())),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_listed => {}
            "http" => return Err(WrongTarget::NotHttps),
            _ => return Err(WrongTarget::NotAUrl),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WrongTarget::HasLogin);
        }
        let target = Self(url);
        if let Some(address) = literal {
            intranet
                .allows(target.host(), address)
                .map_err(WrongTarget::Refused)?;
        }
        Ok(target)
    }

    /// The address as it is kept.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// The host, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let host = self.0.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// What the Host header says.
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Path and query, with more in the query.
    pub fn path_with(&self, more: &[(&str, &str)]) -> String {
        let mut url = self.0.clone();
        if !more.is_empty() {
            url.query_pairs_mut().extend_pairs(more);
        }
        match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        }
    }

    /// The address for people to recognise: what may be a key in it (values of the query, a long last part of the path) is
    /// left out.
    pub fn shown(&self) -> String {
        let mut shown = self.0.clone();
        let parts: Vec<String> = shown
            .path()
            .split('/')
            .map(|part| match part.len() >= KEY_CHARS {
                true => "***".to_owned(),
                false => part.to_owned(),
            })
            .collect();
        shown.set_path(&parts.join("/"));
        let names: Vec<String> = self
            .0
            .query_pairs()
            .map(|(name, _)| format!("{name}=***"))
            .collect();
        shown.set_query((!names.is_empty()).then(|| names.join("&")).as_deref());
        shown.into()
    }

    /// A text from outside, without what may be a key in the address.
    pub fn without_keys(&self, text: &str) -> String {
        let values = self.0.query_pairs().map(|(_, value)| value.into_owned());
        let parts = self.0.path().split('/').map(str::to_owned);
        let keys = values.chain(parts).filter(|key| key.len() >= KEY_CHARS);
        keys.fold(text.to_owned(), |text, key| text.replace(&key, "***"))
    }
}

/// A part of an address so long may be a key: names made by people are shorter.
const KEY_CHARS: usize = 20;

#[cfg(test)]
#[path = "webhook_target_tests.rs"]
mod tests;
