//! What was changed of issued tasks and of plans, lead units' close-out reports, and which task a task was split from.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in added_columns() {
            manager.alter_table(column).await?;
        }
        for table in [amendment(), completion()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses the history of amendments and close-out reports.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [Completion::Table.into_iden(), Amendment::Table.into_iden()] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        manager
            .drop_index(
                Index::drop()
                    .name("ix_task_split_from")
                    .table(Task::Table)
                    .to_owned(),
            )
            .await?;
        for column in [Task::FirstDueOn, Task::SplitFrom] {
            manager
                .alter_table(
                    Table::alter()
                        .table(Task::Table)
                        .drop_column(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}

fn id<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null().primary_key();
    def
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

fn amendment() -> TableCreateStatement {
    Table::create()
        .table(Amendment::Table)
        .col(id(Amendment::Id))
        .col(reference(Amendment::PlanId))
        .col(ColumnDef::new(Amendment::TaskId).uuid())
        .col(ColumnDef::new(Amendment::RevisionId).uuid())
        .col(text(Amendment::Kind))
        .col(ColumnDef::new(Amendment::Before).json().not_null())
        .col(ColumnDef::new(Amendment::After).json().not_null())
        .col(text(Amendment::Reason))
        .col(text(Amendment::AmendedBy))
        .col(ColumnDef::new(Amendment::AmendedOn).date().not_null())
        .col(
            ColumnDef::new(Amendment::AmendedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_amendment_plan_id")
                .from(Amendment::Table, Amendment::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_amendment_task_id")
                .from(Amendment::Table, Amendment::TaskId)
                .to(Task::Table, Task::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_amendment_revision_id")
                .from(Amendment::Table, Amendment::RevisionId)
                .to(Amendment::Table, Amendment::Id),
        )
        .to_owned()
}

fn completion() -> TableCreateStatement {
    Table::create()
        .table(Completion::Table)
        .col(id(Completion::Id))
        .col(reference(Completion::TaskId))
        .col(reference(Completion::UnitId))
        .col(ColumnDef::new(Completion::Number).integer().not_null())
        .col(text(Completion::State))
        .col(text(Completion::Summary))
        .col(ColumnDef::new(Completion::Gaps).json().not_null())
        .col(text(Completion::ReportedBy))
        .col(ColumnDef::new(Completion::ReportedOn).date().not_null())
        .col(
            ColumnDef::new(Completion::ReportedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(Completion::DecidedBy).text())
        .col(ColumnDef::new(Completion::DecidedOn).date())
        .col(ColumnDef::new(Completion::DecidedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Completion::DecisionNote).text())
        .foreign_key(
            ForeignKey::create()
                .name("fk_completion_task_id")
                .from(Completion::Table, Completion::TaskId)
                .to(Task::Table, Task::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_completion_unit_id")
                .from(Completion::Table, Completion::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

/// Columns of a table that exists; SQLite takes one a statement.
fn added_columns() -> [TableAlterStatement; 2] {
    let add = |column: &mut ColumnDef| {
        Table::alter()
            .table(Task::Table)
            .add_column(column.take())
            .to_owned()
    };
    [
        add(ColumnDef::new(Task::SplitFrom).uuid()),
        add(ColumnDef::new(Task::FirstDueOn).date()),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("ix_amendment_plan_id")
            .table(Amendment::Table)
            .col(Amendment::PlanId)
            .to_owned(),
        Index::create()
            .name("ix_amendment_task_id")
            .table(Amendment::Table)
            .col(Amendment::TaskId)
            .to_owned(),
        Index::create()
            .name("uq_completion_task_id_number")
            .table(Completion::Table)
            .col(Completion::TaskId)
            .col(Completion::Number)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_task_split_from")
            .table(Task::Table)
            .col(Task::SplitFrom)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Amendment {
    Table,
    Id,
    PlanId,
    TaskId,
    RevisionId,
    Kind,
    Before,
    After,
    Reason,
    AmendedBy,
    AmendedOn,
    AmendedAt,
}

#[derive(DeriveIden)]
enum Completion {
    Table,
    Id,
    TaskId,
    UnitId,
    Number,
    State,
    Summary,
    Gaps,
    ReportedBy,
    ReportedOn,
    ReportedAt,
    DecidedBy,
    DecidedOn,
    DecidedAt,
    DecisionNote,
}

#[derive(DeriveIden)]
enum Plan {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Task {
    Table,
    Id,
    SplitFrom,
    FirstDueOn,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
