//! What due days and obligations were before they became others, so that the lights of a past day can be told. Of what
//! changed before this step nothing is known; it is told as it is now.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [former_day(), former_ask()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The new one begins with the same column.
        drop_index(manager, "ix_assignment_event_assignment_id").await
    }

    /// Loses what due days and obligations were.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let old = Index::create()
            .name("ix_assignment_event_assignment_id")
            .table(AssignmentEvent::Table)
            .col(AssignmentEvent::AssignmentId)
            .to_owned();
        manager.create_index(old).await?;
        drop_index(manager, "ix_assignment_event_assignment_id_state_before").await?;
        let of_leads = Index::drop()
            .name("ix_assignment_task_id_role")
            .table(Assignment::Table)
            .to_owned();
        manager.drop_index(of_leads).await?;
        for table in [FormerAsk::Table.into_iden(), FormerDay::Table.into_iden()] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

async fn drop_index(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
    let index = Index::drop()
        .name(name)
        .table(AssignmentEvent::Table)
        .to_owned();
    manager.drop_index(index).await
}

fn id<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null().primary_key();
    def
}

fn reference<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null();
    def
}

fn instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone().not_null();
    def
}

fn former_day() -> TableCreateStatement {
    Table::create()
        .table(FormerDay::Table)
        .col(id(FormerDay::Id))
        .col(reference(FormerDay::AssignmentId))
        .col(ColumnDef::new(FormerDay::DueOn).date())
        .col(instant(FormerDay::ChangedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_former_day_assignment_id")
                .from(FormerDay::Table, FormerDay::AssignmentId)
                .to(Assignment::Table, Assignment::Id),
        )
        .to_owned()
}

fn former_ask() -> TableCreateStatement {
    Table::create()
        .table(FormerAsk::Table)
        .col(id(FormerAsk::Id))
        .col(reference(FormerAsk::ObligationId))
        .col(ColumnDef::new(FormerAsk::DueOn).date().not_null())
        .col(ColumnDef::new(FormerAsk::State).text().not_null())
        .col(ColumnDef::new(FormerAsk::SettledAt).timestamp_with_time_zone())
        .col(instant(FormerAsk::ChangedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_former_ask_obligation_id")
                .from(FormerAsk::Table, FormerAsk::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("ix_former_day_assignment_id")
            .table(FormerDay::Table)
            .col(FormerDay::AssignmentId)
            .to_owned(),
        Index::create()
            .name("ix_former_ask_obligation_id")
            .table(FormerAsk::Table)
            .col(FormerAsk::ObligationId)
            .to_owned(),
        Index::create()
            .name("ix_assignment_event_assignment_id_state_before")
            .table(AssignmentEvent::Table)
            .col(AssignmentEvent::AssignmentId)
            .col(AssignmentEvent::StateBefore)
            .to_owned(),
        // The lead units of tasks with thousands of responsible ones.
        Index::create()
            .name("ix_assignment_task_id_role")
            .table(Assignment::Table)
            .col(Assignment::TaskId)
            .col(Assignment::Role)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum FormerDay {
    Table,
    Id,
    AssignmentId,
    DueOn,
    ChangedAt,
}

#[derive(DeriveIden)]
enum FormerAsk {
    Table,
    Id,
    ObligationId,
    DueOn,
    State,
    SettledAt,
    ChangedAt,
}

#[derive(DeriveIden)]
enum AssignmentEvent {
    Table,
    AssignmentId,
    StateBefore,
}

#[derive(DeriveIden)]
enum Assignment {
    Table,
    TaskId,
    Role,
    Id,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
}
