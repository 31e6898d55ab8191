//! Schemas of the document: collecting them from the handlers' own types, and those of the domain's types, which know
//! nothing of HTTP.

use crate::domain::amendment::AmendmentKind;
use crate::domain::appraisal::{AppraisalState, ObjectionState, WarningState};
use crate::domain::ask_origin::AskOrigin;
use crate::domain::assignment_life::{AssignmentEvent, AssignmentState};
use crate::domain::attainment::{Attainment, Trend};
use crate::domain::bulletin::BulletinState;
use crate::domain::calendar::{DayKind, Roll};
use crate::domain::card::Card;
use crate::domain::cycle::{CatchUp, InVacation};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::decimal::Decimal;
use crate::domain::decision::DecisionState;
use crate::domain::extension::ExtensionState;
use crate::domain::finding_life::{FindingEvent, FindingState};
use crate::domain::frequency::Frequency;
use crate::domain::group_list::GroupOrigin;
use crate::domain::ids::{
    AmendmentId, AppraisalId, AskOverrideId, AssignmentEventId, AssignmentId, AttachmentId,
    AuditEventId, BulletinId, CompletionId, ContactId, CycleId, DeadlineId, DecisionId,
    DelegationId, ExtensionId, FindingId, IndicatorId, InspectionId, InspectorId, MailId, NoticeId,
    ObjectionId, ObligationId, PlanId, QualityResultId, ReminderId, ReportId, RoundId,
    ScoreRulesId, TaskId, TokenId, UnitId, UserId, WallId, WarningId, WebhookDeliveryId, WebhookId,
};
use crate::domain::indicator::IndicatorState;
use crate::domain::inspection::{
    DrawConfirm, DrawState, InspectionMode, InspectionResult, InspectionState,
};
use crate::domain::level::Level;
use crate::domain::light::Light;
use crate::domain::mail_state::{MailKind, MailState};
use crate::domain::notice::{NoticeEvent, NoticeObjection, NoticeOrigin, NoticeState, Rung};
use crate::domain::obligation::{MovedBy, ObligationKind, ObligationState};
use crate::domain::period_key::PeriodKey;
use crate::domain::plan::Comparator;
use crate::domain::plan_origin::PlanOrigin;
use crate::domain::resource::Resource;
use crate::domain::role::Role;
use crate::domain::score_rules::ScoreSubject;
use crate::domain::stage::Stage;
use crate::domain::standing::Standing;
use crate::domain::task_life::{CompletionState, TaskDecision};
use crate::domain::token_kind::TokenKind;
use crate::domain::token_scope::TokenScope;
use crate::domain::unit_kind::UnitKind;
use crate::domain::user_role::UserRole;
use crate::domain::webhook::{DeliveryState, DeliveryTrouble, EventType, OffReason, WebhookKind};
use crate::storage::audit_events::Outcome;
use crate::storage::reminders::{Addressee, ReminderState};
use crate::storage::tasks::TaskState;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    ArrayItems, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::{PartialSchema, ToSchema};

/// The schemas used so far, by name.
#[derive(Default)]
pub struct Schemas {
    known: BTreeMap<String, RefOr<Schema>>,
    /// Names under which two different schemas were met.
    clashes: BTreeSet<String>,
}

impl Schemas {
    /// Adds what the fields of `T` refer to, not `T` itself.
    pub fn used_by<T: ToSchema>(&mut self) {
        let mut found = Vec::new();
        T::schemas(&mut found);
        for (name, schema) in found {
            self.keep(name, schema);
        }
    }

    /// Adds `T` and what it refers to; the reference to it. A type that is no object or choice of its own (a text, a list)
    /// is shown in place.
    pub fn of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.used_by::<T>();
        match T::schema() {
            RefOr::T(Schema::Object(object))
                if object.properties.is_empty() && object.enum_values.is_none() =>
            {
                RefOr::T(Schema::Object(object))
            }
            RefOr::T(Schema::Array(array)) => RefOr::T(Schema::Array(array)),
            schema => {
                let name = T::name().into_owned();
                self.keep(name.clone(), schema);
                RefOr::Ref(utoipa::openapi::Ref::from_schema_name(name))
            }
        }
    }

    fn keep(&mut self, name: String, schema: RefOr<Schema>) {
        match self.known.get(&name) {
            Some(other) if *other != schema => {
                self.clashes.insert(name);
            }
            Some(_) => {}
            None => {
                self.known.insert(name, schema);
            }
        }
    }

    /// Whether a value of the schema may have something at the end of a path of names; any number is a row of a list.
    pub fn has<'a>(
        &self,
        schema: &RefOr<Schema>,
        mut path: impl Iterator<Item = &'a str> + Clone,
    ) -> bool {
        let schema = match schema {
            RefOr::T(schema) => schema,
            RefOr::Ref(reference) => {
                let name = reference.ref_location.rsplit('/').next();
                return match name.and_then(|name| self.known.get(name)) {
                    Some(schema) => self.has(schema, path),
                    None => false,
                };
            }
        };
        let any = |items: &[RefOr<Schema>]| items.iter().any(|item| self.has(item, path.clone()));
        match schema {
            Schema::AllOf(all) => any(&all.items),
            Schema::OneOf(one) => any(&one.items),
            Schema::AnyOf(some) => any(&some.items),
            Schema::Array(array) => match (path.next(), &array.items) {
                (Some(_), ArrayItems::RefOrSchema(items)) => self.has(items, path),
                (None, _) => true,
                (Some(_), ArrayItems::False) => false,
            },
            Schema::Object(object) => match path.next() {
                Some(name) => match object.properties.get(name) {
                    Some(schema) => self.has(schema, path),
                    None => false,
                },
                None => true,
            },
            _ => path.next().is_none(),
        }
    }

    /// Names that two different types have; a fault of the table.
    pub fn clashes(&self) -> impl Iterator<Item = &String> {
        self.clashes.iter()
    }

    /// All of them, by name.
    pub fn into_map(self) -> BTreeMap<String, RefOr<Schema>> {
        self.known
    }
}

/// A schema's properties and the names of those that must be given. Empty for anything that is no object.
pub fn properties(schema: &RefOr<Schema>) -> (Vec<(String, RefOr<Schema>)>, Vec<String>) {
    let RefOr::T(Schema::Object(object)) = schema else {
        return (Vec::new(), Vec::new());
    };
    let own = |(name, schema): (&String, &RefOr<Schema>)| (name.clone(), not_null(schema));
    let properties = object.properties.iter().map(own).collect();
    (properties, object.required.clone())
}

/// The schema without `null`: a parameter that is not wanted is left out.
fn not_null(schema: &RefOr<Schema>) -> RefOr<Schema> {
    let is_null = |schema: &RefOr<Schema>| match schema {
        RefOr::T(Schema::Object(object)) => object.schema_type == SchemaType::Type(Type::Null),
        _ => false,
    };
    match schema {
        RefOr::T(Schema::OneOf(one_of)) => {
            let mut others = one_of.items.iter().filter(|item| !is_null(item));
            match (others.next(), others.next()) {
                (Some(only), None) => only.clone(),
                _ => schema.clone(),
            }
        }
        RefOr::T(Schema::Object(object)) => {
            let mut object = object.clone();
            object.schema_type = without_null(&object.schema_type);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(array)) => {
            let mut array = array.clone();
            array.schema_type = without_null(&array.schema_type);
            RefOr::T(Schema::Array(array))
        }
        other => other.clone(),
    }
}

fn without_null(kind: &SchemaType) -> SchemaType {
    match kind {
        SchemaType::Array(types) => {
            let mut others = types.iter().filter(|kind| **kind != Type::Null);
            match (others.next(), others.next()) {
                (Some(only), None) => SchemaType::Type(only.clone()),
                _ => kind.clone(),
            }
        }
        other => other.clone(),
    }
}

/// A text that is one of the given codes.
pub fn choices(codes: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes))
        .into()
}

macro_rules! ids {
    ($($name:ident),+ $(,)?) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                    .into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

/// Gives domain enums that have `ALL` and `as_str` the schema of a text with these choices.
macro_rules! codes {
    ($($name:ident),+ $(,)?) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                choices($name::ALL.iter().map(|code| code.as_str()))
            }
        }

        impl ToSchema for $name {}
    )+};
}

ids! {
    AmendmentId, AppraisalId, AskOverrideId, AssignmentEventId, AssignmentId, AttachmentId, AuditEventId, BulletinId, CompletionId, ContactId, CycleId, DeadlineId, DecisionId, DelegationId, ExtensionId, FindingId, IndicatorId, InspectionId, InspectorId, MailId, NoticeId, ObjectionId, ObligationId, PlanId, QualityResultId, ReminderId, ReportId, RoundId, ScoreRulesId, TaskId, TokenId, UnitId, UserId, WallId, WarningId, WebhookDeliveryId, WebhookId,
}

codes! {
    Addressee, AmendmentKind, AppraisalState, AskOrigin, AssignmentEvent, AssignmentState, Attainment, BulletinState, Card, CatchUp, Comparator, CompletionState, CycleKind, DayKind, DecisionState, DeliveryState, DeliveryTrouble, DrawConfirm, DrawState, EventType, ExtensionState, FindingEvent, FindingState, Frequency, GroupOrigin, InVacation, IndicatorState, InspectionMode, InspectionResult, InspectionState, Level, Light, MailKind, MailState, MovedBy, NoticeEvent, NoticeObjection, NoticeOrigin, NoticeState, ObjectionState, ObligationKind, ObligationState, OffReason, Outcome, PlanOrigin, ReminderState, Resource, Role, Roll, Rung, ScoreSubject, Standing, TaskDecision, TaskState, TokenKind, TokenScope, Trend, UnitKind, UserRole, WarningState, WebhookKind,
}

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(-999_999_999))
            .maximum(Some(999_999_999))
            .into()
    }
}

impl ToSchema for Decimal {}

/// Years 1900 to 2200, the beginning of a period's name.
macro_rules! years {
    () => {
        "^((19|20|21)[0-9]{2}|2200)"
    };
}

impl PartialSchema for Stage {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^(notice|due-0|(due-|over\+)[1-9][0-9]{0,2})$"))
            .into()
    }
}

impl ToSchema for Stage {}

impl PartialSchema for PeriodKey {
    fn schema() -> RefOr<Schema> {
        let rest = "(Y|-(0[1-9]|1[0-2]|B[1-6]|Q[1-4]|T[12]|W(0[1-9]|[1-4][0-9]|5[0-3])))?$";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some([years!(), rest].concat()))
            .description(Some(
                "周期段：2026-11（月）、2026-B6（双月）、2026-Q4（季）、2026-T1（学期）、2026Y（学年）、2026（年）或 2026-W47（周）",
            ))
            .into()
    }
}

impl ToSchema for PeriodKey {}

/// The schema of a [`PeriodKey`] that is a school year.
#[derive(Debug, Clone, Copy)]
pub struct SchoolYearKey;

impl PartialSchema for SchoolYearKey {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(concat!(years!(), "Y$")))
            .description(Some("学年，例如 2026Y"))
            .into()
    }
}

impl ToSchema for SchoolYearKey {}
