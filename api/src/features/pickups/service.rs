//! Use cases of handing over.

use chrono::Days;
use entity::{
    BookingId, FamilyId, LookReason, MinuteOfDay, PickupPersonId, VisitId, VisitStatus, pickup_codes, pickup_persons,
    visits,
};
use rand::RngExt as _;
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    dto::{
        DocumentCheckIn, DocumentCheckOut, PickupCodeIn, PickupCodeOut, PickupPersonIn, PickupPersonOut,
        PickupPersonsOut,
    },
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit,
        auth::Desk,
        families::{documents, store as family_store},
        privacy::service::looks,
    },
    http::{
        Idempotency, Moment, Once, once,
        ratelimit::{DOCUMENT_CHECK, PICKUP_CODE, limit},
    },
    platform::{clock::instant_at, db::write_txn},
    state::Ctx,
};

/// People whom a family may name (§58: only the guardian or whom the guardian named).
const MOST_PERSONS: usize = 5;
/// Where the names of who may take children home are sealed.
const NAME_PLACE: &str = "pickup_persons.name";
/// Where the names on one-time codes are sealed.
const CODE_NAME_PLACE: &str = "pickup_codes.name";
/// What hashes of codes are bound to.
const CODE_PLACE: &str = "pickup_codes.code";

/// With whom a child leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collector {
    /// The guardian.
    Guardian,
    /// Somebody the family named.
    Named(PickupPersonId, String),
    /// Somebody with a one-time code.
    ByCode(String),
}

impl Collector {
    /// What kind, for the audit: never a name.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Guardian => "guardian",
            Self::Named(..) => "named_person",
            Self::ByCode(_) => "pickup_code",
        }
    }

    /// The name, unless it is the guardian.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Guardian => None,
            Self::Named(_, name) | Self::ByCode(name) => Some(name),
        }
    }
}

fn out(ctx: &Ctx, row: pickup_persons::Model) -> Result<PickupPersonOut> {
    let name = ctx.keys.open_text(NAME_PLACE, &row.name_sealed)?;
    Ok(PickupPersonOut { id: row.id, name, relation: row.relation })
}

/// Whom the family named.
pub async fn persons(ctx: &Ctx, family: FamilyId) -> Result<PickupPersonsOut> {
    let rows = store::persons(ctx.db.reader(), family).await?;
    Ok(PickupPersonsOut { items: rows.into_iter().map(|row| out(ctx, row)).collect::<Result<_>>()? })
}

/// Names one more.
pub async fn add(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    body: PickupPersonIn,
) -> Result<Once<PickupPersonOut>> {
    once(ctx, idempotency, &family.to_string(), async |txn| {
        family_store::lock_family(txn, family).await?;
        let mut present = Vec::new();
        for row in store::persons(txn, family).await? {
            present.push(out(ctx, row)?);
        }
        if let Some(known) = present.iter().find(|person| person.name == *body.name) {
            let text = Text::new("该接送人已在名单中。", "You named this person before.");
            return Err(Problem::field("name", "exists", text).fact("id", known.id));
        }
        if present.len() >= MOST_PERSONS {
            return Err(Problem::new(Code::WrongState).detail(Text::new(
                format!("最多登记{MOST_PERSONS}位接送人，请先移除一位。"),
                format!("At most {MOST_PERSONS} people can be named: remove one first."),
            )));
        }
        let row = pickup_persons::Model {
            id: ctx.clock.id(),
            family_id: family,
            name_sealed: ctx.keys.seal(NAME_PLACE, body.name.as_bytes()),
            relation: body.relation.to_string(),
            created_at: ctx.clock.now(),
            removed_at: None,
        };
        store::insert(txn, row.clone()).await?;
        out(ctx, row)
    })
    .await
}

/// Takes a person off the list.
pub async fn remove(ctx: &Ctx, family: FamilyId, id: PickupPersonId) -> Result<()> {
    let done = store::remove(ctx.db.writer(), family, id, ctx.clock.now()).await?;
    if done { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
}

/// Makes a one-time code for a visit, in place of the one before.
pub async fn make_code(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    (booking, visit): (BookingId, VisitId),
    body: PickupCodeIn,
) -> Result<Once<PickupCodeOut>> {
    once(ctx, idempotency, &family.to_string(), async |txn| {
        let row = store::visit_of_family(txn, family, booking, visit).await?;
        let row = row.ok_or_else(|| Problem::new(Code::NotFound))?;
        if !matches!(row.status, VisitStatus::Expected | VisitStatus::InCare) {
            return Err(over(&row));
        }
        let code = format!("{:06}", rand::rng().random_range(0..1_000_000_u32));
        let expires_at = instant_at(row.date + Days::new(1), MinuteOfDay(0));
        let stored = pickup_codes::Model {
            visit_id: visit,
            code_hash: hash(ctx, visit, &code),
            name_sealed: ctx.keys.seal(CODE_NAME_PLACE, body.name.as_bytes()),
            expires_at,
            used_at: None,
        };
        store::put_code(txn, stored).await?;
        Ok(PickupCodeOut { code, name: body.name.to_string(), expires_at: Moment(expires_at) })
    })
    .await
}

fn over(visit: &visits::Model) -> Problem {
    Problem::new(Code::WrongState)
        .detail(Text::new(
            format!("该次托育{}，不需要接送码。", visit.status.zh()),
            format!("The visit is {}.", visit.status),
        ))
        .fact("state", visit.status)
}

fn hash(ctx: &Ctx, visit: VisitId, code: &str) -> Vec<u8> {
    ctx.keys.lookup_hash(CODE_PLACE, &format!("{visit}:{code}"))
}

/// Who may take home the child of a visit of the desk's centre.
pub async fn of_visit(ctx: &Ctx, desk: &Desk, visit: VisitId) -> Result<PickupPersonsOut> {
    let row = write_txn(&ctx.db, async |txn| {
        let row = store::visit_of_centre(txn, desk.centre_id, visit).await?;
        let row = row.ok_or_else(|| Problem::new(Code::NotFound))?;
        if row.status != VisitStatus::InCare {
            return Err(over(&row));
        }
        looks::noted(ctx, txn, desk, &row, LookReason::Handover, &["pickup_persons"]).await?;
        Ok(row)
    })
    .await?;
    persons(ctx, row.family_id).await
}

/// Whether a document that somebody shows at the door is the guardian's of a visit of the desk's centre.
pub async fn check_document(
    ctx: &Ctx,
    desk: &Desk,
    key: &Idempotency,
    visit: VisitId,
    body: DocumentCheckIn,
) -> Result<Once<DocumentCheckOut>> {
    limit(ctx, &DOCUMENT_CHECK, &desk.staff_id.to_string()).await?;
    let DocumentCheckIn { kind, number } = body;
    once(ctx, key, &desk.staff_id.to_string(), async |txn| {
        let row = store::visit_of_centre(txn, desk.centre_id, visit).await?;
        let row = row.ok_or_else(|| Problem::new(Code::NotFound))?;
        if !matches!(row.status, VisitStatus::Expected | VisitStatus::InCare) {
            return Err(over(&row));
        }
        key.about(row.family_id);
        let result = documents::check(ctx, txn, row.family_id, kind, &number).await?;
        let detail = json!({ "kind": kind, "result": result });
        audit::record(ctx, txn, desk.into(), "visit.document_check", visit.to_string(), detail).await?;
        Ok(DocumentCheckOut { result })
    })
    .await
}

/// Counts a try of a code; before the transaction, so that a refusal doesn't take it back.
pub async fn may_try(ctx: &Ctx, desk: &Desk) -> Result<()> {
    limit(ctx, &PICKUP_CODE, &desk.staff_id.to_string()).await
}

/// With whom the child of a visit leaves, if that is allowed: nobody named means the guardian.
pub async fn authorise(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    visit: &visits::Model,
    collected_by: Option<&str>,
    code: Option<&str>,
) -> Result<Collector> {
    if let Some(code) = code {
        let name = store::use_code(txn, visit.id, &hash(ctx, visit.id, code), ctx.clock.now()).await?;
        let name = name.ok_or_else(|| refused(Code::PickupCodeInvalid, "pickup_code"))?;
        return Ok(Collector::ByCode(ctx.keys.open_text(CODE_NAME_PLACE, &name)?));
    }
    let Some(named) = collected_by else { return Ok(Collector::Guardian) };
    for row in store::persons(txn, visit.family_id).await? {
        let person = out(ctx, row)?;
        if person.name == named || person.id.to_string() == named {
            return Ok(Collector::Named(person.id, person.name));
        }
    }
    Err(refused(Code::PickupNotAllowed, "collected_by"))
}

fn refused(code: Code, field: &'static str) -> Problem {
    Problem::new(code).and_field(field, "not_allowed", code.text())
}
