#!/usr/bin/env bash
# R24: takes out the guards of the rules that may not be broken (src/README.md), one after the other, and looks that the
# test which holds each turns red; without that, a green suite proves nothing.
#
#   bash tests/faults/guards.sh [NAME…]
#
# It works on a copy of what is committed, and leaves nothing behind but what cargo has built. One guard is one change to
# one file, which must be found there exactly once: a guard that has moved is an error here, not a silence. About two
# minutes a guard on two cores. PostgreSQL is not needed: guards are in code that both databases share, or in the schema.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
# A place of its own: what is built without a guard must not lie where the program is looked for.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/guards CARGO_INCREMENTAL=0
copy=$(mktemp -d)
trap 'git -C "$root" worktree remove --force "$copy/duban" 2>/dev/null; rm -rf "$copy"' EXIT
git worktree add --quiet --detach "$copy/duban" HEAD || exit 1
cd "$copy/duban"
chosen=("$@")
failed=0

# Tests of a target, on SQLite where they are about databases.
tests() {
    local target=$1
    shift
    cargo test --locked --quiet --no-fail-fast --test "$target" -- --skip ::postgres "$@"
}

# guard NAME FILE OLD NEW TARGET TESTS…: the rule it stands for is the first character of its name.
guard() {
    local name=$1 file=$2 old=$3 new=$4 target=$5 log=$copy/$1.log
    shift 5
    if [ ${#chosen[@]} -gt 0 ] && ! printf '%s\n' "${chosen[@]}" | grep -qx "$name"; then return; fi
    if [ "$with" = guards ]; then
        if ! tests "$target" "$@" >"$log" 2>&1 || grep -q ' 0 passed' "$log"; then
            echo "BROKEN $name: its tests are not green with it"
            tail -n 20 "$log"
            exit 1
        fi
        return
    fi
    git checkout --quiet . || exit 1
    if ! OLD=$old NEW=$new perl -0pi -e '$n = s/\Q$ENV{OLD}\E/$ENV{NEW}/g; END { exit($n == 1 ? 0 : 1) }' "$file"; then
        echo "MOVED  $name: not found once in $file"
        failed=1
        return
    fi
    if ! cargo test --locked --quiet --test "$target" --no-run >"$log" 2>&1; then
        echo "BROKEN $name: does not compile without it"
        tail -n 20 "$log"
        failed=1
        return
    fi
    tests "$target" "$@" >"$log" 2>&1
    if grep -q '^test result: FAILED' "$log"; then
        echo "RED    $name: $(grep -oE '^    [a-z_0-9]+(::[a-z_0-9]+)+$' "$log" | sort -u | head -n 3 | tr -s ' \n' ' ')"
    else
        echo "GREEN  $name: nothing noticed it"
        tail -n 5 "$log"
        failed=1
    fi
}

all() {
# 1. The database decides.
guard 1-one-round-per-period migration/src/m20261123_000003_supervision.rs \
    '.col(Round::CycleId)
            .col(Round::PeriodKey)
            .unique()' \
    '.col(Round::CycleId)
            .col(Round::PeriodKey)' it a_period_has_one_round
guard 1-one-ask-per-source-and-unit migration/src/m20261123_000003_supervision.rs \
    '.col(Obligation::Source)
            .col(Obligation::UnitId)
            .unique()' \
    '.col(Obligation::Source)
            .col(Obligation::UnitId)' it a_source_asks_a_unit_once
guard 1-one-reminder-per-stage migration/src/m20261123_000004_outbox.rs \
    '.col(Reminder::Role)
            .unique()' '.col(Reminder::Role)' it a_stage_is_told_once
guard 1-who-inserted-is-looked-at src/storage/mod.rs \
    'Ok(matches!(result, TryInsertResult::Inserted(rows) if rows > 0))' \
    'let _ = result;
    Ok(true)' it a_period_has_one_round an_address_has_one_digest
# 2. Catch-up is bounded.
guard 2-no-round-from-before-the-issue src/domain/catch_up.rs \
    '        && period.ends_on >= cycle.issued_on
' '' rules catch_up
guard 2-no-round-from-before-the-switch src/domain/catch_up.rs \
    '        && opening.opens_on >= cycle.switched_on_on
' '' rules catch_up
guard 2-one-catch-up-closes-none-of-its-own src/domain/catch_up.rs \
    'round.opened_on < today && ' '' rules catch_up
# 3. The outbox.
guard 3-only-the-holder-begins src/storage/outbox_leases.rs \
    '            .and_where(mail::Column::Id.is_in(ids))
            .and_where(mail::Column::LeaseId.eq(lease))' \
    '            .and_where(mail::Column::Id.is_in(ids))' it claims::
guard 3-only-the-holder-records src/storage/outbox_leases.rs \
    '        .and_where(mail::Column::LeaseId.eq(lease_id))
' '' it claims::
guard 3-once-more-and-no-more src/storage/due_mails.rs \
    '    unknown.and_where(mail::Column::Resent.eq(false));
' '' it claims::
guard 3-transmitting-is-durable-before-data src/flow/hand_over_mail.rs \
    'match recorder.begin(mail.id, held.lease).await {' \
    'match Some(held.mail.attempts >= 0) {' it deliveries:: seeded_faults::
guard 3-full-synchronous src/storage/db.rs \
    'SqliteSynchronous::Full' 'SqliteSynchronous::Normal' it schema::
# 4. Time is an argument.
guard 4-leases-are-on-the-real-clock src/flow/supply_mails.rs \
    'now: self.ask_real_now().await?,' 'now: self.ctx.now().at,' it deliveries:: claims::
guard 4-no-other-clock src/domain/catch_up.rs \
    '    let Some(newest) = openings.iter().max() else {' \
    '    let today = today.max(chrono::Utc::now().date_naive());
    let Some(newest) = openings.iter().max() else {' architecture layers
# 5. Holidays are data.
guard 5-make-up-workdays src/domain/calendar.rs \
    'return *kind == DayKind::Work;' 'return false;' rules calendar
# 6. Fan-out is frozen.
guard 6-a-later-unit-joins-no-issued-task src/flow/issue_asks.rs \
    'TaskState::Imported | TaskState::Held => true,
                TaskState::Issued | TaskState::Closed' \
    'TaskState::Imported | TaskState::Held | TaskState::Issued => true,
                TaskState::Closed' it issues::
# 7. GET changes nothing.
guard 7-a-link-only-shows src/web/link_routes.rs \
    '.route(web::get().to(show))' '.route(web::get().to(act))' it link_pages::
# 8. A refused input leaves no trace.
guard 8-an-import-is-whole-or-nothing src/flow/import_units.rs \
    '    let imported = write_units(ctx, &tx, rows).await?;' \
    '    let imported = match write_units(ctx, &tx, rows).await {
        Ok(imported) => imported,
        Err(error) => {
            tx.commit().await?;
            return Err(error);
        }
    };' it api_units:: imports::
}

# First all of them in place: what is red then proves nothing.
with=guards
all
with=none
all
exit "$failed"
