//! Obligations on a board: each a row of small numbers, their items in one long list. What they say of a day is in
//! `ask_marks`, `rounds`, `overdue` and `burden`.

use uuid::Uuid;

use crate::domain::obligation::{ObligationKind, ObligationState};

use super::day::Day;
use super::id_column::{IdColumn, push_tight};

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
    /// Day from which `state` holds; before it, it was open.
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
    /// Places in `items` that no row uses any more.
    unused: usize,
}

/// What an obligation is made of, its references found.
pub(super) struct NewAsk {
    pub(super) id: Uuid,
    pub(super) unit: u32,
    pub(super) round: u32,
    pub(super) opened: Day,
    pub(super) due: Day,
    pub(super) settled: Option<Day>,
    pub(super) kind: ObligationKind,
    pub(super) state: ObligationState,
    pub(super) items: Vec<u32>,
}

impl AskRow {
    /// Where it stands now.
    pub(super) fn state(&self) -> ObligationState {
        self.state
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
            None => self.append_items(&new.items)?,
        };
        let settled = match new.state {
            ObligationState::Open => Day::NEVER,
            ObligationState::Answered
            | ObligationState::Unanswered
            | ObligationState::Withdrawn => new.settled.unwrap_or(Day::FIRST),
        };
        let row = AskRow {
            unit: new.unit,
            round: new.round,
            items_from,
            items_len,
            opened: new.opened,
            due: new.due,
            settled,
            kind: new.kind,
            state: new.state,
        };
        match known {
            Some(at) => *self.rows.get_mut(at as usize)? = row,
            None => {
                self.ids.push(new.id)?;
                push_tight(&mut self.rows, row);
            }
        }
        if let Some(old) = old.filter(|old| old.items_from != items_from) {
            self.unused += old.items_len as usize;
            self.close_gaps();
        }
        Some(())
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.ids.heap_bytes()
            + self.rows.capacity() * size_of::<AskRow>()
            + self.items.capacity() * size_of::<u32>()
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
            settled: None,
            kind: ObligationKind::Complete,
            state: ObligationState::Open,
            items: items.to_vec(),
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
