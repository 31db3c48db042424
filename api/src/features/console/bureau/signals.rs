//! Flags for people to look at.

use actix_web::{
    HttpResponse, get,
    web::{Data, ServiceConfig},
};
use chrono::Days;
use serde::Deserialize;

use super::{
    super::{
        fields::{Fields, any_of},
        shell::Shell,
        table::{Table, code, number, text},
        values::dash,
        view::View,
    },
    attention::DAYS,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        oversight::{
            service,
            signal_dto::{SignalKind, SignalOut, SignalsQuery},
        },
    },
    http::{Cursor, Day, Limit, Query},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_signals);
}

#[derive(Deserialize)]
struct SignalsPageQuery {
    from: Option<Day>,
    to: Option<Day>,
    kind: Option<SignalKind>,
    cursor: Option<Cursor>,
}

const KINDS: [(SignalKind, &str); 9] = [
    (SignalKind::NightScan, "night_scan"),
    (SignalKind::DeviceBurst, "device_burst"),
    (SignalKind::ManyChildren, "many_children"),
    (SignalKind::NoCheckIn, "no_check_in"),
    (SignalKind::AbovePlaces, "above_places"),
    (SignalKind::RatingBurst, "rating_burst"),
    (SignalKind::RatingDevice, "rating_device"),
    (SignalKind::RatingStaff, "rating_staff"),
    (SignalKind::SupportSheet, "support_sheet"),
];

fn word(kind: SignalKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, word)| word)
}

#[get("/signals")]
async fn bureau_signals(
    ctx: Data<Ctx>,
    shell: Shell,
    _bureau: Bureau,
    Query(query): Query<SignalsPageQuery>,
) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let today = ctx.clock.today();
    let to = query.to.unwrap_or(Day(today));
    let from = query.from.unwrap_or(Day(to.0 - Days::new(DAYS)));
    let kinds = KINDS.iter().map(|(kind, word)| (*word, kind.zh(), Some(*kind) == query.kind));
    let filter = Fields::filter(&shell, "/bureau/signals")
        .date("from", t("从", "From"), from.to_string())
        .date("to", t("到", "To"), to.to_string())
        .choice("kind", t("类别", "Kind"), any_of(&shell, kinds));
    let kind = query.kind;
    let query = SignalsQuery { from, to, kind, centre_id: None, limit: Limit(50), cursor: query.cursor };
    let page = shell.list(&query, async |query| service::signals(&ctx, &query).await).await?;
    let table = listed(&shell, t("异常提示", "Signals"), page.items);
    let kind = kind.map(|kind| format!("&kind={}", word(kind))).unwrap_or_default();
    let table =
        table.rest(&shell, page.rest).downloads("/bureau/signals", &format!("from={}&to={}{kind}", from.0, to.0));
    View::new(&shell, t("异常提示", "Signals"))
        .text("仅供人工核查，不代表违规。", "For people to look at; never a punishment.")
        .form(filter)
        .table(table)
        .answer(&ctx)
}

/// Signals, a line each.
pub(super) fn listed(shell: &Shell, caption: &str, signals: Vec<SignalOut>) -> Table {
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("类别", "Kind"),
        t("机构", "Centre"),
        t("日期", "Day"),
        t("设备", "Device"),
        t("#数量", "#Count"),
        t("#阈值", "#Threshold"),
        t("说明", "In words"),
        t("家庭编号", "Family"),
    ];
    let mut table = Table::new(shell, caption, &columns);
    for signal in signals {
        table.row(vec![
            text(shell.word(signal.kind.zh(), word(signal.kind))),
            text(dash(signal.centre_name)),
            text(dash(signal.date)),
            signal.device.map_or_else(|| text("—"), code),
            number(signal.count),
            number(signal.threshold),
            text(signal.detail),
            signal.family_id.map_or_else(|| text("—"), code),
        ]);
    }
    table
}
