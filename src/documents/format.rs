//! What a file claims to be by its name, and what it is by its first bytes. Reading it is the readers' work.

use std::fmt;

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text.
    Txt,
    /// Markdown.
    Md,
    /// Comma-, semicolon- or tab-separated values.
    Csv,
    /// Word, since 2007.
    Docx,
    /// Excel, since 2007.
    Xlsx,
}

impl Format {
    /// The format that the extension of `name` stands for, in any case; `-` (standard input) is text. `None` for any
    /// other name.
    pub fn of_name(name: &str) -> Option<Format> {
        if name == "-" {
            return Some(Format::Txt);
        }
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "txt" => Some(Format::Txt),
            "md" => Some(Format::Md),
            "csv" => Some(Format::Csv),
            "docx" => Some(Format::Docx),
            "xlsx" => Some(Format::Xlsx),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Txt => "txt",
            Format::Md => "md",
            Format::Csv => "csv",
            Format::Docx => "docx",
            Format::Xlsx => "xlsx",
        })
    }
}

/// The extension of `name` fit for a message: with its dot, at most 16 characters, without control characters;
/// "无扩展名" where there is none.
pub fn shown_extension(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, extension)) if !extension.is_empty() => {
            let shown: String = extension
                .chars()
                .filter(|c| !c.is_control())
                .take(16)
                .collect();
            format!(".{shown}")
        }
        _ => "无扩展名".to_owned(),
    }
}

/// What the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A Word package.
    Docx,
    /// An Excel package.
    Xlsx,
    /// A zip of another kind (before it is opened: of any kind).
    Zip,
    /// An OLE container: Office before 2007, or an encrypted package.
    Ole,
    /// PDF.
    Pdf,
    /// A PNG, JPEG or GIF picture.
    Picture,
    /// Rich text.
    Rtf,
    /// None of these: text, or something unknown.
    Other,
}

impl Content {
    /// What the first bytes say. Every zip is [`Content::Zip`]; which package it is shows when it is opened.
    pub fn sniff(bytes: &[u8]) -> Content {
        const MAGIC: [(&[u8], Content); 9] = [
            (b"PK\x03\x04", Content::Zip),
            (b"PK\x05\x06", Content::Zip),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content::Ole),
            (b"%PDF-", Content::Pdf),
            (b"\x89PNG\r\n\x1a\n", Content::Picture),
            (b"\xff\xd8\xff", Content::Picture),
            (b"GIF87a", Content::Picture),
            (b"GIF89a", Content::Picture),
            (b"{\\rtf", Content::Rtf),
        ];
        MAGIC
            .into_iter()
            .find(|(magic, _)| bytes.starts_with(magic))
            .map_or(Content::Other, |(_, content)| content)
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Content::Docx => " docx",
            Content::Xlsx => " xlsx",
            Content::Zip => "压缩包",
            Content::Ole => "旧版 Office 文件",
            Content::Pdf => " PDF",
            Content::Picture => "图片",
            Content::Rtf => " RTF",
            Content::Other => "文本或其他格式",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_in_any_case() {
        assert_eq!(Format::of_name("方案.DOCX"), Some(Format::Docx));
        assert_eq!(Format::of_name("a.b.Md"), Some(Format::Md));
        assert_eq!(Format::of_name("-"), Some(Format::Txt));
        for name in ["", "docx", "a.", "a.doc", "a.docm", "a.docx ", "a.txt/b"] {
            assert_eq!(Format::of_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_shown_extension_is_short_and_clean() {
        assert_eq!(shown_extension("a.wps"), ".wps");
        assert_eq!(shown_extension("a.w\r\nps"), ".wps");
        assert_eq!(shown_extension(&format!("a.{}", "x".repeat(99))).len(), 17);
        assert_eq!(shown_extension("README"), "无扩展名");
        assert_eq!(shown_extension("a."), "无扩展名");
    }
}
