//! When nothing is inside the circle: the nearest that match the other filters, and what to do next.

use super::{
    dto::CentreSearch,
    index::Index,
    search::{Asked, Candidate, Source},
    start::{MOST_ASKED, Start},
};
use crate::{
    error::{Result, Text},
    platform::walking::{Travel, TravelMode, WayMethod},
};

/// So many are named.
const NAMED: usize = 3;
/// So many of the nearest as the crow flies are looked at on the network first, then ever more.
const LOOKED_AT: usize = 12;
/// Farther than this nobody brings a child, in metres.
const FARTHEST: f64 = 100_000.0;
/// The circle is widened by this factor until it holds enough.
const WIDER: f64 = 4.0;
/// Minutes of a search at most; see [`super::dto::CentreSearch`].
const MOST_MINUTES: u32 = 60;

/// The nearest around a start, nearest first. `judged` says how the empty circle was found to be empty.
pub(super) async fn nearest<'a>(
    asked: &Asked<'_>,
    centres: &'a Index,
    start: &Start,
    minutes: u32,
    judged: Option<WayMethod>,
) -> Result<Vec<Candidate<'a>>> {
    let mut reach = asked.ctx.walking.reach(start.travel, f64::from(minutes)).max(1_000.0);
    loop {
        reach = (reach * WIDER).min(FARTHEST);
        let mut near = asked.first(&Source::Around(centres, start, reach), None, MOST_ASKED + 1).await?;
        near.sort_unstable_by(Candidate::order);
        let all = near.len() <= MOST_ASKED;
        // Whoever asks for a date reads places: of the nearest only.
        near.truncate(MOST_ASKED);
        let (named, sure) = if asked.ctx.walking.has_network() {
            let named = on_streets(asked, start, near, judged).await?;
            // What lies beyond can't be nearer than its straight line.
            let sure = named.get(NAMED - 1).is_some_and(|last| minutes_of(last) <= reach / per_minute(asked, start));
            (named, sure)
        } else {
            let mut free = asked.free(&Source::Known(near), None, NAMED).await?;
            free.sort_unstable_by(Candidate::order);
            free.truncate(NAMED);
            let sure = free.len() == NAMED;
            (free, sure)
        };
        if sure || !all || reach >= FARTHEST {
            return Ok(named);
        }
    }
}

/// Metres of way in a minute, where there is a network.
fn per_minute(asked: &Asked<'_>, start: &Start) -> f64 {
    asked.ctx.walking.reach(start.travel, 1.0)
}

fn minutes_of(candidate: &Candidate<'_>) -> f64 {
    candidate.walk.map_or(f64::INFINITY, |walk| f64::from(walk.minutes))
}

/// The nearest by the street network, of candidates in the order of their straight lines: a river may lie
/// between, so lots are looked at until nothing that follows can be nearer.
async fn on_streets<'a>(
    asked: &Asked<'_>,
    start: &Start,
    near: Vec<Candidate<'a>>,
    judged: Option<WayMethod>,
) -> Result<Vec<Candidate<'a>>> {
    let metres_a_minute = per_minute(asked, start) * asked.ctx.settings.walking_detour;
    // By estimate a way is the straight line and its detour.
    let at_least = |next: &Candidate<'_>| next.walk.map_or(0.0, |walk| f64::from(walk.distance_m) / metres_a_minute);
    let (mut named, mut rest, mut lot) = (Vec::new(), near.into_iter().peekable(), LOOKED_AT);
    while let Some(next) = rest.peek() {
        if named.get(NAMED - 1).is_some_and(|last| at_least(next) >= minutes_of(last)) {
            break;
        }
        let some: Vec<_> = rest.by_ref().take(lot).collect();
        let most = some.len();
        let free = asked.free(&Source::Known(some), None, most).await?;
        named.extend(walked(asked, start, free, judged).await?);
        named.sort_unstable_by(Candidate::order);
        named.truncate(NAMED);
        lot *= 4;
    }
    Ok(named)
}

/// Their ways, found as those of the circle were: where the network judged it empty and the engine has gone
/// since, an estimate would contradict it, so only those are named whose ways are remembered.
async fn walked<'a>(
    asked: &Asked<'_>,
    start: &Start,
    some: Vec<Candidate<'a>>,
    judged: Option<WayMethod>,
) -> Result<Vec<Candidate<'a>>> {
    let walked = asked.walked(&Source::Known(some.clone()), start, u32::MAX).await?;
    if judged != Some(WayMethod::Network) || walked.method == judged {
        return Ok(walked.found);
    }
    let mut known = Vec::new();
    for one in some {
        let walked = asked.walked(&Source::Known(vec![one]), start, u32::MAX).await?;
        if walked.method == judged {
            known.extend(walked.found);
        }
    }
    Ok(known)
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
