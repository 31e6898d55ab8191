//! Inspectors, inspections, findings with their rechecks, and how a draw stands.

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
        manager.execute(draws_of_old_rounds()).await?;
        for table in [
            inspector(),
            inspection(),
            inspection_item(),
            inspection_inspector(),
            finding(),
            finding_event(),
            inspection_file(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses the pool of inspectors, what was inspected and found, and who confirmed which draw.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            InspectionFile::Table.into_iden(),
            FindingEvent::Table.into_iden(),
            Finding::Table.into_iden(),
            InspectionInspector::Table.into_iden(),
            InspectionItem::Table.into_iden(),
            Inspection::Table.into_iden(),
            Inspector::Table.into_iden(),
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

fn number<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.integer().not_null();
    def
}

/// A reference to the id of another table.
fn to<T: IntoIden, C: IntoIden, U: IntoIden>(
    table: T,
    column: C,
    other: U,
) -> ForeignKeyCreateStatement {
    let (table, column) = (table.into_iden(), column.into_iden());
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(other, Alias::new("id"))
        .to_owned()
}

fn inspector() -> TableCreateStatement {
    Table::create()
        .table(Inspector::Table)
        .col(id(Inspector::Id))
        .col(text(Inspector::Address))
        .col(text(Inspector::Email))
        .col(text(Inspector::Name))
        .col(reference(Inspector::UnitId))
        .col(ColumnDef::new(Inspector::Active).boolean().not_null())
        .col(instant(Inspector::SinceAt))
        .foreign_key(&mut to(Inspector::Table, Inspector::UnitId, Known::Unit))
        .to_owned()
}

fn inspection() -> TableCreateStatement {
    Table::create()
        .table(Inspection::Table)
        .col(id(Inspection::Id))
        .col(reference(Inspection::RoundId))
        .col(reference(Inspection::UnitId))
        .col(reference(Inspection::PlanId))
        .col(text(Inspection::Mode))
        .col(text(Inspection::State))
        .col(ColumnDef::new(Inspection::Result).text())
        .col(ColumnDef::new(Inspection::Note).text())
        .col(day(Inspection::OpenedOn))
        .col(day(Inspection::ResultsDueOn))
        .col(ColumnDef::new(Inspection::RecordedBy).text())
        .col(ColumnDef::new(Inspection::RecordedOn).date())
        .col(ColumnDef::new(Inspection::RecordedAt).timestamp_with_time_zone())
        .foreign_key(&mut to(
            Inspection::Table,
            Inspection::RoundId,
            Round::Table,
        ))
        .foreign_key(&mut to(Inspection::Table, Inspection::UnitId, Known::Unit))
        .foreign_key(&mut to(Inspection::Table, Inspection::PlanId, Known::Plan))
        .to_owned()
}

fn inspection_item() -> TableCreateStatement {
    Table::create()
        .table(InspectionItem::Table)
        .col(id(InspectionItem::Id))
        .col(reference(InspectionItem::InspectionId))
        .col(reference(InspectionItem::AssignmentId))
        .col(number(InspectionItem::Position))
        .foreign_key(&mut to(
            InspectionItem::Table,
            InspectionItem::InspectionId,
            Inspection::Table,
        ))
        .foreign_key(&mut to(
            InspectionItem::Table,
            InspectionItem::AssignmentId,
            Known::Assignment,
        ))
        .to_owned()
}

fn inspection_inspector() -> TableCreateStatement {
    Table::create()
        .table(InspectionInspector::Table)
        .col(id(InspectionInspector::Id))
        .col(reference(InspectionInspector::InspectionId))
        .col(reference(InspectionInspector::InspectorId))
        .col(number(InspectionInspector::Position))
        .foreign_key(&mut to(
            InspectionInspector::Table,
            InspectionInspector::InspectionId,
            Inspection::Table,
        ))
        .foreign_key(&mut to(
            InspectionInspector::Table,
            InspectionInspector::InspectorId,
            Inspector::Table,
        ))
        .to_owned()
}

fn finding() -> TableCreateStatement {
    Table::create()
        .table(Finding::Table)
        .col(id(Finding::Id))
        .col(reference(Finding::Series))
        .col(number(Finding::Number))
        .col(ColumnDef::new(Finding::RoundId).uuid())
        .col(ColumnDef::new(Finding::InspectionId).uuid())
        .col(reference(Finding::UnitId))
        .col(reference(Finding::PlanId))
        .col(ColumnDef::new(Finding::AssignmentId).uuid())
        .col(text(Finding::Text))
        .col(text(Finding::State))
        .col(reference(Finding::ObligationId))
        .col(text(Finding::RaisedBy))
        .col(day(Finding::RaisedOn))
        .col(instant(Finding::RaisedAt))
        .foreign_key(&mut to(Finding::Table, Finding::RoundId, Round::Table))
        .foreign_key(&mut to(
            Finding::Table,
            Finding::InspectionId,
            Inspection::Table,
        ))
        .foreign_key(&mut to(Finding::Table, Finding::UnitId, Known::Unit))
        .foreign_key(&mut to(Finding::Table, Finding::PlanId, Known::Plan))
        .foreign_key(&mut to(
            Finding::Table,
            Finding::AssignmentId,
            Known::Assignment,
        ))
        .foreign_key(&mut to(
            Finding::Table,
            Finding::ObligationId,
            Known::Obligation,
        ))
        .to_owned()
}

fn finding_event() -> TableCreateStatement {
    Table::create()
        .table(FindingEvent::Table)
        .col(id(FindingEvent::Id))
        .col(reference(FindingEvent::FindingId))
        .col(text(FindingEvent::Event))
        .col(text(FindingEvent::StateBefore))
        .col(text(FindingEvent::StateAfter))
        .col(ColumnDef::new(FindingEvent::Reason).text())
        .col(ColumnDef::new(FindingEvent::DueOn).date())
        .col(ColumnDef::new(FindingEvent::ReportId).uuid())
        .col(text(FindingEvent::DecidedBy))
        .col(day(FindingEvent::DecidedOn))
        .col(instant(FindingEvent::DecidedAt))
        .foreign_key(&mut to(
            FindingEvent::Table,
            FindingEvent::FindingId,
            Finding::Table,
        ))
        .foreign_key(&mut to(
            FindingEvent::Table,
            FindingEvent::ReportId,
            Known::Report,
        ))
        .to_owned()
}

fn inspection_file() -> TableCreateStatement {
    Table::create()
        .table(InspectionFile::Table)
        .col(id(InspectionFile::Id))
        .col(ColumnDef::new(InspectionFile::InspectionId).uuid())
        .col(ColumnDef::new(InspectionFile::FindingId).uuid())
        .col(reference(InspectionFile::AttachmentId))
        .col(number(InspectionFile::Position))
        .foreign_key(&mut to(
            InspectionFile::Table,
            InspectionFile::InspectionId,
            Inspection::Table,
        ))
        .foreign_key(&mut to(
            InspectionFile::Table,
            InspectionFile::FindingId,
            Finding::Table,
        ))
        .foreign_key(&mut to(
            InspectionFile::Table,
            InspectionFile::AttachmentId,
            Known::Attachment,
        ))
        .to_owned()
}

/// Columns of a table that exists; SQLite takes one a statement.
fn added_columns() -> Vec<TableAlterStatement> {
    let mut columns = [
        ColumnDef::new(Round::Mode).text().take(),
        ColumnDef::new(Round::DrawState).text().take(),
        ColumnDef::new(Round::ResultsDueOn).date().take(),
        ColumnDef::new(Round::ConfirmedBy).text().take(),
        ColumnDef::new(Round::ConfirmedOn).date().take(),
    ];
    columns
        .iter_mut()
        .map(|column| {
            Table::alter()
                .table(Round::Table)
                .add_column(column.take())
                .to_owned()
        })
        .collect()
}

fn dropped_columns() -> Vec<TableAlterStatement> {
    let columns = [
        Round::Mode,
        Round::DrawState,
        Round::ResultsDueOn,
        Round::ConfirmedBy,
        Round::ConfirmedOn,
    ];
    columns
        .into_iter()
        .map(|column| {
            Table::alter()
                .table(Round::Table)
                .drop_column(column)
                .to_owned()
        })
        .collect()
}

/// What was drawn before draws could wait was in force on the day it was drawn, and asked for self-checks.
fn draws_of_old_rounds() -> UpdateStatement {
    Query::update()
        .table(Round::Table)
        .value(Round::Mode, "desk")
        .value(Round::DrawState, "confirmed")
        .value(Round::ConfirmedOn, Expr::col(Round::OpenedOn))
        .and_where(Expr::col(Round::Draw).is_not_null())
        .to_owned()
}

fn index<T: IntoIden, C: IntoIden>(
    kind: &str,
    table: T,
    columns: impl IntoIterator<Item = C>,
) -> IndexCreateStatement {
    let table = table.into_iden();
    let mut name = format!("{kind}_{table}");
    let mut index = Index::create();
    for column in columns {
        let column = column.into_iden();
        name.push('_');
        name.push_str(&column.to_string());
        index.col(column);
    }
    index.name(name).table(table).to_owned()
}

fn unique<T: IntoIden, C: IntoIden>(
    table: T,
    columns: impl IntoIterator<Item = C>,
) -> IndexCreateStatement {
    index("uq", table, columns).unique().to_owned()
}

fn plain<T: IntoIden, C: IntoIden>(table: T, column: C) -> IndexCreateStatement {
    index("ix", table, [column])
}

fn indexes() -> Vec<IndexCreateStatement> {
    use {Finding as F, Inspection as I, InspectionFile as File};
    use {InspectionInspector as Team, InspectionItem as Item};
    vec![
        unique(Inspector::Table, [Inspector::Address]),
        unique(I::Table, [I::RoundId, I::UnitId]),
        plain(I::Table, I::UnitId),
        unique(Item::Table, [Item::InspectionId, Item::AssignmentId]),
        plain(Item::Table, Item::AssignmentId),
        unique(Team::Table, [Team::InspectionId, Team::InspectorId]),
        plain(Team::Table, Team::InspectorId),
        unique(F::Table, [F::Series, F::Number]),
        unique(F::Table, [F::ObligationId]),
        plain(F::Table, F::UnitId),
        plain(F::Table, F::InspectionId),
        plain(FindingEvent::Table, FindingEvent::FindingId),
        unique(File::Table, [File::InspectionId, File::AttachmentId]),
        unique(File::Table, [File::FindingId, File::AttachmentId]),
        plain(File::Table, File::AttachmentId),
    ]
}

#[derive(DeriveIden)]
enum Inspector {
    Table,
    Id,
    Address,
    Email,
    Name,
    UnitId,
    Active,
    SinceAt,
}

#[derive(DeriveIden)]
enum Inspection {
    Table,
    Id,
    RoundId,
    UnitId,
    PlanId,
    Mode,
    State,
    Result,
    Note,
    OpenedOn,
    ResultsDueOn,
    RecordedBy,
    RecordedOn,
    RecordedAt,
}

#[derive(DeriveIden)]
enum InspectionItem {
    Table,
    Id,
    InspectionId,
    AssignmentId,
    Position,
}

#[derive(DeriveIden)]
enum InspectionInspector {
    Table,
    Id,
    InspectionId,
    InspectorId,
    Position,
}

#[derive(DeriveIden)]
enum Finding {
    Table,
    Id,
    Series,
    Number,
    RoundId,
    InspectionId,
    UnitId,
    PlanId,
    AssignmentId,
    Text,
    State,
    ObligationId,
    RaisedBy,
    RaisedOn,
    RaisedAt,
}

#[derive(DeriveIden)]
enum FindingEvent {
    Table,
    Id,
    FindingId,
    Event,
    StateBefore,
    StateAfter,
    Reason,
    DueOn,
    ReportId,
    DecidedBy,
    DecidedOn,
    DecidedAt,
}

#[derive(DeriveIden)]
enum InspectionFile {
    Table,
    Id,
    InspectionId,
    FindingId,
    AttachmentId,
    Position,
}

#[derive(DeriveIden)]
enum Round {
    Table,
    Draw,
    OpenedOn,
    Mode,
    DrawState,
    ResultsDueOn,
    ConfirmedBy,
    ConfirmedOn,
}

/// Tables that are only referred to.
#[derive(DeriveIden)]
enum Known {
    Unit,
    Plan,
    Assignment,
    Obligation,
    Report,
    Attachment,
}
