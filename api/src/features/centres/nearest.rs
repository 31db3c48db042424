//! When nothing is inside the circle: the nearest that match the other filters, and what to do next.

use super::{
    dto::CentreSearch,
    index::Index,
    search::{Asked, Candidate, Source},
    start::{MOST_ASKED, Start},
};
use crate::{
    error::{Result, Text},
    platform::walking::{Travel, TravelMode},
};

/// So many are named.
const NAMED: usize = 3;
/// So many of the nearest as the crow flies are looked at on the network, for a river may lie between.
const LOOKED_AT: usize = 12;
/// Farther than this nobody brings a child, in metres.
const FARTHEST: f64 = 100_000.0;
/// The circle is widened by this factor until it holds enough.
const WIDER: f64 = 4.0;
/// Minutes of a search at most; see [`super::dto::CentreSearch`].
const MOST_MINUTES: u32 = 60;

/// The nearest around a start, nearest first.
pub(super) async fn nearest<'a>(
    asked: &Asked<'_>,
    centres: &'a Index,
    start: &Start,
    minutes: u32,
) -> Result<Vec<Candidate<'a>>> {
    let network = asked.ctx.walking.has_network();
    let enough = if network { LOOKED_AT } else { NAMED };
    let mut reach = asked.ctx.walking.reach(start.travel, f64::from(minutes)).max(1_000.0);
    let mut found = Vec::new();
    while found.len() < enough && reach < FARTHEST {
        reach = (reach * WIDER).min(FARTHEST);
        let mut wider = asked.first(&Source::Index(centres, Some((start, reach))), None, MOST_ASKED);
        wider.sort_unstable_by(Candidate::order);
        // Whoever asks for a date reads places: of the nearest only.
        wider.truncate(MOST_ASKED);
        found = asked.free(&Source::Known(wider), None, enough).await?;
        found.sort_unstable_by(Candidate::order);
        found.truncate(enough);
    }
    if network {
        found = asked.walked(&Source::Known(found), start, u32::MAX).await;
        found.sort_unstable_by(Candidate::order);
    }
    found.truncate(NAMED);
    Ok(found)
}

/// What to tell the family.
pub(super) fn message(query: &CentreSearch, travel: Travel, minutes: u32, nearest: &[Candidate<'_>]) -> Text {
    let (by, by_en) = match travel.mode {
        TravelMode::Walk => ("步行", "on foot"),
        TravelMode::Cycle => ("骑自行车", "by bicycle"),
        TravelMode::EBike => ("骑电动车", "by e-bike"),
        TravelMode::Drive => ("驾车", "by car"),
    };
    let Some(walk) = nearest.first().and_then(|first| first.walk) else {
        return Text::new(
            "附近没有符合条件的托育机构，请减少筛选条件，或换一个位置、日期再查询。",
            "No centre near here matches: drop a filter, or choose another place or date.",
        );
    };
    let far = walk.minutes;
    let (advice, advice_en) = if far <= MOST_MINUTES {
        (format!("可将时间放宽到{far}分钟"), format!("allow {far} minutes"))
    } else {
        ("可换一个离得更近的位置".to_owned(), "choose a place nearer to it".to_owned())
    };
    let (mode, mode_en) =
        if travel.mode == TravelMode::Drive { ("", "") } else { ("、换一种出行方式", ", travel another way") };
    let (filters, filters_en) = if query.date.is_some() {
        ("或换一个日期", "or take another date")
    } else {
        ("或减少筛选条件", "or drop a filter")
    };
    Text::new(
        format!("{minutes}分钟内没有符合条件的托育机构，最近的一家{by}约{far}分钟。{advice}{mode}，{filters}。"),
        format!(
            "Nothing that matches is within {minutes} minutes; the nearest is {far} minutes {by_en}. You can {advice_en}{mode_en}, {filters_en}."
        ),
    )
}
