//! Seeding: once, whole, into an empty database.

use chrono::Days;
use entity::{
    article_versions, articles, booking_events, bookings, campaign_centres, campaigns, carer_trainings, carers,
    centre_checks, centre_hours, centre_records, centre_states, centre_ties, centres, children, classes, communities,
    community_versions, consents, entry_checks, event_signups, events as event_rows, families, guidance_requests,
    offers, plan_inputs, rating_versions, ratings, redemptions, staff, visits, vouchers,
};
use sea_orm::DbErr;

use super::{
    PASSWORD, articles as written, campaigns as vouchers_made, communities as places, events, guidance, history,
    people, plan, registers,
    site::Site,
    sites::{self, SITES},
    store, ties,
};
use crate::{
    config::{AppEnv, Settings},
    error::Problem,
    features::{auth::password, directory::rules::said_anew, satisfaction::rollups},
    platform::{
        clock::Clock,
        crypto::Keyring,
        db::{Db, write_txn},
    },
};

/// What a seeding did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeded {
    /// Everything is new.
    Now {
        /// Centres.
        centres: usize,
        /// Past visits.
        visits: usize,
        /// Past answers.
        ratings: usize,
    },
    /// The demonstration was there; nothing changed.
    Before,
    /// There are centres or accounts of someone's own; nothing changed.
    NotEmpty,
}

/// Why there was no seeding.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Invented figures and a published password don't belong in production.
    #[error("setting APP_ENV: demonstration data is never loaded in production")]
    Production,
    /// The password couldn't be hashed.
    #[error("the demonstration password can't be hashed: {0}")]
    Password(Problem),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Loads the demonstration, relative to the clock's today, unless it or anything else is there.
pub async fn seed(settings: &Settings, db: &Db, keys: &Keyring, clock: &Clock) -> Result<Seeded, Refused> {
    if settings.app_env == AppEnv::Production {
        return Err(Refused::Production);
    }
    if let Some(outcome) = standing(db.writer()).await? {
        return Ok(outcome);
    }
    // One hash for all accounts, outside the transaction: hashing is slow by design.
    let password_hash = password::hash(PASSWORD.to_owned()).await.map_err(Refused::Password)?;
    let (today, now) = (clock.today(), clock.now());
    let seeded = write_txn(db, async |txn| {
        store::lock(txn).await?;
        if let Some(outcome) = standing(txn).await? {
            return Ok(outcome);
        }
        let rules = store::class_rules(txn).await?;
        let rows: Vec<_> = SITES.iter().enumerate().map(|(i, site)| site.row(i + 1, today, now)).collect();
        let class_rows: Vec<_> = SITES.iter().flat_map(Site::class_rows).collect();
        let offer_rows: Vec<_> = SITES.iter().flat_map(Site::offer_rows).collect();
        let was = plan::states(&rows, &class_rows, &offer_rows, now);
        let said = rows.iter().map(|row| said_anew(None, row, today - Days::new(20))).collect();
        store::insert::<centres::Entity>(txn, rows).await?;
        store::insert::<centre_checks::Entity>(txn, said).await?;
        store::insert::<centre_hours::Entity>(txn, SITES.iter().flat_map(Site::hour_rows).collect()).await?;
        store::insert::<classes::Entity>(txn, class_rows).await?;
        store::insert::<offers::Entity>(txn, offer_rows).await?;
        store::insert::<centre_states::Entity>(txn, was).await?;
        let (communities, states) = places::rows(now)?;
        store::insert::<communities::Entity>(txn, communities).await?;
        store::insert::<community_versions::Entity>(txn, states).await?;
        let registers = registers::rows(keys, today, now);
        store::insert::<centre_records::Entity>(txn, registers.records).await?;
        store::insert::<carers::Entity>(txn, registers.carers).await?;
        store::insert::<carer_trainings::Entity>(txn, registers.trainings).await?;
        let accounts = people::staff_rows(keys, today, &password_hash);
        let officer = accounts.iter().find(|row| row.username == "officer").map(|row| row.id);
        store::insert::<staff::Entity>(txn, accounts).await?;
        let inputs = officer.map(|officer| plan::inputs(officer, today)).unwrap_or_default();
        store::insert::<plan_inputs::Entity>(txn, inputs).await?;
        let (texts, versions) = officer.map(|officer| written::rows(officer, today)).unwrap_or_default();
        store::insert::<articles::Entity>(txn, texts).await?;
        store::insert::<article_versions::Entity>(txn, versions).await?;

        let past = people::past(today, &rules);
        let people = people::rows(keys, today, &past);
        store::insert::<families::Entity>(txn, people.families).await?;
        store::insert::<children::Entity>(txn, people.children).await?;
        store::insert::<consents::Entity>(txn, people.consents).await?;

        store::insert::<centre_ties::Entity>(txn, ties::rows(today, &past)).await?;
        let asked = guidance::rows(keys, today, &past);
        store::insert::<guidance_requests::Entity>(txn, asked).await?;
        let (planned, signed) = officer.map(|officer| events::rows(officer, today, &past)).unwrap_or_default();
        store::insert::<event_rows::Entity>(txn, planned).await?;
        store::insert::<event_signups::Entity>(txn, signed).await?;
        let history = history::rows(today, &rules, &past);
        let (visits, ratings) = (history.visits.len(), history.ratings.len());
        let campaigns = vouchers_made::rows(keys, today, &past, &history.visits);
        store::insert::<bookings::Entity>(txn, history.bookings).await?;
        store::insert::<visits::Entity>(txn, history.visits).await?;
        store::insert::<booking_events::Entity>(txn, history.events).await?;
        store::insert::<entry_checks::Entity>(txn, history.checks).await?;
        store::insert::<campaigns::Entity>(txn, campaigns.campaigns).await?;
        store::insert::<campaign_centres::Entity>(txn, campaigns.centres).await?;
        store::insert::<vouchers::Entity>(txn, campaigns.vouchers).await?;
        store::insert::<redemptions::Entity>(txn, campaigns.redemptions).await?;
        store::insert::<ratings::Entity>(txn, history.ratings).await?;
        store::insert::<rating_versions::Entity>(txn, history.versions).await?;
        Ok::<_, Refused>(Seeded::Now { centres: SITES.len(), visits, ratings })
    })
    .await?;
    rollups::fill(db).await?;
    Ok(seeded)
}

/// Why there is nothing to do, if so.
async fn standing(db: &impl sea_orm::ConnectionTrait) -> Result<Option<Seeded>, DbErr> {
    for site in SITES.iter().filter(|site| site.key == sites::DESK) {
        if store::has_centre(db, site.id()).await? {
            return Ok(Some(Seeded::Before));
        }
    }
    Ok((!store::is_empty(db).await?).then_some(Seeded::NotEmpty))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use chrono::{Datelike as _, Months};
    use entity::{AccountStatus, Band, CentreId, MinuteOfDay, OfferUnit, VisitStatus};
    use migration::{Migrator, MigratorTrait as _};
    use sea_orm::{EntityTrait, QueryOrder};

    use super::*;
    use crate::features::{
        centres::{grid::Grid, rules::class_rule, store::Held},
        demo::HOME,
    };

    /// An empty database in a folder that goes with it.
    struct Scratch {
        folder: std::path::PathBuf,
        db: Db,
        settings: Settings,
    }

    impl Scratch {
        async fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("qxt-demo-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let settings = Settings::with(&[("data_dir", folder.to_str().unwrap())]).unwrap();
            let db = Db::connect(&settings.database(), 1).await.unwrap();
            Migrator::up(db.writer(), None).await.unwrap();
            Self { folder, db, settings }
        }

        async fn seed(&self, clock: &Clock) -> Seeded {
            seed(&self.settings, &self.db, &self.settings.keyring().unwrap(), clock).await.unwrap()
        }

        /// Every id and figure that isn't sealed.
        async fn content(&self) -> Vec<String> {
            let db = self.db.reader();
            let mut all = Vec::new();
            macro_rules! rows {
                ($table:ident, $row:ident => $($value:expr),+) => {
                    for $row in $table::Entity::find().order_by_asc($table::Column::Id).all(db).await.unwrap() {
                        all.push(format!("{:?}", ($($value),+)));
                    }
                };
            }
            rows!(centres, r => r.id, r.name, r.insured_until, r.version);
            rows!(classes, r => r);
            rows!(offers, r => r);
            rows!(staff, r => r.id, r.username, r.centre_id);
            rows!(families, r => r.id, r.openid_hash);
            rows!(children, r => r.id, r.birth_date, r.township);
            rows!(consents, r => r);
            rows!(event_rows, r => r);
            rows!(event_signups, r => r);
            rows!(campaigns, r => r);
            rows!(vouchers, r => r);
            rows!(redemptions, r => r.id, r.request_id, r.service_date);
            rows!(bookings, r => r);
            rows!(visits, r => r);
            rows!(booking_events, r => r);
            rows!(ratings, r => r);
            rows!(rating_versions, r => r);
            all
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    fn clock(start: &str) -> Clock {
        Clock::starting_at(start.parse().unwrap())
    }

    #[actix_web::test]
    async fn two_seedings_make_the_same_and_a_second_one_changes_nothing() {
        let (one, two) = (Scratch::new("one").await, Scratch::new("two").await);
        assert!(matches!(one.seed(&clock("2026-03-02T01:00:00Z")).await, Seeded::Now { .. }));
        assert!(matches!(two.seed(&clock("2026-03-02T09:00:00Z")).await, Seeded::Now { .. }));
        let content = one.content().await;
        assert!(content.len() > 2000, "{}", content.len());
        assert_eq!(content, two.content().await);
        assert_eq!(one.seed(&clock("2026-05-05T01:00:00Z")).await, Seeded::Before);
        assert_eq!(content, one.content().await);
    }

    #[actix_web::test]
    async fn the_figures_say_something_on_any_day() {
        for (i, day) in ["2024-02-29", "2026-01-01", "2026-03-02", "2026-08-31", "2027-10-07"].iter().enumerate() {
            let scratch = Scratch::new(&format!("figures-{i}")).await;
            let clock = clock(&format!("{day}T01:00:00Z"));
            let Seeded::Now { visits, ratings, .. } = scratch.seed(&clock).await else { panic!("not empty") };
            assert!(visits >= 300, "{day}: {visits} visits");
            assert!(ratings >= 150, "{day}: {ratings} ratings");
            let db = scratch.db.reader();
            let today = clock.today();
            let visits = visits::Entity::find().all(db).await.unwrap();
            assert!(visits.iter().all(|v| v.status == VisitStatus::Left && v.date < today));
            let since = today.checked_sub_months(Months::new(7)).unwrap();
            assert!(visits.iter().all(|v| v.date > since && v.date.weekday().num_days_from_monday() < 5));
            let rows = ratings::Entity::find().all(db).await.unwrap();
            let periods: BTreeSet<_> = rows.iter().map(|r| (r.child_id, r.centre_id, r.month)).collect();
            assert_eq!(periods.len(), rows.len(), "one answer per child, centre and month");
            let mut by_centre: HashMap<CentreId, (i32, i32)> = HashMap::new();
            for row in &rows {
                assert!(row.created_at < clock.now());
                let (n, good) = by_centre.entry(row.centre_id).or_default();
                (*n, *good) = (*n + 1, *good + i32::from(row.level >= 4));
            }
            let rate = |(n, good): (i32, i32)| f64::from(good) / f64::from(n);
            let all = by_centre.values().fold((0, 0), |(a, b), (n, good)| (a + n, b + good));
            assert!((0.92..=0.955).contains(&rate(all)), "{day}: {} of {all:?}", rate(all));
            let of = |key: &str| by_centre[&SITES.iter().find(|site| site.key == key).map(Site::id).unwrap()];
            assert!(of(sites::FEW).0 < 5, "{day}");
            assert!(of(sites::WEAK).0 >= 5 && rate(of(sites::WEAK)) < 0.9, "{day}: {:?}", of(sites::WEAK));
            assert!(by_centre.values().filter(|f| f.0 >= 5 && rate(**f) < 0.9).count() <= 3, "{day}: {by_centre:?}");
        }
    }

    #[actix_web::test]
    async fn every_row_keeps_the_rules() {
        let scratch = Scratch::new("rules").await;
        let clock = clock("2026-03-02T01:00:00Z");
        scratch.seed(&clock).await;
        let (db, today) = (scratch.db.reader(), clock.today());
        let rules = store::class_rules(db).await.unwrap();
        let classes = classes::Entity::find().all(db).await.unwrap();
        let visits = visits::Entity::find().all(db).await.unwrap();
        for class in &classes {
            let rule = class_rule(&rules, class.band, today).unwrap();
            assert!(class.places <= rule.max_places && class.carers * rule.per_carer >= class.places, "{class:?}");
            let held = visits.iter().filter(|v| v.class_id == class.id).map(|v| Held {
                class_id: v.class_id,
                date: v.date,
                care_type: v.care_type,
                from_min: v.from_min,
                to_min: v.to_min,
                n: 1,
                absent: false,
            });
            let grid = Grid::of(held.collect(), Vec::new());
            for visit in visits.iter().filter(|v| v.class_id == class.id) {
                let day = grid.day(class, &rules, visit.date);
                assert!(!day.over(visit.from_min, visit.to_min), "{class:?} on {}", visit.date);
            }
        }
        let centres = centres::Entity::find().all(db).await.unwrap();
        for offer in offers::Entity::find().all(db).await.unwrap() {
            let centre = centres.iter().find(|c| c.id == offer.centre_id).unwrap();
            let month = match offer.unit {
                OfferUnit::Month => offer.price_fen.0,
                OfferUnit::Day if offer.care_type == entity::CareType::FullDay => offer.price_fen.0 * 23,
                _ => continue,
            };
            assert!(centre.price_cap_fen.is_none_or(|cap| month <= cap.0), "{} {offer:?}", centre.name);
        }
        for voucher in vouchers::Entity::find().all(db).await.unwrap() {
            let used = redemptions::Entity::find().all(db).await.unwrap();
            let used = used.iter().filter(|r| r.voucher_id == voucher.id).count();
            assert_eq!(usize::try_from(voucher.units_used).unwrap(), used);
        }
        let staff = staff::Entity::find().all(db).await.unwrap();
        assert!(staff.iter().all(|s| s.status == AccountStatus::Active));
    }

    #[test]
    fn the_desk_centre_is_as_designed_and_home_has_enough_around_it() {
        let desk = SITES.iter().find(|site| site.key == sites::DESK).unwrap();
        assert_eq!(desk.hours, (MinuteOfDay::hm(7, 30), MinuteOfDay::hm(18, 0)));
        assert!(!desk.saturdays && !desk.by_request && desk.inclusive());
        let bands: Vec<_> = desk.classes.iter().map(|class| class.0).collect();
        assert_eq!(bands, [Band::Infant, Band::ToddlerSmall, Band::ToddlerBig]);
        assert_eq!(desk.offer_rows().len(), 12);
        assert!(desk.offer_rows().iter().all(|o| o.notice_minutes == 0 && o.horizon_days == 90));
        // 1000 m by street at the detour of 1.3; a degree here is 110.8 km north, 100.9 km east.
        let near = SITES.iter().filter(|site| {
            let (east, north) = ((site.at.0 - HOME.lng) * 100_900.0, (site.at.1 - HOME.lat) * 110_800.0);
            east.hypot(north) * 1.3 <= 1000.0
        });
        assert_eq!(near.count(), 5);
    }

    #[actix_web::test]
    async fn production_is_refused_before_anything_is_read() {
        let key = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let scratch = Scratch::new("production").await;
        let settings = Settings::with(&[
            ("app_env", "production"),
            ("wechat_appid", "wx1"),
            ("wechat_secret", "s"),
            ("keys", key),
            ("lookup_key", "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="),
        ])
        .unwrap();
        let outcome = seed(&settings, &scratch.db, &settings.keyring().unwrap(), &Clock::system()).await;
        assert!(matches!(outcome, Err(Refused::Production)));
        assert!(store::is_empty(scratch.db.reader()).await.unwrap());
    }
}
