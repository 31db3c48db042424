//! Use cases of feeds.

use chrono::{Days, NaiveDate};
use data_encoding::HEXLOWER;
use entity::{ClassId, calendar_feeds};
use serde_json::json;

pub(super) use super::store::Owner;
use super::{calendar, dto::CalendarFeedOut, store};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Desk,
        centres::store as centre_store,
    },
    http::{
        Idempotency, Moment, Once, once,
        ratelimit::{CALENDAR, limit},
    },
    platform::{crypto::random_bytes, db::write_txn},
    state::Ctx,
};

/// What hashes of links are bound to.
const TOKEN_PLACE: &str = "calendar_feeds.token";
/// Bytes of the secret in a link.
const SECRET: usize = 24;
/// Days back and ahead in a family's feed.
const FAMILY_DAYS: (u64, u64) = (30, 365);
/// Visits in a family's feed, at most.
const MOST_VISITS: u64 = 2_000;
/// Days back and ahead in a centre's feed.
const CENTRE_DAYS: (u64, u64) = (7, 60);

/// The owner's feed, without its link.
pub async fn present(ctx: &Ctx, owner: Owner) -> Result<CalendarFeedOut> {
    let feed = store::present(ctx.db.reader(), owner).await?.ok_or_else(none)?;
    Ok(CalendarFeedOut { url: None, created_at: Moment(feed.created_at) })
}

fn none() -> Problem {
    Problem::new(Code::NotFound).detail(Text::new("还没有日历订阅链接。", "There is no calendar feed."))
}

/// Makes a link, in place of the one before.
pub async fn make(
    ctx: &Ctx,
    owner: Owner,
    desk: Option<&Desk>,
    idempotency: &Idempotency,
) -> Result<Once<CalendarFeedOut>> {
    let account = match owner {
        Owner::Family(family) => family.to_string(),
        Owner::Desk(staff, _) => staff.to_string(),
    };
    once(ctx, idempotency, &account, async |txn| {
        let token = HEXLOWER.encode(&random_bytes::<SECRET>());
        let now = ctx.clock.now();
        let (family_id, centre_id, staff_id) = match owner {
            Owner::Family(family) => (Some(family), None, None),
            Owner::Desk(staff, centre) => (None, Some(centre), Some(staff)),
        };
        store::lock(txn, owner).await?;
        store::revoke(txn, owner, now).await?;
        let token_hash = ctx.keys.lookup_hash(TOKEN_PLACE, &token);
        let feed = calendar_feeds::Model {
            id: ctx.clock.id(),
            family_id,
            centre_id,
            staff_id,
            token_hash,
            created_at: now,
            revoked_at: None,
        };
        store::insert(txn, feed.clone()).await?;
        if let Some(desk) = desk {
            audit::record(ctx, txn, Actor::from(desk), "calendar.make", feed.id.to_string(), json!({})).await?;
        }
        let url = format!("{}/api/v1/calendars/{token}.ics", ctx.settings.reached_at());
        Ok(CalendarFeedOut { url: Some(url), created_at: Moment(now) })
    })
    .await
}

/// Ends the owner's link.
pub async fn revoke(ctx: &Ctx, owner: Owner, desk: Option<&Desk>) -> Result<()> {
    write_txn(&ctx.db, async |txn| {
        if !store::revoke(txn, owner, ctx.clock.now()).await? {
            return Err(none());
        }
        if let Some(desk) = desk {
            let object = desk.staff_id.to_string();
            audit::record(ctx, txn, Actor::from(desk), "calendar.revoke", object, json!({})).await?;
        }
        Ok(())
    })
    .await
}

/// The calendar behind a link.
pub async fn read(ctx: &Ctx, address: &str, token: &str) -> Result<String> {
    limit(ctx, &CALENDAR, address).await?;
    let unknown = || Problem::new(Code::NotFound);
    let token = token.strip_suffix(".ics").unwrap_or(token);
    let owner = store::owner(ctx.db.reader(), ctx.keys.lookup_hash(TOKEN_PLACE, token)).await?;
    match owner.ok_or_else(unknown)? {
        Owner::Family(family) => {
            let mut calendar = calendar::empty("托育预约");
            let days = around(ctx.clock.today(), FAMILY_DAYS);
            for (visit, booking) in store::visits_of_family(ctx.db.reader(), family, days, MOST_VISITS).await? {
                let plan = ctx.catalogue.centre(visit.centre_id);
                calendar.push(calendar::visit(&visit, booking, plan.as_deref(), ctx.clock.now()));
            }
            Ok(calendar.to_string())
        }
        Owner::Desk(_, centre) => {
            let plan = ctx.catalogue.centre(centre).ok_or_else(unknown)?;
            let mut calendar = calendar::empty(&plan.row.name);
            let ids: Vec<ClassId> = plan.classes.iter().map(|class| class.id).collect();
            let (from, to) = around(ctx.clock.today(), CENTRE_DAYS);
            let mut held = centre_store::held(ctx.db.reader(), &ids, from, to).await?;
            held.sort_by_key(|held| (held.date, held.from_min, held.class_id));
            for held in held.into_iter().filter(|held| !held.absent) {
                let class = plan.class(held.class_id).map_or("", |class| &class.name);
                calendar.push(calendar::group(&held, class, ctx.clock.now()));
            }
            Ok(calendar.to_string())
        }
    }
}

fn around(today: NaiveDate, (back, ahead): (u64, u64)) -> (NaiveDate, NaiveDate) {
    (today - Days::new(back), today + Days::new(ahead))
}
