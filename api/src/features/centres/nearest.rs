//! When nothing is inside the circle: the nearest three that match the other filters, how far they are, and
//! what to do next. Where no way is found to so many, they are the nearest as the crow flies, and it is said.

use std::sync::Arc;

use super::{
    card::number,
    dto::CentreSearch,
    index::Index,
    scan,
    search::{self, Asked, Candidate, Source},
    start::{MOST_ASKED, Start},
    voucher_scope::VoucherScope,
};
use crate::{
    error::{Result, Text},
    platform::walking::{Travel, TravelMode, WayMethod, metres},
};

/// So many are named.
const NAMED: usize = 3;
/// So many of the nearest as the crow flies are looked at on the network first, then ever more.
const LOOKED_AT: usize = 12;
/// Farther than this nobody brings a child, in metres: no way is looked for.
const FARTHEST: f64 = 100_000.0;
/// The circle is widened by this factor until it holds enough.
const WIDER: f64 = 4.0;
/// Minutes of a search at most; see [`super::dto::CentreSearch`].
const MOST_MINUTES: u32 = 60;

/// One of the nearest.
pub(super) struct Named<'a> {
    candidate: Candidate<'a>,
    /// How far it is as the crow flies, where no way is told.
    straight_m: Option<u32>,
}

/// The nearest around a start: by their ways, then as the crow flies. `judged` says how the empty circle was
/// found to be empty.
pub(super) async fn nearest<'a>(
    asked: &Asked<'_>,
    centres: &'a Arc<Index>,
    start: &Start,
    minutes: u32,
    judged: Option<WayMethod>,
) -> Result<Vec<Named<'a>>> {
    let walked = by_way(asked, centres, start, minutes, judged).await?;
    let mut named: Vec<_> = walked.into_iter().map(|candidate| Named { candidate, straight_m: None }).collect();
    if named.len() < NAMED {
        match by_line(asked, centres, start, &named).await {
            Ok(beyond) => named.extend(beyond),
            // Too many look through everything just now: what is known is told, and nothing that isn't.
            Err(error) if named.is_empty() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(named)
}

/// As many as are missing, nearest first as the crow flies.
async fn by_line<'a>(
    asked: &Asked<'_>,
    centres: &'a Arc<Index>,
    start: &Start,
    named: &[Named<'_>],
) -> Result<Vec<Named<'a>>> {
    // Whoever asks for a date reads places: of the nearest only.
    let most = if asked.query.date.is_some() { MOST_ASKED } else { NAMED };
    let mut near = scan::nearest(asked, centres, start.from, most).await?;
    near.sort_unstable_by(Candidate::order);
    near.truncate(most);
    near.retain(|one| named.iter().all(|named| named.candidate.spot.id() != one.spot.id()));
    let missing = NAMED - named.len();
    let mut free = asked.free(&Source::Known(near), None, missing).await?;
    free.sort_unstable_by(Candidate::order);
    free.truncate(missing);
    let named = free.into_iter().map(|candidate| {
        let straight = metres(start.from, candidate.spot.location()).round();
        Named { candidate, straight_m: Some(straight as u32) }
    });
    Ok(named.collect())
}

/// Those that a way leads to, nearest first.
async fn by_way<'a>(
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

/// Appends a list of [`super::dto::CentreCardOut`].
pub(super) fn write(out: &mut Vec<u8>, query: &CentreSearch, vouchers: &VoucherScope, nearest: &[Named<'_>]) {
    out.push(b'[');
    for (i, named) in nearest.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        search::item(out, query, vouchers, &named.candidate);
        if let Some(metres) = named.straight_m {
            // Into the object that was just closed.
            out.pop();
            out.extend_from_slice(b",\"straight_m\":");
            number(out, metres);
            out.push(b'}');
        }
    }
    out.push(b']');
}

/// Whether anything narrows the search, so that there is something to drop.
const fn has_filters(query: &CentreSearch) -> bool {
    query.date.is_some()
        || query.care_type.is_some()
        || query.age_months.is_some()
        || query.inclusive.is_some()
        || query.kind.is_some()
        || query.township.is_some()
        || query.voucher.is_some()
        || query.q.is_some()
}

/// What to tell the family.
pub(super) fn message(query: &CentreSearch, travel: Travel, minutes: u32, nearest: &[Named<'_>]) -> Text {
    let Some(first) = nearest.first() else { return nothing_at_all(query) };
    let (by, by_en) = match travel.mode {
        TravelMode::Walk => ("步行", "on foot"),
        TravelMode::Cycle => ("骑自行车", "by bicycle"),
        TravelMode::EBike => ("骑电动车", "by e-bike"),
        TravelMode::Drive => ("驾车", "by car"),
    };
    let (far, far_en, mut advice, mut advice_en) = if let Some(walk) = first.candidate.walk {
        let far = walk.minutes;
        let (advice, advice_en) = if far <= MOST_MINUTES {
            (format!("可将时间放宽到{far}分钟"), format!("allow {far} minutes"))
        } else {
            ("可换一个离得更近的位置".to_owned(), "choose a place nearer to it".to_owned())
        };
        (format!("{by}约{far}分钟"), format!("{far} minutes {by_en}"), advice, advice_en)
    } else {
        let metres = first.straight_m.unwrap_or(0);
        let (far, far_en) = straight(metres);
        let is_near = f64::from(metres) <= FARTHEST;
        let (none, none_en) =
            if is_near { ("，没有找到可到达的路线", ", and no way there was found") } else { ("", "") };
        let advice = "可换一个离得更近的位置".to_owned();
        let far = format!("直线距离约{far}{none}");
        (far, format!("{far_en} away as the crow flies{none_en}"), advice, "choose a place nearer to it".to_owned())
    };
    if travel.mode != TravelMode::Drive {
        advice.push_str("、换一种出行方式");
        advice_en.push_str(", travel another way");
    }
    if query.date.is_some() {
        advice.push_str("，或换一个日期");
        advice_en.push_str(", or take another date");
    } else if has_filters(query) {
        advice.push_str("，或减少筛选条件");
        advice_en.push_str(", or drop a filter");
    }
    let (that, that_en) = if has_filters(query) { ("符合条件的", " that matches") } else { ("", "") };
    Text::new(
        format!("{minutes}分钟内没有{that}托育机构，最近的一家{far}。{advice}。"),
        format!("Nothing{that_en} is within {minutes} minutes; the nearest is {far_en}. You can {advice_en}."),
    )
}

/// When there is none to name.
fn nothing_at_all(query: &CentreSearch) -> Text {
    if !has_filters(query) {
        return Text::new("目前还没有托育机构。", "There are no centres yet.");
    }
    let (zh, en) = if query.date.is_some() { ("，或换一个日期", ", or choose another date") } else { ("", "") };
    Text::new(
        format!("没有符合条件的托育机构，请减少筛选条件{zh}再查询。"),
        format!("No centre matches: drop a filter{en}."),
    )
}

/// Metres for people.
fn straight(metres: u32) -> (String, String) {
    let km = f64::from(metres) / 1000.0;
    match metres {
        0..1_000 => (format!("{metres}米"), format!("{metres} m")),
        1_000..10_000 => (format!("{km:.1}公里"), format!("{km:.1} km")),
        _ => (format!("{km:.0}公里"), format!("{km:.0} km")),
    }
}
