//! Signals about ratings: by when they were given, from which device, and by whom as far as the centre's
//! staff goes. What they flag still counts: only two officers leave an answer out.

use std::collections::HashSet;

use chrono::{Days, TimeDelta};
use entity::MinuteOfDay;

use super::{
    rating_store::{self as store, Given},
    rules::{bursts, unusual},
    service::SAMPLE,
    signal_dto::{SignalKind, SignalOut},
    store::Scope,
};
use crate::{
    error::Result,
    platform::clock::{instant_at, local},
    state::Ctx,
};

/// A centre's usual is what it got in so many days before.
const USUAL_DAYS: u32 = 60;

/// What there is of these kinds.
pub(super) async fn found(ctx: &Ctx, scope: Scope, kinds: Vec<SignalKind>) -> Result<Vec<SignalOut>> {
    let mut all = Vec::new();
    for kind in kinds {
        match kind {
            SignalKind::RatingBurst => all.extend(rating_bursts(ctx, scope).await?),
            SignalKind::RatingDevice => all.extend(one_device(ctx, scope).await?),
            SignalKind::RatingStaff => all.extend(staff(ctx, scope).await?),
            _ => {}
        }
    }
    Ok(all)
}

fn flag(kind: SignalKind, given: &[Given], count: usize, threshold: u32, detail: String) -> SignalOut {
    SignalOut {
        kind,
        centre_id: given.first().map(|rating| rating.centre_id),
        centre_name: None,
        family_id: None,
        device: None,
        date: given.first().map(|rating| local(rating.created_at).date_naive()),
        count: i64::try_from(count).unwrap_or(i64::MAX),
        threshold: threshold.into(),
        detail,
        redemption_ids: Vec::new(),
        rating_ids: given.iter().take(SAMPLE).map(|rating| rating.id).collect(),
    }
}

fn span(scope: Scope) -> store::Span {
    let midnight = |day| instant_at(day, MinuteOfDay(0));
    store::Span { from: midnight(scope.from), before: midnight(scope.to + Days::new(1)), centre: scope.centre }
}

async fn rating_bursts(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let (least, minutes) = (ctx.settings.signal_rating_answers, ctx.settings.signal_rating_minutes);
    let (db, span) = (ctx.db.reader(), span(scope));
    let given = store::of_busy_centres(db, span, least).await?;
    let centres: HashSet<_> = given.iter().map(|rating| rating.centre_id).collect();
    let usual = store::counts(db, centres, span.from - TimeDelta::days(USUAL_DAYS.into()), span.from).await?;
    let mut signals = Vec::new();
    for of_centre in given.chunk_by(|a, b| a.centre_id == b.centre_id) {
        let a_day = usual.get(&of_centre[0].centre_id).copied().unwrap_or(0) as f64 / f64::from(USUAL_DAYS);
        let times: Vec<_> = of_centre.iter().map(|rating| rating.created_at).collect();
        for run in bursts(&times, least as usize, TimeDelta::minutes(minutes.into())) {
            let n = run.len();
            if !unusual(n, a_day, ctx.settings.signal_rating_factor) {
                continue;
            }
            let start = local(times[run.start]).format("%H:%M");
            let detail =
                format!("{start} 起 {minutes} 分钟内收到 {n} 份评价；此前 {USUAL_DAYS} 天平均每天 {a_day:.1} 份");
            signals.push(flag(SignalKind::RatingBurst, &of_centre[run], n, least, detail));
        }
    }
    Ok(signals)
}

async fn one_device(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let least = ctx.settings.signal_rating_families;
    let traced = store::of_shared_devices(ctx.db.reader(), span(scope), least).await?;
    let signals = traced.chunk_by(|a, b| a.trace == b.trace).map(|of_device| {
        let families: HashSet<_> = of_device.iter().map(|rating| rating.family_id).collect();
        let detail = format!("同一设备当日为 {} 个家庭提交 {} 份评价", families.len(), of_device.len());
        flag(SignalKind::RatingDevice, of_device, families.len(), least, detail)
    });
    Ok(signals.collect())
}

async fn staff(ctx: &Ctx, scope: Scope) -> Result<Vec<SignalOut>> {
    let tied = store::of_staff(ctx.db.reader(), span(scope)).await?;
    let signals = tied.chunk_by(|a, b| a.centre_id == b.centre_id).map(|of_centre| {
        let n = of_centre.len();
        let detail = format!("机构人员或其亲属的家庭提交 {n} 份评价，已按规定不计入统计");
        flag(SignalKind::RatingStaff, of_centre, n, 1, detail)
    });
    Ok(signals.collect())
}
