//! Files that people attach (templates of collections, evidence 佐证材料): what is taken in, under which name it is
//! shown, and where its bytes lie. Who may see a file, and which record it belongs to, is in the database.
//!
//! * taking in: [`check`] (bytes and name → [`kind`], or a refusal in [`error`])
//! * showing: [`name`] (a safe name, and the header of a download)
//! * backing up: [`backup_archive`] (the one file), [`backup_manifest`], [`backup_place`] (moving into place), [`unpack`]
//! * keeping: [`store`] → [`folder_store`], by a [`key`] that the server makes; [`reader`] hands the bytes out
//!
//! Files come from strangers: they are recognised, never opened in full, and what is stored is only ever handed out as
//! a download.

pub mod backup_archive;
pub mod backup_manifest;
pub mod backup_place;
pub mod check;
mod draft;
pub mod error;
pub mod folder_store;
pub mod key;
pub mod kind;
pub mod name;
mod office;
pub mod own_folder;
mod owner;
mod pdf;
mod picture;
pub mod reader;
mod sniff;
pub mod store;
mod sweep;
mod tail;
mod text;
pub mod unpack;
mod zip_end;
