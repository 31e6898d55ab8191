//! The languages that people read.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// Simplified Chinese, the default.
    #[default]
    ZhCn,
    /// English.
    En,
}

impl Locale {
    /// The BCP 47 tag, which is also the catalogue's name.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language of that tag; Chinese for any other text.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        match tag {
            "en" => Self::En,
            _ => Self::ZhCn,
        }
    }

    /// The language that a browser wants most, from its Accept-Language header (RFC 9110 §12.5.4); `None` where it names
    /// neither of ours. No more than twenty entries are looked at.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let entries = header.split(',').take(20).filter_map(|entry| {
            let (range, weight) = match entry.split_once(';') {
                Some((range, parameter)) => {
                    let quality = parameter.trim().strip_prefix("q=")?;
                    (range, quality.trim().parse::<f32>().ok()?)
                }
                None => (entry, 1.0),
            };
            let language = range.trim().split('-').next()?.to_ascii_lowercase();
            let locale = match language.as_str() {
                "zh" => Self::ZhCn,
                "en" => Self::En,
                _ => return None,
            };
            (weight > 0.0).then_some((locale, weight))
        });
        // Among equals the first named counts.
        let best = entries.fold(None, |best: Option<(Self, f32)>, entry| match best {
            Some(known) if known.1 >= entry.1 => Some(known),
            Some(_) | None => Some(entry),
        });
        best.map(|(locale, _)| locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_taken() {
        for (header, wanted) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Locale::ZhCn)),
            ("en-GB,en;q=0.9", Some(Locale::En)),
            ("fr, en;q=0.4, zh;q=0.6", Some(Locale::ZhCn)),
            ("en;q=0.5,zh;q=0.5", Some(Locale::En)),
            ("zh;q=0, en;q=0.1", Some(Locale::En)),
            ("ZH-hans", Some(Locale::ZhCn)),
            ("de, fr;q=0.3", None),
            ("en;q=x", None),
            ("*", None),
            ("", None),
            (",;q=1,;", None),
        ] {
            assert_eq!(Locale::accepted(header), wanted, "{header}");
        }
    }
}
