//! Pages for people: made on the server, complete without script, and without anything from another host.

mod assets;
mod frame;
mod link_form;
mod link_page;
mod link_routes;
mod words;

use crate::flow::Ctx;
use crate::http::kernel::Kernel;
use actix_web::web;

/// The routes of pages, for one worker; each names who may call it.
pub fn routes(ctx: &Ctx, kernel: &Kernel) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let (ctx, kernel) = (web::Data::new(ctx.clone()), web::Data::new(kernel.clone()));
    move |config| {
        config
            .app_data(ctx)
            .app_data(kernel)
            // Anybody: what pages look like.
            .route(assets::STYLE, web::get().to(assets::style))
            // Whoever was sent the link: one contact, for one purpose about one request. What carries no good link tells
            // nothing.
            .service(link_routes::resource());
    }
}
