//! Holidays, terms and the small marks of an installation.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(holiday()).await?;
        manager.create_table(announced_year()).await?;
        manager.create_table(term()).await?;
        manager.create_table(mark()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Mark::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Term::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(AnnouncedYear::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Holiday::Table).to_owned())
            .await?;
        Ok(())
    }
}

fn holiday() -> TableCreateStatement {
    Table::create()
        .table(Holiday::Table)
        .col(
            ColumnDef::new(Holiday::OnDay)
                .date()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Holiday::Kind).text().not_null())
        .col(ColumnDef::new(Holiday::Name).text().not_null())
        .to_owned()
}

fn announced_year() -> TableCreateStatement {
    Table::create()
        .table(AnnouncedYear::Table)
        .col(
            ColumnDef::new(AnnouncedYear::Year)
                .integer()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(AnnouncedYear::Source).text().not_null())
        .to_owned()
}

fn term() -> TableCreateStatement {
    Table::create()
        .table(Term::Table)
        .col(ColumnDef::new(Term::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Term::SchoolYear).integer().not_null())
        .col(ColumnDef::new(Term::Number).integer().not_null())
        .col(ColumnDef::new(Term::Level).text().not_null())
        .col(ColumnDef::new(Term::StartsOn).date().not_null())
        .col(ColumnDef::new(Term::EndsOn).date().not_null())
        .col(ColumnDef::new(Term::Provisional).boolean().not_null())
        .to_owned()
}

fn mark() -> TableCreateStatement {
    Table::create()
        .table(Mark::Table)
        .col(ColumnDef::new(Mark::Name).text().not_null().primary_key())
        .col(ColumnDef::new(Mark::Value).text().not_null())
        .col(
            ColumnDef::new(Mark::MarkedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_term_school_year_number_level")
            .table(Term::Table)
            .col(Term::SchoolYear)
            .col(Term::Number)
            .col(Term::Level)
            .unique()
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Holiday {
    Table,
    OnDay,
    Kind,
    Name,
}

#[derive(DeriveIden)]
enum AnnouncedYear {
    Table,
    Year,
    Source,
}

#[derive(DeriveIden)]
enum Term {
    Table,
    Id,
    SchoolYear,
    Number,
    Level,
    StartsOn,
    EndsOn,
    Provisional,
}

#[derive(DeriveIden)]
enum Mark {
    Table,
    Name,
    Value,
    MarkedAt,
}
