//! The kernel of the REST interface, driven over real connections: sample endpoints on a real database, every guard of the
//! pipeline. What the town's own endpoints do is tested in `tests/it`.

#[path = "../it/support/mod.rs"]
#[expect(
    dead_code,
    unused_macros,
    reason = "the town lives through more in the other tests"
)]
mod support;
#[path = "../it/sweep/mod.rs"]
#[expect(dead_code, reason = "here what is found is looked at")]
mod sweep;

mod bodies;
mod caching;
mod describing;
mod failing;
mod framing;
mod queries;
mod service;
mod sweeping;
mod uploads;
mod visitors;
mod writes;
