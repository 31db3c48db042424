//! A desk without network: what it keeps, the code it reads, and the scans it uploads later.
//!
//! A scan is taken once by its `request_id`. One whose code is ours is never lost: it becomes a
//! redemption or a conflict that the bureau decides.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64;
use entity::{ConflictStatus, FamilyId, VoucherId, offline_conflicts, offline_days};
use serde_json::json;

use super::{
    super::{
        code,
        code_keys::Keyset,
        offline_code::{self, LIFE, OfflineCode},
        offline_dto::{
            OfflineCampaignOut, OfflineCodeOut, OfflineExpectedOut, OfflineKeyOut, OfflineOutcome, OfflinePackOut,
            OfflineResultOut, OfflineScanIn, OfflineUploadIn, OfflineUploadOut,
        },
        store::offline as store,
    },
    ATTEMPTS, Lost,
    desk::{self, Scan},
    refusals,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Desk, support},
    http::{Line, Moment},
    platform::{clock::local, crypto::as_typed, db::write_txn},
    state::Ctx,
};

/// Scans of one upload at most.
const MOST_SCANS: usize = 50;
/// A scan may be uploaded until this long after it was made.
const UPLOAD_WITHIN: TimeDelta = TimeDelta::days(7);
/// A desk's clock may be ahead of ours, and a family's phone of a desk's, by so much.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(5);

/// The code that a family shows to a desk without network.
pub async fn family_code(ctx: &Ctx, family: FamilyId, id: VoucherId) -> Result<OfflineCodeOut> {
    let now = ctx.clock.now();
    let row = super::claims::named(ctx, family, id).await?;
    super::codes::may_show(&row.voucher, row.revoked_on, local(now).date_naive())?;
    if row.offline_daily_units.is_none() {
        return Err(Problem::new(Code::OfflineNotAllowed));
    }
    let voucher = &row.voucher;
    let said = OfflineCode {
        voucher: voucher.id,
        issued_at: now,
        valid_from: voucher.valid_from,
        valid_until: voucher.valid_until,
        units_left: u16::try_from(voucher.units_total - voucher.units_used).unwrap_or(0),
    };
    let code = offline_code::mint(&ctx.code_keys.present().active(now), &said);
    Ok(OfflineCodeOut { code, issued_at: Moment(now), expires_at: Moment(now + LIFE) })
}

/// What a desk keeps while it has network.
pub async fn pack(ctx: &Ctx, desk: &Desk) -> Result<OfflinePackOut> {
    let (now, today, db) = (ctx.clock.now(), ctx.clock.today(), ctx.db.reader());
    let plan = desk::plan(ctx, desk.centre_id, true).await?;
    let expected = store::expected(db, desk.centre_id, today).await?.into_iter().map(|row| {
        let class = desk::class_of(ctx, plan.as_deref(), row.birth_date, today);
        Ok(OfflineExpectedOut {
            visit_id: row.visit_id,
            voucher_id: row.voucher_id,
            campaign_id: row.campaign_id,
            child: desk::child_shown(ctx, (&row.name_sealed, row.name_status), row.birth_date, class, today)?,
            care_type: row.care_type,
            from: row.from_min,
            to: row.to_min,
            units_left: row.units_total - row.units_used,
            redeemed_today: row.redeemed_today,
        })
    });
    let expected = expected.collect::<Result<_>>()?;
    let campaigns = store::allowed(db, desk.centre_id, today).await?.into_iter().map(|row| OfflineCampaignOut {
        campaign_id: row.id,
        name: row.name,
        daily_units: row.offline_daily_units,
        used_today: row.units.unwrap_or(0),
    });
    Ok(OfflinePackOut {
        generated_at: Moment(now),
        date: today,
        code_life_s: LIFE.num_seconds(),
        upload_within_s: UPLOAD_WITHIN.num_seconds(),
        keys: keys_out(&ctx.code_keys.present(), now),
        campaigns: campaigns.collect(),
        expected,
    })
}

fn keys_out(keys: &Keyset, now: DateTime<Utc>) -> Vec<OfflineKeyOut> {
    let out = |key: &crate::platform::crypto::CodeKey| OfflineKeyOut {
        id: key.id.to_string(),
        public_key: BASE64.encode(&key.public()),
    };
    keys.live(now).map(out).collect()
}

/// Takes the scans of a queue, each by itself: one that is refused holds up no other.
pub async fn upload(ctx: &Ctx, desk: &Desk, body: OfflineUploadIn) -> Result<OfflineUploadOut> {
    if body.scans.is_empty() || body.scans.len() > MOST_SCANS {
        let text = Text::new(
            format!("每次须上传 1 到 {MOST_SCANS} 条离线核销，请分批上传。"),
            format!("scans takes 1 to {MOST_SCANS} items."),
        );
        return Err(Problem::field("scans", "out_of_range", text));
    }
    let mut results = Vec::with_capacity(body.scans.len());
    for scan in body.scans {
        results.push(take(ctx, desk, scan).await?);
    }
    Ok(OfflineUploadOut { results })
}

/// Takes one scan, once.
async fn take(ctx: &Ctx, desk: &Desk, scan: OfflineScanIn) -> Result<OfflineResultOut> {
    let OfflineScanIn { code, scanned_at, request_id, device } = scan;
    let uploaded_at = ctx.clock.now();
    let text = as_typed(&code);
    let keys = ctx.code_keys.present();
    let mut said = offline_code::read(&keys, &text, uploaded_at);
    if said.is_none()
        && code::names_other_key(&keys, &text, uploaded_at)
        && ctx.code_keys.look_again(ctx.db.reader(), &ctx.clock).await
    {
        said = offline_code::read(&ctx.code_keys.present(), &text, uploaded_at);
    }
    let at = scanned_at.0.min(uploaded_at);
    let scan = Scan {
        hash: desk::code_hash(ctx, &text),
        manual: false,
        voucher: said.map(|said| said.voucher),
        refusal: None,
        ends: uploaded_at,
        device: device.map(Line::into_inner),
        now: at,
        today: local(at).date_naive(),
    };
    let Some(said) = said else {
        return refused(ctx, desk, &scan, &request_id, Code::VoucherInvalid).await;
    };
    for _ in 0..ATTEMPTS {
        match attempt(ctx, desk, &scan, &said, scanned_at.0, uploaded_at, &request_id).await {
            Ok(result) => return Ok(result),
            // Read again: now it shows who was faster.
            Err(Lost::Race) => {}
            Err(Lost::Refused(problem)) => return Err(problem),
        }
    }
    Err(Problem::new(Code::Unavailable))
}

/// A code that isn't ours, of a voucher that is gone, or under a key taken twice; kept among the
/// refused scans.
async fn refused(ctx: &Ctx, desk: &Desk, scan: &Scan, request_id: &str, reason: Code) -> Result<OfflineResultOut> {
    refusals::keep(ctx, desk, scan, request_id, reason).await?;
    Ok(OfflineResultOut {
        request_id: request_id.to_owned(),
        outcome: OfflineOutcome::Refused,
        redemption: None,
        reason: Some(reason.as_str().to_owned()),
        conflict_id: None,
        message: format!("离线核销未入账：{}", reason.text().zh),
    })
}

async fn attempt(
    ctx: &Ctx,
    desk: &Desk,
    scan: &Scan,
    said: &OfflineCode,
    scanned_at: DateTime<Utc>,
    uploaded_at: DateTime<Utc>,
    request_id: &str,
) -> Result<OfflineResultOut, Lost> {
    let mut facts = desk::facts(ctx, desk.centre_id, Some(request_id), scan).await?;
    let again = facts.again.take().map(|again| desk::replay(ctx, scan, &again));
    if let Some(Ok(answer)) = again {
        return Ok(redeemed(request_id, &answer.body)?);
    }
    if let Some(row) = store::conflict_of(ctx.db.reader(), desk.centre_id, request_id).await? {
        if row.voucher_id == said.voucher {
            return Ok(conflict_out(row));
        }
        // The key is taken twice over: not even a conflict can be kept under it.
        return Ok(refused(ctx, desk, scan, request_id, Code::IdempotencyKeyReused).await?);
    }
    match again {
        // The desk gave two scans one key: ours, so the bureau decides, and the queue goes on.
        Some(Err(problem)) if problem.code() == Code::IdempotencyKeyReused => {
            return conflict(ctx, desk, scan, said, scanned_at, uploaded_at, request_id, problem.code()).await;
        }
        Some(Err(problem)) => return Err(problem.into()),
        _ => {}
    }
    let most = facts.voucher.as_ref().and_then(|voucher| voucher.offline_daily_units);
    let campaign_id = facts.voucher.as_ref().map(|voucher| voucher.campaign_id);
    let plan = desk::plan(ctx, desk.centre_id, facts.centre_active).await?;
    let decided = in_time(said, scanned_at, uploaded_at)
        .and_then(|()| desk::decide(ctx, desk.centre_id, scan, facts, plan.as_deref()))
        .and_then(|ready| {
            most.zip(campaign_id).map(|of| (ready, of)).ok_or_else(|| Problem::new(Code::OfflineNotAllowed))
        });
    let (ready, (most, campaign_id)) = match decided {
        Ok(ready) => ready,
        Err(problem) if problem.code().status().is_client_error() => {
            return conflict(ctx, desk, scan, said, scanned_at, uploaded_at, request_id, problem.code()).await;
        }
        Err(problem) => return Err(problem.into()),
    };
    let draft = desk::draft(ctx, desk, scan, ready, request_id, Some(uploaded_at))?;
    let (body, child) = (draft.body.clone(), draft.child());
    let day = offline_days::Model { campaign_id, centre_id: desk.centre_id, day: scan.today, units: 1 };
    let done = write_txn(&ctx.db, async |txn| -> Result<bool, Lost> {
        desk::write(ctx, txn, vec![draft]).await?;
        support::attendance_changed(ctx, txn, (desk.centre_id, child), scan.today).await?;
        // Last, so that the day's row is held for the shortest time; over the bound all is undone.
        if !store::count_one(txn, day, most).await? {
            return Err(Lost::Refused(Problem::new(Code::OfflineLimit)));
        }
        Ok(true)
    })
    .await;
    match done {
        Ok(_) => {
            ctx.metrics.event("redeemed_offline");
            Ok(redeemed(request_id, &body)?)
        }
        Err(Lost::Refused(problem)) if problem.code() == Code::OfflineLimit => {
            conflict(ctx, desk, scan, said, scanned_at, uploaded_at, request_id, Code::OfflineLimit).await
        }
        Err(lost) => Err(lost),
    }
}

/// A code is scanned within a day of its making, and uploaded within a week.
fn in_time(said: &OfflineCode, scanned_at: DateTime<Utc>, uploaded_at: DateTime<Utc>) -> Result<()> {
    // Made to the minute.
    let made_before = said.issued_at - CLOCKS_DIFFER <= scanned_at;
    let in_life = scanned_at < said.issued_at + LIFE + TimeDelta::minutes(1);
    let uploaded = scanned_at <= uploaded_at + CLOCKS_DIFFER && uploaded_at - scanned_at <= UPLOAD_WITHIN;
    if made_before && in_life && uploaded { Ok(()) } else { Err(Problem::new(Code::VoucherCodeExpired)) }
}

fn redeemed(request_id: &str, body: &[u8]) -> Result<OfflineResultOut> {
    let redemption: serde_json::Value = serde_json::from_slice(body).map_err(Problem::internal)?;
    let message = redemption["message"].as_str().unwrap_or_default().to_owned();
    Ok(OfflineResultOut {
        request_id: request_id.to_owned(),
        outcome: OfflineOutcome::Redeemed,
        redemption: Some(redemption),
        reason: None,
        conflict_id: None,
        message,
    })
}

#[expect(clippy::too_many_arguments, reason = "the facts of one scan")]
async fn conflict(
    ctx: &Ctx,
    desk: &Desk,
    scan: &Scan,
    said: &OfflineCode,
    scanned_at: DateTime<Utc>,
    uploaded_at: DateTime<Utc>,
    request_id: &str,
    reason: Code,
) -> Result<OfflineResultOut, Lost> {
    if reason == Code::VoucherInvalid {
        // Signed by us, but no such voucher: only after its family was erased.
        return Ok(refused(ctx, desk, scan, request_id, reason).await?);
    }
    let row = offline_conflicts::Model {
        id: ctx.clock.id(),
        centre_id: desk.centre_id,
        staff_id: desk.staff_id,
        device: scan.device.clone(),
        voucher_id: said.voucher,
        request_id: request_id.to_owned(),
        code_hash: scan.hash.clone(),
        reason: reason.as_str().to_owned(),
        service_date: scan.today,
        scanned_at,
        uploaded_at,
        status: ConflictStatus::Open,
        note: None,
        resolved_by: None,
        resolved_at: None,
    };
    write_txn(&ctx.db, async |txn| -> Result<(), Lost> {
        let detail = json!({ "reason": row.reason, "voucher_id": row.voucher_id, "service_date": row.service_date });
        if !store::keep_conflict(txn, row.clone()).await? {
            return Err(Lost::Race);
        }
        Ok(audit::record(ctx, txn, desk.into(), "redemption.conflict", row.id.to_string(), detail).await?)
    })
    .await?;
    ctx.metrics.event("offline_conflict");
    Ok(conflict_out(row))
}

fn conflict_out(row: offline_conflicts::Model) -> OfflineResultOut {
    let known = Code::ALL.iter().find(|code| code.as_str() == row.reason);
    let why = known.map_or_else(|| row.reason.clone(), |code| code.text().zh.to_string());
    OfflineResultOut {
        request_id: row.request_id,
        outcome: OfflineOutcome::Conflict,
        redemption: None,
        reason: Some(row.reason),
        conflict_id: Some(row.id),
        message: format!("离线核销未入账：{why}已转区民生保障局处理。"),
    }
}
