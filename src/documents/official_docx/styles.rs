//! The types and paragraph styles of GB/T 9704-2012 (`styles.xml`, `fontTable.xml`). What is set in which style is
//! decided by the files that write the text.

use super::page::{BODY_SIZE, CHARACTER, LINE, NUMBER_LINE, TIGHTER};
use crate::documents::xml_out::XmlOut;

/// The XML namespace of Word's parts.
pub(super) const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// A typeface of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// 仿宋: the body.
    FangSong,
    /// 楷体: headings of the second rank.
    Kai,
    /// 黑体: headings of the first rank, head rows.
    Hei,
    /// 宋体: page numbers.
    Song,
    /// 小标宋: titles and the red head.
    XiaoBiaoSong,
}

impl Face {
    const ALL: [Self; 5] = [
        Self::FangSong,
        Self::Kai,
        Self::Hei,
        Self::Song,
        Self::XiaoBiaoSong,
    ];

    /// The font as offices have it installed.
    pub(super) const fn font(self) -> &'static str {
        match self {
            Self::FangSong => "仿宋_GB2312",
            Self::Kai => "楷体_GB2312",
            Self::Hei => "黑体",
            Self::Song => "宋体",
            Self::XiaoBiaoSong => "方正小标宋简体",
        }
    }

    /// What takes its place on machines without it: what Windows, or Office, brings along.
    const fn stand_in(self) -> &'static str {
        match self {
            Self::FangSong => "仿宋",
            Self::Kai => "楷体",
            Self::Hei => "SimHei",
            Self::Song => "SimSun",
            Self::XiaoBiaoSong => "华文中宋",
        }
    }

    /// PANOSE-1 and family, by which a machine that has neither chooses.
    const fn likeness(self) -> (&'static str, &'static str) {
        match self {
            Self::FangSong | Self::Kai => ("02010609030101010101", "modern"),
            Self::Hei => ("02010609060101010101", "modern"),
            Self::Song => ("02010600030101010101", "auto"),
            Self::XiaoBiaoSong => ("02010601030101010101", "auto"),
        }
    }
}

/// How the lines of a style lie.
#[derive(Debug, Clone, Copy)]
enum Lines {
    /// One above the other at this distance, whatever the font.
    Exact(u32),
    /// As high as the type.
    Loose,
}

/// A paragraph style.
struct Style {
    id: &'static str,
    name: &'static str,
    face: Face,
    /// Half points.
    size: u32,
    align: &'static str,
    /// Whether the first line begins two characters in.
    is_indented: bool,
    lines: Lines,
    /// The rank in the outline, from 0, of a style that stays with the paragraph below it.
    outline: Option<u8>,
    is_red: bool,
}

const BODY: Style = Style {
    id: "Body",
    name: "公文正文",
    face: Face::FangSong,
    size: BODY_SIZE,
    align: "both",
    is_indented: true,
    lines: Lines::Exact(LINE),
    outline: None,
    is_red: false,
};

const FLUSH: Style = Style {
    id: "Flush",
    name: "公文顶格",
    is_indented: false,
    align: "left",
    ..BODY
};

/// 二号, in half points.
const TITLE_SIZE: u32 = 44;
/// 四号, in half points.
const SMALL_SIZE: u32 = 28;

const STYLES: [Style; 18] = [
    BODY,
    FLUSH,
    Style {
        id: "Heading1",
        name: "heading 1",
        face: Face::Hei,
        outline: Some(0),
        ..BODY
    },
    Style {
        id: "Heading2",
        name: "heading 2",
        face: Face::Kai,
        outline: Some(1),
        ..BODY
    },
    Style {
        id: "Heading3",
        name: "heading 3",
        outline: Some(2),
        ..BODY
    },
    Style {
        id: "Mark",
        name: "发文机关标志",
        face: Face::XiaoBiaoSong,
        size: TITLE_SIZE,
        align: "center",
        is_red: true,
        ..FLUSH
    },
    Style {
        id: "Urgency",
        name: "紧急程度",
        face: Face::Hei,
        ..FLUSH
    },
    Style {
        id: "Reference",
        name: "发文字号",
        align: "center",
        ..FLUSH
    },
    Style {
        id: "Title",
        name: "Title",
        face: Face::XiaoBiaoSong,
        size: TITLE_SIZE,
        align: "center",
        lines: Lines::Exact(LINE),
        ..FLUSH
    },
    Style {
        id: "AnnexLabel",
        name: "附件顺序号",
        face: Face::Hei,
        ..FLUSH
    },
    Style {
        id: "Note",
        name: "附件说明",
        align: "both",
        ..FLUSH
    },
    Style {
        id: "Signature",
        name: "Signature",
        align: "right",
        ..FLUSH
    },
    Style {
        id: "TableCaption",
        name: "caption",
        face: Face::Hei,
        size: 24,
        align: "center",
        ..FLUSH
    },
    Style {
        id: "TableHead",
        name: "表头",
        face: Face::Hei,
        size: 24,
        align: "center",
        lines: Lines::Loose,
        ..FLUSH
    },
    Style {
        id: "TableCell",
        name: "表格文字",
        size: 24,
        lines: Lines::Loose,
        ..FLUSH
    },
    Style {
        id: "FinePrint",
        name: "小字说明",
        size: 18,
        lines: Lines::Loose,
        ..FLUSH
    },
    Style {
        id: "Imprint",
        name: "版记",
        size: SMALL_SIZE,
        lines: Lines::Exact(480),
        ..FLUSH
    },
    Style {
        id: "Footer",
        name: "footer",
        face: Face::Song,
        size: SMALL_SIZE,
        lines: Lines::Exact(NUMBER_LINE),
        ..FLUSH
    },
];

/// `styles.xml`.
pub(super) fn styles_part() -> String {
    XmlOut::part("w:styles", &[("xmlns:w", &WORD)], |xml| {
        xml.element("w:docDefaults", &[], |xml| {
            xml.element("w:rPrDefault", &[], |xml| {
                xml.element("w:rPr", &[], |xml| {
                    write_fonts(xml, Face::FangSong);
                    write_size(xml, BODY_SIZE);
                    let languages: [(&str, &dyn std::fmt::Display); 2] =
                        [("w:val", &"en-US"), ("w:eastAsia", &"zh-CN")];
                    xml.leaf("w:lang", &languages);
                });
            });
            xml.leaf("w:pPrDefault", &[]);
        });
        write_normal(xml);
        write_plain_table(xml);
        for style in &STYLES {
            write_style(xml, style);
        }
    })
}

/// Normal carries the size that the grid is measured against, and keeps to the grid by its own measures: the page's grid
/// says the same, but Word alone lets characters that are wider than its cells share them, others give each two. No
/// lone-line control, which would leave lines empty; no extra room between Chinese and Latin.
fn write_normal(xml: &mut XmlOut) {
    let attributes: [(&str, &dyn std::fmt::Display); 3] = [
        ("w:type", &"paragraph"),
        ("w:default", &1),
        ("w:styleId", &"Normal"),
    ];
    xml.element("w:style", &attributes, |xml| {
        xml.leaf("w:name", &[("w:val", &"Normal")]);
        xml.leaf("w:qFormat", &[]);
        xml.element("w:pPr", &[], |xml| {
            xml.leaf("w:widowControl", &[("w:val", &0)]);
            xml.leaf("w:autoSpaceDE", &[("w:val", &0)]);
            xml.leaf("w:autoSpaceDN", &[("w:val", &0)]);
            xml.leaf("w:snapToGrid", &[("w:val", &0)]);
            xml.leaf("w:spacing", &[("w:line", &LINE), ("w:lineRule", &"exact")]);
            xml.leaf("w:jc", &[("w:val", &"both")]);
        });
        xml.element("w:rPr", &[], |xml| {
            write_fonts(xml, Face::FangSong);
            xml.leaf("w:spacing", &[("w:val", &TIGHTER)]);
            write_size(xml, BODY_SIZE);
        });
    });
}

fn write_plain_table(xml: &mut XmlOut) {
    let attributes: [(&str, &dyn std::fmt::Display); 3] = [
        ("w:type", &"table"),
        ("w:default", &1),
        ("w:styleId", &"TableNormal"),
    ];
    xml.element("w:style", &attributes, |xml| {
        xml.leaf("w:name", &[("w:val", &"Normal Table")]);
        xml.element("w:tblPr", &[], |xml| {
            xml.element("w:tblCellMar", &[], |xml| {
                for side in ["w:left", "w:right"] {
                    xml.leaf(side, &[("w:w", &70), ("w:type", &"dxa")]);
                }
            });
        });
    });
}

fn write_style(xml: &mut XmlOut, style: &Style) {
    let attributes: [(&str, &dyn std::fmt::Display); 2] =
        [("w:type", &"paragraph"), ("w:styleId", &style.id)];
    xml.element("w:style", &attributes, |xml| {
        xml.leaf("w:name", &[("w:val", &style.name)]);
        xml.leaf("w:basedOn", &[("w:val", &"Normal")]);
        if style.outline.is_some() {
            xml.leaf("w:next", &[("w:val", &BODY.id)]);
        }
        xml.leaf("w:qFormat", &[]);
        xml.element("w:pPr", &[], |xml| {
            if style.outline.is_some() {
                xml.leaf("w:keepNext", &[]);
            }
            match style.lines {
                Lines::Exact(line) => {
                    xml.leaf("w:spacing", &[("w:line", &line), ("w:lineRule", &"exact")])
                }
                Lines::Loose => xml.leaf("w:spacing", &[("w:line", &240), ("w:lineRule", &"auto")]),
            }
            if style.is_indented {
                let first_line = 2 * CHARACTER;
                xml.leaf(
                    "w:ind",
                    &[("w:firstLineChars", &200), ("w:firstLine", &first_line)],
                );
            }
            xml.leaf("w:jc", &[("w:val", &style.align)]);
            if let Some(level) = style.outline {
                xml.leaf("w:outlineLvl", &[("w:val", &level)]);
            }
        });
        xml.element("w:rPr", &[], |xml| {
            write_fonts(xml, style.face);
            if style.is_red {
                xml.leaf("w:color", &[("w:val", &"FF0000")]);
            }
            let spacing = if style.size == BODY_SIZE { TIGHTER } else { 0 };
            xml.leaf("w:spacing", &[("w:val", &spacing)]);
            write_size(xml, style.size);
        });
    });
}

fn write_fonts(xml: &mut XmlOut, face: Face) {
    let font = face.font();
    xml.leaf(
        "w:rFonts",
        &[
            ("w:ascii", &font),
            ("w:eastAsia", &font),
            ("w:hAnsi", &font),
            ("w:cs", &font),
        ],
    );
}

/// A size in half points.
pub(super) fn write_size(xml: &mut XmlOut, size: u32) {
    xml.leaf("w:sz", &[("w:val", &size)]);
    xml.leaf("w:szCs", &[("w:val", &size)]);
}

/// The run properties of text in another face than its style's.
pub(super) fn write_face(xml: &mut XmlOut, face: Face) {
    let font = face.font();
    xml.leaf(
        "w:rFonts",
        &[
            ("w:hint", &"eastAsia"),
            ("w:ascii", &font),
            ("w:eastAsia", &font),
            ("w:hAnsi", &font),
            ("w:cs", &font),
        ],
    );
}

/// `fontTable.xml`: the fonts with what stands in for them. None is embedded.
pub(super) fn fonts_part() -> String {
    XmlOut::part("w:fonts", &[("xmlns:w", &WORD)], |xml| {
        for face in Face::ALL {
            let (panose, family) = face.likeness();
            xml.element("w:font", &[("w:name", &face.font())], |xml| {
                xml.leaf("w:altName", &[("w:val", &face.stand_in())]);
                xml.leaf("w:panose1", &[("w:val", &panose)]);
                // 134, GB 2312.
                xml.leaf("w:charset", &[("w:val", &"86")]);
                xml.leaf("w:family", &[("w:val", &family)]);
                xml.leaf("w:pitch", &[("w:val", &"default")]);
            });
        }
    })
}
