//! Statements: drafted, checked, frozen, shown.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use entity::{CentreId, StatementId, StatementStatus, adjustments, statements};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::{
    dto::{
        RecomputedOut, StatementDetailOut, StatementIn, StatementOut, StatementsQuery, UnsettledOut, UnsettledQuery,
    },
    four_eyes,
    rules::{Figures, StatementAdjustment, StatementLine, span},
    store::{adjustments as adjusting, rows, statements as store},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau, terms},
    http::{Cursor, Idempotency, Moment, Month, Once, Page, once},
    platform::{
        constraint::{Constraint, violated},
        db::write_txn,
    },
    state::Ctx,
};

/// Drafts the statement of a centre and month that is over, or drafts it anew.
pub async fn draft(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, body: StatementIn) -> Result<Once<StatementOut>> {
    let StatementIn { centre_id, month } = body;
    if ctx.clock.today() < span(month).1 {
        let text = Text::new(
            format!("{month} 还没有结束，请在月末之后再起草结算单。"),
            format!("{month} isn't over: draft its statement after the last day."),
        );
        return Err(Problem::field("month", "not_over", text));
    }
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        // Held: who drafts the same statement at once comes after, and drafts it anew.
        let centre = terms::lock_centre(txn, centre_id).await?.ok_or_else(|| {
            let text = Text::new("没有找到这家机构。", "There is no such centre.");
            Problem::new(Code::NotFound).and_field("centre_id", "unknown", text)
        })?;
        let present = store::of_month(txn, centre_id, month).await?;
        let figures = figures_due(txn, centre_id, month).await?;
        if figures.is_empty() {
            let text = Text::new(
                format!("该机构 {month} 没有可结算的核销或调整。"),
                format!("The centre has nothing to settle for {month}."),
            );
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        let row = statements::Model {
            id: present.as_ref().map_or_else(|| ctx.clock.id(), |row| row.id),
            centre_id,
            month: month.0,
            status: StatementStatus::Draft,
            number: None,
            total_fen: entity::Fen(figures.totals.total_fen),
            figures_sha256: figures.digest(),
            labels: labels(txn, &centre.name, &figures).await?,
            figures: serde_json::to_value(&figures).map_err(Problem::internal)?,
            drafted_at: ctx.clock.now(),
            drafted_by: bureau.staff_id,
            checked_at: None,
            checked_by: None,
            frozen_at: None,
            frozen_by: None,
        };
        let detail = json!({ "figures_sha256": row.figures_sha256, "total_fen": row.total_fen });
        let id = row.id.to_string();
        let out = out(row.clone(), &figures);
        if present.is_some() {
            let (id, again) = (row.id, statements::ActiveModel::from(row));
            if !four_eyes::redraft::<statements::Entity>(txn, id, again).await? {
                return Err(frozen_already());
            }
        } else if let Err(error) = store::insert(txn, row).await {
            return Err(match violated(&error) {
                Some(Constraint::StatementOfMonth) => Problem::new(Code::Unavailable),
                _ => error.into(),
            });
        }
        audit::record(ctx, txn, bureau.into(), "statement.draft", id, detail).await?;
        Ok(out)
    })
    .await
}

/// Checks a draft: its figures must still be those of the rows.
pub async fn check(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: StatementId) -> Result<Once<StatementOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = find(txn, id).await?;
        let (figures, month) = (stored(&row)?, Month(row.month));
        let now = figures_due(txn, row.centre_id, month).await?;
        if row.status == StatementStatus::Draft && now.digest() != row.figures_sha256 {
            return Err(changed());
        }
        if !four_eyes::check::<statements::Entity>(txn, id, &figures.digest(), bureau.staff_id, ctx.clock.now()).await?
        {
            return Err(wrong_state(row.status, "复核"));
        }
        let detail = json!({ "figures_sha256": row.figures_sha256, "total_fen": row.total_fen });
        audit::record(ctx, txn, bureau.into(), "statement.check", id.to_string(), detail).await?;
        Ok(out(find(txn, id).await?, &figures))
    })
    .await
}

/// Freezes a checked statement, by another officer than who checked it. What it accounts for is
/// bound to it; if that isn't what was checked, nothing happens.
pub async fn freeze(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: StatementId) -> Result<Once<StatementOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = find(txn, id).await?;
        let now = ctx.clock.now();
        if row.checked_by == Some(bureau.staff_id) && row.status == StatementStatus::Checked {
            let text = Text::new(
                "结算单须由复核人以外的另一名工作人员定稿。",
                "Another officer than who checked the statement must freeze it.",
            );
            return Err(Problem::new(Code::Forbidden).detail(text));
        }
        let number = store::next_number(txn, ctx.clock.today().year()).await?;
        if !four_eyes::freeze::<statements::Entity>(txn, id, &number, bureau.staff_id, now).await? {
            // As it is now: another may have been faster.
            return Err(wrong_state(find(txn, id).await?.status, "定稿"));
        }
        let month = Month(row.month);
        let months = accounted_months(txn, row.centre_id, month).await?;
        rows::put_into(txn, id, row.centre_id, &months).await?;
        adjusting::put_into(txn, id, row.centre_id).await?;
        let figures = figures_of(txn, &row).await?;
        if figures.digest() != row.figures_sha256 {
            return Err(changed());
        }
        let detail = json!({ "number": number, "figures_sha256": row.figures_sha256, "total_fen": row.total_fen });
        audit::record(ctx, txn, bureau.into(), "statement.freeze", id.to_string(), detail).await?;
        Ok(out(find(txn, id).await?, &figures))
    })
    .await
}

/// One statement with its lines and its figures computed again.
pub async fn read(ctx: &Ctx, id: StatementId, own: Option<CentreId>) -> Result<StatementDetailOut> {
    let db = ctx.db.reader();
    let visible = |row: &statements::Model| own.is_none() || row.status == StatementStatus::Frozen;
    let row = store::one(db, id, own).await?.filter(visible).ok_or_else(|| Problem::new(Code::NotFound))?;
    let figures = stored(&row)?;
    let again = match row.status {
        StatementStatus::Frozen => figures_of(db, &row).await?,
        _ => figures_due(db, row.centre_id, Month(row.month)).await?,
    };
    let figures_sha256 = again.digest();
    let same = figures_sha256 == row.figures_sha256 && figures.digest() == row.figures_sha256;
    let campaign_names = serde_json::from_value(row.labels["campaigns"].clone()).map_err(Problem::internal)?;
    let statement = out(row, &figures);
    Ok(StatementDetailOut { statement, figures, campaign_names, recomputed: RecomputedOut { figures_sha256, same } })
}

/// Statements, newest first; a desk sees its own frozen ones.
pub async fn page(ctx: &Ctx, query: &StatementsQuery, own: Option<CentreId>) -> Result<Page<StatementOut>> {
    let filter = store::Filter {
        own,
        centre: query.centre_id,
        month: query.month,
        status: if own.is_some() { Some(StatementStatus::Frozen) } else { query.status },
        after: query.cursor.as_ref().map(Cursor::unpack).transpose()?,
    };
    let found = store::page(ctx.db.reader(), filter, query.limit).await?;
    let shown = |row: statements::Model| stored(&row).map(|figures| out(row, &figures));
    let page = Page::of(found, query.limit, |row| row.id, shown);
    Ok(Page { items: page.items.into_iter().collect::<Result<_>>()?, next_cursor: page.next_cursor })
}

/// Centres with something of a month to settle.
pub async fn unsettled(ctx: &Ctx, query: &UnsettledQuery) -> Result<Page<UnsettledOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = rows::unsettled(ctx.db.reader(), query.month, query.limit, after).await?;
    let shown = |row: rows::Unsettled| {
        let rows::Unsettled { centre_id, centre_name, units, amount_fen, statement_id, statement_status } = row;
        let amount_fen = entity::Fen(amount_fen);
        UnsettledOut { centre_id, centre_name, units, amount_fen, statement_id, statement_status }
    };
    Ok(Page::of(found, query.limit, |row| row.centre_id, shown))
}

/// The first month, of those before one, that isn't settled, and how many units it and the later ones hold.
pub async fn unsettled_before(ctx: &Ctx, month: Month) -> Result<Option<(Month, i64)>> {
    let found = rows::unsettled_before(ctx.db.reader(), month.0).await?;
    Ok(found.map(|(first, units)| (Month::of(first), units)))
}

/// The month, and the earlier ones that are frozen: what came late to them is paid now.
async fn accounted_months(db: &impl ConnectionTrait, centre: CentreId, month: Month) -> Result<Vec<Month>> {
    let frozen = store::frozen_months(db, centre).await?;
    Ok(std::iter::once(month).chain(frozen.into_iter().filter(|other| *other < month)).collect())
}

/// What a statement of this month would hold now.
async fn figures_due(db: &impl ConnectionTrait, centre: CentreId, month: Month) -> Result<Figures> {
    let months = accounted_months(db, centre, month).await?;
    let found = rows::rows_due(db, centre, &months).await?;
    let adjusted = adjusting::due(db, centre).await?;
    Ok(summed(centre, month, found, adjusted))
}

/// What a frozen statement holds.
async fn figures_of(db: &impl ConnectionTrait, row: &statements::Model) -> Result<Figures> {
    let found = rows::rows_of(db, row.id).await?;
    let adjusted = adjusting::of_statement(db, row.id).await?;
    Ok(summed(row.centre_id, Month(row.month), found, adjusted))
}

fn summed(centre: CentreId, month: Month, found: Vec<rows::Row>, adjusted: Vec<adjustments::Model>) -> Figures {
    let lines = found.into_iter().map(|row| StatementLine {
        redemption_id: row.id,
        voucher_id: row.voucher_id,
        campaign_id: row.campaign_id,
        service_date: row.service_date,
        care_type: row.care_type,
        status: row.status,
        offline: row.uploaded_at.is_some(),
        late: Month::of(row.service_date) != month,
        face_value_fen: row.face_value_fen,
    });
    let adjustments = adjusted.into_iter().map(|row| StatementAdjustment {
        adjustment_id: row.id,
        redemption_id: row.redemption_id,
        amount_fen: row.amount_fen,
        reason: row.reason,
    });
    Figures::of(centre, month, lines.collect(), adjustments.collect())
}

/// Names as they are now, kept beside the figures.
async fn labels(db: &impl ConnectionTrait, centre: &str, figures: &Figures) -> Result<serde_json::Value> {
    let ids: Vec<_> = figures.campaigns.iter().map(|campaign| campaign.campaign_id).collect();
    let names = rows::campaign_names(db, &ids).await?;
    let names: BTreeMap<_, _> = names.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    Ok(json!({ "centre": centre, "campaigns": names }))
}

async fn find(db: &impl ConnectionTrait, id: StatementId) -> Result<statements::Model> {
    store::one(db, id, None).await?.ok_or_else(|| Problem::new(Code::NotFound))
}

fn stored(row: &statements::Model) -> Result<Figures> {
    serde_json::from_value(row.figures.clone()).map_err(Problem::internal)
}

fn out(row: statements::Model, figures: &Figures) -> StatementOut {
    StatementOut {
        id: row.id,
        centre_id: row.centre_id,
        centre_name: row.labels["centre"].as_str().unwrap_or_default().to_owned(),
        month: Month(row.month),
        status: row.status,
        number: row.number,
        totals: figures.totals,
        figures_sha256: row.figures_sha256,
        drafted_at: Moment(row.drafted_at),
        drafted_by: row.drafted_by,
        checked_at: row.checked_at.map(Moment),
        checked_by: row.checked_by,
        frozen_at: row.frozen_at.map(Moment),
        frozen_by: row.frozen_by,
    }
}

fn changed() -> Problem {
    let text = Text::new(
        "起草之后又有核销、撤销或调整，结算数据已变化，请重新起草并复核。",
        "Redemptions, reversals or adjustments came since the draft: draft and check it again.",
    );
    Problem::new(Code::WrongState).detail(text).fact("reason", "figures_changed")
}

fn frozen_already() -> Problem {
    let text = Text::new(
        "该月结算单已定稿，不能再改；如需更正，请新增调整，计入下一期结算单。",
        "The statement is frozen: make an adjustment, which goes into the next one.",
    );
    Problem::new(Code::StatementFrozen).detail(text)
}

/// Takes a draft away, checked or not: what it listed waits for another one.
pub async fn discard(ctx: &Ctx, bureau: &Bureau, id: StatementId) -> Result<()> {
    write_txn(&ctx.db, async |txn| {
        let row = store::one(txn, id, None).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        if !four_eyes::discard::<statements::Entity>(txn, id).await? {
            return Err(frozen_already());
        }
        let detail = json!({ "figures_sha256": row.figures_sha256, "month": row.month });
        Ok(audit::record(ctx, txn, bureau.into(), "statement.discard", id.to_string(), detail).await?)
    })
    .await
}

fn wrong_state(present: StatementStatus, deed: &str) -> Problem {
    if present == StatementStatus::Frozen {
        return frozen_already();
    }
    let text =
        Text::new(format!("结算单当前为“{}”，不能{deed}。", present.zh()), format!("The statement is {present}."));
    Problem::new(Code::WrongState).detail(text).fact("state", present)
}
