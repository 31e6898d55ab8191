//! A simulation of faults, the same for the same seed: two or three instances on one database, interleaved at the edges of
//! their transactions and of their conversations with the mail server; ticks that come twice, instances that die, servers
//! that are away, refuse, or fall silent after the letter, units that answer in between, time that passes. After every
//! step each law is looked at.
//!
//! ```text
//! DUBAN_SEEDS=2000 bash tests/run.sh --test it -- seeded_faults      that many seeds
//! DUBAN_SEED=17 bash tests/run.sh --test it -- seeded_faults         one seed again, with its trace
//! ```

mod bench;
mod laws;
mod world;

use crate::support::Town;
use crate::support::database::{Database, Kind};
use anyhow::Context;
use duban::flow::issue_plan::CyclesAtIssue;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::OnceCell;
use world::{Weather, World};

/// Seeds tried where nothing else is asked for.
const SEEDS: u64 = 30;

/// The town on Monday at ten: issued, nothing delivered.
static TOWN: OnceCell<Vec<u8>> = OnceCell::const_new();

async fn issued_town() -> anyhow::Result<Vec<u8>> {
    let database = Database::create(Kind::Sqlite).await?.context("SQLite")?;
    let town = Town::found(&database).await?;
    town.issue(CyclesAtIssue::On).await?;
    let copy = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("seeds_{}.db", uuid::Uuid::now_v7()));
    duban::storage::copies::save_as(&town.ctx.db, &copy).await?;
    town.ctx.db.clone().close().await?;
    database.remove().await?;
    let bytes = std::fs::read(&copy)?;
    std::fs::remove_file(&copy)?;
    Ok(bytes)
}

fn weather(seed: u64) -> Weather {
    Weather {
        instances: 1 + (seed % 3) as usize,
        crashes: !seed.is_multiple_of(4),
        server: !seed.is_multiple_of(5),
        answers: seed % 7 > 1,
    }
}

/// Lives one seed through on a fresh copy of the town.
async fn live(seed: u64, folder: &Path) -> (Vec<String>, anyhow::Result<()>) {
    let file = folder.join(format!("{seed}_{}.db", uuid::Uuid::now_v7()));
    let outcome = async {
        let town = TOWN.get_or_try_init(issued_town).await?;
        std::fs::write(&file, town)?;
        World::open(&file, seed, weather(seed)).await
    };
    match outcome.await {
        Ok(mut world) => {
            // From here on time passes only where the driver says so: also not, as it else would, whenever everybody waits
            // for a database's thread.
            tokio::time::pause();
            let awake = tokio::spawn(async {
                loop {
                    tokio::task::yield_now().await;
                }
            });
            let lived = world.live().await;
            awake.abort();
            (std::mem::take(&mut world.trace), lived)
        }
        Err(error) => (Vec::new(), Err(error)),
    }
}

fn with_seed(seed: u64) -> (Vec<String>, anyhow::Result<()>) {
    let folder = std::env::temp_dir().join(format!("duban-seeds-{}", uuid::Uuid::now_v7()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Timers are looked at often, so that none fires after everybody was found to wait.
        .event_interval(7)
        .build();
    let told = match (std::fs::create_dir_all(&folder), runtime) {
        (Ok(()), Ok(runtime)) => runtime.block_on(live(seed, &folder)),
        (made, runtime) => (
            Vec::new(),
            made.and(runtime.map(drop)).map_err(anyhow::Error::from),
        ),
    };
    // What is left of it is in the system's folder for such things.
    let _ = std::fs::remove_dir_all(&folder);
    told
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Every law holds, whatever happens.
#[test]
fn nothing_is_lost_nothing_comes_twice() -> anyhow::Result<()> {
    if let Some(seed) = number("DUBAN_SEED") {
        let (trace, lived) = with_seed(seed);
        println!("{}", trace.join("\n"));
        return lived;
    }
    let seeds = number("DUBAN_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let hands = std::thread::available_parallelism().map_or(1, usize::from);
    let worked: Vec<anyhow::Result<()>> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..hands)
            .map(|_| scope.spawn(|| try_seeds(&next, seeds)))
            .collect();
        hands
            .into_iter()
            .map(|hand| {
                hand.join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a hand broke")))
            })
            .collect()
    });
    println!("{seeds} seeds");
    worked.into_iter().collect()
}

/// Takes seeds until all are taken or one fails.
fn try_seeds(next: &AtomicU64, seeds: u64) -> anyhow::Result<()> {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds {
            return Ok(());
        }
        let (trace, lived) = with_seed(seed);
        lived.with_context(|| {
            let tail: Vec<&str> = trace
                .iter()
                .rev()
                .take(25)
                .rev()
                .map(String::as_str)
                .collect();
            format!("DUBAN_SEED={seed}\n{}", tail.join("\n"))
        })?;
    }
}

/// A seed that fails can be looked at again: the same seed lives the same life.
#[test]
fn the_same_seed_lives_the_same_life() {
    let (first, _) = with_seed(11);
    let (second, _) = with_seed(11);
    assert!(first.len() > 300, "{}", first.len());
    for (at, (one, other)) in first.iter().zip(&second).enumerate() {
        let before = || first[at.saturating_sub(15)..at].join("\n");
        assert_eq!(one, other, "step {at}, after\n{}", before());
    }
}
