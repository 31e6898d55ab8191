//! Giving way to a transaction that ours stood in the way of.

use crate::flow::Ctx;
use std::time::Duration;

impl Ctx {
    /// A pause of about so many milliseconds before a transaction that stood in another's way is tried again: spread, so
    /// that the two do not meet again.
    pub async fn give_way(&self, milliseconds: u64) {
        let spread = 0.5 + self.entropy.fraction();
        tokio::time::sleep(Duration::from_millis(milliseconds).mul_f64(spread)).await;
    }
}
