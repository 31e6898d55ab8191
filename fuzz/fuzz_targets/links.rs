//! The links of mails: what is none opens nothing, what is one is what was sealed, and no log shows one.
#![no_main]

use duban::domain::mail_link::{LinkKey, MailLink, form_mac_fits, text_hash, without_links};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let keys = [LinkKey::new(1, [7; 32]), LinkKey::new(2, [9; 32])];
    for line in text.lines() {
        if let Ok(link) = MailLink::open(line, &keys) {
            let sealed = keys.iter().any(|key| link.seal(key) == line);
            assert!(sealed, "somebody else has sealed {line}");
        }
        assert!(!form_mac_fits(&keys, line, "nonce", line));
        text_hash(line);
    }
    let shown = without_links(text);
    assert_eq!(without_links(&shown), shown);
});
