//! What the REST service rests on: the change counter with its feed, audit events, users with their tokens, and kept
//! replies.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(change_counter()).await?;
        let first = Query::insert()
            .into_table(ChangeCounter::Table)
            .columns([
                ChangeCounter::Id,
                ChangeCounter::Value,
                ChangeCounter::OldestKept,
            ])
            .values_panic([1.into(), 0.into(), 0.into()])
            .to_owned();
        manager.execute(first).await?;
        for table in [
            change(),
            audit_event(),
            user(),
            membership(),
            token(),
            kept_reply(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses users, tokens and audit events.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            KeptReply::Table.into_iden(),
            Token::Table.into_iden(),
            Membership::Table.into_iden(),
            User::Table.into_iden(),
            AuditEvent::Table.into_iden(),
            Change::Table.into_iden(),
            ChangeCounter::Table.into_iden(),
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

fn instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone().not_null();
    def
}

fn maybe_instant<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.timestamp_with_time_zone();
    def
}

fn reference<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.uuid().not_null();
    def
}

fn change_counter() -> TableCreateStatement {
    Table::create()
        .table(ChangeCounter::Table)
        .col(
            ColumnDef::new(ChangeCounter::Id)
                .integer()
                .not_null()
                .primary_key(),
        )
        .col(
            ColumnDef::new(ChangeCounter::Value)
                .big_integer()
                .not_null(),
        )
        .col(
            ColumnDef::new(ChangeCounter::OldestKept)
                .big_integer()
                .not_null(),
        )
        .to_owned()
}

fn change() -> TableCreateStatement {
    Table::create()
        .table(Change::Table)
        .col(ColumnDef::new(Change::Number).big_integer().not_null())
        .col(ColumnDef::new(Change::Position).integer().not_null())
        .col(text(Change::Resource))
        .col(reference(Change::RowId))
        .col(instant(Change::ChangedAt))
        .primary_key(Index::create().col(Change::Number).col(Change::Position))
        .to_owned()
}

fn audit_event() -> TableCreateStatement {
    Table::create()
        .table(AuditEvent::Table)
        .col(id(AuditEvent::Id))
        .col(instant(AuditEvent::HappenedAt))
        .col(text(AuditEvent::ActorKind))
        .col(text(AuditEvent::Actor))
        .col(ColumnDef::new(AuditEvent::UserId).uuid())
        .col(ColumnDef::new(AuditEvent::TokenId).uuid())
        .col(text(AuditEvent::Action))
        .col(text(AuditEvent::Outcome))
        .col(ColumnDef::new(AuditEvent::Resource).text())
        .col(ColumnDef::new(AuditEvent::RowId).uuid())
        .col(text(AuditEvent::Target))
        .col(ColumnDef::new(AuditEvent::Before).text())
        .col(ColumnDef::new(AuditEvent::After).text())
        .col(ColumnDef::new(AuditEvent::RequestId).text())
        .col(ColumnDef::new(AuditEvent::ChainNo).big_integer())
        .col(ColumnDef::new(AuditEvent::Hash).text())
        .to_owned()
}

fn user() -> TableCreateStatement {
    Table::create()
        .table(User::Table)
        .col(id(User::Id))
        .col(text(User::Email))
        .col(text(User::Address))
        .col(ColumnDef::new(User::Name).text())
        .col(ColumnDef::new(User::Enabled).boolean().not_null())
        .col(instant(User::CreatedAt))
        .to_owned()
}

fn membership() -> TableCreateStatement {
    Table::create()
        .table(Membership::Table)
        .col(id(Membership::Id))
        .col(reference(Membership::UserId))
        .col(text(Membership::Role))
        .col(ColumnDef::new(Membership::UnitId).uuid())
        .foreign_key(
            ForeignKey::create()
                .name("fk_membership_user_id")
                .from(Membership::Table, Membership::UserId)
                .to(User::Table, User::Id),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_membership_unit_id")
                .from(Membership::Table, Membership::UnitId)
                .to(Unit::Table, Unit::Id),
        )
        .to_owned()
}

fn token() -> TableCreateStatement {
    Table::create()
        .table(Token::Table)
        .col(id(Token::Id))
        .col(reference(Token::UserId))
        .col(text(Token::Name))
        .col(text(Token::Hash))
        .col(text(Token::Scope))
        .col(instant(Token::CreatedAt))
        .col(instant(Token::ExpiresAt))
        .col(maybe_instant(Token::LastUsedAt))
        .col(maybe_instant(Token::RevokedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_token_user_id")
                .from(Token::Table, Token::UserId)
                .to(User::Table, User::Id),
        )
        .to_owned()
}

fn kept_reply() -> TableCreateStatement {
    Table::create()
        .table(KeptReply::Table)
        .col(reference(KeptReply::UserId))
        .col(text(KeptReply::Key))
        .col(text(KeptReply::Fingerprint))
        .col(reference(KeptReply::AttemptId))
        .col(text(KeptReply::State))
        .col(ColumnDef::new(KeptReply::Status).integer())
        .col(ColumnDef::new(KeptReply::Location).text())
        .col(ColumnDef::new(KeptReply::Body).text())
        .col(instant(KeptReply::BegunAt))
        .primary_key(Index::create().col(KeptReply::UserId).col(KeptReply::Key))
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
        index(
            "ix_change_row_id_change_no",
            Change::Table,
            vec![Change::RowId.into_iden(), Change::Number.into_iden()],
        ),
        index(
            "ix_change_changed_at",
            Change::Table,
            vec![Change::ChangedAt.into_iden()],
        ),
        unique(
            "uq_audit_event_chain_no",
            AuditEvent::Table,
            vec![AuditEvent::ChainNo.into_iden()],
        ),
        index(
            "ix_audit_event_happened_at_id",
            AuditEvent::Table,
            vec![
                AuditEvent::HappenedAt.into_iden(),
                AuditEvent::Id.into_iden(),
            ],
        ),
        index(
            "ix_audit_event_row_id",
            AuditEvent::Table,
            vec![AuditEvent::RowId.into_iden()],
        ),
        unique(
            "uq_user_address",
            User::Table,
            vec![User::Address.into_iden()],
        ),
        index(
            "ix_membership_user_id",
            Membership::Table,
            vec![Membership::UserId.into_iden()],
        ),
        unique("uq_token_hash", Token::Table, vec![Token::Hash.into_iden()]),
        index(
            "ix_token_user_id",
            Token::Table,
            vec![Token::UserId.into_iden()],
        ),
        index(
            "ix_kept_reply_begun_at",
            KeptReply::Table,
            vec![KeptReply::BegunAt.into_iden()],
        ),
    ]
}

#[derive(DeriveIden)]
enum ChangeCounter {
    Table,
    Id,
    Value,
    OldestKept,
}

#[derive(DeriveIden)]
enum Change {
    Table,
    #[sea_orm(iden = "change_no")]
    Number,
    Position,
    Resource,
    RowId,
    ChangedAt,
}

#[derive(DeriveIden)]
enum AuditEvent {
    Table,
    Id,
    HappenedAt,
    ActorKind,
    Actor,
    UserId,
    TokenId,
    Action,
    Outcome,
    Resource,
    RowId,
    Target,
    Before,
    After,
    RequestId,
    ChainNo,
    Hash,
}

#[derive(DeriveIden)]
enum User {
    Table,
    Id,
    Email,
    Address,
    Name,
    Enabled,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Membership {
    Table,
    Id,
    UserId,
    Role,
    UnitId,
}

#[derive(DeriveIden)]
enum Token {
    Table,
    Id,
    UserId,
    Name,
    Hash,
    Scope,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
    RevokedAt,
}

#[derive(DeriveIden)]
enum KeptReply {
    Table,
    UserId,
    Key,
    Fingerprint,
    AttemptId,
    State,
    Status,
    Location,
    Body,
    BegunAt,
}

#[derive(DeriveIden)]
enum Unit {
    Table,
    Id,
}
