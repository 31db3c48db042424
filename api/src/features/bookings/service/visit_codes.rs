//! A visit's own QR code: the family shows it, the desk scans it, and the child is checked in.

use entity::{BookingId, BookingStatus, FamilyId, VisitId, VisitStatus};

use super::{
    super::{desk_dto::DeskVisitStepOut, dto::VisitCodeOut, store},
    desk, wrong_booking_state, wrong_visit_state,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        auth::Desk,
        vouchers::code::{VISIT_MARK, names_other_key},
    },
    http::{
        Idempotency, Moment, Once,
        ratelimit::{SCAN, SHOWN_CODE, nearby},
    },
    platform::{
        crypto::as_typed,
        stepped_code::{self, Minted},
    },
    state::Ctx,
};

/// A code of ours is longer, and what people type by hand is shorter.
const SHORTEST: usize = 40;

/// The code of a visit of today.
pub async fn visit_code(ctx: &Ctx, family: FamilyId, ids: (BookingId, VisitId)) -> Result<VisitCodeOut> {
    let minted = mint(ctx, family, ids).await?;
    Ok(VisitCodeOut {
        code: minted.code,
        expires_at: Moment(minted.expires_at),
        refresh_after_s: minted.refresh_after_s,
    })
}

/// The code alone, for a picture.
pub async fn visit_code_text(ctx: &Ctx, family: FamilyId, ids: (BookingId, VisitId)) -> Result<String> {
    Ok(mint(ctx, family, ids).await?.code)
}

async fn mint(ctx: &Ctx, family: FamilyId, (booking, visit): (BookingId, VisitId)) -> Result<Minted> {
    nearby(ctx, &SHOWN_CODE, &family.to_string()).await?;
    let db = ctx.db.reader();
    let unknown = || Problem::new(Code::NotFound);
    let booking = store::booking_of_family(db, family, booking).await?.ok_or_else(unknown)?;
    let visits = store::visits(db, &[booking.id]).await?;
    let row = visits.into_iter().find(|row| row.id == visit).ok_or_else(unknown)?;
    if booking.status != BookingStatus::Confirmed {
        return Err(wrong_booking_state(super::super::rules::life::shown(&booking, ctx.clock.now())));
    }
    if row.status != VisitStatus::Expected {
        return Err(wrong_visit_state(row.status));
    }
    if row.date != ctx.clock.today() {
        return Err(desk::not_today(ctx, &row));
    }
    let now = ctx.clock.now();
    Ok(stepped_code::mint(VISIT_MARK, &ctx.code_keys.present().active(now), visit.into(), now))
}

/// Whether a text looks like the code of a visit: longer than what is typed by hand, with its mark.
#[must_use]
pub fn is_visit_code(text: &str) -> bool {
    let code = as_typed(text);
    code.starts_with(VISIT_MARK) && code.len() > SHORTEST
}

/// Checks in the child whose code was scanned.
pub async fn check_in_by_code(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    text: &str,
) -> Result<Once<DeskVisitStepOut>> {
    nearby(ctx, &SCAN, &desk.staff_id.to_string()).await?;
    let (now, code) = (ctx.clock.now(), as_typed(text));
    if names_other_key(&ctx.code_keys.present(), &code, now) {
        ctx.code_keys.look_again(ctx.db.reader(), &ctx.clock).await;
    }
    let keys = ctx.code_keys.present();
    let refused = |code: Code| Problem::new(code).and_field("code", "invalid", code.text());
    match stepped_code::read(VISIT_MARK, &code, |id| keys.by_id(id, now), now) {
        None => Err(refused(Code::VisitCodeInvalid)),
        Some((_, false)) => Err(refused(Code::VisitCodeExpired)),
        Some((visit, true)) => match desk::check_in(ctx, desk, idempotency, visit.into()).await {
            Err(problem) if problem.code() == Code::NotFound => Err(problem
                .detail(Text::new("该预约不在本机构，请家长核对预约的机构。", "The booking is at another centre."))),
            outcome => outcome,
        },
    }
}
