//! The real flows, from a document to a mail taken by the server, on a clock that the tests set and on both databases:
//! every test here runs once on SQLite and once on PostgreSQL (see `support::on_both`).

#[macro_use]
mod support;
mod sweep;

mod answers;
mod attempts;
mod bad_input;
mod calendar;
mod callers;
mod city_plan;
mod claims;
mod closing;
mod contacts;
mod counter;
mod deliveries;
mod digests;
mod draws;
mod explanations;
mod imports;
mod issues;
mod once;
mod repeats;
mod rounds;
mod schema;
mod simulations;
mod stages;
mod vacations;
