//! Simulated people: how a unit of a certain temperament deals with what it is asked, by a seed. The same seed gives the
//! same days and numbers. Who carries it out is in `flow::simulated_units` and `flow::simulated_office`.

use crate::domain::calendar::Holidays;
use crate::domain::dice::Dice;
use crate::domain::obligation::ObligationKind;
use chrono::NaiveDate;

/// How a unit deals with what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Temperament {
    /// Answers well within time.
    Prompt,
    /// Answers after the due day, and likes to ask for more time.
    Late,
    /// Answers in time and thinly: much of it is sent back.
    Careless,
    /// Says nothing.
    Silent,
}

/// A request as a simulated unit sees it.
#[derive(Debug, Clone, Copy)]
pub struct AskSeen<'a> {
    /// Code of the unit.
    pub unit_code: &'a str,
    /// What is asked.
    pub kind: ObligationKind,
    /// Day it was asked.
    pub opened_on: NaiveDate,
    /// Due day, as it stands.
    pub due_on: NaiveDate,
    /// How often its due day has moved.
    pub due_revision: i32,
}

/// A town's people, by the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct People {
    seed: u64,
}

impl People {
    /// The people of a seed.
    pub fn of(seed: u64) -> Self {
        Self { seed }
    }

    /// Dice for one thing of this town.
    pub fn dice(self, thing: &str) -> Dice {
        Dice::named(self.seed, thing)
    }

    /// A unit's temperament: of a hundred units about 62 are prompt, 22 late, 10 careless, 6 silent.
    pub fn temperament(self, unit_code: &str) -> Temperament {
        match self.dice(&format!("temperament|{unit_code}")).below(100) {
            0..62 => Temperament::Prompt,
            62..84 => Temperament::Late,
            84..94 => Temperament::Careless,
            _ => Temperament::Silent,
        }
    }

    /// How a unit deals with one request: mostly by its temperament, one time in ten otherwise; of those who are silent
    /// half acknowledge at least.
    pub fn mood(self, ask: &AskSeen<'_>) -> Temperament {
        let usual = self.temperament(ask.unit_code);
        let mut dice = self.ask_dice("mood", ask);
        if usual == Temperament::Silent {
            let says_so = ask.kind == ObligationKind::Acknowledge && dice.happens(50);
            return if says_so { Temperament::Late } else { usual };
        }
        if !dice.happens(10) {
            return usual;
        }
        match dice.below(4) {
            0 => Temperament::Silent,
            1 => Temperament::Careless,
            2 => Temperament::Late,
            _ => Temperament::Prompt,
        }
    }

    /// The workday on which a request is answered; `None`: never.
    pub fn answers_on(self, ask: &AskSeen<'_>, holidays: &Holidays) -> Option<NaiveDate> {
        let mut dice = self.ask_dice("answer", ask);
        let in_time = |workdays: i32| {
            let day = holidays.add_workdays(ask.opened_on, workdays);
            day.min(holidays.on_or_before(ask.due_on))
                .max(ask.opened_on)
        };
        match self.mood(ask) {
            Temperament::Prompt => Some(in_time(dice.between(0, 4))),
            Temperament::Careless => Some(in_time(dice.between(1, 8))),
            Temperament::Late => Some(holidays.add_workdays(ask.due_on, dice.between(1, 9))),
            Temperament::Silent => None,
        }
    }

    /// The workday on which a late unit asks for more time, and how many workdays more; `None` where it does not.
    pub fn asks_for_more_time(
        self,
        ask: &AskSeen<'_>,
        holidays: &Holidays,
    ) -> Option<(NaiveDate, i32)> {
        let mut dice = self.ask_dice("more time", ask);
        let wants =
            ask.kind.takes_time() && ask.due_revision < 2 && self.mood(ask) == Temperament::Late;
        (wants && dice.happens(50)).then(|| {
            let day = holidays.add_workdays(ask.due_on, -dice.between(1, 2));
            (day.max(ask.opened_on), dice.between(5, 15))
        })
    }

    /// How far a unit says it is with a task, 0 to 100, when `course` percent of the time have passed. Some are ahead of
    /// the course, some far behind.
    pub fn progress(self, unit_code: &str, task: &str, course: u8) -> u8 {
        let mut dice = self.dice(&format!("pace|{unit_code}|{task}"));
        let pace = match self.temperament(unit_code) {
            Temperament::Prompt => dice.between(85, 150),
            Temperament::Late => dice.between(55, 105),
            Temperament::Careless => dice.between(40, 95),
            Temperament::Silent => dice.between(20, 60),
        };
        let percent = i32::from(course) * pace / 100;
        u8::try_from(percent.clamp(0, 100)).unwrap_or(100)
    }

    /// Dice for a request: by what is asked when, as ids are others every time.
    fn ask_dice(self, what: &str, ask: &AskSeen<'_>) -> Dice {
        let (code, kind, revision) = (ask.unit_code, ask.kind.as_str(), ask.due_revision);
        let opened_on = ask.opened_on;
        self.dice(&format!("{what}|{code}|{kind}|{opened_on}|{revision}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn ask(unit_code: &str) -> AskSeen<'_> {
        AskSeen {
            unit_code,
            kind: ObligationKind::Dispatch,
            opened_on: day("2026-10-20"),
            due_on: day("2026-10-27"),
            due_revision: 0,
        }
    }

    #[test]
    fn of_many_units_each_temperament_has_its_share() {
        let people = People::of(3);
        let mut shares: BTreeMap<Temperament, usize> = BTreeMap::new();
        for number in 0..2_000 {
            *shares
                .entry(people.temperament(&format!("S{number}")))
                .or_default() += 1;
        }
        let share = |one| shares.get(&one).copied().unwrap_or(0);
        assert!((1_140..=1_340).contains(&share(Temperament::Prompt)));
        assert!((360..=520).contains(&share(Temperament::Late)));
        assert!((140..=260).contains(&share(Temperament::Careless)));
        assert!((70..=170).contains(&share(Temperament::Silent)));
    }

    #[test]
    fn moods_decide_on_which_side_of_the_due_day_an_answer_falls() {
        let (people, holidays) = (People::of(5), Holidays::default());
        for number in 0..500 {
            let code = format!("S{number}");
            let ask = ask(&code);
            let on = people.answers_on(&ask, &holidays);
            match people.mood(&ask) {
                Temperament::Prompt | Temperament::Careless => {
                    let on = on.expect("an answer");
                    assert!(ask.opened_on <= on && on <= ask.due_on, "{on}");
                }
                Temperament::Late => assert!(on.expect("an answer") > ask.due_on),
                Temperament::Silent => assert_eq!(on, None),
            }
            if let Some((wanted_on, more)) = people.asks_for_more_time(&ask, &holidays) {
                assert!(wanted_on <= ask.due_on && more > 0);
                assert_eq!(people.mood(&ask), Temperament::Late);
            }
        }
    }

    #[test]
    fn progress_never_falls_as_time_passes() {
        let people = People::of(9);
        for number in 0..100 {
            let code = format!("S{number}");
            let told: Vec<u8> = (0..=100)
                .map(|course| people.progress(&code, "四(一)1", course))
                .collect();
            assert!(told.is_sorted() && told[0] == 0);
        }
    }
}
