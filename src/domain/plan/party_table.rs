//! Measures in a table: which row is the header, what its columns mean, and a measure for each row below.
//! Merged cells were carried down by the reader of the file, so a repeated cell may be one cell.

use super::document::{Table, TableRow};
use super::measure::Draft;
use super::parties::{Parties, Role, read_cell};
use super::problem::{Problem, ProblemKind};
use super::punctuation::{Text, any_at, contains_any, ends_with_any};
use super::unit_name::trim;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Number,
    /// The class of the work (类别, 板块): a heading of its rows.
    Class,
    Task,
    Detail,
    Indicator,
    Units(Role),
    Limit,
    /// 备注, persons, progress: not read.
    Other,
}

/// A work list: its columns and the rows that hold measures.
#[derive(Debug)]
pub(crate) struct PartyTable<'a> {
    columns: Vec<Option<Column>>,
    rows: &'a [TableRow],
}

/// What a table is to the plan reader.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    Measures(PartyTable<'a>),
    /// It lists work, but the header was not understood.
    Unclear(Problem),
    /// It is about something else.
    Nothing,
}

/// Rows that may stand above the header: titles and notes.
const MAX_ROWS_ABOVE: usize = 8;

/// Finds the header of a table. A table with units in its header but no work (or the other way round) is
/// unclear; one with neither is none of the plan reader's business.
pub(crate) fn find_table(table: &Table) -> Found<'_> {
    let mut header: Option<(usize, Vec<Option<Column>>)> = None;
    for (at, row) in table.rows.iter().enumerate().take(MAX_ROWS_ABOVE) {
        let columns = columns_of(row);
        let known = columns.iter().flatten().count();
        let is_uniform = row.cells.iter().all(|cell| Some(cell) == row.cells.first());
        match &mut header {
            None if known >= 2 && !is_uniform && is_header(row) => header = Some((at, columns)),
            // The second row of a double header tells 责任分工 apart into 牵头单位 and 配合单位.
            Some((last, above)) if *last + 1 == at && known >= 2 && is_header(row) => {
                for (own, above) in columns.iter().zip(above.iter_mut()) {
                    *above = own.or(*above);
                }
                *last = at;
            }
            _ => {}
        }
    }
    let first_row = table.rows.first();
    let Some((at, columns)) = header else {
        let is_list = table.rows.len() > 2
            && table
                .rows
                .iter()
                .take(MAX_ROWS_ABOVE)
                .flat_map(|row| &row.cells)
                .any(|cell| mentions_units(cell));
        return match first_row.filter(|_| is_list) {
            Some(row) => Found::Unclear(unclear(row)),
            None => Found::Nothing,
        };
    };
    let has = |wanted: fn(Column) -> bool| columns.iter().flatten().any(|column| wanted(*column));
    let has_work = has(|column| matches!(column, Column::Task | Column::Detail));
    let has_units = has(|column| matches!(column, Column::Units(_)));
    let rows = table.rows.get(at + 1..).unwrap_or_default();
    if has_work {
        Found::Measures(PartyTable { columns, rows })
    } else if has_units && !rows.is_empty() {
        table
            .rows
            .get(at)
            .map_or(Found::Nothing, |row| Found::Unclear(unclear(row)))
    } else {
        Found::Nothing
    }
}

fn unclear(row: &TableRow) -> Problem {
    Problem::new(
        row.line,
        ProblemKind::UnknownTableHeader,
        &row.cells.join(" | "),
    )
}

fn mentions_units(cell: &str) -> bool {
    let text = Text::new(cell);
    text.len() <= 12 && contains_any(text.folded(), &["牵头", "责任", "配合"])
}

/// Headers are short names without sentences.
fn is_header(row: &TableRow) -> bool {
    row.cells
        .iter()
        .all(|cell| cell.chars().count() <= 24 && !cell.contains('。'))
}

fn columns_of(row: &TableRow) -> Vec<Option<Column>> {
    let mut columns: Vec<Option<Column>> = row.cells.iter().map(|cell| column_of(cell)).collect();
    // 主要任务 | 工作内容: the first of two columns for work is the task, the next its detail.
    let mut has_task = false;
    for column in &mut columns {
        if *column == Some(Column::Task) {
            *column = Some(if has_task {
                Column::Detail
            } else {
                Column::Task
            });
            has_task = true;
        }
    }
    columns
}

/// Columns that are not read: persons, progress, beginnings.
const UNREAD: [&str; 14] = [
    "领导",
    "电话",
    "备注",
    "联系",
    "联络",
    "进展",
    "状态",
    "佐证",
    "姓名",
    "职务",
    "问题",
    "起始",
    "开始时间",
    "启动时间",
];
const PERSONS: [&str; 8] = [
    "责任人",
    "负责人",
    "牵头人",
    "人员",
    "督办人",
    "经办人",
    "填报人",
    "承办人",
];
/// 责任单位及责任人 names units all the same.
const UNIT_WORDS: [&str; 4] = ["单位", "部门", "科室", "处室"];
const LIMITS: [&str; 5] = ["时限", "期限", "完成日期", "时间", "进度"];

fn column_of(cell: &str) -> Option<Column> {
    let name: Vec<char> = Text::new(cell)
        .folded()
        .iter()
        .copied()
        .filter(|c| !c.is_whitespace())
        .collect();
    let name = trim(&name);
    let has = |words: &[&str]| contains_any(name, words);
    let ends = |words: &[&'static str]| ends_with_any(name, words).is_some();
    if name.is_empty() || name.len() > 20 {
        None
    } else if has(&["序号", "编号", "项号"]) || matches!(name, ['N' | 'n', 'o' | 'O', ..] | ['号'])
    {
        Some(Column::Number)
    } else if has(&UNREAD) || (ends(&PERSONS) && !has(&UNIT_WORDS)) {
        Some(Column::Other)
    } else if has(&LIMITS) {
        Some(Column::Limit)
    } else if let Some(role) = role_of(name) {
        Some(Column::Units(role))
    } else if has(&["指标", "目标值", "预期目标", "预期成效", "预期效果"]) {
        Some(Column::Indicator)
    } else if has(&["类别", "板块", "类型", "领域", "分类", "方面"]) {
        Some(Column::Class)
    } else if has(&[
        "具体", "措施", "举措", "要求", "内容", "做法", "要点", "分解", "标准",
    ]) {
        // 任务内容 and 工作内容 alone are the task; beside a task they are its detail (see `columns_of`).
        Some(
            if has(&["任务", "工作内容"]) && !has(&["具体", "措施", "分解"]) {
                Column::Task
            } else {
                Column::Detail
            },
        )
    } else if has(&["任务", "事项", "工作", "项目", "目标"]) {
        Some(Column::Task)
    } else {
        None
    }
}

fn role_of(name: &[char]) -> Option<Role> {
    let is_unit = contains_any(
        name,
        &[
            "单位", "部门", "科室", "处室", "股室", "科(室)", "学校", "牵头", "分工",
        ],
    );
    if !is_unit {
        return None;
    }
    if contains_any(name, &["牵头", "主办", "主责"]) {
        Some(Role::Lead)
    } else if contains_any(name, &["配合", "协办", "协同", "协助", "参与", "参加"]) {
        Some(Role::Cooperating)
    } else if contains_any(
        name,
        &["责任", "承办", "落实", "实施", "负责", "分工", "执行"],
    ) {
        Some(Role::Responsible)
    } else {
        None
    }
}

impl PartyTable<'_> {
    /// The measures of the table in order, under the headings `section`.
    pub(crate) fn drafts(&self, section: &[String]) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = Vec::new();
        let mut keys: Vec<RowKey> = Vec::new();
        let mut heading: Option<String> = None;
        let mut position = 0;
        for (at, row) in self.rows.iter().enumerate() {
            if let Some(title) = self.heading_row(row) {
                heading = Some(title);
                continue;
            }
            position += 1;
            let Some(draft) = self.draft(at, position, section, heading.as_deref()) else {
                position -= 1;
                continue;
            };
            let key = self.key(row);
            // One 序号 and one set of units over several rows: the cells were merged, the rows are one measure.
            let is_same = keys
                .last()
                .is_some_and(|last| !key.number.is_empty() && *last == key);
            match drafts.last_mut().filter(|_| is_same) {
                Some(last) => {
                    let detail = self.joined(row, Column::Detail);
                    last.append(if detail.is_empty() {
                        &draft.text
                    } else {
                        &detail
                    });
                }
                None => drafts.push(draft),
            }
            keys.push(key);
        }
        number_repeated(&mut drafts);
        drafts
    }

    fn cells(&self, row: &TableRow, wanted: impl Fn(Column) -> bool) -> Vec<Text> {
        let columns = row.cells.iter().zip(&self.columns);
        let mut cells: Vec<Text> = Vec::new();
        for (cell, _) in columns.filter(|(_, column)| column.is_some_and(&wanted)) {
            let text = Text::new(cell);
            // A cell merged over two columns is carried to the right.
            if !text.is_empty() && cells.last().is_none_or(|last| *last != text) {
                cells.push(text);
            }
        }
        cells
    }

    fn joined(&self, row: &TableRow, wanted: Column) -> String {
        let cells = self.cells(row, |column| column == wanted);
        cells
            .iter()
            .map(Text::to_written)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn key(&self, row: &TableRow) -> RowKey {
        RowKey {
            number: self.joined(row, Column::Number),
            task: self.joined(row, Column::Task),
            units: self
                .cells(row, |column| matches!(column, Column::Units(_)))
                .iter()
                .map(Text::to_written)
                .collect(),
            limit: self.joined(row, Column::Limit),
        }
    }

    /// Whether a row shares its task with a neighbour whose detail differs: then the task alone names neither.
    fn shares_task(&self, at: usize) -> bool {
        let Some(row) = self.rows.get(at) else {
            return false;
        };
        let (task, detail) = (
            self.joined(row, Column::Task),
            self.joined(row, Column::Detail),
        );
        let neighbours = [at.checked_sub(1), Some(at + 1)]
            .into_iter()
            .flatten()
            .filter_map(|at| self.rows.get(at));
        neighbours.into_iter().any(|other| {
            self.joined(other, Column::Task) == task
                && self.joined(other, Column::Detail) != detail
                && self.key(other) != self.key(row)
        })
    }

    /// A row that is one text all over ("一、提升教学质量") heads the rows below it.
    fn heading_row(&self, row: &TableRow) -> Option<String> {
        let mut texts = row
            .cells
            .iter()
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty());
        let title = texts.next()?;
        let is_alone = texts.clone().next().is_none() && self.columns.len() > 2;
        let is_spread = row.cells.len() > 2 && row.cells.iter().all(|cell| cell.trim() == title);
        let is_short = title.chars().count() <= 60 && !title.contains('。');
        let is_first = row.cells.first().is_some_and(|cell| cell.trim() == title);
        (is_short && (is_spread || (is_alone && is_first && title.parse::<u32>().is_err())))
            .then(|| title.to_owned())
    }

    fn draft(
        &self,
        at: usize,
        position: usize,
        section: &[String],
        heading: Option<&str>,
    ) -> Option<Draft> {
        let row = self.rows.get(at)?;
        let mut section = section.to_vec();
        section.extend(heading.map(str::to_owned));
        section.extend(Some(self.joined(row, Column::Class)).filter(|class| !class.is_empty()));
        let task = self.joined(row, Column::Task);
        let detail = self.joined(row, Column::Detail);
        let mut texts: Vec<String> = Vec::new();
        if !task.is_empty() && !detail.is_empty() && self.shares_task(at) {
            texts.push(format!("{task}：{detail}"));
        } else {
            texts.extend([task, detail].into_iter().filter(|text| !text.is_empty()));
        }
        let is_sum = |text: &String| {
            any_at(Text::new(text).folded(), 0, &["合计", "总计", "小计"]).is_some()
        };
        let is_total =
            texts.first().is_some_and(is_sum) || is_sum(&self.joined(row, Column::Number));
        if texts.is_empty() || is_total {
            return None;
        }
        let number = self.joined(row, Column::Number);
        let number = super::outline::bare_number(&number);
        let number = if number.is_empty() {
            position.to_string()
        } else {
            number
        };
        let mut draft = Draft::new(row.line, number, section, &texts, self.parties(row));
        draft.indicator_text = self.joined(row, Column::Indicator);
        Some(draft)
    }

    fn parties(&self, row: &TableRow) -> Parties {
        let mut parties = Parties::default();
        for (cell, column) in row.cells.iter().zip(&self.columns) {
            let text = Text::new(cell);
            match column {
                Some(Column::Units(role)) if !text.is_empty() => {
                    parties.merge(read_cell(&text, *role))
                }
                Some(Column::Limit) if !text.is_empty() => parties.limits.push(text),
                Some(
                    Column::Units(_)
                    | Column::Limit
                    | Column::Number
                    | Column::Class
                    | Column::Task
                    | Column::Detail
                    | Column::Indicator
                    | Column::Other,
                )
                | None => {}
            }
        }
        parties.drop_repetitions();
        parties
    }
}

/// What makes two rows one measure.
#[derive(Debug, PartialEq, Eq)]
struct RowKey {
    number: String,
    task: String,
    units: Vec<String>,
    limit: String,
}

/// Rows under one merged 序号 with units of their own are told apart: 3(1), 3(2).
fn number_repeated(drafts: &mut [Draft]) {
    let mut start = 0;
    while start < drafts.len() {
        let same = drafts
            .iter()
            .skip(start)
            .take_while(|draft| {
                drafts
                    .get(start)
                    .is_some_and(|first| first.number == draft.number)
            })
            .count();
        if same > 1 {
            for (ordinal, draft) in drafts.iter_mut().skip(start).take(same).enumerate() {
                draft.number = format!("{}({})", draft.number, ordinal + 1);
            }
        }
        start += same.max(1);
    }
}
