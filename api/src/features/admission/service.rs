//! Use cases of employers' codes; [`super::ties`] has those of ties.

use chrono::{Days, NaiveDate};
use entity::{Admits, CentreId, EmployerCodeId, FamilyId, employer_codes, employer_families};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    dto::{EmployerCodeIn, EmployerCodeOut, EmployerCodesQuery, EmployerOut, EmployerProofIn, EmployersOut},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Desk,
        centres::CentrePlan,
        families::store as family_store,
    },
    http::{
        Cursor, Idempotency, Moment, Once, Page, once,
        ratelimit::{EMPLOYER_CODE, limit},
    },
    platform::{
        crypto::{as_typed, typed_code},
        db::write_txn,
    },
    state::Ctx,
};

/// What hashes of codes are bound to.
const CODE_PLACE: &str = "employer_codes.code";
/// Letters of a code: nobody guesses it within its life.
const CODE_LENGTH: usize = 12;
/// Families of a code unless the centre says otherwise.
const FAMILIES: i32 = 200;

/// Refuses a family that the centre doesn't take up to a date: an employer's own centre takes its own
/// staff only, or others a set number of days ahead. The employer's code must hold on that date too.
pub async fn check(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    plan: &CentrePlan,
    family: FamilyId,
    last: NaiveDate,
) -> Result<()> {
    let today = ctx.clock.today();
    let open_until = match plan.row.admits {
        Admits::All => return Ok(()),
        Admits::OwnFirst => Some(today + Days::new(u64::try_from(plan.row.others_days).unwrap_or(0))),
        Admits::OwnStaff => None,
    };
    if open_until.is_some_and(|until| last <= until) || store::is_own(db, family, plan.row.id, last).await? {
        return Ok(());
    }
    let (reason, text) = match open_until {
        None => (
            "own_staff_only",
            Text::new(
                "该机构仅面向本单位职工，请先在“我的单位”中填写单位发放的职工码。",
                "The centre takes its employer's own staff only: enter the employer's code first.",
            ),
        ),
        Some(until) => (
            "own_staff_first",
            Text::new(
                format!("该机构本单位职工优先，其他家庭目前可预约{until}及以前的日期；本单位职工请先填写职工码。"),
                format!("Own staff first: other families book dates up to {until}."),
            ),
        ),
    };
    let problem = Problem::new(Code::NotEligible).detail(text).fact("reasons", [reason]);
    Err(problem.fact("open_until", open_until))
}

fn employer_out(ctx: &Ctx, code: employer_codes::Model) -> EmployerOut {
    EmployerOut {
        centre_id: code.centre_id,
        centre_name: ctx.catalogue.centre(code.centre_id).map(|plan| plan.row.name.clone()),
        label: code.label,
        valid_until: code.valid_until,
    }
}

/// Where the family is own staff.
pub async fn employers(ctx: &Ctx, family: FamilyId) -> Result<EmployersOut> {
    let codes = store::employers(ctx.db.reader(), family, ctx.clock.today()).await?;
    Ok(EmployersOut { items: codes.into_iter().map(|code| employer_out(ctx, code)).collect() })
}

/// Proves by a code that the family is own staff of a centre.
pub async fn prove(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    body: EmployerProofIn,
) -> Result<Once<EmployerOut>> {
    limit(ctx, &EMPLOYER_CODE, &family.to_string()).await?;
    let hash = ctx.keys.lookup_hash(CODE_PLACE, &as_typed(&body.code));
    once(ctx, idempotency, &family.to_string(), async |txn| {
        let refused =
            || Problem::new(Code::EmployerCodeInvalid).and_field("code", "invalid", Code::EmployerCodeInvalid.text());
        let code = store::live_code(txn, hash, ctx.clock.today()).await?.ok_or_else(refused)?;
        // One by one for a family, so that it is counted once.
        family_store::lock_family(txn, family).await?;
        if store::proof(txn, family, code.centre_id).await?.is_none_or(|proof| proof.code_id != code.id) {
            if !store::count_family(txn, code.id).await? {
                let text = Text::new("该职工码的家庭名额已满，请联系单位。", "As many families as may used this code.");
                return Err(refused().detail(text));
            }
            let proof = employer_families::Model {
                family_id: family,
                centre_id: code.centre_id,
                code_id: code.id,
                since: ctx.clock.now(),
            };
            store::put_proof(txn, proof).await?;
        }
        Ok(employer_out(ctx, code))
    })
    .await
}

/// The family isn't own staff any more.
pub async fn leave(ctx: &Ctx, family: FamilyId, centre: CentreId) -> Result<()> {
    let there = store::drop_proof(ctx.db.writer(), family, centre).await?;
    if there { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
}

fn code_out(row: employer_codes::Model, code: Option<String>) -> EmployerCodeOut {
    EmployerCodeOut {
        id: row.id,
        code,
        label: row.label,
        valid_until: row.valid_until,
        families_max: row.families_max,
        families: row.families,
        created_at: Moment(row.created_at),
        revoked_at: row.revoked_at.map(Moment),
    }
}

/// A page of the centre's codes.
pub async fn codes(ctx: &Ctx, desk: &Desk, query: EmployerCodesQuery) -> Result<Page<EmployerCodeOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::codes(ctx.db.reader(), desk.centre_id, after, query.limit).await?;
    Ok(Page::of(rows, query.limit, |row| row.id, |row| code_out(row, None)))
}

/// Makes a code; it is shown this once.
pub async fn make_code(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    body: EmployerCodeIn,
) -> Result<Once<EmployerCodeOut>> {
    if body.valid_until.0 < ctx.clock.today() {
        return Err(Problem::field("valid_until", "past", Text::new("有效期不能早于今天。", "The last day is past.")));
    }
    once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        let code = typed_code(CODE_LENGTH);
        let row = employer_codes::Model {
            id: ctx.clock.id(),
            centre_id: desk.centre_id,
            label: body.label.into_inner(),
            code_hash: ctx.keys.lookup_hash(CODE_PLACE, &code),
            valid_until: body.valid_until.0,
            families_max: body.families_max.map_or(FAMILIES, |most| most.0),
            families: 0,
            staff_id: desk.staff_id,
            created_at: ctx.clock.now(),
            revoked_at: None,
        };
        store::insert_code(txn, row.clone()).await?;
        let detail = json!({ "valid_until": row.valid_until, "families_max": row.families_max });
        audit::record(ctx, txn, Actor::from(desk), "employer_code.make", row.id.to_string(), detail).await?;
        Ok(code_out(row, Some(code)))
    })
    .await
}

/// Revokes a code, and with it what it proved.
pub async fn revoke_code(ctx: &Ctx, desk: &Desk, id: EmployerCodeId) -> Result<()> {
    write_txn(&ctx.db, async |txn| {
        if !store::revoke(txn, desk.centre_id, id, ctx.clock.now()).await? {
            return Err(Problem::new(Code::NotFound));
        }
        Ok(audit::record(ctx, txn, Actor::from(desk), "employer_code.revoke", id.to_string(), json!({})).await?)
    })
    .await
}
