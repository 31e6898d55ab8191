//! A unit is told, once and by mail, what was decided about it where no request for it says so: a talk or a card that was
//! confirmed, a notice that was taken back, an objection to one, a finding that was withdrawn.

use crate::domain::notice::{NoticeEvent, NoticeState};
use crate::flow::notice_steps::called;
use crate::flow::tell_units::{Telling, TellingWords, Told, tell_units};
use crate::flow::{Ctx, FlowError, Now};
use crate::mail::decision_letter::{
    CardTold, DecisionWords, FindingTold, NoticeDecided, NoticeLeaves, NoticeTold, card_words,
    finding_words, notice_words,
};
use crate::mail::letter::Locale;
use crate::storage::WriteTx;
use crate::storage::findings::StoredFinding;
use crate::storage::notices::StoredNotice;
use crate::storage::warnings::StoredWarning;
use std::collections::BTreeSet;

/// Tells the school that a talk or a card was confirmed.
pub(super) async fn tell_card(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    confirmed: &StoredWarning,
) -> Result<Told, FlowError> {
    let years = confirmed.years.iter().map(|year| year.sentence.clone());
    let words = card_words(&CardTold {
        locale: Locale::of_tag(&ctx.settings.locale),
        card: confirmed.card,
        school_year: confirmed.school_year,
        level: confirmed.level.label(),
        years: years.collect(),
        reason: confirmed.reason.clone().unwrap_or_default(),
    });
    let telling = telling(format!("warning|{}", confirmed.id), words);
    let units = BTreeSet::from([confirmed.unit_id]);
    tell_units(ctx, tx, now, &units, &telling).await
}

/// Tells the unit what was decided about a notice that it has received, where that is nothing that its request tells:
/// withdrawn, objection upheld, or rejected with nothing asked anew. `matter_open`: something it is about waits for the unit.
pub(super) async fn tell_notice(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    (decided, event, reason): (&StoredNotice, NoticeEvent, Option<String>),
    matter_open: bool,
) -> Result<Told, FlowError> {
    let what = match event {
        NoticeEvent::Withdraw => NoticeDecided::Withdrawn,
        NoticeEvent::Uphold => NoticeDecided::Upheld,
        NoticeEvent::Reject => NoticeDecided::Rejected,
        NoticeEvent::Raise
        | NoticeEvent::PassOver
        | NoticeEvent::Approve
        | NoticeEvent::Issue
        | NoticeEvent::Answer
        | NoticeEvent::Return
        | NoticeEvent::Object
        | NoticeEvent::Supersede
        | NoticeEvent::Clear
        | NoticeEvent::Close => return Ok(Told::default()),
    };
    let Some(issued_on) = decided.issued_on else {
        return Ok(Told::default());
    };
    let words = notice_words(&NoticeTold {
        locale: Locale::of_tag(&ctx.settings.locale),
        decided: what,
        notice: called(decided),
        about: decided.facts.about(),
        issued_on,
        reason,
        leaves: left(decided, what, matter_open),
    });
    let telling = telling(format!("notice|{}|{}", decided.id, event.as_str()), words);
    let units = BTreeSet::from([decided.unit_id]);
    tell_units(ctx, tx, now, &units, &telling).await
}

/// Tells the unit that a finding is withdrawn.
pub(super) async fn tell_finding(
    ctx: &Ctx,
    tx: &WriteTx,
    now: Now,
    withdrawn: &StoredFinding,
    reason: Option<&str>,
) -> Result<Told, FlowError> {
    let words = finding_words(&FindingTold {
        locale: Locale::of_tag(&ctx.settings.locale),
        raised_on: withdrawn.raised_on,
        text: withdrawn.text.clone(),
        reason: reason.unwrap_or_default().to_owned(),
    });
    let telling = telling(format!("finding|{}", withdrawn.id), words);
    let units = BTreeSet::from([withdrawn.unit_id]);
    tell_units(ctx, tx, now, &units, &telling).await
}

/// What is left for the unit to do.
fn left(decided: &StoredNotice, what: NoticeDecided, matter_open: bool) -> NoticeLeaves {
    match what {
        NoticeDecided::Rejected if decided.state == NoticeState::Answered => NoticeLeaves::Review,
        NoticeDecided::Rejected => NoticeLeaves::Answer,
        NoticeDecided::Withdrawn | NoticeDecided::Upheld if matter_open => NoticeLeaves::Request,
        NoticeDecided::Withdrawn | NoticeDecided::Upheld if decided.task_id.is_some() => {
            NoticeLeaves::Task
        }
        NoticeDecided::Withdrawn | NoticeDecided::Upheld => NoticeLeaves::Nothing,
    }
}

fn telling(key: String, words: DecisionWords) -> Telling {
    Telling {
        key,
        subject: words.subject,
        words: TellingWords::Letter(words.paragraphs),
        files: Vec::new(),
    }
}
