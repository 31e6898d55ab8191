//! A draw in force → its inspections, and one mail to each who inspects: which units, which tasks, until when. Only they
//! are told of a visit.

use crate::domain::ids::{AssignmentId, InspectionId, InspectorId, UnitId};
use crate::domain::inspection::InspectionState;
use crate::domain::mail_state::MailKind;
use crate::domain::unit::UnitDirectory;
use crate::flow::FlowError;
use crate::flow::draw_round::InspectionToPlan;
use crate::flow::round_asks::RoundScope;
use crate::mail::compose::compose_inspection;
use crate::mail::inspection_letter::{InspectionLetter, UnitToInspect};
use crate::mail::letter::{AskItem, Locale, Office, Timing};
use crate::storage::inspections::StoredInspection;
use crate::storage::inspectors::StoredInspector;
use crate::storage::lists::labels::{self, AssignmentLabel};
use crate::storage::outbox::{Recipient, StoredMail};
use crate::storage::rounds::{RoundCheck, StoredRound};
use crate::storage::{contacts, inspections, inspectors, new_id, outbox};
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashMap};

/// Plans the inspections of a round whose draw is in force, and tells those who inspect. How many mails were queued.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn plan_inspections(
    scope: &RoundScope<'_>,
    round: &StoredRound,
    planned: &[InspectionToPlan],
) -> Result<usize, FlowError> {
    let Some(check) = &round.check else {
        return Ok(0);
    };
    let Some(results_due_on) = check.results_due_on else {
        return Ok(0);
    };
    for one in planned {
        let new = StoredInspection {
            id: InspectionId(new_id()),
            round_id: round.id,
            unit_id: one.unit_id,
            plan_id: scope.plan.id,
            mode: check.mode,
            state: InspectionState::Planned,
            result: None,
            note: None,
            opened_on: scope.now.today,
            results_due_on,
            recorded: None,
        };
        inspections::insert(scope.tx, &new, &one.items, &one.inspectors).await?;
    }
    tell_inspectors(scope, (check, results_due_on), planned).await
}

/// One mail to each who inspects.
async fn tell_inspectors(
    scope: &RoundScope<'_>,
    (check, results_due_on): (&RoundCheck, NaiveDate),
    planned: &[InspectionToPlan],
) -> Result<usize, FlowError> {
    let mut told: BTreeMap<InspectorId, Vec<&InspectionToPlan>> = BTreeMap::new();
    for one in planned {
        for inspector in &one.inspectors {
            told.entry(*inspector).or_default().push(one);
        }
    }
    if told.is_empty() {
        return Ok(0);
    }
    let ids: Vec<InspectorId> = told.keys().copied().collect();
    let known = inspectors::with_ids(scope.tx, &ids).await?;
    let items = planned.iter().flat_map(|one| one.items.iter().copied());
    let words = Words {
        directory: scope.directory().await?,
        inspectors: known.into_iter().map(|one| (one.id, one)).collect(),
        items: labels::assignments(scope.tx, items).await?,
    };
    let office = office(scope, &words.directory).await?;
    for (id, units) in &told {
        let Some(inspector) = words.inspectors.get(id) else {
            continue;
        };
        let days = scope
            .calendar
            .holidays
            .workdays_between(scope.now.today, results_due_on);
        let letter = InspectionLetter {
            locale: Locale::of_tag(&scope.ctx.settings.locale),
            recipient_name: inspector.name.clone(),
            recipient_unit: words.unit(inspector.unit_id),
            date_on: scope.now.today,
            plan_title: scope.plan.title.clone(),
            period_label: scope.period.key.label(),
            mode: check.mode,
            results_due_on,
            timing: Timing::Open(u32::try_from(days).unwrap_or(0).max(1)),
            units: units.iter().map(|one| words.unit_to_inspect(one)).collect(),
            office: office.clone(),
        };
        outbox::insert(scope.tx, &mail(scope, inspector, &letter)?).await?;
    }
    Ok(told.len())
}

fn mail(
    scope: &RoundScope<'_>,
    inspector: &StoredInspector,
    letter: &InspectionLetter,
) -> Result<StoredMail, FlowError> {
    let words = compose_inspection(letter).map_err(|error| FlowError::Letter(error.to_string()))?;
    let to = Recipient {
        address: inspector.address.clone(),
        to_address: inspector.email.clone(),
        to_name: Some(inspector.name.clone()),
        // Of no unit: whoever reads the mails of a unit must not read here who was drawn.
        unit_id: None,
    };
    let reply_to = letter.office.address.as_ref();
    Ok(StoredMail {
        reply_to: reply_to.map(|address| address.as_str().to_owned()),
        ..scope
            .ctx
            .queued_mail(scope.now, MailKind::Immediate, to, words)
    })
}

/// The supervision office: whom inspectors ask.
async fn office(scope: &RoundScope<'_>, directory: &UnitDirectory) -> Result<Office, FlowError> {
    let unit = scope.ctx.supervision_unit(directory);
    let contacts = match unit {
        Some(unit) => contacts::present_of(scope.tx, &[unit.id]).await?,
        None => Vec::new(),
    };
    let email = contacts.iter().find_map(|contact| contact.email.as_deref());
    Ok(scope.ctx.office_of(directory, unit, email))
}

/// Names that the mails tell.
struct Words {
    directory: UnitDirectory,
    inspectors: HashMap<InspectorId, StoredInspector>,
    items: HashMap<AssignmentId, AssignmentLabel>,
}

impl Words {
    fn unit(&self, id: UnitId) -> String {
        let unit = self.directory.get(id);
        unit.map(|unit| unit.name.clone()).unwrap_or_default()
    }

    fn unit_to_inspect(&self, one: &InspectionToPlan) -> UnitToInspect {
        let team = one.inspectors.iter();
        let team = team.filter_map(|id| self.inspectors.get(id));
        let items = one.items.iter().filter_map(|id| self.items.get(id));
        UnitToInspect {
            name: self.unit(one.unit_id),
            inspectors: team.map(|one| one.name.clone()).collect(),
            items: items
                .map(|label| AskItem {
                    number: label.number.clone(),
                    title: label.title.clone(),
                    role: None,
                })
                .collect(),
        }
    }
}
