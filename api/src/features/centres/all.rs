//! All centres in service by their names, for whoever looks after them: filtered, page by page.

use std::sync::Arc;

use entity::CentreKind;
use serde::Deserialize;

use super::plan::CentrePlan;
use crate::{
    error::Result,
    http::{Cursor, Limit, Line, Page},
    state::Ctx,
};

/// Which centres.
#[derive(Debug, Default, Deserialize)]
pub struct AllQuery {
    /// In the name.
    pub q: Option<Line<40>>,
    /// Only of this kind.
    pub kind: Option<CentreKind>,
    /// Only of this township.
    pub township: Option<Line<20>>,
    /// How many at most.
    #[serde(default)]
    pub limit: Limit,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}

/// A page of the centres that are open.
pub fn all(ctx: &Ctx, query: &AllQuery) -> Result<Page<Arc<CentrePlan>>> {
    let index = ctx.catalogue.now();
    let fits = |name: &str, township: &str, kind| {
        query.q.as_ref().is_none_or(|q| name.contains(&**q))
            && query.township.as_ref().is_none_or(|wanted| township == &**wanted)
            && query.kind.is_none_or(|wanted| kind == wanted)
    };
    let after: Option<(String, String)> = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let mut found: Vec<_> = index
        .each()
        .map(|spot| (spot, spot.texts().0, spot.township(), spot.kind()))
        .filter(|(_, name, township, kind)| fits(name, township, *kind))
        .map(|(spot, name, ..)| ((name.to_owned(), spot.id().to_string()), spot))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
        .collect();
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    found.truncate(query.limit.0 as usize + 1);
    Ok(Page::of(found, query.limit, |(key, _)| key.clone(), |(_, spot)| ctx.catalogue.plan(&spot)))
}
