//! The catalogue's words for the small pieces of a letter: dates, states, roles, what is asked. Whole sentences are put
//! together in `letter_view` and `subject`.

use chrono::{Datelike as _, NaiveDate};
use rust_i18n::t;

use super::letter::{Ask, AskKind, ItemRole, Locale, Timing};
use super::plain_text::clean;

/// The longest titles and names shown, in characters.
pub(super) const TITLE_CHARS: usize = 100;

/// The longest remark of a person shown, in characters.
pub(super) const REMARK_CHARS: usize = 300;

/// The words of one language.
#[derive(Clone, Copy)]
pub(super) struct Wording {
    /// The catalogue's name.
    pub(super) tag: &'static str,
}

impl Wording {
    pub(super) fn new(locale: Locale) -> Self {
        Self { tag: locale.tag() }
    }

    /// 2026年11月23日.
    pub(super) fn date(self, date: NaiveDate) -> String {
        let month_key = format!("mail.month.{}", date.month());
        t!(
            "mail.date",
            locale = self.tag,
            year = date.year(),
            month = date.month(),
            day = date.day(),
            month_name = t!(&month_key, locale = self.tag)
        )
        .into_owned()
    }

    /// 2026年11月23日（周一）.
    pub(super) fn date_with_weekday(self, date: NaiveDate) -> String {
        let weekday_key = format!("mail.weekday.{}", date.weekday().number_from_monday());
        t!(
            "mail.date_with_weekday",
            locale = self.tag,
            date = self.date(date),
            weekday = t!(&weekday_key, locale = self.tag)
        )
        .into_owned()
    }

    /// The parts in a row: 甲、乙.
    pub(super) fn list(self, parts: &[String]) -> String {
        parts.join(&t!("mail.list_separator", locale = self.tag))
    }

    /// 《…》, at most `limit` characters of the title; nothing for an empty title.
    pub(super) fn plan(self, title: &str, limit: usize) -> String {
        let title = clean(title, limit);
        // Titles are often recorded with their own 《》.
        let bare = title.strip_prefix('《').and_then(|t| t.strip_suffix('》'));
        let title = bare.unwrap_or(&title);
        if title.is_empty() {
            return String::new();
        }
        t!("mail.title", locale = self.tag, title = title).into_owned()
    }

    /// What the unit is to do, as a verb phrase; titles are cut to `limit` characters. Without plan or period it has no
    /// blanks in a row.
    pub(super) fn action(self, ask: &Ask, limit: usize) -> String {
        let plan = self.plan(&ask.plan_title, limit);
        let period = clean(ask.period_label.as_deref().unwrap_or_default(), TITLE_CHARS);
        let tag = self.tag;
        let action = match &ask.what {
            AskKind::Acknowledge => t!("mail.action.acknowledge", locale = tag, plan = plan),
            AskKind::Complete => t!("mail.action.complete", locale = tag, plan = plan),
            AskKind::SendUp { what } => {
                t!(
                    "mail.action.send_up",
                    locale = tag,
                    what = clean(what, limit)
                )
            }
            AskKind::Notice { what } => {
                t!(
                    "mail.action.notice",
                    locale = tag,
                    what = clean(what, limit)
                )
            }
            AskKind::SpotCheck => {
                t!(
                    "mail.action.spot_check",
                    locale = tag,
                    plan = plan,
                    period = period
                )
            }
            AskKind::Dispatch => {
                t!(
                    "mail.action.dispatch",
                    locale = tag,
                    plan = plan,
                    period = period
                )
            }
            AskKind::Monitoring => {
                t!(
                    "mail.action.monitoring",
                    locale = tag,
                    plan = plan,
                    period = period
                )
            }
            AskKind::Collect { sums_up: true } => {
                t!(
                    "mail.action.collect_sum",
                    locale = tag,
                    plan = plan,
                    period = period
                )
            }
            AskKind::Collect { sums_up: false } => {
                t!(
                    "mail.action.collect",
                    locale = tag,
                    plan = plan,
                    period = period
                )
            }
            AskKind::FollowUp { what } => {
                t!(
                    "mail.action.follow_up",
                    locale = tag,
                    what = clean(what, limit)
                )
            }
            AskKind::Rectify => t!("mail.action.rectify", locale = tag, plan = plan),
            AskKind::Other { what } => {
                t!("mail.action.other", locale = tag, what = clean(what, limit))
            }
        };
        clean(&action, 2 * TITLE_CHARS + REMARK_CHARS)
    }

    /// The usual way to answer.
    pub(super) fn how_to_answer(self, ask: &Ask) -> String {
        let tag = self.tag;
        match &ask.what {
            AskKind::Acknowledge if ask.links.is_some() => {
                t!("mail.how.acknowledge_by_link", locale = tag)
            }
            AskKind::Acknowledge => t!("mail.how.acknowledge", locale = tag),
            AskKind::Complete => t!("mail.how.complete", locale = tag),
            AskKind::SendUp { .. } => t!("mail.how.send_up", locale = tag),
            AskKind::SpotCheck => t!("mail.how.spot_check", locale = tag),
            AskKind::Dispatch => t!("mail.how.dispatch", locale = tag),
            AskKind::Monitoring => t!("mail.how.monitoring", locale = tag),
            AskKind::Notice { .. } => t!("mail.how.notice", locale = tag),
            AskKind::Collect { sums_up: true } => t!("mail.how.collect_sum", locale = tag),
            AskKind::Collect { sums_up: false } => t!("mail.how.dispatch", locale = tag),
            AskKind::FollowUp { .. } => t!("mail.how.other", locale = tag),
            AskKind::Rectify => t!("mail.how.rectify", locale = tag),
            AskKind::Other { .. } => t!("mail.how.other", locale = tag),
        }
        .into_owned()
    }

    /// The kind as a noun, for copies.
    pub(super) fn overdue_what(self, what: &AskKind) -> String {
        let tag = self.tag;
        match what {
            AskKind::Acknowledge => t!("mail.copy.what_acknowledge", locale = tag),
            AskKind::Complete => t!("mail.copy.what_complete", locale = tag),
            AskKind::SpotCheck => t!("mail.copy.what_spot_check", locale = tag),
            AskKind::Dispatch => t!("mail.copy.what_dispatch", locale = tag),
            AskKind::Monitoring => t!("mail.copy.what_monitoring", locale = tag),
            AskKind::Collect { .. } => t!("mail.copy.what_collect", locale = tag),
            AskKind::FollowUp { .. } => t!("mail.copy.what_follow_up", locale = tag),
            AskKind::Rectify => t!("mail.copy.what_rectify", locale = tag),
            AskKind::Notice { .. } => t!("mail.copy.what_notice", locale = tag),
            AskKind::SendUp { what } | AskKind::Other { what } => clean(what, TITLE_CHARS).into(),
        }
        .into_owned()
    }

    /// 已逾期3个工作日.
    pub(super) fn status(self, timing: Timing) -> String {
        let tag = self.tag;
        match timing {
            Timing::Overdue(count) => t!("mail.status.overdue", locale = tag, count = count),
            Timing::Today => t!("mail.status.today", locale = tag),
            Timing::Open(count) => t!("mail.status.open", locale = tag, count = count),
            Timing::Undated => t!("mail.status.undated", locale = tag),
        }
        .into_owned()
    }

    pub(super) fn role(self, role: ItemRole) -> String {
        match role {
            ItemRole::Lead => t!("mail.role.lead", locale = self.tag),
            ItemRole::Responsible => t!("mail.role.responsible", locale = self.tag),
            ItemRole::Cooperating => t!("mail.role.cooperating", locale = self.tag),
        }
        .into_owned()
    }

    /// 江岸区教育局等5个单位; up to three are named. Empty for no unit.
    pub(super) fn units(self, names: &[String]) -> String {
        let mut names: Vec<String> = names.iter().map(|name| clean(name, TITLE_CHARS)).collect();
        names.retain(|name| !name.is_empty());
        match names.as_slice() {
            [first, _, _, _, ..] => t!(
                "mail.and_more_units",
                locale = self.tag,
                first = first,
                count = names.len()
            )
            .into_owned(),
            few => self.list(few),
        }
    }
}
