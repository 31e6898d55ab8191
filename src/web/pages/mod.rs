//! The tables of pages that show the API's rows, by subject; what turns an entry into a page is `list_page`, `detail_page`,
//! `act_page`.

mod records_acts;
mod records_details;
mod records_lists;
mod results_acts;
mod results_details;
mod results_lists;
mod supervision_acts;
mod supervision_details;
mod supervision_lists;
mod tasks_acts;
mod tasks_details;
mod tasks_lists;
mod ways;

use super::act::ActPage;
use super::detail_page::DetailPage;
use super::list_page::ListPage;
pub(super) use ways::WAYS;

/// All lists.
pub(super) fn lists() -> impl Iterator<Item = &'static ListPage> {
    let all = [
        tasks_lists::LISTS,
        supervision_lists::LISTS,
        results_lists::LISTS,
        records_lists::LISTS,
    ];
    all.into_iter().flatten()
}

/// All rows.
pub(super) fn details() -> impl Iterator<Item = &'static DetailPage> {
    let all = [
        tasks_details::DETAILS,
        supervision_details::DETAILS,
        results_details::DETAILS,
        records_details::DETAILS,
    ];
    all.into_iter().flatten()
}

/// All acts.
pub(super) fn acts() -> impl Iterator<Item = &'static ActPage> {
    let all = [
        tasks_acts::ACTS,
        supervision_acts::ACTS,
        results_acts::ACTS,
        records_acts::ACTS,
    ];
    all.into_iter().flatten()
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
