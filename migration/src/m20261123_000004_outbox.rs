//! The reminder ledger and the mail outbox.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(mail()).await?;
        manager.create_table(reminder()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Reminder::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Mail::Table).to_owned())
            .await?;
        Ok(())
    }
}

fn mail() -> TableCreateStatement {
    Table::create()
        .table(Mail::Table)
        .col(ColumnDef::new(Mail::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Mail::Kind).text().not_null())
        .col(ColumnDef::new(Mail::DigestKey).text())
        .col(ColumnDef::new(Mail::Address).text().not_null())
        .col(ColumnDef::new(Mail::ToAddress).text().not_null())
        .col(ColumnDef::new(Mail::ToName).text())
        .col(ColumnDef::new(Mail::UnitId).uuid())
        .col(ColumnDef::new(Mail::LocalOn).date().not_null())
        .col(ColumnDef::new(Mail::ReplyTo).text())
        .col(ColumnDef::new(Mail::Subject).text().not_null())
        .col(ColumnDef::new(Mail::TextBody).text().not_null())
        .col(ColumnDef::new(Mail::HtmlBody).text().not_null())
        .col(ColumnDef::new(Mail::Asks).integer().not_null())
        .col(ColumnDef::new(Mail::Copies).integer().not_null())
        .col(ColumnDef::new(Mail::MessageId).text().not_null())
        .col(ColumnDef::new(Mail::State).text().not_null())
        .col(ColumnDef::new(Mail::Reason).text())
        .col(
            ColumnDef::new(Mail::NotBeforeAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Mail::RetryAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Mail::Attempts).integer().not_null())
        .col(ColumnDef::new(Mail::Resent).boolean().not_null())
        .col(ColumnDef::new(Mail::LeaseId).uuid())
        .col(ColumnDef::new(Mail::LeaseUntilAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Mail::Reply).text())
        .col(
            ColumnDef::new(Mail::QueuedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(
            ColumnDef::new(Mail::MadeAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Mail::SentAt).timestamp_with_time_zone())
        .foreign_key(
            ForeignKey::create()
                .name("fk_mail_unit_id")
                .from(Mail::Table, Mail::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn reminder() -> TableCreateStatement {
    Table::create()
        .table(Reminder::Table)
        .col(ColumnDef::new(Reminder::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Reminder::ObligationId).uuid().not_null())
        .col(ColumnDef::new(Reminder::DueRevision).integer().not_null())
        .col(ColumnDef::new(Reminder::Stage).text().not_null())
        .col(ColumnDef::new(Reminder::ContactId).uuid().not_null())
        .col(ColumnDef::new(Reminder::Role).text().not_null())
        .col(ColumnDef::new(Reminder::State).text().not_null())
        .col(ColumnDef::new(Reminder::Reason).text())
        .col(ColumnDef::new(Reminder::MailId).uuid())
        .col(ColumnDef::new(Reminder::DueOn).date().not_null())
        .col(ColumnDef::new(Reminder::MadeOn).date().not_null())
        .col(
            ColumnDef::new(Reminder::MadeAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_reminder_obligation_id")
                .from(Reminder::Table, Reminder::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_reminder_contact_id")
                .from(Reminder::Table, Reminder::ContactId)
                .to(Contact::Table, Contact::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_reminder_mail_id")
                .from(Reminder::Table, Reminder::MailId)
                .to(Mail::Table, Mail::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_mail_digest_key")
            .table(Mail::Table)
            .col(Mail::DigestKey)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_mail_message_id")
            .table(Mail::Table)
            .col(Mail::MessageId)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_mail_state_not_before_at")
            .table(Mail::Table)
            .col(Mail::State)
            .col(Mail::NotBeforeAt)
            .to_owned(),
        Index::create()
            .name("ix_mail_address_local_on")
            .table(Mail::Table)
            .col(Mail::Address)
            .col(Mail::LocalOn)
            .to_owned(),
        Index::create()
            .name("uq_reminder_obligation_id_due_revision_stage_contact_id_role")
            .table(Reminder::Table)
            .col(Reminder::ObligationId)
            .col(Reminder::DueRevision)
            .col(Reminder::Stage)
            .col(Reminder::ContactId)
            .col(Reminder::Role)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_reminder_mail_id")
            .table(Reminder::Table)
            .col(Reminder::MailId)
            .to_owned(),
        Index::create()
            .name("ix_reminder_contact_id_made_on")
            .table(Reminder::Table)
            .col(Reminder::ContactId)
            .col(Reminder::MadeOn)
            .to_owned(),
        Index::create()
            .name("ix_reminder_state")
            .table(Reminder::Table)
            .col(Reminder::State)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    Id,
    Kind,
    DigestKey,
    Address,
    ToAddress,
    ToName,
    UnitId,
    LocalOn,
    ReplyTo,
    Subject,
    TextBody,
    HtmlBody,
    Asks,
    Copies,
    MessageId,
    State,
    Reason,
    NotBeforeAt,
    RetryAt,
    Attempts,
    Resent,
    LeaseId,
    LeaseUntilAt,
    Reply,
    QueuedAt,
    MadeAt,
    SentAt,
}

#[derive(DeriveIden)]
enum Reminder {
    Table,
    Id,
    ObligationId,
    DueRevision,
    Stage,
    ContactId,
    Role,
    State,
    Reason,
    MailId,
    DueOn,
    MadeOn,
    MadeAt,
}

#[derive(DeriveIden)]
enum Contact {
    Table,
    Id,
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
