//! Five journeys through the pages, in a real browser, against the real program: what a clerk, a lead unit, the supervision
//! office, a leader and an administrator come for. On every page that they meet, and on one page of each other kind, holds
//! what [`checks`] asks for. Pictures of all pages are in `target/journeys`.
//!
//! Nothing of the program's library is used here: what the journeys know of it, its users know.

mod administrator;
mod all_pages;
mod browser;
mod checks;
mod chromedriver;
mod clerk;
mod lead_unit;
mod leader;
mod letters;
mod place;
mod samples;
mod supervisor;
