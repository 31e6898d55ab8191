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
use utoipa::openapi::{OpenApi, RefOr, Schema};

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
    /// The codes of each enumeration of the document, by its name.
    pub codes: HashMap<String, Vec<String>>,
    pub document: Fixed,
}

impl Kernel {
    /// Puts the table together. What is wrong with a table is told by [`faults`](super::table::faults), which a test calls.
    pub fn new(ctx: Ctx, endpoints: Vec<Endpoint>, limits: Limits) -> Self {
        let document = document(&endpoints);
        let codes = codes_of(&document);
        let json = document.to_json().unwrap_or_default();
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
            codes,
            document: Fixed::new("application/json", json.into()),
            limits,
        }))
    }
}

impl Kernel {
    /// The codes of an enumeration of the document, in their order; none where it has none of that name.
    pub fn codes(&self, enumeration: &str) -> &[String] {
        self.0.codes.get(enumeration).map_or(&[], Vec::as_slice)
    }
}

fn codes_of(document: &OpenApi) -> HashMap<String, Vec<String>> {
    let schemas = document.components.iter().flat_map(|all| &all.schemas);
    let enumerations = schemas.filter_map(|(name, schema)| match schema {
        RefOr::T(Schema::Object(object)) => {
            let values = object.enum_values.as_ref()?.iter();
            let codes = values.filter_map(|value| Some(value.as_str()?.to_owned()));
            Some((name.clone(), codes.collect()))
        }
        RefOr::T(_) | RefOr::Ref(_) => None,
    });
    enumerations.collect()
}

/// Bytes as permits of the uploads' semaphore, rounded up.
pub(super) fn kibibytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX >> 4)
}
