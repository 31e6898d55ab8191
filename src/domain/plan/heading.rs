//! The head of a plan: its title (also out of 关于印发《…》的通知), its issuer and its document number. A number
//! cited in the text is not the plan's. Where the head ends is decided in `layout`.

use super::layout::{Layout, Part, Region, is_date_line, signed_issuer};
use super::numeral::digits_at;
use super::punctuation::{Text, ends_with_any, find, fold, slice, word_at};
use super::unit_list::split_names;
use super::unit_name::{looks_like_unit, trim};

/// What the head and the signature say.
#[derive(Debug, Default)]
pub(crate) struct Heading {
    pub(crate) title: Option<String>,
    pub(crate) issued_by: Option<String>,
    pub(crate) document_number: Option<String>,
    /// The year of the signature, of the document number or of the title, in this order.
    pub(crate) year: Option<i32>,
    /// To whom the document is addressed (主送机关), as written: they are asked where a request names nobody.
    pub(crate) addressees: Vec<String>,
    /// Indexes of the lines that are head and no text, ascending.
    pub(crate) taken: Vec<usize>,
}

/// Endings of the title of a plan.
const TITLE_ENDINGS: [&str; 20] = [
    "方案",
    "计划",
    "通知",
    "意见",
    "办法",
    "规划",
    "细则",
    "清单",
    "要点",
    "安排",
    "行动",
    "台账",
    "分解表",
    "任务书",
    "路线图",
    "一览表",
    "规程",
    "举措",
    "措施",
    "分工表",
];

const MAX_TITLE: usize = 80;

impl Heading {
    /// Reads the head and signature of a document.
    pub(crate) fn of(layout: &Layout<'_>) -> Self {
        let head: Vec<(usize, &Text)> = layout
            .lines(Region::Head)
            .take(40)
            .map(|(at, line)| (at, &line.text))
            .collect();
        let mut heading = Self::default();
        for (at, text) in &head {
            if let Some(number) = document_number(text) {
                heading.document_number.get_or_insert(number);
                heading.taken.push(*at);
            } else if let Some(issuer) = letterhead(text) {
                heading.issued_by.get_or_insert(issuer);
                heading.taken.push(*at);
            }
        }
        heading.addressees = head
            .iter()
            .find_map(|(_, text)| addressees(text))
            .unwrap_or_default();
        let free: Vec<(usize, &Text)> = head
            .into_iter()
            .filter(|(at, _)| !heading.taken.contains(at))
            .collect();
        heading.read_title(layout, &free);
        if let Some(signed) = signature_names(layout) {
            heading.issued_by = Some(signed);
        }
        heading.year = signature_year(layout)
            .or_else(|| heading.document_number.as_deref().and_then(year_in))
            .or_else(|| heading.title.as_deref().and_then(year_in));
        heading.taken.sort_unstable();
        heading
    }

    fn read_title(&mut self, layout: &Layout<'_>, head: &[(usize, &Text)]) {
        if let Some((issuer, title, lines)) = wrapped_title(head) {
            self.taken.extend(lines);
            if let Some(issuer) = issuer {
                self.issued_by.get_or_insert(issuer);
            }
            // Behind the notice the plan begins with its title again.
            let is_repeated = |text: &Text| text.len() >= 4 && title.contains(&text.to_written());
            self.taken.extend(
                head.iter()
                    .filter(|(_, text)| is_repeated(text))
                    .map(|(at, _)| *at),
            );
            self.title = Some(title);
        } else if let Some((title, lines)) = plain_title(layout, head) {
            self.taken.extend(lines.iter().copied());
            let before = head.iter().take_while(|(at, _)| !lines.contains(at));
            if let Some((at, text)) = before.filter(|(_, text)| is_office(text)).last() {
                self.issued_by.get_or_insert(text.to_written());
                self.taken.push(*at);
            }
            self.title = Some(title);
        } else {
            self.title = table_title(layout);
        }
        if let Some(title) = &self.title
            && let Some(issuer) = issuer_in(title)
        {
            self.issued_by.get_or_insert(issuer);
        }
        self.taken.sort_unstable();
        self.taken.dedup();
    }
}

/// "各县（市、区）教育局，市直各学校：": a line of units that ends in a colon.
fn addressees(text: &Text) -> Option<Vec<String>> {
    let names = split_names(&text.part(0..text.len().checked_sub(1)?));
    let is_list = text.folded().last() == Some(&':')
        && text.len() <= 200
        && !names.is_empty()
        && names
            .iter()
            .all(|listed| looks_like_unit(listed.name.folded()));
    is_list.then(|| {
        names
            .iter()
            .map(|listed| listed.name.to_written())
            .collect()
    })
}

/// "某市教育局关于做好…的通知": the office in front of 关于.
fn issuer_in(title: &str) -> Option<String> {
    let text = Text::new(title);
    let about = find(text.folded(), 0..40, "关于")?;
    let office = slice(text.folded(), 0..about);
    is_issuing(office).then(|| text.written(0..about))
}

/// An office; the bare name of a district ("某区关于…") issues nothing.
fn is_issuing(office: &[char]) -> bool {
    looks_like_unit(office) && !matches!(office.last(), Some('区' | '县' | '市' | '镇' | '乡'))
}

/// 某市教育局关于印发《…》的通知, perhaps over several lines: issuer, title and lines.
fn wrapped_title(head: &[(usize, &Text)]) -> Option<(Option<String>, String, Vec<usize>)> {
    for (first, (_, text)) in head.iter().enumerate() {
        if ends_sentence(text.folded()) || text.len() > MAX_TITLE {
            continue;
        }
        let mut joined = String::new();
        let mut lines = Vec::new();
        for (at, text) in head.iter().skip(first).take(4) {
            if text.len() > MAX_TITLE || ends_sentence(text.folded()) {
                break;
            }
            joined.push_str(&text.to_written());
            lines.push(*at);
            if let Some((issuer, title)) = unwrapped(&Text::new(&joined)) {
                return Some((issuer, title, lines));
            }
        }
    }
    None
}

fn unwrapped(text: &Text) -> Option<(Option<String>, String)> {
    let folded = text.folded();
    let about = find(folded, 0..40, "关于")?;
    let open = find(folded, about..about + 10, "《")?;
    let close = folded
        .iter()
        .rposition(|c| *c == '》')
        .filter(|close| *close > open)?;
    let issues = ["印发", "下发", "发布", "转发", "公布"]
        .iter()
        .any(|word| find(folded, about..open, word).is_some());
    if !issues || find(folded, close..folded.len(), "通知").is_none() {
        return None;
    }
    let office = trim(slice(folded, 0..about));
    let issuer = is_issuing(office).then(|| text.written(0..about));
    Some((issuer, text.written(open + 1..close)))
}

/// The first line that is like a title, with its second half where it goes on.
fn plain_title(layout: &Layout<'_>, head: &[(usize, &Text)]) -> Option<(String, Vec<usize>)> {
    let is_top_heading = |at: usize| {
        layout
            .line(at)
            .is_some_and(|line| line.heading_level == Some(1))
    };
    let (first, (at, text)) = head
        .iter()
        .enumerate()
        .find(|(_, (at, text))| (is_top_heading(*at) || is_title_like(text)) && !is_office(text))?;
    let mut title = text.to_written();
    let mut lines = vec![*at];
    for (next, more) in head.iter().skip(first + 1).take(2) {
        let is_bracketed = more.folded().first() == Some(&'(')
            && more.folded().last() == Some(&')')
            && more.len() <= 20;
        let is_second_half =
            !is_complete(&title) && is_title_like(more) && is_complete(&more.to_written());
        if !(is_second_half || (is_bracketed && is_complete(&title))) {
            break;
        }
        title.push_str(&more.to_written());
        lines.push(*next);
    }
    Some((title, lines))
}

fn is_complete(title: &str) -> bool {
    let text = Text::new(title);
    let end = match text.folded().last() {
        Some(')') => text
            .folded()
            .iter()
            .rposition(|c| *c == '(')
            .unwrap_or(text.len()),
        _ => text.len(),
    };
    ends_with_any(slice(text.folded(), 0..end), &TITLE_ENDINGS).is_some()
}

fn is_title_like(text: &Text) -> bool {
    let folded = text.folded();
    (4..=MAX_TITLE).contains(&folded.len())
        && !ends_sentence(folded)
        && !folded.contains(&'。')
        && !is_date_line(text)
        && !word_at(folded, 0, "附件")
        && !word_at(folded, 0, "签发")
        && !(folded.first() == Some(&'(') && folded.last() == Some(&')'))
}

fn ends_sentence(folded: &[char]) -> bool {
    matches!(
        folded.last(),
        Some('。' | ':' | ';' | ',' | '、' | '!' | '?')
    )
}

/// A line that is the name of an office and nothing else.
fn is_office(text: &Text) -> bool {
    text.len() <= 30 && looks_like_unit(text.folded()) && !is_complete(&text.to_written())
}

/// 某市教育局文件: the office of a letterhead.
fn letterhead(text: &Text) -> Option<String> {
    let folded = text.folded();
    let (_, length) = ends_with_any(folded, &["(文件)", "文件"])?;
    let office = slice(folded, 0..folded.len() - length);
    (folded.len() <= 50 && office.split(|c| *c == ' ').all(looks_like_unit))
        .then(|| text.written(0..office.len()))
}

/// 某教发〔2026〕3号, alone on its line, perhaps in brackets or in front of 签发人.
fn document_number(text: &Text) -> Option<String> {
    if text.len() > 60 {
        return None;
    }
    let signed = find(text.folded(), 0..text.len(), "签发").unwrap_or(text.len());
    let start = match letterhead_space(text.folded()) {
        Some(space) => space + 1,
        None => 0,
    };
    let line: String = text
        .written(start..signed)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let line = Text::new(line.trim_start_matches(['(', '（']));
    let folded = line.folded();
    let open = folded
        .iter()
        .position(|c| *c == '(')
        .filter(|open| (1..=14).contains(open))?;
    let close = open + 5;
    let is_year = slice(folded, open + 1..close)
        .iter()
        .all(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*'));
    if !is_year
        || folded.get(close) != Some(&')')
        || slice(folded, 0..open)
            .iter()
            .any(|c| "《》:,。、".contains(*c))
    {
        return None;
    }
    let after = close + 1 + usize::from(folded.get(close + 1) == Some(&'第'));
    let (_, digits) = digits_at(folded, after)?;
    let end = after + digits + 1;
    let rest = folded.get(end..)?;
    (folded.get(end - 1) == Some(&'号') && rest.iter().all(|c| *c == ')'))
        .then(|| half_width_digits(&line.written(0..end)))
}

/// A number is known by its digits, however wide they are.
fn half_width_digits(number: &str) -> String {
    number
        .chars()
        .map(|c| if fold(c).is_ascii_digit() { fold(c) } else { c })
        .collect()
}

/// "某市教育局文件 某教发〔2026〕3号": the space behind the letterhead.
fn letterhead_space(folded: &[char]) -> Option<usize> {
    let end = find(folded, 0..folded.len(), "文件")?;
    folded
        .iter()
        .enumerate()
        .skip(end)
        .find(|(_, c)| **c == ' ')
        .map(|(at, _)| at)
}

/// The offices that sign, in the order in which they stand.
fn signature_names(layout: &Layout<'_>) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, line) in layout.lines(Region::Signature) {
        let name = signed_issuer(&line.text).unwrap_or_else(|| line.text.clone());
        if is_date_line(&name) {
            if names.is_empty() {
                continue;
            }
            break;
        }
        if !looks_like_unit(name.folded()) {
            continue;
        }
        for word in name.to_written().split_whitespace() {
            // "某市教育局 办公室" is one office written with a space.
            match names.last_mut() {
                Some(last) if word.chars().count() <= 4 => last.push_str(word),
                _ => names.push(word.to_owned()),
            }
        }
        if signed_issuer(&line.text).is_some() {
            break;
        }
    }
    (!names.is_empty()).then(|| names.join("、"))
}

fn signature_year(layout: &Layout<'_>) -> Option<i32> {
    layout
        .lines(Region::Signature)
        .find_map(|(_, line)| year_in(&line.text.to_written()))
}

/// The first year written in a short text, in Arabic or Chinese figures.
fn year_in(text: &str) -> Option<i32> {
    let text = Text::new(text);
    let folded = text.folded();
    (0..folded.len().min(100)).find_map(|at| {
        if let Some((year, 4)) = digits_at(folded, at)
            && (at == 0 || !folded.get(at - 1).is_some_and(char::is_ascii_digit))
            && matches!(folded.get(at + 4), Some('年' | ')' | '-' | '.' | '/'))
        {
            return i32::try_from(year)
                .ok()
                .filter(|year| (1990..2100).contains(year));
        }
        match super::date::date_at(folded, at)?.year {
            super::date::Year::Written(year) => Some(year),
            super::date::Year::Placeholder | super::date::Year::Absent => None,
        }
    })
}

/// The title row of a ledger that is nothing but a table: one text in the whole first row.
fn table_title(layout: &Layout<'_>) -> Option<String> {
    let table = layout.parts.iter().find_map(|part| match part {
        Part::Table(table) => Some(table),
        Part::Line(_) => None,
    })?;
    let row = table.rows.first()?;
    let mut texts = row
        .cells
        .iter()
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty());
    let title = texts.next()?;
    (texts.all(|text| text == title) && row.cells.len() > 1 && title.chars().count() <= MAX_TITLE)
        .then(|| title.to_owned())
}
