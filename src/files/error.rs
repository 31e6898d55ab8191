//! Why a file is not taken in, in the words that the person who attached it reads. Why it could not be kept is in
//! `store`.

use thiserror::Error;

use super::kind::FileKind;
use super::picture::{MAX_PIXELS, MAX_SIDE};
use crate::documents::{ArchiveError, EncodingError};

/// Extensions that are taken in, as they are listed to people.
const TAKEN: &str = "pdf、docx、xlsx、pptx、png、jpg、csv 或 txt";

/// A file that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("「{name}」{reason}")]
pub struct FileError {
    /// The file's shown name.
    pub name: String,
    /// What is wrong with it.
    pub reason: FileProblem,
}

/// What is wrong with a file. Each message goes on after the file's name, and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// No bytes, or a text of white space only.
    #[error("是空的：请检查内容后重新上传")]
    Empty,
    /// A kind that is known and not taken in.
    #[error("是{kind}，不能上传：{advice}", kind = .0.shown(), advice = .0.advice())]
    Refused(RefusedKind),
    /// The extension is none of those taken in, or absent.
    #[error("的扩展名（{extension}）不在可以上传的范围内：请另存为 {TAKEN} 后再上传")]
    UnknownExtension {
        /// The extension with its dot, or "没有扩展名".
        extension: String,
    },
    /// The content is of another kind than the extension says.
    #[error(
        "的扩展名表示 {promised}，内容却是 {found}：请把文件名改回原来的，或另存为 {promised}后再上传"
    )]
    Mismatch {
        /// What the extension promises.
        promised: FileKind,
        /// What the bytes are.
        found: FileKind,
    },
    /// The content is nothing that is known, and the extension promises something that is.
    #[error(
        "不是有效的 {promised}：可能已损坏或改错了扩展名，请打开确认并另存为 {promised}后再上传"
    )]
    NotAsPromised {
        /// What the extension promises.
        promised: FileKind,
    },
    /// The file breaks off.
    #[error("不完整，可能没有传完：请打开确认后重新上传")]
    Incomplete,
    /// A second file, or data of no known use, before, inside or behind the first.
    #[error("里夹带了另外的数据（{0}）：请用原来的程序打开，另存为新文件后再上传")]
    TwoFiles(Carried),
    /// A picture too large to be opened safely.
    #[error(
        "的尺寸是 {width}×{height} 像素，太大：每边最多 {MAX_SIDE}，合计最多 {} 万像素。请缩小后再上传",
        MAX_PIXELS / 10_000
    )]
    PictureTooLarge {
        /// Pixels, as the header states them.
        width: u32,
        /// Pixels, as the header states them.
        height: u32,
    },
    /// Office files with program code.
    #[error("含有宏：请另存为不含宏的 docx、xlsx 或 pptx 后再上传")]
    Macros,
    /// A broken or hostile Office file.
    #[error("打不开：{0}")]
    Container(#[from] ArchiveError),
    /// A text that is none, or in no known encoding.
    #[error("读不出来：{0}")]
    Encoding(#[from] EncodingError),
}

/// A kind of file that is recognised, and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedKind {
    /// Office before 2007, WPS's own formats, or an encrypted Office file: an OLE container.
    OldOffice,
    /// Rich text.
    Rtf,
    /// HTML, SVG or other XML: a browser could run what is in it.
    Markup,
    /// A program or a script.
    Program,
    /// A packed archive.
    Archive,
    /// An OFD document (GB/T 33190).
    Ofd,
    /// A picture in a format other than PNG and JPEG.
    OtherPicture,
    /// Sound or film.
    Media,
}

impl RefusedKind {
    const fn shown(self) -> &'static str {
        match self {
            RefusedKind::OldOffice => "旧格式（doc、xls、ppt、wps、et）或加了密码的 Office 文件",
            RefusedKind::Rtf => " RTF 文件",
            RefusedKind::Markup => "网页或矢量图（html、svg、xml）",
            RefusedKind::Program => "程序或脚本",
            RefusedKind::Archive => "压缩包",
            RefusedKind::Ofd => " OFD 版式文件",
            RefusedKind::OtherPicture => " PNG、JPEG 以外的图片",
            RefusedKind::Media => "音频或视频",
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            RefusedKind::OldOffice => {
                "请用 Word、Excel、PowerPoint 或 WPS 打开，另存为不加密的 docx、xlsx 或 pptx 后再上传"
            }
            RefusedKind::Rtf => "请用 Word 或 WPS 打开，另存为 docx 后再上传",
            RefusedKind::Markup => "请打印成 PDF，或截图存为 PNG 后再上传",
            RefusedKind::Program => "请只上传文档、表格和图片",
            RefusedKind::Archive => "请解压后逐个上传里面的文件",
            RefusedKind::Ofd => "请用 OFD 阅读器打开，导出为 PDF 后再上传",
            RefusedKind::OtherPicture => "请另存为 JPEG 或 PNG 后再上传",
            RefusedKind::Media => "请截取画面存为 JPEG，或把文字内容整理成文档后再上传",
        }
    }
}

/// What a file carries besides itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Carried {
    /// A zip, found from the end of the file.
    #[error("压缩包")]
    Zip,
    /// A PDF, found in the first 1,024 bytes.
    #[error("PDF")]
    Pdf,
    /// A web page or script.
    #[error("网页代码")]
    Markup,
    /// A program.
    #[error("程序")]
    Program,
    /// Data behind the end.
    #[error("末尾有多余的内容，或上次没有传完")]
    Tail,
}
