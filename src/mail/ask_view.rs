//! One ask of a letter as the templates see it: heading, rows of label and value, items. The letter around it is in
//! `letter_view`, the small words in `wording`.

use std::borrow::Cow;

use rust_i18n::t;

use super::letter::{Ask, AskItem, AskKind, AskLinks, DateStatus, ItemRole, Occasion, Timing};
use super::plain_text::clean;
use super::wording::{REMARK_CHARS, TITLE_CHARS, Wording};

/// Items shown of one ask.
const ITEMS_SHOWN: usize = 20;

/// One ask.
pub(super) struct AskView {
    pub(super) heading: String,
    pub(super) number: usize,
    pub(super) action: String,
    pub(super) status: String,
    pub(super) timing: Timing,
    pub(super) rows: Vec<Row>,
    pub(super) items: Vec<String>,
    pub(super) items_left_out: Option<String>,
    pub(super) how: Row,
    pub(super) answer: Option<LinkView>,
    pub(super) other_links: Vec<LinkView>,
}

/// A link and the words on it.
pub(super) struct LinkView {
    pub(super) label: String,
    pub(super) url: String,
}

/// A label and what it stands for.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) value: String,
}

impl AskView {
    /// The colour beside the status words, dark enough on white for WCAG AA.
    pub(super) fn colour(&self) -> &'static str {
        match self.timing {
            Timing::Overdue(_) => "#b42318",
            Timing::Today => "#b54708",
            Timing::Open(_) => "#175cd3",
            Timing::Undated => "#475467",
        }
    }
}

/// The ask worded. The unit is named where the letter is for several.
pub(super) fn ask_view(
    words: Wording,
    ask: &Ask,
    number: usize,
    has_several_units: bool,
) -> AskView {
    let tag = words.tag;
    let action = words.action(ask, TITLE_CHARS);
    let status = words.status(ask.timing);
    let heading = t!(
        "mail.ask_heading",
        locale = tag,
        number = number,
        status = status,
        action = action
    );
    let count = ask.item_count.max(ask.items.len());
    let items = ask.items.iter().take(ITEMS_SHOWN);
    let items: Vec<String> = items.map(|item| item_line(words, item)).collect();
    let is_cut = !items.is_empty() && count > items.len();
    AskView {
        heading: heading.into_owned(),
        number,
        action,
        status,
        timing: ask.timing,
        rows: rows(words, ask, has_several_units),
        items,
        items_left_out: is_cut
            .then(|| t!("mail.and_more_items", locale = tag, count = count).into_owned()),
        how: how(words, ask),
        answer: ask
            .links
            .as_ref()
            .map(|links| answer_link(words, ask, links)),
        other_links: ask
            .links
            .as_ref()
            .map(|links| other_links(words, links))
            .unwrap_or_default(),
    }
}

fn answer_link(words: Wording, ask: &Ask, links: &AskLinks) -> LinkView {
    let label = match ask.what {
        AskKind::Acknowledge => t!("mail.link.acknowledge", locale = words.tag),
        _ => t!("mail.link.report", locale = words.tag),
    };
    link(label, &links.answer)
}

fn other_links(words: Wording, links: &AskLinks) -> Vec<LinkView> {
    let tag = words.tag;
    let extend = links.extend.as_deref();
    let extend = extend.map(|url| link(t!("mail.link.extend", locale = tag), url));
    let evidence = links.evidence.as_deref();
    let evidence = evidence.map(|url| link(t!("mail.link.evidence", locale = tag), url));
    extend.into_iter().chain(evidence).collect()
}

fn link(label: Cow<'_, str>, url: &str) -> LinkView {
    LinkView {
        label: label.into_owned(),
        url: url.to_owned(),
    }
}

fn rows(words: Wording, ask: &Ask, has_several_units: bool) -> Vec<Row> {
    let tag = words.tag;
    let mut rows = Vec::new();
    if has_several_units {
        let unit = clean(&ask.unit_name, TITLE_CHARS);
        rows.push(row(t!("mail.label.unit", locale = tag), unit));
    }
    match &ask.what {
        // The other kinds name their plan and period in the heading.
        AskKind::SendUp { .. }
        | AskKind::Notice { .. }
        | AskKind::FollowUp { .. }
        | AskKind::Other { .. } => {
            let plan = words.plan(&ask.plan_title, TITLE_CHARS);
            rows.push(row(t!("mail.label.plan", locale = tag), plan));
            let period = ask.period_label.as_deref().unwrap_or_default();
            let period = clean(period, TITLE_CHARS);
            rows.push(row(t!("mail.label.period", locale = tag), period));
        }
        AskKind::Acknowledge
        | AskKind::Complete
        | AskKind::SpotCheck
        | AskKind::Dispatch
        | AskKind::Monitoring
        | AskKind::Collect { .. }
        | AskKind::Rectify => {}
    }
    rows.push(row(t!("mail.label.due", locale = tag), due(words, ask)));
    rows.extend(occasion_row(words, &ask.occasion));
    if ask.reminders_sent > 0 {
        let sent = t!(
            "mail.value.reminders",
            locale = tag,
            count = ask.reminders_sent
        );
        rows.push(row(
            t!("mail.label.reminders", locale = tag),
            sent.into_owned(),
        ));
    }
    let leads = words.units(&ask.lead_names);
    rows.push(row(t!("mail.label.leads", locale = tag), leads));
    let items = item_summary(words, ask);
    rows.push(row(t!("mail.label.items", locale = tag), items));
    rows.retain(|row| !row.value.is_empty());
    rows
}

fn row(label: Cow<'_, str>, value: String) -> Row {
    Row {
        label: label.into_owned(),
        value,
    }
}

fn how(words: Wording, ask: &Ask) -> Row {
    let own = ask.how_to_answer.as_deref().unwrap_or_default();
    let own = clean(own, REMARK_CHARS);
    let value = if own.is_empty() {
        words.how_to_answer(ask)
    } else {
        own
    };
    row(t!("mail.label.how", locale = words.tag), value)
}

fn due(words: Wording, ask: &Ask) -> String {
    let tag = words.tag;
    let Some(due_on) = ask.due_on else {
        return String::new();
    };
    let mut due = words.date_with_weekday(due_on);
    if let Some(first_due_on) = ask.first_due_on.filter(|first| *first != due_on) {
        let first = words.date(first_due_on);
        due.push_str(&match ask.occasion {
            Occasion::Amended { .. } => t!("mail.value.first", locale = tag, date = first),
            Occasion::New
            | Occasion::Reminder
            | Occasion::Returned { .. }
            | Occasion::FindingRaised { .. }
            | Occasion::ObjectionRejected { .. }
            | Occasion::ExtensionGranted
            | Occasion::ExtensionRefused { .. } => {
                t!("mail.value.extended", locale = tag, date = first)
            }
        });
    }
    match ask.dates {
        DateStatus::Settled => {}
        DateStatus::Provisional => due.push_str(&t!("mail.value.provisional", locale = tag)),
    }
    due
}

fn occasion_row(words: Wording, occasion: &Occasion) -> Option<Row> {
    let tag = words.tag;
    let (label, value) = match occasion {
        Occasion::New | Occasion::Reminder => return None,
        Occasion::Returned { reason } => (
            t!("mail.label.returned", locale = tag),
            clean(reason, REMARK_CHARS),
        ),
        Occasion::FindingRaised { finding } => (
            t!("mail.label.finding", locale = tag),
            clean(finding, REMARK_CHARS),
        ),
        Occasion::Amended { reason } => (
            t!("mail.label.amended", locale = tag),
            clean(reason, REMARK_CHARS),
        ),
        Occasion::ExtensionGranted => (
            t!("mail.label.extension", locale = tag),
            t!("mail.value.extension_granted", locale = tag).into_owned(),
        ),
        Occasion::ExtensionRefused { reason } => {
            let reason = clean(reason, REMARK_CHARS);
            let value = if reason.is_empty() {
                t!("mail.value.extension_refused", locale = tag)
            } else {
                t!(
                    "mail.value.extension_refused_because",
                    locale = tag,
                    reason = reason
                )
            };
            (t!("mail.label.extension", locale = tag), value.into_owned())
        }
        Occasion::ObjectionRejected { reason } => {
            let reason = clean(reason, REMARK_CHARS);
            let value = t!(
                "mail.value.objection_rejected",
                locale = tag,
                reason = reason
            );
            (t!("mail.label.objection", locale = tag), value.into_owned())
        }
    };
    Some(row(label, value))
}

/// 共23项（牵头2项、责任21项）; the parts only where all items are known here.
fn item_summary(words: Wording, ask: &Ask) -> String {
    let tag = words.tag;
    let count = ask.item_count.max(ask.items.len());
    if count == 0 {
        return String::new();
    }
    let roles = [ItemRole::Lead, ItemRole::Responsible, ItemRole::Cooperating];
    let parts: Vec<String> = roles
        .into_iter()
        .map(|role| {
            (
                role,
                ask.items
                    .iter()
                    .filter(|item| item.role == Some(role))
                    .count(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .map(|(role, count)| {
            let role = words.role(role);
            t!(
                "mail.value.role_count",
                locale = tag,
                role = role,
                count = count
            )
            .into_owned()
        })
        .collect();
    if parts.len() > 1 && count == ask.items.len() {
        let roles = words.list(&parts);
        t!(
            "mail.value.items_by_role",
            locale = tag,
            count = count,
            roles = roles
        )
        .into_owned()
    } else {
        t!("mail.value.items", locale = tag, count = count).into_owned()
    }
}

pub(super) fn item_line(words: Wording, item: &AskItem) -> String {
    let tag = words.tag;
    let number = clean(&item.number, TITLE_CHARS);
    let title = clean(&item.title, TITLE_CHARS);
    let line = match item.role {
        Some(role) => {
            let role = words.role(role);
            t!(
                "mail.value.item_with_role",
                locale = tag,
                number = number,
                title = title,
                role = role
            )
        }
        None => t!(
            "mail.value.item",
            locale = tag,
            number = number,
            title = title
        ),
    };
    line.trim().to_owned()
}
