//! Where the district lies, by what is known of it: a typing error in a coordinate makes a centre that no family
//! finds, or a community that nothing reaches.

use entity::{LngLat, centres, communities};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use crate::error::{Problem, Result, Text};

/// Farther than this from the middle nothing belongs to a district: ours reaches over some 20 km.
const FARTHEST_KM: f64 = 60.0;
/// Of fewer places there is no middle.
const FEWEST: usize = 3;

/// The middle of all places, those of the file among them: half of them lie on each side, so that a wrong one
/// moves nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings(Option<LngLat>);

impl Surroundings {
    /// Of what is stored, and of a file's rows, in whatever system: half a kilometre doesn't matter here.
    pub(super) async fn of(db: &impl ConnectionTrait, rows: impl Iterator<Item = (f64, f64)>) -> Result<Self, DbErr> {
        let known: Vec<(f64, f64)> = centres::Entity::find()
            .select_only()
            .columns([centres::Column::Lng, centres::Column::Lat])
            .filter(centres::Column::Active.eq(true))
            .into_tuple()
            .all(db)
            .await?;
        let areas: Vec<(f64, f64)> = communities::Entity::find()
            .select_only()
            .columns([communities::Column::Lng, communities::Column::Lat])
            .filter(communities::Column::EndedOn.is_null())
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self::around(known.into_iter().chain(areas).chain(rows).collect()))
    }

    fn around(all: Vec<(f64, f64)>) -> Self {
        if all.len() < FEWEST {
            return Self(None);
        }
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let (lngs, lats) = all.into_iter().unzip();
        Self(Some(LngLat { lng: middle(lngs), lat: middle(lats) }))
    }

    /// Refuses a place that lies far from all others.
    pub(super) fn check(self, field: &'static str, at: LngLat) -> Result<()> {
        let Some(middle) = self.0 else { return Ok(()) };
        let (north, east) = (at.lat - middle.lat, (at.lng - middle.lng) * middle.lat.to_radians().cos());
        let km = north.hypot(east) * 111.2;
        if km <= FARTHEST_KM {
            return Ok(());
        }
        let text = Text::new(
            format!("该位置距本区其他机构和社区约{km:.0}公里，请核对经度和纬度。"),
            format!("This place is {km:.0} km from the district's others: check longitude and latitude."),
        );
        Err(Problem::field(field, "far_away", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_place_is_far_from_the_others_and_moves_nothing() {
        let all = vec![(118.79, 24.89), (116.4, 39.9), (118.73, 24.94), (118.81, 24.9)];
        let around = Surroundings::around(all.clone());
        let check = |(lng, lat)| around.check("lng", LngLat { lng, lat }).is_ok();
        assert_eq!(all.into_iter().map(check).collect::<Vec<_>>(), [true, false, true, true]);
        assert!(Surroundings::around(vec![(1.0, 1.0)]).check("lng", LngLat { lng: 118.0, lat: 24.0 }).is_ok());
    }
}
