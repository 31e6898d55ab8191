//! The filters that the lists of tasks and of assignments share, as the board answers them: by light, lead unit and top
//! heading, as of any day. What each list filters besides is its own, and the board does not know it.

use crate::domain::board::TaskPageFilter;
use crate::domain::ids::PlanId;
use crate::domain::level::Level;
use crate::domain::light::Light;
use crate::domain::standing::Standing;
use crate::domain::unit_kind::UnitKind;
use crate::flow::list_by_light::{day_asked, unfit, unit_of_code};
use crate::flow::{Ctx, FlowError, Now};
use crate::http::kernel::Day;
use chrono::NaiveDate;

/// The shared filters as they stand in a query.
#[derive(Debug)]
pub(super) struct LightQuery<'a> {
    /// The light of the row.
    pub light: Option<Light>,
    /// Its standing.
    pub standing: Option<Standing>,
    /// Code of a unit that leads the task.
    pub lead_unit_code: Option<&'a str>,
    /// The outermost heading of the task; empty for tasks under none.
    pub top_section: Option<&'a str>,
    /// The day that is asked about.
    pub as_of: Option<Day>,
    /// The plan.
    pub plan_id: Option<PlanId>,
    /// Code of a unit that has a part.
    pub unit_code: Option<&'a str>,
    /// Kinds of such a unit.
    pub unit_kind: Option<&'a [UnitKind]>,
    /// A level of such a unit.
    pub level: Option<Level>,
}

impl LightQuery<'_> {
    /// Whether the board has to answer: it alone knows lights, and past days.
    pub fn asks_the_board(&self) -> bool {
        self.light.is_some()
            || self.standing.is_some()
            || self.lead_unit_code.is_some()
            || self.top_section.is_some()
            || self.as_of.is_some()
    }

    /// The day and the filter to ask the board with. `own` are the list's own parameters, which the board does not know,
    /// each with whether it is given.
    ///
    /// # Errors
    /// [`FlowError::Refused`], in the field that the board does not know, or of a day to come, or of an unknown unit.
    pub async fn for_the_board(
        &self,
        ctx: &Ctx,
        now: Now,
        own: &[(&'static str, bool)],
    ) -> Result<(NaiveDate, TaskPageFilter), FlowError> {
        let kinds = self.unit_kind.unwrap_or_default();
        let several_kinds = ("unit_kind", kinds.len() > 1);
        let unknown = own.iter().chain([&several_kinds]).find(|(_, given)| *given);
        if let Some((name, _)) = unknown {
            return Err(unfit(name));
        }
        let on = day_asked(now, self.as_of.map(|day| day.0))?;
        let filter = TaskPageFilter {
            light: self.light,
            standing: self.standing,
            unit_id: unit_of_code(ctx, "unit_code", self.unit_code).await?,
            lead_unit_id: unit_of_code(ctx, "lead_unit_code", self.lead_unit_code).await?,
            kind: kinds.first().copied(),
            level: self.level,
            plan_id: self.plan_id,
            section: self.top_section.map(str::to_owned),
        };
        Ok((on, filter))
    }
}
