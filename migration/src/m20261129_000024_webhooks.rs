//! Endpoints that are told of what happens, what each is told, and which due days were told as missed.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [webhook(), webhook_delivery(), overdue_event()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Loses the endpoints with their secrets, and what they were told.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            OverdueEvent::Table.into_iden(),
            WebhookDelivery::Table.into_iden(),
            Webhook::Table.into_iden(),
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

fn maybe_text<T: IntoIden>(column: T) -> ColumnDef {
    let mut def = ColumnDef::new(column);
    def.text();
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

fn webhook() -> TableCreateStatement {
    Table::create()
        .table(Webhook::Table)
        .col(id(Webhook::Id))
        .col(text(Webhook::Name))
        .col(text(Webhook::Url))
        .col(text(Webhook::Kind))
        .col(ColumnDef::new(Webhook::Events).json().not_null())
        .col(ColumnDef::new(Webhook::Enabled).boolean().not_null())
        .col(maybe_text(Webhook::OffReason))
        .col(instant(Webhook::SinceAt))
        .col(maybe_instant(Webhook::FailingSinceAt))
        .col(maybe_text(Webhook::Secret))
        .col(maybe_text(Webhook::FormerSecret))
        .col(maybe_instant(Webhook::FormerUntilAt))
        .col(maybe_instant(Webhook::NextSendAt))
        .col(text(Webhook::MadeBy))
        .col(instant(Webhook::MadeAt))
        .to_owned()
}

fn webhook_delivery() -> TableCreateStatement {
    Table::create()
        .table(WebhookDelivery::Table)
        .col(id(WebhookDelivery::Id))
        .col(ColumnDef::new(WebhookDelivery::WebhookId).uuid().not_null())
        .col(text(WebhookDelivery::EventKey))
        .col(text(WebhookDelivery::EventType))
        .col(text(WebhookDelivery::Body))
        .col(instant(WebhookDelivery::MadeAt))
        .col(text(WebhookDelivery::State))
        .col(maybe_text(WebhookDelivery::Trouble))
        .col(ColumnDef::new(WebhookDelivery::Tries).integer().not_null())
        .col(ColumnDef::new(WebhookDelivery::Attempts).json().not_null())
        .col(maybe_instant(WebhookDelivery::RetryAt))
        .col(maybe_instant(WebhookDelivery::SettledAt))
        .col(ColumnDef::new(WebhookDelivery::LeaseId).uuid())
        .col(maybe_instant(WebhookDelivery::LeaseUntilAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_webhook_delivery_webhook_id")
                .from(WebhookDelivery::Table, WebhookDelivery::WebhookId)
                .to(Webhook::Table, Webhook::Id),
        )
        .to_owned()
}

/// A due day is missed once, however often the jobs look.
fn overdue_event() -> TableCreateStatement {
    Table::create()
        .table(OverdueEvent::Table)
        .col(ColumnDef::new(OverdueEvent::ObligationId).uuid().not_null())
        .col(
            ColumnDef::new(OverdueEvent::DueRevision)
                .integer()
                .not_null(),
        )
        .col(instant(OverdueEvent::ToldAt))
        .primary_key(
            Index::create()
                .col(OverdueEvent::ObligationId)
                .col(OverdueEvent::DueRevision),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_overdue_event_obligation_id")
                .from(OverdueEvent::Table, OverdueEvent::ObligationId)
                .to(Obligation::Table, Obligation::Id),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("uq_webhook_delivery_webhook_id_event_key")
            .table(WebhookDelivery::Table)
            .col(WebhookDelivery::WebhookId)
            .col(WebhookDelivery::EventKey)
            .unique()
            .to_owned(),
        Index::create()
            .name("ix_webhook_delivery_state_retry_at")
            .table(WebhookDelivery::Table)
            .col(WebhookDelivery::State)
            .col(WebhookDelivery::RetryAt)
            .to_owned(),
        Index::create()
            .name("ix_webhook_delivery_made_at")
            .table(WebhookDelivery::Table)
            .col(WebhookDelivery::MadeAt)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Webhook {
    Table,
    Id,
    Name,
    Url,
    Kind,
    Events,
    Enabled,
    OffReason,
    SinceAt,
    FailingSinceAt,
    Secret,
    FormerSecret,
    FormerUntilAt,
    NextSendAt,
    MadeBy,
    MadeAt,
}

#[derive(DeriveIden)]
enum WebhookDelivery {
    Table,
    Id,
    WebhookId,
    EventKey,
    EventType,
    Body,
    MadeAt,
    State,
    Trouble,
    Tries,
    Attempts,
    RetryAt,
    SettledAt,
    LeaseId,
    LeaseUntilAt,
}

#[derive(DeriveIden)]
enum OverdueEvent {
    Table,
    ObligationId,
    DueRevision,
    ToldAt,
}

#[derive(DeriveIden)]
enum Obligation {
    Table,
    Id,
}
