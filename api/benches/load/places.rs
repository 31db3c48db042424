//! Places: free ones over 92 days, bookings that all want one class, searches with a date and hours
//! among a million visits.

use anyhow::Context as _;
use chrono::{Days, NaiveDate};
use entity::{Band, BookingId, BookingStatus, CareType, CentreId, CentreKind, ClassId, Fen, bookings};
use quanxiangtuo::platform::db::Db;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use crate::{
    client::{self, CONCURRENCY, Request, Until},
    report::Row,
    runs::{Bench, READ_ROUND, ROUNDS, search_path},
    seed::{City, Parent, Seed},
    writes::BOOKED_CENTRES,
};

/// Bookings of one round that all want one class.
pub const CROWD: usize = 240;
/// Three-week windows that they take in turns; each fills the class of 100 places.
const WINDOWS: usize = 10;
/// Days of availability asked for.
const DAYS: u64 = 92;
/// Visits of the centre that is asked, and of the one ten times as full.
pub const BUSY: [(&str, i64); 2] = [("availability", 2_000), ("availability-10x", 20_000)];
/// Visits stored beside the search, and a tenth of them first.
const VISITS: [(&str, i64); 2] = [("search-dated-10%", 100_000), ("search-dated", 1_000_000)];
/// Visits inserted at once.
const PIECE: usize = 50_000;
/// A search with date and hours may take so many times as long as one without, at the median.
const DATED_WITHIN: f64 = 5.0;

/// Six classes of a centre, of the ages that there are.
const SIX: [(Band, i32, i32); 6] = [
    (Band::Infant, 10, 4),
    (Band::Infant, 10, 4),
    (Band::ToddlerSmall, 15, 3),
    (Band::ToddlerSmall, 15, 3),
    (Band::ToddlerBig, 20, 3),
    (Band::ToddlerBig, 20, 3),
];

/// Centres of their own for these measurements.
pub struct Special {
    /// One class of 100 places, bookable far ahead.
    pub crowded: CentreId,
    /// Six classes, with so many visits each.
    pub busy: Vec<CentreId>,
}

impl Seed<'_> {
    pub(crate) async fn special(&mut self) -> anyhow::Result<Special> {
        let crowded = self.with_classes(&[(Band::ToddlerSmall, 100, 100)], 365).await?;
        let mut busy = Vec::new();
        for (_, visits) in BUSY {
            let centre = self.with_classes(&SIX, 90).await?;
            let family = self.parents(1).await?.remove(0);
            self.visits(centre, family, visits).await?;
            busy.push(centre);
        }
        Ok(Special { crowded, busy })
    }

    /// A centre far from the others, so that no search finds it.
    async fn with_classes(&mut self, classes: &[(Band, i32, i32)], horizon: i32) -> anyhow::Result<CentreId> {
        let mut centre = self.centre(0, CentreKind::Public);
        (centre.lng, centre.lat) = (110.0, 30.0);
        let id = centre.id;
        self.insert(vec![centre]).await?;
        self.insert(self.week(id)).await?;
        for (band, places, carers) in classes.iter().copied() {
            let class = self.class(id, band, places, carers);
            let mut offers: Vec<_> = CareType::ALL.iter().map(|care| self.offer(id, class.id, *care)).collect();
            offers.iter_mut().for_each(|offer| offer.horizon_days = horizon);
            self.insert(vec![class]).await?;
            self.insert(offers).await?;
        }
        Ok(id)
    }

    /// So many visits of a centre over the next 92 days, of many hours.
    async fn visits(
        &self,
        centre: CentreId,
        (parent, family): (Parent, entity::FamilyId),
        n: i64,
    ) -> anyhow::Result<()> {
        let class: ClassId = self.first_class(centre).await?;
        let booking: BookingId = self.clock.id();
        self.insert(vec![bookings::Model {
            id: booking,
            family_id: family,
            child_id: parent.child,
            centre_id: centre,
            class_id: class,
            care_type: CareType::Hourly,
            status: BookingStatus::Confirmed,
            start_date: self.today,
            end_date: self.today + Days::new(DAYS),
            total_fen: Fen(0),
            price_lines: json!([]),
            voucher_id: None,
            replaces_id: None,
            confirm_by: None,
            offer_until: None,
            cutoff_minutes: 120,
            reason: None,
            created_at: self.now,
            updated_at: self.now,
        }])
        .await?;
        let sql = format!(
            "INSERT INTO visits (id, booking_id, family_id, child_id, centre_id, class_id, care_type, date, from_min, to_min, status) \
             SELECT gen_random_uuid(), '{booking}', gen_random_uuid(), gen_random_uuid(), '{centre}', c.id, 'hourly', \
             DATE '{today}' + (i % {DAYS})::int, 480 + 30 * (i % 10)::int, 540 + 30 * (i % 10)::int + 30 * (i % 4)::int, 'expected' \
             FROM generate_series(1, {n}) i JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS k FROM classes \
             WHERE centre_id = '{centre}') c ON c.k = i % 6",
            booking = booking.0,
            centre = centre.0,
            today = self.today,
        );
        self.db.writer().execute_unprepared(&sql).await?;
        Ok(())
    }

    async fn first_class(&self, centre: CentreId) -> anyhow::Result<ClassId> {
        use sea_orm::{ColumnTrait as _, QueryFilter as _};
        let rows = entity::classes::Entity::find().filter(entity::classes::Column::CentreId.eq(centre));
        Ok(rows.one(self.db.reader()).await?.context("a centre without a class")?.id)
    }
}

/// What to ask of a busy centre.
pub fn availability(city: &City, centre: CentreId) -> Request {
    let (start, end) = (city.today, city.today + Days::new(DAYS - 1));
    client::get(&format!("/api/v1/centres/{centre}/availability?start_date={start}&end_date={end}"), None)
}

impl Bench {
    /// Three weeks of full-day care, all in one class: our bookings take turns under its lock, the bare
    /// ones under the lock of one row.
    pub(crate) async fn crowd(&self, city: &City) -> anyhow::Result<Row> {
        let mut booked: u64 = 0;
        let book = async |parents: &[Parent]| {
            self.open_app(parents).await?;
            let request = |parent: &Parent| {
                let start = city.monday + Days::new(21 * (booked % WINDOWS as u64));
                booked += 1;
                let body = json!({
                    "child_id": parent.child, "centre_id": city.special.crowded,
                    "care_type": "full_day", "start_date": start, "end_date": start + Days::new(18),
                });
                client::post("/api/v1/bookings", Some(&parent.token), "", &body)
            };
            Ok(parents.iter().map(request).collect())
        };
        let bare = |_| client::post("/book-one", None, "", &json!({}));
        self.rounds(Row::new("book-one", None), CONCURRENCY, &city.crowd, book, bare).await
    }

    /// Searches with a date and hours among ever more visits, against the same searches without.
    pub(crate) async fn dated(&self, db: &Db, city: &City) -> anyhow::Result<Vec<Row>> {
        let plain: Vec<Request> = city.points.iter().map(|point| client::get(&search_path(*point), None)).collect();
        let date: NaiveDate = city.monday;
        let more = format!("&date={date}&from=09:00&to=11:00&care_type=hourly");
        let dated = |point: &entity::LngLat| client::get(&format!("{}{more}", search_path(*point)), None);
        let dated: Vec<Request> = city.points.iter().map(dated).collect();
        let mut rows = Vec::new();
        for (name, visits) in VISITS {
            fill(db, city, visits).await?;
            let mut row = Row::with_p50(name, DATED_WITHIN);
            for round in 0..=ROUNDS {
                let time = if round == 0 { READ_ROUND / 3 } else { READ_ROUND } / u32::try_from(self.divide)?;
                let until = Until::Elapsed(time);
                let ours = client::load(self.ours.address, dated.clone(), until, false).await?.expect(name, 200)?;
                let bare = client::load(self.ours.address, plain.clone(), until, false).await?.expect(name, 200)?;
                if round > 0 {
                    row.add(&ours, &bare);
                }
            }
            println!("{name}: done");
            rows.push(row);
        }
        // Bookings of other centres than before, beside as many visits.
        let places = &city.centres[city.centres.len().min(BOOKED_CENTRES)..];
        let places = &places[..places.len().min(BOOKED_CENTRES)];
        anyhow::ensure!(!places.is_empty(), "`dated` needs more than {BOOKED_CENTRES} --centres");
        rows.push(self.book(Row::new("book-million", None), city, places, &city.later).await?);
        Ok(rows)
    }
}

/// Adds visits to every class until there are so many, over sixty days from a Monday on.
async fn fill(db: &Db, city: &City, visits: i64) -> anyhow::Result<()> {
    let present = i64::try_from(entity::visits::Entity::find().count(db.reader()).await?)?;
    let booking = bookings::Entity::find().one(db.reader()).await?.context("no booking to add visits to")?.id;
    // In pieces: a statement of ours has a time limit.
    for first in (0..(visits - present).max(0)).step_by(PIECE) {
        let sql = format!(
            "INSERT INTO visits (id, booking_id, family_id, child_id, centre_id, class_id, care_type, date, from_min, to_min, status) \
             SELECT gen_random_uuid(), '{booking}', gen_random_uuid(), gen_random_uuid(), c.centre_id, c.id, 'hourly', \
             DATE '{monday}' + (i / c.n % 60)::int, 480 + 30 * (i % 10)::int, 540 + 30 * (i % 10)::int + 30 * (i % 4)::int, 'expected' \
             FROM (SELECT id, centre_id, row_number() OVER (ORDER BY id) - 1 AS k, count(*) OVER () AS n FROM classes) c \
             JOIN LATERAL generate_series({first} + c.k, {first} + {PIECE} - 1, c.n) i ON true",
            booking = booking.0,
            monday = city.monday,
        );
        db.writer().execute_unprepared(&sql).await?;
    }
    db.writer().execute_unprepared("ANALYZE visits").await?;
    Ok(())
}
