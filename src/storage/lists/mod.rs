//! Lists as programs outside page through them: filtered, sorted, and bounded by what the viewer may see, in SQL.

pub mod assignments;
pub mod plans;
pub mod tasks;
pub(super) mod text_search;
