//! The data of a large city, inserted directly: what the requests need, and enough beside it.

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use entity::{
    AccountStatus, Band, CampaignId, CampaignStatus, CareType, CentreId, CentreKind, ChildId, ClassId, Confirmation,
    ConsentPurpose, FamilyId, Fen, Filed, FundCategory, FundSource, LngLat, MinuteOfDay, OfferUnit, Ownership,
    SessionId, StaffId, StaffRole, VoucherId, VoucherStatus, campaigns, centre_hours, centres, children, classes,
    consents, families, offers, sessions, staff, vouchers,
};
use quanxiangtuo::{
    config::Settings,
    features::{
        auth::{
            dto::{Role, UserOut},
            service::OPENID_PLACE,
            token,
        },
        families::service::NAME_PLACE,
    },
    platform::{clock::Clock, crypto::Keyring, db::Db},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable as _, ModelTrait};

/// The middle of the city, WGS-84.
const MIDDLE: LngLat = LngLat { lng: 118.79, lat: 24.89 };
/// With 10 000 centres in a square of this side, about 20 are within 15 minutes on foot
/// (4 km/h along streets 1.3 times the straight line: a circle of 769 m).
const SIDE_M: f64 = 30_500.0;
const METRES_A_DEGREE: f64 = 111_195.0;
/// PostgreSQL takes this many values in one statement.
const VALUES_AT_ONCE: usize = 60_000;
const TOWNSHIPS: [&str; 4] = ["洛阳镇", "东园镇", "张坂镇", "百崎回族乡"];
/// Tokens outlive the run.
const TOKEN_MINUTES: u32 = 60;
/// Desks that redeem.
const DESKS: usize = 100;

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
    /// Families with an unused voucher.
    pub holders: Vec<(Parent, VoucherId)>,
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
    /// Families that redeem.
    pub holders: usize,
}

struct Seed<'a> {
    db: &'a Db,
    clock: Clock,
    keys: Keyring,
    now: DateTime<Utc>,
    today: NaiveDate,
    rng: StdRng,
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
    let holding = seed.parents(sizes.holders).await?;
    let campaign = seed.campaign("十五日体验券", sizes.claimers + sizes.keyed, 0).await?;
    let held = seed.campaign("上一批体验券", sizes.holders, sizes.holders).await?;
    let holders = seed.vouchers(held, holding).await?;
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
        holders,
        desks,
    })
}

fn without_family(parents: Vec<(Parent, FamilyId)>) -> Vec<Parent> {
    parents.into_iter().map(|(parent, _)| parent).collect()
}

impl Seed<'_> {
    /// Inserts rows in as few statements as the protocol takes.
    async fn insert<M, A>(&self, rows: Vec<M>) -> anyhow::Result<()>
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
            hours.extend((1..=5).map(|weekday| centre_hours::Model {
                centre_id: centre.id,
                weekday,
                opens: MinuteOfDay::hm(7, 30),
                closes: MinuteOfDay::hm(18, 0),
            }));
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

    fn centre(&mut self, i: usize, kind: CentreKind) -> centres::Model {
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
            demo: true,
            active: true,
            vouchers_suspended_at: None,
            version: 1,
            changed_at: self.now - TimeDelta::days(1),
            created_at: self.now - TimeDelta::days(300),
        }
    }

    fn class(&self, centre_id: CentreId, band: Band, places: i32, carers: i32) -> classes::Model {
        classes::Model {
            id: self.clock.id(),
            centre_id,
            name: band.zh().to_owned(),
            band,
            places,
            carers,
            active: true,
        }
    }

    fn offer(&self, centre_id: CentreId, class_id: ClassId, care_type: CareType) -> offers::Model {
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

    /// Families with one child of 15 months and a live session each.
    async fn parents(&mut self, n: usize) -> anyhow::Result<Vec<(Parent, FamilyId)>> {
        let (mut family_rows, mut child_rows, mut consent_rows, mut session_rows) = (vec![], vec![], vec![], vec![]);
        let mut parents = Vec::with_capacity(n);
        for i in 0..n {
            let family: FamilyId = self.clock.id();
            let child: ChildId = self.clock.id();
            let session: SessionId = self.clock.id();
            let openid = family.to_string();
            family_rows.push(families::Model {
                id: family,
                openid_hash: self.keys.lookup_hash(OPENID_PLACE, &openid),
                openid_sealed: self.keys.seal(OPENID_PLACE, openid.as_bytes()),
                nickname_sealed: None,
                township: None,
                status: AccountStatus::Active,
                created_at: self.now,
            });
            child_rows.push(children::Model {
                id: child,
                family_id: family,
                name_sealed: self.keys.seal(NAME_PLACE, "小满".as_bytes()),
                name_hash: None,
                legal_name_sealed: None,
                birth_date: self.today - Months::new(15) - Days::new((i % 20) as u64),
                township: TOWNSHIPS[i % TOWNSHIPS.len()].to_owned(),
                third_child: false,
                special_family: false,
                disabled: false,
                created_at: self.now,
                removed_at: None,
            });
            consent_rows.push(consents::Model {
                id: self.clock.id(),
                family_id: family,
                child_id: child,
                purpose: ConsentPurpose::Booking,
                version: "2026-01".to_owned(),
                given_at: self.now,
                withdrawn_at: None,
            });
            session_rows.push(self.session(session, Some(family), None));
            let user = UserOut { id: family.to_string(), role: Role::Guardian, centre_id: None };
            parents.push((Parent { token: self.token(&user, session)?, child }, family));
        }
        self.insert(family_rows).await.context("families")?;
        self.insert(child_rows).await.context("children")?;
        self.insert(consent_rows).await.context("consents")?;
        self.insert(session_rows).await.context("sessions")?;
        Ok(parents)
    }

    fn token(&self, user: &UserOut, session: SessionId) -> anyhow::Result<String> {
        Ok(token::issue(&self.keys, user, session, self.now, TOKEN_MINUTES)?)
    }

    fn session(&self, id: SessionId, family_id: Option<FamilyId>, staff_id: Option<StaffId>) -> sessions::Model {
        sessions::Model { id, family_id, staff_id, created_at: self.now, revoked_at: None, revoked_for: None }
    }

    async fn desks(&mut self, centres: &[CentreId]) -> anyhow::Result<Vec<String>> {
        let (mut staff_rows, mut session_rows, mut tokens) = (vec![], vec![], vec![]);
        for (i, centre) in centres.iter().take(DESKS).enumerate() {
            let (id, session): (StaffId, SessionId) = (self.clock.id(), self.clock.id());
            staff_rows.push(staff::Model {
                id,
                username: format!("bench{i}"),
                // No password has this hash: these accounts are used by token only.
                password_hash: "none".to_owned(),
                role: StaffRole::Carer,
                centre_id: Some(*centre),
                name_sealed: self.keys.seal("staff.name", "前台".as_bytes()),
                status: AccountStatus::Active,
                failed_attempts: 0,
                locked_until: None,
                created_at: self.now,
            });
            session_rows.push(self.session(session, None, Some(id)));
            let user = UserOut { id: id.to_string(), role: Role::Carer, centre_id: Some(*centre) };
            tokens.push(self.token(&user, session)?);
        }
        self.insert(staff_rows).await.context("staff")?;
        self.insert(session_rows).await.context("sessions of staff")?;
        Ok(tokens)
    }

    async fn campaign(&mut self, name: &str, quota: usize, claimed: usize) -> anyhow::Result<CampaignId> {
        let row = campaigns::Model {
            id: self.clock.id(),
            name: name.to_owned(),
            description: "每券含十五天免费托育，限未满三岁婴幼儿。".to_owned(),
            quota: i32::try_from(quota)?,
            claimed: i32::try_from(claimed)?,
            units_per_voucher: 15,
            face_value_fen: Fen(8_000),
            claim_from: self.now - TimeDelta::days(1),
            claim_until: self.now + TimeDelta::days(30),
            valid_from: None,
            valid_until: None,
            valid_days: Some(60),
            min_age_months: Some(6),
            max_age_months: Some(35),
            first_time_only: true,
            all_centres: true,
            centre_kinds: None,
            offline_daily_units: None,
            fund_source: FundSource::District,
            fund_category: FundCategory::Incentive,
            status: CampaignStatus::Open,
            created_at: self.now,
            revoked_at: None,
            revoked_on: None,
        };
        let id = row.id;
        self.insert(vec![row]).await.context("campaign")?;
        Ok(id)
    }

    async fn vouchers(
        &mut self,
        campaign_id: CampaignId,
        holders: Vec<(Parent, FamilyId)>,
    ) -> anyhow::Result<Vec<(Parent, VoucherId)>> {
        let rows: Vec<_> = holders
            .iter()
            .map(|(parent, family)| vouchers::Model {
                id: self.clock.id(),
                campaign_id,
                family_id: *family,
                child_id: parent.child,
                first_time_family_id: Some(*family),
                units_total: 15,
                units_used: 0,
                valid_from: self.today - Days::new(1),
                valid_until: self.today + Days::new(60),
                status: VoucherStatus::Active,
                claimed_at: self.now,
                revoked_at: None,
            })
            .collect();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        self.insert(rows).await.context("vouchers")?;
        Ok(holders.into_iter().map(|(parent, _)| parent).zip(ids).collect())
    }
}
