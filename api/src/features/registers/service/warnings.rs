//! What runs out or is due. Reckoned anew at each call from the rows of centres in service: some hundreds
//! of bytes for each that is due.

use std::collections::HashMap;

use chrono::{Datelike as _, Days, NaiveDate};
use entity::{CarerId, CentreId};

use super::super::{
    NAME_PLACE,
    dto::{WarningKind, WarningOut, WarningsQuery},
    rules,
    store::{self, Watched},
};
use crate::{
    error::Result,
    features::directory,
    http::{Cursor, Page},
    language::Word,
    state::Ctx,
};

/// Days ahead unless said otherwise.
const DAYS: u16 = 30;

/// The order of warnings: what is missing altogether, then by day.
type Key = (Option<NaiveDate>, WarningKind, CentreId, Option<CarerId>);

/// Warnings that the filters leave, the most urgent first.
pub async fn page(ctx: &Ctx, query: &WarningsQuery) -> Result<Page<WarningOut>> {
    let WarningsQuery { days, kind, centre_id, township, limit, cursor } = query;
    if let Some(township) = township {
        directory::rules::check_township(&ctx.catalogue.townships(), township)?;
    }
    let after: Option<Key> = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let (db, today) = (ctx.db.reader(), ctx.clock.today());
    let by = today + Days::new(days.map_or(DAYS, |days| days.0).into());
    let centres: HashMap<CentreId, Watched> =
        store::watched(db, *centre_id, township.as_deref()).await?.into_iter().map(|row| (row.id, row)).collect();
    let asked = |what| kind.is_none_or(|kind| kind == what);
    let mut keys: Vec<Key> = Vec::new();
    let mut due = |on: Option<NaiveDate>, what: WarningKind, centre: CentreId, carer: Option<CarerId>| {
        if asked(what) && on.is_none_or(|on| on <= by) {
            keys.push((on, what, centre, carer));
        }
    };
    let year = |day: NaiveDate| {
        let on = |month, of| NaiveDate::from_ymd_opt(day.year(), month, of).unwrap_or(day);
        (on(1, 1), on(12, 31))
    };
    let visits = if asked(WarningKind::GuidanceVisit) { store::visits(db, year(today)).await? } else { HashMap::new() };
    for (id, row) in &centres {
        due(row.insured_until, WarningKind::Insurance, *id, None);
        due(row.medical_until, WarningKind::MedicalContract, *id, None);
        let n = visits.get(id).copied().unwrap_or(0);
        due(Some(rules::guidance_due(today, n)), WarningKind::GuidanceVisit, *id, None);
        // Without a last day it doesn't run out; without a first there is none.
        if row.inclusive_from.is_some() && row.inclusive_until.is_some() {
            due(row.inclusive_until, WarningKind::Recognition, *id, None);
        }
    }
    if asked(WarningKind::Certificate) {
        for (carer, centre, on) in store::ending(db, today, by).await? {
            if centres.contains_key(&centre) {
                due(Some(on), WarningKind::Certificate, centre, Some(carer));
            }
        }
    }
    keys.retain(|key| after.as_ref().is_none_or(|after| key > after));
    keys.sort_unstable();
    keys.truncate(limit.0 as usize + 1);
    let names = store::sealed_names(db, keys.iter().filter_map(|key| key.3).collect()).await?;
    let names: HashMap<CarerId, String> = names
        .into_iter()
        .map(|(id, sealed)| Ok((id, ctx.keys.open_text(NAME_PLACE, &sealed)?)))
        .collect::<Result<_>>()?;
    let out = |(on, kind, centre_id, carer_id): Key| {
        let centre = centres.get(&centre_id);
        WarningOut {
            kind,
            label: Word(kind.zh()),
            centre_id,
            centre_name: centre.map(|row| row.name.clone()).unwrap_or_default(),
            township: centre.map(|row| row.township.clone()).unwrap_or_default(),
            carer_id,
            carer: carer_id.and_then(|id| names.get(&id).cloned()),
            on,
            days_left: on.map(|on| (on - today).num_days()),
        }
    };
    Ok(Page::of(keys, *limit, |key| *key, out))
}
