//! The real program, driven as a user would: each test in a folder of its own, with ports found at run time, ending only
//! the processes that it started.

mod accounts;
mod audit;
mod backups;
mod bad_configuration;
mod bad_files;
mod bombs;
mod bounces;
mod caged;
mod calendars;
mod commands;
mod crash;
mod demo;
mod guide;
mod imports;
mod jobs;
mod ledgers;
mod letters;
mod logs;
mod pauses;
mod place;
mod postgres;
mod reading;
mod refusals;
mod restores;
mod revisions;
mod rounds;
mod rows;
mod samples;
mod service;
mod sink;
mod sockets;
