//! What all requests share: the table of endpoints, the limits, the counts, the kept answers, the document.

use super::document::document;
use super::endpoint::{Endpoint, Verb};
use super::fixed::Fixed;
use super::limits::Limits;
use super::rate::Rates;
use super::request_id::RequestIds;
use super::response_cache::ResponseCache;
use super::table::{Place, places};
use crate::flow::Ctx;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The kernel: made once, cheap to clone, shared by all workers.
#[derive(Clone)]
pub struct Kernel(pub(super) Arc<Shared>);

/// What a [`Kernel`] holds.
pub(super) struct Shared {
    pub ctx: Ctx,
    pub limits: Limits,
    pub rates: Rates,
    pub cache: ResponseCache,
    pub uploads: Arc<Semaphore>,
    pub request_ids: RequestIds,
    pub places: Vec<Arc<Place>>,
    /// Each operation's path, by its place in `places`, and method.
    pub operations: HashMap<&'static str, (usize, Verb)>,
    pub document: Fixed,
}

impl Kernel {
    /// Puts the table together. What is wrong with a table is told by [`faults`](super::table::faults), which a test calls.
    pub fn new(ctx: Ctx, endpoints: Vec<Endpoint>, limits: Limits) -> Self {
        let json = document(&endpoints).to_json().unwrap_or_default();
        let places = places(endpoints);
        let operations = places.iter().enumerate().flat_map(|(at, place)| {
            let ways = place.endpoints.iter();
            ways.map(move |(verb, way)| (way.endpoint.operation, (at, *verb)))
        });
        let operations = operations.collect();
        Self(Arc::new(Shared {
            ctx,
            rates: Rates::new(&limits),
            cache: ResponseCache::new(limits.cache_bytes),
            uploads: Arc::new(Semaphore::new(kibibytes(limits.upload_bytes) as usize)),
            request_ids: RequestIds::new(),
            places,
            operations,
            document: Fixed::new("application/json", json.into()),
            limits,
        }))
    }
}

/// Bytes as permits of the uploads' semaphore, rounded up.
pub(super) fn kibibytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX >> 4)
}
