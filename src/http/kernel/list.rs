//! Lists: a filter of the handler's own, and what every list has: `sort`, `limit`, `cursor`.

use super::cursor::Cursor;
use super::field_errors::{FieldCode, FieldErrors};
use super::problem::{Problem, bad_cursor};
use super::query::{Pairs, Parameter, Query, read_filter};
use super::schemas::Schemas;
use super::wording::shortened;
pub use crate::storage::paging::Direction;
use crate::storage::paging::{PageWanted, Place};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Rows of a page where none are asked for.
pub const USUAL_LIMIT: usize = 50;

/// Most rows of a page (design §7).
pub const MOST_ROWS: usize = 200;

/// The orders that a list knows. A sort is one of them by name, or its name with `-` before it for descending.
pub trait SortKey: Copy + PartialEq + 'static {
    /// Every order; the first is the usual one.
    const ALL: &'static [Self];

    /// Which way the list runs where nothing is asked for.
    const USUAL: Direction = Direction::Ascending;

    /// Its name, in snake_case.
    fn as_str(self) -> &'static str;
}

/// The order of lists that have only one: by id, which is by time of making.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ById;

impl SortKey for ById {
    const ALL: &'static [Self] = &[Self];

    fn as_str(self) -> &'static str {
        "id"
    }
}

/// An order asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<S> {
    /// By what; rows alike in it follow each other by id, in the same direction.
    pub key: S,
    /// Which way.
    pub direction: Direction,
}

impl<S: SortKey> Sort<S> {
    fn parse(text: &str) -> Option<Self> {
        let (name, direction) = match text.strip_prefix('-') {
            Some(name) => (name, Direction::Descending),
            None => (text, Direction::Ascending),
        };
        let key = S::ALL.iter().copied().find(|key| key.as_str() == name)?;
        Some(Self { key, direction })
    }

    fn name(self) -> String {
        match self.direction {
            Direction::Ascending => self.key.as_str().to_owned(),
            Direction::Descending => format!("-{}", self.key.as_str()),
        }
    }

    /// What is shown where nothing is asked for.
    fn usual() -> Option<Self> {
        Some(Self {
            key: S::ALL.first().copied()?,
            direction: S::USUAL,
        })
    }

    fn names() -> Vec<String> {
        let both = |key: &S| [key.as_str().to_owned(), format!("-{}", key.as_str())];
        S::ALL.iter().flat_map(both).collect()
    }
}

/// The query of a list: `Call<List<TaskFilter, TaskSort>>`.
#[derive(Debug)]
pub struct List<F, S = ById> {
    /// The handler's own filter.
    pub filter: F,
    /// The order.
    pub sort: Sort<S>,
    /// Rows wanted, 1 to 200.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    fingerprint: [u8; 8],
}

impl<F, S: SortKey> List<F, S> {
    /// The page to ask the storage for.
    pub fn wanted(&self) -> PageWanted {
        PageWanted {
            limit: u64::try_from(self.limit).unwrap_or(u64::MAX),
            after: self.after.as_ref().map(|cursor| Place {
                key: cursor.key.clone(),
                id: cursor.id,
            }),
            direction: self.sort.direction,
        }
    }

    /// The page that the storage gave, its rows shown as `items`; `next` is where the next one begins.
    pub fn shown<R>(&self, items: Vec<R>, next: Option<Place>) -> Page<R> {
        let next_cursor = next.map(|place| {
            let cursor = Cursor {
                sort: self.sort.name(),
                key: place.key,
                id: place.id,
            };
            cursor.encode(self.fingerprint)
        });
        Page { items, next_cursor }
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let rows = ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .description(Some("本页各行"));
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("下一页的 cursor；最后一页为空"));
        ObjectBuilder::new()
            .property("items", rows)
            .required("items")
            .property("next_cursor", cursor)
            .required("next_cursor")
            .into()
    }
}

/// Pages of different rows have different names in the document.
impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Page", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<F: Query + DeserializeOwned, S: SortKey> Query for List<F, S> {
    fn read(pairs: &Pairs, operation: &'static str) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let is_own = |name: &str| !matches!(name, "limit" | "cursor" | "sort");
        let own: Vec<_> = pairs
            .0
            .iter()
            .filter(|(name, _)| is_own(name))
            .cloned()
            .collect();
        for name in ["limit", "cursor", "sort"] {
            if pairs.0.iter().filter(|(given, _)| given == name).count() > 1 {
                errors.add(name, FieldCode::Repeated, "出现了两次，请只保留一次");
            }
        }
        let sort = read_sort::<S>(pairs.get("sort"), &mut errors);
        let limit = read_limit(pairs.get("limit"), &mut errors);
        let filter = read_filter::<F>(&own, &mut errors);
        if let Some(problem) = Problem::of_parameters(errors) {
            return Err(problem);
        }
        let (Some(filter), Some(sort)) = (filter, sort) else {
            return Err(Problem::internal("a query that is neither right nor wrong"));
        };
        let fingerprint = pairs.fingerprint(operation);
        let after = match pairs.get("cursor") {
            None => None,
            Some(text) => {
                Some(Cursor::decode(text, fingerprint, &sort.name()).ok_or_else(bad_cursor)?)
            }
        };
        Ok(Self {
            filter,
            sort,
            limit,
            after,
            fingerprint,
        })
    }

    fn parameters() -> Vec<Parameter> {
        let mut parameters = F::parameters();
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1_u32))
            .maximum(Some(MOST_ROWS))
            .default(Some(USUAL_LIMIT.into()))
            .description(Some("每页条数"));
        let cursor = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Za-z0-9_-]+$"))
            .description(Some("上一页的 next_cursor；筛选条件和排序须与上一页相同"));
        let sort = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Sort::<S>::names()))
            .default(Sort::<S>::usual().map(|sort| sort.name().into()))
            .description(Some("排序，前加“-”为倒序"));
        for (name, schema) in [("limit", limit), ("cursor", cursor), ("sort", sort)] {
            parameters.push(Parameter {
                name: name.to_owned(),
                schema: RefOr::T(Schema::Object(schema.build())),
                required: false,
            });
        }
        parameters
    }

    fn collect(schemas: &mut Schemas) {
        F::collect(schemas);
    }
}

fn read_sort<S: SortKey>(text: Option<&str>, errors: &mut FieldErrors) -> Option<Sort<S>> {
    let Some(text) = text else {
        return Sort::usual();
    };
    let sort = Sort::parse(text);
    if sort.is_none() {
        let choices = Sort::<S>::names().join("、");
        let message = format!("没有“{}”这种排序，可选：{choices}", shortened(text));
        errors.add("sort", FieldCode::NotAChoice, message);
    }
    sort
}

fn read_limit(text: Option<&str>, errors: &mut FieldErrors) -> usize {
    let Some(text) = text else {
        return USUAL_LIMIT;
    };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(limit) if is_plain && (1..=MOST_ROWS).contains(&limit) => limit,
        _ => {
            let message = format!("应为 1 至 {MOST_ROWS} 的整数");
            errors.add("limit", FieldCode::OutOfRange, message);
            USUAL_LIMIT
        }
    }
}
