//! Small parts of official documents, as use cases put them together.

use crate::domain::light::Light;
use crate::domain::official_document::{
    Align, Block, Cell, Column, Heading, HeadingLevel, Paragraph,
};

/// A heading.
pub(crate) fn heading(level: HeadingLevel, text: impl Into<String>) -> Block {
    Block::Heading(Heading {
        level,
        text: text.into(),
        run_on: String::new(),
    })
}

/// A paragraph.
pub(crate) fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(Paragraph {
        lead: String::new(),
        text: text.into(),
    })
}

/// A column of a table.
pub(crate) fn column(header: &str, share: u16, align: Align) -> Column {
    Column {
        header: header.to_owned(),
        share,
        align,
    }
}

/// A cell without colour.
pub(crate) fn cell(text: impl ToString) -> Cell {
    Cell {
        text: text.to_string(),
        light: None,
    }
}

/// A cell whose ground repeats a light.
pub(crate) fn coloured(text: impl ToString, light: Option<Light>) -> Cell {
    Cell {
        text: text.to_string(),
        light,
    }
}
