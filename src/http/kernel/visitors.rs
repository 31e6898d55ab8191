//! What pages share with the API: the counts by address, and the room for uploads.

use super::authenticate::address;
use super::kernel_state::Kernel;
use super::network::counted_as;
use super::problem::Problem;
use super::upload::{FormBounds, RawForm, read_form};
use super::write::room;
use actix_multipart::Multipart;
use actix_web::{HttpRequest, web};
use tokio::sync::OwnedSemaphorePermit;

/// A form that was received; the memory that it takes is counted until this is dropped.
#[derive(Debug)]
pub struct ReceivedForm {
    /// The form.
    pub form: RawForm,
    _room: OwnedSemaphorePermit,
}

impl Kernel {
    /// Counts a request that carries nothing we know against the address it comes from.
    ///
    /// # Errors
    /// 429.
    pub fn count_stranger(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.0.rates.count_address(address(&self.0, request))
    }

    /// The address that a request comes from, as far as it can be believed; of an IPv6 address what one customer holds
    /// whole.
    pub fn client_of(&self, request: &HttpRequest) -> String {
        counted_as(address(&self.0, request)).to_string()
    }

    /// Receives a form, once there is room for it.
    ///
    /// # Errors
    /// 400 `invalid_multipart`, 408, 413, 422, 503.
    pub async fn receive_form(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        bounds: FormBounds<'_>,
    ) -> Result<ReceivedForm, Problem> {
        let room = room(&self.0, request, bounds.bytes).await?;
        let form = Multipart::new(request.headers(), payload);
        Ok(ReceivedForm {
            form: read_form(form, bounds).await?,
            _room: room,
        })
    }
}
