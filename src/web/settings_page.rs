//! `/settings`: the settings in force, for administrators. They are changed where the service is started; secrets are not
//! among them.

use super::part::{Cell, Fact, Note, Part};
use super::visit::{Shown, Visit};

/// Answers with the settings.
pub(super) async fn settings_page(visit: Visit) -> Shown {
    visit.asking.judge("list_users").await?;
    let words = visit.words;
    let settings = &visit.ctx.settings;
    let fact = |key: &str, value: String| Fact {
        label: words.say(&format!("settings.{key}")),
        value: match value.is_empty() {
            true => Cell::Empty,
            false => Cell::Text(value),
        },
    };
    let facts = vec![
        fact("base_url", settings.base_url.clone()),
        fact("listen", settings.listen.to_string()),
        fact("mail_server", settings.transport.to_string()),
        fact("from", settings.from.as_str().to_owned()),
        fact("from_name", settings.from_name.clone()),
        fact("zone", settings.zone.name().to_owned()),
        fact("locale", settings.locale.clone()),
        fact(
            "supervision_unit",
            settings.supervision_unit.clone().unwrap_or_default(),
        ),
        fact(
            "supervision_phone",
            settings.supervision_phone.clone().unwrap_or_default(),
        ),
        fact("files_folder", settings.files_folder.display().to_string()),
        fact("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let note = Note {
        tone: "plain",
        heading: words.say("settings.where"),
        texts: vec![words.say("settings.how")],
    };
    let parts = vec![Part::Note(note), Part::Facts(facts)];
    visit.shown(&visit.page(words.say("page.settings"), Vec::new(), parts))
}
