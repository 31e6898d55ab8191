//! Whose address a request comes from.

use crate::domain::network::Network;
use std::net::{IpAddr, Ipv6Addr};

/// No more entries of X-Forwarded-For than this are looked at.
const MOST_HOPS: usize = 20;

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
}
