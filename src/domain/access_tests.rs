//! Tests of `access`.

use super::*;
use uuid::Uuid;

fn unit(number: u128) -> UnitId {
    UnitId(Uuid::from_u128(number))
}

fn viewer(memberships: &[(UserRole, Option<u128>)], scope: TokenScope, below: &[u128]) -> Viewer {
    Viewer {
        user_id: UserId(Uuid::from_u128(9)),
        address: "a@example.org".to_owned(),
        token_id: TokenId(Uuid::from_u128(8)),
        scope,
        memberships: memberships
            .iter()
            .map(|(role, of)| Membership {
                role: *role,
                unit_id: of.map(unit),
            })
            .collect(),
        name: None,
        locale: None,
        delegated: Arc::default(),
        below: Arc::new(below.iter().map(|number| unit(*number)).collect()),
        scope_key: String::new(),
    }
}

#[test]
fn a_read_token_changes_nothing_whoever_holds_it() {
    let administrator = viewer(&[(Administrator, None)], TokenScope::Read, &[]);
    for action in Action::ALL {
        assert_eq!(administrator.may(*action), !action.writes(), "{action:?}");
    }
}

#[test]
fn leaders_change_what_they_approve_and_auditors_nothing_but_what_is_their_own() {
    let own = [Action::WriteTokens, Action::WriteDelegations];
    let approving = [
        Action::ApproveBulletins,
        Action::ApproveNotices,
        Action::DecideWarnings,
    ];
    for role in [Leader, Auditor] {
        let viewer = viewer(&[(role, None)], TokenScope::Write, &[]);
        for action in Action::ALL.iter().filter(|action| action.writes()) {
            let approves = role == Leader && approving.contains(action);
            assert_eq!(
                viewer.may(*action),
                own.contains(action) || approves,
                "{role:?} {action:?}"
            );
        }
    }
}

#[test]
fn a_district_sees_its_schools_and_answers_for_itself() {
    let district = viewer(&[(UnitHead, Some(1))], TokenScope::Write, &[2, 3]);
    let sees = district.reach(Action::ReadObligations);
    assert!(sees.covers(unit(1)) && sees.covers(unit(3)) && !sees.covers(unit(4)));
    let answers = district.reach(Action::AnswerObligations);
    assert!(answers.covers(unit(1)) && !answers.covers(unit(2)));
}

#[test]
fn a_contact_does_not_keep_contacts_and_meets_no_unit_then() {
    let contact = viewer(&[(UnitContact, Some(1))], TokenScope::Write, &[]);
    assert!(!contact.may(Action::WriteContacts));
    assert!(!contact.reach(Action::WriteContacts).covers(unit(1)));
}

#[test]
fn roles_add_up() {
    let both = viewer(
        &[(UnitContact, Some(1)), (Leader, None)],
        TokenScope::Write,
        &[],
    );
    assert_eq!(both.reach(Action::ReadObligations), Reach::All);
    assert!(!both.reach(Action::AnswerObligations).covers(unit(2)));
    assert!(both.reach(Action::AnswerObligations).covers(unit(1)));
}

#[test]
fn tokens_of_others_are_met_by_administrators_alone() {
    let other = UserId(Uuid::from_u128(1));
    for role in UserRole::ALL {
        let viewer = viewer(&[(role, None)], TokenScope::Write, &[]);
        assert_eq!(
            viewer.reaches_user(Action::WriteTokens, other),
            role == Administrator
        );
        assert!(viewer.reaches_user(Action::WriteTokens, viewer.user_id));
    }
}

#[test]
fn what_is_held_for_others_is_told_where_it_allows_what_is_done() {
    let membership = |role, of: Option<u128>| Membership {
        role,
        unit_id: of.map(unit),
    };
    let held = |address: &str, role, of| Delegated {
        address: address.to_owned(),
        membership: membership(role, of),
    };
    let own = [
        (UnitContact, Some(1)),
        (UnitContact, Some(2)),
        (Supervisor, None),
    ];
    let contact = Viewer {
        delegated: Arc::new([
            held("b@example.org", UnitContact, Some(2)),
            held("a@example.org", Supervisor, None),
        ]),
        ..viewer(&own, TokenScope::Write, &[])
    };
    for (action, wanted) in [
        (Action::WriteInspectors, vec!["a@example.org"]),
        (
            Action::AnswerObligations,
            vec!["a@example.org", "b@example.org"],
        ),
        (Action::WriteUsers, vec![]),
    ] {
        assert_eq!(contact.stands_in_for(action), wanted, "{action:?}");
    }
    let Actor::User { stands_in_for, .. } = contact.acting(Action::WriteInspectors) else {
        panic!("no user");
    };
    assert_eq!(stands_in_for, ["a@example.org"]);
}
