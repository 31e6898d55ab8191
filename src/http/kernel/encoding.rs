//! Content encodings of answers: as they are, or gzip where the client takes it.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Bodies below this many bytes are not worth packing.
const SMALL: usize = 1 << 10;

/// Bodies of this size and more are packed off the thread that answers.
const LARGE: usize = 64 << 10;

/// How an answer is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// gzip (RFC 1952).
    Gzip,
}

impl Encoding {
    /// What an Accept-Encoding header asks for: gzip where it is named, or `*`, with a weight above zero.
    pub fn asked_for(header: Option<&str>) -> Self {
        let mut any = Self::Identity;
        for part in header.unwrap_or_default().split(',') {
            let (name, weight) = part.split_once(';').unwrap_or((part, ""));
            let name = name.trim();
            let is_zero = weight
                .trim()
                .strip_prefix("q=")
                .is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32));
            let wanted = if is_zero { Self::Identity } else { Self::Gzip };
            if name.eq_ignore_ascii_case("gzip") {
                return wanted;
            }
            if name == "*" {
                any = wanted;
            }
        }
        any
    }

    /// Its letter in ETags.
    pub fn letter(self) -> u8 {
        match self {
            Self::Identity => b'i',
            Self::Gzip => b'g',
        }
    }

    /// The encoding of a letter.
    pub fn of_letter(letter: &str) -> Option<Self> {
        match letter {
            "i" => Some(Self::Identity),
            "g" => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// The body packed with gzip; `None` where that is not worth it.
pub async fn gzip(body: &Bytes) -> Option<Bytes> {
    if body.len() <= SMALL {
        return None;
    }
    if body.len() < LARGE {
        return pack(body);
    }
    let body = body.clone();
    tokio::task::spawn_blocking(move || pack(&body))
        .await
        .ok()?
}

fn pack(body: &Bytes) -> Option<Bytes> {
    let mut packer = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(4));
    packer.write_all(body).ok()?;
    let packed = packer.finish().ok()?;
    (packed.len() < body.len()).then(|| packed.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_only_where_it_is_wanted() {
        for (header, encoding) in [
            (None, Encoding::Identity),
            (Some("gzip"), Encoding::Gzip),
            (Some("deflate, GZIP;q=0.5"), Encoding::Gzip),
            (Some("gzip;q=0"), Encoding::Identity),
            (Some("*"), Encoding::Gzip),
            (Some("*, gzip;q=0.000"), Encoding::Identity),
            (Some("br"), Encoding::Identity),
        ] {
            assert_eq!(Encoding::asked_for(header), encoding, "{header:?}");
        }
    }
}
