//! The kernel of `/api/v1`: everything that a handler need not think about. A table of [`Endpoint`]s makes both the routes
//! and the OpenAPI document, from the handlers' own types.
//!
//! ```text
//! serve: id → method → authenticate → rate → judge
//!        GET   (read):  change number → If-None-Match → response_cache → handler
//!        other (write): If-Match → body → repeat guard → handler
//!        → respond
//! ```

pub mod body;
pub mod call;
pub mod code;
pub mod cursor;
pub mod day;
pub mod download;
pub mod encoding;
pub mod endpoint;
pub mod etag;
pub mod field_errors;
pub mod kernel_state;
pub mod limits;
pub mod list;
pub mod network;
pub mod problem;
pub mod query;
pub mod raw_body;
pub mod reply;
pub mod schemas;
pub mod table;
pub mod text;
pub mod upload;
pub mod wording;

mod asking;
mod authenticate;
mod docs_page;
mod document;
mod document_links;
mod document_operation;
mod fixed;
mod json;
mod meters;
mod query_value;
mod rate;
mod read;
mod request_id;
mod respond;
mod response_cache;
mod routes;
mod serve;
mod visitors;
mod write;

pub use asking::{Act, Acted, Asking, Told};
pub use body::{NoBody, RawBody};
pub use call::Call;
pub use code::Code;
pub use day::Day;
pub use document::document;
pub use download::Download;
pub use endpoint::{Endpoint, Tag};
pub use etag::Seen;
pub use field_errors::{Check, FieldCode, FieldErrors};
pub use kernel_state::Kernel;
pub use limits::Limits;
pub use list::{ById, Direction, List, Page, Sort, SortKey};
pub use problem::Problem;
pub use query::NoQuery;
pub use reply::{Nothing, Reply};
pub use table::{faults, openapi_json};
pub use text::{Line, Prose};
pub use upload::{FileCount, NoFields, Upload, UploadedFile};
