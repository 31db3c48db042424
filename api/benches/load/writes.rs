//! The writes: claims, redemptions, bookings.

use anyhow::Context as _;
use entity::{CentreId, VoucherId};
use serde_json::{Value, json};

use crate::{
    bare,
    client::{self, CONCURRENCY, Request, Until},
    report::Row,
    runs::{Bench, ROUNDS},
    seed::{City, Parent},
};

/// A morning of scans: by one desk, by eight, by all connections.
pub const REDEEM: [(&str, usize); 3] = [("redeem-1", 1), ("redeem-8", 8), ("redeem", CONCURRENCY)];
/// Centres that bookings are spread over.
pub(crate) const BOOKED_CENTRES: usize = 500;

impl Bench {
    /// The rounds of one write; `ours` makes the requests of a round from its slice of `subjects`.
    pub(crate) async fn rounds<S>(
        &self,
        mut row: Row,
        concurrency: usize,
        subjects: &[S],
        mut ours: impl AsyncFnMut(&[S]) -> anyhow::Result<Vec<Request>>,
        bare: impl Fn(usize) -> Request,
    ) -> anyhow::Result<Row> {
        let per_round = (subjects.len() / (ROUNDS + 1)).max(1);
        for (round, subjects) in subjects.chunks_exact(per_round).enumerate() {
            let ours = ours(subjects).await?;
            let bare = (0..subjects.len()).map(|i| bare(round * per_round + i)).collect();
            let (ours, bare) = self.both(round, concurrency, ours, bare, Until::AllSent).await?;
            let (ours, bare) = (ours.expect(row.name, 201)?, bare.expect(row.name, 201)?);
            if round > 0 {
                row.add(&ours, &bare);
            }
        }
        if !row.is_empty() {
            println!("{}: done", row.name);
        }
        Ok(row)
    }

    pub(crate) async fn writes(&self, city: &City) -> anyhow::Result<Vec<Row>> {
        let claim = format!("/api/v1/campaigns/{}/vouchers", city.campaign);
        let bare_claim = |_| client::post("/claim", None, "", &json!({}));
        let claims = |key: bool| {
            let claim = claim.clone();
            async move |parents: &[Parent]| {
                self.open_app(parents).await?;
                let request = |parent: &Parent| {
                    let header =
                        if key { format!("Idempotency-Key: claim-{}\r\n", parent.child) } else { String::new() };
                    client::post(&claim, Some(&parent.token), &header, &json!({ "child_id": parent.child }))
                };
                Ok(parents.iter().map(request).collect())
            }
        };
        let mut rows = Vec::new();
        rows.push(
            self.rounds(Row::new("claim", Some((0.5, 1.0))), CONCURRENCY, &city.claimers, claims(false), bare_claim)
                .await?,
        );
        rows.push(
            self.rounds(Row::new("keyed-claim", None), CONCURRENCY, &city.keyed, claims(true), bare_claim).await?,
        );

        let redeem = async |holders: &[(Parent, VoucherId)]| {
            let codes = self.codes(holders).await?;
            let request = |(i, code): (usize, String)| {
                let desk = &city.desks[i % city.desks.len()];
                let body = json!({ "code": code, "request_id": format!("bench-{}", holders[i].1) });
                client::post("/api/v1/desk/redemptions", Some(desk), "", &body)
            };
            Ok(codes.into_iter().enumerate().map(request).collect())
        };
        let mut before = 0;
        for ((name, concurrency), holders) in REDEEM.into_iter().zip(&city.holders) {
            let bare_redeem = |i: usize| {
                let row = 1 + (before + i) % bare::COUNTERS;
                client::post(&format!("/redeem/{row}"), None, "", &json!({}))
            };
            let row = match concurrency {
                CONCURRENCY => Row::with_p99(name, (0.7, 1.0), 3.0),
                _ => Row::new(name, None),
            };
            rows.push(self.rounds(row, concurrency, holders, redeem, bare_redeem).await?);
            before += holders.len();
        }

        let places = &city.centres[..BOOKED_CENTRES.min(city.centres.len())];
        rows.push(self.book(Row::new("book", Some((0.4, 0.6))), city, places, &city.bookers).await?);
        rows.retain(|row| !row.is_empty());
        Ok(rows)
    }

    /// Three weeks of full-day care each, spread over centres.
    pub(crate) async fn book(
        &self,
        row: Row,
        city: &City,
        places: &[CentreId],
        bookers: &[Parent],
    ) -> anyhow::Result<Row> {
        let (start, end) = (city.monday, city.monday + chrono::Days::new(18));
        let mut booked = 0;
        let book = async |parents: &[Parent]| {
            self.open_app(parents).await?;
            let request = |parent: &Parent| {
                booked += 1;
                let body = json!({
                    "child_id": parent.child, "centre_id": places[booked % places.len()],
                    "care_type": "full_day", "start_date": start, "end_date": end,
                });
                client::post("/api/v1/bookings", Some(&parent.token), "", &body)
            };
            Ok(parents.iter().map(request).collect())
        };
        let bare = |_| client::post("/book", None, "", &json!({}));
        self.rounds(row, CONCURRENCY, bookers, book, bare).await
    }

    /// What the app asks for when it opens.
    pub(crate) async fn open_app(&self, parents: &[Parent]) -> anyhow::Result<()> {
        let requests = parents.iter().map(|parent| client::get("/api/v1/vouchers", Some(&parent.token))).collect();
        client::load(self.ours.address, requests, Until::AllSent, false).await?.expect("vouchers", 200)?;
        Ok(())
    }

    /// The present codes of vouchers, in their order.
    async fn codes(&self, holders: &[(Parent, VoucherId)]) -> anyhow::Result<Vec<String>> {
        let request = |(parent, voucher): &(Parent, VoucherId)| {
            client::get(&format!("/api/v1/vouchers/{voucher}/code"), Some(&parent.token))
        };
        let requests = holders.iter().map(request).collect();
        let mut sample = client::load(self.ours.address, requests, Until::AllSent, true).await?.expect("code", 200)?;
        sample.bodies.sort_by_key(|(i, _)| *i);
        let code = |(_, body): &(usize, Vec<u8>)| -> anyhow::Result<String> {
            let body: Value = serde_json::from_slice(body)?;
            Ok(body["code"].as_str().context("no code")?.to_owned())
        };
        sample.bodies.iter().map(code).collect()
    }
}
