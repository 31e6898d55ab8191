//! Mail: composing the letters and handing them over. What is sent to whom, and when, is decided in `domain` and `flow`;
//! nothing here reads the database or the clock.
//!
//! * letters: [`letter`] (plain data) → [`compose`] (subject, text, HTML) → [`message`] (RFC 5322 bytes)
//! * handing over: [`mail_url`] (configuration) → [`transport`] (SMTP, files, memory) → [`outcome`] (what the reply means)

pub mod account_letter;
mod ask_view;
pub mod bounce_letter;
pub mod compose;
mod copy_view;
pub mod decision_letter;
pub mod delivery_report;
pub mod due_words;
pub mod inspection_letter;
pub mod letter;
mod letter_view;
mod mail_folder;
pub mod mail_url;
pub mod message;
pub mod outcome;
mod plain_text;
pub mod reason;
mod reply_line;
mod reply_text;
mod smtp;
mod smtp_session;
pub mod smtp_settings;
mod smtp_stream;
mod smtp_tls;
mod subject;
pub mod transport;
mod wording;
