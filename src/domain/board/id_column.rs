//! Ids in the order they came, and the way back from an id to its row: 16 bytes an id and about 7 for finding it.

use uuid::Uuid;

/// An empty place in the table.
const EMPTY: u32 = u32::MAX;
/// Fewest places of a table.
const FEWEST: usize = 16;

/// A column of distinct ids with a hash table of row numbers over it: open addressing, and the column itself keeps the
/// keys. Rows are never taken out.
#[derive(Debug, Clone, Default)]
pub(super) struct IdColumn {
    ids: Vec<Uuid>,
    slots: Vec<u32>,
    /// The rows `0..ascending` are in ascending order of their ids; those after came late.
    ascending: usize,
}

impl IdColumn {
    /// Makes room for `rows` in all, without slack.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.ids.reserve_exact(rows.saturating_sub(self.ids.len()));
        let places = places_for(rows);
        if places > self.slots.len() {
            self.spread(places);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The id of a row.
    pub(super) fn id(&self, row: u32) -> Option<Uuid> {
        self.ids.get(row as usize).copied()
    }

    /// The row of an id.
    pub(super) fn row(&self, id: Uuid) -> Option<u32> {
        let mut place = self.first_place(id)?;
        loop {
            let row = *self.slots.get(place)?;
            if row == EMPTY {
                return None;
            }
            if self.ids.get(row as usize) == Some(&id) {
                return Some(row);
            }
            place = self.next_place(place);
        }
    }

    /// Adds an id that is not there yet and gives its row; `None` when the column is full, at 2³² − 1 rows.
    pub(super) fn push(&mut self, id: Uuid) -> Option<u32> {
        let row = u32::try_from(self.ids.len())
            .ok()
            .filter(|row| *row != EMPTY)?;
        if places_for(self.ids.len() + 1) > self.slots.len() {
            // Half as much again each time, so that the table grows seldom and wastes little.
            self.spread(
                (self.slots.len() + self.slots.len() / 2).max(places_for(self.ids.len() + 1)),
            );
        }
        let follows = self.ids.last().is_none_or(|last| *last < id);
        if self.ascending == self.ids.len() && follows {
            self.ascending += 1;
        }
        push_tight(&mut self.ids, id);
        self.enter(row, id);
        Some(row)
    }

    /// The rows that come in order, from the first whose id lies after `after`.
    pub(super) fn ordered_after(&self, after: Option<Uuid>) -> std::ops::Range<usize> {
        let ordered = self.ids.get(..self.ascending).unwrap_or_default();
        let start = after.map_or(0, |after| ordered.partition_point(|id| *id <= after));
        start..self.ascending
    }

    /// The rows that came late, in no order.
    pub(super) fn late(&self) -> std::ops::Range<usize> {
        self.ascending..self.ids.len()
    }

    /// Bytes held on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<Uuid>() + self.slots.capacity() * size_of::<u32>()
    }

    fn enter(&mut self, row: u32, id: Uuid) {
        let Some(mut place) = self.first_place(id) else {
            return;
        };
        // There is always an empty place: the table is at most three fifths full.
        while let Some(slot) = self.slots.get_mut(place) {
            if *slot == EMPTY {
                *slot = row;
                return;
            }
            place = self.next_place(place);
        }
    }

    fn spread(&mut self, places: usize) {
        self.slots = Vec::new();
        self.slots = vec![EMPTY; places];
        let mut row = 0;
        while let Some(id) = self.id(row) {
            self.enter(row, id);
            row += 1;
        }
    }

    /// The place where the search for an id begins; `None` in an empty table.
    fn first_place(&self, id: Uuid) -> Option<usize> {
        let (high, low) = id.as_u64_pair();
        // A UUIDv7 is time above and randomness below; the odd multipliers mix ids that differ in few bits.
        let mixed = (low ^ high.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let place = (u128::from(mixed) * self.slots.len() as u128) >> 64;
        (!self.slots.is_empty()).then_some(place as usize)
    }

    fn next_place(&self, place: usize) -> usize {
        if place + 1 < self.slots.len() {
            place + 1
        } else {
            0
        }
    }
}

/// The places for so many rows: at most three fifths of them are taken, so that searches stay short.
fn places_for(rows: usize) -> usize {
    (rows.saturating_mul(5) / 3 + 1).max(FEWEST)
}

/// Pushes with an eighth of slack when the column grows, where `Vec` would double a column of millions.
pub(super) fn push_tight<T>(column: &mut Vec<T>, value: T) {
    if column.len() == column.capacity() {
        column.reserve_exact((column.len() / 8).max(64));
    }
    column.push(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeSet, HashMap};

    proptest! {
        #[test]
        fn every_id_is_found_and_no_other(ids in proptest::collection::vec(0_u128..4000, 0..600), room in 0_usize..300) {
            let mut column = IdColumn::default();
            column.reserve(room);
            let mut rows = HashMap::new();
            for number in ids {
                let id = Uuid::from_u128(number << 64 | number);
                prop_assert_eq!(column.row(id), rows.get(&id).copied());
                rows.entry(id).or_insert_with(|| column.push(id).unwrap());
            }
            prop_assert_eq!(column.len(), rows.len());
            for (id, row) in &rows {
                prop_assert_eq!(column.row(*id), Some(*row));
                prop_assert_eq!(column.id(*row), Some(*id));
            }
        }

        #[test]
        fn rows_in_order_and_late_rows_are_all_rows(ids in proptest::collection::btree_set(0_u128..500, 0..60), swap in 0_usize..60, after in 0_u128..500) {
            let mut given: Vec<u128> = ids.iter().copied().collect();
            if swap + 1 < given.len() {
                given.swap(swap, swap + 1);
            }
            let mut column = IdColumn::default();
            for number in &given {
                column.push(Uuid::from_u128(*number));
            }
            let after = Uuid::from_u128(after);
            let ordered: Vec<Uuid> = column.ordered_after(Some(after)).map(|row| column.ids[row]).collect();
            prop_assert!(ordered.is_sorted());
            let late = column.late().map(|row| column.ids[row]);
            let found: BTreeSet<Uuid> = ordered.into_iter().chain(late).filter(|id| *id > after).collect();
            let expected: BTreeSet<Uuid> = ids.iter().map(|n| Uuid::from_u128(*n)).filter(|id| *id > after).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
