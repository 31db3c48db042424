//! The circle: the map, figures by township and community, the gaps, and what a site would bring.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, ServiceConfig},
};
use entity::{CentreId, CentreKind};
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, any_of, yes_or_no},
        shell::{Shell, see},
        table::{Cell, Table, number, percent, text},
        values::{dash, minute, yes},
        view::{Part, View},
    },
    map,
    overview::{beside, townships},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        centres::{
            all::{AllQuery, all},
            coords::Coord,
        },
        coverage::{
            dto::CommunityCoverageOut,
            figures_dto::{CoverageBy, CoverageGapsQuery, CoverageMapQuery, CoverageQuery},
            service::{figures, what_if},
            what_if_dto::{CoverageChange, CoverageSiteIn, CoverageWhatIfIn},
        },
    },
    http::{Cursor, Idempotency, Limit, Line, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_coverage).service(bureau_what_if).service(bureau_recompute_coverage);
}

#[derive(Deserialize)]
struct CirclePageQuery {
    minutes: Option<u32>,
    inclusive: Option<bool>,
    kind: Option<CentreKind>,
    township: Option<Line<20>>,
    cursor: Option<Cursor>,
}

impl CirclePageQuery {
    fn on_map(&self) -> CoverageMapQuery {
        CoverageMapQuery {
            inclusive: self.inclusive,
            kind: self.kind,
            township: self.township.clone(),
            ..map::query(self.minutes)
        }
    }

    fn by_township(&self) -> CoverageQuery {
        CoverageQuery {
            by: CoverageBy::Township,
            minutes: self.minutes,
            inclusive: self.inclusive,
            kind: self.kind,
            filed: None,
            rural: None,
            township: self.township.clone(),
            limit: Limit(100),
            cursor: None,
        }
    }

    fn gaps(self) -> CoverageGapsQuery {
        let Self { minutes, inclusive, kind, township, cursor } = self;
        let (filed, rural, coord, limit) = (None, None, Coord::Gcj02, Limit(50));
        CoverageGapsQuery { minutes, inclusive, kind, filed, rural, township, coord, limit, cursor }
    }

    /// As the API's downloads ask for it.
    fn download(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(minutes) = self.minutes {
            query.append_pair("minutes", &minutes.to_string());
        }
        if let Some(inclusive) = self.inclusive {
            query.append_pair("inclusive", &inclusive.to_string());
        }
        if let Some(kind) = self.kind {
            query.append_pair("kind", kind.as_str());
        }
        if let Some(township) = &self.township {
            query.append_pair("township", township);
        }
        query.finish()
    }
}

#[get("/coverage")]
async fn bureau_coverage(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<CirclePageQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let circle = figures::report(&ctx, query.by_township()).await?;
    let known = ctx.catalogue.townships();
    let named = known.iter().map(|name| (&**name, &**name, query.township.as_deref() == Some(&**name)));
    let kinds = CentreKind::ALL.iter().map(|kind| (kind.as_str(), kind.zh(), query.kind == Some(*kind)));
    let filter = Fields::filter(&shell, "/bureau/coverage")
        .number("minutes", t("步行分钟", "Minutes on foot"), Some(circle.minutes.into()), (1, 30))
        .choice("inclusive", t("普惠", "Inclusive"), yes_or_no(&shell, query.inclusive))
        .choice("kind", t("机构类型", "Kind"), any_of(&shell, kinds))
        .choice("township", t("乡镇", "Township"), any_of(&shell, named));
    let view = View::new(&shell, t("15分钟托育服务圈", "The 15-minute circle"))
        .form(filter)
        .part(Part::Big(percent(circle.total.rate), beside(&shell, &circle)))
        .part(map::picture(&ctx, &shell, query.on_map()).await?)
        .facts(&[
            ("圈内3岁以下", "Under three inside", circle.total.under3_covered.to_string()),
            ("3岁以下", "Under three", circle.total.under3.to_string()),
            ("计算时间", "Reckoned", dash(circle.computed_at.map(minute))),
            ("数据日期", "Figures of", dash(circle.figures_to.map(|day| day.0))),
        ])
        .table(townships(&shell, &circle))
        .part(Part::Folded(communities(&ctx, &shell, &query).await?))
        .form(what_if_form(&ctx, &shell)?)
        .table(gaps(&ctx, &shell, query).await?);
    view.form(
        Fields::post(&shell, "/bureau/coverage/recompute", t("重新计算", "Reckon anew"))
            .legend(t("路网数据更新后", "After the street network changed")),
    )
    .answer(&ctx)
}

/// Every community with its coverage.
async fn communities(ctx: &Ctx, shell: &Shell, query: &CirclePageQuery) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("编码", "Code"),
        t("社区（村）", "Community"),
        t("乡镇", "Township"),
        t("#3岁以下", "#Under three"),
        t("#圈内比例", "#Share inside"),
        t("是否覆盖", "Covered"),
        t("最近机构", "Nearest centre"),
        t("#步行分钟", "#Minutes"),
    ];
    let mut table = Table::new(shell, t("各社区（村）", "Every community"), &columns);
    for (community, coverage) in figures::all(ctx, &query.on_map()).await? {
        let nearest = coverage.nearest.as_ref();
        table.row(vec![
            Cell::Code(community.code),
            text(community.name),
            text(community.township),
            Cell::Number(dash(community.under3)),
            Cell::Number(percent(Some(coverage.share))),
            covered(shell, &coverage),
            text(dash(nearest.map(|nearest| &nearest.centre_name))),
            Cell::Number(dash(nearest.and_then(|nearest| nearest.minutes))),
        ]);
    }
    Ok(table.downloads("/bureau/coverage", &query.download()).sortable(shell, 'c'))
}

fn covered(shell: &Shell, coverage: &CommunityCoverageOut) -> Cell {
    Cell::Mark(if coverage.covered { "good" } else { "bad" }, yes(shell, coverage.covered))
}

async fn gaps(ctx: &Ctx, shell: &Shell, query: CirclePageQuery) -> Result<Table> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("社区（村）", "Community"),
        t("乡镇", "Township"),
        t("#圈外3岁以下", "#Under three outside"),
        t("#圈内比例", "#Share inside"),
        t("!设想", "!What if"),
    ];
    let mut table = Table::new(shell, t("覆盖缺口（圈外幼儿多的在前）", "Gaps, most children outside first"), &columns);
    let page = shell.list(&query.gaps(), async |query| figures::gaps(ctx, &query).await).await?;
    for gap in page.items {
        let at = gap.location;
        let ask = form_urlencoded::Serializer::new(String::new())
            .append_pair("lng", &format!("{:.7}", at.lng))
            .append_pair("lat", &format!("{:.7}", at.lat))
            .append_pair("name", &gap.name)
            .finish();
        table.row(vec![
            text(gap.name),
            text(gap.township),
            Cell::Number(dash(gap.under3_uncovered)),
            Cell::Number(percent(Some(gap.coverage.share))),
            Cell::Link(
                t("在此设点会怎样", "What if a centre stood here").to_owned(),
                format!("/bureau/coverage/what-if?{ask}"),
            ),
        ]);
    }
    Ok(table.rest(shell, page.rest))
}

/// Asks what a site or a closing would change.
fn what_if_form(ctx: &Ctx, shell: &Shell) -> Result<Fields> {
    let t = |zh, en| shell.t(zh, en);
    let asked = |name| shell.asked(name).unwrap_or_default();
    let now = asked("without");
    let mut centres = vec![(String::new(), t("不关停", "None").to_owned(), now.is_empty())];
    for centre in all(ctx, &AllQuery { limit: Limit(200), ..AllQuery::default() })?.items {
        let id = centre.row.id.to_string();
        centres.push((id.clone(), centre.row.name.clone(), id == now));
    }
    let systems = [
        ("gcj02", "GCJ-02（手机、腾讯地图）", "GCJ-02"),
        ("wgs84", "WGS-84（GPS）", "WGS-84"),
        ("bd09", "BD-09（百度地图）", "BD-09"),
    ];
    let coord = asked("coord");
    let systems = systems.map(|(word, zh, en)| (word.to_owned(), t(zh, en).to_owned(), word == coord));
    Ok(Fields::filter(shell, "/bureau/coverage/what-if")
        .legend(t("设想：新增或关停", "What if"))
        .decimal("lng", t("新设点经度", "Longitude of a site"), asked("lng"))
        .decimal("lat", t("新设点纬度", "Latitude"), asked("lat"))
        .choice("coord", t("坐标系", "Coordinates"), systems.to_vec())
        .text("name", t("名称", "Name"), asked("name"), 60)
        .choice("without", t("关停机构", "Closing"), centres))
}

#[derive(Deserialize)]
struct WhatIfQuery {
    lng: Option<f64>,
    lat: Option<f64>,
    #[serde(default)]
    coord: Coord,
    name: Option<Line<60>>,
    without: Option<CentreId>,
}

/// Changes nothing: a link to it can be handed on.
#[get("/coverage/what-if")]
async fn bureau_what_if(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    Query(query): Query<WhatIfQuery>,
) -> Result<HttpResponse> {
    let WhatIfQuery { lng, lat, coord, name, without } = query;
    let form = what_if_form(&ctx, &shell)?;
    let view = View::new(&shell, shell.t("设想", "What if")).form(form);
    let site = lng.zip(lat).map(|(lng, lat)| CoverageSiteIn { lng, lat, coord, name });
    let without: Vec<CentreId> = without.into_iter().collect();
    if site.is_none() && without.is_empty() {
        return view
            .text("请填写新设点的经纬度，或选择拟关停的机构。", "Say where a site would be, or what would close.")
            .answer(&ctx);
    }
    let sites = site.into_iter().collect();
    let body = CoverageWhatIfIn { sites, without, minutes: None, inclusive: None, kind: None, filed: None };
    let answer = what_if::what_if(&ctx, &bureau, body).await?;
    let CoverageChange { after, communities, under3, which } = answer.together;
    view.facts(&[
        ("现覆盖率", "Rate as it is", percent(answer.before.rate)),
        ("调整后", "As it would be", percent(after.rate)),
        ("社区（村）增减", "Communities", format!("{communities:+}")),
        ("圈内3岁以下增减", "Under three inside", format!("{under3:+}")),
    ])
    .table({
        let t = |zh, en| shell.t(zh, en);
        let columns = [
            t("社区（村）", "Community"),
            t("乡镇", "Township"),
            t("#现圈内比例", "#Share as it is"),
            t("#调整后", "#As it would be"),
            t("#3岁以下增减", "#Under three"),
        ];
        let mut table = Table::new(&shell, t("受影响的社区（村）", "Communities that change"), &columns);
        for community in which {
            table.row(vec![
                text(community.name),
                text(community.township),
                Cell::Number(percent(Some(community.share_before))),
                Cell::Number(percent(Some(community.share_after))),
                community.under3.map_or_else(|| text("—"), number),
            ]);
        }
        table.sortable(&shell, 'w')
    })
    .answer(&ctx)
}

#[post("/coverage/recompute")]
async fn bureau_recompute_coverage(ctx: Data<Ctx>, bureau: Bureau, key: Idempotency) -> Result<HttpResponse> {
    figures::recompute(&ctx, &bureau, &key).await?;
    Ok(see("/bureau/coverage", "saved"))
}
