//! Group words: 各地, 各校, 各地各校, 各小学, 市直学校, 机关各科室 … What a word means, not who belongs to it today.
//!
//! A word is read piece by piece; only a word that is understood whole is a group. 各区教育行政部门 means 各地; 市直学校 the
//! schools whose parent is no district (design §6, Deadlines in the text).

use crate::domain::level::Level;
use crate::domain::unit_kind::UnitKind;

/// A set of units described by a word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitGroup {
    /// Every unit of these kinds (never schools: those are below).
    pub kinds: Vec<UnitKind>,
    /// Schools, if any.
    pub schools: Option<SchoolGroup>,
}

/// Which schools.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchoolGroup {
    /// Only schools that have one of these levels; empty: all schools.
    pub levels: Vec<Level>,
    /// Whose schools.
    pub under: SchoolsUnder,
}

/// Whose schools a group word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SchoolsUnder {
    /// All of them.
    #[default]
    Anyone,
    /// 市直学校: those whose parent is no district.
    TheBureau,
    /// 各区学校: those whose parent is a district.
    Districts,
}

/// What one piece of a group word says.
#[derive(Clone, Copy)]
enum Piece {
    /// Says “all of them” (各, 全市, 所有).
    Every,
    /// Joins two groups (、 和).
    Joint,
    /// Says nothing by itself.
    Filler,
    /// A district (地, 区, 县), to be followed by an authority, a school word or nothing.
    Area,
    /// The education authority of the area before it.
    Authority,
    /// Directly under the bureau.
    Direct,
    /// Schools of any level.
    Schools,
    /// Schools of some levels.
    SchoolsOf(&'static [Level]),
    /// The bureau's sections.
    Sections,
    /// The bureau's institutions.
    Institutions,
    /// Task forces.
    TaskForces,
}

/// Longest first among words that begin alike; reading is greedy.
const PIECES: &[(&str, Piece)] = &[
    ("各", Piece::Every),
    ("全市", Piece::Every),
    ("全县", Piece::Every),
    ("全区", Piece::Every),
    ("全体", Piece::Every),
    ("所有", Piece::Every),
    ("我市", Piece::Filler),
    ("全域", Piece::Every),
    ("辖区内", Piece::Filler),
    ("级各类", Piece::Filler),
    ("级", Piece::Filler),
    ("类", Piece::Filler),
    ("局机关", Piece::Filler),
    ("机关", Piece::Filler),
    ("含", Piece::Filler),
    ("(", Piece::Joint),
    (")", Piece::Filler),
    ("、", Piece::Joint),
    ("和", Piece::Joint),
    ("及", Piece::Joint),
    ("与", Piece::Joint),
    ("市直属", Piece::Direct),
    ("局直属", Piece::Direct),
    ("直属", Piece::Direct),
    ("市直", Piece::Direct),
    ("县直", Piece::Direct),
    ("区直", Piece::Direct),
    ("局直", Piece::Direct),
    ("市属", Piece::Direct),
    ("局属", Piece::Direct),
    ("教育行政主管部门", Piece::Authority),
    ("教育行政部门", Piece::Authority),
    ("教育主管部门", Piece::Authority),
    ("教育体育局", Piece::Authority),
    ("教育部门", Piece::Authority),
    ("教体局", Piece::Authority),
    ("教育局", Piece::Authority),
    ("教委", Piece::Authority),
    ("地区", Piece::Area),
    ("地", Piece::Area),
    ("县(市、区)", Piece::Area),
    ("市(县、区)", Piece::Area),
    ("区(县、市)", Piece::Area),
    ("区(县)", Piece::Area),
    ("县(区)", Piece::Area),
    ("县市区", Piece::Area),
    ("市县区", Piece::Area),
    ("市区县", Piece::Area),
    ("区县市", Piece::Area),
    ("旗县区", Piece::Area),
    ("县区", Piece::Area),
    ("区县", Piece::Area),
    ("县", Piece::Area),
    ("区", Piece::Area),
    ("旗", Piece::Area),
    (
        "义务教育阶段学校",
        Piece::SchoolsOf(&[Level::Primary, Level::Junior]),
    ),
    (
        "义务教育学校",
        Piece::SchoolsOf(&[Level::Primary, Level::Junior]),
    ),
    ("中小学校", Piece::SchoolsOf(SCHOOL_AGE)),
    ("中小学", Piece::SchoolsOf(SCHOOL_AGE)),
    ("小学校", Piece::SchoolsOf(&[Level::Primary])),
    ("小学", Piece::SchoolsOf(&[Level::Primary])),
    ("初级中学", Piece::SchoolsOf(&[Level::Junior])),
    ("初中学校", Piece::SchoolsOf(&[Level::Junior])),
    ("初中", Piece::SchoolsOf(&[Level::Junior])),
    ("普通高中学校", Piece::SchoolsOf(&[Level::Senior])),
    ("普通高中", Piece::SchoolsOf(&[Level::Senior])),
    ("高级中学", Piece::SchoolsOf(&[Level::Senior])),
    ("高中学校", Piece::SchoolsOf(&[Level::Senior])),
    ("高中", Piece::SchoolsOf(&[Level::Senior])),
    ("中等职业学校", Piece::SchoolsOf(&[Level::Vocational])),
    ("中职学校", Piece::SchoolsOf(&[Level::Vocational])),
    ("职业学校", Piece::SchoolsOf(&[Level::Vocational])),
    ("职业高中", Piece::SchoolsOf(&[Level::Vocational])),
    ("职校", Piece::SchoolsOf(&[Level::Vocational])),
    ("中职", Piece::SchoolsOf(&[Level::Vocational])),
    ("特殊教育学校", Piece::SchoolsOf(&[Level::Special])),
    ("特教学校", Piece::SchoolsOf(&[Level::Special])),
    ("幼儿园", Piece::SchoolsOf(&[Level::Kindergarten])),
    ("中学", Piece::SchoolsOf(&[Level::Junior, Level::Senior])),
    ("学校", Piece::Schools),
    ("校园", Piece::Schools),
    ("园", Piece::SchoolsOf(&[Level::Kindergarten])),
    ("校", Piece::Schools),
    ("科室", Piece::Sections),
    ("处室", Piece::Sections),
    ("股室", Piece::Sections),
    ("直属单位", Piece::Institutions),
    ("直属事业单位", Piece::Institutions),
    ("事业单位", Piece::Institutions),
    ("工作专班", Piece::TaskForces),
    ("专班", Piece::TaskForces),
];

/// 中小学: primary, junior and senior schools.
const SCHOOL_AGE: &[Level] = &[Level::Primary, Level::Junior, Level::Senior];

impl UnitGroup {
    /// What `word` means, or `None` where it is no group word. `word` is in the normal form of
    /// [`crate::domain::unit::normal_name`] (half-width brackets, no spaces, no quotes).
    ///
    /// A word needs something that says “all of them” (各, 全市 …), unless it names directly subordinate schools or a
    /// plural level word such as 中小学校; 教育局 or 小学 alone is no group.
    pub fn of_word(word: &str) -> Option<Self> {
        let pieces = read_pieces(word)?;
        let mut group = Self::default();
        let mut says_all = false;
        let mut direct = false;
        let mut area = false;
        for (index, piece) in pieces.iter().enumerate() {
            let next = pieces.get(index + 1);
            match piece {
                Piece::Every => says_all = true,
                Piece::Filler => {}
                Piece::Joint => area = false,
                Piece::Direct => {
                    direct = true;
                    says_all = true;
                }
                Piece::Area => match next {
                    // 各地各校: districts, and after a new 各 the schools. 各区学校: schools of the districts only.
                    Some(Piece::Schools | Piece::SchoolsOf(_)) => area = true,
                    Some(Piece::Area | Piece::Authority) => {}
                    _ => group.add_kind(UnitKind::District),
                },
                Piece::Authority => {
                    if !matches!(
                        index.checked_sub(1).and_then(|i| pieces.get(i)),
                        Some(Piece::Area)
                    ) {
                        return None;
                    }
                    group.add_kind(UnitKind::District);
                }
                Piece::Schools => group.add_schools(&[], direct, area),
                Piece::SchoolsOf(levels) => group.add_schools(levels, direct, area),
                Piece::Sections => group.add_kind(UnitKind::Section),
                Piece::Institutions => {
                    says_all |= word.ends_with("单位");
                    group.add_kind(UnitKind::Institution);
                }
                Piece::TaskForces => group.add_kind(UnitKind::TaskForce),
            }
        }
        says_all |= word.starts_with("中小学");
        let empty = group.kinds.is_empty() && group.schools.is_none();
        (says_all && !empty).then_some(group)
    }

    fn add_kind(&mut self, kind: UnitKind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    fn add_schools(&mut self, levels: &[Level], direct: bool, area: bool) {
        let under = match (direct, area) {
            (true, _) => SchoolsUnder::TheBureau,
            (false, true) => SchoolsUnder::Districts,
            (false, false) => SchoolsUnder::Anyone,
        };
        match &mut self.schools {
            Some(schools) if levels.is_empty() => schools.levels.clear(),
            Some(schools) if schools.levels.is_empty() => {}
            Some(schools) => schools.levels.extend_from_slice(levels),
            None => {
                self.schools = Some(SchoolGroup {
                    levels: levels.to_vec(),
                    under,
                });
            }
        }
    }
}

fn read_pieces(word: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (text, piece) = PIECES
            .iter()
            .filter(|(text, _)| rest.starts_with(text))
            .max_by_key(|(text, _)| text.len())?;
        pieces.push(*piece);
        rest = &rest[text.len()..];
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schools(levels: &[Level], under: SchoolsUnder) -> Option<SchoolGroup> {
        Some(SchoolGroup {
            levels: levels.to_vec(),
            under,
        })
    }

    #[test]
    fn group_words_mean_what_offices_mean() {
        use Level::{Junior, Kindergarten, Primary, Senior, Vocational};
        use SchoolsUnder::{Anyone, Districts, TheBureau};
        let district = vec![UnitKind::District];
        for (word, kinds, expected) in [
            ("各地", district.clone(), None),
            ("各区教育行政部门", district.clone(), None),
            ("各县(市、区)教育局", district.clone(), None),
            ("各县市区教体局", district.clone(), None),
            ("各校", vec![], schools(&[], Anyone)),
            ("各级各类学校", vec![], schools(&[], Anyone)),
            ("各地各校", district.clone(), schools(&[], Anyone)),
            ("各地、各学校", district.clone(), schools(&[], Anyone)),
            ("各区学校", vec![], schools(&[], Districts)),
            ("各小学", vec![], schools(&[Primary], Anyone)),
            (
                "各中小学(幼儿园)",
                vec![],
                schools(&[Primary, Junior, Senior, Kindergarten], Anyone),
            ),
            (
                "全市义务教育学校",
                vec![],
                schools(&[Primary, Junior], Anyone),
            ),
            (
                "各普通高中、中职学校",
                vec![],
                schools(&[Senior, Vocational], Anyone),
            ),
            ("市直学校", vec![], schools(&[], TheBureau)),
            ("局属各学校", vec![], schools(&[], TheBureau)),
            ("机关各科室", vec![UnitKind::Section], None),
            ("局直属各单位", vec![], None),
            ("各直属单位", vec![UnitKind::Institution], None),
        ] {
            let group = UnitGroup::of_word(word);
            if word == "局直属各单位" {
                assert_eq!(group, None, "各单位 says too little");
                continue;
            }
            assert_eq!(
                group,
                Some(UnitGroup {
                    kinds,
                    schools: expected
                }),
                "{word}"
            );
        }
    }

    #[test]
    fn names_of_single_units_and_vague_words_are_no_groups() {
        for word in [
            "市教育局",
            "教育局",
            "小学",
            "实验小学",
            "各单位",
            "相关科室",
            "各有关学校",
            "基教科",
            "",
            "各",
        ] {
            assert_eq!(UnitGroup::of_word(word), None, "{word}");
        }
    }
}
