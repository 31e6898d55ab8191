//! The rules of supervision, pure: no async, no I/O, no clock, no randomness.
//!
//! The words of the field and their names in code:
//!
//! | word | name | where |
//! |---|---|---|
//! | 方案 | plan | [`plan`] reads it; [`plan_names`] finds names that stand for nobody |
//! | 举措, 任务 | measure, task | a measure is the paragraph, a task its tracked record |
//! | 单位, 单位组 | unit, unit group | [`mod@unit`], [`unit_kind`], [`unit_group`], [`group_list`], [`unit_tree`], [`level`] |
//! | 牵头, 责任, 配合 | role | [`role`]; [`fan_out`] makes assignments |
//! | 工作日, 学期 | workday, term | [`calendar`], [`term`], [`term_table`], [`school_calendar`] |
//! | 督办周期, 周期段, 一次 | cycle, period, round | [`cycle`], [`period`], [`opening`], [`due_day`], [`catch_up`] |
//! | 调整, 分解, 整体销号 | amendment, split, close-out of a task | [`amendment`], [`task_life`]; a plan amended: [`plan::diff`] |
//! | 应报事项 | obligation | [`obligation`] |
//! | 向下汇集, 调度小结, 议定事项 | collecting, summary, decision | [`collecting`], [`dispatch_summary`], [`decision`] |
//! | 指标, 是否达标 | indicator, attainment | [`indicator`], [`attainment`]; exact numbers in [`decimal`] |
//! | 考评, 计分办法, 得分 | appraisal, rule table, score | [`score_rules`], [`score`], [`appraisal`] |
//! | 约谈, 黄牌, 红牌 | talk, yellow card, red card | [`card`], proposed from yearly quality results alone |
//! | 提醒, 催办 | reminder, stage | [`stage`], [`stage_days`], [`chase`] |
//! | 佐证材料 | evidence | a file named by a report; how many there is room for: [`file_room`] |
//! | 减负 | burden | [`board`] counts it; who asks: [`ask_origin`] |
//! | 督办单 | notice | [`notice`]; when one is raised: [`notice_ladder`], what it states: [`notice_facts`] |
//! | 通报, 期号, 更正 | bulletin, issue number, correction | [`bulletin`]; frozen in [`bulletin_snapshot`], counted in [`five_counts`], [`bulletin_figures`] |
//! | 台账 | ledger | [`ledger`]: its columns, and what became of a row that comes back |
//! | 抽签 | draw | [`draw`], [`stratum`] |
//! | 抽签 | draw | [`draw`], [`stratum`]; who inspects: [`inspector_draw`] |
//! | 检查, 检查人员 | inspection, inspector | [`inspection`] |
//! | 问题, 整改, 复查, 销号 | finding, rectification, recheck, close-out | [`finding_life`] |
//! | 谁可以做什么 | access | [`access`], [`user_role`], [`token_scope`]; [`audit_chain`] seals who did what |
//! | 公文 | official document | [`official_document`]; [`official_numbering`] numbers it |
//! | 邮件, 邮件里的链接 | mail, mail link | [`mail_state`], [`retry`], [`mail_pace`], [`send_window`], [`email_address`]; [`mail_link`] |

pub mod access;
pub mod actor;
pub mod amendment;
pub mod appraisal;
pub mod ask_origin;
pub mod assignment_life;
pub mod attainment;
pub mod audit_chain;
pub mod board;
pub mod bulletin;
pub mod bulletin_figures;
pub mod bulletin_snapshot;
pub mod calendar;
pub mod card;
pub mod catch_up;
pub mod chase;
pub(crate) mod coded;
pub mod collecting;
pub mod cycle;
pub mod cycle_kind;
pub mod decider;
pub mod decimal;
pub mod decision;
pub mod delegation;
pub mod dice;
pub mod dispatch_summary;
pub mod draw;
pub mod due_day;
pub mod due_event;
pub mod email_address;
pub mod expected_progress;
pub mod extension;
pub mod fan_out;
pub mod file_room;
pub mod finding_life;
pub mod five_counts;
pub mod frequency;
pub mod group_list;
pub mod ids;
pub mod indicator;
pub mod inspection;
pub mod inspector_draw;
pub mod ledger;
pub mod level;
pub mod light;
pub mod light_table;
pub mod local_time;
pub mod locale;
pub mod mail_link;
pub mod mail_pace;
pub mod mail_state;
pub mod network;
pub mod notice;
pub mod notice_facts;
pub mod notice_ladder;
pub mod obligation;
pub mod official_document;
pub mod official_numbering;
pub mod opening;
pub mod password_rules;
pub mod percent_parts;
pub mod period;
pub mod period_key;
pub mod plan;
pub mod plan_names;
pub mod plan_origin;
pub mod report;
pub mod resource;
pub mod retry;
pub mod role;
pub mod roll_up;
pub mod school_calendar;
pub mod score;
pub mod score_rules;
pub mod seeded_town;
pub mod send_window;
pub mod session_mac;
pub mod sign_in_link;
pub mod stage;
pub mod stage_days;
pub mod standing;
pub mod statutory_days;
pub mod stratum;
pub mod task_life;
pub mod temperament;
pub mod term;
pub mod term_row;
pub mod term_table;
pub mod token_kind;
pub mod token_scope;
pub mod unit;
pub mod unit_group;
pub mod unit_kind;
pub mod unit_tree;
pub mod user_role;
pub mod value_summary;
pub mod webhook;
pub mod webhook_event;
pub mod webhook_signature;
pub mod webhook_target;
pub mod workday_line;
