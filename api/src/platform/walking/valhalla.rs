//! Valhalla (<https://valhalla.github.io/valhalla/api/>): `/sources_to_targets` and `/isochrone`.
//!
//! What its version 3.9 does, as the suite checks with the engine itself: a place farther than
//! `search_cutoff` from any street makes it refuse a whole matrix, and draw an area of nothing; without
//! that limit it takes the place to wherever the next street is, kilometres away. A way over steps is
//! ruled out by the pedestrian type `wheelchair` alone: a `step_penalty` changes which way is taken, but
//! an area still spreads over the steps.

use std::sync::Arc;

use entity::LngLat;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Area, Travel, TravelMode, Way,
    estimate::metres,
    network::{Failure, TOO_SLOW, answer, client, read, way},
};
use crate::config::Settings;

/// Numbers of minutes of one call (`service_limits.isochrone.max_contours`).
const CONTOURS_MOST: usize = 4;
/// Corners of an area closer to its line than this, in metres, are left out.
const GENERALIZE_M: u32 = 10;

/// A client of one Valhalla.
#[derive(Clone)]
pub(super) struct Valhalla {
    client: reqwest::Client,
    url: String,
    settings: Arc<Settings>,
}

#[derive(Serialize)]
struct Place {
    lat: f64,
    lon: f64,
    search_cutoff: u32,
}

#[derive(Serialize)]
struct MatrixIn {
    sources: [Place; 1],
    targets: Vec<Place>,
    costing: &'static str,
    costing_options: Value,
    units: &'static str,
}

#[derive(Deserialize)]
struct MatrixOut {
    sources_to_targets: Vec<Vec<Cell>>,
    /// Where on the streets the places were put.
    sources: Vec<Point>,
    targets: Vec<Point>,
}

#[derive(Deserialize)]
struct Cell {
    /// Seconds; none where no way leads.
    time: Option<f64>,
    /// Kilometres.
    distance: Option<f64>,
}

#[derive(Clone, Copy, Deserialize)]
struct Point {
    lat: f64,
    lon: f64,
}

impl Point {
    const fn place(self) -> LngLat {
        LngLat { lng: self.lon, lat: self.lat }
    }
}

#[derive(Deserialize)]
struct Refusal {
    error_code: u32,
}

#[derive(Deserialize)]
struct AreasOut {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Geometry,
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    /// Minutes.
    contour: Option<f64>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Vec<[f64; 2]>>),
    MultiPolygon(Vec<Vec<Vec<[f64; 2]>>>),
    /// Where on the streets the place was put.
    MultiPoint(Vec<[f64; 2]>),
    /// The place itself.
    Point(#[expect(dead_code, reason = "known already")] [f64; 2]),
}

impl Valhalla {
    pub(super) fn new(settings: Arc<Settings>) -> Result<Self, reqwest::Error> {
        // It stands inside: no proxy leads there.
        let client = client(&settings).no_proxy().build()?;
        Ok(Self { client, url: settings.valhalla_url.trim_end_matches('/').to_owned(), settings })
    }

    /// Whether it answers at all.
    pub(super) async fn is_there(&self) -> bool {
        answer(self.client.get(format!("{}/status", self.url))).await.is_ok_and(|(status, _)| status == 200)
    }

    pub(super) async fn matrix(
        &self,
        from: LngLat,
        to: &[LngLat],
        travel: Travel,
    ) -> Result<Vec<Option<Way>>, Failure> {
        let (costing, options) = self.costing(travel);
        let question = MatrixIn {
            sources: [self.place(from)],
            targets: to.iter().map(|place| self.place(*place)).collect(),
            costing,
            costing_options: json!({ costing: options }),
            units: "km",
        };
        let found: MatrixOut = self.post("sources_to_targets", &question).await?;
        let (Ok([row]), [source]) = (<[_; 1]>::try_from(found.sources_to_targets), &found.sources[..]) else {
            return Err(Failure::Away("malformed"));
        };
        if row.len() != to.len() || found.targets.len() != to.len() {
            return Err(Failure::Away("malformed"));
        }
        let begins = metres(from, source.place());
        let ways = row.iter().zip(&found.targets).zip(to).map(|((cell, target), place)| {
            let off_streets = begins + metres(target.place(), *place);
            way(&self.settings, travel, cell.time?, cell.distance? * 1000.0, off_streets)
        });
        Ok(ways.collect())
    }

    pub(super) async fn areas(&self, from: LngLat, minutes: &[u32], travel: Travel) -> Result<Vec<Area>, Failure> {
        let (costing, options) = self.costing(travel);
        let mut areas = Vec::with_capacity(minutes.len());
        for some in minutes.chunks(CONTOURS_MOST) {
            let question = json!({
                "locations": [self.place(from)],
                "costing": costing,
                "costing_options": { costing: &options },
                "contours": some.iter().map(|minutes| json!({ "time": minutes })).collect::<Vec<_>>(),
                "polygons": true,
                // Every part that can be reached, however small.
                "denoise": 0.0,
                "generalize": GENERALIZE_M,
                "show_locations": true,
            });
            let found: AreasOut = self.post("isochrone", &question).await?;
            areas.extend(read_areas(found, some)?);
        }
        Ok(areas)
    }

    fn place(&self, place: LngLat) -> Place {
        Place { lat: place.lat, lon: place.lng, search_cutoff: self.settings.walking_off_network_m }
    }

    /// The costing and its options. Cars go at the configured speed and no faster, for nothing beyond its
    /// reach is asked about.
    fn costing(&self, travel: Travel) -> (&'static str, Value) {
        let settings = &self.settings;
        match travel.mode {
            TravelMode::Walk if travel.pushchair => {
                ("pedestrian", json!({ "type": "wheelchair", "walking_speed": settings.walking_speed_kmh }))
            }
            TravelMode::Walk => ("pedestrian", json!({ "walking_speed": settings.walking_speed_kmh })),
            TravelMode::Cycle => ("bicycle", json!({ "cycling_speed": settings.cycling_speed_kmh })),
            TravelMode::EBike => ("bicycle", json!({ "cycling_speed": settings.e_bike_speed_kmh })),
            TravelMode::Drive => ("auto", json!({ "fixed_speed": settings.driving_speed_kmh.round() })),
        }
    }

    async fn post<T: for<'de> Deserialize<'de>>(&self, path: &str, question: &impl Serialize) -> Result<T, Failure> {
        let answer = answer(self.client.post(format!("{}/{path}", self.url)).json(question)).await;
        // One place may be what it is at for ever, or what it breaks down over.
        let (status, body) = answer.map_err(|failure| match failure {
            Failure::Away(TOO_SLOW) => Failure::Choked(TOO_SLOW),
            other => other,
        })?;
        match status {
            200 => read(&body),
            400 => Err(refused(read::<Refusal>(&body)?.error_code)),
            500..=599 => Err(Failure::Choked("bad_status")),
            _ => Err(Failure::Away("bad_status")),
        }
    }
}

/// What a refusal is about: a place (it can't be read, lies too far, is on no street, has no way), more
/// places than this server takes, or what only we can mend.
fn refused(error_code: u32) -> Failure {
    match error_code {
        130..=132 | 150 | 154 | 170 | 171 | 430 | 440 | 442 => Failure::Place,
        _ => {
            tracing::error!(error_code, "valhalla refuses how it is asked: is it of version 3.5 or later?");
            Failure::Away("refused")
        }
    }
}

fn read_areas(found: AreasOut, minutes: &[u32]) -> Result<Vec<Area>, Failure> {
    let mut areas: Vec<Area> = minutes.iter().map(|minutes| Area { minutes: *minutes, polygons: Vec::new() }).collect();
    // Before anything else: around a place on no street it draws areas of nothing, some without a ring.
    let is_on_street =
        |feature: &Feature| matches!(&feature.geometry, Geometry::MultiPoint(points) if !points.is_empty());
    if !found.features.iter().any(is_on_street) {
        return Err(Failure::Place);
    }
    for feature in found.features {
        let polygons = match feature.geometry {
            Geometry::Polygon(rings) => vec![rings],
            Geometry::MultiPolygon(polygons) => polygons,
            Geometry::MultiPoint(_) | Geometry::Point(_) => continue,
        };
        let polygons: Option<Vec<_>> = polygons.iter().map(|rings| polygon(rings)).collect();
        let contour = feature.properties.contour;
        let of_these = areas.iter_mut().filter(|area| contour == Some(f64::from(area.minutes)));
        let polygons = polygons.ok_or(Failure::Away("malformed"))?;
        of_these.for_each(|area| area.polygons.extend(polygons.iter().cloned()));
    }
    if areas.iter().any(|area| area.polygons.is_empty()) {
        return Err(Failure::Away("malformed"));
    }
    Ok(areas)
}

/// Not for infinite numbers or none either.
fn is_on_earth(place: &LngLat) -> bool {
    (-180.0..=180.0).contains(&place.lng) && (-90.0..=90.0).contains(&place.lat)
}

/// Closed rings of four corners or more on the earth, the outer one against the clock and its holes with it (RFC 7946 3.1.6).
fn polygon(rings: &[Vec<[f64; 2]>]) -> Option<Vec<Vec<LngLat>>> {
    let ring = |(n, ring): (usize, &Vec<[f64; 2]>)| {
        let mut ring: Vec<LngLat> = ring.iter().map(|[lng, lat]| LngLat { lng: *lng, lat: *lat }).collect();
        if ring.len() < 4 || ring.first() != ring.last() || !ring.iter().all(is_on_earth) {
            return None;
        }
        let twice_area: f64 = ring.windows(2).map(|e| (e[0].lng - e[1].lng) * (e[0].lat + e[1].lat)).sum();
        if (twice_area < 0.0) == (n == 0) {
            ring.reverse();
        }
        Some(ring)
    };
    if rings.is_empty() { None } else { rings.iter().enumerate().map(ring).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(text: &str) -> Result<Vec<Area>, Failure> {
        read_areas(serde_json::from_str(text).unwrap(), &[5])
    }

    const ON_STREET: &str = r#"{"geometry":{"type":"MultiPoint","coordinates":[[118.79,24.89]]},"properties":{}}"#;

    #[test]
    fn rings_are_turned_as_geojson_wants_them() {
        let clockwise = "[[0,0],[0,9],[9,9],[9,0],[0,0]]";
        let hole = "[[1,1],[2,1],[2,2],[1,2],[1,1]]";
        let text = format!(
            r#"{{"features":[{{"geometry":{{"type":"Polygon","coordinates":[{clockwise},{hole}]}},
                "properties":{{"contour":5.0}}}},{ON_STREET}]}}"#
        );
        let polygons = areas(&text).unwrap().remove(0).polygons;
        let second = |ring: &[LngLat]| (ring[1].lng, ring[1].lat);
        assert_eq!(second(&polygons[0][0]), (9.0, 0.0), "against the clock");
        assert_eq!(second(&polygons[0][1]), (1.0, 2.0), "a hole with the clock");
    }

    #[test]
    fn an_area_of_nothing_or_without_a_ring_is_none() {
        let off = r#"{"features":[{"geometry":{"type":"MultiPoint","coordinates":[]},"properties":{}}]}"#;
        assert_eq!(areas(off).unwrap_err(), Failure::Place);
        let ringless = r#"{"geometry":{"type":"Polygon","coordinates":[]},"properties":{"contour":5}}"#;
        let off = off.replace("[{", &format!("[{ringless},{{"));
        assert_eq!(areas(&off).unwrap_err(), Failure::Place, "as near the pole: not the engine's fault");
        assert_eq!(areas(&format!(r#"{{"features":[{ON_STREET}]}}"#)).unwrap_err(), Failure::Away("malformed"));
        let open = format!(
            r#"{{"features":[{ON_STREET},{{"geometry":{{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}},
                "properties":{{"contour":5}}}}]}}"#
        );
        assert_eq!(areas(&open).unwrap_err(), Failure::Away("malformed"));
    }

    #[test]
    fn an_area_that_no_engine_can_mean_is_malformed() {
        let drawn = |kind: &str, coordinates: &str| {
            areas(&format!(
                r#"{{"features":[{ON_STREET},{{"geometry":{{"type":"{kind}","coordinates":{coordinates}}},
                    "properties":{{"contour":5}}}}]}}"#
            ))
        };
        assert!(drawn("Polygon", "[[[0,0],[180,0],[9,90],[0,0]]]").is_ok());
        for (kind, coordinates) in [
            ("Polygon", "[[[0,0],[180.1,0],[9,90],[0,0]]]"),
            ("Polygon", "[[[0,0],[180,0],[9,-90.1],[0,0]]]"),
            ("MultiPolygon", "[[[[0,0],[9,0],[9,9],[0,0]]],[[[0,0],[1e300,0],[9,9],[0,0]]]]"),
            ("Polygon", "[[[0,0],[9,0],[0,0]]]"),
            ("Polygon", "[[]]"),
            ("Polygon", "[]"),
            ("MultiPolygon", "[]"),
            ("MultiPolygon", "[[]]"),
        ] {
            assert_eq!(drawn(kind, coordinates).unwrap_err(), Failure::Away("malformed"), "{kind} {coordinates}");
        }
        let far = LngLat { lng: f64::INFINITY, lat: 0.0 };
        let none = LngLat { lng: 0.0, lat: f64::NAN };
        assert!(!is_on_earth(&far) && !is_on_earth(&none));
    }

    #[test]
    fn only_a_refusal_for_a_place_is_about_a_place() {
        assert_eq!(refused(170), Failure::Place);
        assert_eq!(refused(125), Failure::Away("refused"));
    }
}
