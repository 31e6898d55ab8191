//! Units, contacts and plans with what was read from them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(unit()).await?;
        manager.create_table(contact()).await?;
        manager.create_table(plan()).await?;
        manager.create_table(phase()).await?;
        manager.create_table(task()).await?;
        manager.create_table(task_party()).await?;
        manager.create_table(indicator()).await?;
        manager.create_table(sending_deadline()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(SendingDeadline::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Indicator::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(TaskParty::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Task::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Phase::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Plan::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Contact::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Unit::Table).to_owned())
            .await?;
        Ok(())
    }
}

fn unit() -> TableCreateStatement {
    Table::create()
        .table(Unit::Table)
        .col(ColumnDef::new(Unit::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Unit::Code).text().not_null())
        .col(ColumnDef::new(Unit::Name).text().not_null())
        .col(ColumnDef::new(Unit::Kind).text().not_null())
        .col(ColumnDef::new(Unit::ParentId).uuid())
        .col(ColumnDef::new(Unit::Aliases).json().not_null())
        .col(ColumnDef::new(Unit::Levels).json().not_null())
        .col(ColumnDef::new(Unit::Groups).json().not_null())
        .col(ColumnDef::new(Unit::Liaison).text())
        .col(ColumnDef::new(Unit::Position).integer().not_null())
        .foreign_key(
            ForeignKey::create()
                .name("fk_unit_parent_id")
                .from(Unit::Table, Unit::ParentId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn contact() -> TableCreateStatement {
    Table::create()
        .table(Contact::Table)
        .col(ColumnDef::new(Contact::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Contact::UnitId).uuid().not_null())
        .col(ColumnDef::new(Contact::Name).text())
        .col(ColumnDef::new(Contact::Email).text())
        .col(ColumnDef::new(Contact::Address).text())
        .col(
            ColumnDef::new(Contact::SinceAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Contact::EndedAt).timestamp_with_time_zone())
        .foreign_key(
            ForeignKey::create()
                .name("fk_contact_unit_id")
                .from(Contact::Table, Contact::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn plan() -> TableCreateStatement {
    Table::create()
        .table(Plan::Table)
        .col(ColumnDef::new(Plan::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Plan::Identity).text().not_null())
        .col(ColumnDef::new(Plan::ContentHash).text().not_null())
        .col(ColumnDef::new(Plan::Title).text().not_null())
        .col(ColumnDef::new(Plan::IssuedBy).text())
        .col(ColumnDef::new(Plan::DocumentNumber).text())
        .col(ColumnDef::new(Plan::FirstYear).integer())
        .col(ColumnDef::new(Plan::SourceName).text().not_null())
        .col(ColumnDef::new(Plan::Problems).json().not_null())
        .col(ColumnDef::new(Plan::FirstPhaseStartsOn).date())
        .col(ColumnDef::new(Plan::LastPhaseEndsOn).date())
        .col(ColumnDef::new(Plan::IssueCount).integer().not_null())
        .col(
            ColumnDef::new(Plan::ImportedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Plan::IssuedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Plan::IssuedOn).date())
        .col(ColumnDef::new(Plan::ClosedOn).date())
        .to_owned()
}

fn phase() -> TableCreateStatement {
    Table::create()
        .table(Phase::Table)
        .col(ColumnDef::new(Phase::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Phase::PlanId).uuid().not_null())
        .col(ColumnDef::new(Phase::Position).integer().not_null())
        .col(ColumnDef::new(Phase::Name).text().not_null())
        .col(ColumnDef::new(Phase::StartsOn).date())
        .col(ColumnDef::new(Phase::EndsOn).date())
        .foreign_key(
            ForeignKey::create()
                .name("fk_phase_plan_id")
                .from(Phase::Table, Phase::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .to_owned()
}

fn task() -> TableCreateStatement {
    Table::create()
        .table(Task::Table)
        .col(ColumnDef::new(Task::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Task::PlanId).uuid().not_null())
        .col(ColumnDef::new(Task::Position).integer().not_null())
        .col(ColumnDef::new(Task::Number).text().not_null())
        .col(ColumnDef::new(Task::Section).json().not_null())
        .col(ColumnDef::new(Task::Title).text().not_null())
        .col(ColumnDef::new(Task::Text).text().not_null())
        .col(ColumnDef::new(Task::DueOn).date())
        .col(ColumnDef::new(Task::Continuous).boolean().not_null())
        .col(ColumnDef::new(Task::State).text().not_null())
        .col(ColumnDef::new(Task::HeldReason).text())
        .col(ColumnDef::new(Task::IssuedAt).timestamp_with_time_zone())
        .foreign_key(
            ForeignKey::create()
                .name("fk_task_plan_id")
                .from(Task::Table, Task::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .to_owned()
}

fn task_party() -> TableCreateStatement {
    Table::create()
        .table(TaskParty::Table)
        .col(
            ColumnDef::new(TaskParty::Id)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(TaskParty::TaskId).uuid().not_null())
        .col(ColumnDef::new(TaskParty::Role).text().not_null())
        .col(ColumnDef::new(TaskParty::Position).integer().not_null())
        .col(ColumnDef::new(TaskParty::Name).text().not_null())
        .foreign_key(
            ForeignKey::create()
                .name("fk_task_party_task_id")
                .from(TaskParty::Table, TaskParty::TaskId)
                .to(Task::Table, Task::Id),
        )
        .to_owned()
}

fn indicator() -> TableCreateStatement {
    Table::create()
        .table(Indicator::Table)
        .col(
            ColumnDef::new(Indicator::Id)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(Indicator::PlanId).uuid().not_null())
        .col(ColumnDef::new(Indicator::TaskId).uuid())
        .col(ColumnDef::new(Indicator::Position).integer().not_null())
        .col(ColumnDef::new(Indicator::Text).text().not_null())
        .col(ColumnDef::new(Indicator::Comparator).text().not_null())
        .col(ColumnDef::new(Indicator::Value).double().not_null())
        .col(ColumnDef::new(Indicator::MeasuredIn).text())
        .col(ColumnDef::new(Indicator::Frequency).text())
        .foreign_key(
            ForeignKey::create()
                .name("fk_indicator_plan_id")
                .from(Indicator::Table, Indicator::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_indicator_task_id")
                .from(Indicator::Table, Indicator::TaskId)
                .to(Task::Table, Task::Id),
        )
        .to_owned()
}

fn sending_deadline() -> TableCreateStatement {
    Table::create()
        .table(SendingDeadline::Table)
        .col(
            ColumnDef::new(SendingDeadline::Id)
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new(SendingDeadline::PlanId).uuid().not_null())
        .col(
            ColumnDef::new(SendingDeadline::Position)
                .integer()
                .not_null(),
        )
        .col(ColumnDef::new(SendingDeadline::Text).text().not_null())
        .col(ColumnDef::new(SendingDeadline::What).text().not_null())
        .col(ColumnDef::new(SendingDeadline::FromUnits).json().not_null())
        .col(ColumnDef::new(SendingDeadline::ToUnit).text())
        .col(ColumnDef::new(SendingDeadline::DueOn).date())
        .foreign_key(
            ForeignKey::create()
                .name("fk_sending_deadline_plan_id")
                .from(SendingDeadline::Table, SendingDeadline::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_unit_code")
            .table(Unit::Table)
            .col(Unit::Code)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_unit_parent_id")
            .table(Unit::Table)
            .col(Unit::ParentId)
            .to_owned(),
        Index::create()
            .name("ix_contact_unit_id_ended_at")
            .table(Contact::Table)
            .col(Contact::UnitId)
            .col(Contact::EndedAt)
            .to_owned(),
        Index::create()
            .name("ix_contact_address")
            .table(Contact::Table)
            .col(Contact::Address)
            .to_owned(),
        Index::create()
            .name("uq_plan_identity")
            .table(Plan::Table)
            .col(Plan::Identity)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_phase_plan_id_position")
            .table(Phase::Table)
            .col(Phase::PlanId)
            .col(Phase::Position)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_task_plan_id_position")
            .table(Task::Table)
            .col(Task::PlanId)
            .col(Task::Position)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_task_plan_id_state")
            .table(Task::Table)
            .col(Task::PlanId)
            .col(Task::State)
            .to_owned(),
        Index::create()
            .name("uq_task_party_task_id_role_position")
            .table(TaskParty::Table)
            .col(TaskParty::TaskId)
            .col(TaskParty::Role)
            .col(TaskParty::Position)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_indicator_plan_id_position")
            .table(Indicator::Table)
            .col(Indicator::PlanId)
            .col(Indicator::Position)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_indicator_task_id")
            .table(Indicator::Table)
            .col(Indicator::TaskId)
            .to_owned(),
        Index::create()
            .name("uq_sending_deadline_plan_id_position")
            .table(SendingDeadline::Table)
            .col(SendingDeadline::PlanId)
            .col(SendingDeadline::Position)
            .unique()
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
    Code,
    Name,
    Kind,
    ParentId,
    Aliases,
    Levels,
    Groups,
    Liaison,
    Position,
}

#[derive(DeriveIden)]
enum Contact {
    Table,
    Id,
    UnitId,
    Name,
    Email,
    Address,
    SinceAt,
    EndedAt,
}

#[derive(DeriveIden)]
enum Plan {
    Table,
    Id,
    Identity,
    ContentHash,
    Title,
    IssuedBy,
    DocumentNumber,
    FirstYear,
    SourceName,
    Problems,
    FirstPhaseStartsOn,
    LastPhaseEndsOn,
    IssueCount,
    ImportedAt,
    IssuedAt,
    IssuedOn,
    ClosedOn,
}

#[derive(DeriveIden)]
enum Phase {
    Table,
    Id,
    PlanId,
    Position,
    Name,
    StartsOn,
    EndsOn,
}

#[derive(DeriveIden)]
enum Task {
    Table,
    Id,
    PlanId,
    Position,
    Number,
    Section,
    Title,
    Text,
    DueOn,
    Continuous,
    State,
    HeldReason,
    IssuedAt,
}

#[derive(DeriveIden)]
enum TaskParty {
    Table,
    Id,
    TaskId,
    Role,
    Position,
    Name,
}

#[derive(DeriveIden)]
enum Indicator {
    Table,
    Id,
    PlanId,
    TaskId,
    Position,
    Text,
    Comparator,
    Value,
    MeasuredIn,
    Frequency,
}

#[derive(DeriveIden)]
enum SendingDeadline {
    Table,
    Id,
    PlanId,
    Position,
    Text,
    What,
    FromUnits,
    ToUnit,
    DueOn,
}
