//! What an official document refuses to be.

use super::*;

fn document(body: Vec<Block>, annexes: Vec<Annex>) -> OfficialDocument {
    OfficialDocument {
        mark: None,
        reference: None,
        urgency: None,
        title: "通报".to_owned(),
        recipients: Vec::new(),
        body,
        annexes,
        signature: None,
        imprint: None,
    }
}

fn table(columns: usize, cells: usize) -> Table {
    let column = Column {
        header: "单位".to_owned(),
        share: 1,
        align: Align::Left,
    };
    Table {
        caption: String::new(),
        columns: vec![column; columns],
        rows: vec![vec![], vec![Cell::new("x"); cells]],
    }
}

#[test]
fn a_document_without_title_is_refused() {
    let mut untitled = document(vec![], vec![]);
    assert_eq!(untitled.check(), Ok(()));
    untitled.title = " \n".to_owned();
    assert_eq!(untitled.check(), Err(OfficialDocumentError::NoTitle));
    let annex = Annex {
        title: String::new(),
        content: AnnexContent::File,
    };
    assert_eq!(
        document(vec![], vec![annex]).check(),
        Err(OfficialDocumentError::UntitledAnnex { number: 1 })
    );
}

#[test]
fn a_table_that_word_cannot_hold_is_refused_wherever_it_stands() {
    for (columns, fits) in [(0, false), (1, true), (63, true), (64, false)] {
        let in_body = document(vec![Block::Table(table(columns, 0))], vec![]);
        assert_eq!(in_body.check().is_ok(), fits, "{columns}");
        let annex = Annex {
            title: "台账".to_owned(),
            content: AnnexContent::Pages {
                orientation: Orientation::Landscape,
                blocks: in_body.body,
            },
        };
        let in_annex = document(vec![], vec![annex]);
        assert_eq!(in_annex.check().is_ok(), fits, "{columns}");
    }
}

#[test]
fn cells_beyond_the_last_column_are_refused_and_missing_ones_are_empty() {
    let long = document(vec![Block::Table(table(2, 3))], vec![]);
    let error = long.check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "表格「单位」第 2 行有 3 格，表头只有 2 列：请删去多余的单元格"
    );
    let short = table(3, 1);
    let texts: Vec<&str> = short
        .cells(&short.rows[1])
        .map(|cell| cell.text.as_str())
        .collect();
    assert_eq!(texts, ["x", "", ""]);
}
