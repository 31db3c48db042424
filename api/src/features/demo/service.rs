//! Seeding: once, whole, into an empty database.

use entity::{
    booking_events, bookings, campaign_centres, campaigns, centre_hours, centres, children, classes, consents,
    entry_checks, families, offers, rating_versions, ratings, redemptions, staff, visits, vouchers,
};
use sea_orm::DbErr;

use super::{
    PASSWORD, campaigns as vouchers_made, history, people,
    site::Site,
    sites::{self, SITES},
    store,
};
use crate::{
    config::{AppEnv, Settings},
    error::Problem,
    features::auth::password,
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
    write_txn(db, async |txn| {
        store::lock(txn).await?;
        if let Some(outcome) = standing(txn).await? {
            return Ok(outcome);
        }
        let rules = store::class_rules(txn).await?;
        let rows = SITES.iter().enumerate().map(|(i, site)| site.row(i + 1, today, now)).collect();
        store::insert::<centres::Entity>(txn, rows).await?;
        store::insert::<centre_hours::Entity>(txn, SITES.iter().flat_map(Site::hour_rows).collect()).await?;
        store::insert::<classes::Entity>(txn, SITES.iter().flat_map(Site::class_rows).collect()).await?;
        store::insert::<offers::Entity>(txn, SITES.iter().flat_map(Site::offer_rows).collect()).await?;
        store::insert::<staff::Entity>(txn, people::staff_rows(keys, today, &password_hash)).await?;

        let past = people::past(today, &rules);
        let people = people::rows(keys, today, &past);
        store::insert::<families::Entity>(txn, people.families).await?;
        store::insert::<children::Entity>(txn, people.children).await?;
        store::insert::<consents::Entity>(txn, people.consents).await?;

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
        Ok(Seeded::Now { centres: SITES.len(), visits, ratings })
    })
    .await
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
