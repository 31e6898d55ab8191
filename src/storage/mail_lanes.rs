//! The ways on which mails leave: what holds them up, and what was counted on them. Shared by all instances, so that one
//! that is refused does not leave the next to find it out.

use crate::domain::mail_pace::Trouble;
use crate::domain::retry::LONGEST_PAUSE;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, insert_absent};
use chrono::{DateTime, NaiveDate, Utc};
use entity::mail_lane;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sea_orm::{QuerySelect, QueryTrait};
use std::collections::HashMap;

/// A lane as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The server as people write it, or `server domain`.
    pub name: String,
    /// Why nothing is sent; `None` while all is well.
    pub trouble: Option<Trouble>,
    /// Troubles in a row.
    pub failures: u32,
    /// When they began (real clock).
    pub since_at: Option<DateTime<Utc>>,
    /// Nothing is tried before this instant (real clock).
    pub held_until_at: Option<DateTime<Utc>>,
    /// Stable reason code of the last.
    pub reason: Option<String>,
    /// The server's words, addresses masked.
    pub reply: Option<String>,
    minute_no: i64,
    minute_mails: u32,
    day_on: Option<NaiveDate>,
    day_mails: u32,
}

impl Lane {
    /// Whether nothing may be tried now.
    pub fn is_held(&self, real_now: DateTime<Utc>) -> bool {
        self.held_until_at
            .is_some_and(|until| real_now < until && until <= real_now + LONGEST_PAUSE)
    }

    /// Mails taken up in the present minute.
    pub fn in_minute(&self, moment: Moment) -> u32 {
        match self.minute_no == moment.minute_no() {
            true => self.minute_mails,
            false => 0,
        }
    }

    /// Mails taken up on the present day.
    pub fn on_day(&self, moment: Moment) -> u32 {
        match self.day_on == Some(moment.day) {
            true => self.day_mails,
            false => 0,
        }
    }
}

/// The moment by which mails are counted.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Real clock.
    pub real_now: DateTime<Utc>,
    /// Local day of the real clock: a provider counts by its own.
    pub day: NaiveDate,
}

impl Moment {
    fn minute_no(self) -> i64 {
        self.real_now.timestamp().div_euclid(60)
    }
}

/// A new trouble on a lane.
#[derive(Debug, Clone)]
pub struct Hold<'a> {
    /// The lane.
    pub name: &'a str,
    /// What is wrong.
    pub trouble: Trouble,
    /// Until when nothing is tried (real clock).
    pub until: DateTime<Utc>,
    /// Stable reason code.
    pub reason: &'a str,
    /// The server's words, addresses masked.
    pub reply: &'a str,
}

/// All lanes by name that begin with `server`, the server itself included. With `held` they are kept from other
/// instances until the transaction ends: whoever counts has to.
///
/// # Errors
/// [`StorageError`].
pub async fn of_server(
    db: &impl ConnectionTrait,
    server: &str,
    held: bool,
) -> Result<HashMap<String, Lane>, StorageError> {
    let rows = mail_lane::Entity::find()
        .filter(mail_lane::Column::Name.starts_with(server))
        .apply_if(held.then_some(()), |find, ()| find.lock_exclusive())
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.name.clone(), lane_of(row)?)))
        .collect()
}

/// The lanes on which there is trouble.
///
/// # Errors
/// [`StorageError`].
pub async fn troubled(db: &impl ConnectionTrait) -> Result<Vec<Lane>, StorageError> {
    let rows = mail_lane::Entity::find()
        .filter(mail_lane::Column::Trouble.is_not_null())
        .all(db)
        .await?;
    rows.into_iter().map(lane_of).collect()
}

fn lane_of(row: mail_lane::Model) -> Result<Lane, StorageError> {
    let counted = |number: i32| u32::try_from(number).unwrap_or(0);
    let trouble = row.trouble.as_deref();
    Ok(Lane {
        trouble: trouble.map(|it| code("mail trouble", it)).transpose()?,
        failures: counted(row.failures),
        since_at: row.since_at,
        held_until_at: row.held_until_at,
        reason: row.reason,
        reply: row.reply,
        minute_no: row.minute_no,
        minute_mails: counted(row.minute_mails),
        day_on: row.day_on,
        day_mails: counted(row.day_mails),
        name: row.name,
    })
}

/// Makes the row of a lane where there is none.
async fn ensure(tx: &WriteTx, name: &str) -> Result<(), StorageError> {
    let row = mail_lane::ActiveModel {
        name: Set(name.to_owned()),
        failures: Set(0),
        minute_no: Set(0),
        minute_mails: Set(0),
        day_mails: Set(0),
        ..Default::default()
    };
    insert_absent(tx, row, vec![mail_lane::Column::Name]).await?;
    Ok(())
}

/// Troubles in a row on a lane, kept from other instances until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn failures(tx: &WriteTx, name: &str) -> Result<u32, StorageError> {
    ensure(tx, name).await?;
    let row = mail_lane::Entity::find_by_id(name)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(row.map_or(0, |row| u32::try_from(row.failures).unwrap_or(0)))
}

/// Holds a lane up: one more trouble in a row.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(
    tx: &WriteTx,
    hold: &Hold<'_>,
    real_now: DateTime<Utc>,
) -> Result<(), StorageError> {
    use mail_lane::Column as C;
    ensure(tx, hold.name).await?;
    mail_lane::Entity::update_many()
        .col_expr(C::Trouble, Expr::value(hold.trouble.as_str()))
        .col_expr(C::Failures, Expr::col(C::Failures).add(1))
        .col_expr(
            C::SinceAt,
            Expr::col(C::SinceAt).if_null(Expr::value(real_now)),
        )
        .col_expr(C::HeldUntilAt, Expr::value(hold.until))
        .col_expr(C::Reason, Expr::value(hold.reason))
        .col_expr(C::Reply, Expr::value(hold.reply))
        .filter(C::Name.eq(hold.name))
        .exec(tx)
        .await?;
    Ok(())
}

/// All is well again on a lane; whether it was not before.
///
/// # Errors
/// [`StorageError`].
pub async fn clear(tx: &WriteTx, name: &str) -> Result<bool, StorageError> {
    use mail_lane::Column as C;
    let result = mail_lane::Entity::update_many()
        .col_expr(C::Trouble, Expr::value(None::<String>))
        .col_expr(C::Failures, Expr::value(0))
        .col_expr(C::SinceAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(C::HeldUntilAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(C::Reason, Expr::value(None::<String>))
        .col_expr(C::Reply, Expr::value(None::<String>))
        .filter(C::Name.eq(name))
        .filter(C::Trouble.is_not_null())
        .exec(tx)
        .await?;
    Ok(result.rows_affected == 1)
}

/// Counts mails taken up on a lane; `before` is the lane as it stands in this transaction.
///
/// # Errors
/// [`StorageError`].
pub async fn count(
    tx: &WriteTx,
    name: &str,
    before: Option<&Lane>,
    mails: u32,
    moment: Moment,
) -> Result<(), StorageError> {
    use mail_lane::Column as C;
    ensure(tx, name).await?;
    let added = |used: u32| i32::try_from(used.saturating_add(mails)).unwrap_or(i32::MAX);
    let in_minute = before.map_or(0, |lane| lane.in_minute(moment));
    let on_day = before.map_or(0, |lane| lane.on_day(moment));
    mail_lane::Entity::update_many()
        .col_expr(C::MinuteNo, Expr::value(moment.minute_no()))
        .col_expr(C::MinuteMails, Expr::value(added(in_minute)))
        .col_expr(C::DayOn, Expr::value(moment.day))
        .col_expr(C::DayMails, Expr::value(added(on_day)))
        .filter(C::Name.eq(name))
        .exec(tx)
        .await?;
    Ok(())
}
