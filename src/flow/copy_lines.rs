//! What a copy tells: one line per task and kind of request, with counts by district, never one line per unit
//! (design §6, Reminders).

use crate::domain::unit::Unit;
use crate::flow::compose_letters::{LetterDesk, Told, one_each};
use crate::flow::desk_items::DeskItem;
use crate::flow::letter_words::ask_kind;
use crate::mail::letter::{CopyGroup, CopyLine, CopyReason, Timing};
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::Addressee;
use std::collections::BTreeMap;

impl LetterDesk<'_> {
    /// Copies: one line per task and kind of request, with counts by district (design §6).
    pub(super) fn copy_groups(&self, told: &[Told<'_>], readers: &[&Unit]) -> Vec<CopyGroup> {
        let mut groups = Vec::new();
        for (addressee, reason) in [
            (Addressee::LeadCopy, CopyReason::Lead),
            (Addressee::SupervisionCopy, CopyReason::Supervision),
        ] {
            let mut lines: BTreeMap<(String, String, &'static str), CopyLine> = BTreeMap::new();
            for one in one_each(
                &told
                    .iter()
                    .filter(|one| one.addressee == addressee)
                    .collect::<Vec<_>>(),
            ) {
                for item in self.items_to_copy(one.obligation, addressee, readers) {
                    self.count_in(&mut lines, one.obligation, item);
                }
            }
            if !lines.is_empty() {
                groups.push(CopyGroup {
                    reason,
                    lines: lines.into_values().collect(),
                });
            }
        }
        groups
    }

    /// A lead unit sees the tasks it leads; the supervision office the others.
    fn items_to_copy(
        &self,
        obligation: &StoredObligation,
        addressee: Addressee,
        readers: &[&Unit],
    ) -> Vec<Option<DeskItem>> {
        let items = self.items.copied(obligation.id);
        if items.iter().all(|item| item.task_id.is_none()) {
            // What is sent up, or found outside any task, belongs to none: its receiver and the supervision office see the request itself.
            return vec![None];
        }
        let led_by_reader = |item: &DeskItem| {
            item.task_id
                .and_then(|task| self.leads.get(&task))
                .is_some_and(|leads| readers.iter().any(|unit| leads.contains(&unit.id)))
        };
        // What the reader is told as the lead is not told a second time in the same letter.
        let for_leads = addressee == Addressee::LeadCopy;
        items
            .iter()
            .filter(|item| item.task_id.is_some() && led_by_reader(item) == for_leads)
            .map(|item| Some(*item))
            .collect()
    }

    fn count_in(
        &self,
        lines: &mut BTreeMap<(String, String, &'static str), CopyLine>,
        obligation: &StoredObligation,
        item: Option<DeskItem>,
    ) {
        let plan_title = self
            .plans
            .get(&obligation.plan_id)
            .map(|plan| plan.title.clone())
            .unwrap_or_default();
        let task = item.map(|item| self.items.words(item)).unwrap_or_default();
        let line = lines
            .entry((
                plan_title.clone(),
                task.number.clone(),
                obligation.kind.as_str(),
            ))
            .or_insert_with(|| CopyLine {
                plan_title,
                task_number: task.number,
                task_title: task.title,
                what: ask_kind(obligation),
                by_district: Vec::new(),
                total_units: 0,
                longest_overdue: 0,
            });
        let place = self.directory.district_of(obligation.unit_id).map_or_else(
            || rust_i18n::t!("mail.place.bureau", locale = self.locale().tag()).into_owned(),
            |d| d.name.clone(),
        );
        match line.by_district.iter_mut().find(|(name, _)| *name == place) {
            Some((_, count)) => *count += 1,
            None => line.by_district.push((place, 1)),
        }
        line.total_units += 1;
        if let Timing::Overdue(workdays) = self.timing(obligation.due_on) {
            line.longest_overdue = line.longest_overdue.max(workdays);
        }
    }
}
