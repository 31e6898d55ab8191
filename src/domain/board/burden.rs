//! How often each unit is asked in a month, against the budget (design §6, Who is asked).

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::ids::UnitId;
use crate::domain::obligation::ObligationState;

use super::Board;
use super::day::Day;
use super::reach::{Reach, Seen};

/// The asks of one unit in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitBurden {
    /// The unit.
    pub unit_id: UnitId,
    /// Obligations asked in the month: not acknowledgements, not what was withdrawn.
    pub asks: u32,
    /// Whether these are the budget or more, so that one more ask needs a reason.
    pub at_budget: bool,
}

impl Board {
    /// The units asked in the calendar month in which `month` lies, by the local day of asking: those at or over
    /// `budget` first, in both parts most asks first, then by unit code. Units asked nothing are not listed.
    pub fn burden(&self, month: NaiveDate, reach: &Reach, budget: u32) -> Vec<UnitBurden> {
        let first_on = month.with_day(1).unwrap_or(month);
        let next = first_on.checked_add_months(Months::new(1));
        let days = Day::of(first_on)..next.map_or(Day::NEVER, Day::of);
        let seen = Seen::of(reach, self);
        let mut asks = vec![0_u32; self.units.rows.len()];
        let asked = self.asks.rows.iter().filter(|row| {
            days.contains(&row.opened)
                && row.kind.counts_as_ask()
                && row.state() != ObligationState::Withdrawn
        });
        for row in asked.filter(|row| seen.obligation(self, row)) {
            if let Some(number) = asks.get_mut(row.unit as usize) {
                *number += 1;
            }
        }
        let units = self.units.rows.iter().zip(asks);
        let mut found: Vec<(&str, UnitBurden)> = units
            .filter(|(_, asks)| *asks > 0)
            .map(|(unit, asks)| {
                let burden = UnitBurden {
                    unit_id: unit.id,
                    asks,
                    at_budget: asks >= budget,
                };
                (unit.code.as_str(), burden)
            })
            .collect();
        // Those at the budget have more asks than all others.
        found.sort_by(|(code, unit), (other_code, other)| {
            let most_first = other.asks.cmp(&unit.asks);
            most_first.then_with(|| (code, unit.unit_id).cmp(&(other_code, other.unit_id)))
        });
        found.into_iter().map(|(_, unit)| unit).collect()
    }
}
