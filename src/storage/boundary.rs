//! The edges at which a simulation of faults interferes: before a transaction begins, before it commits, after it has.
//! Without a simulation there is nothing here to pass.

use async_trait::async_trait;
use std::fmt;

/// An edge of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// It has not begun.
    Begin,
    /// All is written, nothing durable.
    Commit,
    /// It is durable; who wrote it does not know yet.
    Committed,
}

/// What a simulation does at the edges.
#[async_trait]
pub trait Boundary: fmt::Debug + Send + Sync {
    /// Returns when the transaction may pass the edge. Dropped before, the writer has crashed there.
    async fn pass(&self, edge: Edge);

    /// A call to the database is under way.
    fn enters(&self);

    /// It has ended, or was dropped.
    fn leaves(&self);
}
