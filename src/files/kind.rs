//! The kinds of files that are taken in, with their names in all places: code, extension, media type. Which kind some
//! bytes are is decided in `check`.

use std::fmt;

/// A kind of file that may be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// PDF.
    Pdf,
    /// Word, since 2007, without macros.
    Docx,
    /// Excel, since 2007, without macros.
    Xlsx,
    /// PowerPoint, since 2007, without macros.
    Pptx,
    /// A PNG picture.
    Png,
    /// A JPEG picture.
    Jpeg,
    /// A table as text.
    Csv,
    /// Plain text.
    Txt,
}

impl FileKind {
    /// All kinds, in the order in which they are listed to people.
    pub const ALL: [FileKind; 8] = [
        FileKind::Pdf,
        FileKind::Docx,
        FileKind::Xlsx,
        FileKind::Pptx,
        FileKind::Png,
        FileKind::Jpeg,
        FileKind::Csv,
        FileKind::Txt,
    ];

    /// The stable code, as stored and as programs see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileKind::Pdf => "pdf",
            FileKind::Docx => "docx",
            FileKind::Xlsx => "xlsx",
            FileKind::Pptx => "pptx",
            FileKind::Png => "png",
            FileKind::Jpeg => "jpeg",
            FileKind::Csv => "csv",
            FileKind::Txt => "txt",
        }
    }

    /// The kind with the code `code`; `None` for any other text.
    pub fn of_code(code: &str) -> Option<FileKind> {
        FileKind::ALL.into_iter().find(|kind| kind.as_str() == code)
    }

    /// The usual extension, without dot.
    pub const fn extension(self) -> &'static str {
        match self {
            FileKind::Jpeg => "jpg",
            FileKind::Pdf
            | FileKind::Docx
            | FileKind::Xlsx
            | FileKind::Pptx
            | FileKind::Png
            | FileKind::Csv
            | FileKind::Txt => self.as_str(),
        }
    }

    /// The kind that an extension (without dot, in any case) promises; `None` for one that is not taken in.
    pub fn of_extension(extension: &str) -> Option<FileKind> {
        let extension = extension.to_ascii_lowercase();
        match extension.as_str() {
            "jpeg" => Some(FileKind::Jpeg),
            extension => FileKind::ALL
                .into_iter()
                .find(|kind| kind.extension() == extension),
        }
    }

    /// The media type for a download (IANA). Texts name no charset: it is not kept.
    pub const fn media_type(self) -> &'static str {
        match self {
            FileKind::Pdf => "application/pdf",
            FileKind::Docx => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            FileKind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            FileKind::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            FileKind::Png => "image/png",
            FileKind::Jpeg => "image/jpeg",
            FileKind::Csv => "text/csv",
            FileKind::Txt => "text/plain",
        }
    }
}

/// The kind as a clerk calls it.
impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileKind::Pdf => "PDF 文件",
            FileKind::Docx => "Word 文件（docx）",
            FileKind::Xlsx => "Excel 文件（xlsx）",
            FileKind::Pptx => "PowerPoint 文件（pptx）",
            FileKind::Png => "PNG 图片",
            FileKind::Jpeg => "JPEG 图片",
            FileKind::Csv => "表格文本（csv）",
            FileKind::Txt => "文本（txt）",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_extensions_lead_back_to_their_kind() {
        for kind in FileKind::ALL {
            assert_eq!(FileKind::of_code(kind.as_str()), Some(kind));
            assert_eq!(FileKind::of_extension(kind.extension()), Some(kind));
            assert_eq!(
                FileKind::of_extension(&kind.extension().to_uppercase()),
                Some(kind)
            );
        }
        assert_eq!(FileKind::of_extension("JPEG"), Some(FileKind::Jpeg));
        for extension in [
            "", "doc", "xls", "docm", "html", "svg", "exe", "zip", "pdf ",
        ] {
            assert_eq!(FileKind::of_extension(extension), None, "{extension:?}");
        }
        assert_eq!(FileKind::of_code("PDF"), None);
        assert_eq!(FileKind::of_code("jpg"), None);
    }
}
