//! Where each assignment stands, what was decided about it, and requests for more time.

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
        for table in [assignment_event(), extension(), extension_view()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        for state in states_of_old_rows() {
            manager.execute(state).await?;
        }
        Ok(())
    }

    /// Loses what was decided, and requests for more time.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            ExtensionView::Table.into_iden(),
            Extension::Table.into_iden(),
            AssignmentEvent::Table.into_iden(),
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        for column in dropped_columns() {
            manager.alter_table(column).await?;
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

fn instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone().not_null();
    def
}

fn assignment_event() -> TableCreateStatement {
    Table::create()
        .table(AssignmentEvent::Table)
        .col(id(AssignmentEvent::Id))
        .col(reference(AssignmentEvent::AssignmentId))
        .col(text(AssignmentEvent::Event))
        .col(text(AssignmentEvent::StateBefore))
        .col(text(AssignmentEvent::StateAfter))
        .col(ColumnDef::new(AssignmentEvent::Reason).text())
        .col(ColumnDef::new(AssignmentEvent::DueOn).date())
        .col(ColumnDef::new(AssignmentEvent::ObligationId).uuid())
        .col(text(AssignmentEvent::DecidedBy))
        .col(ColumnDef::new(AssignmentEvent::DecidedOn).date().not_null())
        .col(instant(AssignmentEvent::DecidedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_assignment_event_assignment_id")
                .from(AssignmentEvent::Table, AssignmentEvent::AssignmentId)
                .to(Assignment::Table, Assignment::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_assignment_event_obligation_id")
                .from(AssignmentEvent::Table, AssignmentEvent::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn extension() -> TableCreateStatement {
    Table::create()
        .table(Extension::Table)
        .col(id(Extension::Id))
        .col(reference(Extension::ObligationId))
        .col(ColumnDef::new(Extension::Number).integer().not_null())
        .col(text(Extension::State))
        .col(text(Extension::Reason))
        .col(text(Extension::Progress))
        .col(ColumnDef::new(Extension::ExpectedOn).date().not_null())
        .col(ColumnDef::new(Extension::DueOnBefore).date().not_null())
        .col(text(Extension::RequestedBy))
        .col(instant(Extension::RequestedAt))
        .col(ColumnDef::new(Extension::GrantedOn).date())
        .col(ColumnDef::new(Extension::DecidedBy).text())
        .col(ColumnDef::new(Extension::DecidedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Extension::DecisionNote).text())
        .foreign_key(
            ForeignKey::create()
                .name("fk_extension_obligation_id")
                .from(Extension::Table, Extension::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn extension_view() -> TableCreateStatement {
    Table::create()
        .table(ExtensionView::Table)
        .col(id(ExtensionView::Id))
        .col(reference(ExtensionView::ExtensionId))
        .col(reference(ExtensionView::UnitId))
        .col(ColumnDef::new(ExtensionView::Agrees).boolean().not_null())
        .col(ColumnDef::new(ExtensionView::Note).text())
        .col(text(ExtensionView::SaidBy))
        .col(instant(ExtensionView::SaidAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_extension_view_extension_id")
                .from(ExtensionView::Table, ExtensionView::ExtensionId)
                .to(Extension::Table, Extension::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_extension_view_unit_id")
                .from(ExtensionView::Table, ExtensionView::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

/// Columns of tables that exist; SQLite takes one a statement.
fn added_columns() -> Vec<TableAlterStatement> {
    let mut alters = Vec::new();
    let mut add = |table: DynIden, column: ColumnDef| {
        alters.push(Table::alter().table(table).add_column(column).to_owned());
    };
    let assignment = || Assignment::Table.into_iden();
    let mut state = text(Assignment::State);
    add(assignment(), state.default("issued").take());
    let mut ended = ColumnDef::new(Assignment::EndedOn);
    add(assignment(), ended.date().take());
    let mut due = ColumnDef::new(Assignment::DueOn);
    add(assignment(), due.date().take());
    for column in [Obligation::MovedBy, Obligation::MovedReason] {
        let mut column = ColumnDef::new(column);
        add(Obligation::Table.into_iden(), column.text().take());
    }
    alters
}

fn dropped_columns() -> Vec<TableAlterStatement> {
    let assignment = [Assignment::State, Assignment::EndedOn, Assignment::DueOn].map(|column| {
        Table::alter()
            .table(Assignment::Table)
            .drop_column(column)
            .to_owned()
    });
    let obligation = [Obligation::MovedBy, Obligation::MovedReason].map(|column| {
        Table::alter()
            .table(Obligation::Table)
            .drop_column(column)
            .to_owned()
    });
    assignment.into_iter().chain(obligation).collect()
}

/// What was acknowledged and reported before there were states, the last that holds coming last.
fn states_of_old_rows() -> [UpdateStatement; 3] {
    let told = |state: &str, holds: SimpleExpr| {
        Query::update()
            .table(Assignment::Table)
            .value(Assignment::State, state)
            .and_where(holds)
            .to_owned()
    };
    [
        told(
            "acknowledged",
            Expr::col(Assignment::AcknowledgedOn).is_not_null(),
        ),
        told("under_way", Expr::col(Assignment::Percent).is_not_null()),
        told("reported", Expr::col(Assignment::Percent).gte(100)),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("ix_assignment_event_assignment_id")
            .table(AssignmentEvent::Table)
            .col(AssignmentEvent::AssignmentId)
            .to_owned(),
        Index::create()
            .name("uq_extension_obligation_id_number")
            .table(Extension::Table)
            .col(Extension::ObligationId)
            .col(Extension::Number)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_extension_view_extension_id_unit_id")
            .table(ExtensionView::Table)
            .col(ExtensionView::ExtensionId)
            .col(ExtensionView::UnitId)
            .unique()
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum AssignmentEvent {
    Table,
    Id,
    AssignmentId,
    Event,
    StateBefore,
    StateAfter,
    Reason,
    DueOn,
    ObligationId,
    DecidedBy,
    DecidedOn,
    DecidedAt,
}

#[derive(DeriveIden)]
enum Extension {
    Table,
    Id,
    ObligationId,
    Number,
    State,
    Reason,
    Progress,
    ExpectedOn,
    DueOnBefore,
    RequestedBy,
    RequestedAt,
    GrantedOn,
    DecidedBy,
    DecidedAt,
    DecisionNote,
}

#[derive(DeriveIden)]
enum ExtensionView {
    Table,
    Id,
    ExtensionId,
    UnitId,
    Agrees,
    Note,
    SaidBy,
    SaidAt,
}

#[derive(DeriveIden)]
enum Assignment {
    Table,
    Id,
    State,
    EndedOn,
    DueOn,
    Percent,
    AcknowledgedOn,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
    MovedBy,
    MovedReason,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
