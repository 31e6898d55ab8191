//! The hash chain over audit events: each sealed event's hash covers the hash before it, so that a changed, removed or
//! inserted row is found.

use crate::domain::draw::hex;
use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What stands before the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Everything of an audit event that the chain vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id.
    pub id: Uuid,
    /// When (microseconds count).
    pub happened_at: DateTime<Utc>,
    /// user | mail_link | command_line | system.
    pub actor_kind: String,
    /// Who.
    pub actor: String,
    /// The user.
    pub user_id: Option<Uuid>,
    /// The token.
    pub token_id: Option<Uuid>,
    /// What.
    pub action: String,
    /// done | refused.
    pub outcome: String,
    /// Resource it was done to.
    pub resource: Option<String>,
    /// Row it was done to.
    pub row_id: Option<Uuid>,
    /// What it was done to, for people.
    pub target: String,
    /// JSON as it was.
    pub before: Option<String>,
    /// JSON as it is.
    pub after: Option<String>,
    /// Request it came with.
    pub request_id: Option<String>,
}

/// SHA-256 (hex) over the place in the chain, the hash before, and every field, each with its length, so that no two
/// records read alike.
pub fn link(chain_no: i64, before: &str, record: &AuditRecord) -> String {
    let mut hash = Sha256::new();
    let mut field = |value: Option<&str>| match value {
        None => hash.update([0]),
        Some(text) => {
            hash.update([1]);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    };
    field(Some(&chain_no.to_string()));
    field(Some(before));
    field(Some(&record.id.to_string()));
    let at = record
        .happened_at
        .to_rfc3339_opts(SecondsFormat::Micros, true);
    field(Some(&at));
    field(Some(&record.actor_kind));
    field(Some(&record.actor));
    field(record.user_id.map(|id| id.to_string()).as_deref());
    field(record.token_id.map(|id| id.to_string()).as_deref());
    field(Some(&record.action));
    field(Some(&record.outcome));
    field(record.resource.as_deref());
    field(record.row_id.map(|id| id.to_string()).as_deref());
    field(Some(&record.target));
    field(record.before.as_deref());
    field(record.after.as_deref());
    field(record.request_id.as_deref());
    hex(&hash.finalize())
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// A place is empty: its event was removed, or the tail was cut.
    Missing {
        /// The place.
        chain_no: i64,
    },
    /// The event at this place is not what was sealed.
    Altered {
        /// The place.
        chain_no: i64,
        /// The event's id.
        id: Uuid,
    },
}

/// Walks a chain in order of places; remembers where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    chain_no: i64,
    hash: String,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            chain_no: 0,
            hash: GENESIS.to_owned(),
        }
    }
}

impl Walk {
    /// The last place walked, 0 at the beginning, and its hash.
    pub fn head(&self) -> (i64, &str) {
        (self.chain_no, &self.hash)
    }

    /// Goes on from a place that is known to be right.
    pub fn from_head(chain_no: i64, hash: String) -> Self {
        Self { chain_no, hash }
    }

    /// Adds an unsealed event: its place and hash.
    pub fn seal(&mut self, record: &AuditRecord) -> (i64, String) {
        self.chain_no += 1;
        self.hash = link(self.chain_no, &self.hash, record);
        (self.chain_no, self.hash.clone())
    }

    /// Checks the next sealed event.
    ///
    /// # Errors
    /// [`Broken`] where the place does not follow, or the hash does not match.
    pub fn check(&mut self, chain_no: i64, hash: &str, record: &AuditRecord) -> Result<(), Broken> {
        let expected = self.chain_no + 1;
        if chain_no != expected {
            return Err(Broken::Missing { chain_no: expected });
        }
        let (chain_no, made) = self.seal(record);
        match made == hash {
            true => Ok(()),
            false => Err(Broken::Altered {
                chain_no,
                id: record.id,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u128) -> AuditRecord {
        AuditRecord {
            id: Uuid::from_u128(number),
            happened_at: DateTime::from_timestamp(1_800_000_000, 123_000).unwrap(),
            actor_kind: "user".to_owned(),
            actor: "a@example.org".to_owned(),
            user_id: Some(Uuid::from_u128(1)),
            token_id: None,
            action: "issue_tasks".to_owned(),
            outcome: "done".to_owned(),
            resource: Some("plans".to_owned()),
            row_id: Some(Uuid::from_u128(2)),
            target: "示例方案".to_owned(),
            before: None,
            after: Some("{}".to_owned()),
            request_id: None,
        }
    }

    fn sealed(count: u128) -> Vec<(i64, String, AuditRecord)> {
        let mut walk = Walk::default();
        (1..=count)
            .map(|number| {
                let record = record(number);
                let (place, hash) = walk.seal(&record);
                (place, hash, record)
            })
            .collect()
    }

    fn walk(rows: &[(i64, String, AuditRecord)]) -> Result<(), Broken> {
        let mut walk = Walk::default();
        rows.iter()
            .try_for_each(|(place, hash, record)| walk.check(*place, hash, record))
    }

    #[test]
    fn an_untouched_chain_is_whole() {
        assert_eq!(walk(&sealed(5)), Ok(()));
    }

    #[test]
    fn a_change_of_any_field_is_found_at_its_row() {
        let changes: Vec<fn(&mut AuditRecord)> = vec![
            |r| r.id = Uuid::from_u128(77),
            |r| r.happened_at += chrono::TimeDelta::microseconds(1),
            |r| r.actor_kind.push('x'),
            |r| r.actor.push('x'),
            |r| r.user_id = None,
            |r| r.token_id = Some(Uuid::from_u128(3)),
            |r| r.action.push('x'),
            |r| r.outcome = "refused".to_owned(),
            |r| r.resource = None,
            |r| r.row_id = None,
            |r| r.target.clear(),
            |r| r.before = Some(String::new()),
            |r| r.after = None,
            |r| r.request_id = Some("1".to_owned()),
        ];
        for change in changes {
            let mut rows = sealed(4);
            change(&mut rows[2].2);
            assert!(matches!(
                walk(&rows),
                Err(Broken::Altered { chain_no: 3, .. })
            ));
        }
    }

    #[test]
    fn a_removed_row_is_missed() {
        let mut rows = sealed(4);
        rows.remove(1);
        assert_eq!(walk(&rows), Err(Broken::Missing { chain_no: 2 }));
    }

    #[test]
    fn text_moved_from_one_field_to_the_next_is_another_record() {
        let mut one = record(1);
        one.actor = "ab".to_owned();
        one.action = "c".to_owned();
        let mut other = record(1);
        other.actor = "a".to_owned();
        other.action = "bc".to_owned();
        assert_ne!(link(1, GENESIS, &one), link(1, GENESIS, &other));
    }
}
