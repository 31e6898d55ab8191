//! What operators' machines ask: is it alive, can it serve, and how does it do.

use crate::domain::mail_pace::Trouble;
use crate::flow::Ctx;
use crate::flow::pause::paused;
use crate::storage::{mail_health, mail_lanes};
use actix_web::{HttpResponse, Responder, web};
use metrics_exporter_prometheus::PrometheusHandle;
use std::time::Duration;

/// How long the database may take to answer before we are not ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// 200 while the process lives.
pub async fn healthz() -> impl Responder {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// 200 when the database answers, else 503. While work is paused a second line says so: answers are taken all the same.
pub async fn readyz(ctx: web::Data<Ctx>) -> impl Responder {
    match tokio::time::timeout(PATIENCE, paused(&ctx)).await {
        Ok(Ok(pause)) => HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(match pause {
                None => "ok\n",
                Some(_) => "ok\npaused: 系统处于暂停状态，不发邮件。恢复运行：duban resume\n",
            }),
        Ok(Err(_)) | Err(_) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body("数据库没有应答\n"),
    }
}

/// Metrics in the Prometheus text format.
pub async fn metrics_text(
    ctx: web::Data<Ctx>,
    handle: web::Data<Option<PrometheusHandle>>,
) -> impl Responder {
    let Some(handle) = handle.get_ref() else {
        return HttpResponse::NotFound().finish();
    };
    if let Ok(Ok(())) = tokio::time::timeout(PATIENCE, tell_outbox(&ctx)).await {
        handle.run_upkeep();
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(handle.render())
}

async fn tell_outbox(ctx: &Ctx) -> Result<(), crate::storage::StorageError> {
    let counts = mail_health::counts(&ctx.db).await?;
    for state in crate::domain::mail_state::MailState::ALL {
        let mails = counts.get(state.as_str()).copied().unwrap_or(0);
        metrics::gauge!("duban_outbox_mails", "state" => state.as_str()).set(mails as f64);
    }
    let troubled = mail_lanes::troubled(&ctx.db).await?;
    for &trouble in Trouble::ALL {
        let lanes = troubled.iter().filter(|lane| lane.trouble == Some(trouble));
        metrics::gauge!("duban_mail_held_up", "trouble" => trouble.as_str())
            .set(lanes.count() as f64);
    }
    let pause = paused(ctx).await.unwrap_or_default();
    metrics::gauge!("duban_paused").set(if pause.is_some() { 1.0 } else { 0.0 });
    let oldest = mail_health::oldest_waiting(&ctx.db).await?;
    let age = oldest.map_or(0.0, |oldest| {
        (ctx.clock.now() - oldest).as_seconds_f64().max(0.0)
    });
    metrics::gauge!("duban_queue_age_seconds").set(age);
    Ok(())
}
