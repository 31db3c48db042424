//! Signals and funnels, read from the rows.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate, TimeDelta};
use entity::{CampaignId, Fen, MinuteOfDay};

use super::{
    funnel_dto::{FunnelBy, FunnelGroupOut, FunnelOut},
    rating_signals,
    rules::{Funnel, Trial, bursts},
    signal_dto::{SignalKind, SignalOut, SignalsQuery},
    store::{self, Scan, Scope},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::support,
    http::{Cursor, Moment, Month, Page},
    platform::clock::{instant_at, local},
    state::Ctx,
};

/// Days of one look at most.
const MOST_DAYS: i64 = 31;
/// Redemptions named with a signal.
pub(super) const SAMPLE: usize = 10;
/// Vouchers read at once for a funnel.
const VOUCHERS: u64 = 1000;

/// Signals of a range of days, by kind, centre and day.
pub async fn signals(ctx: &Ctx, query: &SignalsQuery) -> Result<Page<SignalOut>> {
    let at: usize = query.cursor.as_ref().map(Cursor::unpack).transpose()?.unwrap_or(0);
    let all = all_signals(ctx, query).await?;
    let limit = usize::try_from(query.limit.0).unwrap_or(usize::MAX);
    let next = at.saturating_add(limit);
    let next_cursor = (next < all.len()).then(|| Cursor::pack(&next));
    Ok(Page { items: all.into_iter().skip(at).take(limit).collect(), next_cursor })
}

/// All of them, for a table.
pub async fn all_signals(ctx: &Ctx, query: &SignalsQuery) -> Result<Vec<SignalOut>> {
    let scope = Scope { from: query.from.0, to: query.to.0, centre: query.centre_id };
    if !(0..MOST_DAYS).contains(&(scope.to - scope.from).num_days()) {
        let text = Text::new(
            format!("请选择 1 到 {MOST_DAYS} 天的日期范围。"),
            format!("Choose a range of 1 to {MOST_DAYS} days."),
        );
        return Err(Problem::field("to", "out_of_range", text));
    }
    let asked = |kind| query.kind.is_none_or(|only| only == kind);
    let mut all = Vec::new();
    if asked(SignalKind::NightScan) {
        all.extend(night_scans(ctx, scope).await?);
    }
    if asked(SignalKind::DeviceBurst) {
        all.extend(device_bursts(ctx, scope).await?);
    }
    if asked(SignalKind::ManyChildren) && scope.centre.is_none() {
        all.extend(many_children(ctx, scope).await?);
    }
    if asked(SignalKind::NoCheckIn) {
        all.extend(no_check_in(ctx, scope).await?);
    }
    if asked(SignalKind::AbovePlaces) {
        all.extend(above_places(ctx, scope).await?);
    }
    if asked(SignalKind::SupportSheet) {
        all.extend(support_sheets(ctx, scope).await?);
    }
    let kinds = SignalKind::OF_RATINGS.into_iter().filter(|kind| asked(*kind));
    all.extend(rating_signals::found(ctx, scope, kinds.collect()).await?);
    named(ctx, all).await
}

/// Signals about ratings alone.
pub async fn of_ratings(ctx: &Ctx, from: NaiveDate, to: NaiveDate) -> Result<Vec<SignalOut>> {
    let scope = Scope { from, to, centre: None };
    named(ctx, rating_signals::found(ctx, scope, SignalKind::OF_RATINGS.to_vec()).await?).await
}

/// With the centres' names, in order.
async fn named(ctx: &Ctx, mut all: Vec<SignalOut>) -> Result<Vec<SignalOut>> {
    let ids: HashSet<_> = all.iter().filter_map(|signal| signal.centre_id).collect();
    let names = store::names(ctx.db.reader(), &ids.into_iter().collect::<Vec<_>>()).await?;
    for signal in &mut all {
        signal.centre_name = signal.centre_id.and_then(|id| names.get(&id).cloned());
    }
    all.sort_by_key(|signal| (signal.kind, signal.centre_id, signal.date, signal.family_id));
    Ok(all)
}

fn flag(kind: SignalKind, scans: &[&Scan], threshold: i64, detail: String) -> SignalOut {
    SignalOut {
        kind,
        centre_id: scans.first().map(|scan| scan.centre_id),
        centre_name: None,
        family_id: None,
        device: None,
        date: scans.first().map(|scan| scan.service_date),
        count: i64::try_from(scans.len()).unwrap_or(i64::MAX),
        threshold,
        detail,
        redemption_ids: scans.iter().take(SAMPLE).map(|scan| scan.id).collect(),
        rating_ids: Vec::new(),
    }
}

/// Scans in order, cut where the key changes.
fn runs<K: PartialEq>(scans: &[Scan], key: impl Fn(&Scan) -> K) -> Vec<Vec<&Scan>> {
    scans.chunk_by(|a, b| key(a) == key(b)).map(|run| run.iter().collect()).collect()
}

async fn night_scans(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let (from, until) = (ctx.settings.signal_day_from, ctx.settings.signal_day_until);
    let found = store::night_scans(ctx.db.reader(), scope, from, until).await?;
    let signals = runs(&found, |scan| (scan.centre_id, scan.service_date)).into_iter().map(|scans| {
        let times: Vec<_> = scans.iter().map(|scan| local(scan.redeemed_at).format("%H:%M").to_string()).collect();
        let shown = times.iter().take(5).map(String::as_str).collect::<Vec<_>>().join("、");
        let detail = format!("在 {from}–{until} 以外核销 {} 次：{shown}", scans.len());
        flag(SignalKind::NightScan, &scans, 1, detail)
    });
    Ok(signals.collect())
}

async fn device_bursts(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let least = ctx.settings.signal_burst_scans;
    let seconds = ctx.settings.signal_burst_seconds;
    let found = store::busy_devices(ctx.db.reader(), scope, i64::from(least)).await?;
    let mut signals = Vec::new();
    let by_device = runs(&found, |scan| {
        let staff = scan.device.is_none().then_some(scan.staff_id);
        (scan.centre_id, scan.device.clone(), staff)
    });
    for mut scans in by_device {
        scans.sort_by_key(|scan| scan.redeemed_at);
        let times: Vec<_> = scans.iter().map(|scan| scan.redeemed_at).collect();
        for run in bursts(&times, least as usize, TimeDelta::seconds(seconds.into())) {
            let start = local(times[run.start]).format("%H:%M:%S");
            let run = &scans[run];
            let detail = format!("{start} 起 {seconds} 秒内核销 {} 次", run.len());
            let device = run[0].device.clone().or_else(|| Some(run[0].staff_id.to_string()));
            signals.push(SignalOut { device, ..flag(SignalKind::DeviceBurst, run, least.into(), detail) });
        }
    }
    Ok(signals)
}

async fn many_children(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let least = i64::from(ctx.settings.signal_family_children);
    let midnight = |day| instant_at(day, MinuteOfDay(0));
    let (from, before) = (midnight(scope.from), midnight(scope.to + Days::new(1)));
    let found = store::large_families(ctx.db.reader(), from, before, least).await?;
    let signals = found.into_iter().map(|(family, children)| SignalOut {
        family_id: Some(family),
        count: children,
        ..flag(SignalKind::ManyChildren, &[], least, format!("同一监护人名下 {children} 名儿童持有体验券"))
    });
    Ok(signals.collect())
}

async fn no_check_in(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let least = ctx.settings.signal_unchecked;
    let found = store::unchecked_scans(ctx.db.reader(), scope).await?;
    let mut signals = Vec::new();
    for scans in runs(&found, |scan| scan.centre_id) {
        if scans.len() >= least as usize {
            let detail = format!("{} 至 {} 有 {} 次核销当日没有签到记录", scope.from, scope.to, scans.len());
            signals.push(SignalOut { date: None, ..flag(SignalKind::NoCheckIn, &scans, least.into(), detail) });
        }
    }
    Ok(signals)
}

async fn above_places(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let found = store::day_counts(ctx.db.reader(), scope, 2).await?;
    let ids: HashSet<_> = found.iter().map(|day| day.centre_id).collect();
    let places = store::places(ctx.db.reader(), &ids.into_iter().collect::<Vec<_>>()).await?;
    let signals = found.into_iter().filter_map(|day| {
        let places = places.get(&day.centre_id).copied().unwrap_or(0);
        // More than the factor allows; at a centre without places any two.
        let threshold = (places as f64 * ctx.settings.signal_places_factor).floor() as i64 + 1;
        (day.n >= threshold).then(|| SignalOut {
            centre_id: Some(day.centre_id),
            date: Some(day.service_date),
            count: day.n,
            ..flag(SignalKind::AbovePlaces, &[], threshold, format!("当日核销 {} 次，托位 {places} 个", day.n))
        })
    });
    Ok(signals.collect())
}

async fn support_sheets(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let midnight = |day| instant_at(day, MinuteOfDay(0));
    let within = (midnight(scope.from), midnight(scope.to + Days::new(1)));
    let found = support::differing(ctx, scope.centre, within).await?;
    let signals = found.into_iter().map(|sheet| {
        let (kind, month, number) = (sheet.kind.zh(), Month(sheet.month), sheet.number.unwrap_or_default());
        SignalOut {
            centre_id: Some(sheet.centre_id),
            date: sheet.differs_since.map(|at| local(at).date_naive()),
            count: 1,
            ..flag(SignalKind::SupportSheet, &[], 1, format!("{month} {kind}（{number}）定稿后签到有更正"))
        }
    });
    Ok(signals.collect())
}

/// The funnel of a campaign; its vouchers are read in pages and added up.
pub async fn funnel(ctx: &Ctx, id: CampaignId, by: FunnelBy) -> Result<FunnelOut> {
    let db = ctx.db.reader();
    let campaign = store::campaign(db, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let (mut funnel, mut after) = (Funnel::by(by), None);
    loop {
        let page = store::vouchers_after(db, id, after, VOUCHERS).await?;
        let children: Vec<_> = page.iter().map(|voucher| voucher.child_id).collect();
        let mut paid = HashSet::new();
        let mut used: HashMap<_, Vec<_>> = HashMap::new();
        for (voucher, child, day, worth) in store::redeemed_days(db, &children).await? {
            paid.insert((child, day));
            used.entry(voucher).or_default().push((day, worth));
        }
        let mut own: HashMap<_, Vec<_>> = HashMap::new();
        for (child, day) in store::care_days(db, &children).await? {
            if !paid.contains(&(child, day)) {
                own.entry(child).or_default().push(day);
            }
        }
        after = page.last().map(|voucher| voucher.id);
        let last = (page.len() as u64) < VOUCHERS;
        for voucher in page {
            let days = used.remove(&voucher.id).unwrap_or_default();
            funnel.add(&Trial {
                family_id: voucher.family_id,
                township: voucher.township,
                claimed_at: voucher.claimed_at,
                cost: Fen(days.iter().map(|(_, worth)| worth.0).sum()),
                used_on: days.into_iter().map(|(day, _)| day).collect(),
                fully_used: voucher.units_used == voucher.units_total,
                own_days: own.get(&voucher.child_id).cloned().unwrap_or_default(),
            });
        }
        if last {
            break;
        }
    }
    let (total, groups) = funnel.sums();
    Ok(FunnelOut {
        campaign_id: id,
        campaign_name: campaign.name,
        as_of: Moment(ctx.clock.now()),
        issued: campaign.quota.into(),
        total,
        by,
        groups: groups.into_iter().map(|(key, steps)| FunnelGroupOut { key, steps }).collect(),
    })
}
