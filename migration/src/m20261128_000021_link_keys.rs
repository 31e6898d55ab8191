//! Keys that the links in mails are signed with. One is in use at a time; those retired are kept without being good for
//! anything, so that a number is never given twice.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(LinkKey::Table)
            .col(
                ColumnDef::new(LinkKey::Number)
                    .integer()
                    .not_null()
                    .primary_key(),
            )
            .col(ColumnDef::new(LinkKey::Secret).binary().not_null())
            .col(instant(LinkKey::MadeAt).not_null())
            .col(instant(LinkKey::RetiredAt))
            .to_owned();
        manager.create_table(table).await
    }

    /// Loses the keys: no link in a mail works any more.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::drop().table(LinkKey::Table).to_owned();
        manager.drop_table(table).await
    }
}

fn instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone();
    def
}

#[derive(DeriveIden)]
enum LinkKey {
    Table,
    Number,
    Secret,
    MadeAt,
    RetiredAt,
}
