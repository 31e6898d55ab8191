//! Table tests of where a webhook may lead.

use super::*;
use AddressRefusal as R;

fn address(text: &str) -> IpAddr {
    text.parse().expect(text)
}

fn intranet(text: &str) -> Intranet {
    Intranet::parse(text).expect(text)
}

#[test]
fn what_only_we_can_reach_is_refused() {
    for (text, refusal) in [
        ("0.0.0.0", R::Unspecified),
        ("0.1.2.3", R::Unspecified),
        ("127.0.0.1", R::Loopback),
        ("127.255.255.254", R::Loopback),
        ("10.0.0.1", R::Private),
        ("172.16.0.1", R::Private),
        ("172.31.255.255", R::Private),
        ("192.168.1.1", R::Private),
        ("169.254.169.254", R::LinkLocal),
        ("169.254.0.1", R::LinkLocal),
        ("100.64.0.1", R::Shared),
        ("100.127.255.255", R::Shared),
        ("100.100.100.200", R::Metadata),
        ("168.63.129.16", R::Metadata),
        ("224.0.0.1", R::Multicast),
        ("239.255.255.255", R::Multicast),
        ("192.0.0.8", R::Reserved),
        ("192.0.2.1", R::Reserved),
        ("192.88.99.1", R::Reserved),
        ("198.18.0.1", R::Reserved),
        ("198.19.255.255", R::Reserved),
        ("198.51.100.1", R::Reserved),
        ("203.0.113.1", R::Reserved),
        ("240.0.0.1", R::Reserved),
        ("255.255.255.255", R::Reserved),
        ("::", R::Unspecified),
        ("::1", R::Loopback),
        ("::ffff:8.8.8.8", R::Translated),
        ("::ffff:127.0.0.1", R::Translated),
        ("::7f00:1", R::Translated),
        ("::ffff:0:10.0.0.1", R::Translated),
        ("64:ff9b::808:808", R::Translated),
        ("64:ff9b:1::a00:1", R::Translated),
        ("2002:7f00:1::", R::Translated),
        ("2001::1", R::Translated),
        ("fc00::1", R::Private),
        ("fdff::1", R::Private),
        ("fd00:ec2::254", R::Metadata),
        ("fd20:ce::254", R::Metadata),
        ("fe80::1", R::LinkLocal),
        ("febf::1", R::LinkLocal),
        ("ff02::1", R::Multicast),
        ("2001:db8::1", R::Reserved),
        ("2001:2::1", R::Reserved),
        ("2001:20::1", R::Reserved),
        ("3fff::1", R::Reserved),
        ("100::1", R::Reserved),
        ("fec0::1", R::Reserved),
        ("5f00::1", R::Reserved),
        ("4000::1", R::Reserved),
    ] {
        assert_eq!(refusal_of(address(text)), Some(refusal), "{text}");
    }
}

#[test]
fn what_everybody_can_reach_is_not() {
    for text in [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.167.1.1",
        "192.169.1.1",
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.254",
        "2400:3200::1",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2001:250::1",
        "240e::1",
    ] {
        assert_eq!(refusal_of(address(text)), None, "{text}");
    }
}

#[test]
fn listed_hosts_and_networks_are_excepted() {
    let known = intranet("OA.edu.local., 10.1.0.0/16，169.254.7.7");
    for (host, at, allowed) in [
        ("oa.edu.local", "192.168.1.1", Ok(())),
        ("oa.edu.local", "127.0.0.1", Ok(())),
        ("oa.edu.local", "100.64.0.1", Ok(())),
        ("oa.edu.local", "fd12::1", Ok(())),
        ("oa.edu.local", "169.254.169.254", Err(R::LinkLocal)),
        ("oa.edu.local", "100.100.100.200", Err(R::Metadata)),
        ("oa.edu.local", "fd00:ec2::254", Err(R::Metadata)),
        ("oa.edu.local", "0.0.0.0", Err(R::Unspecified)),
        ("oa.edu.local", "::ffff:127.0.0.1", Err(R::Translated)),
        ("evil.example", "192.168.1.1", Err(R::Private)),
        ("evil.example", "10.1.2.3", Ok(())),
        ("evil.example", "10.2.2.3", Err(R::Private)),
        ("evil.example", "169.254.7.7", Ok(())),
        ("evil.example", "8.8.8.8", Ok(())),
    ] {
        assert_eq!(known.allows(host, address(at)), allowed, "{host} {at}");
    }
    for wrong in ["10.0.0.0/33", "http://oa", "a b", "oa.local/x"] {
        assert!(Intranet::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Intranet::parse(" , "), Ok(Intranet::default()));
}

#[test]
fn addresses_are_taken_or_refused_by_what_they_say() {
    let known = intranet("oa.edu.local, 10.1.0.0/16");
    for (text, wrong) in [
        ("", WrongTarget::NotAUrl),
        ("oa.example.org/hook", WrongTarget::NotAUrl),
        ("ftp://oa.example.org", WrongTarget::NotAUrl),
        ("file:///etc/passwd", WrongTarget::NotAUrl),
        ("https://", WrongTarget::NotAUrl),
        ("http://oa.example.org/hook", WrongTarget::NotHttps),
        ("http://192.168.1.1/hook", WrongTarget::NotHttps),
        ("https://u:p@oa.example.org/", WrongTarget::HasLogin),
        ("https://u@oa.example.org/", WrongTarget::HasLogin),
        ("https://127.0.0.1/", WrongTarget::Refused(R::Loopback)),
        ("https://2130706433/", WrongTarget::Refused(R::Loopback)),
        ("https://0x7f.1/", WrongTarget::Refused(R::Loopback)),
        ("https://0177.0.0.1/", WrongTarget::Refused(R::Loopback)),
        ("https://１２７.0.0.1/", WrongTarget::Refused(R::Loopback)),
        ("https://[::1]/", WrongTarget::Refused(R::Loopback)),
        (
            "https://[::ffff:7f00:1]/",
            WrongTarget::Refused(R::Translated),
        ),
        (
            "https://169.254.169.254/latest/meta-data",
            WrongTarget::Refused(R::LinkLocal),
        ),
    ] {
        assert_eq!(Target::parse(text, &known), Err(wrong), "{text}");
    }
    let long = format!("https://a.example/{}", "a".repeat(LONGEST_URL));
    assert_eq!(Target::parse(&long, &known), Err(WrongTarget::NotAUrl));
    for (text, host, port, path, is_encrypted) in [
        ("https://A.example", "a.example", 443, "/", true),
        (
            "https://a.example:8443/x?y=1#z",
            "a.example",
            8443,
            "/x?y=1",
            true,
        ),
        ("http://oa.edu.local/x", "oa.edu.local", 80, "/x", false),
        ("http://10.1.2.3:81/x", "10.1.2.3", 81, "/x", false),
        ("https://[2400:3200::1]/", "2400:3200::1", 443, "/", true),
    ] {
        let target = Target::parse(text, &known).expect(text);
        assert_eq!(
            (target.host(), target.port(), target.path_with(&[]).as_str()),
            (host, port, path),
            "{text}"
        );
        assert_eq!(target.is_encrypted(), is_encrypted, "{text}");
    }
}

#[test]
fn keys_in_an_address_are_not_shown() {
    let target = |text| Target::parse(text, &Intranet::default()).expect(text);
    let wecom = target(
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
    );
    assert_eq!(
        wecom.shown(),
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***"
    );
    let feishu =
        target("https://open.feishu.cn/open-apis/bot/v2/hook/0b5e7a52-1a5b-4b7e-9d5e-4d1c6a1f0000");
    assert_eq!(
        feishu.shown(),
        "https://open.feishu.cn/open-apis/bot/v2/hook/***"
    );
    assert_eq!(format!("{feishu:?}"), "Target(open.feishu.cn)");
    assert_eq!(
        wecom.without_keys("invalid key 693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa, hint"),
        "invalid key ***, hint"
    );
    let plain = target("https://oa.example.org/duban/events");
    assert_eq!(plain.shown(), "https://oa.example.org/duban/events");
}

#[test]
fn more_is_put_behind_the_query_that_is_there() {
    let target = Target::parse(
        "https://a.example/send?access_token=x",
        &Intranet::default(),
    );
    assert_eq!(
        target.expect("an address").path_with(&[("sign", "a+b/c=")]),
        "/send?access_token=x&sign=a%2Bb%2Fc%3D"
    );
}
