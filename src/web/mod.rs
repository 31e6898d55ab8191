//! Pages for people: made on the server, complete without script, and without anything from another host.

mod account_form;
mod assets;
mod browser;
mod frame;
mod link_form;
mod link_page;
mod link_routes;
mod session;
mod sign_in;
mod words;

use actix_web::web;

/// The routes of pages; each names who may call it. They need the same data as those of [`crate::http::routes`].
pub fn routes(config: &mut web::ServiceConfig) {
    config
        // Anybody: what pages look like.
        .route(assets::STYLE, web::get().to(assets::style))
        // Whoever was sent the link: one contact, for one purpose about one request. What carries no good link tells
        // nothing.
        .service(link_routes::resource())
        // Anybody: to become somebody.
        .configure(sign_in::routes);
}
