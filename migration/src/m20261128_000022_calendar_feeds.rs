//! What mails bring for calendars, which requests they have taken out of calendars again, and each unit's feed.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [Mail::CalendarPublished, Mail::CalendarCancelled] {
            let mut file = ColumnDef::new(column);
            let add = Table::alter()
                .table(Mail::Table)
                .add_column(file.text())
                .to_owned();
            manager.alter_table(add).await?;
        }
        for table in [calendar_cancellation(), calendar_feed()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses the feeds, which have to be made anew, and what mails brought for calendars.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            CalendarFeed::Table.into_iden(),
            CalendarCancellation::Table.into_iden(),
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        for column in [Mail::CalendarCancelled, Mail::CalendarPublished] {
            let drop = Table::alter()
                .table(Mail::Table)
                .drop_column(column)
                .to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

fn id<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null().primary_key();
    def
}

fn reference<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null();
    def
}

fn text<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.text().not_null();
    def
}

fn calendar_cancellation() -> TableCreateStatement {
    Table::create()
        .table(CalendarCancellation::Table)
        .col(id(CalendarCancellation::Id))
        .col(reference(CalendarCancellation::MailId))
        .col(reference(CalendarCancellation::ObligationId))
        .col(
            ColumnDef::new(CalendarCancellation::DueRevision)
                .integer()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_calendar_cancellation_mail_id")
                .from(CalendarCancellation::Table, CalendarCancellation::MailId)
                .to(Mail::Table, Mail::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_calendar_cancellation_obligation_id")
                .from(
                    CalendarCancellation::Table,
                    CalendarCancellation::ObligationId,
                )
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn calendar_feed() -> TableCreateStatement {
    Table::create()
        .table(CalendarFeed::Table)
        .col(id(CalendarFeed::Id))
        .col(reference(CalendarFeed::UnitId))
        .col(text(CalendarFeed::Hash))
        .col(text(CalendarFeed::MadeBy))
        .col(
            ColumnDef::new(CalendarFeed::MadeAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_calendar_feed_unit_id")
                .from(CalendarFeed::Table, CalendarFeed::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_calendar_cancellation_mail_id_obligation_id")
            .table(CalendarCancellation::Table)
            .col(CalendarCancellation::MailId)
            .col(CalendarCancellation::ObligationId)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_calendar_cancellation_obligation_id")
            .table(CalendarCancellation::Table)
            .col(CalendarCancellation::ObligationId)
            .to_owned(),
        Index::create()
            .name("uq_calendar_feed_unit_id")
            .table(CalendarFeed::Table)
            .col(CalendarFeed::UnitId)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_calendar_feed_hash")
            .table(CalendarFeed::Table)
            .col(CalendarFeed::Hash)
            .unique()
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    Id,
    CalendarPublished,
    CalendarCancelled,
}

#[derive(DeriveIden)]
enum CalendarCancellation {
    Table,
    Id,
    MailId,
    ObligationId,
    DueRevision,
}

#[derive(DeriveIden)]
enum CalendarFeed {
    Table,
    Id,
    UnitId,
    Hash,
    MadeBy,
    MadeAt,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
