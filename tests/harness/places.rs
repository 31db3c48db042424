//! Builders of centres, classes, offers, hours and calendars. They insert rows directly; those
//! that the catalogue keeps in memory want [`TestApp::reload_catalogue`] afterwards, which
//! [`TestApp::place`] does itself.

use chrono::NaiveDate;
use entity::{
    Admits, Band, CalendarKind, CareType, CentreId, CentreKind, ClassId, Confirmation, Fen, Filed, LngLat, MinuteOfDay,
    OfferUnit, Ownership, calendar_days, centre_days, centre_hours, centres, classes, offers, rosters,
};

use sea_orm::{ActiveValue::Set, EntityTrait as _};

use crate::{app::TestApp, hm};

/// In 洛阳镇, WGS-84.
pub const HERE: LngLat = LngLat { lng: 118.79, lat: 24.89 };

/// A centre with one class and its offers.
#[derive(Clone, Debug)]
pub struct Place {
    /// The centre.
    pub centre: centres::Model,
    /// Its class.
    pub class: classes::Model,
    /// One offer a care type.
    pub offers: Vec<offers::Model>,
}

impl Place {
    /// The centre's id as the API writes it.
    #[must_use]
    pub fn id(&self) -> String {
        self.centre.id.to_string()
    }

    /// The class's id as the API writes it.
    #[must_use]
    pub fn class_id(&self) -> String {
        self.class.id.to_string()
    }

    /// The offer of a care type.
    #[must_use]
    pub fn offer(&self, care_type: CareType) -> &offers::Model {
        self.offers.iter().find(|offer| offer.care_type == care_type).unwrap_or_else(|| panic!("no {care_type} offer"))
    }
}

impl TestApp {
    /// A filed, inclusive centre, open Monday to Friday 07:30–18:00, with one 托小班 (12 to 23
    /// months) of 15 places and 3 carers that offers all four care types, seen by the application.
    pub async fn place(&self) -> Place {
        self.place_with(15, 3, |_| {}).await
    }

    /// The same with so many places and carers (one carer allows 5 children), and changes to the
    /// centre.
    pub async fn place_with(&self, places: i32, carers: i32, change: impl FnOnce(&mut centres::Model)) -> Place {
        let centre = self.centre_with(change).await;
        let class = self.class(centre.id, Band::ToddlerSmall, places, carers).await;
        let offers = self.offers(&class).await;
        self.reload_catalogue().await;
        Place { centre, class, offers }
    }

    /// A centre with its hours and without classes.
    pub async fn centre(&self) -> centres::Model {
        self.centre_with(|_| {}).await
    }

    /// The same with changes.
    pub async fn centre_with(&self, change: impl FnOnce(&mut centres::Model)) -> centres::Model {
        let id: CentreId = self.id();
        let now = self.clock.now();
        let number = id.to_string();
        let mut row = centres::Model {
            id,
            name: format!("测试托育点{}", &number[number.len() - 6..]),
            kind: CentreKind::PartyNeighbourhood,
            ownership: Ownership::Public,
            address: "洛阳镇测试路1号".to_owned(),
            township: "洛阳镇".to_owned(),
            lng: HERE.lng,
            lat: HERE.lat,
            phone: Some("0595-00000000".to_owned()),
            intro: "测试用的托育点。".to_owned(),
            filed: Filed::Filed,
            filed_no: Some("测备〔2025〕1号".to_owned()),
            inclusive_from: Some(crate::day("2025-01-01")),
            inclusive_until: None,
            inclusive_doc: Some("测普〔2025〕1号".to_owned()),
            price_cap_fen: None,
            morning_from: hm(8, 0),
            morning_to: hm(12, 0),
            afternoon_from: hm(14, 0),
            afternoon_to: hm(17, 30),
            age_grace_months: 0,
            insured_until: Some(crate::day("2026-12-31")),
            medical_until: Some(crate::day("2026-12-31")),
            cross_strait: false,
            admits: Admits::All,
            others_days: 0,
            demo: false,
            active: true,
            vouchers_suspended_at: None,
            version: 1,
            changed_at: now,
            created_at: now,
        };
        change(&mut row);
        let row = self.insert(row).await;
        for weekday in 1..=5 {
            self.opens(row.id, weekday, hm(7, 30), hm(18, 0)).await;
        }
        row
    }

    /// Hours of a weekday (1 Monday to 7) that has none yet.
    pub async fn opens(&self, centre_id: CentreId, weekday: i32, opens: MinuteOfDay, closes: MinuteOfDay) {
        self.insert(centre_hours::Model { centre_id, weekday, opens, closes }).await;
    }

    /// A special day of a centre: its hours, or `None` for closed.
    pub async fn special_day(&self, centre_id: CentreId, date: NaiveDate, hours: Option<(MinuteOfDay, MinuteOfDay)>) {
        let (opens, closes) = hours.unzip();
        self.insert(centre_days::Model { centre_id, date, opens, closes, reason: "园所安排".to_owned() }).await;
    }

    /// A day of the bureau's calendar: a holiday, or a working day with the hours of a weekday.
    pub async fn calendar_day(&self, date: NaiveDate, kind: CalendarKind, works_as: Option<i32>) {
        self.insert(calendar_days::Model { date, kind, works_as, name: kind.zh().to_owned() }).await;
    }

    /// A class.
    pub async fn class(&self, centre_id: CentreId, band: Band, places: i32, carers: i32) -> classes::Model {
        let id: ClassId = self.id();
        self.insert(classes::Model {
            id,
            centre_id,
            name: band.zh().to_owned(),
            band,
            places,
            carers,
            kept_full_day: 0,
            active: true,
        })
        .await
    }

    /// A roster line: carers of a class on a date.
    pub async fn roster(&self, class_id: ClassId, date: NaiveDate, from: MinuteOfDay, to: MinuteOfDay, carers: i32) {
        self.insert(rosters::Model { id: self.id(), class_id, date, from_min: from, to_min: to, carers }).await;
    }

    /// An offer for each care type: a day 80 yuan, a half day 45, an hour 15 (at least one), a
    /// temporary day 90; meals 12 a day; no notice, 60 days ahead, cancelled up to 2 hours before.
    pub async fn offers(&self, class: &classes::Model) -> Vec<offers::Model> {
        let all = [
            (CareType::FullDay, OfferUnit::Day, 8000, 1200),
            (CareType::HalfDay, OfferUnit::HalfDay, 4500, 0),
            (CareType::Hourly, OfferUnit::Hour, 1500, 0),
            (CareType::Temporary, OfferUnit::Day, 9000, 1200),
        ];
        let mut offers = Vec::new();
        for (care_type, unit, price, meals) in all {
            let change = |offer: &mut offers::Model| {
                offer.unit = unit;
                offer.price_fen = Fen(price);
                offer.meals_fen = Fen(meals);
            };
            offers.push(self.offer_with(class, care_type, change).await);
        }
        offers
    }

    /// From now on the centre confirms this care of the place at once, or by hand.
    pub async fn offer_confirmation(&self, place: &Place, care_type: CareType, confirmation: Confirmation) {
        let change = offers::ActiveModel {
            id: Set(place.offer(care_type).id),
            confirmation: Set(confirmation),
            ..Default::default()
        };
        offers::Entity::update(change).exec(self.db()).await.unwrap();
        self.reload_catalogue().await;
    }

    /// One offer, with changes.
    pub async fn offer_with(
        &self,
        class: &classes::Model,
        care_type: CareType,
        change: impl FnOnce(&mut offers::Model),
    ) -> offers::Model {
        let mut row = offers::Model {
            id: self.id(),
            centre_id: class.centre_id,
            class_id: class.id,
            care_type,
            unit: OfferUnit::Day,
            price_fen: Fen(8000),
            meals_fen: Fen(0),
            min_minutes: 60,
            notice_minutes: 0,
            horizon_days: 60,
            cutoff_minutes: 120,
            confirmation: Confirmation::Instant,
            active: true,
        };
        change(&mut row);
        self.insert(row).await
    }
}
