//! The order in which mails that are due leave, as an index: so that taking the first of them sorts none of the others.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The retry instant stands in it so that mails that wait for theirs are passed over without being read.
        let mut due = Index::create();
        due.name("ix_mail_state_not_before_at_id_retry_at")
            .table(Mail::Table)
            .col(Mail::State)
            .col(Mail::NotBeforeAt)
            .col(Mail::Id)
            .col(Mail::RetryAt);
        manager.create_index(due).await?;
        manager
            .drop_index(
                Index::drop()
                    .name("ix_mail_state_not_before_at")
                    .table(Mail::Table)
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut due = Index::create();
        due.name("ix_mail_state_not_before_at")
            .table(Mail::Table)
            .col(Mail::State)
            .col(Mail::NotBeforeAt);
        manager.create_index(due).await?;
        manager
            .drop_index(
                Index::drop()
                    .name("ix_mail_state_not_before_at_id_retry_at")
                    .table(Mail::Table)
                    .to_owned(),
            )
            .await
    }
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    Id,
    State,
    NotBeforeAt,
    RetryAt,
}
