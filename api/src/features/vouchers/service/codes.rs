//! Codes to show at the desk.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{FamilyId, VoucherId, manual_codes, vouchers};

use super::{
    super::{code, dto::VoucherCodeOut, rules, store::vouchers as rows},
    ATTEMPTS, Lost,
};
use crate::{
    error::{Code, Problem, Result},
    http::{
        Moment,
        ratelimit::{SHOWN_CODE, nearby},
    },
    platform::{clock::local, db::write_txn, stepped_code::Minted},
    state::Ctx,
};

/// Where manual codes live: hashed to be found, sealed to be shown again.
pub(super) const MANUAL_PLACE: &str = "manual_codes.code";

/// The code of a voucher of the family, with its manual code.
pub async fn both(ctx: &Ctx, family: FamilyId, id: VoucherId) -> Result<VoucherCodeOut> {
    let now = ctx.clock.now();
    let (minted, found) = mint(ctx, family, id, now).await?;
    let present = found.code_sealed.zip(found.expires_at).filter(|(_, until)| lives_on(*until, now));
    let (sealed, until) = match present {
        Some(present) => present,
        None => issue(ctx, id, now).await?,
    };
    Ok(VoucherCodeOut {
        code: minted.code,
        manual_code: ctx.keys.open_text(MANUAL_PLACE, &sealed)?,
        expires_at: Moment(minted.expires_at),
        refresh_after_s: minted.refresh_after_s,
        manual_expires_at: Moment(until),
    })
}

/// The code alone, for a picture.
pub async fn text(ctx: &Ctx, family: FamilyId, id: VoucherId) -> Result<String> {
    Ok(mint(ctx, family, id, ctx.clock.now()).await?.0.code)
}

async fn mint(ctx: &Ctx, family: FamilyId, id: VoucherId, now: DateTime<Utc>) -> Result<(Minted, rows::Coded)> {
    nearby(ctx, &SHOWN_CODE, &family.to_string()).await?;
    let found = rows::with_code(ctx.db.reader(), family, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    may_show(&found.voucher, found.revoked_on, local(now).date_naive())?;
    Ok((code::mint(&ctx.code_keys.present().active(now), id, now), found))
}

/// Refuses a code of a voucher that can't be used.
pub(super) fn may_show(voucher: &vouchers::Model, revoked_on: Option<NaiveDate>, today: NaiveDate) -> Result<()> {
    let status = rules::status_on(voucher.status, voucher.valid_until, revoked_on, today);
    rules::code_refusal(voucher, status).map_or(Ok(()), Err)
}

/// Whether a code is shown again. One of another request may have been issued a little after our
/// `now`; one that ends far ahead is of a clock that was set back since.
fn lives_on(until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    until - now >= code::MANUAL_REISSUE && until - now <= code::MANUAL_LIFE + code::MANUAL_REISSUE
}

/// Puts a new manual code in place of the one before, unless another request just did.
async fn issue(ctx: &Ctx, id: VoucherId, now: DateTime<Utc>) -> Result<(Vec<u8>, DateTime<Utc>)> {
    for _ in 0..ATTEMPTS {
        let fresh = code::manual();
        let row = manual_codes::Model {
            voucher_id: id,
            code_hash: ctx.keys.lookup_hash(MANUAL_PLACE, &fresh),
            code_sealed: ctx.keys.seal(MANUAL_PLACE, fresh.as_bytes()),
            expires_at: now + code::MANUAL_LIFE,
        };
        let issued = write_txn(&ctx.db, async |txn| {
            rows::lock(txn, id).await?;
            match rows::manual_code(txn, id).await? {
                Some(present) if lives_on(present.expires_at, now) => Ok(present),
                _ => {
                    rows::put_manual_code(txn, row.clone()).await?;
                    Ok(row)
                }
            }
        })
        .await;
        match issued {
            Ok(row) => return Ok((row.code_sealed, row.expires_at)),
            // Another voucher has this very text: try another one.
            Err(Lost::Race) => {}
            Err(Lost::Refused(problem)) => return Err(problem),
        }
    }
    Err(Problem::new(Code::Unavailable))
}
