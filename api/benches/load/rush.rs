//! The rush on a campaign, and what is left of it when all is taken.

use anyhow::Context as _;
use entity::{CampaignId, campaigns, vouchers};
use quanxiangtuo::{
    error::{Code, Problem},
    language::Language,
    platform::db::Db,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;

use crate::{
    bare,
    client::{self, CONCURRENCY, Request, Until},
    report::Row,
    runs::{Bench, READ_ROUND, ROUNDS},
    seed::{City, Parent},
};

/// Families of a rush.
pub const FAMILIES: usize = 20_000;
/// Vouchers they rush for.
pub const VOUCHERS: usize = 1_000;
/// The name, the floor, and the bare server's path, of a sold-out claim.
pub type SoldOut = (&'static str, f64, &'static str);
/// With the in-process store, against sending the answer.
pub const IN_PROCESS: SoldOut = ("sold-out", 0.7, "/refused/2");
/// With Redis, against one round trip.
pub const ON_REDIS: SoldOut = ("sold-out-redis", 0.8, "/refused-by-redis/2");

/// Bytes of the refusal, as the server writes it.
pub fn refusal_size() -> usize {
    let response = Problem::new(Code::CampaignSoldOut).render(Language::Hans, "0123456789abcdef01234567");
    actix_web::body::MessageBody::try_into_bytes(response.into_body()).map_or(300, |body| body.len())
}

fn claim(campaign: CampaignId, parent: &Parent) -> Request {
    let path = format!("/api/v1/campaigns/{campaign}/vouchers");
    client::post(&path, Some(&parent.token), "", &json!({ "child_id": parent.child }))
}

impl Bench {
    /// Every family claims once, in each round of another campaign.
    pub(crate) async fn rush(&self, db: &Db, city: &City) -> anyhow::Result<Row> {
        let mut row = Row::new("rush", None);
        let quota = VOUCHERS / self.divide;
        self.open_app(&city.rushers).await?;
        for (round, campaign) in city.rushes.iter().enumerate() {
            let ours = city.rushers.iter().map(|parent| claim(*campaign, parent)).collect();
            // Rows that no redemption counts on.
            let path = format!("/rush/{}/{quota}", bare::COUNTERS - round);
            let bare = vec![client::post(&path, None, "", &json!({})); city.rushers.len()];
            let (ours, bare) = self.both(round, CONCURRENCY, ours, bare, Until::AllSent).await?;
            for (who, sample) in [("ours", &ours), ("bare", &bare)] {
                let (won, lost) = (sample.count(201), sample.count(409));
                anyhow::ensure!(
                    won == quota && won + lost == city.rushers.len(),
                    "rush: {who} gave {won} of {quota}: {:?} {:?}",
                    sample.statuses,
                    sample.example
                );
            }
            let reader = db.reader();
            let stored = campaigns::Entity::find_by_id(*campaign).one(reader).await?.context("no campaign")?;
            let issued =
                vouchers::Entity::find().filter(vouchers::Column::CampaignId.eq(*campaign)).count(reader).await?;
            anyhow::ensure!(stored.claimed == i32::try_from(quota)? && issued == quota as u64, "rush: {issued} stored");
            if round > 0 {
                row.add(&ours, &bare);
            }
        }
        println!("rush: done, {quota} of {} won in each of {} rounds", city.rushers.len(), city.rushes.len());
        Ok(row)
    }

    /// Families that come too late, again and again.
    pub(crate) async fn sold_out(&self, city: &City, (name, floor, path): SoldOut) -> anyhow::Result<Row> {
        let mut row = Row::new(name, Some((floor, 0.9)));
        let late: Vec<Parent> = city.rushers.iter().rev().take(512).cloned().collect();
        self.open_app(&late).await?;
        let requests: Vec<Request> = late.iter().map(|parent| claim(city.sold_out, parent)).collect();
        let bare = vec![client::post(path, None, "", &json!({ "child_id": late[0].child }))];
        for round in 0..=ROUNDS {
            let time = if round == 0 { READ_ROUND / 3 } else { READ_ROUND } / u32::try_from(self.divide)?;
            self.round(round, &mut row, 409, requests.clone(), bare.clone(), Until::Elapsed(time)).await?;
        }
        println!("{name}: done");
        Ok(row)
    }
}
