//! Pages for people: made on the server, complete without script, and without anything from another host.

mod account;
mod account_form;
mod account_page;
mod assets;
mod browser;
mod frame;
mod link_form;
mod link_page;
mod link_routes;
mod session;
mod set_password;
mod sign_in;
mod sign_in_link;
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
        .configure(sign_in::routes)
        // Whoever was sent the link, or was shown it by the service: once.
        .configure(sign_in_link::routes)
        .configure(set_password::routes)
        // Whoever is signed in: their own account.
        .configure(account::routes);
}
