//! Cycles, rounds, assignments and obligations.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(cycle()).await?;
        manager.create_table(round()).await?;
        manager.create_table(assignment()).await?;
        manager.create_table(obligation()).await?;
        manager.create_table(obligation_item()).await?;
        manager.create_table(report()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Report::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(ObligationItem::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Obligation::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Assignment::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Round::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Cycle::Table).to_owned())
            .await?;
        Ok(())
    }
}

fn cycle() -> TableCreateStatement {
    Table::create()
        .table(Cycle::Table)
        .col(ColumnDef::new(Cycle::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Cycle::PlanId).uuid().not_null())
        .col(ColumnDef::new(Cycle::Kind).text().not_null())
        .col(ColumnDef::new(Cycle::Frequency).text().not_null())
        .col(ColumnDef::new(Cycle::Rule).json().not_null())
        .col(ColumnDef::new(Cycle::Reminders).json().not_null())
        .col(ColumnDef::new(Cycle::Text).text())
        .col(ColumnDef::new(Cycle::Enabled).boolean().not_null())
        .col(ColumnDef::new(Cycle::NextSeed).text())
        .col(ColumnDef::new(Cycle::NextCommitment).text())
        .col(ColumnDef::new(Cycle::SwitchedOnOn).date())
        .foreign_key(
            ForeignKey::create()
                .name("fk_cycle_plan_id")
                .from(Cycle::Table, Cycle::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .to_owned()
}

fn round() -> TableCreateStatement {
    Table::create()
        .table(Round::Table)
        .col(ColumnDef::new(Round::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Round::CycleId).uuid().not_null())
        .col(ColumnDef::new(Round::PeriodKey).text().not_null())
        .col(ColumnDef::new(Round::State).text().not_null())
        .col(ColumnDef::new(Round::PlannedOn).date().not_null())
        .col(ColumnDef::new(Round::OpenedOn).date().not_null())
        .col(ColumnDef::new(Round::DueOn).date())
        .col(ColumnDef::new(Round::Late).boolean().not_null())
        .col(ColumnDef::new(Round::ByHand).text())
        .col(ColumnDef::new(Round::Provisional).boolean().not_null())
        .col(ColumnDef::new(Round::Seed).text())
        .col(ColumnDef::new(Round::Commitment).text())
        .col(ColumnDef::new(Round::Draw).json())
        .col(ColumnDef::new(Round::Listed).json().not_null())
        .col(
            ColumnDef::new(Round::OpenedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Round::ClosedAt).timestamp_with_time_zone())
        .foreign_key(
            ForeignKey::create()
                .name("fk_round_cycle_id")
                .from(Round::Table, Round::CycleId)
                .to(Cycle::Table, Cycle::Id),
        )
        .to_owned()
}

fn assignment() -> TableCreateStatement {
    Table::create()
        .table(Assignment::Table)
        .col(
            ColumnDef::new(Assignment::Id)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Assignment::TaskId).uuid().not_null())
        .col(ColumnDef::new(Assignment::UnitId).uuid().not_null())
        .col(ColumnDef::new(Assignment::Role).text().not_null())
        .col(ColumnDef::new(Assignment::Position).integer().not_null())
        .col(
            ColumnDef::new(Assignment::IssuedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_assignment_task_id")
                .from(Assignment::Table, Assignment::TaskId)
                .to(Task::Table, Task::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_assignment_unit_id")
                .from(Assignment::Table, Assignment::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn obligation() -> TableCreateStatement {
    Table::create()
        .table(Obligation::Table)
        .col(
            ColumnDef::new(Obligation::Id)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Obligation::Source).text().not_null())
        .col(ColumnDef::new(Obligation::UnitId).uuid().not_null())
        .col(ColumnDef::new(Obligation::Kind).text().not_null())
        .col(ColumnDef::new(Obligation::PlanId).uuid().not_null())
        .col(ColumnDef::new(Obligation::RoundId).uuid())
        .col(ColumnDef::new(Obligation::DeadlineId).uuid())
        .col(ColumnDef::new(Obligation::What).text())
        .col(ColumnDef::new(Obligation::OpenedOn).date().not_null())
        .col(ColumnDef::new(Obligation::DueOn).date().not_null())
        .col(ColumnDef::new(Obligation::FirstDueOn).date().not_null())
        .col(ColumnDef::new(Obligation::DueRevision).integer().not_null())
        .col(ColumnDef::new(Obligation::Provisional).boolean().not_null())
        .col(ColumnDef::new(Obligation::State).text().not_null())
        .col(
            ColumnDef::new(Obligation::OpenedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Obligation::SettledAt).timestamp_with_time_zone())
        .foreign_key(
            ForeignKey::create()
                .name("fk_obligation_unit_id")
                .from(Obligation::Table, Obligation::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_obligation_plan_id")
                .from(Obligation::Table, Obligation::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_obligation_round_id")
                .from(Obligation::Table, Obligation::RoundId)
                .to(Round::Table, Round::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_obligation_deadline_id")
                .from(Obligation::Table, Obligation::DeadlineId)
                .to(SendingDeadline::Table, SendingDeadline::Id),
        )
        .to_owned()
}

fn obligation_item() -> TableCreateStatement {
    Table::create()
        .table(ObligationItem::Table)
        .col(
            ColumnDef::new(ObligationItem::Id)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(
            ColumnDef::new(ObligationItem::ObligationId)
                .uuid()
                .not_null(),
        )
        .col(ColumnDef::new(ObligationItem::AssignmentId).uuid())
        .col(ColumnDef::new(ObligationItem::IndicatorId).uuid())
        .col(
            ColumnDef::new(ObligationItem::Position)
                .integer()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_obligation_item_obligation_id")
                .from(ObligationItem::Table, ObligationItem::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_obligation_item_assignment_id")
                .from(ObligationItem::Table, ObligationItem::AssignmentId)
                .to(Assignment::Table, Assignment::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_obligation_item_indicator_id")
                .from(ObligationItem::Table, ObligationItem::IndicatorId)
                .to(Indicator::Table, Indicator::Id),
        )
        .to_owned()
}

fn report() -> TableCreateStatement {
    Table::create()
        .table(Report::Table)
        .col(ColumnDef::new(Report::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Report::ObligationId).uuid().not_null())
        .col(ColumnDef::new(Report::Version).integer().not_null())
        .col(ColumnDef::new(Report::ReportedBy).text().not_null())
        .col(ColumnDef::new(Report::Note).text())
        .col(ColumnDef::new(Report::Items).json().not_null())
        .col(
            ColumnDef::new(Report::ReportedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_report_obligation_id")
                .from(Report::Table, Report::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_cycle_plan_id_kind")
            .table(Cycle::Table)
            .col(Cycle::PlanId)
            .col(Cycle::Kind)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_cycle_kind_enabled")
            .table(Cycle::Table)
            .col(Cycle::Kind)
            .col(Cycle::Enabled)
            .to_owned(),
        Index::create()
            .name("uq_round_cycle_id_period_key")
            .table(Round::Table)
            .col(Round::CycleId)
            .col(Round::PeriodKey)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_round_state")
            .table(Round::Table)
            .col(Round::State)
            .to_owned(),
        Index::create()
            .name("uq_assignment_task_id_unit_id")
            .table(Assignment::Table)
            .col(Assignment::TaskId)
            .col(Assignment::UnitId)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_assignment_unit_id")
            .table(Assignment::Table)
            .col(Assignment::UnitId)
            .to_owned(),
        Index::create()
            .name("uq_obligation_source_unit_id")
            .table(Obligation::Table)
            .col(Obligation::Source)
            .col(Obligation::UnitId)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_obligation_state")
            .table(Obligation::Table)
            .col(Obligation::State)
            .to_owned(),
        Index::create()
            .name("ix_obligation_unit_id_state")
            .table(Obligation::Table)
            .col(Obligation::UnitId)
            .col(Obligation::State)
            .to_owned(),
        Index::create()
            .name("ix_obligation_round_id")
            .table(Obligation::Table)
            .col(Obligation::RoundId)
            .to_owned(),
        Index::create()
            .name("ix_obligation_plan_id")
            .table(Obligation::Table)
            .col(Obligation::PlanId)
            .to_owned(),
        Index::create()
            .name("uq_obligation_item_obligation_id_position")
            .table(ObligationItem::Table)
            .col(ObligationItem::ObligationId)
            .col(ObligationItem::Position)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_obligation_item_assignment_id")
            .table(ObligationItem::Table)
            .col(ObligationItem::AssignmentId)
            .to_owned(),
        Index::create()
            .name("uq_report_obligation_id_version")
            .table(Report::Table)
            .col(Report::ObligationId)
            .col(Report::Version)
            .unique()
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Cycle {
    Table,
    Id,
    PlanId,
    Kind,
    Frequency,
    Rule,
    Reminders,
    Text,
    Enabled,
    NextSeed,
    NextCommitment,
    SwitchedOnOn,
}

#[derive(DeriveIden)]
enum Round {
    Table,
    Id,
    CycleId,
    PeriodKey,
    State,
    PlannedOn,
    OpenedOn,
    DueOn,
    Late,
    ByHand,
    Provisional,
    Seed,
    Commitment,
    Draw,
    Listed,
    OpenedAt,
    ClosedAt,
}

#[derive(DeriveIden)]
enum Assignment {
    Table,
    Id,
    TaskId,
    UnitId,
    Role,
    Position,
    IssuedAt,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
    Source,
    UnitId,
    Kind,
    PlanId,
    RoundId,
    DeadlineId,
    What,
    OpenedOn,
    DueOn,
    FirstDueOn,
    DueRevision,
    Provisional,
    State,
    OpenedAt,
    SettledAt,
}

#[derive(DeriveIden)]
enum ObligationItem {
    Table,
    Id,
    ObligationId,
    AssignmentId,
    IndicatorId,
    Position,
}

#[derive(DeriveIden)]
enum Report {
    Table,
    Id,
    ObligationId,
    Version,
    ReportedBy,
    Note,
    Items,
    ReportedAt,
}

#[derive(DeriveIden)]
enum Indicator {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Plan {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum SendingDeadline {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Task {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
