//! A light as it is shown: what it is, and why.

use crate::domain::light::Light;
use crate::domain::standing::Standing;
use crate::flow::list_by_light::LightTold;
use serde::Serialize;
use utoipa::ToSchema;

/// 红黄绿灯及原因
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownLight {
    /// 红黄绿灯
    pub light: Light,
    /// 通报中的归类：超进度、达进度、欠进度、已完成、其他
    pub standing: Standing,
    /// 实际进度，0 至 100；没有填报的为空
    #[schema(required)]
    pub percent: Option<u8>,
    /// 序时进度，0 至 100，取到一位小数；没有的为空
    #[schema(required)]
    pub expected_percent: Option<f64>,
    /// 一句话说明原因
    pub explain: String,
}

impl From<LightTold> for ShownLight {
    fn from(told: LightTold) -> Self {
        Self {
            light: told.light,
            standing: told.standing,
            percent: told.percent,
            expected_percent: told
                .expected_percent
                .map(|percent| (percent * 10.0).round() / 10.0),
            explain: told.text,
        }
    }
}
