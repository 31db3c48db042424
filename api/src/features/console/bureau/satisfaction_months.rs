//! Closed months of satisfaction: the figures as they were taken, and as later changes and exclusions revised them.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    super::{
        fields::Fields,
        shell::Shell,
        table::{Cell, Table, interval, link, number, percent, text},
        values::{centre_name, dash, minute},
        view::View,
    },
    satisfaction::{mean, verdict},
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        satisfaction::{
            dto::{SatisfactionCounted, SatisfactionMonthOut, SatisfactionMonthsQuery},
            snapshots,
        },
    },
    http::Query,
    state::Ctx,
};

/// Where it is.
pub(super) const LIST: &str = "/bureau/satisfaction/months";

#[get("/satisfaction/months")]
pub(super) async fn bureau_satisfaction_months(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<SatisfactionMonthsQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let month = query.month.map(|month| month.to_string()).unwrap_or_default();
    let filter = Fields::filter(&shell, LIST).month("month", t("月份", "Month"), month);
    let page = shell.list(&query, async |query| snapshots::months(&ctx, query).await).await?;
    let centres = revised(&ctx, &shell, &page.items);
    let mut table = Table::new(&shell, t("已关账月份", "Closed months"), &columns(&shell));
    for item in &page.items {
        let month = &item.month;
        let (class, zh, en) =
            if item.changed { ("wait", "有修订", "revised") } else { ("good", "无变化", "as taken") };
        let mut cells = vec![
            link(month.to_string(), format!("/bureau/satisfaction?from={month}&to={month}&by=centre")),
            text(minute(item.as_of)),
        ];
        cells.extend(figures(&shell, &item.taken));
        cells.extend(figures(&shell, &item.revised));
        cells.push(Cell::Mark(class, t(zh, en).to_owned()));
        table.row(cells);
    }
    View::new(&shell, t("满意度：已关账月份", "Satisfaction: closed months"))
        .text(
            "每月结束后留存快照，快照不再改变；此后的修改和剔除单列为修订数。",
            "Each month is taken once it is over and never changes; what changed since stands beside it as revised.",
        )
        .form(filter)
        .table(table.whole(&shell, LIST).rest(&shell, page.rest))
        .table(centres)
        .answer(&ctx)
}

fn columns(shell: &Shell) -> [&str; 13] {
    let t = |zh, en| shell.t(zh, en);
    [
        t("月份", "Month"),
        t("快照时间", "Taken"),
        t("#快照：评价", "#Taken: answers"),
        t("#快照：满意率", "#Taken: rate"),
        t("#快照：95%区间", "#Taken: 95% interval"),
        t("#快照：均分", "#Taken: mean"),
        t("快照：达标", "Taken: met"),
        t("#修订：评价", "#Revised: answers"),
        t("#修订：满意率", "#Revised: rate"),
        t("#修订：95%区间", "#Revised: 95% interval"),
        t("#修订：均分", "#Revised: mean"),
        t("修订：达标", "Revised: met"),
        t("是否有修订", "Revised"),
    ]
}

fn figures(shell: &Shell, of: &SatisfactionCounted) -> [Cell; 5] {
    [
        number(of.answers),
        Cell::Number(percent(of.rate)),
        Cell::Number(interval(of.interval)),
        Cell::Number(mean(of.mean)),
        verdict(shell, of.met, of.met_with_confidence),
    ]
}

/// The centres whose figures of these months were revised.
fn revised(ctx: &Ctx, shell: &Shell, months: &[SatisfactionMonthOut]) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("月份", "Month"),
        t("机构", "Centre"),
        t("#快照：评价", "#Taken: answers"),
        t("#快照：满意", "#Taken: satisfied"),
        t("#快照：满意率", "#Taken: rate"),
        t("#修订：评价", "#Revised: answers"),
        t("#修订：满意", "#Revised: satisfied"),
        t("#修订：满意率", "#Revised: rate"),
    ];
    let mut table = Table::new(shell, t("有修订的机构", "Centres whose figures were revised"), &columns);
    for month in months {
        for centre in &month.centres {
            let mut cells = vec![text(month.month.to_string()), text(centre_name(ctx, centre.centre_id))];
            for of in [&centre.taken, &centre.revised] {
                cells.extend([number(of.answers), Cell::Number(dash(of.satisfied)), Cell::Number(percent(of.rate))]);
            }
            table.row(cells);
        }
    }
    table.sortable(shell, 'c')
}
