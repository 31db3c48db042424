//! Use cases of what a centre offers. Changes are the manager's, audited, and known to every replica
//! as any change of a centre is.

use std::{collections::BTreeMap, sync::Arc};

use data_encoding::BASE64URL_NOPAD;
use entity::{Admits, CareType, CentreId, CentreKind, ClassId, Fen, classes, offers};
use sea_orm::{
    ActiveValue::{Set, Unchanged},
    DatabaseTransaction,
};
use serde_json::json;

use super::{
    dto::{
        DeskCentreOut, DeskCentrePatch, DeskClassNew, DeskClassOut, DeskClassesOut, DeskOfferIn, DeskOfferOut,
        DeskOffersOut,
    },
    rules::{self, Cap},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::Desk,
        bookings::store::freed,
        centres::{CentrePlan, dto::ReductionOut, store as centre_store},
        waitlist,
    },
    http::{Idempotency, Once, once},
    platform::{crypto::sha256, db::write_txn},
    state::Ctx,
};

/// Shortest hourly care unless the centre says otherwise.
const LEAST_MINUTES: i32 = 60;

fn unknown() -> Problem {
    Problem::new(Code::NotFound)
}

fn plan(ctx: &Ctx, desk: &Desk) -> Result<Arc<CentrePlan>> {
    ctx.catalogue.centre(desk.centre_id).ok_or_else(unknown)
}

/// A word for what an offer says, or that there is none: whoever changes it from a page tells by it what it said then.
#[must_use]
pub fn said(offer: Option<&DeskOfferOut>) -> String {
    let all = serde_json::to_vec(&offer).unwrap_or_default();
    BASE64URL_NOPAD.encode(&sha256(&[&all])[..12])
}

/// Tells the catalogues of all replicas, and those who wait: there may be more places now.
async fn changed(ctx: &Ctx, txn: &DatabaseTransaction, desk: &Desk) -> Result<()> {
    centre_store::touch(txn, Some(desk.centre_id), ctx.clock.now()).await?;
    Ok(freed(txn, &ctx.clock, desk.centre_id).await?)
}

async fn reload(ctx: &Ctx, desk: &Desk) -> Result<()> {
    Ok(ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[desk.centre_id]).await?)
}

/// The centre as its desk sees it.
pub fn centre(ctx: &Ctx, desk: &Desk) -> Result<DeskCentreOut> {
    let plan = plan(ctx, desk)?;
    let row = &plan.row;
    Ok(DeskCentreOut {
        id: row.id,
        name: row.name.clone(),
        phone: row.phone.clone(),
        intro: row.intro.clone(),
        inclusive: row.inclusive_on(ctx.clock.today()),
        price_cap_fen: row.price_cap_fen,
        admits: row.admits,
        others_days: row.others_days,
        reductions: plan.reductions.iter().map(ReductionOut::of).collect(),
    })
}

/// Changes whom the centre takes, its reductions, its telephone and its text.
pub async fn change_centre(ctx: &Ctx, desk: &Desk, patch: DeskCentrePatch) -> Result<DeskCentreOut> {
    let DeskCentrePatch { phone, intro, admits, others_days, reductions } = patch;
    let mut by_kind = BTreeMap::new();
    for (i, reduction) in reductions.iter().flatten().enumerate() {
        if by_kind.insert(reduction.kind, reduction.percent.0).is_some() {
            let text = Text::new("同一减免类别只能填写一次。", "Each ground is named once.");
            return Err(Problem::field(format!("reductions[{i}].kind"), "exists", text));
        }
    }
    write_txn(&ctx.db, async |txn| {
        let row = store::lock_centre(txn, desk.centre_id).await?.ok_or_else(unknown)?;
        if admits.is_some_and(|admits| admits != Admits::All) && row.kind != CentreKind::Employer {
            let text = Text::new(
                "只有用人单位办托可以限定或优先本单位职工。",
                "Only an employer's own centre may take its own staff first.",
            );
            return Err(Problem::field("admits", "not_for_this_centre", text));
        }
        let mut change = entity::centres::ActiveModel { id: Unchanged(row.id), ..Default::default() };
        if let Some(phone) = phone {
            change.phone = Set(phone.map(|phone| phone.into_inner()));
        }
        if let Some(intro) = intro {
            change.intro = Set(intro.into_inner());
        }
        if let Some(admits) = admits {
            change.admits = Set(admits);
        }
        if let Some(days) = others_days {
            change.others_days = Set(days.0);
        }
        if sea_orm::ActiveModelTrait::is_changed(&change) {
            store::update_centre(txn, change).await?;
        }
        if reductions.is_some() {
            let all: Vec<_> = by_kind.iter().map(|(kind, percent)| (*kind, *percent)).collect();
            store::put_reductions(txn, desk.centre_id, &all).await?;
        }
        let percent = reductions.is_some().then_some(&by_kind);
        let detail = json!({ "admits": admits, "others_days": others_days, "reductions": percent });
        audit::record(ctx, txn, Actor::from(desk), "centre.change", desk.centre_id.to_string(), detail).await?;
        changed(ctx, txn, desk).await
    })
    .await?;
    reload(ctx, desk).await?;
    centre(ctx, desk)
}

/// The centre's open classes.
pub fn classes(ctx: &Ctx, desk: &Desk) -> Result<DeskClassesOut> {
    Ok(DeskClassesOut { items: plan(ctx, desk)?.classes.iter().map(DeskClassOut::from).collect() })
}

/// Opens a class.
pub async fn add_class(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    body: DeskClassNew,
) -> Result<Once<DeskClassOut>> {
    let plan = plan(ctx, desk)?;
    let DeskClassNew { name, band, places, carers, kept_full_day } = body;
    let kept = kept_full_day.map_or(0, |kept| kept.0);
    rules::check_band(plan.row.kind, band)?;
    rules::check_class(&ctx.catalogue.rules(), (band, places.0, kept), ctx.clock.today())?;
    let class = classes::Model {
        id: ctx.clock.id(),
        centre_id: desk.centre_id,
        name: name.into_inner(),
        band,
        places: places.0,
        carers: carers.0,
        kept_full_day: kept,
        active: true,
    };
    let done = once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        // 家庭托育点: five children in all. Under the centre's row, so that two classes aren't added at once.
        store::lock_centre(txn, desk.centre_id).await?;
        let present = centre_store::active_classes(txn, desk.centre_id).await?;
        if plan.row.kind == CentreKind::Family && !present.is_empty() {
            let text = Text::new("家庭托育点只设一个班。", "A family centre has one class.");
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        if present.iter().any(|row| row.name == class.name) {
            let text = Text::new("已有同名班级，请换个名称。", "There is a class of this name.");
            return Err(Problem::field("name", "exists", text));
        }
        store::insert_class(txn, class.clone()).await?;
        let detail = json!({ "band": band, "places": class.places, "carers": class.carers, "kept_full_day": kept });
        audit::record(ctx, txn, Actor::from(desk), "class.add", class.id.to_string(), detail).await?;
        changed(ctx, txn, desk).await?;
        Ok(DeskClassOut::from(&class))
    })
    .await?;
    reload(ctx, desk).await?;
    Ok(done)
}

/// Closes a class in which nobody is booked.
pub async fn close_class(ctx: &Ctx, desk: &Desk, id: ClassId) -> Result<()> {
    write_txn(&ctx.db, async |txn| {
        let own = |row: &classes::Model| row.centre_id == desk.centre_id && row.active;
        let rows = centre_store::lock_classes(txn, &[id]).await?;
        rows.into_iter().find(own).ok_or_else(unknown)?;
        let days = store::days_to_come(txn, id).await?;
        if days > 0 {
            return Err(Problem::new(Code::BookingsAffected)
                .detail(Text::new(
                    format!("该班级还有{days}天已预约的托育，请先取消或等其结束后再关闭。"),
                    format!("{days} booked days are still to come in this class."),
                ))
                .fact("affected", days));
        }
        store::close_class(txn, id).await?;
        waitlist::class_closed(ctx, txn, desk.centre_id, id).await?;
        audit::record(ctx, txn, Actor::from(desk), "class.close", id.to_string(), json!({})).await?;
        changed(ctx, txn, desk).await
    })
    .await?;
    reload(ctx, desk).await
}

/// Every offer of the open classes.
pub async fn offers(ctx: &Ctx, desk: &Desk) -> Result<DeskOffersOut> {
    let ids: Vec<ClassId> = plan(ctx, desk)?.classes.iter().map(|class| class.id).collect();
    let rows = store::offers(ctx.db.reader(), &ids).await?;
    Ok(DeskOffersOut { items: rows.into_iter().map(DeskOfferOut::from).collect() })
}

/// The row of an offer that is set, checked but for the cap.
pub fn offer_row(
    ctx: &Ctx,
    centre_id: CentreId,
    (class_id, care_type): (ClassId, CareType),
    body: &DeskOfferIn,
) -> Result<offers::Model> {
    rules::check_unit(care_type, body.unit)?;
    if body.min_minutes.is_some_and(|least| least.0 % 30 != 0) {
        let text = Text::new("最短时长须为30分钟的倍数。", "The shortest stay is a number of half-hours.");
        return Err(Problem::field("min_minutes", "off_half_hour", text));
    }
    let least = body.min_minutes.map_or(LEAST_MINUTES, |least| least.0);
    Ok(offers::Model {
        id: ctx.clock.id(),
        centre_id,
        class_id,
        care_type,
        unit: body.unit,
        price_fen: Fen(i64::from(body.price_fen.0)),
        meals_fen: Fen(i64::from(body.meals_fen.0)),
        min_minutes: if care_type == CareType::Hourly { least } else { 0 },
        notice_minutes: body.notice_minutes.0,
        horizon_days: body.horizon_days.0,
        cutoff_minutes: body.cutoff_minutes.0,
        confirmation: body.confirmation,
        active: body.active.unwrap_or(true),
    })
}

/// Sets price and terms of one form of care in one class. Bookings made before keep theirs.
/// `seen` is the word ([`said`]) of what the caller was shown, if it knows.
pub async fn set_offer(
    ctx: &Ctx,
    desk: &Desk,
    (class, care): (ClassId, CareType),
    seen: Option<&str>,
    body: DeskOfferIn,
) -> Result<DeskOfferOut> {
    let offer = offer_row(ctx, desk.centre_id, (class, care), &body)?;
    let stored = write_txn(&ctx.db, async |txn| {
        store::lock_centre(txn, desk.centre_id).await?.ok_or_else(unknown)?;
        let plan = CentrePlan::load(txn, desk.centre_id, ctx.clock.today()).await?.ok_or_else(unknown)?;
        let own = |row: &classes::Model| row.id == class && row.active;
        centre_store::active_classes(txn, desk.centre_id).await?.into_iter().find(own).ok_or_else(unknown)?;
        let before = store::offers(txn, &[class]).await?.into_iter().find(|row| row.care_type == care);
        // Sent again, as after a lost answer, it changes nothing.
        let same = before.as_ref().is_some_and(|row| offers::Model { id: row.id, ..offer.clone() } == *row);
        if !same && seen.is_some_and(|seen| seen != said(before.map(DeskOfferOut::from).as_ref())) {
            return Err(Problem::new(Code::WrongState).detail(Text::new(
                "该价格刚被他人修改，请核对现在的设置后再保存。",
                "Somebody changed these terms meanwhile: look at what they say now, then save again.",
            )));
        }
        if let Some(cap) = Cap::of(&plan, ctx.clock.today()) {
            cap.check("price_fen", &offer)?;
        }
        let stored = store::put_offer(txn, offer.clone()).await?;
        let stored = stored.ok_or_else(|| Problem::internal("an offer got lost on its way"))?;
        let detail = json!({ "class": class, "care_type": care, "unit": offer.unit, "price_fen": offer.price_fen,
            "meals_fen": offer.meals_fen, "active": offer.active });
        audit::record(ctx, txn, Actor::from(desk), "offer.set", stored.id.to_string(), detail).await?;
        changed(ctx, txn, desk).await?;
        Result::<offers::Model>::Ok(stored)
    })
    .await?;
    reload(ctx, desk).await?;
    Ok(stored.into())
}
