//! Carers of the registers, by centre and name.

use entity::{Certificate, carers};
use serde::Deserialize;
use serde_json::json;

use super::{CENTRE, Import, Line, Named, Object, TOWNSHIP, once_each, parsed, store, tell, text, words};
use crate::{
    error::Result,
    features::{
        imports::columns::{Column, Holds, maybe, needed, read, ruled},
        registers::{NUMBER_PLACE, carers_dto::CarerIn, rules, service::carers as registers, store as registers_store},
    },
    http::Day,
    state::Ctx,
};

pub(super) const COLUMNS: &[Column] = &[
    CENTRE,
    TOWNSHIP,
    needed("姓名", "name", Holds::Text, "与证书一致；同名人员在姓名后加数字区分", "王小芳"),
    needed("证书等级", "certificate", words!(Certificate), "无证、初级、中级、高级、技师、高级技师", "初级"),
    maybe(
        "证书编号",
        "certificate_no",
        Holds::Text,
        "持证人员须填；请设为文本格式，以免丢失数字",
        "Y000035050426000001",
    ),
    maybe("证书有效期至", "certificate_until", Holds::Day, "长期有效不填", ""),
    maybe("核验日期", "checked_on", Holds::Day, "不填为导入当日", "2026-03-02"),
    maybe("离职日期", "left_on", Holds::Day, "在职不填", ""),
];

#[derive(Deserialize)]
struct Left {
    left_on: Option<Day>,
}

pub(super) async fn run(import: &mut Import<'_, '_>, lines: &[Line]) -> Result<()> {
    let rows = read::<Object>(lines, COLUMNS, &mut import.problems);
    import.has(rows.len());
    let of = |row: &Object| [CENTRE.field, TOWNSHIP.field, "name"].map(|field| text(row, field).to_owned());
    let rows = once_each(import, rows, of);
    let named = Named::of(import, &rows, CENTRE.field).await?;
    store::lock_centres(import.txn, &named.all()).await?;
    let present = store::carers(import.txn, &named.all()).await?;
    let (ctx, bureau, today) = (import.ctx, import.bureau, import.ctx.clock.today());
    let mut touched = Vec::new();
    for row in rows {
        import.step().await?;
        let at = row.at;
        // Of a centre that isn't known there is nobody yet: what else is wrong with the row is told too.
        let centre = named.centre(import, &row).unwrap_or_else(|| ctx.clock.id());
        let Some(Left { left_on }) = parsed(import, COLUMNS, at, row.value.clone()) else { continue };
        let fits = |body: CarerIn| {
            let fresh = registers::new_row(ctx, centre, bureau, &body);
            let before = present.get(&(centre, fresh.name_hash.clone()));
            let after = match before {
                None => carers::Model { left_on: left_on.map(|day| day.0), ..fresh },
                Some(before) => merged(ctx, before, &body, fresh, left_on)?,
            };
            rules::check_carer(&after, today)?;
            Ok((before, after))
        };
        let fits = ruled(&mut import.problems, COLUMNS, at, row.value, fits)?;
        let Some((before, after)) = fits.filter(|_| !import.problems.has(at)) else { continue };
        let detail = json!({ "centre": centre, "certificate": after.certificate, "until": after.certificate_until,
            "checked_on": after.checked_on, "left_on": after.left_on });
        match before {
            Some(before) if *before == after => import.unchanged += 1,
            Some(_) => {
                let id = after.id.to_string();
                registers_store::put_carer(import.txn, carers::Model { changed_at: import.ctx.clock.now(), ..after })
                    .await?;
                touched.push(centre);
                import.did("carer.change", id, detail);
                import.changed += 1;
            }
            None => {
                let id = after.id.to_string();
                registers_store::insert_carer(import.txn, after).await?;
                touched.push(centre);
                import.did("carer.add", id, detail);
                import.created += 1;
            }
        }
    }
    tell(import, touched).await
}

/// A carer as the row has it; what the row doesn't say stays.
fn merged(
    ctx: &Ctx,
    before: &carers::Model,
    body: &CarerIn,
    fresh: carers::Model,
    left_on: Option<Day>,
) -> Result<carers::Model> {
    let mut after = before.clone();
    after.certificate = body.certificate;
    if let Some(number) = &body.certificate_no {
        let known = before.certificate_no_sealed.as_deref();
        let known = known.map(|sealed| ctx.keys.open_text(NUMBER_PLACE, sealed)).transpose()?;
        // Sealed anew the same number would be other bytes.
        if known.as_deref() != Some(&**number) {
            after.certificate_no_sealed = fresh.certificate_no_sealed;
        }
    } else if body.certificate == Certificate::None {
        after.certificate_no_sealed = None;
    }
    if body.certificate_until.is_some() || body.certificate == Certificate::None {
        after.certificate_until = fresh.certificate_until;
    }
    if let Some(day) = body.checked_on {
        after.checked_on = day.0;
    }
    if let Some(day) = left_on {
        after.left_on = Some(day.0);
    }
    Ok(after)
}
