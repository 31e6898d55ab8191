//! Appraisals: rule tables, scores, objections; yearly quality results of schools, and what they propose.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            score_rules(),
            appraisal(),
            appraisal_score(),
            score_objection(),
            quality_result(),
            warning(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses all appraisals, quality results and warnings.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            Warning::Table.into_iden(),
            QualityResult::Table.into_iden(),
            ScoreObjection::Table.into_iden(),
            AppraisalScore::Table.into_iden(),
            Appraisal::Table.into_iden(),
            ScoreRules::Table.into_iden(),
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

fn integer<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.integer().not_null();
    def
}

fn micros<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.big_integer().not_null();
    def
}

fn json<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.json().not_null();
    def
}

fn flag<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.boolean().not_null();
    def
}

fn instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone().not_null();
    def
}

fn score_rules() -> TableCreateStatement {
    Table::create()
        .table(ScoreRules::Table)
        .col(id(ScoreRules::Id))
        .col(integer(ScoreRules::Version))
        .col(text(ScoreRules::Name))
        .col(json(ScoreRules::Content))
        .col(ColumnDef::new(ScoreRules::Note).text())
        .col(text(ScoreRules::MadeBy))
        .col(instant(ScoreRules::MadeAt))
        .to_owned()
}

fn appraisal() -> TableCreateStatement {
    Table::create()
        .table(Appraisal::Table)
        .col(id(Appraisal::Id))
        .col(text(Appraisal::Scope))
        .col(integer(Appraisal::SchoolYear))
        .col(ColumnDef::new(Appraisal::RoundId).uuid())
        .col(ColumnDef::new(Appraisal::PlanId).uuid())
        .col(reference(Appraisal::RulesId))
        .col(flag(Appraisal::Ranked))
        .col(text(Appraisal::State))
        .col(text(Appraisal::InputHash))
        .col(text(Appraisal::ComputedBy))
        .col(instant(Appraisal::ComputedAt))
        .col(ColumnDef::new(Appraisal::ConfirmedBy).text())
        .col(ColumnDef::new(Appraisal::ConfirmedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Appraisal::Note).text())
        .foreign_key(
            ForeignKey::create()
                .name("fk_appraisal_round_id")
                .from(Appraisal::Table, Appraisal::RoundId)
                .to(Round::Table, Round::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_appraisal_plan_id")
                .from(Appraisal::Table, Appraisal::PlanId)
                .to(Plan::Table, Plan::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_appraisal_rules_id")
                .from(Appraisal::Table, Appraisal::RulesId)
                .to(ScoreRules::Table, ScoreRules::Id),
        )
        .to_owned()
}

fn appraisal_score() -> TableCreateStatement {
    Table::create()
        .table(AppraisalScore::Table)
        .col(id(AppraisalScore::Id))
        .col(reference(AppraisalScore::AppraisalId))
        .col(reference(AppraisalScore::UnitId))
        .col(micros(AppraisalScore::Micros))
        .col(json(AppraisalScore::Lines))
        .foreign_key(
            ForeignKey::create()
                .name("fk_appraisal_score_appraisal_id")
                .from(AppraisalScore::Table, AppraisalScore::AppraisalId)
                .to(Appraisal::Table, Appraisal::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_appraisal_score_unit_id")
                .from(AppraisalScore::Table, AppraisalScore::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn score_objection() -> TableCreateStatement {
    Table::create()
        .table(ScoreObjection::Table)
        .col(id(ScoreObjection::Id))
        .col(reference(ScoreObjection::AppraisalId))
        .col(reference(ScoreObjection::UnitId))
        .col(integer(ScoreObjection::Number))
        .col(text(ScoreObjection::State))
        .col(text(ScoreObjection::Reason))
        .col(text(ScoreObjection::RaisedBy))
        .col(instant(ScoreObjection::RaisedAt))
        .col(ColumnDef::new(ScoreObjection::Micros).big_integer())
        .col(ColumnDef::new(ScoreObjection::DecidedBy).text())
        .col(ColumnDef::new(ScoreObjection::DecidedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(ScoreObjection::DecisionNote).text())
        .foreign_key(
            ForeignKey::create()
                .name("fk_score_objection_appraisal_id")
                .from(ScoreObjection::Table, ScoreObjection::AppraisalId)
                .to(Appraisal::Table, Appraisal::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_score_objection_unit_id")
                .from(ScoreObjection::Table, ScoreObjection::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn quality_result() -> TableCreateStatement {
    Table::create()
        .table(QualityResult::Table)
        .col(id(QualityResult::Id))
        .col(reference(QualityResult::UnitId))
        .col(text(QualityResult::Level))
        .col(integer(QualityResult::SchoolYear))
        .col(integer(QualityResult::Version))
        .col(text(QualityResult::Measure))
        .col(micros(QualityResult::Micros))
        .col(flag(QualityResult::Superseded))
        .col(text(QualityResult::Source))
        .col(text(QualityResult::ApprovedBy))
        .col(text(QualityResult::FileName))
        .col(text(QualityResult::ImportedBy))
        .col(instant(QualityResult::ImportedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_quality_result_unit_id")
                .from(QualityResult::Table, QualityResult::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn warning() -> TableCreateStatement {
    Table::create()
        .table(Warning::Table)
        .col(id(Warning::Id))
        .col(reference(Warning::UnitId))
        .col(text(Warning::Level))
        .col(integer(Warning::SchoolYear))
        .col(text(Warning::Card))
        .col(json(Warning::Years))
        .col(text(Warning::State))
        .col(instant(Warning::ProposedAt))
        .col(ColumnDef::new(Warning::DecidedBy).text())
        .col(ColumnDef::new(Warning::DecidedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Warning::Reason).text())
        .foreign_key(
            ForeignKey::create()
                .name("fk_warning_unit_id")
                .from(Warning::Table, Warning::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_score_rules_version")
            .table(ScoreRules::Table)
            .col(ScoreRules::Version)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_appraisal_scope")
            .table(Appraisal::Table)
            .col(Appraisal::Scope)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_appraisal_score_appraisal_id_unit_id")
            .table(AppraisalScore::Table)
            .col(AppraisalScore::AppraisalId)
            .col(AppraisalScore::UnitId)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_score_objection_appraisal_id_unit_id_number")
            .table(ScoreObjection::Table)
            .col(ScoreObjection::AppraisalId)
            .col(ScoreObjection::UnitId)
            .col(ScoreObjection::Number)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_quality_result_school_year_level_unit_id_version")
            .table(QualityResult::Table)
            .col(QualityResult::SchoolYear)
            .col(QualityResult::Level)
            .col(QualityResult::UnitId)
            .col(QualityResult::Version)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_warning_school_year_level_unit_id")
            .table(Warning::Table)
            .col(Warning::SchoolYear)
            .col(Warning::Level)
            .col(Warning::UnitId)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_appraisal_school_year")
            .table(Appraisal::Table)
            .col(Appraisal::SchoolYear)
            .to_owned(),
        Index::create()
            .name("ix_appraisal_score_unit_id")
            .table(AppraisalScore::Table)
            .col(AppraisalScore::UnitId)
            .to_owned(),
        Index::create()
            .name("ix_quality_result_unit_id")
            .table(QualityResult::Table)
            .col(QualityResult::UnitId)
            .to_owned(),
        Index::create()
            .name("ix_warning_unit_id")
            .table(Warning::Table)
            .col(Warning::UnitId)
            .to_owned(),
        Index::create()
            .name("ix_warning_state")
            .table(Warning::Table)
            .col(Warning::State)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum ScoreRules {
    Table,
    Id,
    Version,
    Name,
    Content,
    Note,
    MadeBy,
    MadeAt,
}

#[derive(DeriveIden)]
enum Appraisal {
    Table,
    Id,
    Scope,
    SchoolYear,
    RoundId,
    PlanId,
    RulesId,
    Ranked,
    State,
    InputHash,
    ComputedBy,
    ComputedAt,
    ConfirmedBy,
    ConfirmedAt,
    Note,
}

#[derive(DeriveIden)]
enum AppraisalScore {
    Table,
    Id,
    AppraisalId,
    UnitId,
    Micros,
    Lines,
}

#[derive(DeriveIden)]
enum ScoreObjection {
    Table,
    Id,
    AppraisalId,
    UnitId,
    Number,
    State,
    Reason,
    RaisedBy,
    RaisedAt,
    Micros,
    DecidedBy,
    DecidedAt,
    DecisionNote,
}

#[derive(DeriveIden)]
enum QualityResult {
    Table,
    Id,
    UnitId,
    Level,
    SchoolYear,
    Version,
    Measure,
    Micros,
    Superseded,
    Source,
    ApprovedBy,
    FileName,
    ImportedBy,
    ImportedAt,
}

#[derive(DeriveIden)]
enum Warning {
    Table,
    Id,
    UnitId,
    Level,
    SchoolYear,
    Card,
    Years,
    State,
    ProposedAt,
    DecidedBy,
    DecidedAt,
    Reason,
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
