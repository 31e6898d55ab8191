//! New ids.

use std::cell::Cell;
use uuid::{Builder, Uuid};

thread_local! {
    /// The next number of a thread whose ids repeat.
    static NUMBER: Cell<Option<u64>> = const { Cell::new(None) };
}

/// A new id (UUIDv7, RFC 9562): ids made later sort later.
pub fn new_id() -> Uuid {
    NUMBER.with(|next| match next.get() {
        None => Uuid::now_v7(),
        Some(number) => {
            next.set(Some(number + 1));
            let tail = u128::from(number).to_be_bytes();
            let mut random = [0; 10];
            random.copy_from_slice(&tail[6..]);
            Builder::from_unix_timestamp_millis(number, &random).into_uuid()
        }
    })
}

/// From now on the ids that this thread makes are numbered from `first`: a simulation on one thread runs alike every time.
pub fn number_ids_from(first: u64) {
    NUMBER.with(|next| next.set(Some(first)));
}
