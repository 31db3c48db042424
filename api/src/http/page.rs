//! Lists: `limit`, an opaque `cursor`, and `{items, next_cursor}`.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::values::coded;
use crate::error::{Problem, Result, Text};

/// How many items at most: 1 to 100, 20 if not said. More is an error, not a silent cut.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub u32);

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

impl Limit {
    /// One more than asked for, to see whether there is a next page.
    #[must_use]
    pub fn plus_one(self) -> u64 {
        u64::from(self.0) + 1
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match String::deserialize(d)?.parse() {
            Ok(n @ 1..=100) => Ok(Self(n)),
            _ => Err(coded("out_of_range", "须为 1 到 100 的整数。", "Must be an integer from 1 to 100.")),
        }
    }
}

impl utoipa::PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(100))
            .default(Some(serde_json::json!(20)))
            .into()
    }
}
impl ToSchema for Limit {}

/// Where a list goes on; opaque outside.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(value_type = String)]
pub struct Cursor(String);

impl From<String> for Cursor {
    fn from(next: String) -> Self {
        Self(next)
    }
}

impl Cursor {
    /// The text as it came.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.clone()
    }

    /// Packs the sort key of the last item handed out.
    #[must_use]
    pub fn pack(key: &impl Serialize) -> String {
        BASE64URL_NOPAD.encode(&serde_json::to_vec(key).unwrap_or_default())
    }

    /// The sort key to go on after.
    pub fn unpack<K: DeserializeOwned>(&self) -> Result<K> {
        let bytes = BASE64URL_NOPAD.decode(self.0.as_bytes()).ok();
        bytes.and_then(|b| serde_json::from_slice(&b).ok()).ok_or_else(Self::invalid)
    }

    /// The refusal of a text that is no cursor of ours.
    #[must_use]
    pub fn invalid() -> Problem {
        Problem::field(
            "cursor",
            "invalid",
            Text::new("cursor 无效，请从第一页重新查询。", "The cursor is not one of ours; start from the first page."),
        )
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Pass as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of up to `limit` from rows fetched with [`Limit::plus_one`]; `key` gives the
    /// sort key of a row.
    pub fn of<R, K: Serialize>(
        mut rows: Vec<R>,
        limit: Limit,
        key: impl Fn(&R) -> K,
        item: impl FnMut(R) -> T,
    ) -> Self {
        let most = limit.0 as usize;
        let more = rows.len() > most;
        rows.truncate(most);
        let next_cursor = if more { rows.last().map(|row| Cursor::pack(&key(row))) } else { None };
        Self { items: rows.into_iter().map(item).collect(), next_cursor }
    }
}
