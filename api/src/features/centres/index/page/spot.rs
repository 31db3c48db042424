//! What a search reads of a centre.

use chrono::NaiveDate;
use entity::{Band, CareType, CentreId, CentreKind, LngLat, Ownership, class_rules};

use super::{
    BAND_BITS, CROSS_STRAIT, Common, DEMO, ESCAPED, FILED, Head, MARKED, NO_PRICE, Page, SUSPENDED, price, rating,
};
use crate::features::centres::{
    card::PriceFrom,
    plan::{CentrePlan, RatingSummary},
    rules,
};

/// A centre of the index, as long as the index is held.
#[derive(Clone, Copy)]
pub(in crate::features::centres) struct Spot<'a> {
    pub(in super::super) page: &'a Page,
    pub(in super::super) at: u32,
    /// The day by which recognitions and insurances are reckoned.
    pub(in super::super) today: NaiveDate,
}

impl<'a> Spot<'a> {
    fn head(&self) -> &'a Head {
        &self.page.heads[self.at as usize]
    }

    fn common(&self) -> &'a Common {
        self.page.common(self.at as usize)
    }

    /// Fetches what a card is written of. Those of several that are touched in a row come from memory at once.
    pub(in crate::features::centres) fn touch(&self) -> u32 {
        let (head, texts) = (self.head(), self.page.texts.as_bytes());
        let end = head.name as usize + usize::from(head.name_bytes) + usize::from(head.address_bytes);
        let places = [head.name as usize, end.saturating_sub(1), self.common().township.0 as usize];
        places.iter().filter_map(|at| texts.get(*at)).map(|byte| u32::from(*byte)).sum()
    }

    pub(in crate::features::centres) fn id(&self) -> CentreId {
        self.head().id
    }

    pub(in crate::features::centres) fn kind(&self) -> CentreKind {
        self.common().kind
    }

    pub(in crate::features::centres) fn ownership(&self) -> Ownership {
        self.common().ownership
    }

    /// Where it is, WGS-84.
    pub(in crate::features::centres) fn location(&self) -> LngLat {
        let [lng, lat] = self.page.points[self.at as usize];
        LngLat { lng, lat }
    }

    /// The location as most phones ask for it, in ten-millionths of a degree.
    pub(in crate::features::centres) fn gcj02(&self) -> [i32; 2] {
        self.head().gcj02
    }

    pub(in crate::features::centres) fn township(&self) -> &'a str {
        self.page.township(self.common())
    }

    /// The name, and the two parts of the address.
    pub(in crate::features::centres) fn texts(&self) -> (&'a str, [&'a str; 2]) {
        self.page.texts(self.at as usize)
    }

    /// Whether the texts hold something that JSON escapes.
    pub(in crate::features::centres) fn escaped(&self) -> bool {
        self.flag(ESCAPED)
    }

    /// Whether name or address hold capitals or traditional characters.
    pub(in crate::features::centres) fn marked(&self) -> bool {
        self.flag(MARKED)
    }

    fn flag(&self, flag: u8) -> bool {
        self.head().flags & flag != 0
    }

    pub(in crate::features::centres) fn filed(&self) -> bool {
        self.flag(FILED)
    }

    pub(in crate::features::centres) fn demo(&self) -> bool {
        self.flag(DEMO)
    }

    pub(in crate::features::centres) fn cross_strait(&self) -> bool {
        self.flag(CROSS_STRAIT)
    }

    /// Recognised as inclusive today.
    pub(in crate::features::centres) fn inclusive(&self) -> bool {
        let [from, until] = self.head().inclusive;
        from.is_some_and(|from| from <= self.today) && until.is_none_or(|until| self.today <= until)
    }

    /// The last day of recognition.
    pub(in crate::features::centres) fn inclusive_until(&self) -> Option<NaiveDate> {
        self.head().inclusive[1]
    }

    /// Insured until, if it is.
    pub(in crate::features::centres) fn insured_until(&self) -> Option<NaiveDate> {
        self.head().insured_until.filter(|until| *until >= self.today)
    }

    /// With a medical contract until, if it has one.
    pub(in crate::features::centres) fn medical_until(&self) -> Option<NaiveDate> {
        self.head().medical_until.filter(|until| *until >= self.today)
    }

    /// Filed, inclusive and not suspended, as every redemption requires.
    pub(in crate::features::centres) fn fit_for_vouchers(&self) -> bool {
        self.filed() && !self.flag(SUSPENDED) && self.inclusive()
    }

    pub(in crate::features::centres) fn rating(&self) -> RatingSummary {
        rating(self.head().rating)
    }

    /// The lowest price of a form of care, or of the first form on offer.
    pub(in crate::features::centres) fn price(&self, care_type: Option<CareType>) -> Option<PriceFrom> {
        let prices = &self.common().prices;
        match care_type {
            Some(wanted) => price(prices[wanted as usize]),
            None => prices.iter().copied().find_map(price),
        }
    }

    /// Forms of care on offer: a bit for each, in the order of the list.
    pub(in crate::features::centres) fn care_types(&self) -> usize {
        let prices = self.common().prices.iter().enumerate();
        prices.map(|(i, packed)| usize::from(*packed != NO_PRICE) << i).sum()
    }

    /// Whether a class takes a child of `age` months on `day`, in this form of care if one is asked.
    pub(in crate::features::centres) fn takes(
        &self,
        rules: &[class_rules::Model],
        age: i32,
        care_type: Option<CareType>,
        day: NaiveDate,
    ) -> bool {
        let common = self.common();
        Band::ALL.iter().any(|band| {
            let bits = common.bands >> (*band as u32 * BAND_BITS);
            let offered = match care_type {
                Some(care_type) => bits >> (care_type as u32 + 1) & 1 == 1,
                None => bits & 1 == 1,
            };
            let rule = || rules::class_rule(rules, *band, day);
            offered && rule().is_some_and(|r| (r.min_months..r.max_months + common.age_grace_months).contains(&age))
        })
    }

    /// The version of its row.
    pub(in crate::features::centres) fn version(&self) -> i64 {
        self.page.packed.version(self.page.places[self.at as usize] as usize)
    }

    /// All of it, unpacked.
    pub(in crate::features::centres) fn unpack(&self) -> CentrePlan {
        self.page.plan(self.at as usize)
    }

    /// Two looks with the same stamp unpack the same.
    pub(in crate::features::centres) fn stamp(&self) -> u64 {
        self.page.stamp
    }
}
