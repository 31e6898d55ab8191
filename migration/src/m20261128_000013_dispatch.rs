//! Dispatches: which tasks collect from below, who closed a round, the summary frozen at its end, and what was decided.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut collects = ColumnDef::new(Task::Collects);
        let collects = collects.boolean().not_null().default(false);
        let task = Table::alter()
            .table(Task::Table)
            .add_column(collects)
            .to_owned();
        manager.alter_table(task).await?;
        let mut closed_by = ColumnDef::new(Round::ClosedBy);
        let round = Table::alter()
            .table(Round::Table)
            .add_column(closed_by.text())
            .to_owned();
        manager.alter_table(round).await?;
        manager.create_table(round_summary()).await?;
        manager.create_table(decision()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses summaries, decisions, and which tasks collect.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [Decision::Table.into_iden(), RoundSummary::Table.into_iden()] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        let round = Table::alter()
            .table(Round::Table)
            .drop_column(Round::ClosedBy)
            .to_owned();
        manager.alter_table(round).await?;
        let task = Table::alter()
            .table(Task::Table)
            .drop_column(Task::Collects)
            .to_owned();
        manager.alter_table(task).await
    }
}

fn text<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.text().not_null();
    def
}

fn reference<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null();
    def
}

fn day<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.date().not_null();
    def
}

fn instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone().not_null();
    def
}

fn round_summary() -> TableCreateStatement {
    Table::create()
        .table(RoundSummary::Table)
        .col(reference(RoundSummary::RoundId).primary_key())
        .col(text(RoundSummary::Content))
        .col(text(RoundSummary::Sha256))
        .col(day(RoundSummary::MadeOn))
        .col(instant(RoundSummary::MadeAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_round_summary_round_id")
                .from(RoundSummary::Table, RoundSummary::RoundId)
                .to(Round::Table, Round::Id),
        )
        .to_owned()
}

fn decision() -> TableCreateStatement {
    let to = |name: &str, column: Decision| {
        let mut key = ForeignKey::create();
        key.name(name).from(Decision::Table, column);
        key
    };
    Table::create()
        .table(Decision::Table)
        .col(reference(Decision::Id).primary_key())
        .col(reference(Decision::RoundId))
        .col(ColumnDef::new(Decision::Number).integer().not_null())
        .col(text(Decision::Text))
        .col(reference(Decision::UnitId))
        .col(day(Decision::DueOn))
        .col(ColumnDef::new(Decision::TaskId).uuid())
        .col(reference(Decision::ObligationId))
        .col(text(Decision::State))
        .col(text(Decision::MadeBy))
        .col(day(Decision::MadeOn))
        .col(instant(Decision::MadeAt))
        .col(ColumnDef::new(Decision::AskReason).text())
        .col(ColumnDef::new(Decision::DecidedBy).text())
        .col(ColumnDef::new(Decision::DecidedOn).date())
        .col(ColumnDef::new(Decision::DecidedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Decision::Note).text())
        .foreign_key(to("fk_decision_round_id", Decision::RoundId).to(Round::Table, Round::Id))
        .foreign_key(to("fk_decision_unit_id", Decision::UnitId).to(Unit::Table, Unit::Id))
        .foreign_key(to("fk_decision_task_id", Decision::TaskId).to(Task::Table, Task::Id))
        .foreign_key(
            to("fk_decision_obligation_id", Decision::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_decision_round_id_number")
            .table(Decision::Table)
            .col(Decision::RoundId)
            .col(Decision::Number)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_decision_obligation_id")
            .table(Decision::Table)
            .col(Decision::ObligationId)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_decision_unit_id")
            .table(Decision::Table)
            .col(Decision::UnitId)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum RoundSummary {
    Table,
    RoundId,
    Content,
    Sha256,
    MadeOn,
    MadeAt,
}

#[derive(DeriveIden)]
enum Decision {
    Table,
    Id,
    RoundId,
    Number,
    Text,
    UnitId,
    DueOn,
    TaskId,
    ObligationId,
    State,
    MadeBy,
    MadeOn,
    MadeAt,
    AskReason,
    DecidedBy,
    DecidedOn,
    DecidedAt,
    Note,
}

#[derive(DeriveIden)]
enum Round {
    Table,
    Id,
    ClosedBy,
}

#[derive(DeriveIden)]
enum Task {
    Table,
    Id,
    Collects,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
}
