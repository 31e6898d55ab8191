//! Files as a caller of `files` sees them: every file here is made by the test that uses it, in a folder of its own.

mod containers;
mod contents;
mod folder;
mod links;
mod names;
mod place;
mod samples;
mod streams;
mod sweeping;
