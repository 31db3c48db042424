//! A family's export: one JSON document, written while it is read, a page of rows at a time, so that its
//! size never stands in memory.

use actix_web::web::Bytes;
use entity::{
    FamilyId, booking_events, bookings, calendar_feeds, centre_ties, children, complaints, consents, credit_entries,
    data_looks, event_signups, family_documents, guidance_requests, notices, pickup_persons, rating_versions, ratings,
    redemption_reversals, redemptions, served_marks, sessions, visits, vouchers, waitlist_entries,
};
use futures_util::{Stream, stream};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{export_ratings as rated, export_rows as rows, store::export as store};
use crate::{
    error::{Code, Problem, Result},
    features::families::{documents, store::family_row},
    http::{
        Moment,
        ratelimit::{EXPORT, limit},
    },
    state::Ctx,
};

/// The lists of the document, in their order.
pub const SECTIONS: &[&str] = &[
    "documents",
    "children",
    "consents",
    "bookings",
    "visits",
    "booking_events",
    "pickup_codes",
    "entry_checks",
    "waiting_list",
    "vouchers",
    "redemptions",
    "redemption_reversals",
    "ratings",
    "rating_versions",
    "complaints",
    "notices",
    "event_signups",
    "guidance_requests",
    "credit_entries",
    "pickup_persons",
    "centre_ties",
    "employers",
    "calendar_feeds",
    "sign_ins",
    "former_vouchers",
    "access_log",
];

/// Where the document is: the section, the last id of it that was written, what is to be written first.
struct Progress {
    ctx: Ctx,
    family: FamilyId,
    section: usize,
    after: Option<Uuid>,
    begun: bool,
    written: bool,
    head: Option<String>,
}

/// The document, piece by piece. Counted against a limit.
pub async fn export(ctx: &Ctx, family: FamilyId) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
    limit(ctx, &EXPORT, &family.to_string()).await?;
    let row = family_row(ctx.db.reader(), family).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let account = rows::family(ctx, row)?;
    let head = format!("{{\"exported_at\":{},\"account\":{account}", json!(Moment(ctx.clock.now())));
    let progress =
        Progress { ctx: ctx.clone(), family, section: 0, after: None, begun: false, written: false, head: Some(head) };
    ctx.metrics.event("family_exported");
    Ok(stream::try_unfold(progress, next))
}

/// The next piece; `None` after the end.
async fn next(mut at: Progress) -> Result<Option<(Bytes, Progress)>> {
    if let Some(head) = at.head.take() {
        return Ok(Some((head.into(), at)));
    }
    let Some(name) = SECTIONS.get(at.section) else {
        if at.section > SECTIONS.len() {
            return Ok(None);
        }
        at.section += 1;
        return Ok(Some((Bytes::from_static(b"}"), at)));
    };
    let mut text = String::new();
    if !at.begun {
        text.push_str(&format!(",\"{name}\":["));
        (at.begun, at.written) = (true, false);
    }
    let (found, last) = section(&at.ctx, at.family, name, at.after).await?;
    for row in found {
        if at.written {
            text.push(',');
        }
        text.push_str(&row.to_string());
        at.written = true;
    }
    at.after = last;
    if last.is_none() {
        text.push(']');
        (at.section, at.begun) = (at.section + 1, false);
    }
    Ok(Some((text.into(), at)))
}

/// A page of a section, and the id after which it goes on.
async fn section(ctx: &Ctx, family: FamilyId, name: &str, after: Option<Uuid>) -> Result<(Vec<Value>, Option<Uuid>)> {
    let db = ctx.db.reader();
    /// One page of a table with an id; `$row` makes the value.
    macro_rules! paged {
        ($table:ident, $select:expr, $row:expr) => {{
            let found = store::page(db, $select, $table::Column::Id, after).await?;
            let last = found.last().map(|row| Uuid::from(row.id));
            let more = last.filter(|_| found.len() as u64 == store::PAGE);
            let values: Result<Vec<Value>> = found.into_iter().map($row).collect();
            Ok((values?, more))
        }};
        ($table:ident, $row:expr) => {
            paged!($table, $table::Entity::find().filter($table::Column::FamilyId.eq(family)), $row)
        };
    }
    match name {
        "documents" => paged!(family_documents, |row| Ok(json!(documents::out(ctx, &row)?))),
        "children" => paged!(children, |row| rows::child(ctx, row)),
        "consents" => paged!(consents, |row| Ok(rows::consent(row))),
        "bookings" => paged!(bookings, |row| Ok(rows::booking(ctx, row))),
        "visits" => paged!(visits, |row| rows::visit(ctx, row)),
        "booking_events" => {
            let own = booking_events::Column::BookingId.in_subquery(store::booking_ids(family));
            paged!(booking_events, booking_events::Entity::find().filter(own), |row| Ok(rows::event(family, row)))
        }
        "pickup_codes" => {
            use entity::pickup_codes::Column::VisitId;
            let mut select = store::pickup_codes(family).order_by_asc(VisitId).limit(store::PAGE);
            if let Some(after) = after {
                select = select.filter(VisitId.gt(after));
            }
            let found = select.all(db).await?;
            let more = found.last().map(|row| row.visit_id.0).filter(|_| found.len() as u64 == store::PAGE);
            let values: Result<Vec<Value>> = found.into_iter().map(|row| rows::pickup_code(ctx, row)).collect();
            Ok((values?, more))
        }
        "entry_checks" => {
            let found = store::entry_checks(db, family).await?;
            Ok((found.into_iter().map(|row| rows::entry_check(ctx, &row)).collect(), None))
        }
        "waiting_list" => paged!(waitlist_entries, |row| Ok(rows::waiting(ctx, row))),
        "vouchers" => paged!(vouchers, |row| Ok(rows::voucher(&row))),
        "redemptions" => paged!(redemptions, |row| Ok(rows::redemption(ctx, &row))),
        "redemption_reversals" => {
            let own = redemptions::Entity::of_family(family).select_only().column(redemptions::Column::Id);
            let own = redemption_reversals::Column::RedemptionId.in_subquery(own.into_query());
            let select = redemption_reversals::Entity::find().filter(own);
            paged!(redemption_reversals, select, |row| Ok(rows::reversal(row)))
        }
        "ratings" => {
            let page: Result<_> = paged!(ratings, |row| Ok(rated::rating(ctx, row)));
            let (mut values, more) = page?;
            rated::with_replies(db, &mut values).await?;
            Ok((values, more))
        }
        "rating_versions" => {
            let own = ratings::Entity::of_family(family).select_only().column(ratings::Column::Id);
            let own = rating_versions::Column::RatingId.in_subquery(own.into_query());
            paged!(rating_versions, rating_versions::Entity::find().filter(own), |row| Ok(rated::rating_version(row)))
        }
        "complaints" => paged!(complaints, |row| rated::complaint(ctx, row)),
        "notices" => paged!(notices, |row| Ok(rows::notice(row))),
        "event_signups" => paged!(event_signups, |row| Ok(rows::signup(&row))),
        "guidance_requests" => paged!(guidance_requests, |row| rated::guidance(ctx, row)),
        "credit_entries" => paged!(credit_entries, |row| Ok(rows::credit(row))),
        "pickup_persons" => paged!(pickup_persons, |row| rows::pickup_person(ctx, row)),
        "centre_ties" => paged!(centre_ties, |row| Ok(rows::tie(ctx, family, row))),
        "employers" => {
            let found = store::employers(db, family).await?;
            Ok((found.into_iter().map(|row| rows::employer(ctx, &row)).collect(), None))
        }
        "calendar_feeds" => paged!(calendar_feeds, |row| Ok(rows::feed(&row))),
        "sign_ins" => paged!(sessions, |row| Ok(rows::sign_in(row))),
        "former_vouchers" => paged!(served_marks, |row| Ok(rows::mark(row))),
        "access_log" => paged!(data_looks, |row| Ok(rows::look(ctx, row))),
        _ => Ok((Vec::new(), None)),
    }
}
