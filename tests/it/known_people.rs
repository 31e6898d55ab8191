//! What a process knows of units and contacts is never older than what is committed, and never newer for others.

use crate::support::Town;
use crate::support::town::UNITS;
use anyhow::Context;
use duban::domain::email_address::EmailAddress;
use duban::flow::Ctx;
use duban::flow::manage_contacts::set_contact;
use duban::flow::manage_units::{UnitChange, change_unit};
use duban::flow::place_contact::Wanted;
use duban::storage::{Session, contacts, units};

on_both!(
    what_another_instance_changed_is_read_at_once,
    what_is_not_committed_is_seen_in_its_transaction_alone,
);

/// Name of the unit S1 and address of its contact, as `db` tells them.
async fn told(db: &impl Session) -> anyhow::Result<(String, Option<String>)> {
    let all = units::all(db).await?;
    let unit = all.iter().find(|unit| unit.code == "S1").context("S1")?;
    let present = contacts::present(db).await?;
    let contact = present.iter().find(|contact| contact.unit_id == unit.id);
    let address = contact.and_then(|contact| contact.email.clone());
    Ok((unit.name.clone(), address))
}

async fn rename(ctx: &Ctx, name: &str) -> anyhow::Result<()> {
    let all = units::all(&ctx.db).await?;
    let unit = all.iter().find(|unit| unit.code == "S1").context("S1")?;
    let change = UnitChange {
        name: Some(name.to_owned()),
        ..UnitChange::default()
    };
    change_unit(ctx, unit.id, change, None).await?;
    Ok(())
}

async fn what_another_instance_changed_is_read_at_once(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let other = town.another().await?;
    assert_eq!(told(&town.ctx.db).await?, told(&other.db).await?);
    for name in ["第一小学", "实验小学"] {
        rename(&other, name).await?;
        assert_eq!(told(&town.ctx.db).await?.0, name);
    }
    let all = units::all(&town.ctx.db).await?;
    let unit = all.iter().find(|unit| unit.code == "S1").context("S1")?;
    let wanted = Wanted {
        name: None,
        email: Some(EmailAddress::parse("new@s1.example.org")?),
    };
    set_contact(&other, unit.id, &wanted, None).await?;
    let address = told(&town.ctx.db).await?.1;
    assert_eq!(address.as_deref(), Some("new@s1.example.org"));
    Ok(())
}

async fn what_is_not_committed_is_seen_in_its_transaction_alone(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let other = town.another().await?;
    let before = told(&town.ctx.db).await?;
    let tx = town.ctx.write().await?;
    let all = units::all(&tx).await?;
    let unit = all.into_iter().find(|unit| unit.code == "S1");
    let mut unit = unit.context("S1")?;
    unit.name = "未定小学".to_owned();
    units::update(&tx, &unit).await?;
    assert_eq!(told(&tx).await?.0, "未定小学");
    assert_eq!(told(&town.ctx.db).await?, before);
    assert_eq!(told(&other.db).await?, before);
    drop(tx);
    assert_eq!(told(&town.ctx.db).await?, before);
    assert_eq!(told(&other.db).await?, before);
    Ok(())
}
