//! Redemptions at the desk.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{Band, CareType, CentreId, ChildId, RedemptionStatus, TextStatus, VoucherId, redemptions};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    super::{
        code::{self, Reading},
        dto::{
            RedemptionChildOut, RedemptionIn, RedemptionLineOut, RedemptionOut, RedemptionPreviewOut, RedemptionsQuery,
        },
        rules::{self, CentreToday, RedeemedToday, Redeeming},
        store::{
            facts::{Again, DeskFacts, VoucherFacts, desk_facts},
            redemptions as redemptions_store, vouchers,
        },
    },
    ATTEMPTS, Lost,
    codes::MANUAL_PLACE,
    refusals, together, told,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Deed},
        auth::Desk,
        centres::CentrePlan,
        families::{rules::age_months, service::masked_for_staff},
        notices,
    },
    http::{
        Cursor, Line, Moment, Page,
        ratelimit::{MANUAL_CODE, SCAN, limit, nearby},
    },
    platform::{clock::local, crypto::as_typed, db::write_txn},
    state::Ctx,
};

const CODE_PLACE: &str = "redemptions.code";
/// Where desks' answers are sealed.
pub const ANSWER_PLACE: &str = "redemptions.answer";

/// An answer in bytes: the same request gets the same.
pub struct Answer {
    /// The JSON body.
    pub body: Vec<u8>,
    /// Whether it was given before.
    pub replayed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub(super) hash: Vec<u8>,
    pub(super) manual: bool,
    /// The voucher, if the code is ours.
    pub(super) voucher: Option<VoucherId>,
    /// Why the code alone is refused.
    pub(super) refusal: Option<Code>,
    /// From when on the code is refused.
    pub(super) ends: DateTime<Utc>,
    pub(super) device: Option<String>,
    pub(super) now: DateTime<Utc>,
    pub(super) today: NaiveDate,
}

pub(super) struct Ready {
    voucher: VoucherFacts,
    child: RedemptionChildOut,
    care_type: CareType,
}

async fn scan(ctx: &Ctx, text: &str, device: Option<String>) -> Result<Scan> {
    let now = ctx.clock.now();
    let code = as_typed(text);
    let mut reading = code::read(&ctx.code_keys.present(), &code, now);
    // Perhaps of a key that another replica was told of a moment ago.
    if reading == Reading::Invalid && code::names_other_key(&ctx.code_keys.present(), &code, now) {
        ctx.code_keys.look_again(ctx.db.reader(), &ctx.clock).await;
        reading = code::read(&ctx.code_keys.present(), &code, now);
    }
    let mut ends = code::ends(&code).unwrap_or(now);
    let (manual, voucher, refusal) = match reading {
        Reading::Fresh(voucher) => (false, Some(voucher), None),
        Reading::Old(voucher) => (false, Some(voucher), Some(Code::VoucherCodeExpired)),
        Reading::Invalid => (false, None, Some(Code::VoucherInvalid)),
        Reading::Manual => {
            let hash = ctx.keys.lookup_hash(MANUAL_PLACE, &code);
            match vouchers::by_manual_code(ctx.db.reader(), hash).await? {
                Some(row) if now < row.expires_at => {
                    ends = row.expires_at;
                    (true, Some(row.voucher_id), None)
                }
                Some(row) => (true, Some(row.voucher_id), Some(Code::VoucherCodeExpired)),
                None => (true, None, Some(Code::VoucherInvalid)),
            }
        }
    };
    let hash = code_hash(ctx, &code);
    Ok(Scan { hash, manual, voucher, refusal, ends, device, now, today: local(now).date_naive() })
}

/// How a code is known to the database.
pub(super) fn code_hash(ctx: &Ctx, code: &str) -> Vec<u8> {
    ctx.keys.lookup_hash(CODE_PLACE, code)
}

/// What a redemption of this code would do; changes nothing.
pub async fn preview(ctx: &Ctx, desk: &Desk, text: &str) -> Result<RedemptionPreviewOut> {
    nearby(ctx, &SCAN, &desk.staff_id.to_string()).await?;
    let scan = scan(ctx, text, None).await?;
    if scan.manual {
        limit(ctx, &MANUAL_CODE, &desk.staff_id.to_string()).await?;
    }
    let facts = facts(ctx, desk.centre_id, None, &scan).await?;
    let plan = plan(ctx, desk.centre_id, facts.centre_active).await?;
    let ready = decide(ctx, desk.centre_id, &scan, facts, plan.as_deref())?;
    let units_left = ready.voucher.units_total - ready.voucher.units_used;
    Ok(RedemptionPreviewOut {
        voucher_id: ready.voucher.voucher_id,
        service_date: scan.today,
        units_left,
        units_total: ready.voucher.units_total,
        valid_until: ready.voucher.valid_until,
        care_type: ready.care_type,
        code_good_s: (scan.ends - scan.now).num_seconds().max(0),
        message: format!("可以核销：{}，还剩{units_left}天。", described(&ready.child)),
        child: ready.child,
        campaign_name: ready.voucher.campaign_name,
    })
}

/// Redeems one unit, once per `request_id`. A refused scan is kept.
pub async fn redeem(ctx: &Ctx, desk: &Desk, body: RedemptionIn) -> Result<Answer> {
    let RedemptionIn { code, request_id, device } = body;
    nearby(ctx, &SCAN, &desk.staff_id.to_string()).await?;
    let scan = scan(ctx, &code, device.map(Line::into_inner)).await?;
    let done = redeem_once(ctx, desk, &scan, &request_id).await;
    match &done {
        Ok(answer) if !answer.replayed => ctx.metrics.event("redeemed"),
        Err(problem) if problem.code().status().is_client_error() => {
            ctx.metrics.event("redemption_refused");
            refusals::keep(ctx, desk, &scan, &request_id, problem.code()).await?;
        }
        _ => {}
    }
    done
}

async fn redeem_once(ctx: &Ctx, desk: &Desk, scan: &Scan, request_id: &str) -> Result<Answer> {
    if let Some(body) = together::redeem(ctx, desk, scan, request_id).await {
        return Ok(Answer { body, replayed: false });
    }
    // Whatever stands against it (a check, or a constraint when the request or the day was there
    // before) is told apart here, with a look at the past.
    for attempt in 0..ATTEMPTS {
        let mut facts = facts(ctx, desk.centre_id, Some(request_id), scan).await?;
        if let Some(again) = facts.again.take() {
            return replay(ctx, scan, &again);
        }
        if scan.manual && attempt == 0 {
            limit(ctx, &MANUAL_CODE, &desk.staff_id.to_string()).await?;
        }
        let plan = plan(ctx, desk.centre_id, facts.centre_active).await?;
        let ready = decide(ctx, desk.centre_id, scan, facts, plan.as_deref())?;
        let draft = draft(ctx, desk, scan, ready, request_id, None)?;
        let body = draft.body.clone();
        match write_txn(&ctx.db, async |txn| write(ctx, txn, vec![draft]).await).await {
            Ok(()) => return Ok(Answer { body, replayed: false }),
            // Read again: now it shows who was faster.
            Err(Lost::Race) => {}
            Err(Lost::Refused(problem)) => return Err(problem),
        }
    }
    Err(Problem::new(Code::Unavailable))
}

/// The first answer, whatever the code's age. A lost network sends the very same code; a desk
/// that scanned the same voucher anew is answered alike. Another voucher under an old key is not.
pub(super) fn replay(ctx: &Ctx, scan: &Scan, again: &Again) -> Result<Answer> {
    if again.code_hash != scan.hash && Some(again.voucher_id) != scan.voucher {
        let text = Text::new(
            "这个 request_id 已用于核销另一张券，请换一个新的后重试。",
            "This request_id was used for another voucher; take a new one.",
        );
        return Err(Problem::new(Code::IdempotencyKeyReused).detail(text));
    }
    Ok(Answer { body: ctx.keys.open(ANSWER_PLACE, &again.answer_sealed)?, replayed: true })
}

pub(super) async fn facts(ctx: &Ctx, centre: CentreId, request_id: Option<&str>, scan: &Scan) -> Result<DeskFacts> {
    let found = desk_facts(ctx.db.reader(), centre, request_id, scan.voucher, scan.today).await?;
    found.ok_or_else(|| Problem::new(Code::CentreNotAllowed))
}

/// Everything after the repeated request, in the order of `domain.md`.
pub(super) fn decide(
    ctx: &Ctx,
    centre: CentreId,
    scan: &Scan,
    facts: DeskFacts,
    plan: Option<&CentrePlan>,
) -> Result<Ready> {
    if let Some(code) = scan.refusal {
        return Err(Problem::new(code));
    }
    let voucher = facts.voucher.ok_or_else(|| Problem::new(Code::VoucherInvalid))?;
    let class = class_of(ctx, plan.filter(|_| facts.centre_active), voucher.birth_date, scan.today);
    let earlier = match (voucher.redeemed_at, voucher.redeemed_centre_id) {
        (Some(at), Some(centre_id)) => Some(RedeemedToday {
            at,
            centre_id,
            centre_name: voucher.redeemed_centre_name.clone().unwrap_or_default(),
            here: centre_id == centre,
        }),
        _ => None,
    };
    let for_kind = voucher.centre_kinds.as_ref().is_none_or(|kinds| kinds.0.contains(&facts.centre_kind));
    let deciding = Redeeming {
        status: rules::status_on(voucher.status, voucher.valid_until, voucher.revoked_on, scan.today),
        valid_from: voucher.valid_from,
        valid_until: voucher.valid_until,
        units_total: voucher.units_total,
        units_used: voucher.units_used,
        centre: CentreToday {
            active: facts.centre_active,
            suspended: facts.suspended_at.is_some(),
            filed: facts.filed,
            inclusive_from: facts.inclusive_from,
            inclusive_until: facts.inclusive_until,
            in_campaign: for_kind && (voucher.all_centres || voucher.listed.is_some()),
        },
        birth_date: voucher.birth_date,
        class,
        earlier: earlier.as_ref(),
    };
    let class = rules::redemption_check(&deciding, scan.today)?;
    let child =
        child_shown(ctx, (&voucher.name_sealed, voucher.name_status), voucher.birth_date, Some(class), scan.today)?;
    Ok(Ready { child, care_type: voucher.care_type.unwrap_or(CareType::FullDay), voucher })
}

/// The centre's classes; a centre so new that this replica hasn't heard of it is loaded.
pub(super) async fn plan(ctx: &Ctx, centre: CentreId, active: bool) -> Result<Option<Arc<CentrePlan>>> {
    let known = ctx.catalogue.centre(centre);
    if known.is_some() || !active {
        return Ok(known);
    }
    ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[centre]).await?;
    Ok(ctx.catalogue.centre(centre))
}

/// The class of a centre that takes a child on `day`.
pub(super) fn class_of(ctx: &Ctx, plan: Option<&CentrePlan>, birth: NaiveDate, day: NaiveDate) -> Option<Band> {
    let plan = plan?;
    rules::fitting_class(&plan.classes, &ctx.catalogue.rules(), plan.row.age_grace_months, birth, day)
}

/// A child as a centre sees it.
pub(super) fn child_shown(
    ctx: &Ctx,
    (name_sealed, name_status): (&[u8], TextStatus),
    birth: NaiveDate,
    class: Option<Band>,
    today: NaiveDate,
) -> Result<RedemptionChildOut> {
    Ok(RedemptionChildOut {
        name: masked_for_staff(&ctx.keys, name_sealed, name_status)?,
        age_months: age_months(birth, today),
        class: class.map_or("", Band::zh).to_owned(),
    })
}

fn described(child: &RedemptionChildOut) -> String {
    format!("{}（{}个月，{}）", child.name, child.age_months, child.class)
}

/// A redemption to be written, and what the desk is answered then.
pub(super) struct Draft {
    row: redemptions::Model,
    seen_used: i32,
    units_left: i32,
    deed: Deed,
    pub(super) body: Vec<u8>,
}

impl Draft {
    /// Whose unit it is.
    pub(super) const fn child(&self) -> ChildId {
        self.row.child_id
    }
}

/// A redemption ready to be written; `uploaded_at` if it was scanned without network.
pub(super) fn draft(
    ctx: &Ctx,
    desk: &Desk,
    scan: &Scan,
    ready: Ready,
    request_id: &str,
    uploaded_at: Option<DateTime<Utc>>,
) -> Result<Draft> {
    let Ready { voucher, child, care_type } = ready;
    let used = voucher.units_used + 1;
    let units_left = voucher.units_total - used;
    let answer = RedemptionOut {
        id: ctx.clock.id(),
        voucher_id: voucher.voucher_id,
        campaign_name: voucher.campaign_name,
        service_date: scan.today,
        redeemed_at: Moment(scan.now),
        units_left,
        units_total: voucher.units_total,
        care_type,
        offline: uploaded_at.is_some(),
        message: match uploaded_at {
            None => format!("核销成功：{}，今天第{used}天，还剩{units_left}天。", described(&child)),
            Some(_) => {
                format!("{}的离线核销已入账：{}，第{used}天，还剩{units_left}天。", scan.today, described(&child))
            }
        },
        child,
    };
    let body = serde_json::to_vec(&answer).map_err(Problem::internal)?;
    let row = redemptions::Model {
        id: answer.id,
        voucher_id: voucher.voucher_id,
        campaign_id: voucher.campaign_id,
        family_id: voucher.family_id,
        child_id: voucher.child_id,
        centre_id: desk.centre_id,
        staff_id: desk.staff_id,
        visit_id: voucher.visit_id,
        care_type,
        service_date: scan.today,
        redeemed_at: scan.now,
        request_id: request_id.to_owned(),
        code_hash: scan.hash.clone(),
        face_value_fen: voucher.face_value_fen,
        answer_sealed: ctx.keys.seal(ANSWER_PLACE, &body),
        status: RedemptionStatus::Redeemed,
        device: scan.device.clone(),
        statement_id: None,
        uploaded_at,
    };
    let deed = Deed {
        actor: desk.into(),
        action: "redemption.create",
        object: answer.id.to_string(),
        detail: json!({
            "voucher_id": row.voucher_id, "service_date": scan.today, "manual": scan.manual,
            "offline": uploaded_at.is_some(),
        }),
    };
    Ok(Draft { row, seen_used: voucher.units_used, units_left, deed, body })
}

/// The redemptions, the units and the audit rows, within one transaction: all or none. The
/// redemptions go first: who comes second for the same child or request waits there, and is turned
/// away by its constraint.
pub(super) async fn write(ctx: &Ctx, txn: &DatabaseTransaction, drafts: Vec<Draft>) -> Result<(), Lost> {
    let seen: Vec<_> = drafts.iter().map(|draft| (draft.row.voucher_id, draft.seen_used)).collect();
    let told: Vec<_> = drafts.iter().map(|draft| told::unit_used(ctx, &draft.row, draft.units_left)).collect();
    let (rows, deeds) = drafts.into_iter().map(|draft| (draft.row, draft.deed)).unzip();
    redemptions_store::insert(txn, rows).await?;
    if vouchers::use_one_of_each(txn, &seen).await? != seen.len() as u64 {
        return Err(Lost::Race);
    }
    // One statement for the whole batch.
    notices::tell_all(ctx, txn, told).await?;
    Ok(audit::record_all(ctx, txn, deeds).await?)
}

/// The centre's redemptions, newest first.
pub async fn page(ctx: &Ctx, desk: &Desk, query: &RedemptionsQuery) -> Result<Page<RedemptionLineOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let date = query.date.map(|day| day.0);
    let found = redemptions_store::of_centre(ctx.db.reader(), desk.centre_id, date, query.limit, after).await?;
    let page = Page::of(found, query.limit, |row| row.id, |row| line_out(ctx, row));
    let items = page.items.into_iter().collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn line_out(ctx: &Ctx, row: redemptions_store::Line) -> Result<RedemptionLineOut> {
    Ok(RedemptionLineOut {
        id: row.id,
        voucher_id: row.voucher_id,
        campaign_name: row.campaign_name,
        child_name: masked_for_staff(&ctx.keys, &row.name_sealed, row.name_status)?,
        service_date: row.service_date,
        redeemed_at: Moment(row.redeemed_at),
        care_type: row.care_type,
        status: row.status,
        face_value_fen: row.face_value_fen,
        offline: row.uploaded_at.is_some(),
    })
}
