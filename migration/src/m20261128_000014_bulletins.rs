//! Bulletins with the snapshots they are made of; files that mails carry, and what is told an address once.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut once = ColumnDef::new(Mail::OnceKey);
        let once = Table::alter()
            .table(Mail::Table)
            .add_column(once.text())
            .to_owned();
        manager.alter_table(once).await?;
        for table in [mail_file(), bulletin_snapshot(), bulletin()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses the bulletins, and which files mails carried.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            Bulletin::Table.into_iden(),
            BulletinSnapshot::Table.into_iden(),
            MailFile::Table.into_iden(),
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        manager
            .drop_index(
                Index::drop()
                    .name("uq_mail_once_key")
                    .table(Mail::Table)
                    .to_owned(),
            )
            .await?;
        let once = Table::alter()
            .table(Mail::Table)
            .drop_column(Mail::OnceKey)
            .to_owned();
        manager.alter_table(once).await
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

fn mail_file() -> TableCreateStatement {
    Table::create()
        .table(MailFile::Table)
        .col(id(MailFile::Id))
        .col(reference(MailFile::MailId))
        .col(ColumnDef::new(MailFile::Position).integer().not_null())
        .col(text(MailFile::Name))
        .col(text(MailFile::MediaType))
        .col(reference(MailFile::AttachmentId))
        .foreign_key(
            ForeignKey::create()
                .name("fk_mail_file_mail_id")
                .from(MailFile::Table, MailFile::MailId)
                .to(Mail::Table, Mail::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_mail_file_attachment_id")
                .from(MailFile::Table, MailFile::AttachmentId)
                .to(Attachment::Table, Attachment::Id),
        )
        .to_owned()
}

fn instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone().not_null();
    def
}

fn json<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.json().not_null();
    def
}

/// The content is text, not JSON: its bytes are what the checksum is of.
fn bulletin_snapshot() -> TableCreateStatement {
    Table::create()
        .table(BulletinSnapshot::Table)
        .col(id(BulletinSnapshot::Id))
        .col(text(BulletinSnapshot::Sha256))
        .col(text(BulletinSnapshot::Content))
        .col(instant(BulletinSnapshot::FrozenAt))
        .to_owned()
}

fn bulletin() -> TableCreateStatement {
    let mut references = [
        (
            "fk_bulletin_plan_id",
            Bulletin::PlanId,
            Plan::Table.into_iden(),
            Plan::Id.into_iden(),
        ),
        (
            "fk_bulletin_round_id",
            Bulletin::RoundId,
            Round::Table.into_iden(),
            Round::Id.into_iden(),
        ),
        (
            "fk_bulletin_corrects_id",
            Bulletin::CorrectsId,
            Bulletin::Table.into_iden(),
            Bulletin::Id.into_iden(),
        ),
        (
            "fk_bulletin_snapshot_id",
            Bulletin::SnapshotId,
            BulletinSnapshot::Table.into_iden(),
            BulletinSnapshot::Id.into_iden(),
        ),
        (
            "fk_bulletin_docx_id",
            Bulletin::DocxId,
            Attachment::Table.into_iden(),
            Attachment::Id.into_iden(),
        ),
        (
            "fk_bulletin_xlsx_id",
            Bulletin::XlsxId,
            Attachment::Table.into_iden(),
            Attachment::Id.into_iden(),
        ),
    ]
    .map(|(name, column, table, id)| {
        ForeignKey::create()
            .name(name)
            .from(Bulletin::Table, column)
            .to(table, id)
            .to_owned()
    });
    let mut create = Table::create();
    create
        .table(Bulletin::Table)
        .col(id(Bulletin::Id))
        .col(reference(Bulletin::PlanId))
        .col(ColumnDef::new(Bulletin::RoundId).uuid())
        .col(ColumnDef::new(Bulletin::PeriodKey).text())
        .col(ColumnDef::new(Bulletin::AsOf).date().not_null())
        .col(ColumnDef::new(Bulletin::Version).integer().not_null())
        .col(ColumnDef::new(Bulletin::CorrectsId).uuid())
        .col(ColumnDef::new(Bulletin::CorrectionNote).text())
        .col(text(Bulletin::State))
        .col(ColumnDef::new(Bulletin::IssueYear).integer())
        .col(ColumnDef::new(Bulletin::IssueNumber).integer())
        .col(reference(Bulletin::SnapshotId))
        .col(text(Bulletin::Title))
        .col(text(Bulletin::Opening))
        .col(json(Bulletin::GoodPractices))
        .col(json(Bulletin::Demands))
        .col(json(Bulletin::Recipients))
        .col(json(Bulletin::Copies))
        .col(text(Bulletin::MadeBy))
        .col(instant(Bulletin::MadeAt))
        .col(ColumnDef::new(Bulletin::ChangedBy).text())
        .col(ColumnDef::new(Bulletin::ChangedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Bulletin::ApprovedBy).text())
        .col(ColumnDef::new(Bulletin::ApprovedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Bulletin::ReturnReason).text())
        .col(ColumnDef::new(Bulletin::PublishedBy).text())
        .col(ColumnDef::new(Bulletin::PublishedAt).timestamp_with_time_zone())
        .col(ColumnDef::new(Bulletin::PublishedOn).date())
        .col(ColumnDef::new(Bulletin::DocxId).uuid())
        .col(ColumnDef::new(Bulletin::XlsxId).uuid())
        .col(ColumnDef::new(Bulletin::Mails).integer().not_null())
        .col(json(Bulletin::WithoutAddress));
    for reference in &mut references {
        create.foreign_key(reference);
    }
    create
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_bulletin_plan_id_issue_year_issue_number_version")
            .table(Bulletin::Table)
            .col(Bulletin::PlanId)
            .col(Bulletin::IssueYear)
            .col(Bulletin::IssueNumber)
            .col(Bulletin::Version)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_bulletin_round_id_version")
            .table(Bulletin::Table)
            .col(Bulletin::RoundId)
            .col(Bulletin::Version)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_bulletin_corrects_id")
            .table(Bulletin::Table)
            .col(Bulletin::CorrectsId)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_mail_once_key")
            .table(Mail::Table)
            .col(Mail::OnceKey)
            .unique()
            .to_owned(),
        Index::create()
            .name("uq_mail_file_mail_id_position")
            .table(MailFile::Table)
            .col(MailFile::MailId)
            .col(MailFile::Position)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_mail_file_attachment_id")
            .table(MailFile::Table)
            .col(MailFile::AttachmentId)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum MailFile {
    Table,
    Id,
    MailId,
    Position,
    Name,
    MediaType,
    AttachmentId,
}

#[derive(DeriveIden)]
enum Mail {
    Table,
    Id,
    OnceKey,
}

#[derive(DeriveIden)]
enum Attachment {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum BulletinSnapshot {
    Table,
    Id,
    Sha256,
    Content,
    FrozenAt,
}

#[derive(DeriveIden)]
enum Bulletin {
    Table,
    Id,
    PlanId,
    RoundId,
    PeriodKey,
    AsOf,
    Version,
    CorrectsId,
    CorrectionNote,
    State,
    IssueYear,
    IssueNumber,
    SnapshotId,
    Title,
    Opening,
    GoodPractices,
    Demands,
    Recipients,
    Copies,
    MadeBy,
    MadeAt,
    ChangedBy,
    ChangedAt,
    ApprovedBy,
    ApprovedAt,
    ReturnReason,
    PublishedBy,
    PublishedAt,
    PublishedOn,
    DocxId,
    XlsxId,
    Mails,
    WithoutAddress,
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
