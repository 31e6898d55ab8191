//! The stratum a unit is drawn from: its kind; for schools also district and level (design §6, spot-check).

use crate::domain::level::Level;
use crate::domain::unit::{Unit, UnitDirectory};
use crate::domain::unit_kind::UnitKind;

/// Name of the stratum, in Chinese, such as 学校·东川区教育局·小学. A school of several levels has a stratum of that
/// combination; one below no district is 市直.
pub fn stratum_of(unit: &Unit, directory: &UnitDirectory) -> String {
    match unit.kind {
        UnitKind::School => {
            let district = directory
                .district_of(unit.id)
                .map_or("市直", |district| district.name.as_str());
            let levels: Vec<&str> = unit
                .levels
                .iter()
                .map(|level| Level::label(*level))
                .collect();
            format!("学校·{district}·{}", levels.join("、"))
        }
        UnitKind::Section => "科室".to_owned(),
        UnitKind::Institution => "直属单位".to_owned(),
        UnitKind::TaskForce => "专班".to_owned(),
        UnitKind::District => "区".to_owned(),
        UnitKind::External => "外单位".to_owned(),
    }
}
