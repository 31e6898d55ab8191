//! Killing the program while it delivers: nobody is left out, and what is sent twice is the same mail.

use crate::place::wait;
use crate::rows::{number, texts};
use crate::samples::with_small;
use crate::sink::{Manners, Sink};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

const SCHOOLS: usize = 700;
/// Each run that is killed holds up to 200 mails until its leases run out; 700 are enough for three.
const KILLS: usize = 3;
const CONNECTIONS: usize = 8;

#[test]
fn nobody_is_left_out_and_a_second_copy_is_the_same_mail() {
    let sink = Sink::start(Manners {
        delay: Duration::from_millis(40),
        ..Manners::default()
    });
    let (url, connections) = (sink.url(), CONNECTIONS.to_string());
    let env = [
        ("DUBAN__MAIL__URL", url.as_str()),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
        ("DUBAN__MAIL__CONNECTIONS", connections.as_str()),
        ("DUBAN__MAIL__WINDOW", "always"),
    ];
    let place = with_small(SCHOOLS);
    let imported = place.import_with(&env, &["--issue", "--json"]).done();
    let queued = imported.json()["issued"]["mails"].as_u64();
    assert_eq!(queued, Some(SCHOOLS as u64 + 2));
    let mut moments = Vec::new();
    for _ in 0..KILLS {
        let moment = 1 + RandomState::new().hash_one(0) as usize % 150;
        moments.push(moment);
        let before = sink.count();
        let mut running = place.start(&env, &["run-job", "deliver"]);
        wait("mails", || (sink.count() >= before + moment).then_some(()));
        assert!(
            running.runs(),
            "{moments:?}: it was to be killed while it works"
        );
        running.kill();
    }
    let undecided = number(
        &place.database(),
        "SELECT count(*) FROM mail WHERE state = 'transmitting'",
    );
    assert!(
        undecided <= (KILLS * CONNECTIONS) as i64,
        "{moments:?}: {undecided}"
    );
    sink.behave(Manners::default());
    // Leases are on real time: until they have run out, each run finds only what nobody holds.
    let unsent = "SELECT count(*) FROM mail WHERE state <> 'sent'";
    wait("the last mail", || {
        place.run_with(&env, &["run-job", "deliver"]).done();
        (number(&place.database(), unsent) == 0).then_some(())
    });
    let mut copies: HashMap<String, Vec<String>> = HashMap::new();
    for taken in sink.taken() {
        let id = taken.message_id();
        copies.entry(taken.to).or_default().push(id);
    }
    assert_eq!(
        copies.len(),
        SCHOOLS + 2,
        "{moments:?}: somebody is left out"
    );
    let mut ids = HashSet::new();
    for (to, copies) in &copies {
        assert!(
            copies.iter().all(|id| *id == copies[0]),
            "{to} got two different mails"
        );
        assert!(
            ids.insert(&copies[0]),
            "{to} got somebody else's Message-ID"
        );
    }
    let doubled: usize = copies.values().map(|copies| copies.len() - 1).sum();
    println!("killed after {moments:?} mails; {doubled} were sent twice");
    assert!(
        doubled <= KILLS * CONNECTIONS,
        "{moments:?}: {doubled} were sent twice"
    );
    let resent = texts(&place.database(), "SELECT address FROM mail WHERE resent");
    assert!(doubled <= resent.len(), "every second copy is flagged");
}

/// Bad input F12: the program is killed while it imports and issues. Each step is there whole or not at all, and the same
/// command again does what is left.
#[test]
fn an_import_killed_in_the_middle_is_there_whole_or_not_at_all() {
    const UNITS: i64 = 3_002;
    const TRIES: u64 = 8;
    let command = [
        "import",
        "plan.txt",
        "--units",
        "units.csv",
        "--issue",
        "--json",
    ];
    let whole = with_small(3_000);
    let started = Instant::now();
    whole.run(&command).done();
    let usual = started.elapsed();
    let counts = |url: &str| {
        let of = |table: &str| number(url, &format!("SELECT count(*) FROM {table}"));
        [of("unit"), of("task"), of("assignment"), of("mail")]
    };
    let all = counts(&whole.database());
    assert_eq!(all[..2], [UNITS, 2]);
    let steps = [[0; 4], [UNITS, 2, 0, 0], all];
    let mut found = HashSet::new();
    for attempt in 1..=TRIES {
        let place = with_small(3_000);
        // An empty database first, so that what is counted is there to be counted.
        place.run(&["migrate"]).done();
        let mut running = place.start(&[], &command);
        std::thread::sleep(usual * u32::try_from(attempt).unwrap_or(1) / TRIES as u32);
        running.kill();
        let left = counts(&place.database());
        assert!(steps.contains(&left), "after {attempt}/{TRIES}: {left:?}");
        found.insert(left);
        place.run(&command).done();
        assert_eq!(counts(&place.database()), all, "after {attempt}/{TRIES}");
    }
    println!("killed at: {found:?}");
    assert!(found.contains(&steps[0]), "none was killed early");
}
