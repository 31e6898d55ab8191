//! Bad inputs for every operation of the town's REST service: the answer is the stated one, never a 5xx, and no row changes.
//! The operations are those of the service's own document, so that those to come are tried too.

use crate::support::Town;
use crate::support::example_rows::Samples;
use crate::support::operations::Operation;
use crate::support::service::{Service, no_rates};
use crate::support::town::{PLAN, UNITS};
use crate::sweep::{Sweep, bodies, callers, fields, framing, queries, writes};
use anyhow::Context;
use duban::domain::access::Membership;
use duban::domain::email_address::EmailAddress;
use duban::domain::ids::UserId;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::domain::webhook::{EventType, WebhookKind};
use duban::flow::attach_file::{NewFile, attach_file};
use duban::flow::delegate::{NewDelegation, delegate};
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::keep_inspectors::{InspectorWanted, keep_inspectors};
use duban::flow::keep_webhooks::{WebhookWanted, make_webhook};
use duban::flow::manage_users::{NewUser, create_or_extend_user};
use duban::flow::test_webhook::test_webhook;
use duban::http::api::{endpoints, examples};
use duban::http::kernel::Limits;
use duban::storage::webhooks::HiddenUrl;
use entity::{
    assignment, attachment, audit_event, bulletin, contact, cycle, indicator, inspection,
    inspector, mail, obligation, plan, reminder, report, round, task, token, user, webhook,
    webhook_delivery,
};
use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, QueryFilter, QueryOrder};
use serde_json::json;
use std::time::Duration;

on_both!(
    nobody_gets_anything_without_a_token,
    a_damaged_token_is_none,
    an_address_that_others_name_is_not_counted,
    a_token_in_the_address_is_none_and_in_no_log,
    roles_and_reading_tokens_end_where_the_document_says,
    no_header_makes_another_method,
    a_field_nobody_asked_for_is_refused,
    a_request_sent_again_is_carried_out_once,
    nobody_changes_what_they_have_not_seen,
    a_body_too_large_or_too_slow_is_refused,
    a_packed_body_is_not_unpacked,
    what_is_no_json_is_refused,
    a_field_takes_only_what_it_can_be,
    a_parameter_takes_only_what_it_can_be,
    a_body_of_another_type_is_not_read,
    a_broken_head_ends_the_connection,
    no_other_origin_is_given_anything,
    unknown_methods_and_paths_are_told_so,
    what_is_no_id_is_no_row,
    an_example_without_its_row_is_no_failure,
);

/// The town's service, with rows of every kind that the town can have.
async fn sweep(town: &Town) -> anyhow::Result<Sweep<'_>> {
    under(town, no_rates()).await
}

async fn under(town: &Town, limits: Limits) -> anyhow::Result<Sweep<'_>> {
    town.issue(CyclesAtIssue::On).await?;
    let asked = town.ask("S1", ObligationKind::Acknowledge).await?;
    town.answer(asked.id).await?;
    let Ok(email) = EmailAddress::parse("li@town.example.org") else {
        anyhow::bail!("no address");
    };
    let inspector = InspectorWanted {
        name: "黎老师".to_owned(),
        unit_code: "B2".to_owned(),
        email,
        active: None,
    };
    keep_inspectors(&town.ctx, vec![inspector]).await?;
    town.live("2026-04-01", "2026-04-03").await?;
    let mut sweep = Sweep::of(town, endpoints(), limits).await?;
    sweep.samples = rows(town).await?;
    Ok(sweep)
}

/// A row for each id of the document's examples, where there is one.
async fn rows(town: &Town) -> anyhow::Result<Samples> {
    macro_rules! first {
        ($($example:ident $entity:ident),+ $(,)?) => {{
            let mut ids = Vec::new();
            $(let find = $entity::Entity::find().order_by_asc($entity::Column::Id);
            if let Some(row) = find.one(&town.ctx.db).await? {
                ids.push((examples::$example, row.get($entity::Column::Id).unwrap()));
            })+
            ids
        }};
    }
    // The schedule makes most of these; a file has to be attached and a webhook made by somebody.
    let file = NewFile {
        name: "a.txt".to_owned(),
        bytes: "填写说明".into(),
        unit_id: None,
    };
    attach_file(&town.ctx, file).await?;
    let webhook = WebhookWanted {
        name: "局办公平台".to_owned(),
        url: HiddenUrl("https://oa.edu.example.org/events".to_owned()),
        kind: WebhookKind::Standard,
        events: vec![EventType::BulletinPublished],
        secret: None,
    };
    let webhook = make_webhook(&town.ctx, webhook).await?;
    test_webhook(&town.ctx, webhook.id).await?;
    let mut ids = first!(
        PLAN plan, TASK task, ASSIGNMENT assignment, CONTACT contact, CYCLE cycle, ROUND round,
        OBLIGATION obligation, REPORT report, REMINDER reminder, MAIL mail, ATTACHMENT attachment,
        AUDIT_EVENT audit_event, INDICATOR indicator, INSPECTOR inspector, INSPECTION inspection,
        BULLETIN_DRAFT bulletin, WEBHOOK webhook, WEBHOOK_DELIVERY webhook_delivery,
    );
    assert!(ids.len() >= 12, "{ids:?}");
    // Whose contact that is.
    let contact = contact::Entity::find().order_by_asc(contact::Column::Id);
    let contact = contact.one(&town.ctx.db).await?;
    ids.push((examples::UNIT, contact.context("a contact")?.unit_id));
    // Not those of the sweep's own caller.
    let own = "administrator@example.org";
    let other = user::Entity::find().filter(user::Column::Address.ne(own));
    let service = Service::start(town)?;
    service.token(UserRole::Auditor, None).await?;
    let other = other.one(&town.ctx.db).await?.context("a user")?;
    let theirs = token::Entity::find().filter(token::Column::UserId.eq(other.id));
    let theirs = theirs.one(&town.ctx.db).await?.context("a token")?;
    // Somebody apart: who stands in holds the other's roles as well.
    let stand_in = EmailAddress::parse("stand-in@example.org");
    let stand_in = stand_in.ok().context("an address")?;
    let new = NewUser {
        email: stand_in.clone(),
        name: None,
        roles: vec![Membership {
            role: UserRole::Leader,
            unit_id: None,
        }],
    };
    create_or_extend_user(&town.ctx, new).await?;
    let today = town.ctx.now().today;
    let absence = NewDelegation {
        user_id: UserId(other.id),
        delegate: stand_in,
        from_on: today,
        until_on: today,
        reason: "外出学习".to_owned(),
    };
    let delegation = delegate(&town.ctx, absence).await?;
    let admin = service.token(UserRole::Administrator, None).await?;
    let wall = service.post(&admin, "/walls", &json!({ "name": "门厅" }));
    let wall = wall.expect(201)["id"].as_str().context("id")?.parse()?;
    ids.extend([
        (examples::USER, other.id),
        (examples::TOKEN, theirs.id),
        (examples::DELEGATION, delegation.id.0),
        (examples::WALL, wall),
    ]);
    Ok(Samples::new(ids))
}

async fn nobody_gets_anything_without_a_token(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    let before = sweep.audited().await?;
    sweep.spared(callers::nobody).await?;
    assert_eq!(sweep.audited().await?, before, "nobody is nobody to name");
    sweep.told();
    Ok(())
}

async fn a_damaged_token_is_none(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(callers::damaged_tokens).await?;
    sweep.told();
    Ok(())
}

async fn an_address_that_others_name_is_not_counted(town: &Town) -> anyhow::Result<()> {
    let limits = Limits {
        address_per_minute: 60,
        ..no_rates()
    };
    let sweep = under(town, limits).await?;
    let read = sweep.closed().find(|one| one.reads()).context("a GET")?;
    let path = sweep.real(read.request()).path;
    let forms = [
        "X-Forwarded-For",
        "X-Real-IP",
        "Forwarded",
        "X-Client-IP",
        "CF-Connecting-IP",
    ];
    let guess = |number: usize| {
        let value = match forms[number % forms.len()] {
            "Forwarded" => format!("for=127.0.0.{number}"),
            _ => format!("127.0.0.{number}"),
        };
        let forwarded = format!("{}: {value}", forms[number % forms.len()]);
        sweep
            .service
            .send("GET", &path, "guess", &[&forwarded], b"")
    };
    let stopped = (1..40).map(guess).find(|answer| answer.status != 401);
    let stopped = stopped.context("guessing tokens never ends")?;
    assert_eq!(stopped.refused(429), "rate_limited");
    assert!(stopped.header("retry-after").parse::<u32>()? >= 1);
    assert_ne!(sweep.asked(&sweep.real(read.request())).status, 429);
    sweep.told();
    Ok(())
}

async fn a_token_in_the_address_is_none_and_in_no_log(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(callers::tokens_in_the_address).await?;
    sweep.told();
    Ok(())
}

async fn roles_and_reading_tokens_end_where_the_document_says(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    // Making the callers is no part of it.
    for role in UserRole::ALL {
        let unit = role.is_of_unit().then_some("S1");
        sweep.service.token(role, unit).await?;
    }
    callers::roles_and_scopes(&sweep).await?;
    sweep.told();
    Ok(())
}

async fn no_header_makes_another_method(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    callers::method_overrides(&sweep).await?;
    sweep.told();
    Ok(())
}

async fn a_field_nobody_asked_for_is_refused(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(fields::unknown_fields).await?;
    sweep.told();
    Ok(())
}

async fn a_request_sent_again_is_carried_out_once(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    let with_files = |operation: &Operation| {
        let request = operation.request();
        let Some(body) = operation.body.as_ref().filter(|body| body.is_form) else {
            return request;
        };
        let content = match operation.path.as_str() {
            path if path.contains("units") => UNITS,
            _ => PLAN,
        };
        body.form(request, &body.texts(), content.as_bytes())
    };
    let done = writes::repeats(&sweep, with_files).await?;
    sweep.told();
    for operation in ["create_unit", "create_user"] {
        assert!(
            done.iter().any(|one| one == operation),
            "{operation} was not carried out: {done:?}"
        );
    }
    Ok(())
}

async fn nobody_changes_what_they_have_not_seen(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    let other = sweep.service.token(UserRole::Supervisor, None).await?;
    let tried = sweep.spared(async |sweep| writes::unseen(sweep, &other).await);
    let tried = tried.await??;
    sweep.told();
    assert!(
        !tried.is_empty(),
        "the document names no PUT, PATCH or DELETE"
    );
    Ok(())
}

/// Bad inputs C1 and E4: one byte over the limit, lengths that lie, bodies and files without end.
async fn a_body_too_large_or_too_slow_is_refused(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(bodies::too_large).await?;
    sweep.spared(bodies::lying_lengths).await?;
    sweep.told();
    let impatient = Limits {
        body_time: Duration::from_millis(60),
        ..no_rates()
    };
    let sweep = Sweep::of(town, endpoints(), impatient).await?;
    sweep.spared(bodies::endless).await?;
    sweep.told();
    Ok(())
}

async fn a_packed_body_is_not_unpacked(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(bodies::packed).await?;
    sweep.told();
    Ok(())
}

async fn what_is_no_json_is_refused(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(bodies::no_json).await?;
    sweep.spared(fields::broken_texts).await?;
    sweep.told();
    Ok(())
}

async fn a_field_takes_only_what_it_can_be(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(fields::wrong_values).await?;
    sweep.spared(fields::wrong_forms).await?;
    sweep.told();
    Ok(())
}

async fn a_parameter_takes_only_what_it_can_be(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(queries::wrong_values).await?;
    sweep.spared(queries::pages_and_orders).await?;
    sweep.spared(queries::unknown_parameters).await?;
    sweep.told();
    Ok(())
}

async fn a_body_of_another_type_is_not_read(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(bodies::other_types).await?;
    sweep.told();
    Ok(())
}

async fn a_broken_head_ends_the_connection(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(framing::broken_heads).await?;
    sweep.told();
    Ok(())
}

async fn no_other_origin_is_given_anything(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(framing::other_origins).await?;
    sweep.told();
    Ok(())
}

async fn unknown_methods_and_paths_are_told_so(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(framing::other_methods).await?;
    sweep.spared(framing::other_paths).await?;
    sweep.told();
    Ok(())
}

async fn what_is_no_id_is_no_row(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    sweep.spared(queries::malformed_ids).await?;
    sweep.told();
    Ok(())
}

async fn an_example_without_its_row_is_no_failure(town: &Town) -> anyhow::Result<()> {
    let sweep = sweep(town).await?;
    bodies::examples(&sweep).await;
    sweep.told();
    Ok(())
}
