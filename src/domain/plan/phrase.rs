//! Units in a phrase: A、B牵头，C、D配合; A牵头，B等按职责分工负责，年内持续推进; A、B分别负责; A负责. Labels with
//! a colon are in `label`.

use super::parties::{Parties, Role, is_limit};
use super::punctuation::{Text, any_at, ends_with_any, find, slice};
use super::unit_list::{pieces, split_names};
use super::unit_name::looks_like_unit;

/// What a verb at the end of a phrase makes of the units in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    Lead,
    /// 负责: leads where nobody is said to lead, else is responsible.
    Answers,
    Responsible,
    Cooperating,
}

const LEADING: [&str; 9] = [
    "牵头负责落实",
    "牵头组织实施",
    "牵头负责",
    "牵头落实",
    "牵头组织",
    "牵头推进",
    "牵头实施",
    "牵头办理",
    "牵头",
];
/// Each by its own duties: the first-named collects, so these are responsible units.
const BY_DUTY: [&str; 11] = [
    "按照各自职责分工负责",
    "按照职责分工负责",
    "按照职责负责",
    "按各自职责分工负责",
    "按职责分工负责",
    "按职责分工落实",
    "按分工负责",
    "按职责负责",
    "按职责落实",
    "分工负责",
    "按职责分工",
];
const ANSWERING: [&str; 8] = [
    "分别负责",
    "各自负责",
    "共同负责",
    "具体负责",
    "负责落实",
    "负责实施",
    "组织实施",
    "负责",
];
const DOING: [&str; 4] = ["落实", "承办", "实施", "办理"];
const COOPERATING: [&str; 13] = [
    "积极配合",
    "协同配合",
    "配合实施",
    "配合落实",
    "协助配合",
    "予以配合",
    "参与配合",
    "协同推进",
    "配合",
    "协助",
    "参与",
    "协同",
    "协办",
];

/// Reads a phrase; `None` unless a verb of duty ends a piece and the names in front look like units.
pub(crate) fn read_phrase(text: &Text) -> Option<Parties> {
    let clauses = duty_clauses(text);
    let named: Vec<&Text> = clauses
        .iter()
        .filter(|(duty, _)| duty.is_some())
        .map(|(_, names)| names)
        .collect();
    let is_unit = |names: &&Text| {
        let listed = split_names(names);
        !listed.is_empty()
            && listed
                .iter()
                .any(|name| looks_like_unit(name.name.folded()))
    };
    if named.is_empty() || !named.iter().all(is_unit) {
        return None;
    }
    let has_lead = clauses.iter().any(|(duty, _)| *duty == Some(Duty::Lead));
    let mut parties = Parties::default();
    let mut last = Role::Responsible;
    for (duty, names) in &clauses {
        let role = match duty {
            Some(Duty::Lead) => Role::Lead,
            Some(Duty::Answers) if !has_lead => Role::Lead,
            Some(Duty::Answers | Duty::Responsible) => Role::Responsible,
            Some(Duty::Cooperating) => Role::Cooperating,
            None if !split_names(names).iter().all(|name| {
                looks_like_unit(name.name.folded()) || is_limit(name.name.folded())
            }) =>
            {
                continue;
            }
            // Names behind the last verb go with it, but nobody joins the lead without being called so.
            None if last == Role::Cooperating => Role::Cooperating,
            None => Role::Responsible,
        };
        match joint_at(names.folded()) {
            // A会同B负责: B answers beside A.
            Some(at) => {
                parties.add_list(&names.part(0..at), role);
                parties.add_list(&names.part(at + 2..names.len()), Role::Responsible);
            }
            None => parties.add_list(names, role),
        }
        last = role;
    }
    Some(parties)
}

/// Where 会同 stands between two units.
fn joint_at(names: &[char]) -> Option<usize> {
    find(names, 0..names.len(), "会同").filter(|at| {
        looks_like_unit(slice(names, 0..*at)) && looks_like_unit(slice(names, at + 2..names.len()))
    })
}

/// The phrase in clauses: the names of each and the duty that ends it. Pieces of one list that are divided
/// by commas come together; time limits stand alone.
fn duty_clauses(text: &Text) -> Vec<(Option<Duty>, Text)> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for piece in pieces(text, |c| matches!(c, ',' | ';' | '。')) {
        let end = at + piece.len();
        for (from, to) in around_infix(piece.folded()) {
            let part = slice(piece.folded(), from..to);
            if is_limit(part) {
                push_rest(&mut clauses, text, start, at + from);
                clauses.push((None, piece.part(from..to)));
                start = at + to;
            } else if let Some((duty, length)) = duty_at_end(part) {
                clauses.push((Some(duty), text.part(start..at + to - length)));
                start = at + to;
            }
        }
        at = end + 1;
    }
    push_rest(&mut clauses, text, start, text.len());
    clauses
}

fn push_rest(clauses: &mut Vec<(Option<Duty>, Text)>, text: &Text, from: usize, to: usize) {
    let rest = text.part(from..to);
    if rest
        .folded()
        .iter()
        .any(|c| !c.is_whitespace() && !matches!(c, ',' | ';' | '。' | '、'))
    {
        clauses.push((None, rest));
    }
}

/// Cuts "A牵头B、C配合" behind 牵头.
fn around_infix(piece: &[char]) -> Vec<(usize, usize)> {
    let Some(at) = find(piece, 0..piece.len(), "牵头") else {
        return vec![(0, piece.len())];
    };
    let end = at + any_at(piece, at, &LEADING).map_or(2, |(_, length)| length);
    let is_followed = duty_at_end(slice(piece, end..piece.len())).is_some();
    if is_followed {
        vec![(0, end), (end, piece.len())]
    } else {
        vec![(0, piece.len())]
    }
}

fn duty_at_end(piece: &[char]) -> Option<(Duty, usize)> {
    let piece = super::unit_name::trim(piece);
    [
        (&LEADING[..], Duty::Lead),
        (&BY_DUTY[..], Duty::Responsible),
        (&ANSWERING[..], Duty::Answers),
        (&COOPERATING[..], Duty::Cooperating),
        (&DOING[..], Duty::Responsible),
    ]
    .into_iter()
    .find_map(|(verbs, duty)| ends_with_any(piece, verbs).map(|(_, length)| (duty, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Vec<String>, Vec<String>, Vec<String>)> {
        let mut parties = read_phrase(&Text::new(text))?;
        parties.infer_lead();
        Some((parties.lead, parties.responsible, parties.cooperating))
    }

    #[test]
    fn the_verbs_give_the_roles() {
        type Names<'a> = &'a [&'a str];
        let table: [(&str, Names<'_>, Names<'_>, Names<'_>); 10] = [
            ("财务科会同审计科负责", &["财务科"], &["审计科"], &[]),
            (
                "基教科、教研室牵头，人事科、各校配合",
                &["基教科", "教研室"],
                &[],
                &["人事科", "各校"],
            ),
            (
                "基教科牵头，人事科等按职责分工负责，年内持续推进",
                &["基教科"],
                &["人事科"],
                &[],
            ),
            ("基教科、人事科分别负责", &["基教科", "人事科"], &[], &[]),
            ("教研室负责", &["教研室"], &[], &[]),
            (
                "由教研室牵头负责，各学校负责落实",
                &["教研室"],
                &["各学校"],
                &[],
            ),
            ("教研室牵头人事科配合", &["教研室"], &[], &["人事科"]),
            (
                "基教科，教研室牵头；各地各校落实；2026年6月底前完成",
                &["基教科", "教研室"],
                &["各地各校"],
                &[],
            ),
            (
                "教研室、人事科按职责分工负责",
                &["教研室"],
                &["人事科"],
                &[],
            ),
            ("基教科牵头，各地各校", &["基教科"], &["各地各校"], &[]),
        ];
        for (text, lead, responsible, cooperating) in table {
            let strings =
                |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(
                read(text),
                Some((strings(lead), strings(responsible), strings(cooperating))),
                "{text}"
            );
        }
    }

    #[test]
    fn phrases_about_people_or_without_names_are_text() {
        for text in [
            "校长负责",
            "试行",
            "以下简称“专班”",
            "见附件",
            "由教务处负责解释",
            "牵头",
            "学生参与",
            "各负其责",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
