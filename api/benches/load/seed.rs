//! The data of a large city, inserted directly: what the requests need, and enough beside it.

use crate::{
    places::Special,
    runs::ROUNDS,
    rush::{FAMILIES, VOUCHERS},
};
use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use entity::{
    Admits, Band, CampaignId, CareType, CentreId, CentreKind, ChildId, ClassId, Confirmation, FamilyId, Fen, Filed,
    LngLat, MinuteOfDay, OfferUnit, Ownership, VoucherId, centre_hours, centres, classes, offers,
};
use quanxiangtuo::{
    config::Settings,
    platform::{clock::Clock, crypto::Keyring, db::Db},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable as _, ModelTrait};

/// The middle of the city, WGS-84.
pub const MIDDLE: LngLat = LngLat { lng: 118.79, lat: 24.89 };
/// With 10 000 centres in a square of this side, about 20 are within 15 minutes on foot
/// (4 km/h along streets 1.3 times the straight line: a circle of 769 m).
pub const SIDE_M: f64 = 30_500.0;
/// Of the sphere.
pub const METRES_A_DEGREE: f64 = 111_195.0;
/// PostgreSQL takes this many values in one statement.
const VALUES_AT_ONCE: usize = 60_000;
const TOWNSHIPS: [&str; 4] = ["洛阳镇", "东园镇", "张坂镇", "百崎回族乡"];

/// A family with a child, signed in.
#[derive(Clone)]
pub struct Parent {
    /// Of the session.
    pub token: String,
    /// The child.
    pub child: ChildId,
}

/// What the requests are made from.
pub struct City {
    /// Points to search from, WGS-84.
    pub points: Vec<LngLat>,
    /// All centres.
    pub centres: Vec<CentreId>,
    /// A Monday on which three weeks of care can begin.
    pub monday: NaiveDate,
    /// The campaign to claim in.
    pub campaign: CampaignId,
    /// Families without a voucher.
    pub claimers: Vec<Parent>,
    /// More of them, to claim with an `Idempotency-Key`.
    pub keyed: Vec<Parent>,
    /// Families without a booking.
    pub bookers: Vec<Parent>,
    /// Families that all want one class.
    pub crowd: Vec<Parent>,
    /// Families that book once a million visits are stored.
    pub later: Vec<Parent>,
    /// Centres of their own.
    pub special: Special,
    /// Today.
    pub today: NaiveDate,
    /// Families with an unused voucher, for each concurrency.
    pub holders: Vec<Vec<(Parent, VoucherId)>>,
    /// Families that rush for the campaigns below.
    pub rushers: Vec<Parent>,
    /// A campaign for each round of the rush.
    pub rushes: Vec<CampaignId>,
    /// A campaign with nothing left.
    pub sold_out: CampaignId,
    /// Tokens of carers.
    pub desks: Vec<String>,
}

/// How much of each.
pub struct Sizes {
    /// Centres.
    pub centres: usize,
    /// Families that claim.
    pub claimers: usize,
    /// Families that claim with a key.
    pub keyed: usize,
    /// Families that book.
    pub bookers: usize,
    /// Families that book one class.
    pub crowd: usize,
    /// Families that book once a million visits are stored.
    pub later: usize,
    /// Families that redeem, for each concurrency.
    pub holders: [usize; 3],
    /// Families that rush.
    pub rushers: usize,
}

/// What the rows are made with.
pub struct Seed<'a> {
    pub(crate) db: &'a Db,
    pub(crate) clock: Clock,
    pub(crate) keys: Keyring,
    pub(crate) now: DateTime<Utc>,
    pub(crate) today: NaiveDate,
    pub(crate) rng: StdRng,
}

/// Fills a migrated, empty database.
pub async fn city(db: &Db, sizes: &Sizes) -> anyhow::Result<City> {
    let clock = Clock::system();
    let (now, today) = (clock.now(), clock.today());
    // The servers run on the same public default keys.
    let keys = Settings::with(&[])?.keyring()?;
    let mut seed = Seed { db, clock, keys, now, today, rng: StdRng::seed_from_u64(2) };
    let centres = seed.centres(sizes.centres).await?;
    let claimers = seed.parents(sizes.claimers).await?;
    let keyed = seed.parents(sizes.keyed).await?;
    let bookers = seed.parents(sizes.bookers).await?;
    let crowd = without_family(seed.parents(sizes.crowd).await?);
    let later = without_family(seed.parents(sizes.later).await?);
    let special = seed.special().await?;
    let rushers = without_family(seed.parents(sizes.rushers).await?);
    let campaign = seed.campaign("十五日体验券", sizes.claimers + sizes.keyed, 0).await?;
    let in_all = sizes.holders.iter().sum();
    let held = seed.campaign("上一批体验券", in_all, in_all).await?;
    let mut holders = Vec::new();
    for n in sizes.holders {
        let holding = seed.parents(n).await?;
        holders.push(seed.vouchers(held, holding).await?);
    }
    let mut rushes = Vec::new();
    for _ in 0..=ROUNDS {
        // As many for each family as for the rush: 1 voucher for 20.
        rushes.push(seed.open_to_all("抢领批次", sizes.rushers * VOUCHERS / FAMILIES, 0).await?);
    }
    let sold_out = seed.open_to_all("已领完批次", 0, 0).await?;
    let desks = seed.desks(&centres).await?;
    let points = (0..512).map(|_| seed.point(0.85)).collect();
    let days_to_monday = 7 + u64::from(7 - today.weekday().num_days_from_monday());
    Ok(City {
        points,
        centres,
        monday: today + Days::new(days_to_monday),
        campaign,
        claimers: without_family(claimers),
        keyed: without_family(keyed),
        bookers: without_family(bookers),
        crowd,
        later,
        special,
        today,
        holders,
        rushers,
        rushes,
        sold_out,
        desks,
    })
}

/// Fills a migrated, empty database with centres only; points to search from.
pub async fn only_centres(db: &Db, n: usize) -> anyhow::Result<Vec<LngLat>> {
    let clock = Clock::system();
    let (now, today) = (clock.now(), clock.today());
    let keys = Settings::with(&[])?.keyring()?;
    let mut seed = Seed { db, clock, keys, now, today, rng: StdRng::seed_from_u64(2) };
    seed.centres(n).await?;
    Ok((0..512).map(|_| seed.point(0.85)).collect())
}

/// An officer, signed in.
pub struct Desk {
    /// For the API.
    pub token: String,
    /// For the console.
    pub cookie: String,
}

/// Fills a migrated, empty database with centres and an officer.
pub async fn bureau(db: &Db, n: usize) -> anyhow::Result<Desk> {
    let clock = Clock::system();
    let (now, today) = (clock.now(), clock.today());
    let keys = Settings::with(&[])?.keyring()?;
    let mut seed = Seed { db, clock, keys, now, today, rng: StdRng::seed_from_u64(2) };
    seed.centres(n).await?;
    seed.officer().await
}

fn without_family(parents: Vec<(Parent, FamilyId)>) -> Vec<Parent> {
    parents.into_iter().map(|(parent, _)| parent).collect()
}

impl Seed<'_> {
    /// Inserts rows in as few statements as the protocol takes.
    pub(crate) async fn insert<M, A>(&self, rows: Vec<M>) -> anyhow::Result<()>
    where
        M: ModelTrait + IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = M::Entity>,
    {
        let columns = <M::Entity as EntityTrait>::Column::iter().count();
        let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
        while rows.peek().is_some() {
            let chunk: Vec<A> = rows.by_ref().take(VALUES_AT_ONCE / columns).collect();
            M::Entity::insert_many(chunk).exec_without_returning(self.db.writer()).await?;
        }
        Ok(())
    }

    /// A point in the middle `part` of the city's square.
    fn point(&mut self, part: f64) -> LngLat {
        let mut offset = || (self.rng.random::<f64>() - 0.5) * SIDE_M * part / METRES_A_DEGREE;
        let (east, north) = (offset(), offset());
        LngLat { lng: MIDDLE.lng + east / MIDDLE.lat.to_radians().cos(), lat: MIDDLE.lat + north }
    }

    async fn centres(&mut self, n: usize) -> anyhow::Result<Vec<CentreId>> {
        let kinds = CentreKind::ALL;
        let (mut rows, mut hours, mut class_rows, mut offer_rows) = (vec![], vec![], vec![], vec![]);
        for i in 0..n {
            let centre = self.centre(i, kinds[i % kinds.len()]);
            hours.extend(self.week(centre.id));
            // Every centre has small toddlers; every second all three ages.
            let bands: &[_] = if i.is_multiple_of(2) {
                &[(Band::ToddlerSmall, 15, 3)]
            } else {
                &[(Band::Infant, 9, 3), (Band::ToddlerSmall, 15, 3), (Band::ToddlerBig, 20, 3)]
            };
            for (band, places, carers) in bands.iter().copied() {
                let class = self.class(centre.id, band, places, carers);
                offer_rows.extend(CareType::ALL.iter().map(|care_type| self.offer(centre.id, class.id, *care_type)));
                class_rows.push(class);
            }
            rows.push(centre);
        }
        let ids = rows.iter().map(|row| row.id).collect();
        self.insert(rows).await.context("centres")?;
        self.insert(hours).await.context("hours")?;
        self.insert(class_rows).await.context("classes")?;
        self.insert(offer_rows).await.context("offers")?;
        Ok(ids)
    }

    pub(crate) fn week(&self, centre_id: CentreId) -> Vec<centre_hours::Model> {
        let day = |weekday| centre_hours::Model {
            centre_id,
            weekday,
            opens: MinuteOfDay::hm(7, 30),
            closes: MinuteOfDay::hm(18, 0),
        };
        (1..=5).map(day).collect()
    }

    pub(crate) fn centre(&mut self, i: usize, kind: CentreKind) -> centres::Model {
        let LngLat { lng, lat } = self.point(1.0);
        let township = TOWNSHIPS[i % TOWNSHIPS.len()];
        let year = |years: u32| self.today + Months::new(12 * years);
        centres::Model {
            id: self.clock.id(),
            name: format!("{township}第{i}托育服务中心"),
            kind,
            ownership: if i.is_multiple_of(3) { Ownership::Public } else { Ownership::Private },
            address: format!("福建省泉州市台商投资区{township}惠南中路{}号", i % 900 + 1),
            township: township.to_owned(),
            lng,
            lat,
            phone: Some(format!("0595-{:08}", 27_000_000 + i)),
            intro: "面向六个月至三岁婴幼儿的普惠托育服务，配有独立活动室、睡眠室和户外场地。".to_owned(),
            filed: Filed::Filed,
            filed_no: Some(format!("泉台托备{i:06}")),
            inclusive_from: Some(self.today - Days::new(200)),
            inclusive_until: Some(year(1)),
            inclusive_doc: Some(format!("泉台民生〔2025〕{i}号")),
            price_cap_fen: Some(Fen(300_000)),
            morning_from: MinuteOfDay::hm(8, 0),
            morning_to: MinuteOfDay::hm(12, 0),
            afternoon_from: MinuteOfDay::hm(14, 0),
            afternoon_to: MinuteOfDay::hm(17, 30),
            age_grace_months: 0,
            insured_until: i.is_multiple_of(2).then(|| year(1)),
            medical_until: i.is_multiple_of(3).then(|| year(1)),
            cross_strait: i.is_multiple_of(10),
            admits: Admits::All,
            others_days: 0,
            demo: true,
            active: true,
            vouchers_suspended_at: None,
            version: 1,
            changed_at: self.now - TimeDelta::days(1),
            created_at: self.now - TimeDelta::days(300),
        }
    }

    pub(crate) fn class(&self, centre_id: CentreId, band: Band, places: i32, carers: i32) -> classes::Model {
        classes::Model {
            id: self.clock.id(),
            centre_id,
            name: band.zh().to_owned(),
            band,
            places,
            carers,
            kept_full_day: 0,
            active: true,
        }
    }

    pub(crate) fn offer(&self, centre_id: CentreId, class_id: ClassId, care_type: CareType) -> offers::Model {
        let (unit, price) = match care_type {
            CareType::FullDay => (OfferUnit::Day, 9_800),
            CareType::HalfDay => (OfferUnit::HalfDay, 5_800),
            CareType::Hourly => (OfferUnit::Hour, 2_000),
            CareType::Temporary => (OfferUnit::Day, 12_000),
        };
        offers::Model {
            id: self.clock.id(),
            centre_id,
            class_id,
            care_type,
            unit,
            price_fen: Fen(price),
            meals_fen: Fen(1_500),
            min_minutes: 60,
            notice_minutes: 0,
            horizon_days: 90,
            cutoff_minutes: 720,
            confirmation: Confirmation::Instant,
            active: true,
        }
    }
}
