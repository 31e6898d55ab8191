//! Duban: see the map below, which is `README.md` beside this file.
#![doc = include_str!("README.md")]
// What a user sends or a file holds must never end the program; tests may.
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

pub mod cage;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash_point;
pub mod documents;
pub mod domain;
pub mod entropy;
pub mod files;
pub mod flow;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod startup;
pub mod storage;
pub mod telemetry;
pub mod web;
pub mod webhook;

rust_i18n::i18n!("src/locales", fallback = "zh-CN");
