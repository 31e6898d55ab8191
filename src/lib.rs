//! Duban: see the map below, which is `README.md` beside this file.
#![doc = include_str!("README.md")]

pub mod cli;
pub mod clock;
pub mod config;
pub mod documents;
pub mod domain;
pub mod entropy;
pub mod flow;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod startup;
pub mod storage;
pub mod telemetry;

rust_i18n::i18n!("src/locales", fallback = "zh-CN");
