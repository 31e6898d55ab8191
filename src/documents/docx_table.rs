//! Laying out the cells of a Word table on its grid: spans to the right are repeated, cells merged downwards carried
//! down. Reading the cells' text is `docx`'s work.

use super::error::DocumentError;
use super::limits::{Allowance, MAX_COLUMNS};

/// How a cell takes part in a vertical merge (`w:vMerge`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerticalMerge {
    /// A cell of its own.
    #[default]
    None,
    /// The first cell of a merge.
    Restart,
    /// Shows what stands above it.
    Continue,
}

/// How a cell takes part in a horizontal merge of old files (`w:hMerge`); newer ones span instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HorizontalMerge {
    /// A cell of its own, or the first of a merge.
    #[default]
    None,
    /// Shows what stands left of it.
    Continue,
}

/// A cell as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its text.
    pub text: String,
    /// Grid columns that it covers, at least 1.
    pub span: usize,
    /// Its part in a vertical merge.
    pub vertical: VerticalMerge,
    /// Its part in a horizontal merge.
    pub horizontal: HorizontalMerge,
}

/// The grid of one table while its rows are read.
#[derive(Debug, Default)]
pub struct Grid {
    /// By grid column: the text that a continuing cell in the next row shows.
    above: Vec<Option<String>>,
}

impl Grid {
    /// The next row, one text per grid column; `skipped` columns stand empty before the first cell (`w:gridBefore`).
    /// `line` is the row's number, for errors.
    ///
    /// # Errors
    /// [`DocumentError::TooManyColumns`]; what [`Allowance::take`] returns, copies included.
    pub fn lay_out(
        &mut self,
        line: usize,
        skipped: usize,
        cells: Vec<Cell>,
        allowance: &mut Allowance,
    ) -> Result<Vec<String>, DocumentError> {
        if skipped > MAX_COLUMNS {
            return Err(too_many_columns(line));
        }
        let mut row = vec![String::new(); skipped];
        let mut above: Vec<Option<String>> = vec![None; skipped];
        for cell in cells {
            let column = row.len();
            if cell.span > MAX_COLUMNS - column.min(MAX_COLUMNS) {
                return Err(too_many_columns(line));
            }
            let carried = match (cell.vertical, cell.horizontal) {
                (VerticalMerge::Continue, _) => self.above.get(column).cloned().flatten(),
                (_, HorizontalMerge::Continue) => row.last().cloned(),
                _ => None,
            };
            let text = carried.unwrap_or(cell.text);
            let kept = (cell.vertical != VerticalMerge::None).then(|| text.clone());
            for _ in 0..cell.span {
                allowance.take(&text)?;
                row.push(text.clone());
                above.push(kept.clone());
            }
        }
        self.above = above;
        Ok(row)
    }
}

/// The row at `line` is wider than [`MAX_COLUMNS`].
pub fn too_many_columns(line: usize) -> DocumentError {
    DocumentError::TooManyColumns {
        place: format!("第 {line} 段的表格行"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, span: usize, vertical: VerticalMerge) -> Cell {
        Cell {
            text: text.to_owned(),
            span,
            vertical,
            horizontal: HorizontalMerge::None,
        }
    }

    #[test]
    fn merged_cells_are_carried_down_and_right() {
        use VerticalMerge::{Continue, None, Restart};
        let mut grid = Grid::default();
        let mut lay_out = |cells| grid.lay_out(1, 0, cells, &mut Allowance::whole()).unwrap();
        assert_eq!(
            lay_out(vec![cell("甲", 2, Restart), cell("1", 1, None)]),
            ["甲", "甲", "1"]
        );
        assert_eq!(
            lay_out(vec![cell("", 2, Continue), cell("2", 1, None)]),
            ["甲", "甲", "2"]
        );
        // A continuing cell under a cell that is no merge shows its own text.
        assert_eq!(
            lay_out(vec![cell("乙", 2, None), cell("丙", 1, Continue)]),
            ["乙", "乙", "丙"]
        );
        assert_eq!(lay_out(vec![cell("", 2, Continue)]), ["", ""]);
    }

    #[test]
    fn a_row_wider_than_the_limit_is_refused() {
        let mut grid = Grid::default();
        let wide = vec![
            cell("", MAX_COLUMNS, VerticalMerge::None),
            cell("", 1, VerticalMerge::None),
        ];
        let refused = grid.lay_out(7, 0, wide, &mut Allowance::whole());
        assert!(matches!(refused, Err(DocumentError::TooManyColumns { .. })));
        let huge = vec![cell("", usize::MAX, VerticalMerge::None)];
        assert!(grid.lay_out(7, 1, huge, &mut Allowance::whole()).is_err());
        assert!(
            grid.lay_out(7, usize::MAX, vec![], &mut Allowance::whole())
                .is_err()
        );
    }
}
