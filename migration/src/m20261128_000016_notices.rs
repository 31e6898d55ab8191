//! Notices: their numbers, what each states and is about, and what became of it step by step.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [notice(), notice_ask(), notice_event(), notice_number()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses the notices.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            NoticeNumber::Table.into_iden(),
            NoticeEvent::Table.into_iden(),
            NoticeAsk::Table.into_iden(),
            Notice::Table.into_iden(),
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

fn number<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.integer().not_null();
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

fn reference<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null();
    def
}

fn notice() -> TableCreateStatement {
    let key = |name: &str, column: Notice| {
        let mut key = ForeignKey::create();
        key.name(name).from(Notice::Table, column);
        key
    };
    Table::create()
        .table(Notice::Table)
        .col(id(Notice::Id))
        .col(text(Notice::Matter))
        .col(number(Notice::Episode))
        .col(text(Notice::Rung))
        .col(text(Notice::Origin))
        .col(text(Notice::State))
        .col(reference(Notice::UnitId))
        .col(reference(Notice::PlanId))
        .col(ColumnDef::new(Notice::TaskId).uuid())
        .col(ColumnDef::new(Notice::ObligationId).uuid())
        .col(ColumnDef::new(Notice::EarlierId).uuid())
        .col(ColumnDef::new(Notice::AttachmentId).uuid())
        .col(ColumnDef::new(Notice::Year).integer())
        .col(ColumnDef::new(Notice::Serial).integer())
        .col(text(Notice::Reason))
        .col(text(Notice::Demand))
        .col(number(Notice::AnswerWorkdays))
        .col(ColumnDef::new(Notice::Facts).json().not_null())
        .col(day(Notice::RaisedOn))
        .col(ColumnDef::new(Notice::IssuedOn).date())
        .col(ColumnDef::new(Notice::Objection).text())
        .col(ColumnDef::new(Notice::ClearedOn).date())
        .foreign_key(key("fk_notice_unit_id", Notice::UnitId).to(Unit::Table, Unit::Id))
        .foreign_key(key("fk_notice_plan_id", Notice::PlanId).to(Plan::Table, Plan::Id))
        .foreign_key(key("fk_notice_task_id", Notice::TaskId).to(Task::Table, Task::Id))
        .foreign_key(
            key("fk_notice_obligation_id", Notice::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .foreign_key(
            key("fk_notice_attachment_id", Notice::AttachmentId)
                .to(Attachment::Table, Attachment::Id),
        )
        .foreign_key(key("fk_notice_earlier_id", Notice::EarlierId).to(Notice::Table, Notice::Id))
        .to_owned()
}

fn notice_ask() -> TableCreateStatement {
    Table::create()
        .table(NoticeAsk::Table)
        .col(id(NoticeAsk::Id))
        .col(reference(NoticeAsk::NoticeId))
        .col(reference(NoticeAsk::ObligationId))
        .foreign_key(
            ForeignKey::create()
                .name("fk_notice_ask_notice_id")
                .from(NoticeAsk::Table, NoticeAsk::NoticeId)
                .to(Notice::Table, Notice::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_notice_ask_obligation_id")
                .from(NoticeAsk::Table, NoticeAsk::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn notice_event() -> TableCreateStatement {
    Table::create()
        .table(NoticeEvent::Table)
        .col(id(NoticeEvent::Id))
        .col(reference(NoticeEvent::NoticeId))
        .col(text(NoticeEvent::Event))
        .col(text(NoticeEvent::StateAfter))
        .col(ColumnDef::new(NoticeEvent::Note).text())
        .col(ColumnDef::new(NoticeEvent::DueOn).date())
        .col(text(NoticeEvent::DoneBy))
        .col(day(NoticeEvent::DoneOn))
        .col(instant(NoticeEvent::DoneAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_notice_event_notice_id")
                .from(NoticeEvent::Table, NoticeEvent::NoticeId)
                .to(Notice::Table, Notice::Id),
        )
        .to_owned()
}

/// The last number of each year; whoever issues holds it, so that numbers have no gaps.
fn notice_number() -> TableCreateStatement {
    Table::create()
        .table(NoticeNumber::Table)
        .col(
            ColumnDef::new(NoticeNumber::Year)
                .integer()
                .not_null()
                .primary_key(),
        )
        .col(number(NoticeNumber::Last))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let of_notice = |name: &str, column: Notice| {
        Index::create()
            .name(name)
            .table(Notice::Table)
            .col(column)
            .to_owned()
    };
    vec![
        // One matter, one notice of a rung, however many instances raise it.
        Index::create()
            .name("uq_notice_matter_episode_rung")
            .table(Notice::Table)
            .col(Notice::Matter)
            .col(Notice::Episode)
            .col(Notice::Rung)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_notice_year_serial")
            .table(Notice::Table)
            .col(Notice::Year)
            .col(Notice::Serial)
            .unique()
            .to_owned(),
        of_notice("ix_notice_unit_id", Notice::UnitId),
        of_notice("ix_notice_plan_id", Notice::PlanId),
        of_notice("ix_notice_task_id", Notice::TaskId),
        of_notice("ix_notice_obligation_id", Notice::ObligationId),
        of_notice("ix_notice_state", Notice::State),
        Index::create()
            .name("uq_notice_ask_notice_id_obligation_id")
            .table(NoticeAsk::Table)
            .col(NoticeAsk::NoticeId)
            .col(NoticeAsk::ObligationId)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_notice_ask_obligation_id")
            .table(NoticeAsk::Table)
            .col(NoticeAsk::ObligationId)
            .to_owned(),
        Index::create()
            .name("ix_notice_event_notice_id")
            .table(NoticeEvent::Table)
            .col(NoticeEvent::NoticeId)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Notice {
    Table,
    Id,
    Matter,
    Episode,
    Rung,
    Origin,
    State,
    UnitId,
    PlanId,
    TaskId,
    ObligationId,
    EarlierId,
    AttachmentId,
    Year,
    Serial,
    Reason,
    Demand,
    AnswerWorkdays,
    Facts,
    RaisedOn,
    IssuedOn,
    Objection,
    ClearedOn,
}

#[derive(DeriveIden)]
enum NoticeAsk {
    Table,
    Id,
    NoticeId,
    ObligationId,
}

#[derive(DeriveIden)]
enum NoticeEvent {
    Table,
    Id,
    NoticeId,
    Event,
    StateAfter,
    Note,
    DueOn,
    DoneBy,
    DoneOn,
    DoneAt,
}

#[derive(DeriveIden)]
enum NoticeNumber {
    Table,
    Year,
    Last,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
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
}

#[derive(DeriveIden)]
enum Attachment {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
}
