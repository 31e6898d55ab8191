//! Which attached files are evidence of which report, and each time a unit's budget of asks was gone over.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [report_evidence(), ask_override(), ask_override_unit()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses which files are evidence, and why budgets were gone over.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("ix_attachment_unit_id")
            .table(Attachment::Table)
            .to_owned();
        manager.drop_index(index).await?;
        for table in [
            AskOverrideUnit::Table.into_iden(),
            AskOverride::Table.into_iden(),
            ReportEvidence::Table.into_iden(),
        ] {
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

fn reference<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null();
    def
}

fn text<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.text().not_null();
    def
}

fn flag<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.boolean().not_null();
    def
}

fn number<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.integer().not_null();
    def
}

fn report_evidence() -> TableCreateStatement {
    Table::create()
        .table(ReportEvidence::Table)
        .col(id(ReportEvidence::Id))
        .col(reference(ReportEvidence::ReportId))
        .col(ColumnDef::new(ReportEvidence::AssignmentId).uuid())
        .col(reference(ReportEvidence::AttachmentId))
        .col(number(ReportEvidence::Position))
        .foreign_key(
            ForeignKey::create()
                .name("fk_report_evidence_report_id")
                .from(ReportEvidence::Table, ReportEvidence::ReportId)
                .to(Report::Table, Report::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_report_evidence_assignment_id")
                .from(ReportEvidence::Table, ReportEvidence::AssignmentId)
                .to(Assignment::Table, Assignment::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_report_evidence_attachment_id")
                .from(ReportEvidence::Table, ReportEvidence::AttachmentId)
                .to(Attachment::Table, Attachment::Id),
        )
        .to_owned()
}

fn ask_override() -> TableCreateStatement {
    Table::create()
        .table(AskOverride::Table)
        .col(id(AskOverride::Id))
        .col(text(AskOverride::What))
        .col(flag(AskOverride::ByHand))
        .col(text(AskOverride::AskedBy))
        .col(
            ColumnDef::new(AskOverride::AskedAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new(AskOverride::AskedOn).date().not_null())
        .col(ColumnDef::new(AskOverride::Reason).text())
        .col(number(AskOverride::Budget))
        .col(flag(AskOverride::SameDay))
        .col(ColumnDef::new(AskOverride::PlanId).uuid())
        .col(ColumnDef::new(AskOverride::RoundId).uuid())
        .foreign_key(
            ForeignKey::create()
                .name("fk_ask_override_plan_id")
                .from(AskOverride::Table, AskOverride::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_ask_override_round_id")
                .from(AskOverride::Table, AskOverride::RoundId)
                .to(Round::Table, Round::Id),
        )
        .to_owned()
}

fn ask_override_unit() -> TableCreateStatement {
    Table::create()
        .table(AskOverrideUnit::Table)
        .col(id(AskOverrideUnit::Id))
        .col(reference(AskOverrideUnit::OverrideId))
        .col(reference(AskOverrideUnit::UnitId))
        .col(number(AskOverrideUnit::Asks))
        .col(flag(AskOverrideUnit::OverBudget))
        .col(flag(AskOverrideUnit::SameDay))
        .foreign_key(
            ForeignKey::create()
                .name("fk_ask_override_unit_override_id")
                .from(AskOverrideUnit::Table, AskOverrideUnit::OverrideId)
                .to(AskOverride::Table, AskOverride::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_ask_override_unit_unit_id")
                .from(AskOverrideUnit::Table, AskOverrideUnit::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
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
        index(
            "uq_report_evidence_report_id_position",
            ReportEvidence::Table,
            vec![
                ReportEvidence::ReportId.into_iden(),
                ReportEvidence::Position.into_iden(),
            ],
        )
        .unique()
        .to_owned(),
        index(
            "ix_report_evidence_attachment_id",
            ReportEvidence::Table,
            vec![ReportEvidence::AttachmentId.into_iden()],
        ),
        index(
            "ix_report_evidence_assignment_id",
            ReportEvidence::Table,
            vec![ReportEvidence::AssignmentId.into_iden()],
        ),
        index(
            "uq_ask_override_unit_override_id_unit_id",
            AskOverrideUnit::Table,
            vec![
                AskOverrideUnit::OverrideId.into_iden(),
                AskOverrideUnit::UnitId.into_iden(),
            ],
        )
        .unique()
        .to_owned(),
        index(
            "ix_ask_override_unit_unit_id",
            AskOverrideUnit::Table,
            vec![AskOverrideUnit::UnitId.into_iden()],
        ),
        index(
            "ix_ask_override_asked_on",
            AskOverride::Table,
            vec![AskOverride::AskedOn.into_iden()],
        ),
        index(
            "ix_attachment_unit_id",
            Attachment::Table,
            vec![Attachment::UnitId.into_iden()],
        ),
    ]
}

#[derive(DeriveIden)]
enum ReportEvidence {
    Table,
    Id,
    ReportId,
    AssignmentId,
    AttachmentId,
    Position,
}

#[derive(DeriveIden)]
enum AskOverride {
    Table,
    Id,
    What,
    ByHand,
    AskedBy,
    AskedAt,
    AskedOn,
    Reason,
    Budget,
    SameDay,
    PlanId,
    RoundId,
}

#[derive(DeriveIden)]
enum AskOverrideUnit {
    Table,
    Id,
    OverrideId,
    UnitId,
    Asks,
    OverBudget,
    SameDay,
}

#[derive(DeriveIden)]
enum Report {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Assignment {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Attachment {
    Table,
    Id,
    UnitId,
}

#[derive(DeriveIden)]
enum Plan {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Round {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
