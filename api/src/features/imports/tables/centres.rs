//! Centres, by name and township.

use entity::{CentreKind, Filed, Ownership};
use serde_json::Value;

use super::{Import, Line, Named, Object, Row, Surroundings, checked, once_each, store, text, words};
use crate::{
    error::{Result, Text},
    features::{
        directory::{dto::BureauCentreIn, service as directory, store as directory_store},
        imports::columns::{Column, Holds, maybe, needed, read, ruled},
    },
};

const NAME: &str = "name";
const TOWNSHIP: &str = "township";

pub(super) const COLUMNS: &[Column] = &[
    needed("机构名称", NAME, Holds::Text, "同一乡镇内不重名，最多60字", "东园镇阳光托育园"),
    needed("乡镇", TOWNSHIP, Holds::Text, "本区乡镇全称", "东园镇"),
    needed("类别", "kind", words!(CentreKind), "如：社区托育点、民办托育机构、公办托育机构", "民办托育机构"),
    needed("性质", "ownership", words!(Ownership), "公办或民办", "民办"),
    needed("地址", "address", Holds::Text, "最多120字", "东园镇阳光路8号"),
    needed("经度", "location.lng", Holds::Number, "度，如118.79", "118.7942"),
    needed("纬度", "location.lat", Holds::Number, "度，如24.89", "24.8952"),
    maybe("坐标系", "location.coord", Holds::Word(coords), "不填为gcj02（微信、高德、腾讯）；百度为bd09", "gcj02"),
    maybe("电话", "phone", Holds::Text, "家长拨打的电话", "0595-87551234"),
    maybe("简介", "intro", Holds::Text, "最多500字", "小区内托育园，提供全日托和临时托。"),
    maybe("备案状态", "filed", words!(Filed), "不填为未备案", "已备案"),
    maybe("备案编号", "filed_no", Holds::Text, "已备案须填", "托备〔2026〕12号"),
    maybe("普惠认定起", "inclusive_from", Holds::Day, "普惠机构须填，并填文号和收费上限", "2026-01-01"),
    maybe("普惠认定止", "inclusive_until", Holds::Day, "不填为长期", "2027-12-31"),
    maybe("普惠文号", "inclusive_doc", Holds::Text, "普惠认定文件编号", "台商民保〔2026〕5号"),
    maybe("收费上限（元/月）", "price_cap_fen", Holds::Yuan, "全日托每月收费上限", "2600"),
    maybe("泉台融合", "cross_strait", Holds::YesNo, "是或否", "否"),
];

pub(super) fn coords() -> Vec<(&'static str, &'static str)> {
    ["gcj02", "wgs84", "bd09"].map(|word| (word, word)).to_vec()
}

pub(super) async fn run(import: &mut Import<'_, '_>, lines: &[Line]) -> Result<()> {
    let rows = read::<Object>(lines, COLUMNS, &mut import.problems);
    import.has(rows.len());
    let key = |row: &Object| (text(row, NAME).to_owned(), text(row, TOWNSHIP).to_owned());
    let rows = once_each(import, rows, key);
    let named = Named::of(import, &rows, NAME).await?;
    let present = store::lock_centres(import.txn, &named.all()).await?;
    let ctx = import.ctx;
    let degrees = |row: &Row<Object>, axis: &str| row.value.get("location")?.get(axis)?.as_f64();
    let points = rows.iter().filter_map(|row| degrees(row, "lng").zip(degrees(row, "lat")));
    let around = Surroundings::of(import.txn, points).await?;
    for row in rows {
        import.step().await?;
        let (at, ids) = (row.at, named.find(text(&row.value, NAME), text(&row.value, TOWNSHIP)));
        match ids {
            [] => {
                let made = |body: BureauCentreIn| {
                    let made = directory::new_rows(ctx, body)?;
                    around.check("location.lng", made.0.location()).map(|()| made)
                };
                let made = ruled(&mut import.problems, COLUMNS, at, row.value, made)?;
                let Some((centre, hours)) = made.filter(|_| !import.problems.has(at)) else { continue };
                directory_store::insert(import.txn, centre.clone(), hours).await?;
                import.did("centre.add", centre.id.to_string(), Value::Object(directory::told(&centre)));
                import.created += 1;
            }
            [id] => {
                let Some(before) = present.get(id) else { continue };
                let patched = |patch| {
                    let after = directory::patched(ctx, before, patch)?;
                    let moved = after.location() != before.location();
                    if moved { around.check("location.lng", after.location()).map(|()| after) } else { Ok(after) }
                };
                let patched = ruled(&mut import.problems, COLUMNS, at, row.value, patched)?;
                let Some(after) = patched.filter(|_| !import.problems.has(at)) else { continue };
                if after == *before {
                    import.unchanged += 1;
                    continue;
                }
                let detail = directory::differences(before, &after);
                let put = directory::put(import.ctx, import.txn, before, after).await;
                if checked(import, COLUMNS, at, put)?.is_some() {
                    import.did("centre.edit", id.to_string(), detail);
                    import.changed += 1;
                }
            }
            _ => {
                let text = Text::new("该乡镇有多家同名机构，请先改名区分。", "several centres of this name there.");
                import.problems.add(at, "机构名称", "ambiguous", &text);
            }
        }
    }
    Ok(())
}
