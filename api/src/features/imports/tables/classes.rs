//! Classes, by centre and name.

use std::collections::HashMap;

use entity::{Band, CentreId, CentreKind, classes};
use serde_json::json;

use super::{CENTRE, Import, Line, Named, Object, TOWNSHIP, once_each, store, tell, text, words};
use crate::{
    error::{Problem, Result, Text},
    features::{
        imports::columns::{Column, Holds, maybe, needed, read, ruled},
        planning,
        terms::{self, dto::DeskClassNew},
    },
};

pub(super) const COLUMNS: &[Column] = &[
    CENTRE,
    TOWNSHIP,
    needed("班级名称", "name", Holds::Text, "同一机构内不重名，最多20字", "托小一班"),
    needed("年龄段", "band", words!(Band), "乳儿班、托小班、托大班、混合编班；家庭托育点填家庭托育", "托小班"),
    needed("托位数", "places", Holds::Whole, "不超过国家规定的班额", "15"),
    needed("保育人员数", "carers", Holds::Whole, "没有排班时的在岗人数", "3"),
    maybe("全日托保留托位", "kept_full_day", Holds::Whole, "只留给全日托的托位，不填为0", "0"),
];

pub(super) async fn run(import: &mut Import<'_, '_>, lines: &[Line]) -> Result<()> {
    let rows = read::<Object>(lines, COLUMNS, &mut import.problems);
    import.has(rows.len());
    let of = |row: &Object| [CENTRE.field, TOWNSHIP.field, "name"].map(|field| text(row, field).to_owned());
    let rows = once_each(import, rows, of);
    let named = Named::of(import, &rows, CENTRE.field).await?;
    // Classes before centres, as everyone takes them.
    let mut open: HashMap<CentreId, Vec<classes::Model>> = HashMap::new();
    for class in store::lock_classes(import.txn, &named.all()).await? {
        open.entry(class.centre_id).or_default().push(class);
    }
    let centres = store::lock_centres(import.txn, &named.all()).await?;
    let (rules, today) = (import.ctx.catalogue.rules(), import.ctx.clock.today());
    let (mut touched, mut lowered) = (Vec::new(), HashMap::<CentreId, Vec<(usize, classes::Model)>>::new());
    for row in rows {
        import.step().await?;
        let at = row.at;
        // Of a centre that isn't known there is nothing yet: what else is wrong with the row is told too.
        let centre = named.centre(import, &row).and_then(|id| centres.get(&id));
        let nothing = Vec::new();
        let present: &[classes::Model] = centre.and_then(|centre| open.get(&centre.id)).unwrap_or(&nothing);
        let fits = |body: DeskClassNew| {
            let before = present.iter().position(|class| class.name == *body.name);
            let of_before = before.map(|i| &present[i]);
            let kept = body.kept_full_day.map(|kept| kept.0).or_else(|| of_before.map(|class| class.kept_full_day));
            let kept = kept.unwrap_or(0);
            if let Some(centre) = centre {
                terms::check_band(centre.kind, body.band)?;
                same_band(of_before, body.band)?;
                one_of_family(centre.kind, before.is_none() && !present.is_empty())?;
            }
            terms::check_class(&rules, (body.band, body.places.0, kept), today)?;
            Ok((body, before, kept))
        };
        let fits = ruled(&mut import.problems, COLUMNS, at, row.value, fits)?;
        let fits = fits.filter(|_| !import.problems.has(at));
        let Some(((body, before, kept), centre)) = fits.zip(centre) else { continue };
        let present = open.entry(centre.id).or_default();
        let DeskClassNew { name, band, places, carers, kept_full_day: _ } = body;
        let class = classes::Model {
            id: before.map_or_else(|| import.ctx.clock.id(), |i| present[i].id),
            centre_id: centre.id,
            name: name.into_inner(),
            band,
            places: places.0,
            carers: carers.0,
            kept_full_day: kept,
            active: true,
        };
        let detail = json!({ "band": band, "places": class.places, "carers": class.carers, "kept_full_day": kept });
        match before {
            Some(i) if present[i] == class => {
                import.unchanged += 1;
                continue;
            }
            Some(i) => {
                store::put_class(import.txn, &class).await?;
                import.did("class.change", class.id.to_string(), detail);
                import.changed += 1;
                let before = std::mem::replace(&mut present[i], class);
                lowered.entry(centre.id).or_default().push((at, before));
            }
            None => {
                store::insert_class(import.txn, class.clone()).await?;
                import.did("class.add", class.id.to_string(), detail);
                import.created += 1;
                present.push(class);
            }
        }
        touched.push(centre.id);
    }
    for (centre, changed) in lowered {
        let now = open.get(&centre).map_or(&[] as &[_], Vec::as_slice);
        told_of_visits(import, centre, now, &changed).await?;
    }
    tell(import, touched).await
}

/// Places that booked children have aren't taken away unseen: the centre does that at its desk, which lists whom
/// it hits.
async fn told_of_visits(
    import: &mut Import<'_, '_>,
    centre: CentreId,
    now: &[classes::Model],
    changed: &[(usize, classes::Model)],
) -> Result<()> {
    let fewer = |(_, old): &&(usize, classes::Model)| {
        now.iter().find(|class| class.id == old.id).is_some_and(|new| {
            new.places < old.places || new.carers < old.carers || new.kept_full_day > old.kept_full_day
        })
    };
    let changed: Vec<_> = changed.iter().filter(fewer).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let before: Vec<classes::Model> = changed.iter().map(|(_, old)| old.clone()).collect();
    let hit = planning::over_capacity(import.ctx, import.txn, centre, &before, now).await?;
    for (at, old) in changed {
        let Some(visits) = hit.get(&old.id) else { continue };
        let text = Text::new(
            format!("有{visits}次已预约的托育超出修改后的托位或保育人员数，请由机构在班级中单独修改，并与家长协商。"),
            format!("{visits} booked visits would have no room: the centre changes this class at its desk."),
        );
        import.problems.add(*at, "托位数", "over_capacity", &text);
    }
    Ok(())
}

fn same_band(before: Option<&classes::Model>, band: Band) -> Result<()> {
    if before.is_none_or(|class| class.band == band) {
        return Ok(());
    }
    let text = Text::new(
        "已有班级的年龄段不能修改，请由机构关闭该班后另开。",
        "The age band of a class doesn't change: close it and open another.",
    );
    Err(Problem::field("band", "fixed", text))
}

/// 家庭托育点: five children in all, in one class.
fn one_of_family(kind: CentreKind, another: bool) -> Result<()> {
    if kind != CentreKind::Family || !another {
        return Ok(());
    }
    Err(Problem::field("name", "exists", Text::new("家庭托育点只设一个班。", "A family centre has one class.")))
}
