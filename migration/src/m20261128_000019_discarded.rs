//! Bulletins that were discarded: by whom, when, why. They take no place among those of a round, a number or a correction.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut by = ColumnDef::new(Bulletin::DiscardedBy);
        let mut at = ColumnDef::new(Bulletin::DiscardedAt);
        let mut why = ColumnDef::new(Bulletin::DiscardReason);
        for column in [by.text(), at.timestamp_with_time_zone(), why.text()] {
            let add = Table::alter()
                .table(Bulletin::Table)
                .add_column(column)
                .to_owned();
            manager.alter_table(add).await?;
        }
        for (name, columns) in unique() {
            manager.drop_index(dropped(name)).await?;
            let mut index = index_of(name, columns);
            index.and_where(Expr::col(Bulletin::State).ne("discarded"));
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses the bulletins that were discarded.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let discarded = Query::delete()
            .from_table(Bulletin::Table)
            .and_where(Expr::col(Bulletin::State).eq("discarded"))
            .to_owned();
        manager.execute(discarded).await?;
        for (name, columns) in unique() {
            manager.drop_index(dropped(name)).await?;
            manager.create_index(index_of(name, columns)).await?;
        }
        for column in [
            Bulletin::DiscardedBy,
            Bulletin::DiscardedAt,
            Bulletin::DiscardReason,
        ] {
            let drop = Table::alter()
                .table(Bulletin::Table)
                .drop_column(column)
                .to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

/// What is unique among the bulletins that were not discarded.
fn unique() -> [(&'static str, Vec<Bulletin>); 3] {
    [
        (
            "uq_bulletin_plan_id_issue_year_issue_number_version",
            vec![
                Bulletin::PlanId,
                Bulletin::IssueYear,
                Bulletin::IssueNumber,
                Bulletin::Version,
            ],
        ),
        (
            "uq_bulletin_round_id_version",
            vec![Bulletin::RoundId, Bulletin::Version],
        ),
        ("uq_bulletin_corrects_id", vec![Bulletin::CorrectsId]),
    ]
}

fn dropped(name: &str) -> IndexDropStatement {
    Index::drop().name(name).table(Bulletin::Table).to_owned()
}

fn index_of(name: &str, columns: Vec<Bulletin>) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(Bulletin::Table).unique();
    for column in columns {
        index.col(column);
    }
    index
}

#[derive(DeriveIden)]
enum Bulletin {
    Table,
    PlanId,
    RoundId,
    Version,
    CorrectsId,
    State,
    IssueYear,
    IssueNumber,
    DiscardedBy,
    DiscardedAt,
    DiscardReason,
}
