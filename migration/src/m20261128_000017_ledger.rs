//! Notes beside assignments, as the ledger has them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(assignment_note()).await
    }

    /// Loses the notes.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(AssignmentNote::Table).to_owned())
            .await
    }
}

fn assignment_note() -> TableCreateStatement {
    Table::create()
        .table(AssignmentNote::Table)
        .col(
            ColumnDef::new(AssignmentNote::AssignmentId)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(AssignmentNote::Text).text().not_null())
        .col(ColumnDef::new(AssignmentNote::NotedBy).text().not_null())
        .col(
            ColumnDef::new(AssignmentNote::NotedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_assignment_note_assignment_id")
                .from(AssignmentNote::Table, AssignmentNote::AssignmentId)
                .to(Assignment::Table, Assignment::Id),
        )
        .to_owned()
}

#[derive(DeriveIden)]
enum AssignmentNote {
    Table,
    AssignmentId,
    Text,
    NotedBy,
    NotedAt,
}

#[derive(DeriveIden)]
enum Assignment {
    Table,
    Id,
}
