//! What the summary of a dispatch looks like from outside: the fields of the frozen text, in its order, so that the hash can be
//! checked by anybody.

use crate::domain::decision::DecisionState;
use crate::domain::dispatch_summary::{
    CollectedTask, DecisionTold, DispatchSummary, ItemChange, ItemSummary, SummaryBefore,
    SummaryTotals, UnitSummary,
};
use crate::domain::ids::{AssignmentId, DecisionId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::light::Light;
use crate::domain::obligation::ObligationState;
use crate::domain::period_key::PeriodKey;
use crate::domain::standing::Standing;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! shown {
    ($(#[$type_doc:meta])* $name:ident of $from:ident { $($(#[$doc:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$type_doc])*
        #[derive(Debug, Serialize, ToSchema)]
        pub(super) struct $name {
            $($(#[$doc])* #[schema(required)] $field: $type,)+
        }

        impl From<$from> for $name {
            fn from(from: $from) -> Self {
                let $from { $($field),+ } = from;
                Self { $($field: Shown::shown($field)),+ }
            }
        }
    };
}

/// A field of the summary as it is shown.
trait Shown<To> {
    fn shown(self) -> To;
}

macro_rules! as_it_is {
    ($($type:ty),+ $(,)?) => {$(
        impl Shown<$type> for $type {
            fn shown(self) -> $type {
                self
            }
        }
    )+};
}

macro_rules! as_its_own {
    ($($from:ty => $to:ty),+ $(,)?) => {$(
        impl Shown<$to> for $from {
            fn shown(self) -> $to {
                self.into()
            }
        }

        impl Shown<Vec<$to>> for Vec<$from> {
            fn shown(self) -> Vec<$to> {
                self.into_iter().map(<$to>::from).collect()
            }
        }

        impl Shown<Option<$to>> for Option<$from> {
            fn shown(self) -> Option<$to> {
                self.map(<$to>::from)
            }
        }
    )+};
}

as_it_is! {
    bool, usize, i16, i32, String, Option<String>, Option<u8>, Option<f64>, NaiveDate, Option<NaiveDate>, AssignmentId, DecisionId, PlanId, RoundId, TaskId, UnitId, Light, Standing, ObligationState, DecisionState, PeriodKey,
}

as_its_own! {
    SummaryTotals => SummaryTotalsJson,
    SummaryBefore => SummaryBeforeJson,
    UnitSummary => UnitSummaryJson,
    ItemSummary => ItemSummaryJson,
    ItemChange => ItemChangeJson,
    CollectedTask => CollectedTaskJson,
    DecisionTold => DecisionToldJson,
}

shown! {
    /// 调度小结
    DispatchSummaryJson of DispatchSummary {
        /// 督办编号
        round_id: RoundId,
        /// 方案编号
        plan_id: PlanId,
        /// 方案标题
        plan_title: String,
        /// 周期段
        period: PeriodKey,
        /// 出具小结的单位
        office: String,
        /// 开展日期
        opened_on: NaiveDate,
        /// 填报期限
        due_on: Option<NaiveDate>,
        /// 小结日期
        made_on: NaiveDate,
        /// 合计
        totals: SummaryTotalsJson,
        /// 所对照的上一次小结；没有的为空
        before: Option<SummaryBeforeJson>,
        /// 各牵头单位
        units: Vec<UnitSummaryJson>,
        /// 向下汇集的任务
        collected: Vec<CollectedTaskJson>,
        /// 在办的，以及上次小结以来办结、撤回的议定事项
        decisions: Vec<DecisionToldJson>,
    }
}

shown! {
    /// 小结的各项数字
    SummaryTotalsJson of SummaryTotals {
        /// 牵头单位数
        units: usize,
        /// 已填报的单位数
        answered: usize,
        /// 未填报的单位数
        unanswered: usize,
        /// 任务数
        tasks: usize,
        /// 分工数：一项任务有几个牵头单位就有几份
        items: usize,
        /// 绿灯
        green: usize,
        /// 黄灯
        yellow: usize,
        /// 红灯
        red: usize,
        /// 欠进度
        behind: usize,
        /// 反映困难和问题的
        blocked: usize,
        /// 本周期段没有填报的
        silent: usize,
        /// 进度比上次有变化的
        moved: usize,
        /// 新转红灯的
        newly_red: usize,
        /// 由红灯转好的
        recovered: usize,
    }
}

shown! {
    /// 上一次小结
    SummaryBeforeJson of SummaryBefore {
        /// 周期段
        period: PeriodKey,
        /// 小结日期
        made_on: NaiveDate,
        /// 合计
        totals: SummaryTotalsJson,
    }
}

shown! {
    /// 一个牵头单位
    UnitSummaryJson of UnitSummary {
        /// 单位编号
        unit_id: UnitId,
        /// 单位代码
        unit_code: String,
        /// 单位名称
        unit_name: String,
        /// 填报状态
        state: ObligationState,
        /// 最近一次填报的日期
        answered_on: Option<NaiveDate>,
        /// 说明
        note: Option<String>,
        /// 逐项
        items: Vec<ItemSummaryJson>,
    }
}

shown! {
    /// 一个牵头单位的一项任务
    ItemSummaryJson of ItemSummary {
        /// 任务分工编号
        assignment_id: AssignmentId,
        /// 任务编号
        task_id: TaskId,
        /// 任务序号
        task_number: String,
        /// 任务标题
        task_title: String,
        /// 任务的进度是否由该单位确定
        decides: bool,
        /// 红黄绿灯
        light: Light,
        /// 归类
        standing: Standing,
        /// 序时进度，取到一位小数；没有的为空
        expected_percent: Option<f64>,
        /// 实际进度；没有填报的为空
        percent: Option<u8>,
        /// 一句话说明灯的原因
        why: String,
        /// 最近一次填报的日期
        reported_on: Option<NaiveDate>,
        /// 本周期段是否填报过
        reported: bool,
        /// 本周期段填报的完成情况
        done: Option<String>,
        /// 本周期段填报的问题
        problems: Option<String>,
        /// 本周期段填报的下一步措施
        next_steps: Option<String>,
        /// 是否欠进度
        behind: bool,
        /// 是否存在困难
        blocked: bool,
        /// 与上次相比；上次没有的为空
        change: Option<ItemChangeJson>,
    }
}

shown! {
    /// 与上次小结相比
    ItemChangeJson of ItemChange {
        /// 上次的进度
        percent_before: Option<u8>,
        /// 上次的灯
        light_before: Light,
        /// 进度变化，百分点
        moved: i16,
        /// 是否新转红灯
        newly_red: bool,
        /// 是否由红灯转好
        recovered: bool,
    }
}

shown! {
    /// 一项向下汇集的任务
    CollectedTaskJson of CollectedTask {
        /// 任务编号
        task_id: TaskId,
        /// 任务序号
        task_number: String,
        /// 任务标题
        task_title: String,
        /// 应报单位数
        asked: usize,
        /// 已报单位数
        answered: usize,
        /// 平均进度，取到一位小数
        mean_percent: Option<f64>,
    }
}

shown! {
    /// 小结中的一项议定事项
    DecisionToldJson of DecisionTold {
        /// 议定事项编号
        decision_id: DecisionId,
        /// 议定的调度的周期段
        period: PeriodKey,
        /// 该次调度的第几项
        number: i32,
        /// 内容
        text: String,
        /// 办理单位编号
        unit_id: UnitId,
        /// 办理单位
        unit_name: String,
        /// 现在的期限
        due_on: NaiveDate,
        /// 相关任务的序号
        task_number: Option<String>,
        /// 状态
        state: DecisionState,
        /// 最近的反馈
        answer: Option<String>,
        /// 退回、办结或撤回时的说明
        note: Option<String>,
    }
}
