//! The text of Word files: what belongs to it, what does not, headings and tables.

use docx_rs::{Docx, Paragraph, Run, Table, TableCell, TableRow, VMergeType};

use crate::files::{docx, docx_with, read};

fn text(xml: &str) -> String {
    format!("<w:r><w:t>{xml}</w:t></w:r>")
}

fn paragraph(inner: &str) -> String {
    format!("<w:p>{inner}</w:p>")
}

fn read_paragraph(inner: &str) -> Vec<String> {
    read("a.docx", &docx(&paragraph(inner)))
}

#[test]
fn text_is_gathered_from_everything_that_shows_it() {
    let table = [
        ("<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r>", "1 甲\t乙"),
        (
            "<w:r><w:t>a&amp;b&#65;&#x4E2D;&lt;</w:t></w:r>",
            "1 a&bA中<",
        ),
        ("<w:r><w:t><![CDATA[a<b]]></w:t></w:r>", "1 a<b"),
        ("<w:ins><w:r><w:t>加</w:t></w:r></w:ins>", "1 加"),
        ("<w:moveTo><w:r><w:t>移</w:t></w:r></w:moveTo>", "1 移"),
        (
            "<w:hyperlink><w:r><w:t>链</w:t></w:r></w:hyperlink>",
            "1 链",
        ),
        (
            "<w:smartTag><w:smartTag><w:r><w:t>签</w:t></w:r></w:smartTag></w:smartTag>",
            "1 签",
        ),
        (
            "<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t>控</w:t></w:r></w:sdtContent></w:sdt>",
            "1 控",
        ),
        (
            "<w:fldSimple w:instr=\"PAGE\"><w:r><w:t>3</w:t></w:r></w:fldSimple>",
            "1 3",
        ),
        ("<m:oMath><m:r><m:t>≥80%</m:t></m:r></m:oMath>", "1 ≥80%"),
        (
            "<m:oMath><m:f><m:num><m:r><m:t>2</m:t></m:r></m:num><m:den><m:r><m:t>3</m:t></m:r></m:den></m:f></m:oMath>",
            "1 2/3",
        ),
        (
            "<w:r><w:t>2026</w:t><w:noBreakHyphen/><w:t>27</w:t></w:r>",
            "1 2026-27",
        ),
        (
            "<w:r><w:sym w:font=\"Arial\" w:char=\"2460\"/><w:t>项</w:t></w:r>",
            "1 ①项",
        ),
        ("<w:r><w:t>换\n行</w:t></w:r>", "1 换 行"),
        (
            "<w:ruby><w:rt><w:r><w:t>zhong</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>中</w:t></w:r></w:rubyBase></w:ruby>",
            "1 中",
        ),
    ];
    for (inner, expected) in table {
        assert_eq!(read_paragraph(inner), [expected], "{inner}");
    }
}

#[test]
fn what_a_reader_does_not_see_is_left_out() {
    let shown = text("留");
    for hidden in [
        "<w:del><w:r><w:delText>删</w:delText><w:t>删</w:t></w:r></w:del>",
        "<w:moveFrom><w:r><w:t>删</w:t></w:r></w:moveFrom>",
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r>",
        "<w:r><w:instrText>PAGE</w:instrText></w:r>",
        "<w:r><w:footnoteReference w:id=\"1\"/><w:commentReference w:id=\"1\"/></w:r>",
        "<w:r><w:drawing><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent></w:drawing></w:r>",
        "<w:r><w:pict><v:textbox><w:t>框</w:t></v:textbox></w:pict></w:r>",
        "<w:r><w:object><o:OLEObject/></w:object></w:r>",
        "<w:r><mc:AlternateContent><mc:Choice><w:drawing/></mc:Choice><mc:Fallback><w:t>旧</w:t></mc:Fallback></mc:AlternateContent></w:r>",
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>单击此处输入文字</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:r><w:sym w:font=\"Wingdings\" w:char=\"F0FE\"/></w:r>",
    ] {
        assert_eq!(
            read_paragraph(&format!("{hidden}{shown}")),
            ["1 留"],
            "{hidden}"
        );
    }
    let off = "<w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>显</w:t></w:r>";
    assert_eq!(read_paragraph(off), ["1 显"]);
}

#[test]
fn fields_give_their_result_not_their_code() {
    let field = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let (begin, separate, end) = (field("begin"), field("separate"), field("end"));
    let nested = [
        &text("第"),
        &begin,
        &text("码"),
        &begin,
        &separate,
        &text("内"),
        &end,
        &separate,
        &text("3"),
        &end,
        &text("页"),
    ]
    .map(String::as_str)
    .concat();
    assert_eq!(read_paragraph(&nested), ["1 第3页"]);
    // A field that never ends hides nothing beyond its paragraph.
    let open = paragraph(&format!("{begin}{}", text("码"))) + &paragraph(&text("后文"));
    assert_eq!(read("a.docx", &docx(&open)), ["2 后文"]);
}

#[test]
fn a_line_break_ends_a_line_and_blank_paragraphs_count() {
    let body = [
        paragraph("<w:r><w:t>关于印发</w:t><w:br/><w:t>方案的通知</w:t></w:r>"),
        paragraph(""),
        paragraph(&text("　　正文　")),
    ]
    .concat();
    assert_eq!(
        read("a.docx", &docx(&body)),
        ["1 关于印发", "1 方案的通知", "3 正文"]
    );
}

#[test]
fn a_paragraph_whose_end_was_deleted_runs_on() {
    let cut = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>";
    let body = paragraph(&format!("{cut}{}", text("前半，"))) + &paragraph(&text("后半。"));
    assert_eq!(read("a.docx", &docx(&body)), ["2 前半，后半。"]);
    let last = paragraph(&format!("{cut}{}", text("末段")));
    assert_eq!(read("a.docx", &docx(&last)), ["1 末段"]);
}

#[test]
fn headings_are_told_by_outline_level_or_by_the_name_of_their_style() {
    let styles = r#"
        <w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>
        <w:style w:type="paragraph" w:styleId="b"><w:name w:val="标题 2"/></w:style>
        <w:style w:type="paragraph" w:styleId="own"><w:basedOn w:val="b"/></w:style>
        <w:style w:type="paragraph" w:styleId="out"><w:pPr><w:outlineLvl w:val="3"/></w:pPr></w:style>
        <w:style w:type="character" w:styleId="c"><w:name w:val="heading 5"/></w:style>
        <w:style w:type="paragraph" w:styleId="t1"><w:name w:val="toc 1"/></w:style>"#;
    let styled =
        |properties: &str| paragraph(&format!("<w:pPr>{properties}</w:pPr>{}", text("题")));
    let body = [
        styled("<w:pStyle w:val=\"1\"/>"),
        styled("<w:pStyle w:val=\"own\"/>"),
        styled("<w:pStyle w:val=\"out\"/>"),
        styled("<w:pStyle w:val=\"1\"/><w:outlineLvl w:val=\"9\"/>"),
        styled("<w:outlineLvl w:val=\"0\"/>"),
        styled("<w:pStyle w:val=\"c\"/>"),
        styled("<w:pStyle w:val=\"t1\"/>"),
        styled(""),
    ]
    .concat();
    assert_eq!(
        read("a.docx", &docx_with(&body, styles, "")),
        [
            "1#1 题", "2#2 题", "3#4 题", "4 题", "5#1 题", "6 题", "8 题"
        ]
    );
}

#[test]
fn blocks_inside_wrappers_are_read_and_tables_of_contents_are_not() {
    let body = format!(
        "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt><w:customXml>{}</w:customXml>\
         <w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>{}",
        paragraph(&text("甲")),
        paragraph(&text("乙")),
        paragraph(&text("单击此处")),
        paragraph(&text("丙")),
    );
    assert_eq!(read("a.docx", &docx(&body)), ["1 甲", "2 乙", "3 丙"]);
}

fn cell(properties: &str, inner: &str) -> String {
    format!("<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>")
}

fn row(cells: &[String]) -> String {
    format!("<w:tr>{}</w:tr>", cells.concat())
}

#[test]
fn merged_cells_of_a_table_are_carried() {
    let plain = |words: &str| cell("", &paragraph(&text(words)));
    let body = [
        paragraph(&text("前")),
        "<w:tbl><w:tblPr/><w:tblGrid/>".to_owned(),
        row(&[
            cell("<w:gridSpan w:val=\"2\"/>", &paragraph(&text("单位"))),
            plain("时限"),
        ]),
        row(&[
            cell("<w:vMerge w:val=\"restart\"/>", &paragraph(&text("基教科"))),
            plain("一校"),
            plain("6月"),
        ]),
        row(&[cell("<w:vMerge/>", "<w:p/>"), plain("二校"), plain("7月")]),
        row(&[plain(""), plain(""), plain("")]),
        row(&[plain("人事科"), plain("三校"), plain("8月")]),
        "</w:tbl>".to_owned(),
        paragraph(&text("后")),
    ]
    .concat();
    assert_eq!(
        read("a.docx", &docx(&body)),
        [
            "1 前",
            "2| 单位 | 单位 | 时限",
            "3| 基教科 | 一校 | 6月",
            "4| 基教科 | 二校 | 7月",
            "6| 人事科 | 三校 | 8月",
            "7 后"
        ]
    );
}

#[test]
fn a_cell_keeps_its_paragraphs_and_nested_tables_as_lines() {
    let inner = format!(
        "<w:tbl>{}{}</w:tbl>",
        row(&[
            cell("", &paragraph(&text("1"))),
            cell("", &paragraph(&text("2")))
        ]),
        row(&[cell("", &paragraph(&text("3"))), cell("", "<w:p/>")]),
    );
    let outer = [
        paragraph(&text("甲")),
        paragraph("<w:r><w:t>乙</w:t><w:br/><w:t>丙</w:t></w:r>"),
        inner,
        "<w:p/>".to_owned(),
    ]
    .concat();
    let body = format!("<w:tbl>{}</w:tbl>", row(&[cell("", &outer)]));
    assert_eq!(read("a.docx", &docx(&body)), ["1| 甲\n乙\n丙\n1 2\n3"]);
}

#[test]
fn deleted_rows_are_left_out_and_skipped_columns_stay_empty() {
    let body = format!(
        "<w:tbl><w:tr><w:trPr><w:del/></w:trPr>{0}</w:tr><w:tr><w:trPr><w:gridBefore w:val=\"1\"/></w:trPr>{0}</w:tr></w:tbl>",
        cell("", &paragraph(&text("甲")))
    );
    assert_eq!(read("a.docx", &docx(&body)), ["2|  | 甲"]);
}

#[test]
fn a_file_written_by_a_library_is_read() {
    let plain = |words: &str| {
        TableCell::new().add_paragraph(Paragraph::new().add_run(Run::new().add_text(words)))
    };
    let table = Table::new(vec![
        TableRow::new(vec![
            plain("学校").vertical_merge(VMergeType::Restart),
            plain("一").grid_span(2),
        ]),
        TableRow::new(vec![
            plain("").vertical_merge(VMergeType::Continue),
            plain("二"),
            plain("三"),
        ]),
    ]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    Docx::new()
        .add_paragraph(Paragraph::new().add_run(Run::new().add_text("关于<作业>管理的方案")))
        .add_table(table)
        .build()
        .pack(&mut bytes)
        .unwrap();
    assert_eq!(
        read("a.docx", &bytes.into_inner()),
        [
            "1 关于<作业>管理的方案",
            "2| 学校 | 一 | 一",
            "3| 学校 | 二 | 三"
        ]
    );
}
