//! The ways on which mails leave, with what holds them up and what was counted on them; the domain of each mail.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(mail_lane()).await?;
        let mut domain = ColumnDef::new(Mail::Domain);
        domain.text().not_null().default("");
        let add = Table::alter()
            .table(Mail::Table)
            .add_column(domain)
            .to_owned();
        manager.alter_table(add).await?;
        let of_address = match manager.get_database_backend() {
            DbBackend::Postgres => "split_part(address, '@', 2)",
            _ => "substr(address, instr(address, '@') + 1)",
        };
        // Only what may still leave is asked by its domain.
        let fill = format!(
            "UPDATE mail SET domain = {of_address} \
             WHERE state NOT IN ('sent', 'failed', 'suppressed')"
        );
        let filled = manager.get_connection().execute_unprepared(&fill).await;
        filled.map(drop)
    }

    /// Loses what holds up the ways on which mails leave: the next try finds it again.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table(Mail::Table)
                    .drop_column(Mail::Domain)
                    .to_owned(),
            )
            .await?;
        manager
            .drop_table(Table::drop().table(MailLane::Table).to_owned())
            .await
    }
}

fn count<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.integer().not_null().default(0);
    def
}

fn mail_lane() -> TableCreateStatement {
    Table::create()
        .table(MailLane::Table)
        .col(
            ColumnDef::new(MailLane::Name)
                .text()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(MailLane::Trouble).text())
        .col(count(MailLane::Failures))
        .col(ColumnDef::new(MailLane::SinceAt).timestamp_with_time_zone())
        .col(ColumnDef::new(MailLane::HeldUntilAt).timestamp_with_time_zone())
        .col(ColumnDef::new(MailLane::Reason).text())
        .col(ColumnDef::new(MailLane::Reply).text())
        .col(
            ColumnDef::new(MailLane::MinuteNo)
                .big_integer()
                .not_null()
                .default(0),
        )
        .col(count(MailLane::MinuteMails))
        .col(ColumnDef::new(MailLane::DayOn).date())
        .col(count(MailLane::DayMails))
        .to_owned()
}

#[derive(DeriveIden)]
enum MailLane {
    Table,
    Name,
    Trouble,
    Failures,
    SinceAt,
    HeldUntilAt,
    Reason,
    Reply,
    MinuteNo,
    MinuteMails,
    DayOn,
    DayMails,
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    Domain,
}
