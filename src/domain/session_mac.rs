//! The token of forms within a session: only a page that was made for the session knows it.

use crate::domain::draw::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// What the MAC is about.
const OF_FORMS: &[u8] = b"duban session forms\0";

/// The token of the forms of the session with that text: HMAC-SHA256, hexadecimal. It tells nothing of the text.
pub fn form_token(session_text: &str) -> String {
    hex(&mac(session_text).finalize().into_bytes())
}

/// Whether `given` is the token of that session's forms; compared in constant time.
pub fn form_token_fits(session_text: &str, given: &str) -> bool {
    let Some(given) = bytes(given) else {
        return false;
    };
    mac(session_text).verify_slice(&given).is_ok()
}

fn mac(session_text: &str) -> Hmac<Sha256> {
    // A key longer than a block of the hash is hashed first (RFC 2104), as session texts are.
    let mut block = [0; 64];
    let key: [u8; 32] = Sha256::digest(session_text).into();
    block[..32].copy_from_slice(&key);
    Hmac::<Sha256>::new(&block.into()).chain_update(OF_FORMS)
}

/// The bytes of lower-case hexadecimal; `None` for any other text.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 64 || !text.bytes().all(is_hex) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_s_token_fits_its_session_alone() {
        let token = form_token("dubans_a");
        assert!(form_token_fits("dubans_a", &token));
        assert!(!form_token_fits("dubans_b", &token));
        for bad in [
            "",
            "00",
            &token.to_uppercase(),
            &token[..62],
            &"字".repeat(22),
        ] {
            assert!(!form_token_fits("dubans_a", bad), "{bad}");
        }
    }
}
