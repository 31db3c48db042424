//! What each table does with its rows.

mod calendar;
mod carers;
mod centres;
mod classes;
mod community_points;
mod offers;
mod populations;

use std::{collections::HashMap, hash::Hash};

use entity::CentreId;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    columns::{Column, Holds, Object, Row, needed, parse},
    dto::ImportTable,
    service::Import,
    sheet::Line,
    store,
    surroundings::Surroundings,
};
use crate::error::{Result, Text};

/// The columns of a table.
pub(super) const fn columns(of: ImportTable) -> &'static [Column] {
    match of {
        ImportTable::Centres => centres::COLUMNS,
        ImportTable::Classes => classes::COLUMNS,
        ImportTable::Offers => offers::COLUMNS,
        ImportTable::Carers => carers::COLUMNS,
        ImportTable::Calendar => calendar::COLUMNS,
        ImportTable::Populations => populations::COLUMNS,
        ImportTable::CommunityPoints => community_points::COLUMNS,
    }
}

/// Does it.
pub(super) async fn run(import: &mut Import<'_, '_>, of: ImportTable, lines: &[Line]) -> Result<()> {
    match of {
        ImportTable::Centres => centres::run(import, lines).await,
        ImportTable::Classes => classes::run(import, lines).await,
        ImportTable::Offers => offers::run(import, lines).await,
        ImportTable::Carers => carers::run(import, lines).await,
        ImportTable::Calendar => calendar::run(import, lines).await,
        ImportTable::Populations => populations::run(import, lines).await,
        ImportTable::CommunityPoints => community_points::run(import, lines).await,
    }
}

/// The words of a closed list.
macro_rules! words {
    ($list:ty) => {
        Holds::Word(|| <$list>::ALL.iter().map(|word| (word.zh(), word.as_str())).collect())
    };
}
pub(super) use words;

/// Says which centre a row is about.
const CENTRE: Column = needed("机构名称", "centre", Holds::Text, "与机构名录一致", "东园镇阳光托育园");
const TOWNSHIP: Column = needed("乡镇", "township", Holds::Text, "机构所在乡镇", "东园镇");

/// A row, or a part of it, as the API takes it; what it refuses is told.
fn parsed<T: DeserializeOwned>(
    import: &mut Import<'_, '_>,
    columns: &[Column],
    at: usize,
    mut value: Object,
) -> Option<T> {
    parse(&mut import.problems, columns, at, &mut value)
}

/// What a check says of a row; what it refuses is told. What isn't the row's fault ends the import.
fn checked<T>(import: &mut Import<'_, '_>, columns: &[Column], at: usize, outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(problem) if problem.code().status().is_server_error() => Err(problem),
        Err(problem) => {
            import.problems.refuse(at, columns, &problem);
            Ok(None)
        }
    }
}

/// Rows whose key another row has are told and left out. One with something wrong may have an example for a key.
fn once_each<T, K: Eq + Hash>(import: &mut Import<'_, '_>, rows: Vec<Row<T>>, key: impl Fn(&T) -> K) -> Vec<Row<T>> {
    let mut seen: HashMap<K, usize> = HashMap::with_capacity(rows.len());
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        if import.problems.has(row.at) {
            kept.push(row);
            continue;
        }
        match seen.get(&key(&row.value)) {
            Some(first) => {
                let text = Text::new(format!("与第{first}行重复。"), format!("the same as row {first}."));
                import.problems.add(row.at, "", "repeated", &text);
            }
            None => {
                seen.insert(key(&row.value), row.at);
                kept.push(row);
            }
        }
    }
    kept
}

fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or("")
}

/// The centres that rows name, by name and township; two of one name there are none, and told.
struct Named(HashMap<(String, String), Vec<CentreId>>);

impl Named {
    async fn of(import: &Import<'_, '_>, rows: &[Row<Object>], field: &str) -> Result<Self> {
        let mut names: Vec<&str> = rows.iter().map(|row| text(&row.value, field)).collect();
        names.sort_unstable();
        names.dedup();
        let mut all: HashMap<_, Vec<CentreId>> = HashMap::new();
        for (id, name, township) in store::centres_named(import.txn, &names).await? {
            all.entry((name, township)).or_default().push(id);
        }
        Ok(Self(all))
    }

    fn all(&self) -> Vec<CentreId> {
        let mut all: Vec<CentreId> = self.0.values().flatten().copied().collect();
        all.sort_unstable();
        all
    }

    fn find(&self, name: &str, township: &str) -> &[CentreId] {
        self.0.get(&(name.to_owned(), township.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The centre of a row.
    fn centre(&self, import: &mut Import<'_, '_>, row: &Row<Object>) -> Option<CentreId> {
        let (name, township) = (text(&row.value, CENTRE.field), text(&row.value, TOWNSHIP.field));
        match self.find(name, township) {
            [one] => Some(*one),
            [] => {
                let text = Text::new("该乡镇没有这家机构，请先导入机构。", "no such centre in this township.");
                import.problems.add(row.at, CENTRE.title, "unknown", &text);
                None
            }
            _ => {
                let text = Text::new("该乡镇有多家同名机构，请先改名区分。", "several centres of this name there.");
                import.problems.add(row.at, CENTRE.title, "ambiguous", &text);
                None
            }
        }
    }
}

/// Tells catalogues, and those who wait, of centres whose classes or offers changed.
async fn tell(import: &Import<'_, '_>, mut centres: Vec<CentreId>) -> Result<()> {
    centres.sort_unstable();
    centres.dedup();
    for id in centres {
        crate::features::centres::store::touch(import.txn, Some(id), import.ctx.clock.now()).await?;
        crate::features::bookings::store::freed(import.txn, &import.ctx.clock, id).await?;
    }
    Ok(())
}
