//! Tencent's distance matrix (<https://lbs.qq.com/service/webService/webServiceGuide/route/webServiceMatrix>):
//! GCJ-02, one place to 200 in a call, a refusal in `status` of an answer 200
//! (<https://lbs.qq.com/service/webService/webServiceGuide/status>).
//!
//! It has no option against steps (it is never asked for a pushchair), no e-bikes (their ways are
//! bicycles'), no areas, and tells no times on foot or by bicycle at our speed: those follow from the
//! distance.

use std::{fmt::Write as _, sync::Arc};

use entity::LngLat;
use serde::Deserialize;

use super::{
    Travel, TravelMode, Way,
    estimate::metres,
    network::{Failure, answer, client, read, way},
};
use crate::{config::Settings, platform::coords::Coord};

/// The places lie too close together for a way.
const TOO_NEAR: i64 = 326;

/// A client of the service.
#[derive(Clone)]
pub(super) struct Tencent {
    client: reqwest::Client,
    url: String,
    settings: Arc<Settings>,
}

#[derive(Deserialize)]
struct Out {
    status: i64,
    result: Option<ResultOut>,
}

#[derive(Deserialize)]
struct ResultOut {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    elements: Vec<Element>,
}

#[derive(Deserialize)]
struct Element {
    /// Metres; the straight line's where `status` is set. Not told where no way leads.
    #[serde(default)]
    distance: Option<f64>,
    /// Seconds, with the traffic; not always told.
    #[serde(default)]
    duration: Option<f64>,
    /// Absent or 0: a way was found; 4: no road is near.
    #[serde(default)]
    status: Option<i64>,
}

impl Tencent {
    pub(super) fn new(settings: Arc<Settings>) -> Result<Self, reqwest::Error> {
        let url = format!("{}/ws/distance/v1/matrix", settings.tencent_base_url.trim_end_matches('/'));
        Ok(Self { client: client(&settings).build()?, url, settings })
    }

    pub(super) async fn matrix(
        &self,
        from: LngLat,
        to: &[LngLat],
        travel: Travel,
    ) -> Result<Vec<Option<Way>>, Failure> {
        let mode = match travel.mode {
            TravelMode::Walk => "walking",
            TravelMode::Cycle | TravelMode::EBike => "bicycling",
            TravelMode::Drive => "driving",
        };
        let key = self.settings.tencent_key.as_str();
        let (begins, ends) = (places(&[from]), places(to));
        let query = [("mode", mode), ("from", &begins), ("to", &ends), ("output", "json"), ("key", key)];
        let (status, body) = answer(self.client.get(&self.url).query(&query)).await?;
        if status != 200 {
            return Err(Failure::Away("bad_status"));
        }
        let found: Out = read(&body)?;
        if found.status == TOO_NEAR && to.len() == 1 {
            let straight = metres(from, to[0]);
            return Ok(vec![way(&self.settings, travel, 0.0, straight, 0.0)]);
        }
        if found.status != 0 {
            return Err(refused(found.status));
        }
        let rows = found.result.map(|result| <[Row; 1]>::try_from(result.rows));
        let Some(Ok([row])) = rows else { return Err(Failure::Away("malformed")) };
        let ways = row.elements.iter().map(|element| {
            let found = matches!(element.status, None | Some(0));
            let seconds = element.duration.filter(|_| travel.mode == TravelMode::Drive).unwrap_or(0.0);
            // Where on the streets the places were put isn't told.
            way(&self.settings, travel, seconds, element.distance.filter(|_| found)?, 0.0)
        });
        Ok(ways.collect())
    }
}

/// `lat,lng;lat,lng…` in GCJ-02, to a tenth of a metre.
fn places(places: &[LngLat]) -> String {
    let mut text = String::with_capacity(places.len() * 22);
    for place in places {
        let LngLat { lng, lat } = Coord::Gcj02.from_wgs84(*place);
        let between = if text.is_empty() { "" } else { ";" };
        // Writing to a String can't fail.
        let _ = write!(text, "{between}{lat:.6},{lng:.6}");
    }
    text
}

/// What a status other than 0 is about.
fn refused(status: i64) -> Failure {
    match status {
        // Per second, per day, per address, the account's balance.
        120..=123 => Failure::Away("limited"),
        // Source, signature, address, function, key.
        110..=113 | 190 | 199 | 301 | 311 => {
            tracing::error!(
                status,
                "tencent refuses our configuration: check TENCENT_KEY, its WebServiceAPI and the addresses allowed"
            );
            Failure::Away("misconfigured")
        }
        // A place that is on no street, has no way, lies too far or is none.
        TOO_NEAR | 333 | 347 | 365 | 366 | 373 | 374 | 377 | 378 | 384 => Failure::Place,
        _ => {
            tracing::warn!(status, "tencent refuses how it is asked");
            Failure::Away("refused")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_in_gcj_02_latitude_first() {
        let text = places(&[LngLat { lng: 118.79, lat: 24.89 }, LngLat { lng: 2.35, lat: 48.86 }]);
        let (here, paris) = text.split_once(';').unwrap();
        assert_eq!(paris, "48.860000,2.350000");
        let (lat, lng) = here.split_once(',').unwrap();
        let moved = Coord::Gcj02.from_wgs84(LngLat { lng: 118.79, lat: 24.89 });
        assert!((lat.parse::<f64>().unwrap() - moved.lat).abs() < 1e-6);
        assert!((lng.parse::<f64>().unwrap() - moved.lng).abs() < 1e-6);
    }

    #[test]
    fn a_status_says_whose_fault_it_is() {
        for (status, failure) in [
            (121, Failure::Away("limited")),
            (311, Failure::Away("misconfigured")),
            (347, Failure::Place),
            (500, Failure::Away("refused")),
        ] {
            assert_eq!(refused(status), failure, "{status}");
        }
    }
}
