//! How people sign in: passwords and languages of users, sessions beside bearer tokens, links that are good once, and who
//! stands in for whom.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut kind = ColumnDef::new(Token::Kind);
        kind.text().not_null().default("bearer");
        let mut begun_by = ColumnDef::new(Token::BegunBy);
        begun_by.text();
        let mut password = ColumnDef::new(User::Password);
        password.text();
        let mut locale = ColumnDef::new(User::Locale);
        locale.text();
        // SQLite adds one column at a time.
        for (table, column) in [
            (Token::Table.into_iden(), kind),
            (Token::Table.into_iden(), begun_by),
            (User::Table.into_iden(), password),
            (User::Table.into_iden(), locale),
        ] {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        for table in [sign_in_link(), delegation()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses passwords, languages and delegations, and ends all sessions.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [Delegation::Table.into_iden(), SignInLink::Table.into_iden()] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        // What is no bearer token must not become one.
        let sessions = Query::delete()
            .from_table(Token::Table)
            .and_where(Expr::col(Token::Kind).ne("bearer"))
            .to_owned();
        manager.execute(sessions).await?;
        for (table, column) in [
            (User::Table.into_iden(), User::Locale.into_iden()),
            (User::Table.into_iden(), User::Password.into_iden()),
            (Token::Table.into_iden(), Token::BegunBy.into_iden()),
            (Token::Table.into_iden(), Token::Kind.into_iden()),
        ] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
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

fn to_user<T: IntoIden, C: IntoIden>(name: &str, table: T, column: C) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, column)
        .to(User::Table, User::Id)
        .to_owned()
}

fn sign_in_link() -> TableCreateStatement {
    Table::create()
        .table(SignInLink::Table)
        .col(id(SignInLink::Id))
        .col(ColumnDef::new(SignInLink::UserId).uuid())
        .col(ColumnDef::new(SignInLink::Address).text())
        .col(text(SignInLink::Purpose))
        .col(text(SignInLink::Hash))
        .col(instant(SignInLink::MadeAt))
        .col(instant(SignInLink::ExpiresAt))
        .col(maybe_instant(SignInLink::UsedAt))
        .foreign_key(&mut to_user(
            "fk_sign_in_link_user_id",
            SignInLink::Table,
            SignInLink::UserId,
        ))
        .to_owned()
}

fn delegation() -> TableCreateStatement {
    Table::create()
        .table(Delegation::Table)
        .col(id(Delegation::Id))
        .col(reference(Delegation::UserId))
        .col(reference(Delegation::DelegateId))
        .col(ColumnDef::new(Delegation::FromOn).date().not_null())
        .col(ColumnDef::new(Delegation::UntilOn).date().not_null())
        .col(text(Delegation::Reason))
        .col(instant(Delegation::MadeAt))
        .col(maybe_instant(Delegation::EndedAt))
        .foreign_key(&mut to_user(
            "fk_delegation_user_id",
            Delegation::Table,
            Delegation::UserId,
        ))
        .foreign_key(&mut to_user(
            "fk_delegation_delegate_id",
            Delegation::Table,
            Delegation::DelegateId,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_sign_in_link_hash")
            .table(SignInLink::Table)
            .col(SignInLink::Hash)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_sign_in_link_user_id")
            .table(SignInLink::Table)
            .col(SignInLink::UserId)
            .to_owned(),
        Index::create()
            .name("ix_sign_in_link_address")
            .table(SignInLink::Table)
            .col(SignInLink::Address)
            .to_owned(),
        Index::create()
            .name("ix_delegation_user_id")
            .table(Delegation::Table)
            .col(Delegation::UserId)
            .to_owned(),
        Index::create()
            .name("ix_delegation_delegate_id")
            .table(Delegation::Table)
            .col(Delegation::DelegateId)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Token {
    Table,
    Kind,
    BegunBy,
}

#[derive(DeriveIden)]
enum User {
    Table,
    Id,
    Password,
    Locale,
}

#[derive(DeriveIden)]
enum SignInLink {
    Table,
    Id,
    UserId,
    Address,
    Purpose,
    Hash,
    MadeAt,
    ExpiresAt,
    UsedAt,
}

#[derive(DeriveIden)]
enum Delegation {
    Table,
    Id,
    UserId,
    DelegateId,
    FromOn,
    UntilOn,
    Reason,
    MadeAt,
    EndedAt,
}
