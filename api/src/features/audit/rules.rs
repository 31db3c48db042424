//! The chain: what bytes of a row are sealed, and how one row hangs on the one before.
//!
//! `hash = SHA-256(hash before ‖ bytes of the row)`, the hash before the first being 32 zero bytes.
//! The bytes depend only on the values, not on how a database writes them down.

use std::fmt::Write as _;

use entity::audit_rows;
use serde_json::{Number, Value};

use crate::platform::crypto::sha256;

/// Names the layout of the bytes, should another follow.
const LAYOUT: &[u8] = b"quanxiangtuo/audit/1";
/// What the first row hangs on.
pub const BEFORE_THE_FIRST: [u8; 32] = [0; 32];

/// The hash of a row at place `seq` after `before`.
#[must_use]
pub fn link(before: &[u8], seq: i64, row: &audit_rows::Model) -> Vec<u8> {
    sha256(&[before, &bytes(seq, row)])
}

/// Every field in order, texts with their length before them, so that no two rows share bytes.
fn bytes(seq: i64, row: &audit_rows::Model) -> Vec<u8> {
    // Named one by one: a new column must be thought of here.
    let audit_rows::Model { id, at, staff_id, centre_id, action, object, detail, seq: _, hash: _ } = row;
    let mut out = LAYOUT.to_vec();
    out.extend_from_slice(&seq.to_be_bytes());
    out.extend_from_slice(id.0.as_bytes());
    out.extend_from_slice(&at.timestamp_millis().to_be_bytes());
    out.extend_from_slice(staff_id.0.as_bytes());
    match centre_id {
        Some(centre) => {
            out.push(1);
            out.extend_from_slice(centre.0.as_bytes());
        }
        None => out.push(0),
    }
    let mut json = String::new();
    canonical(detail, &mut json);
    for text in [action, object, &json] {
        out.extend_from_slice(&(text.len() as u64).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out
}

/// JSON with sorted keys, no spaces, and numbers by their value: PostgreSQL's `jsonb` forgets the
/// order of keys and whether a number was written `1e2` or `100`.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => plain(value, out),
        Value::Number(number) => canonical_number(number, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, member)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                plain(&Value::String(key.clone()), out);
                out.push(':');
                canonical(member, out);
            }
            out.push('}');
        }
    }
}

fn plain(value: &Value, out: &mut String) {
    // Writing to a String can't fail.
    let _ = write!(out, "{value}");
}

fn canonical_number(number: &Number, out: &mut String) {
    // Whole numbers of this size are exact in 128 bits, however they were written.
    const EXACT: f64 = 1e30;
    let _ = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), _, _) => write!(out, "{whole}"),
        (_, Some(whole), _) => write!(out, "{whole}"),
        (_, _, Some(float)) if float.fract() == 0.0 && float.abs() < EXACT => write!(out, "{}", float as i128),
        (_, _, Some(float)) => write!(out, "{float:e}"),
        _ => write!(out, "{number}"),
    };
}

/// What a walk over the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every sealed row is as it was sealed.
    Whole {
        /// Sealed rows.
        rows: i64,
        /// The last row's hash: kept elsewhere, it also proves that nothing was cut off the end.
        head: Vec<u8>,
    },
    /// The chain ends before the last place that was signed: rows were cut off its end.
    CutOff {
        /// The last place there is.
        seq: i64,
        /// The last place that was signed.
        signed: i64,
    },
    /// The signed head is missing, or its signature isn't ours: the chain may be another one.
    Unsigned,
    /// The row at this place hangs on a chain, but not on the one that was signed or noted down.
    Rewritten {
        /// The place.
        seq: i64,
        /// The row found there.
        row: entity::AuditId,
    },
    /// The first row that is not.
    Broken {
        /// The place in the chain.
        seq: i64,
        /// The row found there; absent if none is.
        row: Option<entity::AuditId>,
    },
}

/// A place of the chain and its hash, known from elsewhere than the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The place, from 1.
    pub seq: i64,
    /// The hash there.
    pub hash: Vec<u8>,
}

impl std::str::FromStr for Anchor {
    type Err = &'static str;

    /// From `seq:hash`, the hash in hexadecimal, as `audit verify` prints it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be SEQ:HASH as `audit verify` prints it";
        let (seq, hash) = text.split_once(':').ok_or(FORM)?;
        let hash = data_encoding::HEXLOWER.decode(hash.as_bytes()).map_err(|_| FORM)?;
        Ok(Self { seq: seq.parse().map_err(|_| FORM)?, hash })
    }
}

/// What is signed of a head.
#[must_use]
pub fn head_text(seq: i64, hash: &[u8], sealed_at: chrono::DateTime<chrono::Utc>) -> String {
    format!("{seq}:{}:{}", data_encoding::HEXLOWER.encode(hash), sealed_at.timestamp_millis())
}

/// A walk over the chain, row by row.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The last place seen.
    pub seq: i64,
    head: Vec<u8>,
    anchors: Vec<Anchor>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { seq: 0, head: BEFORE_THE_FIRST.to_vec(), anchors: Vec::new() }
    }
}

impl Walk {
    /// A walk that must pass by these.
    #[must_use]
    pub fn past(anchors: Vec<Anchor>) -> Self {
        Self { anchors, ..Self::default() }
    }

    /// Checks the next row; `Err` names the first broken place.
    pub fn step(&mut self, row: &audit_rows::Model) -> Result<(), Verdict> {
        let expected = self.seq + 1;
        if row.seq != Some(expected) {
            return Err(Verdict::Broken { seq: expected, row: None });
        }
        let hash = link(&self.head, expected, row);
        if row.hash.as_ref() != Some(&hash) {
            return Err(Verdict::Broken { seq: expected, row: Some(row.id) });
        }
        if self.anchors.iter().any(|anchor| anchor.seq == expected && anchor.hash != hash) {
            return Err(Verdict::Rewritten { seq: expected, row: row.id });
        }
        (self.seq, self.head) = (expected, hash);
        Ok(())
    }

    /// The end was reached.
    #[must_use]
    pub fn whole(self) -> Verdict {
        if let Some(signed) = self.anchors.iter().map(|anchor| anchor.seq).max().filter(|seq| *seq > self.seq) {
            return Verdict::CutOff { seq: self.seq, signed };
        }
        Verdict::Whole { rows: self.seq, head: self.head }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(n: u128, detail: Value) -> audit_rows::Model {
        audit_rows::Model {
            id: uuid::Uuid::from_u128(n).into(),
            at: "2026-03-02T01:02:03.004Z".parse().unwrap(),
            staff_id: uuid::Uuid::from_u128(7).into(),
            centre_id: None,
            action: "visit.check_in".to_owned(),
            object: "vis_1".to_owned(),
            detail,
            seq: None,
            hash: None,
        }
    }

    fn chain(length: u128) -> Vec<audit_rows::Model> {
        let mut before = BEFORE_THE_FIRST.to_vec();
        (1..=length)
            .map(|n| {
                let mut row = row(n, json!({"n": u64::try_from(n).unwrap()}));
                let seq = i64::try_from(n).unwrap();
                before = link(&before, seq, &row);
                (row.seq, row.hash) = (Some(seq), Some(before.clone()));
                row
            })
            .collect()
    }

    fn verdict(rows: &[audit_rows::Model]) -> Verdict {
        let mut walk = Walk::default();
        for row in rows {
            if let Err(broken) = walk.step(row) {
                return broken;
            }
        }
        walk.whole()
    }

    #[test]
    fn the_same_detail_written_in_two_ways_has_the_same_bytes() {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let a = parse(r#"{"b":[1e2,0.5,-0.0],"a":{"y":1e16,"x":"泉\u0041"},"big":1e300}"#);
        let big = format!("1{}", "0".repeat(300));
        let text = format!(r#"{{"a":{{"x":"泉A","y":10000000000000000}},"b":[100,0.5,0],"big":{big}}}"#);
        assert_eq!(bytes(1, &row(1, a)), bytes(1, &row(1, parse(&text))));
    }

    #[test]
    fn every_field_counts() {
        let plain = row(1, json!({}));
        let mut others = vec![row(2, json!({})), row(1, json!({"a": null}))];
        let changes: [fn(&mut audit_rows::Model); 5] = [
            |row| row.action = "visit.check_i".to_owned(),
            |row| row.object = "nvis_1".to_owned(),
            |row| row.centre_id = Some(uuid::Uuid::nil().into()),
            |row| row.staff_id = uuid::Uuid::nil().into(),
            |row| row.at += chrono::TimeDelta::milliseconds(1),
        ];
        for change in changes {
            let mut other = plain.clone();
            change(&mut other);
            others.push(other);
        }
        for other in others {
            assert_ne!(bytes(1, &plain), bytes(1, &other));
        }
        assert_ne!(bytes(1, &plain), bytes(2, &plain));
    }

    #[test]
    fn an_untouched_chain_is_whole_and_a_changed_row_is_named() {
        let rows = chain(5);
        let head = rows[4].hash.clone().unwrap();
        assert_eq!(verdict(&rows), Verdict::Whole { rows: 5, head });
        let mut changed = rows.clone();
        changed[2].detail = json!({"n": 33});
        assert_eq!(verdict(&changed), Verdict::Broken { seq: 3, row: Some(rows[2].id) });
        let mut cut = rows.clone();
        cut.remove(1);
        assert_eq!(verdict(&cut), Verdict::Broken { seq: 2, row: None });
        let mut swapped = rows;
        swapped.swap(1, 2);
        (swapped[1].seq, swapped[2].seq) = (Some(2), Some(3));
        assert!(matches!(verdict(&swapped), Verdict::Broken { seq: 2, .. }));
    }

    #[test]
    fn a_cut_off_end_and_a_chain_made_anew_are_seen_by_what_is_known_from_elsewhere() {
        let rows = chain(5);
        let anchor = Anchor { seq: 5, hash: rows[4].hash.clone().unwrap() };
        let past = |rows: &[audit_rows::Model]| {
            let mut walk = Walk::past(vec![anchor.clone()]);
            rows.iter().find_map(|row| walk.step(row).err()).unwrap_or_else(|| walk.whole())
        };
        assert!(matches!(past(&rows), Verdict::Whole { rows: 5, .. }));
        assert_eq!(past(&rows[..3]), Verdict::CutOff { seq: 3, signed: 5 });
        // Someone who changes a row and seals everything after it anew.
        let mut anew = rows.clone();
        anew[1].detail = json!({"n": 22});
        let mut before = anew[0].hash.clone().unwrap();
        for row in &mut anew[1..] {
            before = link(&before, row.seq.unwrap(), row);
            row.hash = Some(before.clone());
        }
        assert!(matches!(verdict(&anew), Verdict::Whole { .. }));
        assert_eq!(past(&anew), Verdict::Rewritten { seq: 5, row: rows[4].id });
        let text = format!("5:{}", data_encoding::HEXLOWER.encode(&anchor.hash));
        assert_eq!(text.parse(), Ok(anchor.clone()));
        assert!("5".parse::<Anchor>().is_err() && "x:00".parse::<Anchor>().is_err());
    }
}
