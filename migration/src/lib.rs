//! The steps of the schema, oldest first. A step is never edited once released; see README.md for the rules.

pub use sea_orm_migration::prelude::*;

mod m20261123_000001_plans;
mod m20261123_000002_calendar;
mod m20261123_000003_supervision;
mod m20261123_000004_outbox;
mod m20261123_000005_service;
mod m20261123_000006_progress;
mod m20261124_000007_indicators;
mod m20261124_000010_life;
mod m20261128_000011_amendments;
mod m20261128_000012_inspections;
mod m20261128_000013_dispatch;
mod m20261128_000014_bulletins;
mod m20261128_000015_appraisals;
mod m20261128_000016_notices;
mod m20261128_000017_ledger;
mod m20261128_000018_evidence;
mod m20261128_000019_discarded;
mod m20261128_000020_former_values;
mod m20261128_000021_link_keys;
mod m20261128_000022_calendar_feeds;
mod m20261129_000023_accounts;
mod m20261129_000024_webhooks;
mod m20261129_000025_wall_links;
mod m20261129_000026_fallen_back;
mod m20261129_000028_mail_lanes;
mod m20261129_000029_due_mails;

/// Runs the steps in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_plans::Migration),
            Box::new(m20261123_000002_calendar::Migration),
            Box::new(m20261123_000003_supervision::Migration),
            Box::new(m20261123_000004_outbox::Migration),
            Box::new(m20261123_000005_service::Migration),
            Box::new(m20261123_000006_progress::Migration),
            Box::new(m20261124_000007_indicators::Migration),
            Box::new(m20261124_000010_life::Migration),
            Box::new(m20261128_000018_evidence::Migration),
            Box::new(m20261128_000012_inspections::Migration),
            Box::new(m20261128_000011_amendments::Migration),
            Box::new(m20261128_000015_appraisals::Migration),
            Box::new(m20261128_000016_notices::Migration),
            Box::new(m20261128_000014_bulletins::Migration),
            Box::new(m20261128_000013_dispatch::Migration),
            Box::new(m20261128_000017_ledger::Migration),
            Box::new(m20261128_000019_discarded::Migration),
            Box::new(m20261128_000020_former_values::Migration),
            Box::new(m20261128_000021_link_keys::Migration),
            Box::new(m20261128_000022_calendar_feeds::Migration),
            Box::new(m20261129_000023_accounts::Migration),
            Box::new(m20261129_000024_webhooks::Migration),
            Box::new(m20261129_000025_wall_links::Migration),
            Box::new(m20261129_000026_fallen_back::Migration),
            Box::new(m20261129_000028_mail_lanes::Migration),
            Box::new(m20261129_000029_due_mails::Migration),
        ]
    }
}
