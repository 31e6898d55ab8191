//! Bodies as handlers want them: nothing, JSON of a type of theirs, or an upload.

use super::field_errors::Check;
use super::json;
use super::problem::Problem;
use super::raw_body::BodyKind;
use super::schemas::{Schemas, properties};
use super::upload::{FileCount, FilePart, RawForm, Upload, read_fields};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};

/// A body as it was received.
#[derive(Debug, Clone)]
pub enum RawBody {
    /// None.
    Nothing,
    /// What claims to be JSON.
    Json(Bytes),
    /// A form.
    Form(RawForm),
}

/// What can be the body of a request: [`NoBody`], JSON of anything with `Deserialize`, `ToSchema` and [`Check`], or an
/// [`Upload`].
pub trait Body: Sized + 'static {
    /// What has to be received.
    const KIND: BodyKind;

    /// Reads it.
    ///
    /// # Errors
    /// 400, 422.
    fn read(raw: &RawBody) -> Result<Self, Problem>;

    /// Its schema; `None` for no body.
    fn describe(schemas: &mut Schemas, files: &[FilePart]) -> Option<RefOr<Schema>>;

    /// Whether it refuses fields that it does not know.
    fn is_closed() -> bool;
}

/// No body: what is sent is not read.
#[derive(Debug, Clone, Copy)]
pub struct NoBody;

impl Body for NoBody {
    const KIND: BodyKind = BodyKind::Nothing;

    fn read(_: &RawBody) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn describe(_: &mut Schemas, _: &[FilePart]) -> Option<RefOr<Schema>> {
        None
    }

    fn is_closed() -> bool {
        true
    }
}

impl<T: DeserializeOwned + ToSchema + Check + 'static> Body for T {
    const KIND: BodyKind = BodyKind::Json;

    fn read(raw: &RawBody) -> Result<Self, Problem> {
        match raw {
            RawBody::Json(bytes) => json::read(bytes),
            RawBody::Nothing | RawBody::Form(_) => Err(Problem::internal("a body of another kind")),
        }
    }

    fn describe(schemas: &mut Schemas, _: &[FilePart]) -> Option<RefOr<Schema>> {
        Some(schemas.of::<T>())
    }

    fn is_closed() -> bool {
        refuses_unknown(&T::schema())
    }
}

impl<T: DeserializeOwned + ToSchema + Check + 'static> Body for Upload<T> {
    const KIND: BodyKind = BodyKind::Form;

    fn read(raw: &RawBody) -> Result<Self, Problem> {
        match raw {
            RawBody::Form(form) => Ok(Self {
                fields: read_fields(form)?,
                files: form.files.clone(),
            }),
            RawBody::Nothing | RawBody::Json(_) => Err(Problem::internal("a body of another kind")),
        }
    }

    fn describe(schemas: &mut Schemas, files: &[FilePart]) -> Option<RefOr<Schema>> {
        schemas.used_by::<T>();
        let (fields, required) = properties(&T::schema());
        let closed = AdditionalProperties::FreeForm(false);
        let mut form = ObjectBuilder::new().additional_properties(Some(closed));
        for (name, schema) in fields {
            form = form.property(name, schema);
        }
        for name in required {
            form = form.required(name);
        }
        for part in files {
            let file = ObjectBuilder::new()
                .schema_type(Type::String)
                .content_media_type("application/octet-stream")
                .description(Some(part.says));
            form = match part.count {
                FileCount::One => form.property(part.name, file).required(part.name),
                FileCount::AtMostOne => form.property(part.name, file),
                FileCount::Any => {
                    let files = ArrayBuilder::new().items(RefOr::T(Schema::Object(file.build())));
                    form.property(part.name, files)
                }
            };
        }
        Some(form.into())
    }

    fn is_closed() -> bool {
        refuses_unknown(&T::schema())
    }
}

/// An object's schema says so; a choice of objects is read by serde, which finds none that fits.
fn refuses_unknown(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let closed = Some(Box::new(AdditionalProperties::FreeForm(false)));
            object.additional_properties == closed
        }
        RefOr::T(Schema::Array(_) | Schema::OneOf(_) | Schema::AllOf(_) | Schema::AnyOf(_)) => true,
        RefOr::Ref(_) | RefOr::T(_) => true,
    }
}
