//! Links to the big screen.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(wall_link()).await?;
        let index = Index::create()
            .name("uq_wall_link_hash")
            .table(WallLink::Table)
            .col(WallLink::Hash)
            .unique()
            .to_owned();
        manager.create_index(index).await
    }

    /// Loses the links, which have to be made anew.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(WallLink::Table).to_owned())
            .await
    }
}

fn text<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.text().not_null();
    def
}

fn wall_link() -> TableCreateStatement {
    Table::create()
        .table(WallLink::Table)
        .col(ColumnDef::new(WallLink::Id).uuid().not_null().primary_key())
        .col(text(WallLink::Name))
        .col(text(WallLink::Hash))
        .col(text(WallLink::MadeBy))
        .col(
            ColumnDef::new(WallLink::MadeAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(WallLink::ExpiresAt).timestamp_with_time_zone())
        .col(ColumnDef::new(WallLink::RevokedAt).timestamp_with_time_zone())
        .to_owned()
}

#[derive(DeriveIden)]
enum WallLink {
    Table,
    Id,
    Name,
    Hash,
    MadeBy,
    MadeAt,
    ExpiresAt,
    RevokedAt,
}
