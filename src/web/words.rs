//! The catalogue's words for pages.

use crate::domain::local_time::LocalZone;
use crate::domain::locale::Locale;
use crate::domain::stage::Stage;
use crate::flow::refusal::Refusal;
use crate::http::kernel::field_errors::FieldError;
use crate::http::kernel::{FieldCode, Problem};
use crate::web::field::Wrong;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_i18n::t;

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    locale: Locale,
    zone: LocalZone,
}

impl Words {
    /// The words of `locale`, for readers in `zone`.
    pub(super) fn of(locale: Locale, zone: LocalZone) -> Self {
        Self { locale, zone }
    }

    /// The language's BCP 47 tag.
    pub(super) fn tag(self) -> &'static str {
        self.locale.tag()
    }

    /// The text of a key below `web`.
    pub(super) fn say(self, key: &str) -> String {
        let key = format!("web.{key}");
        t!(&key, locale = self.tag()).into_owned()
    }

    /// The same with its blanks filled in, each by what stands in `with` under its name.
    pub(super) fn fill(self, key: &str, with: &[(&str, &str)]) -> String {
        filled(&self.say(key), with)
    }

    /// The text of a key below `mail`, filled in: what pages and mails say in the same words.
    pub(super) fn mail(self, key: &str, with: &[(&str, &str)]) -> String {
        let key = format!("mail.{key}");
        filled(&t!(&key, locale = self.tag()), with)
    }

    /// The text of a key below `web`, where there is one.
    pub(super) fn known(self, key: &str) -> Option<String> {
        let key = format!("web.{key}");
        let text = t!(&key, locale = self.tag());
        // What is in no catalogue comes back as its key, after the language where it was looked for.
        (!text.ends_with(&key)).then(|| text.into_owned())
    }

    /// Why something was refused. What refusals say is Chinese; in another language what their code says stands before it.
    pub(super) fn refusal(self, refusal: &Refusal) -> String {
        self.beside(refusal.code.english(), &refusal.text)
    }

    /// The same of a problem.
    pub(super) fn problem_met(self, problem: &Problem) -> String {
        self.beside(problem.english(), problem.detail())
    }

    /// The same of a field of a problem.
    pub(super) fn wrong_field(self, problem: &Problem, error: &FieldError) -> String {
        let says = match error.code {
            FieldCode::Invalid => problem.english(),
            code => code.english(),
        };
        self.beside(says, &error.message)
    }

    /// The same of all fields of a problem, by their paths.
    pub(super) fn wrong_fields(self, problem: &Problem) -> Vec<Wrong> {
        let errors = problem.errors().iter();
        errors
            .map(|error| (error.path.clone(), self.wrong_field(problem, error)))
            .collect()
    }

    fn beside(self, english: &str, original: &str) -> String {
        self.fill(
            "wrong.beside",
            &[("english", english), ("original", original)],
        )
    }

    /// The name of something that rows have: a column, a fact, a field. One inside another, `opens.at`, has its own name or
    /// that of the inner one.
    pub(super) fn label(self, name: &str) -> String {
        let whole = name.replace("[]", "").replace('.', "_");
        let own = self.known(&format!("col.{whole}"));
        own.unwrap_or_else(|| {
            let inner = name.rsplit('.').next().unwrap_or(name);
            self.say(&format!("col.{inner}"))
        })
    }

    /// The words of a code of one of the API's enumerations; a code that is not in the catalogue as it is.
    pub(super) fn code(self, group: &str, code: &str) -> String {
        let known = self.known(&format!("code.{group}.{code}"));
        known.unwrap_or_else(|| code.to_owned())
    }

    /// An instant: 2026年11月23日 14:05.
    pub(super) fn moment(self, moment: DateTime<Utc>) -> String {
        let local = self.zone.local(moment);
        let day = self.date(local.date());
        format!("{day} {}", local.format("%H:%M"))
    }

    /// 2026年11月23日.
    pub(super) fn date(self, day: NaiveDate) -> String {
        let month = format!("mail.month.{}", day.month());
        t!(
            "mail.date",
            locale = self.tag(),
            year = day.year(),
            month = day.month(),
            day = day.day(),
            month_name = t!(&month, locale = self.tag())
        )
        .into_owned()
    }

    /// 2026年11月23日（周一）.
    pub(super) fn day(self, day: NaiveDate) -> String {
        let weekday = format!("mail.weekday.{}", day.weekday().number_from_monday());
        let date = self.date(day);
        t!(
            "mail.date_with_weekday",
            locale = self.tag(),
            date = date,
            weekday = t!(&weekday, locale = self.tag())
        )
        .into_owned()
    }

    /// 2026年11月.
    pub(super) fn month(self, month: NaiveDate) -> String {
        let name = format!("mail.month.{}", month.month());
        let with = [
            ("year", month.year().to_string()),
            ("month", month.month().to_string()),
            ("month_name", t!(&name, locale = self.tag()).into_owned()),
        ];
        let with: Vec<(&str, &str)> = with
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        self.fill("calendar.month", &with)
    }

    /// 周一.
    pub(super) fn weekday(self, day: NaiveDate) -> String {
        let weekday = format!("mail.weekday.{}", day.weekday().number_from_monday());
        t!(&weekday, locale = self.tag()).into_owned()
    }

    /// When a stage of reminders is, counted from the due day.
    pub(super) fn stage(self, stage: &str) -> String {
        match stage.parse() {
            Ok(Stage::Notice) => self.say("stage.notice"),
            Ok(Stage::Due) => self.say("stage.due"),
            Ok(Stage::Before(days)) => self.fill("stage.before", &[("days", &days.to_string())]),
            Ok(Stage::Over(days)) => self.fill("stage.over", &[("days", &days.to_string())]),
            Err(_) => stage.to_owned(),
        }
    }

    /// What a problem of a plan document is called.
    pub(super) fn problem(self, kind: &str) -> String {
        let key = format!("problem.{kind}");
        t!(&key, locale = self.tag()).into_owned()
    }

    /// Names in a row: 甲、乙.
    pub(super) fn list(self, names: &[String]) -> String {
        names.join(&t!("mail.list_separator", locale = self.tag()))
    }
}

/// In one pass: what is filled in is not looked through for blanks again.
fn filled(text: &str, with: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%{") {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push_str("%{");
            rest = after;
            continue;
        };
        if let Some((_, value)) = with.iter().find(|(known, _)| *known == name) {
            filled.push_str(value);
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::RefusalCode;
    use crate::http::kernel::Code;

    #[test]
    fn blanks_are_filled_in_once() {
        let words = Words::of(Locale::ZhCn, LocalZone::default());
        let filled = words.fill("frame.contact", &[("office", "%{office}"), ("name", "x")]);
        assert!(filled.contains("%{office}"), "{filled}");
        assert_eq!(
            words.day(NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day")),
            "2026年11月23日（周一）"
        );
    }

    #[test]
    fn what_was_refused_is_told_in_the_readers_language() {
        let words = |locale| Words::of(locale, LocalZone::default());
        let (chinese, english) = (words(Locale::ZhCn), words(Locale::En));
        let refusal = Refusal {
            code: RefusalCode::RoundClosed,
            text: "本次督办已经结束".to_owned(),
            fields: Vec::new(),
        };
        let told = "The round is closed already. (本次督办已经结束)";
        assert_eq!(chinese.refusal(&refusal), "本次督办已经结束");
        assert_eq!(english.refusal(&refusal), told);
        assert_eq!(english.problem_met(&refusal.into()), told);
        let own = Problem::new(Code::NotFound, "没有找到");
        assert_eq!(english.problem_met(&own), "Not found (没有找到)");
    }
}
