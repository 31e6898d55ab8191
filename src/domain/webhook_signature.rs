//! How requests to endpoints are signed: as Standard Webhooks says, and as the platforms of group robots want it.

use crate::domain::webhook::WebhookKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// What stands before the secret of a standard endpoint.
const PREFIX: &str = "whsec_";

/// A secret that requests are signed with; its text is shown nowhere but where it was made.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

impl SigningSecret {
    /// A secret of a standard endpoint, made of random bytes.
    pub fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// A secret as a platform gave it, or as it was kept.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text: to be kept, or told once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key that the text of a standard endpoint's secret stands for.
    fn key(&self) -> Vec<u8> {
        let text = self.0.strip_prefix(PREFIX).unwrap_or(&self.0);
        STANDARD
            .decode(text)
            .unwrap_or_else(|_| text.as_bytes().to_vec())
    }
}

/// The value of `webhook-signature`: one signature a secret, the newest first.
pub fn standard_signatures<'a>(
    secrets: impl IntoIterator<Item = &'a SigningSecret>,
    id: &str,
    timestamp: i64,
    body: &str,
) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures = secrets.into_iter().map(|secret| {
        let mac = mac(&secret.key(), signed.as_bytes());
        format!("v1,{}", STANDARD.encode(mac))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

/// What a robot's platform wants beside a message: the instant, in its own unit, and the signature of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotSignature {
    /// Milliseconds for 钉钉, seconds for 飞书.
    pub timestamp: i64,
    /// In base64.
    pub sign: String,
}

/// The signature of a message to a robot; none where its platform has no signatures.
pub fn robot_signature(
    kind: WebhookKind,
    secret: &SigningSecret,
    at_millis: i64,
) -> Option<RobotSignature> {
    let secret = secret.expose();
    let (timestamp, mac) = match kind {
        WebhookKind::Standard | WebhookKind::Wecom => return None,
        WebhookKind::Dingtalk => {
            let signed = format!("{at_millis}\n{secret}");
            (at_millis, mac(secret.as_bytes(), signed.as_bytes()))
        }
        // The text is the key, and nothing is signed with it.
        WebhookKind::Feishu => {
            let seconds = at_millis / 1_000;
            let key = format!("{seconds}\n{secret}");
            (seconds, mac(key.as_bytes(), b""))
        }
    };
    Some(RobotSignature {
        timestamp,
        sign: STANDARD.encode(mac),
    })
}

/// HMAC-SHA256 (RFC 2104) with a key of any length.
fn mac(key: &[u8], signed: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    Hmac::<Sha256>::new(&block.into())
        .chain_update(signed)
        .finalize()
        .into_bytes()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's reference libraries.
    #[test]
    fn the_specification_s_example_is_signed_alike() {
        let secret = SigningSecret::of_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = standard_signatures(
            [&secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let secrets = [[1; 32], [2; 32]].map(SigningSecret::of_bytes);
        let signed = standard_signatures(&secrets, "a", 1, "{}");
        let alone = standard_signatures([&secrets[1]], "a", 1, "{}");
        assert_eq!(signed.split(' ').count(), 2);
        assert_eq!(signed.split(' ').nth(1), Some(alone.as_str()));
    }

    #[test]
    fn keys_of_any_length_are_taken() {
        // RFC 4231, test cases 2 and 6.
        let hex = crate::domain::draw::hex;
        assert_eq!(
            hex(&mac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&mac(
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn robots_are_signed_as_their_platforms_say() {
        let secret = SigningSecret::of_text("SECtest");
        let at = 1_700_000_000_123;
        let ding = robot_signature(WebhookKind::Dingtalk, &secret, at).expect("signed");
        assert_eq!(ding.timestamp, at);
        let wanted = mac(b"SECtest", b"1700000000123\nSECtest");
        assert_eq!(ding.sign, STANDARD.encode(wanted));
        let feishu = robot_signature(WebhookKind::Feishu, &secret, at).expect("signed");
        assert_eq!(feishu.timestamp, 1_700_000_000);
        assert_eq!(
            feishu.sign,
            STANDARD.encode(mac(b"1700000000\nSECtest", b""))
        );
        assert_eq!(robot_signature(WebhookKind::Wecom, &secret, at), None);
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = SigningSecret::of_bytes([7; 32]);
        assert!(secret.expose().starts_with("whsec_"));
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
    }
}
