//! Why a file could not be read, in the words that a clerk sees. Problems inside a readable units file are in `units`.

use thiserror::Error;

use super::archive::ArchiveError;
use super::encoding::EncodingError;
use super::format::{Content, Format};
use super::limits::{MAX_COLUMNS, MAX_DEFINITIONS, MAX_FILE_BYTES, MAX_ITEMS, MAX_TEXT_BYTES, MIB};
use super::xml::XmlError;

/// Why a file gave no document. The messages are Chinese and say what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// No bytes, only white space, or a docx or xlsx without any text.
    #[error("文件里没有文字。如果内容是图片、文本框或扫描件，请改成可编辑的文字后再上传")]
    Empty,
    /// More bytes than `MAX_FILE_BYTES`.
    #[error("文件太大：最多 {} MB。请删去图片和附件后再上传", MAX_FILE_BYTES / MIB)]
    TooLarge,
    /// The name has no extension that is read.
    #[error("不能读取「{extension}」文件：请另存为 {expected} 后再上传")]
    UnknownExtension {
        /// The extension with its dot, shortened, or "无扩展名".
        extension: String,
        /// The extensions read in this place.
        expected: &'static str,
    },
    /// Word, Excel or WPS before 2007, or protected by a password: an OLE container either way.
    #[error(
        "这是旧格式（.doc、.xls、.wps、.et）或加了密码的文件：请用 Word、Excel 或 WPS 打开，另存为不加密的 docx 或 xlsx 后再上传"
    )]
    OldOffice,
    /// The content is not what the name says.
    #[error(
        "文件名的扩展名是 {format}，内容却是{content}：请确认文件没有改错名，或另存为 {format} 后再上传"
    )]
    Mismatch {
        /// What the name promises.
        format: Format,
        /// What the bytes are.
        content: Content,
    },
    /// A document with a VBA project.
    #[error("文件里含有宏：请另存为不含宏的 docx 或 xlsx 后再上传")]
    Macros,
    /// Text that is no text, or in no known encoding.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The zip container is broken or hostile.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A part that the format needs is absent.
    #[error("文件不完整，缺少 {0}：请用 Word、Excel 或 WPS 打开并重新保存后再上传")]
    MissingPart(String),
    /// A part is no XML, or hostile XML.
    #[error("文件里的 {part} 读不出来：{source}。请用 Word、Excel 或 WPS 打开并重新保存后再上传")]
    Xml {
        /// The part's name inside the container.
        part: String,
        /// What is wrong with it.
        source: XmlError,
    },
    /// More than `MAX_ITEMS` paragraphs and cells.
    #[error("文件内容太多：段落和单元格合计最多 {MAX_ITEMS} 个。请拆成几个文件")]
    TooManyItems,
    /// More than `MAX_DEFINITIONS` styles or lists.
    #[error(
        "文件里的样式或编号列表太多：各最多 {MAX_DEFINITIONS} 个。请把正文复制到一个新文件后再上传"
    )]
    TooManyDefinitions,
    /// More than `MAX_TEXT_BYTES` of text.
    #[error("文件文字太多：最多 {} MB。请拆成几个文件", MAX_TEXT_BYTES / MIB)]
    TooMuchText,
    /// A table row wider than `MAX_COLUMNS`.
    #[error("{place}的内容超出了 {MAX_COLUMNS} 列：请删去多余的列")]
    TooManyColumns {
        /// "第 3 行", or "单元格 XFD1048576 ".
        place: String,
    },
    /// A cell that cannot be read for certain.
    #[error("工作表「{sheet}」的单元格 {cell} 读不出来：{reason}")]
    Cell {
        /// The sheet's name.
        sheet: String,
        /// The cell, such as `B3`.
        cell: String,
        /// What is wrong, and what to do.
        reason: CellProblem,
    },
}

/// What is wrong with one cell of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CellProblem {
    /// A formula that was never computed.
    #[error("公式还没有计算结果，请用 Excel 或 WPS 打开并保存一次")]
    NotComputed,
    /// An index outside the shared strings.
    #[error("它引用的文字不存在，请用 Excel 或 WPS 打开并重新保存")]
    MissingString,
    /// A number that is no number.
    #[error("数字写法不对，请重新填写")]
    Number,
    /// A date outside the years that the sheet's date system knows.
    #[error("日期超出范围，请重新填写")]
    Date,
    /// A cell reference that is none, such as `A0`.
    #[error("单元格编号不对，请用 Excel 或 WPS 打开并重新保存")]
    Reference,
}
