//! Networks (`10.0.0.0/8`, `::1`), and whose address a request comes from.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// No more entries of X-Forwarded-For than this are looked at.
const MOST_HOPS: usize = 20;

/// An address and the number of its bits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是网段，请写成 10.0.0.0/8 或单个地址")]
pub struct NotANetwork(String);

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let refused = || NotANetwork(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| refused())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.trim().parse().map_err(|_| refused())?,
            None => bits,
        };
        (prefix <= bits)
            .then_some(Self { address, prefix })
            .ok_or_else(refused)
    }
}

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - self.prefix;
                u32::from(own).checked_shr(shift) == u32::from(other).checked_shr(shift)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - self.prefix;
                u128::from(own).checked_shr(shift) == u128::from(other).checked_shr(shift)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The client's address: the peer's, unless the peer is a trusted proxy; then the right-most entry of X-Forwarded-For that
/// is not one. What stands further left is the client's own claim.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Network],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    let hops = forwarded.rev().flat_map(|header| header.rsplit(','));
    for hop in hops.take(MOST_HOPS) {
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = address.to_canonical();
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// What is counted for an address: itself, or the /64 of an IPv6 address, which one customer holds whole.
pub fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[&str]) -> String {
        let trusted = [
            "10.0.0.0/8".parse().expect("a network"),
            "::1".parse().expect("a network"),
        ];
        let peer = peer.parse().expect("an address");
        client_address(peer, headers.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_from_the_right() {
        assert_eq!(client("203.0.113.9", &["127.0.0.1"]), "203.0.113.9");
        assert_eq!(
            client("10.1.1.1", &["127.0.0.1, 198.51.100.7, 10.2.2.2"]),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.1.1.1", &["127.0.0.1", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(client("10.1.1.1", &["198.51.100.7, nonsense"]), "10.1.1.1");
        assert_eq!(client("10.1.1.1", &[]), "10.1.1.1");
        assert_eq!(client("::ffff:10.1.1.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn networks_contain_what_shares_their_prefix() {
        let all: Network = "0.0.0.0/0".parse().expect("a network");
        assert!(all.contains(IpAddr::from([203, 0, 113, 9])));
        let some: Network = "192.168.4.0/22".parse().expect("a network");
        assert!(some.contains(IpAddr::from([192, 168, 7, 255])));
        assert!(!some.contains(IpAddr::from([192, 168, 8, 0])));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::1/129", "a/b"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
