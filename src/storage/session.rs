//! What can be read from, and what this process knows of it already.

use crate::domain::unit::Unit;
use crate::storage::contacts::Contact;
use crate::storage::error::StorageError;
use crate::storage::{Db, WriteTx, marks};
use sea_orm::ConnectionTrait;
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

/// What can be read from: a [`Db`] or a [`WriteTx`].
pub trait Session: ConnectionTrait {
    /// What is known of units and contacts; none where this session has changed any of them itself, which nobody else may
    /// see before it commits.
    fn known_people(&self) -> Option<&KnownPeople>;
}

/// Units and contacts as last read, with the revision they had. Nearly every use case needs all of them, and they change a
/// few times a month: reading the revision first costs one row instead of hundreds.
#[derive(Debug, Default)]
pub struct KnownPeople {
    units: RwLock<Kept<Unit>>,
    contacts: RwLock<Kept<Contact>>,
}

/// Rows with the revision at which they were read.
type Kept<Row> = Option<(Uuid, Arc<[Row]>)>;

impl KnownPeople {
    /// All units; `load` reads them where they are not known, or have changed.
    pub(super) async fn units<S: Session>(
        &self,
        db: &S,
        load: impl AsyncFnOnce(&S) -> Result<Vec<Unit>, StorageError>,
    ) -> Result<Vec<Unit>, StorageError> {
        rows(&self.units, db, load).await
    }

    /// The present contacts; `load` reads them where they are not known, or have changed.
    pub(super) async fn contacts<S: Session>(
        &self,
        db: &S,
        load: impl AsyncFnOnce(&S) -> Result<Vec<Contact>, StorageError>,
    ) -> Result<Vec<Contact>, StorageError> {
        rows(&self.contacts, db, load).await
    }
}

async fn rows<S: Session, Row: Clone>(
    kept: &RwLock<Kept<Row>>,
    db: &S,
    load: impl AsyncFnOnce(&S) -> Result<Vec<Row>, StorageError>,
) -> Result<Vec<Row>, StorageError> {
    // The revision before the rows: rows that are newer than it are read once more, never taken for older ones.
    let revision = marks::people_revision(db).await?;
    let known = kept.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, rows)) = known
        && at == revision
    {
        return Ok(rows.to_vec());
    }
    let rows = load(db).await?;
    *kept.write().unwrap_or_else(PoisonError::into_inner) =
        Some((revision, rows.as_slice().into()));
    Ok(rows)
}

impl Session for Db {
    fn known_people(&self) -> Option<&KnownPeople> {
        Some(self.people())
    }
}

impl Session for WriteTx {
    fn known_people(&self) -> Option<&KnownPeople> {
        self.people()
    }
}
