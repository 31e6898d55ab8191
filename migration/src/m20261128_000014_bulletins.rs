//! Files that mails carry, and what is told an address once.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut once = ColumnDef::new(Mail::OnceKey);
        let once = Table::alter()
            .table(Mail::Table)
            .add_column(once.text())
            .to_owned();
        manager.alter_table(once).await?;
        manager.create_table(mail_file()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses which files mails carried.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(MailFile::Table).to_owned())
            .await?;
        manager
            .drop_index(
                Index::drop()
                    .name("uq_mail_once_key")
                    .table(Mail::Table)
                    .to_owned(),
            )
            .await?;
        let once = Table::alter()
            .table(Mail::Table)
            .drop_column(Mail::OnceKey)
            .to_owned();
        manager.alter_table(once).await
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

fn mail_file() -> TableCreateStatement {
    Table::create()
        .table(MailFile::Table)
        .col(id(MailFile::Id))
        .col(reference(MailFile::MailId))
        .col(ColumnDef::new(MailFile::Position).integer().not_null())
        .col(text(MailFile::Name))
        .col(text(MailFile::MediaType))
        .col(reference(MailFile::AttachmentId))
        .foreign_key(
            ForeignKey::create()
                .name("fk_mail_file_mail_id")
                .from(MailFile::Table, MailFile::MailId)
                .to(Mail::Table, Mail::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_mail_file_attachment_id")
                .from(MailFile::Table, MailFile::AttachmentId)
                .to(Attachment::Table, Attachment::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_mail_once_key")
            .table(Mail::Table)
            .col(Mail::OnceKey)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_mail_file_mail_id_position")
            .table(MailFile::Table)
            .col(MailFile::MailId)
            .col(MailFile::Position)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_mail_file_attachment_id")
            .table(MailFile::Table)
            .col(MailFile::AttachmentId)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum MailFile {
    Table,
    Id,
    MailId,
    Position,
    Name,
    MediaType,
    AttachmentId,
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    Id,
    OnceKey,
}

#[derive(DeriveIden)]
enum Attachment {
    Table,
    Id,
}
