//! Which address a request goes to. The name is resolved here, every address that it has is judged, and the connection goes
//! to one of those: what the name says a moment later does not matter.

use crate::domain::webhook::DeliveryTrouble;
use crate::domain::webhook_target::{Intranet, Target};
use crate::webhook::caller::Trouble;
use std::net::SocketAddr;
use tokio::net::lookup_host;

/// Addresses tried at the most.
const MOST_ADDRESSES: usize = 4;

/// The addresses to which a request for `target` may go.
///
/// # Errors
/// [`Trouble`]: the name has none, or one to which nothing may be sent.
pub async fn addresses(target: &Target, intranet: &Intranet) -> Result<Vec<SocketAddr>, Trouble> {
    let found = lookup_host((target.host(), target.port())).await;
    let found: Vec<SocketAddr> = match found {
        Ok(found) => found.collect(),
        Err(error) => return Err(Trouble::new(DeliveryTrouble::Unresolved, &error)),
    };
    if found.is_empty() {
        let detail = "no address";
        return Err(Trouble::new(DeliveryTrouble::Unresolved, &detail));
    }
    for address in &found {
        if let Err(refusal) = intranet.allows(target.host(), address.ip()) {
            // The address itself is not told: whoever names hosts would learn what the inner network looks like.
            let detail = refusal.label();
            return Err(Trouble::new(DeliveryTrouble::AddressRefused, &detail));
        }
    }
    Ok(found.into_iter().take(MOST_ADDRESSES).collect())
}
