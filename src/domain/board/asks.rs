//! Obligations on a board: each a row of small numbers, their items in one long list. What they say of a day is in
//! `ask_marks`, `rounds`, `overdue` and `burden`.

use std::borrow::Cow;
use std::collections::HashSet;
use uuid::Uuid;

use crate::domain::obligation::{ObligationKind, ObligationState};

use super::day::Day;
use super::id_column::{IdColumn, push_tight};
use super::past::{Past, PastAsk};

/// No round.
pub(super) const NO_ROUND: u32 = u32::MAX;

/// One obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AskRow {
    pub(super) unit: u32,
    pub(super) round: u32,
    items_from: u32,
    items_len: u32,
    pub(super) opened: Day,
    pub(super) due: Day,
    /// Day from which `state` holds; before it, it was open. [`Day::NEVER`] while it is.
    settled: Day,
    pub(super) kind: ObligationKind,
    state: ObligationState,
}

/// All obligations.
#[derive(Debug, Clone, Default)]
pub(super) struct Asks {
    ids: IdColumn,
    pub(super) rows: Vec<AskRow>,
    items: Vec<u32>,
    /// What obligations were before they were opened again, moved, or answered after all.
    past: Past<PastAsk>,
    /// Places in `items` that no row uses any more.
    unused: usize,
    of_units: Vec<AsksOfUnit>,
    /// Raised with every obligation that is put.
    clock: u64,
    /// Raised where an obligation lost items, and where an assignment got another unit.
    shape: u64,
    /// Whether an obligation asks about an assignment of another unit, so that units cannot be looked at one by one.
    has_strangers: bool,
}

/// The obligations of one unit.
#[derive(Debug, Clone, Default)]
struct AsksOfUnit {
    rows: Vec<u32>,
    /// When one of them was put last, by the clock of [`Asks`].
    put_at: u64,
}

/// What an obligation is made of, its references found.
pub(super) struct NewAsk {
    pub(super) id: Uuid,
    pub(super) unit: u32,
    pub(super) round: u32,
    pub(super) opened: Day,
    pub(super) due: Day,
    /// As [`AskRow::settled`].
    pub(super) settled: Day,
    pub(super) kind: ObligationKind,
    pub(super) state: ObligationState,
    pub(super) items: Vec<u32>,
    pub(super) past: Vec<(Day, PastAsk)>,
    /// Whether one of the items is of another unit.
    pub(super) asks_strangers: bool,
}

impl AskRow {
    /// Where it stands now.
    pub(super) fn state(&self) -> ObligationState {
        self.state
    }

    /// The same as it was.
    fn as_in(self, past: PastAsk) -> Self {
        Self {
            due: past.due,
            settled: past.settled,
            state: past.state,
            ..self
        }
    }

    /// Where it stood in the evening of `day`; `None` before it was asked.
    pub(super) fn state_on(&self, day: Day) -> Option<ObligationState> {
        if self.opened > day {
            return None;
        }
        Some(if self.settled <= day {
            self.state
        } else {
            ObligationState::Open
        })
    }

    /// Whether it was open after its due day in the evening of `day`.
    pub(super) fn is_overdue_on(&self, day: Day) -> bool {
        self.due < day && self.state_on(day) == Some(ObligationState::Open)
    }

    /// Whether it asks about a work in progress: acknowledgements do not, nor what was withdrawn by `day`.
    pub(super) fn asks_on(&self, day: Day) -> Option<ObligationState> {
        self.state_on(day)
            .filter(|state| self.kind.counts_as_ask() && *state != ObligationState::Withdrawn)
    }
}

impl Asks {
    pub(super) fn reserve(&mut self, rows: usize, items: usize) {
        self.ids.reserve(rows);
        self.rows
            .reserve_exact(rows.saturating_sub(self.rows.len()));
        self.items
            .reserve_exact(items.saturating_sub(self.items.len()));
    }

    /// The assignments that an obligation asks about, as row numbers.
    pub(super) fn items(&self, row: &AskRow) -> &[u32] {
        let from = row.items_from as usize;
        self.items
            .get(from..from + row.items_len as usize)
            .unwrap_or_default()
    }

    /// Puts an obligation in the place of the one of its id, or at the end; `None` where there is no room.
    pub(super) fn put(&mut self, new: NewAsk) -> Option<()> {
        let known = self.ids.row(new.id);
        let old = known.and_then(|at| self.rows.get(at as usize)).copied();
        let (items_from, items_len) = match old.filter(|row| self.items(row) == new.items) {
            Some(same) => (same.items_from, same.items_len),
            None => {
                if old.is_some_and(|old| !is_within(self.items(&old), &new.items)) {
                    self.shape += 1;
                }
                self.append_items(&new.items)?
            }
        };
        let row = AskRow {
            unit: new.unit,
            round: new.round,
            items_from,
            items_len,
            opened: new.opened,
            due: new.due,
            settled: new.settled,
            kind: new.kind,
            state: new.state,
        };
        let at = match known {
            Some(at) => {
                *self.rows.get_mut(at as usize)? = row;
                at
            }
            None => {
                let at = self.ids.push(new.id)?;
                push_tight(&mut self.rows, row);
                at
            }
        };
        self.past.set(at, new.past);
        self.has_strangers |= new.asks_strangers;
        self.file(&row, at, old.as_ref());
        if let Some(old) = old.filter(|old| old.items_from != items_from) {
            self.unused += old.items_len as usize;
            self.close_gaps();
        }
        Some(())
    }

    /// Takes note that an assignment has another unit than its obligations may have.
    pub(super) fn has_strangers(&mut self) {
        self.has_strangers = true;
        self.shape += 1;
    }

    /// A number that rises with every obligation that is put.
    pub(super) fn clock(&self) -> u64 {
        self.clock
    }

    /// A number that rises where the rest cannot be told from the obligations put since.
    pub(super) fn shape(&self) -> u64 {
        self.shape
    }

    /// All obligations as they were in the evening of `day`; those opened later are as they are now.
    pub(super) fn rows_on(&self, day: Day) -> Cow<'_, [AskRow]> {
        if !self.past.reaches(day) {
            return Cow::Borrowed(&self.rows);
        }
        let mut rows = self.rows.clone();
        for (at, past) in self.past.all_on(day) {
            if let Some(row) = rows.get_mut(at as usize) {
                *row = row.as_in(past);
            }
        }
        Cow::Owned(rows)
    }

    /// The obligations of all units of which one was put after that time of the clock, as they were in the evening of `day`.
    /// Nothing that others ask about depends on them.
    pub(super) fn put_after(&self, clock: u64, day: Day) -> Vec<AskRow> {
        if clock == self.clock {
            return Vec::new();
        }
        if self.has_strangers {
            return self.rows_on(day).into_owned();
        }
        let units = self.of_units.iter().filter(|unit| unit.put_at > clock);
        let rows = units.flat_map(|unit| &unit.rows);
        rows.filter_map(|at| {
            let row = self.rows.get(*at as usize).copied()?;
            Some(self.past.on(*at, day).map_or(row, |past| row.as_in(past)))
        })
        .collect()
    }

    /// Files a row that was put in the place of `old` under its unit.
    fn file(&mut self, row: &AskRow, at: u32, old: Option<&AskRow>) {
        self.clock += 1;
        let unit = row.unit as usize;
        if self.of_units.len() <= unit {
            self.of_units.resize_with(unit + 1, AsksOfUnit::default);
        }
        if let Some(old) = old.filter(|old| old.unit != row.unit)
            && let Some(of_old) = self.of_units.get_mut(old.unit as usize)
        {
            of_old.rows.retain(|known| *known != at);
        }
        if let Some(of_unit) = self.of_units.get_mut(unit) {
            of_unit.put_at = self.clock;
            if old.is_none_or(|old| old.unit != row.unit) {
                push_tight(&mut of_unit.rows, at);
            }
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let of_units = self.of_units.iter().map(|unit| unit.rows.capacity());
        self.ids.heap_bytes()
            + self.rows.capacity() * size_of::<AskRow>()
            + of_units.sum::<usize>() * size_of::<u32>()
            + self.items.capacity() * size_of::<u32>()
            + self.past.heap_bytes()
    }

    fn append_items(&mut self, items: &[u32]) -> Option<(u32, u32)> {
        let from = u32::try_from(self.items.len()).ok()?;
        let len = u32::try_from(items.len()).ok()?;
        from.checked_add(len)?;
        for item in items {
            push_tight(&mut self.items, *item);
        }
        Some((from, len))
    }

    /// Writes the items anew once half of them are unused, so that changing rows does not fill memory.
    fn close_gaps(&mut self) {
        if self.unused * 2 <= self.items.len() {
            return;
        }
        let mut kept = Vec::with_capacity(self.items.len() - self.unused);
        for row in &mut self.rows {
            let from = row.items_from as usize;
            let items = self.items.get(from..from + row.items_len as usize);
            // No more items than before, whose number fitted.
            row.items_from = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            kept.extend_from_slice(items.unwrap_or_default());
        }
        self.items = kept;
        self.unused = 0;
    }
}

fn is_within(some: &[u32], all: &[u32]) -> bool {
    let all: HashSet<u32> = all.iter().copied().collect();
    some.iter().all(|item| all.contains(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(id: u128, items: &[u32]) -> NewAsk {
        NewAsk {
            id: Uuid::from_u128(id),
            unit: 0,
            round: NO_ROUND,
            opened: Day::FIRST,
            due: Day::FIRST,
            settled: Day::NEVER,
            past: Vec::new(),
            kind: ObligationKind::Complete,
            state: ObligationState::Open,
            items: items.to_vec(),
            asks_strangers: false,
        }
    }

    #[test]
    fn items_changed_again_and_again_take_no_more_room() {
        let mut asks = Asks::default();
        asks.put(ask(1, &[7, 8]));
        for turn in 0..1000 {
            asks.put(ask(2, &[turn, turn + 1, turn + 2]));
            asks.put(ask(2, &[turn, turn + 1, turn + 2]));
        }
        assert!(asks.items.len() <= 10, "{}", asks.items.len());
        assert_eq!(asks.items(&asks.rows[0]), [7, 8]);
        assert_eq!(asks.items(&asks.rows[1]), [999, 1000, 1001]);
    }
}
