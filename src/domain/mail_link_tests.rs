//! Links by cases and by property: what was sealed opens, and nothing else does.

use super::*;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn key(number: u32) -> LinkKey {
    LinkKey::new(number, [u8::try_from(number).unwrap(); 32])
}

fn link() -> MailLink {
    MailLink {
        purpose: LinkPurpose::Report,
        obligation_id: ObligationId(Uuid::from_u128(1)),
        contact_id: ContactId(Uuid::from_u128(2)),
        expires_on: day("2027-01-30"),
    }
}

/// The text with its bytes changed.
fn altered(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
    change(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn the_text_is_what_it_was_in_mails_sent_before() {
    // Links live in mails for months: the form may get a new version, this one has to stay.
    assert_eq!(
        link().seal(&key(7)),
        "AQAAAAcCAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAILSqu7_c3FBSoZbYZ3rajzYeQx"
    );
}

#[test]
fn every_purpose_opens_as_what_it_is() {
    for purpose in LinkPurpose::ALL.iter().copied() {
        let one = MailLink { purpose, ..link() };
        let text = one.seal(&key(1));
        assert_eq!(text.len(), LINK_CHARS);
        assert_eq!(MailLink::open(&text, &[key(2), key(1)]), Ok(one));
        assert_eq!(one.seal(&key(1)), text, "the same link twice");
    }
}

#[test]
fn bad_input_is_no_link() {
    let text = link().seal(&key(1));
    let swap = |bytes: &mut Vec<u8>| {
        let (obligation, contact) = bytes[6..38].split_at_mut(16);
        obligation.swap_with_slice(contact);
    };
    let cases = [
        ("empty", String::new()),
        ("too short", text[..75].to_owned()),
        ("too long", format!("{text}A")),
        ("not of the alphabet", format!("{}+", &text[..75])),
        ("padded", format!("{}=", &text[..75])),
        ("Chinese of that many bytes", format!("{}督", &text[..73])),
        ("zeros", altered(&text, |bytes| bytes.fill(0))),
        ("another version", altered(&text, |bytes| bytes[0] = 2)),
        ("another key", altered(&text, |bytes| bytes[4] = 2)),
        ("another purpose", altered(&text, |bytes| bytes[5] = 3)),
        ("no purpose", altered(&text, |bytes| bytes[5] = 9)),
        ("ids swapped", altered(&text, swap)),
        ("a later day", altered(&text, |bytes| bytes[40] += 1)),
        ("another MAC", altered(&text, |bytes| bytes[56] ^= 1)),
        ("a form's token", form_mac(&key(1), &text, "")),
        ("signed by nobody known", link().seal(&key(3))),
    ];
    for (what, text) in cases {
        assert_eq!(
            MailLink::open(&text, &[key(1), key(2)]),
            Err(LinkError),
            "{what}"
        );
    }
    assert_eq!(MailLink::open(&text, &[]), Err(LinkError), "no keys");
    let same_number = LinkKey::new(1, [9; 32]);
    assert_eq!(MailLink::open(&text, &[same_number]), Err(LinkError));
}

#[test]
fn a_link_is_good_for_sixty_days_and_its_last_day_counts() {
    let today = day("2026-11-28");
    for (due_on, until) in [
        (Some("2026-12-01"), "2027-01-30"),
        (Some("2026-11-28"), "2027-01-27"),
        // Long overdue: the mail's own links work.
        (Some("2026-03-01"), "2027-01-27"),
        (None, "2027-01-27"),
    ] {
        assert_eq!(MailLink::good_until(due_on.map(day), today), day(until));
    }
    assert_eq!(
        MailLink::good_until(Some(NaiveDate::MAX), today),
        NaiveDate::MAX
    );
    assert!(!link().is_expired(day("2027-01-30")));
    assert!(link().is_expired(day("2027-01-31")));
}

#[test]
fn a_form_s_token_fits_its_link_and_nonce_alone() {
    let text = link().seal(&key(1));
    let other = MailLink {
        purpose: LinkPurpose::Extend,
        ..link()
    }
    .seal(&key(1));
    let token = form_mac(&key(1), &text, "n1");
    let fits =
        |text: &str, nonce: &str, token: &str| form_mac_fits(&[key(2), key(1)], text, nonce, token);
    assert!(fits(&text, "n1", &token));
    assert!(!fits(&text, "n2", &token), "another reader");
    assert!(!fits(&other, "n1", &token), "another link");
    assert!(
        !fits(&format!("{text}n"), "1", &token),
        "moved between the parts"
    );
    for bad in ["", "督", "AAAA", &token[..42], &text] {
        assert!(!fits(&text, "n1", bad), "{bad}");
    }
    assert!(!form_mac_fits(&[], &text, "n1", &token));
}

#[test]
fn secrets_are_not_in_debug_output() {
    let shown = format!("{:?}", LinkKey::new(3, [0xAB; 32]));
    assert_eq!(shown, "LinkKey { number: 3, .. }");
}

#[test]
fn links_are_hidden_in_texts_and_nothing_else_is() {
    let token = link().seal(&key(1));
    let cases = [
        (
            format!("填报：\n   http://a.example/l/{token}\n"),
            "填报：\n   http://a.example/l/…\n".to_owned(),
        ),
        (
            format!("<a href=\"/l/{token}\">填报</a>/l/{token}"),
            "<a href=\"/l/…\">填报</a>/l/…".to_owned(),
        ),
        (
            format!("http://a.example/sign-in/link/{token}\nhttp://a.example/invitation/{token}\n"),
            "http://a.example/sign-in/link/…\nhttp://a.example/invitation/…\n".to_owned(),
        ),
        (
            format!("/setup/{token}/l/{token}"),
            "/setup/…/l/…".to_owned(),
        ),
        (format!("/l/l/{token}督"), "/l/l/…督".to_owned()),
        (format!("/l/{token}{token}"), "/l/…".to_owned()),
    ];
    for (text, shown) in cases {
        assert_eq!(without_links(&text), shown);
    }
    for text in [
        "",
        "没有链接",
        "http://a.example/l/notes.html",
        "/l/",
        "a/l",
    ] {
        assert_eq!(without_links(text), text);
    }
    assert!(matches!(without_links("没有链接"), Cow::Borrowed(_)));
}

prop_compose! {
    fn any_link()(
        purpose in prop::sample::select(LinkPurpose::ALL),
        obligation in any::<u128>(),
        contact in any::<u128>(),
        days in 0_i32..3_000_000,
    ) -> MailLink {
        MailLink {
            purpose,
            obligation_id: ObligationId(Uuid::from_u128(obligation)),
            contact_id: ContactId(Uuid::from_u128(contact)),
            expires_on: NaiveDate::from_num_days_from_ce_opt(days).unwrap(),
        }
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens(link in any_link(), number in 1_u32.., secret in any::<[u8; 32]>()) {
        let key = LinkKey::new(number, secret);
        let text = link.seal(&key);
        prop_assert_eq!(text.len(), LINK_CHARS);
        prop_assert_eq!(MailLink::open(&text, std::slice::from_ref(&key)), Ok(link));
        prop_assert!(form_mac_fits(std::slice::from_ref(&key), &text, "n", &form_mac(&key, &text, "n")));
    }

    #[test]
    fn one_bit_makes_it_no_link(link in any_link(), bit in 0_usize..WHOLE * 8) {
        let text = altered(&link.seal(&key(1)), |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        prop_assert_eq!(MailLink::open(&text, &[key(1)]), Err(LinkError));
    }

    #[test]
    fn any_other_text_is_refused_without_panic(text in "[A-Za-z0-9_-]{76}|\\PC{0,80}", given in "\\PC{0,60}") {
        prop_assert_eq!(MailLink::open(&text, &[key(1)]), Err(LinkError));
        prop_assert!(!form_mac_fits(&[key(1)], &text, "", &given));
    }

    #[test]
    fn no_link_is_left_in_a_text(link in any_link(), before in "\\PC{0,20}", after in "\\PC{0,20}") {
        let token = link.seal(&key(1));
        let text = format!("{before}/l/{token}{after}/l/{token}");
        let shown = without_links(&text).into_owned();
        prop_assert!(!shown.contains(&token));
        prop_assert_eq!(without_links(&shown), shown.as_str());
    }
}
