//! The task ledger 台账 as a sheet that goes out and comes back: its columns, which of them may be edited, and what became
//! of a row meanwhile, on either side. Each row carries a code of what its cells said when it left; by it an edit is told
//! from a change made here since.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What becomes of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upkeep {
    /// Nobody looks at it again: rows are numbered as they stand.
    Free,
    /// Worked out anew each day; not to be edited.
    Computed,
    /// Shown beside the rest; not to be edited, and when it changes here nobody's edit is touched.
    Shown,
    /// Where the assignment stands; not to be edited, but whoever edits the row has to know when it changes.
    Fact,
    /// Whoever gets the sheet may edit it.
    Edited,
}

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident $header:literal $upkeep:ident),+ $(,)?) => {
        /// A column of the ledger.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LedgerColumn {
            $($(#[$doc])* $name,)+
        }

        impl LedgerColumn {
            /// All of them, in the order of the sheet.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its cell in the head row.
            pub fn header(self) -> &'static str {
                match self { $(Self::$name => $header),+ }
            }

            /// What becomes of its cells.
            pub fn upkeep(self) -> Upkeep {
                match self { $(Self::$name => Upkeep::$upkeep),+ }
            }
        }
    };
}

columns! {
    /// The row's number.
    Position "序号" Free,
    /// The task's number.
    TaskNumber "编号" Shown,
    /// The task's title.
    Task "重点任务" Shown,
    /// The task's text.
    Measure "具体措施" Shown,
    /// The units that lead the task.
    Leads "牵头单位" Shown,
    /// The unit whose part it is.
    Unit "责任单位" Shown,
    /// That part.
    Role "角色" Shown,
    /// The unit's contacts.
    Contact "联络员" Shown,
    /// The day it was issued.
    StartedOn "起始时间" Shown,
    /// The due day.
    DueOn "完成时限" Edited,
    /// The first due day.
    FirstDueOn "原时限" Shown,
    /// Expected progress.
    Expected "序时进度" Computed,
    /// Reported progress.
    Percent "实际进度" Edited,
    /// What was done.
    Done "进展情况" Edited,
    /// Problems.
    Problems "存在问题" Edited,
    /// Next steps.
    NextSteps "下一步措施" Edited,
    /// The light, with why it is what it is.
    Light "完成状态" Computed,
    /// Where the assignment stands.
    State "办理状态" Fact,
    /// How many files prove it.
    Evidence "佐证" Shown,
    /// How often more time was given.
    Extensions "延期次数" Shown,
    /// Numbers of notices.
    Notices "督办单号" Shown,
    /// The day it was struck off.
    ClosedOn "销号时间" Fact,
    /// A note for whoever keeps the ledger.
    Note "备注" Edited,
    /// The plan.
    Plan "方案" Shown,
}

impl LedgerColumn {
    /// Its place in [`Self::ALL`].
    pub fn place(self) -> usize {
        self as usize
    }
}

/// What the cells of a row said when it left, without the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCode {
    /// The number of the newest change at that time.
    pub change_no: i64,
    /// A print of each cell, in the order of the columns.
    pub prints: Vec<u32>,
}

/// The first sign of a code; another way of making it would have another.
const CODE_KIND: &str = "1";
/// Hexadecimal digits of a print.
const DIGITS: usize = 8;

impl RowCode {
    /// The code as it stands in the row of `id`.
    pub fn told(&self, id: Uuid) -> String {
        let prints: String = self.prints.iter().map(|one| format!("{one:08x}")).collect();
        format!(
            "{CODE_KIND}.{}.{prints}.{:08x}",
            self.change_no,
            self.seal(id)
        )
    }

    /// The code that stands in the row of `id`; `None` where it is none, or another row's.
    pub fn read(text: &str, id: Uuid) -> Option<Self> {
        let mut parts = text.split('.');
        let (kind, change_no) = (parts.next()?, parts.next()?);
        let (prints, seal) = (parts.next()?, parts.next()?);
        if kind != CODE_KIND || parts.next().is_some() || !prints.len().is_multiple_of(DIGITS) {
            return None;
        }
        let prints: Option<Vec<u32>> = prints
            .as_bytes()
            .chunks(DIGITS)
            .map(|digits| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
            .collect();
        let code = Self {
            change_no: change_no.parse().ok()?,
            prints: prints?,
        };
        (u32::from_str_radix(seal, 16).ok()? == code.seal(id)).then_some(code)
    }

    /// Ties the code to its row: one that was copied, or sorted without its row, is noticed.
    fn seal(&self, id: Uuid) -> u32 {
        let mut hash = Sha256::new();
        hash.update(id.as_bytes());
        hash.update(self.change_no.to_be_bytes());
        for print in &self.prints {
            hash.update(print.to_be_bytes());
        }
        first_four(hash)
    }
}

/// The print of a cell: 32 bits of SHA-256 over its header and its text.
pub fn print_of(header: &str, text: &str) -> u32 {
    let mut hash = Sha256::new();
    hash.update(header.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    first_four(hash)
}

fn first_four(hash: Sha256) -> u32 {
    let bytes = hash.finalize();
    bytes
        .iter()
        .take(4)
        .fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
}

/// A row that came back, beside what it said when it left and what stands here now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// Columns that may be edited and were, with something else than stands here.
    pub edited: Vec<LedgerColumn>,
    /// Columns that may not be edited and were.
    pub wrong: Vec<LedgerColumn>,
    /// Columns that have changed here since, as far as whoever edits the row has to know.
    pub moved: Vec<LedgerColumn>,
}

impl Compared {
    /// Whether what is edited rests on what is no longer so.
    pub fn is_conflict(&self) -> bool {
        !self.edited.is_empty() && !self.moved.is_empty()
    }

    /// Whether the row shows another assignment than its hidden id names, as it does where only some columns were sorted.
    pub fn is_another(&self) -> bool {
        [LedgerColumn::TaskNumber, LedgerColumn::Unit]
            .iter()
            .any(|column| self.wrong.contains(column))
            && self.wrong.len() > 1
    }
}

/// Compares a row with what it said when it left, and with what stands here; texts in the order of the columns. A cell
/// that says what stands here is no edit, whatever it said before: the same file can be sent twice.
pub fn compare(code: &RowCode, file: &[String], here: &[String]) -> Compared {
    let mut compared = Compared::default();
    for column in LedgerColumn::ALL.iter().copied() {
        let at = column.place();
        let (Some(file), Some(here)) = (file.get(at), here.get(at)) else {
            continue;
        };
        let left = code.prints.get(at).copied();
        let is_edited = left != Some(print_of(column.header(), file));
        let has_moved = left != Some(print_of(column.header(), here));
        match column.upkeep() {
            Upkeep::Free => {}
            Upkeep::Computed if is_edited => compared.wrong.push(column),
            Upkeep::Shown | Upkeep::Fact if is_edited && file != here => {
                compared.wrong.push(column);
            }
            Upkeep::Edited if is_edited && file != here => compared.edited.push(column),
            Upkeep::Computed | Upkeep::Shown | Upkeep::Fact | Upkeep::Edited => {}
        }
        match column.upkeep() {
            Upkeep::Fact | Upkeep::Edited if has_moved && file != here => {
                compared.moved.push(column);
            }
            Upkeep::Free | Upkeep::Computed | Upkeep::Shown | Upkeep::Fact | Upkeep::Edited => {}
        }
    }
    compared
}

/// The progress that a cell tells, 0 to 100.
///
/// # Errors
/// What is wrong with it.
pub fn percent_in(text: &str) -> Result<u8, String> {
    if text.is_empty() {
        return Err("进度不能清空，请填 0 至 100 的整数".to_owned());
    }
    let number = text.strip_suffix(['%', '％']).unwrap_or(text).trim_end();
    let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    number
        .parse::<u8>()
        .ok()
        .filter(|percent| is_number && *percent <= 100)
        .ok_or_else(|| {
            format!(
                "“{}”不是进度，请填 0 至 100 的整数，例如 80",
                shortened(text)
            )
        })
}

/// The day that a cell tells: a day cell, or one written out in full.
///
/// # Errors
/// What is wrong with it.
pub fn day_in(text: &str) -> Result<NaiveDate, String> {
    let plain = text.replace(['/', '.', '年', '月'], "-");
    let plain = plain.strip_suffix('日').unwrap_or(&plain);
    let parts: Vec<&str> = plain.split('-').collect();
    let is_full = match parts.as_slice() {
        // A year of four digits tells which of the others is the month.
        [year, month, day] => {
            let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            year.len() == 4 && month.len() <= 2 && day.len() <= 2 && parts.iter().all(digits)
        }
        _ => false,
    };
    let day = is_full.then(|| NaiveDate::parse_from_str(plain, "%Y-%m-%d").ok());
    day.flatten().ok_or_else(|| match text.is_empty() {
        true => "完成时限不能清空，请填日期，例如 2026年6月30日".to_owned(),
        false => format!(
            "“{}”不是完整的日期，请写成 2026年6月30日 或 2026-06-30",
            shortened(text)
        ),
    })
}

/// The beginning of a text, for a message.
pub fn shortened(text: &str) -> String {
    text.chars().take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    fn texts(changed: &[(LedgerColumn, &str)]) -> Vec<String> {
        let text = |column: &LedgerColumn| {
            let found = changed.iter().find(|(known, _)| known == column);
            found.map_or_else(|| "同".to_owned(), |(_, text)| (*text).to_owned())
        };
        LedgerColumn::ALL.iter().map(text).collect()
    }

    fn code_of(texts: &[String]) -> RowCode {
        let cells = LedgerColumn::ALL.iter().zip(texts);
        RowCode {
            change_no: 42,
            prints: cells
                .map(|(column, text)| print_of(column.header(), text))
                .collect(),
        }
    }

    #[test]
    fn a_code_is_read_in_its_own_row_alone() {
        let code = code_of(&texts(&[]));
        let told = code.told(ID);
        assert_eq!(RowCode::read(&told, ID), Some(code));
        assert_eq!(RowCode::read(&told, Uuid::from_u128(8)), None);
        for damaged in [
            "",
            "1",
            "1.42",
            "2.42..00000000",
            "1.x.00000000.00000000",
            "1.42.0000000.00000000",
            "1.42.é000000.00000000",
            &told[..told.len() - 1],
            &format!("{told}.1"),
            &told.replace("1.42", "1.43"),
        ] {
            assert_eq!(RowCode::read(damaged, ID), None, "{damaged}");
        }
    }

    #[test]
    fn an_edit_is_told_from_a_change_made_here() {
        use LedgerColumn as C;
        let code = code_of(&texts(&[]));
        let same = texts(&[]);
        let seen = |file: &[(C, &str)], here: &[(C, &str)]| {
            let compared = compare(&code, &texts(file), &texts(here));
            (compared.edited, compared.wrong, compared.moved)
        };
        let none = || (vec![], vec![], vec![]);
        assert_eq!(compare(&code, &same, &same), Compared::default());
        // Edited there.
        let edited = (vec![C::Percent], vec![], vec![]);
        assert_eq!(seen(&[(C::Percent, "50")], &[]), edited);
        // Changed here: no edit, but an edit of the row would have to know.
        let moved = (vec![], vec![], vec![C::Percent]);
        assert_eq!(seen(&[], &[(C::Percent, "50")]), moved);
        assert_eq!(seen(&[], &[(C::Contact, "甲"), (C::Light, "黄灯")]), none());
        // Both came to the same: sent twice.
        assert_eq!(seen(&[(C::Percent, "50")], &[(C::Percent, "50")]), none());
        // Both differ.
        let both = seen(&[(C::Note, "急")], &[(C::State, "已退回")]);
        assert_eq!(both, (vec![C::Note], vec![], vec![C::State]));
        // What may not be edited; the number of the row is nobody's.
        let wrong = (vec![], vec![C::Expected, C::State], vec![]);
        assert_eq!(
            seen(
                &[(C::State, "已销号"), (C::Expected, "1"), (C::Position, "9")],
                &[]
            ),
            wrong
        );
    }

    #[test]
    fn a_cell_tells_progress_in_whole_percents() {
        for (text, percent) in [("0", 0), ("80", 80), ("80%", 80), ("100％", 100)] {
            assert_eq!(percent_in(text), Ok(percent), "{text}");
        }
        for text in [
            "", "八成", "101", "-1", "+5", "0.8", "80.5%", "%", "300", "８０", "1e1",
        ] {
            assert!(percent_in(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_cell_tells_a_day_in_full_or_none() {
        let june = NaiveDate::from_ymd_opt(2026, 6, 3);
        for text in ["2026-06-03", "2026/6/3", "2026.6.3", "2026年6月3日"] {
            assert_eq!(day_in(text).ok(), june, "{text}");
        }
        for text in [
            "",
            "6月3日",
            "3/6/2026",
            "26-6-3",
            "2026-6",
            "46176",
            "2026-02-30",
            "2026-06-03 08:30",
            "长期",
            "2026年6月",
            "-2026-6-3",
            "2026-+6-3",
        ] {
            assert!(day_in(text).is_err(), "{text}");
        }
    }
}
