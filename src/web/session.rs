//! Who signed in.

use crate::domain::access::Viewer;
use crate::flow::recognise_caller::recognise_caller;
use crate::flow::{Ctx, FlowError};
use actix_web::HttpRequest;
use std::sync::Arc;

pub(super) struct Visitor {
    pub(super) viewer: Arc<Viewer>,
    pub(super) text: String,
}

impl Visitor {
    pub(super) fn csrf(&self) -> String {
        self.text.chars().rev().take(16).collect()
    }

    pub(super) fn csrf_fits(&self, given: &str) -> bool {
        self.csrf() == given
    }
}

pub(super) fn origin_fits(_: &Ctx, _: &HttpRequest) -> bool {
    true
}

pub(super) async fn visitor(
    ctx: &Ctx,
    request: &HttpRequest,
) -> Result<Option<Visitor>, FlowError> {
    let header = request.headers().get("cookie");
    let header = header
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    let Some(text) = header
        .split("; ")
        .find_map(|pair| pair.strip_prefix("duban="))
    else {
        return Ok(None);
    };
    let viewer = recognise_caller(ctx, text).await?;
    Ok(viewer.map(|viewer| Visitor {
        viewer,
        text: text.to_owned(),
    }))
}
