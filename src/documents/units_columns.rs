//! The header of a units file: which column holds what, by its English or Chinese name. The values below it are read in
//! `units_values`.

/// A column that is read (design §7, Units file).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The unit's code.
    Code,
    /// Its full name.
    Name,
    /// Its kind.
    Kind,
    /// The code of the unit above it.
    Parent,
    /// Other names.
    Aliases,
    /// School levels.
    Level,
    /// The contact's name.
    Contact,
    /// The contact's address.
    Email,
    /// Unit groups that it belongs to.
    Groups,
    /// The liaison leader.
    Liaison,
}

impl Column {
    const ALL: [Column; 10] = [
        Column::Code,
        Column::Name,
        Column::Kind,
        Column::Parent,
        Column::Aliases,
        Column::Level,
        Column::Contact,
        Column::Email,
        Column::Groups,
        Column::Liaison,
    ];

    /// The columns without which no unit can be read.
    const REQUIRED: [Column; 3] = [Column::Code, Column::Name, Column::Kind];

    /// The names in a header, the English one first, then the one used in messages.
    fn names(self) -> &'static [&'static str] {
        match self {
            Column::Code => &["code", "编码", "代码", "单位编码", "单位代码"],
            Column::Name => &["name", "名称", "单位名称"],
            Column::Kind => &["kind", "类型", "类别", "单位类型", "单位类别"],
            Column::Parent => &[
                "parent",
                "上级",
                "上级单位",
                "主管单位",
                "上级编码",
                "上级代码",
            ],
            Column::Aliases => &["aliases", "别名", "简称"],
            Column::Level => &["level", "学段", "层次"],
            Column::Contact => &["contact", "联络员", "联系人"],
            Column::Email => &["email", "邮箱", "电子邮箱", "邮件"],
            Column::Groups => &["groups", "单位组", "分组"],
            Column::Liaison => &["liaison", "联系领导"],
        }
    }

    /// The name used in messages: `编码`.
    pub fn shown(self) -> &'static str {
        self.names().get(1).copied().unwrap_or_default()
    }

    fn of_name(name: &str) -> Option<Column> {
        Column::ALL
            .into_iter()
            .find(|column| column.names().contains(&name))
    }

    /// All columns as a message lists them: `编码（code）、…`.
    pub fn list() -> String {
        let shown = Column::ALL.map(|column| {
            let english = column.names().first().copied().unwrap_or_default();
            format!("{}（{english}）", column.shown())
        });
        shown.join("、")
    }
}

/// Columns of lists kept by hand that say nothing about a unit.
const IGNORED: [&str; 3] = ["序号", "备注", "no"];

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderProblem {
    /// A name that is none of the known ones.
    Unknown(String),
    /// A column that stands there twice.
    Twice(Column),
    /// A column without which no unit can be read.
    Missing(Column),
}

/// The columns by their position in the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// For each position: the column, or `None` where nothing is read (no name, or an ignored one).
    columns: Vec<Option<Column>>,
    /// Positions without a name: nothing may stand below them.
    nameless: Vec<usize>,
}

impl Header {
    /// Whether a row of cells is a header at all: it names the code and the name of a unit.
    pub fn is_header(cells: &[String]) -> bool {
        let named: Vec<Column> = cells
            .iter()
            .filter_map(|cell| Column::of_name(&normalized(cell)))
            .collect();
        named.contains(&Column::Code) && named.contains(&Column::Name)
    }

    /// The header in `cells`, and what is wrong with it. Names count in any case, without white space and marks such as
    /// `*`; the order is free.
    pub fn read(cells: &[String]) -> (Header, Vec<HeaderProblem>) {
        let mut problems = Vec::new();
        let mut columns: Vec<Option<Column>> = Vec::new();
        let mut nameless = Vec::new();
        for (position, cell) in cells.iter().enumerate() {
            let name = normalized(cell);
            let column = Column::of_name(&name);
            match column {
                None if name.is_empty() => nameless.push(position),
                None if IGNORED.contains(&name.as_str()) => {}
                None => problems.push(HeaderProblem::Unknown(cell.clone())),
                Some(twice) if columns.contains(&column) => {
                    problems.push(HeaderProblem::Twice(twice));
                }
                Some(_) => {}
            }
            columns.push(column);
        }
        let missing = Column::REQUIRED
            .into_iter()
            .filter(|&column| !columns.contains(&Some(column)));
        problems.extend(missing.map(HeaderProblem::Missing));
        (Header { columns, nameless }, problems)
    }

    /// The trimmed cell of `column` in a row below; empty where the column or the cell is absent.
    pub fn cell<'r>(&self, cells: &'r [String], column: Column) -> &'r str {
        let position = self.columns.iter().position(|&at| at == Some(column));
        position
            .and_then(|position| cells.get(position))
            .map_or("", |cell| cell.trim())
    }

    /// The first cell with text that stands beyond the header, or under no name.
    pub fn stray_cell<'r>(&self, cells: &'r [String]) -> Option<&'r str> {
        let beyond = cells.iter().skip(self.columns.len());
        let under_no_name = self.nameless.iter().filter_map(|&at| cells.get(at));
        under_no_name
            .chain(beyond)
            .map(|cell| cell.trim())
            .find(|cell| !cell.is_empty())
    }
}

fn normalized(cell: &str) -> String {
    cell.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊' | ':' | '：'))
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn every_name_in_either_language_finds_its_column() {
        for column in Column::ALL {
            for name in column.names() {
                assert_eq!(Column::of_name(name), Some(column));
            }
        }
    }

    #[test]
    fn no_name_stands_for_two_columns() {
        let mut names: Vec<&str> = Column::ALL
            .iter()
            .flat_map(|c| c.names())
            .copied()
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_header_is_read_in_any_order_and_spelling() {
        let row = cells("序号, 单位 名称 ,*编码,KIND,,邮箱");
        assert!(Header::is_header(&row));
        let (header, problems) = Header::read(&row);
        assert_eq!(problems, []);
        let below = cells("1,一小,S1,school,,a@example.org");
        assert_eq!(header.cell(&below, Column::Name), "一小");
        assert_eq!(header.cell(&below, Column::Email), "a@example.org");
        assert_eq!(header.cell(&below, Column::Parent), "");
        assert_eq!(header.stray_cell(&below), None);
        assert_eq!(header.stray_cell(&cells("1,一小,S1,school,x")), Some("x"));
        assert_eq!(header.stray_cell(&cells(",,,,,,,y")), Some("y"));
    }

    #[test]
    fn what_is_wrong_with_a_header_is_listed_whole() {
        let (_, problems) = Header::read(&cells("code,name,code,电话"));
        assert_eq!(
            problems,
            [
                HeaderProblem::Twice(Column::Code),
                HeaderProblem::Unknown("电话".to_owned()),
                HeaderProblem::Missing(Column::Kind),
            ]
        );
    }
}
