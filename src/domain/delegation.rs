//! Standing in for somebody who is absent: the delegate holds the absent user's own roles on certain local days. What they
//! hold for others themselves is not passed on, nor is the administrator's role.

use crate::domain::access::{Delegated, Membership};
use crate::domain::ids::{DelegationId, UserId};
use crate::domain::user_role::UserRole;
use chrono::{DateTime, NaiveDate, Utc};

/// Days of a delegation at the most.
pub const LONGEST_DAYS: i64 = 366;

/// Who stands in for whom, on which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Its id.
    pub id: DelegationId,
    /// The absent user.
    pub user_id: UserId,
    /// Who stands in.
    pub delegate_id: UserId,
    /// First local day.
    pub from_on: NaiveDate,
    /// Last local day.
    pub until_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was ended early.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Delegation {
    /// Whether it holds on a local day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.ended_at.is_none() && self.from_on <= day && day <= self.until_on
    }

    /// Whether it holds on a local day, or will.
    pub fn is_to_come(&self, day: NaiveDate) -> bool {
        self.ended_at.is_none() && day <= self.until_on
    }

    /// Whether it and these days, both included, have one in common.
    pub fn meets(&self, from_on: NaiveDate, until_on: NaiveDate) -> bool {
        self.ended_at.is_none() && self.from_on <= until_on && from_on <= self.until_on
    }
}

/// Why a delegation cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelegationFault {
    /// It ends before it begins.
    EndsFirst,
    /// It is over already.
    Past,
    /// It is longer than [`LONGEST_DAYS`].
    Long,
}

/// Checks the days of a delegation that is made on `today`.
///
/// # Errors
/// [`DelegationFault`].
pub fn check_days(
    from_on: NaiveDate,
    until_on: NaiveDate,
    today: NaiveDate,
) -> Result<(), DelegationFault> {
    if until_on < from_on {
        return Err(DelegationFault::EndsFirst);
    }
    if until_on < today {
        return Err(DelegationFault::Past);
    }
    match (until_on - from_on).num_days() < LONGEST_DAYS {
        true => Ok(()),
        false => Err(DelegationFault::Long),
    }
}

/// The first day after `today` on which one of these begins to hold, or no longer does.
pub fn next_turn<'a>(
    all: impl IntoIterator<Item = &'a Delegation>,
    today: NaiveDate,
) -> Option<NaiveDate> {
    let to_come = all.into_iter().filter(|one| one.is_to_come(today));
    let turns = to_come.filter_map(|one| match one.from_on > today {
        true => Some(one.from_on),
        false => one.until_on.succ_opt(),
    });
    turns.min()
}

/// What is held besides the own roles, given those of the absent: by address, their own roles.
pub fn held_for_others(own: &[Membership], absent: &[(String, Vec<Membership>)]) -> Vec<Delegated> {
    let mut held: Vec<Delegated> = Vec::new();
    for (address, memberships) in absent {
        for membership in memberships {
            let one = Delegated {
                address: address.clone(),
                membership: *membership,
            };
            let is_passed_on = membership.role != UserRole::Administrator;
            if is_passed_on && !own.contains(membership) && !held.contains(&one) {
                held.push(one);
            }
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UnitId;
    use uuid::Uuid;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, number).expect("a day")
    }

    fn of(from: u32, until: u32, is_ended: bool) -> Delegation {
        Delegation {
            id: DelegationId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            delegate_id: UserId(Uuid::nil()),
            from_on: day(from),
            until_on: day(until),
            reason: String::new(),
            made_at: DateTime::UNIX_EPOCH,
            ended_at: is_ended.then_some(DateTime::UNIX_EPOCH),
        }
    }

    #[test]
    fn it_holds_from_its_first_day_through_its_last() {
        for (today, holds, to_come, turn) in [
            (9, false, true, Some(10)),
            (10, true, true, Some(13)),
            (12, true, true, Some(13)),
            (13, false, false, None),
        ] {
            let one = of(10, 12, false);
            assert_eq!(one.holds_on(day(today)), holds, "{today}");
            assert_eq!(one.is_to_come(day(today)), to_come, "{today}");
            assert_eq!(next_turn([&one], day(today)), turn.map(day), "{today}");
            let ended = of(10, 12, true);
            assert!(!ended.holds_on(day(today)) && !ended.is_to_come(day(today)));
            assert_eq!(next_turn([&ended], day(today)), None);
        }
        let both = [of(10, 20, false), of(15, 16, false)];
        assert_eq!(next_turn(&both, day(12)), Some(day(15)));
        assert_eq!(next_turn(&both, day(15)), Some(day(17)));
        assert_eq!(next_turn(&both, day(17)), Some(day(21)));
    }

    #[test]
    fn days_in_common_are_found() {
        let one = of(10, 12, false);
        for (from, until, meets) in [
            (8, 9, false),
            (8, 10, true),
            (11, 11, true),
            (12, 20, true),
            (13, 20, false),
        ] {
            assert_eq!(one.meets(day(from), day(until)), meets, "{from} {until}");
        }
        assert!(!of(10, 12, true).meets(day(11), day(11)));
    }

    #[test]
    fn days_that_cannot_be_are_refused() {
        use DelegationFault::{EndsFirst, Long, Past};
        let next_year = NaiveDate::from_ymd_opt(2027, 3, 11).expect("a day");
        for (from, until, wanted) in [
            (day(10), day(10), Ok(())),
            (day(1), day(10), Ok(())),
            (day(11), day(10), Err(EndsFirst)),
            (day(1), day(9), Err(Past)),
            (day(11), next_year, Ok(())),
            (day(10), next_year, Err(Long)),
        ] {
            assert_eq!(check_days(from, until, day(10)), wanted, "{from} {until}");
        }
    }

    #[test]
    fn the_administrator_s_role_and_what_is_held_already_are_not_passed_on() {
        let role = |role, unit: Option<u128>| Membership {
            role,
            unit_id: unit.map(|number| UnitId(Uuid::from_u128(number))),
        };
        let own = [role(UserRole::UnitContact, Some(1))];
        let absent = vec![
            role(UserRole::Administrator, None),
            role(UserRole::Supervisor, None),
            role(UserRole::UnitContact, Some(1)),
            role(UserRole::UnitContact, Some(2)),
        ];
        let held = held_for_others(&own, &[("a@b.example".to_owned(), absent)]);
        let roles: Vec<Membership> = held.iter().map(|one| one.membership).collect();
        let wanted = [
            role(UserRole::Supervisor, None),
            role(UserRole::UnitContact, Some(2)),
        ];
        assert_eq!(roles, wanted);
    }
}
