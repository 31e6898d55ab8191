//! plan document → plan: the same again changes nothing, something else under the same number is refused whole.

use crate::support::Town;
use crate::support::pages::refused;
use crate::support::service::Service;
use crate::support::town::{PLAN, UNITS, parsed, unit_rows};
use duban::domain::plan::ParsedPlan;
use duban::domain::user_role::UserRole;
use duban::flow::FlowError;
use duban::flow::import_plan::{PlanImported, PlanToImport, import_plan};
use duban::storage::{cycles, plans, tasks, units};

async fn import(
    town: &Town,
    plan: ParsedPlan,
    units: Option<&str>,
) -> anyhow::Result<Result<PlanImported, FlowError>> {
    let rows = units.map(unit_rows).transpose()?;
    let import = PlanToImport {
        plan,
        source_name: "plan.txt",
        units: rows.as_deref(),
    };
    Ok(import_plan(&town.ctx, import).await)
}

async fn a_plan_is_kept_as_it_was_read(town: &Town) -> anyhow::Result<()> {
    let imported = import(town, parsed(PLAN)?, Some(UNITS)).await??;
    assert!(imported.new);
    assert_eq!(imported.plan.problems, []);
    let plan = town.plan().await?;
    assert_eq!(
        (plan.id, plan.first_year, plan.issued_on),
        (imported.plan_id, Some(2026), None)
    );
    let kept = tasks::of_plan(&town.ctx.db, plan.id).await?;
    let numbers: Vec<&str> = kept.iter().map(|task| task.number.as_str()).collect();
    assert_eq!(numbers, ["二(一)1", "二(一)2", "二(二)3", "二(二)4"]);
    assert_eq!(cycles::all(&town.ctx.db).await?.len(), 5);
    assert_eq!(plans::deadlines(&town.ctx.db, plan.id).await?.len(), 1);
    assert_eq!(units::all(&town.ctx.db).await?.len(), 13);
    Ok(())
}

/// Bad input F11: the same plan again.
async fn the_same_plan_again_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let first = import(town, parsed(PLAN)?, Some(UNITS)).await??;
    let before = (
        town.plan().await?,
        tasks::of_plan(&town.ctx.db, first.plan_id).await?,
        cycles::all(&town.ctx.db).await?,
    );
    // Another layout of the same text.
    let again = import(town, parsed(&PLAN.replace('\n', "\r\n\r\n"))?, Some(UNITS)).await??;
    assert!(!again.new);
    assert_eq!(again.plan_id, first.plan_id);
    let units = again.units.unwrap_or_default();
    assert_eq!(
        (
            units.added.len(),
            units.changed.len(),
            units.contacts_changed.len()
        ),
        (0, 0, 0)
    );
    let after = (
        town.plan().await?,
        tasks::of_plan(&town.ctx.db, first.plan_id).await?,
        cycles::all(&town.ctx.db).await?,
    );
    assert_eq!(after, before);
    assert_eq!(plans::all(&town.ctx.db).await?.len(), 1);
    Ok(())
}

async fn other_content_of_a_known_plan_is_refused_whole(town: &Town) -> anyhow::Result<()> {
    let plan_id = import(town, parsed(PLAN)?, Some(UNITS)).await??.plan_id;
    let other = PLAN.replace("2026年4月30日前完成", "2026年6月30日前完成");
    assert_ne!(other, PLAN);
    let before = (
        town.plan().await?,
        tasks::of_plan(&town.ctx.db, plan_id).await?,
    );
    let more_units = format!("{UNITS}S9,新设小学,school,D1,,primary,新老师,new@town.example.org\n");
    let told = import(town, parsed(&other)?, Some(&more_units)).await?;
    assert!(
        matches!(&told, Err(FlowError::Refused(refusal)) if refusal.text.contains("青石市")),
        "{told:?}"
    );
    assert_eq!(
        (
            town.plan().await?,
            tasks::of_plan(&town.ctx.db, plan_id).await?
        ),
        before
    );
    assert_eq!(
        units::all(&town.ctx.db).await?.len(),
        13,
        "nor are the units that came with it taken"
    );
    Ok(())
}

async fn a_document_without_measures_or_title_is_refused(town: &Town) -> anyhow::Result<()> {
    let empty = ParsedPlan {
        measures: Vec::new(),
        ..parsed(PLAN)?
    };
    let nameless = ParsedPlan {
        title: None,
        document_number: None,
        ..parsed(PLAN)?
    };
    for plan in [empty, nameless] {
        let told = import(town, plan, Some(UNITS)).await?;
        assert!(matches!(told, Err(FlowError::Refused(_))), "{told:?}");
    }
    assert!(plans::all(&town.ctx.db).await?.is_empty());
    assert!(units::all(&town.ctx.db).await?.is_empty());
    Ok(())
}

async fn a_units_file_with_a_stray_parent_is_refused_whole(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let before = units::all(&town.ctx.db).await?;
    let stray = UNITS.replace("东区第一小学,school,D1", "东区一小,school,D9");
    assert!(town.import_units(&stray).await.is_err());
    assert_eq!(units::all(&town.ctx.db).await?, before);
    let fewer = UNITS.replace(
        "S6,青石中学,school,B0,,senior,戊老师,s6@town.example.org\n",
        "",
    );
    let imported = town.import_units(&fewer).await?;
    assert_eq!(imported.absent, ["S6"]);
    assert_eq!(
        units::all(&town.ctx.db).await?,
        before,
        "an absent unit stays"
    );
    Ok(())
}

/// Bad input F10: rows without a unit, twice, with values that are none; 50,001 rows; a bad day. Every wrong row is told by its
/// number, and no row is imported.
async fn wrong_rows_are_told_by_number_and_none_is_imported(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let head = "code,name,kind,parent,aliases,level,contact,email\n";
    let good = "S8,东区第八小学,school,D1,,primary,申老师,s8@town.example.org\n";
    let bad = format!(
        "{head}{good},无码小学,school,D1,,primary,,\nS9,,school,D1,,primary,,\nS8,又一所,school,D1,,primary,,\nS7,七小,school,D1,,大学,,x@\n"
    );
    let of_rows = |rows: usize| {
        let rows = (0..rows).map(|number| format!("X{number},第{number}校,school,D1,,primary,,\n"));
        format!("{head}{}", rows.collect::<String>())
    };
    let (long, longer) = (of_rows(10_001), of_rows(50_001));
    let terms = "学年,学期,学段,开始,结束\n2026,1,小学,2026-09-01,2027-01-22\n2026,2,小学,2027-02-30,2027-07-02\n";
    let wrong = [
        "第 3 行「编码」",
        "第 4 行「名称」",
        "第 5 行「编码」",
        "与第 2 行重复",
        "第 6 行「学段」",
        "第 6 行「邮箱」",
    ];
    for (path, name, text, words) in [
        ("/units/import?dry_run=true", "units.csv", &*bad, &wrong[..]),
        ("/units/import", "units.csv", &bad, &wrong),
        ("/units/import", "units.csv", &long, &["最多 10000 个"]),
        ("/units/import", "units.csv", &longer, &["最多 200000 个"]),
        (
            "/calendars/import",
            "terms.csv",
            terms,
            &["第 3 行", "2027-02-30"],
        ),
    ] {
        let files = [("file", name, text.as_bytes())];
        let request = || service.upload(&office, path, &[], &files);
        let told = request().json()["detail"].to_string();
        for word in words {
            assert!(told.contains(word), "{word}: {told}");
        }
        refused(&service, request, (422, "unreadable_file", "file")).await?;
    }
    Ok(())
}

on_both! {
    wrong_rows_are_told_by_number_and_none_is_imported,
    a_plan_is_kept_as_it_was_read,
    the_same_plan_again_changes_nothing,
    other_content_of_a_known_plan_is_refused_whole,
    a_document_without_measures_or_title_is_refused,
    a_units_file_with_a_stray_parent_is_refused_whole,
}
