use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use entity::{
    Admits, Band, CareType, CentreKind, Confirmation, Fen, Filed, MinuteOfDay, OfferUnit, Ownership, ReductionKind,
    centre_days, centres, classes, fee_reductions, offers,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    features::centres::{
        plan::RatingSummary,
        rules::{Week, WeekPlan},
    },
    platform::walking::metres,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const TODAY: &str = "2026-03-02";

/// A centre with something in every column, different for each `n`.
fn plan(n: u32, at: LngLat) -> CentrePlan {
    let id: CentreId = Uuid::from_u128(0x0192_f0c1_8a7c_7d10_b1c2_0000_0000_0000 + u128::from(n)).into();
    let (i, now) = (i64::from(n), "2026-03-01T02:03:04.567Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    let some = |k: u32| n.is_multiple_of(k);
    let row = centres::Model {
        id,
        name: format!("洛阳镇第{n}托育园{}", if some(7) { "\"A\"座" } else { "" }),
        kind: CentreKind::ALL[n as usize % CentreKind::ALL.len()],
        ownership: Ownership::ALL[n as usize % 2],
        address: format!("泉州市{}路{n}号", if some(3) { "惠南" } else { "滨海" }),
        township: if some(2) { "洛阳镇" } else { "东园镇" }.into(),
        lng: at.lng,
        lat: at.lat,
        phone: some(2).then(|| format!("0595-{n:08}")),
        intro: if some(5) { format!("简介{n}") } else { "简介".into() },
        filed: Filed::ALL[n as usize % Filed::ALL.len()],
        filed_no: some(3).then(|| format!("备{n}")),
        inclusive_from: some(2).then(|| day("2025-01-01")),
        inclusive_until: some(4).then(|| day("2026-12-31")),
        inclusive_doc: some(4).then(|| format!("文{n}")),
        price_cap_fen: some(5).then_some(Fen(i * 1000)),
        morning_from: MinuteOfDay::hm(8, 0),
        morning_to: MinuteOfDay::hm(12, 0),
        afternoon_from: MinuteOfDay::hm(14, 0),
        afternoon_to: MinuteOfDay::hm(17, 30),
        age_grace_months: i32::from(some(3)),
        insured_until: some(2).then(|| day("2026-03-01")),
        medical_until: some(3).then(|| day("2027-03-01")),
        cross_strait: some(6),
        admits: Admits::ALL[n as usize % 3],
        others_days: i32::from(some(3)) * 14,
        demo: some(2),
        active: true,
        vouchers_suspended_at: some(9).then_some(now),
        version: 1 + i,
        changed_at: now - TimeDelta::days(i),
        created_at: now - TimeDelta::milliseconds(i * 77),
    };
    let mut week = Week::default();
    week[n as usize % 7] = Some((MinuteOfDay::hm(7, 30), MinuteOfDay::hm(18, 0)));
    let first = WeekPlan {
        valid_from: NaiveDate::MIN,
        week,
        morning: (row.morning_from, row.morning_to),
        afternoon: (row.afternoon_from, row.afternoon_to),
    };
    let later = WeekPlan { valid_from: day("2026-05-01"), week: Week::default(), ..first };
    let classes: Vec<_> = (0..n % 4)
        .map(|k| classes::Model {
            id: Uuid::from_u128(row.id.0.as_u128() ^ (u128::from(k + 1) << 40)).into(),
            centre_id: id,
            name: Band::ALL[k as usize].zh().into(),
            band: Band::ALL[k as usize],
            places: 10,
            carers: 3,
            kept_full_day: i32::from(some(2)),
            active: true,
        })
        .collect();
    let closed = Uuid::from_u128(u128::MAX - u128::from(n)).into();
    let owners = classes.iter().map(|class| class.id).chain(some(2).then_some(closed));
    let offers = owners
        .zip(0..)
        .map(|(class_id, k)| offers::Model {
            id: Uuid::from_u128(u128::from(n) << 64 | u128::from(class_id.0.as_u64_pair().1)).into(),
            centre_id: id,
            class_id,
            care_type: CareType::ALL[k % 4],
            unit: OfferUnit::ALL[k % 4],
            price_fen: Fen(9_800 + i),
            meals_fen: Fen(1_500),
            min_minutes: 60,
            notice_minutes: 120,
            horizon_days: 90,
            cutoff_minutes: 720,
            confirmation: Confirmation::ALL[n as usize % 2],
            active: true,
        })
        .collect();
    let special = |date: NaiveDate| centre_days::Model {
        centre_id: id,
        date,
        opens: some(2).then(|| MinuteOfDay::hm(9, 0)),
        closes: some(2).then(|| MinuteOfDay::hm(11, 0)),
        reason: format!("第{n}天"),
    };
    CentrePlan {
        weeks: if some(2) { vec![first, later] } else { vec![first] },
        days: (0..n % 3).map(|k| day(TODAY) + TimeDelta::days(k.into())).map(|d| (d, special(d))).collect(),
        reductions: some(3)
            .then_some(fee_reductions::Model { centre_id: id, kind: ReductionKind::Disabled, percent: 20 })
            .into_iter()
            .collect(),
        rating: RatingSummary { n: i, satisfied: i / 2, total: i * 4 },
        row,
        classes,
        offers,
    }
}

fn place(n: u32) -> LngLat {
    let mixed = n.wrapping_mul(2_654_435_761);
    LngLat { lng: 118.0 + f64::from(mixed >> 16) / 65_536.0, lat: 24.0 + f64::from(mixed & 0xffff) / 65_536.0 }
}

/// What the index should hold, kept the plain way.
type Model = BTreeMap<CentreId, CentrePlan>;

fn built(model: &Model) -> Index {
    let mut points: Vec<_> = model.values().map(|plan| (plan.row.id, plan.row.location())).collect();
    order(&mut points);
    let mut builder = Builder::new(points.len());
    for (id, _) in points {
        builder.add(model[&id].clone());
    }
    builder.done(day(TODAY))
}

fn assert_same(index: &Index, model: &Model) {
    assert_eq!(index.len(), model.len());
    let mut all: Vec<_> = index.each().map(|spot| spot.unpack()).collect();
    all.sort_by_key(|plan| plan.row.id);
    assert!(all.iter().eq(model.values()), "what comes out is what went in");
    for (id, plan) in model {
        assert_eq!(index.get(*id).map(|spot| spot.unpack()).as_ref(), Some(plan));
    }
    for n in 0..20 {
        let (from, radius) = (place(n * 7919 + 3), 2_000.0 * f64::from(n + 1));
        let near = |plan: &&CentrePlan| metres(from, plan.row.location()) <= radius;
        let expected: Vec<_> = model.values().filter(near).map(|plan| plan.row.id).collect();
        let mut got: Vec<_> = index.within(from, radius).map(|(spot, _)| spot.id()).collect();
        got.sort_unstable();
        assert_eq!(got, expected);
    }
}

#[test]
fn what_is_packed_comes_out_unchanged_and_is_found_where_it_lies() {
    let model: Model = (0..1000).map(|n| plan(n, place(n))).map(|plan| (plan.row.id, plan)).collect();
    assert_same(&built(&model), &model);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Centres come, change, move and go in any order; the index is what a plain map is.
    #[test]
    fn changes_leave_what_a_plain_map_holds(
        start in 0_u32..200,
        steps in prop::collection::vec(prop::collection::vec((0_u32..600, 0_u32..4), 1..60), 1..12),
    ) {
        let mut model: Model = (0..start).map(|n| plan(n, place(n))).map(|plan| (plan.row.id, plan)).collect();
        let mut index = built(&model);
        for (round, step) in (1..).zip(steps) {
            let (mut changed, mut gone) = (BTreeMap::new(), Vec::new());
            for (n, what) in step {
                let id = plan(n, place(n)).row.id;
                if changed.contains_key(&id) || gone.contains(&id) {
                    continue;
                }
                if what == 0 {
                    model.remove(&id);
                    gone.push(id);
                    continue;
                }
                // Some stay where they are, some move to one crowded place.
                let at = if what == 1 { LngLat { lng: 118.5, lat: 24.5 + f64::from(n) * 1e-6 } } else { place(n) };
                let mut new = plan(n, at);
                new.row.version += round;
                new.row.name = format!("改{round}名{n}");
                model.insert(id, new.clone());
                changed.insert(id, new);
            }
            index = index.with(changed.into_values().collect(), &gone);
            assert_same(&index, &model);
        }
    }
}
