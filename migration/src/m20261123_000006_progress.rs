//! Items of reports with the progress they tell, attachments, where a task comes from, and what lists are filtered by.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(report_item()).await?;
        manager.create_table(attachment()).await?;
        for column in added_columns() {
            manager.alter_table(column).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // Nothing was ever written into it: items have a table of their own now.
        let dead = Table::alter()
            .table(Report::Table)
            .drop_column(Report::Items)
            .to_owned();
        manager.alter_table(dead).await
    }

    /// Loses items of reports and attachments.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [
            ("ix_obligation_round_id_id", Obligation::Table.into_iden()),
            ("ix_report_reported_at", Report::Table.into_iden()),
            ("ix_reminder_contact_id", Reminder::Table.into_iden()),
            ("ix_mail_unit_id", Mail::Table.into_iden()),
            ("ix_assignment_unit_id_role", Assignment::Table.into_iden()),
        ] {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        let mut items = ColumnDef::new(Report::Items);
        let items = Table::alter()
            .table(Report::Table)
            .add_column(items.json().not_null().default("[]"))
            .to_owned();
        manager.alter_table(items).await?;
        for column in dropped_columns() {
            manager.alter_table(column).await?;
        }
        for table in [Attachment::Table.into_iden(), ReportItem::Table.into_iden()] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
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

fn report_item() -> TableCreateStatement {
    Table::create()
        .table(ReportItem::Table)
        .col(id(ReportItem::Id))
        .col(reference(ReportItem::ReportId))
        .col(reference(ReportItem::AssignmentId))
        .col(ColumnDef::new(ReportItem::Position).integer().not_null())
        .col(ColumnDef::new(ReportItem::Percent).integer())
        .col(ColumnDef::new(ReportItem::Done).text())
        .col(ColumnDef::new(ReportItem::Problems).text())
        .col(ColumnDef::new(ReportItem::NextSteps).text())
        .col(ColumnDef::new(ReportItem::ReportedOn).date().not_null())
        .foreign_key(
            ForeignKey::create()
                .name("fk_report_item_report_id")
                .from(ReportItem::Table, ReportItem::ReportId)
                .to(Report::Table, Report::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_report_item_assignment_id")
                .from(ReportItem::Table, ReportItem::AssignmentId)
                .to(Assignment::Table, Assignment::Id),
        )
        .to_owned()
}

fn attachment() -> TableCreateStatement {
    Table::create()
        .table(Attachment::Table)
        .col(id(Attachment::Id))
        .col(text(Attachment::StoreKey))
        .col(text(Attachment::Name))
        .col(text(Attachment::Kind))
        .col(
            ColumnDef::new(Attachment::SizeBytes)
                .big_integer()
                .not_null(),
        )
        .col(text(Attachment::Sha256))
        .col(ColumnDef::new(Attachment::UnitId).uuid())
        .col(text(Attachment::UploadedBy))
        .col(
            ColumnDef::new(Attachment::UploadedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_attachment_unit_id")
                .from(Attachment::Table, Attachment::UnitId)
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
    let mut percent = ColumnDef::new(Assignment::Percent);
    add(Assignment::Table.into_iden(), percent.integer().take());
    let mut reported = ColumnDef::new(Assignment::ReportedOn);
    add(Assignment::Table.into_iden(), reported.date().take());
    let mut acknowledged = ColumnDef::new(Assignment::AcknowledgedOn);
    add(Assignment::Table.into_iden(), acknowledged.date().take());
    let mut origin = ColumnDef::new(Plan::Origin);
    add(
        Plan::Table.into_iden(),
        origin.text().not_null().default("document").take(),
    );
    let mut note = ColumnDef::new(Task::OriginNote);
    add(Task::Table.into_iden(), note.text().take());
    let mut template = ColumnDef::new(Task::TemplateId);
    add(Task::Table.into_iden(), template.uuid().take());
    alters
}

fn dropped_columns() -> Vec<TableAlterStatement> {
    let mut alters = Vec::new();
    let mut cut = |table: DynIden, column: DynIden| {
        alters.push(Table::alter().table(table).drop_column(column).to_owned());
    };
    cut(
        Assignment::Table.into_iden(),
        Assignment::Percent.into_iden(),
    );
    cut(
        Assignment::Table.into_iden(),
        Assignment::ReportedOn.into_iden(),
    );
    cut(
        Assignment::Table.into_iden(),
        Assignment::AcknowledgedOn.into_iden(),
    );
    cut(Plan::Table.into_iden(), Plan::Origin.into_iden());
    cut(Task::Table.into_iden(), Task::OriginNote.into_iden());
    cut(Task::Table.into_iden(), Task::TemplateId.into_iden());
    alters
}

fn unique<T: IntoIden + 'static>(
    name: &str,
    table: T,
    columns: Vec<DynIden>,
) -> IndexCreateStatement {
    let mut index = index(name, table, columns);
    index.unique().to_owned()
}

fn index<T: IntoIden + 'static>(
    name: &str,
    table: T,
    columns: Vec<DynIden>,
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(column);
    }
    index
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique(
            "uq_report_item_report_id_assignment_id",
            ReportItem::Table,
            vec![
                ReportItem::ReportId.into_iden(),
                ReportItem::AssignmentId.into_iden(),
            ],
        ),
        index(
            "ix_report_item_assignment_id",
            ReportItem::Table,
            vec![ReportItem::AssignmentId.into_iden()],
        ),
        unique(
            "uq_attachment_store_key",
            Attachment::Table,
            vec![Attachment::StoreKey.into_iden()],
        ),
        index(
            "ix_obligation_round_id_id",
            Obligation::Table,
            vec![Obligation::RoundId.into_iden(), Obligation::Id.into_iden()],
        ),
        index(
            "ix_report_reported_at",
            Report::Table,
            vec![Report::ReportedAt.into_iden()],
        ),
        index(
            "ix_reminder_contact_id",
            Reminder::Table,
            vec![Reminder::ContactId.into_iden()],
        ),
        index(
            "ix_mail_unit_id",
            Mail::Table,
            vec![Mail::UnitId.into_iden()],
        ),
        index(
            "ix_assignment_unit_id_role",
            Assignment::Table,
            vec![Assignment::UnitId.into_iden(), Assignment::Role.into_iden()],
        ),
    ]
}

#[derive(DeriveIden)]
enum ReportItem {
    Table,
    Id,
    ReportId,
    AssignmentId,
    Position,
    Percent,
    Done,
    Problems,
    NextSteps,
    ReportedOn,
}

#[derive(DeriveIden)]
enum Attachment {
    Table,
    Id,
    StoreKey,
    Name,
    Kind,
    SizeBytes,
    Sha256,
    UnitId,
    UploadedBy,
    UploadedAt,
}

#[derive(DeriveIden)]
enum Assignment {
    Table,
    Id,
    UnitId,
    Role,
    Percent,
    ReportedOn,
    AcknowledgedOn,
}

#[derive(DeriveIden)]
enum Plan {
    Table,
    Origin,
}

#[derive(DeriveIden)]
enum Task {
    Table,
    OriginNote,
    TemplateId,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
    RoundId,
}

#[derive(DeriveIden)]
enum Report {
    Table,
    Id,
    Items,
    ReportedAt,
}

#[derive(DeriveIden)]
enum Reminder {
    Table,
    ContactId,
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    UnitId,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
