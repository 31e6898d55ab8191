//! Indicators that people confirm, their targets from one term to the next, and the values that units report.

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
            let alter = Table::alter()
                .table(Indicator::Table)
                .add_column(column)
                .to_owned();
            manager.alter_table(alter).await?;
        }
        manager.create_table(indicator_target()).await?;
        manager.create_table(indicator_value()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses what was confirmed, the targets that were set, and all values.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            IndicatorValue::Table.into_iden(),
            IndicatorTarget::Table.into_iden(),
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        manager
            .drop_index(
                Index::drop()
                    .name("ix_obligation_item_indicator_id")
                    .table(ObligationItem::Table)
                    .to_owned(),
            )
            .await?;
        for column in [
            Indicator::Name.into_iden(),
            Indicator::State.into_iden(),
            Indicator::Reason.into_iden(),
            Indicator::Reporters.into_iden(),
            Indicator::StartsIn.into_iden(),
            Indicator::Origin.into_iden(),
        ] {
            let alter = Table::alter()
                .table(Indicator::Table)
                .drop_column(column)
                .to_owned();
            manager.alter_table(alter).await?;
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

/// SQLite takes one a statement.
fn added_columns() -> Vec<ColumnDef> {
    vec![
        ColumnDef::new(Indicator::Name).text().take(),
        text(Indicator::State).default("proposed").take(),
        ColumnDef::new(Indicator::Reason).text().take(),
        ColumnDef::new(Indicator::Reporters)
            .json()
            .not_null()
            .default("[]")
            .take(),
        ColumnDef::new(Indicator::StartsIn).text().take(),
        text(Indicator::Origin).default("document").take(),
    ]
}

fn indicator_target() -> TableCreateStatement {
    Table::create()
        .table(IndicatorTarget::Table)
        .col(id(IndicatorTarget::Id))
        .col(reference(IndicatorTarget::IndicatorId))
        .col(
            ColumnDef::new(IndicatorTarget::Revision)
                .integer()
                .not_null(),
        )
        .col(text(IndicatorTarget::Comparator))
        .col(
            ColumnDef::new(IndicatorTarget::Micros)
                .big_integer()
                .not_null(),
        )
        .col(ColumnDef::new(IndicatorTarget::AppliesFrom).text())
        .col(text(IndicatorTarget::SetBy))
        .col(
            ColumnDef::new(IndicatorTarget::SetAt)
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_indicator_target_indicator_id")
                .from(IndicatorTarget::Table, IndicatorTarget::IndicatorId)
                .to(Indicator::Table, Indicator::Id),
        )
        .to_owned()
}

fn indicator_value() -> TableCreateStatement {
    Table::create()
        .table(IndicatorValue::Table)
        .col(id(IndicatorValue::Id))
        .col(reference(IndicatorValue::ReportId))
        .col(reference(IndicatorValue::IndicatorId))
        .col(reference(IndicatorValue::UnitId))
        .col(text(IndicatorValue::PeriodKey))
        .col(
            ColumnDef::new(IndicatorValue::Position)
                .integer()
                .not_null(),
        )
        .col(
            ColumnDef::new(IndicatorValue::Micros)
                .big_integer()
                .not_null(),
        )
        .col(ColumnDef::new(IndicatorValue::Note).text())
        .col(
            ColumnDef::new(IndicatorValue::Superseded)
                .boolean()
                .not_null()
                .default(false),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_indicator_value_report_id")
                .from(IndicatorValue::Table, IndicatorValue::ReportId)
                .to(Report::Table, Report::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_indicator_value_indicator_id")
                .from(IndicatorValue::Table, IndicatorValue::IndicatorId)
                .to(Indicator::Table, Indicator::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_indicator_value_unit_id")
                .from(IndicatorValue::Table, IndicatorValue::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
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
            "uq_indicator_target_indicator_id_revision",
            IndicatorTarget::Table,
            vec![
                IndicatorTarget::IndicatorId.into_iden(),
                IndicatorTarget::Revision.into_iden(),
            ],
        ),
        unique(
            "uq_indicator_value_report_id_indicator_id",
            IndicatorValue::Table,
            vec![
                IndicatorValue::ReportId.into_iden(),
                IndicatorValue::IndicatorId.into_iden(),
            ],
        ),
        index(
            "ix_indicator_value_indicator_id_period_key_unit_id",
            IndicatorValue::Table,
            vec![
                IndicatorValue::IndicatorId.into_iden(),
                IndicatorValue::PeriodKey.into_iden(),
                IndicatorValue::UnitId.into_iden(),
            ],
        ),
        index(
            "ix_obligation_item_indicator_id",
            ObligationItem::Table,
            vec![ObligationItem::IndicatorId.into_iden()],
        ),
    ]
}

#[derive(DeriveIden)]
enum Indicator {
    Table,
    Id,
    Name,
    State,
    Reason,
    Reporters,
    StartsIn,
    Origin,
}

#[derive(DeriveIden)]
enum IndicatorTarget {
    Table,
    Id,
    IndicatorId,
    Revision,
    Comparator,
    Micros,
    AppliesFrom,
    SetBy,
    SetAt,
}

#[derive(DeriveIden)]
enum IndicatorValue {
    Table,
    Id,
    ReportId,
    IndicatorId,
    UnitId,
    PeriodKey,
    Position,
    Micros,
    Note,
    Superseded,
}

#[derive(DeriveIden)]
enum ObligationItem {
    Table,
    IndicatorId,
}

#[derive(DeriveIden)]
enum Report {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
