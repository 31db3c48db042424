//! Offers, by class and form of care.

use std::collections::HashMap;

use entity::{CareType, CentreId, ClassId, Confirmation, OfferUnit, classes, offers};
use serde_json::json;

use super::{CENTRE, Import, Line, Named, Object, TOWNSHIP, once_each, parsed, store, tell, text, words};
use crate::{
    error::{Result, Text},
    features::{
        centres::CentrePlan,
        imports::columns::{Column, Holds, maybe, needed, read, ruled},
        terms::{self, Cap, dto::DeskOfferIn},
    },
};

pub(super) const COLUMNS: &[Column] = &[
    CENTRE,
    TOWNSHIP,
    needed("班级名称", "class", Holds::Text, "与班级表一致", "托小一班"),
    needed("服务形式", "care_type", words!(CareType), "全日托、半日托、计时托、临时托", "全日托"),
    needed("计价单位", "unit", words!(OfferUnit), "天、半天、小时、月", "月"),
    needed("价格（元）", "price_fen", Holds::Yuan, "每单位价格，不含餐费", "2200"),
    needed("餐费（元/天）", "meals_fen", Holds::Yuan, "没有填0", "15"),
    maybe("最短时长（分钟）", "min_minutes", Holds::Whole, "只用于计时托，30的倍数", ""),
    needed("提前预约（分钟）", "notice_minutes", Holds::Whole, "开始前多久可约，随时可约填0", "0"),
    needed("可预约天数", "horizon_days", Holds::Whole, "最多可约未来多少天", "90"),
    needed("取消截止（分钟）", "cutoff_minutes", Holds::Whole, "开始前多久可取消", "120"),
    needed("确认方式", "confirmation", words!(Confirmation), "即时确认或需机构确认", "即时确认"),
    maybe("是否可约", "active", Holds::YesNo, "是或否；新报价不填为是", "是"),
];

pub(super) async fn run(import: &mut Import<'_, '_>, lines: &[Line]) -> Result<()> {
    let rows = read::<Object>(lines, COLUMNS, &mut import.problems);
    import.has(rows.len());
    let of =
        |row: &Object| [CENTRE.field, TOWNSHIP.field, "class", "care_type"].map(|field| text(row, field).to_owned());
    let rows = once_each(import, rows, of);
    let named = Named::of(import, &rows, CENTRE.field).await?;
    let classes = store::lock_classes(import.txn, &named.all()).await?;
    // Under the centres' rows, as whoever sets a price or a cap.
    store::lock_centres(import.txn, &named.all()).await?;
    let ids: Vec<ClassId> = classes.iter().map(|class| class.id).collect();
    let mut present = store::offers(import.txn, &ids).await?;
    let by_name: HashMap<(CentreId, &str), &classes::Model> =
        classes.iter().map(|class| ((class.centre_id, class.name.as_str()), class)).collect();
    let (ctx, today) = (import.ctx, import.ctx.clock.today());
    let mut caps: HashMap<CentreId, Option<Cap>> = HashMap::new();
    let mut touched = Vec::new();
    for row in rows {
        import.step().await?;
        let at = row.at;
        let Some(centre) = named.centre(import, &row) else {
            // What else is wrong with it is told too.
            parsed::<DeskOfferIn>(import, COLUMNS, at, row.value);
            continue;
        };
        let Some(class) = by_name.get(&(centre, text(&row.value, "class"))).copied() else {
            let text = Text::new("该机构没有这个班级，请先导入班级。", "the centre has no such class.");
            import.problems.add(at, "班级名称", "unknown", &text);
            parsed::<DeskOfferIn>(import, COLUMNS, at, row.value);
            continue;
        };
        let Ok(care) = text(&row.value, "care_type").parse::<CareType>() else { continue };
        let before = present.get(&(class.id, care));
        let cap = match caps.get(&centre) {
            Some(cap) => *cap,
            None => {
                // Of a centre out of service there is no plan, and nothing is booked.
                let plan = CentrePlan::load(import.txn, centre, today).await?;
                let cap = plan.and_then(|plan| Cap::of(&plan, today));
                caps.insert(centre, cap);
                cap
            }
        };
        let made = |mut body: DeskOfferIn| {
            // What isn't said stays.
            body.active = body.active.or(before.map(|offer| offer.active));
            let offer = terms::offer_row(ctx, centre, (class.id, care), &body)?;
            let offer = offers::Model {
                id: before.map_or(offer.id, |before| before.id),
                min_minutes: match before {
                    Some(before) if body.min_minutes.is_none() => before.min_minutes,
                    _ => offer.min_minutes,
                },
                ..offer
            };
            // An offer that stays as it is isn't held against a cap that came later.
            match cap.filter(|_| before != Some(&offer)) {
                Some(cap) => cap.check("price_fen", &offer).map(|()| offer),
                None => Ok(offer),
            }
        };
        let made = ruled(&mut import.problems, COLUMNS, at, row.value, made)?;
        let Some(offer) = made.filter(|_| !import.problems.has(at)) else { continue };
        if before == Some(&offer) {
            import.unchanged += 1;
            continue;
        }
        terms::put_offer(import.txn, offer.clone()).await?;
        let detail = json!({ "class": class.id, "care_type": care, "unit": offer.unit, "price_fen": offer.price_fen,
            "meals_fen": offer.meals_fen, "active": offer.active });
        import.did("offer.set", offer.id.to_string(), detail);
        let count = if before.is_some() { &mut import.changed } else { &mut import.created };
        *count += 1;
        present.insert((class.id, care), offer);
        touched.push(centre);
    }
    tell(import, touched).await
}
