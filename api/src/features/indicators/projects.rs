//! The progress of projects 1 (sites in party-neighbourhood and community centres) and 3 (kindergartens):
//! centres of those kinds count that are in service, have a class with places, and are filed or being filed: what was
//! merely entered is no site yet. Whether a site passed its acceptance stands in no document that the program has:
//! filing is taken for it (assumption).

use std::collections::{BTreeMap, BTreeSet};

use entity::{CentreId, CentreKind, Filed, centre_states};

use super::{
    projects_dto::{ProjectCentreOut, ProjectTaskOut, ProjectsOut, ProjectsQuery},
    store::states,
};
use crate::{
    error::Result,
    http::{Cursor, Day, Page},
    platform::clock::local,
    state::Ctx,
};

/// The project that a kind of centre belongs to.
const fn project(kind: CentreKind) -> Option<i32> {
    match kind {
        CentreKind::PartyNeighbourhood | CentreKind::Community => Some(1),
        CentreKind::Kindergarten => Some(3),
        CentreKind::Employer | CentreKind::Private | CentreKind::Public | CentreKind::Family => None,
    }
}

/// Whether a centre is a site of a project.
fn counts(state: &centre_states::Model) -> bool {
    let filed = matches!(state.filed, Filed::Pending | Filed::Filed | Filed::Changed);
    state.active && filed && state.places() > 0 && project(state.kind).is_some()
}

/// The counts, and a page of the centres.
pub async fn progress(ctx: &Ctx, query: &ProjectsQuery) -> Result<ProjectsOut> {
    let (db, now) = (ctx.db.reader(), ctx.clock.now());
    let after: Option<CentreId> = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let (mut counting, mut part) = (Vec::new(), None);
    while let Some(next) = states::next_part(db, part, None).await? {
        let all = states::present(db, next, None, now).await?;
        counting.extend(all.into_iter().filter(counts));
        part = Some(next);
    }
    let tasks = tasks(ctx, &counting);
    let rest = counting.iter().filter(|state| after.is_none_or(|after| state.centre_id > after));
    let rows: Vec<_> = rest.take(query.limit.0 as usize + 1).collect();
    let ids: Vec<CentreId> = rows.iter().map(|state| state.centre_id).collect();
    let names: BTreeMap<_, _> = states::names(db, &ids).await?.into_iter().map(|row| (row.0, (row.1, row.2))).collect();
    let page = Page::of(
        rows,
        query.limit,
        |state| state.centre_id,
        |state| {
            let (name, entered) = names.get(&state.centre_id).cloned().unwrap_or_default();
            ProjectCentreOut {
                id: state.centre_id,
                name,
                project: project(state.kind).unwrap_or(0),
                kind: state.kind,
                township: state.township.clone(),
                filed: state.filed,
                places: state.places().into(),
                entered_on: Day(local(entered).date_naive()),
            }
        },
    );
    Ok(ProjectsOut { on: Day(ctx.clock.today()), tasks, centres: page.items, next_cursor: page.next_cursor })
}

fn tasks(ctx: &Ctx, counting: &[centre_states::Model]) -> Vec<ProjectTaskOut> {
    let of = |number: i32| counting.iter().filter(move |state| project(state.kind) == Some(number));
    let kind = |kind: CentreKind| counting.iter().filter(move |state| state.kind == kind).count() as i64;
    let places = |number: i32| of(number).map(|state| i64::from(state.places())).sum::<i64>();
    let townships = ctx.catalogue.townships();
    let with: BTreeSet<&str> = of(1).map(|state| state.township.as_str()).collect();
    let missing: Vec<String> = townships.iter().filter(|name| !with.contains(name.as_str())).cloned().collect();
    let task = |project: i32, task: &'static str, name: &'static str, count: i64, target: i64| ProjectTaskOut {
        project,
        task,
        name,
        count,
        target,
        met: count >= target,
        missing_townships: Vec::new(),
    };
    let settings = &ctx.settings;
    let all = townships.len() as i64;
    let party = kind(CentreKind::PartyNeighbourhood);
    let community = kind(CentreKind::Community);
    vec![
        task(1, "party_neighbourhood_centres", "党建+邻里中心托育点数", party, settings.project1_party_centres.into()),
        task(1, "community_centres", "社区托育点数", community, settings.project1_community_centres.into()),
        task(1, "places", "党建+邻里中心和社区托育点的托位数", places(1), settings.project1_places.into()),
        ProjectTaskOut {
            missing_townships: missing.clone(),
            ..task(1, "townships", "有托育点的乡镇数", all - missing.len() as i64, all)
        },
        task(3, "places", "幼儿园托班托位数", places(3), settings.project3_places.into()),
    ]
}
