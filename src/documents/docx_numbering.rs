//! Word's automatic numbering: the definitions in `numbering.xml`, and the counters that turn them into the numbers that
//! a reader of the document sees. How a number is written is in `number_format`.

use std::collections::{HashMap, HashSet};

use super::error::DocumentError;
use super::limits::MAX_DEFINITIONS;
use super::number_format::NumberFormat;
use super::xml::{Element, XmlReader};

/// Levels of a list (ECMA-376 part 1 §17.9.6).
const LEVELS: usize = 9;
/// Characters of `w:lvlText` that are used.
const MAX_LABEL: usize = 64;

/// One level of a list.
#[derive(Debug, Clone)]
struct Level {
    start: u32,
    format: NumberFormat,
    /// `w:lvlText`, such as `（%1）` or `%1.%2`.
    text: String,
    /// `w:lvlRestart`: 0 never restarts; n restarts only after a level before the n-th (1-based) or itself.
    restart: Option<usize>,
    /// `w:isLgl`: all numbers of the label in decimal.
    all_decimal: bool,
    /// `w:suff` is `nothing`: the text follows without a gap.
    follows_closely: bool,
    /// The paragraph style that has this level without naming it.
    style_id: Option<String>,
}

/// `w:abstractNum`: a list's look.
#[derive(Debug, Default)]
struct Look {
    levels: [Option<Level>; LEVELS],
    /// The list style that holds the levels instead (`w:numStyleLink`).
    style_link: Option<String>,
    /// The list style that this look is for (`w:styleLink`).
    defines_style: Option<String>,
}

/// `w:num`: a list with its own changes to a look.
#[derive(Debug, Default)]
struct List {
    look_id: u32,
    starts: [Option<u32>; LEVELS],
    levels: [Option<Level>; LEVELS],
}

/// The numbering definitions of a document.
#[derive(Debug, Default)]
pub struct Numbering {
    looks: HashMap<u32, Look>,
    lists: HashMap<u32, List>,
}

impl Numbering {
    /// Reads `numbering.xml`.
    ///
    /// # Errors
    /// As [`XmlReader::token`].
    pub fn read(xml: &mut XmlReader<'_>) -> Result<Numbering, DocumentError> {
        let mut numbering = Numbering::default();
        if xml.next_child()?.is_none() {
            return Ok(numbering);
        }
        while let Some(element) = xml.next_child()? {
            if numbering.looks.len() + numbering.lists.len() >= MAX_DEFINITIONS {
                return Err(DocumentError::TooManyDefinitions);
            }
            match element.name.as_str() {
                "abstractNum" => {
                    let look = read_look(xml)?;
                    if let Some(id) = element.number("abstractNumId") {
                        numbering.looks.insert(id, look);
                    }
                }
                "num" => {
                    let list = read_list(xml)?;
                    if let Some(id) = element.number("numId") {
                        numbering.lists.insert(id, list);
                    }
                }
                _ => xml.skip()?,
            }
        }
        numbering.follow_style_links();
        Ok(numbering)
    }

    /// Points lists whose look only names a list style to the look that defines this style (§17.9.21).
    fn follow_style_links(&mut self) {
        let definitions: HashMap<&str, u32> = self
            .looks
            .iter()
            .filter_map(|(&id, look)| Some((look.defines_style.as_deref()?, id)))
            .collect();
        for list in self.lists.values_mut() {
            let link = self
                .looks
                .get(&list.look_id)
                .and_then(|look| look.style_link.as_deref());
            if let Some(&id) = link.and_then(|link| definitions.get(link)) {
                list.look_id = id;
            }
        }
    }

    /// The level that a paragraph style has in the list by the list's own word (`w:pStyle`); `None` where it names none.
    pub fn level_of_style(&self, num_id: u32, style_id: &str) -> Option<usize> {
        let list = self.lists.get(&num_id)?;
        (0..LEVELS).find(|&level| {
            self.level(list, level)
                .is_some_and(|level| level.style_id.as_deref() == Some(style_id))
        })
    }

    fn level<'n>(&'n self, list: &'n List, level: usize) -> Option<&'n Level> {
        let own = list.levels.get(level)?.as_ref();
        own.or_else(|| self.looks.get(&list.look_id)?.levels.get(level)?.as_ref())
    }

    fn start(&self, list: &List, level: usize) -> u32 {
        let own = list.starts.get(level).copied().flatten();
        own.or_else(|| Some(self.level(list, level)?.start))
            .unwrap_or(1)
    }
}

/// The running numbers while a document is read from its beginning.
#[derive(Debug, Default)]
pub struct Counters {
    /// Lists of one look count together.
    by_look: HashMap<u32, [Option<u32>; LEVELS]>,
    /// List and level whose own start has been used.
    started: HashSet<(u32, usize)>,
}

impl Counters {
    /// Counts the next paragraph of list `num_id` at `level` (0-based), and returns its label with the gap that follows
    /// it: `一、`, `（二）`, `1. `. `None` for bullets, unknown lists and levels beyond the ninth.
    pub fn next_label(
        &mut self,
        numbering: &Numbering,
        num_id: u32,
        level: usize,
    ) -> Option<String> {
        let list = numbering.lists.get(&num_id)?;
        let definition = numbering.level(list, level)?;
        let counts = self.by_look.entry(list.look_id).or_default();
        // A list's own start takes hold once; from then on it counts like any other of its look.
        let restarts_here =
            list.starts.get(level)?.is_some() && self.started.insert((num_id, level));
        let count = counts.get_mut(level)?;
        *count = Some(match *count {
            Some(number) if !restarts_here => number.saturating_add(1),
            _ => numbering.start(list, level),
        });
        for deeper in level + 1..LEVELS {
            let restart = numbering
                .level(list, deeper)
                .and_then(|deeper| deeper.restart);
            if restart.is_none_or(|before| level < before)
                && let Some(count) = counts.get_mut(deeper)
            {
                *count = None;
            }
        }
        let counts = *counts;
        label(numbering, list, definition, &counts)
    }
}

fn label(
    numbering: &Numbering,
    list: &List,
    definition: &Level,
    counts: &[Option<u32>; LEVELS],
) -> Option<String> {
    if definition.format == NumberFormat::Bullet {
        return None;
    }
    let mut label = String::new();
    let mut chars = definition.text.chars().peekable();
    while let Some(c) = chars.next() {
        let place = chars.peek().and_then(|digit| digit.to_digit(10));
        match place {
            Some(place @ 1..=9) if c == '%' => {
                chars.next();
                let level = usize::try_from(place - 1).unwrap_or_default();
                let format = match numbering.level(list, level) {
                    Some(_) if definition.all_decimal => NumberFormat::Decimal,
                    Some(level) => level.format,
                    None => continue,
                };
                let count = counts.get(level).copied().flatten();
                let number = count.unwrap_or_else(|| numbering.start(list, level));
                label.push_str(&format.write(number));
            }
            _ => label.push(c),
        }
    }
    let label = label.trim();
    if label.is_empty() {
        return None;
    }
    // "1." and "5亿元" must not become "1.5亿元"; after Chinese punctuation no gap is wanted.
    let ends_itself = label.ends_with([
        '、', '．', '。', '）', ')', '】', '〕', ']', '：', ':', '，',
    ]);
    let gap = if ends_itself || definition.follows_closely {
        ""
    } else {
        " "
    };
    Some(format!("{label}{gap}"))
}

fn read_look(xml: &mut XmlReader<'_>) -> Result<Look, DocumentError> {
    let mut look = Look::default();
    while let Some(element) = xml.next_child()? {
        match element.name.as_str() {
            "lvl" => {
                put_level(&mut look.levels, &element, xml)?;
                continue;
            }
            "numStyleLink" => look.style_link = element.attribute("val").map(str::to_owned),
            "styleLink" => look.defines_style = element.attribute("val").map(str::to_owned),
            _ => {}
        }
        xml.skip()?;
    }
    Ok(look)
}

fn read_list(xml: &mut XmlReader<'_>) -> Result<List, DocumentError> {
    let mut list = List::default();
    while let Some(element) = xml.next_child()? {
        match element.name.as_str() {
            "abstractNumId" => {
                list.look_id = element.number("val").unwrap_or_default();
                xml.skip()?;
            }
            "lvlOverride" => read_override(&mut list, &element, xml)?,
            _ => xml.skip()?,
        }
    }
    Ok(list)
}

fn read_override(
    list: &mut List,
    element: &Element,
    xml: &mut XmlReader<'_>,
) -> Result<(), DocumentError> {
    let level: usize = element.number("ilvl").unwrap_or(LEVELS);
    while let Some(child) = xml.next_child()? {
        match child.name.as_str() {
            "startOverride" => {
                if let Some(start) = list.starts.get_mut(level) {
                    *start = child.number("val");
                }
                xml.skip()?;
            }
            "lvl" => put_level(&mut list.levels, &child, xml)?,
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn put_level(
    levels: &mut [Option<Level>; LEVELS],
    element: &Element,
    xml: &mut XmlReader<'_>,
) -> Result<(), DocumentError> {
    let index: usize = element.number("ilvl").unwrap_or(LEVELS);
    let level = read_level(xml)?;
    if let Some(place) = levels.get_mut(index) {
        *place = Some(level);
    }
    Ok(())
}

fn read_level(xml: &mut XmlReader<'_>) -> Result<Level, DocumentError> {
    let mut level = Level {
        // §17.9.25: without w:start a level starts at 0.
        start: 0,
        format: NumberFormat::Decimal,
        text: String::new(),
        restart: None,
        all_decimal: false,
        follows_closely: false,
        style_id: None,
    };
    while let Some(element) = xml.next_child()? {
        let value = element.attribute("val");
        match element.name.as_str() {
            "start" => level.start = element.number("val").unwrap_or_default(),
            "numFmt" => level.format = NumberFormat::of_name(value.unwrap_or_default()),
            // Newer formats stand in a choice, with a plain one for older readers.
            "AlternateContent" => {
                read_chosen_format(&mut level, xml)?;
                continue;
            }
            "lvlText" => level.text = value.unwrap_or_default().chars().take(MAX_LABEL).collect(),
            "lvlRestart" => level.restart = element.number("val"),
            "isLgl" => level.all_decimal = element.is_on(),
            "suff" => level.follows_closely = value == Some("nothing"),
            "pStyle" => level.style_id = value.map(str::to_owned),
            _ => {}
        }
        xml.skip()?;
    }
    Ok(level)
}

/// The format in an `mc:AlternateContent`: a custom one (`001, 002, …`) is a zero-padded decimal, and the fallback says
/// which known format comes nearest.
fn read_chosen_format(level: &mut Level, xml: &mut XmlReader<'_>) -> Result<(), DocumentError> {
    while let Some(branch) = xml.next_child()? {
        if branch.name != "Fallback" {
            xml.skip()?;
            continue;
        }
        while let Some(element) = xml.next_child()? {
            if element.name == "numFmt" {
                let name = element.attribute("val").unwrap_or_default();
                level.format = NumberFormat::of_name(name);
            }
            xml.skip()?;
        }
    }
    Ok(())
}
