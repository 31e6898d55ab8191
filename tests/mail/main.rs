//! Mail from the outside: the transports against a scripted server and a folder, and the letters as built messages.

mod catalogue;
mod folder;
mod letters;
mod messages;
mod sample_letters;
mod smtp;
mod smtp_client;
mod smtp_connection;
mod smtp_peer;
mod smtp_tls;
