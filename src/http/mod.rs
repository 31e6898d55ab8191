//! HTTP: health and metrics for operators' machines, calendar feeds for calendar programs, `/api` for everybody else's.

pub mod api;
pub mod calendar_feed;
pub mod health;
pub mod kernel;

use actix_web::web;

/// The routes outside `/api`; each names who may call it.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        // Anybody: tells nothing but that the process lives, or can serve.
        .route("/healthz", web::get().to(health::healthz))
        .route("/readyz", web::get().to(health::readyz))
        // Anybody who can reach the listener: counts only, no names and no addresses.
        .route("/metrics", web::get().to(health::metrics_text))
        // Whoever has a unit's secret: calendar programs bring no account.
        .service(
            web::resource("/calendar/{secret}.ics")
                .route(web::get().to(calendar_feed::calendar_feed))
                .route(web::head().to(calendar_feed::calendar_feed)),
        );
}
