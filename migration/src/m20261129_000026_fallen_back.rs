//! The percentage to which a decision sets an assignment back.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut percent = ColumnDef::new(AssignmentEvent::Percent);
        percent.integer();
        manager
            .alter_table(
                Table::alter()
                    .table(AssignmentEvent::Table)
                    .add_column(percent)
                    .to_owned(),
            )
            .await
    }

    /// Loses to what assignments were set back: their past days are told by what was reported alone.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table(AssignmentEvent::Table)
                    .drop_column(AssignmentEvent::Percent)
                    .to_owned(),
            )
            .await
    }
}

#[derive(DeriveIden)]
enum AssignmentEvent {
    Table,
    Percent,
}
