//! Speaking to endpoints outside: where a request may go ([`guard`]), sending it ([`caller`]), what an answer means
//! ([`judge`]), and the messages of group robots ([`robot`]).

pub mod caller;
pub mod guard;
pub mod judge;
pub mod robot;
mod tls;

use crate::domain::webhook_target::Intranet;
pub use tls::Roots;

/// How endpoints are reached.
#[derive(Debug, Clone)]
pub struct Outward {
    /// What the operator has listed of the bureau's own network.
    pub intranet: Intranet,
    /// Whose certificates are believed.
    pub roots: Roots,
    /// Whether anything is sent at all; a kept simulation sends nothing.
    pub sends: bool,
}

impl Outward {
    /// Over the network, by the system's certificates.
    pub fn new(intranet: Intranet) -> Self {
        Self {
            intranet,
            roots: Roots::System,
            sends: true,
        }
    }
}
