//! Sheets: drafted, checked, frozen, shown; and rates.

use std::collections::BTreeMap;

use entity::{ChildId, Fen, StatementStatus, SupportItem, SupportKind, SupportSheetId, support_rates, support_sheets};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    dto::{
        SupportRateIn, SupportRateOut, SupportRatesOut, SupportRecomputedOut, SupportSheetDetailOut, SupportSheetIn,
        SupportSheetOut, SupportSheetsQuery,
    },
    evidence::{Of, evidence},
    rules::{Evidence, SupportFigures, category},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau, settlement::four_eyes, settlement::rules::span, terms, vouchers::allow_funds},
    http::{Cursor, Day, Idempotency, Moment, Month, Once, Page, once},
    platform::{
        constraint::{Constraint, violated},
        db::write_txn,
    },
    state::Ctx,
};

/// 1 million yuan: beyond it someone mistyped.
const MOST_FEN: i64 = 100_000_000;

/// Drafts the sheet of a centre and month that is over, or drafts it anew.
pub async fn draft(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    body: SupportSheetIn,
) -> Result<Once<SupportSheetOut>> {
    let SupportSheetIn { kind, centre_id, month, fund_source } = body;
    if ctx.clock.today() < span(month).1 {
        let text = Text::new(
            format!("{month} 还没有结束，请在月末之后再起草补助单。"),
            format!("{month} isn't over: draft its sheet after the last day."),
        );
        return Err(Problem::field("month", "not_over", text));
    }
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let fund_category = category(kind);
        allow_funds(txn, fund_source, fund_category, ctx.clock.today()).await?;
        // Held: who drafts the same sheet at once comes after, and drafts it anew.
        let centre = terms::lock_centre(txn, centre_id).await?.ok_or_else(|| {
            let text = Text::new("没有找到这家机构。", "There is no such centre.");
            Problem::new(Code::NotFound).and_field("centre_id", "unknown", text)
        })?;
        let centre_name = centre.name;
        let present = store::of_month(txn, kind, centre_id, month.0).await?;
        let of = Of { kind, centre: centre_id, month, sheet: present.as_ref().map(|row| row.id), former: false };
        let (evidence, _) = evidence(ctx, txn, of).await?;
        check_rate(kind, &evidence)?;
        let figures = SupportFigures::of(kind, centre_id, &evidence);
        let names = store::class_names(txn, centre_id).await?;
        let names: BTreeMap<_, _> = names.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        let row = support_sheets::Model {
            id: present.as_ref().map_or_else(|| ctx.clock.id(), |row| row.id),
            kind,
            centre_id,
            month: month.0,
            status: StatementStatus::Draft,
            number: None,
            fund_source,
            fund_category,
            total_fen: figures.total_fen,
            figures_sha256: figures.digest(),
            evidence: serde_json::to_value(&evidence).map_err(Problem::internal)?,
            figures: serde_json::to_value(&figures).map_err(Problem::internal)?,
            labels: json!({ "centre": centre_name, "classes": names }),
            drafted_at: ctx.clock.now(),
            drafted_by: bureau.staff_id,
            checked_at: None,
            checked_by: None,
            frozen_at: None,
            frozen_by: None,
            differs_since: None,
        };
        let (id, told, out) = (row.id, told(&row), out(row.clone())?);
        if present.is_some() {
            let again = support_sheets::ActiveModel::from(row);
            if !four_eyes::redraft::<support_sheets::Entity>(txn, id, again).await? {
                return Err(frozen_already());
            }
        } else {
            store::insert(txn, row).await?;
        }
        audit::record(ctx, txn, bureau.into(), "support_sheet.draft", id.to_string(), told).await?;
        Ok(out)
    })
    .await
}

/// Checks a draft: its figures must still be those of the visits.
pub async fn check(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: SupportSheetId) -> Result<Once<SupportSheetOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = find(txn, id).await?;
        if row.status == StatementStatus::Draft && !agrees(ctx, txn, &row).await? {
            return Err(changed());
        }
        let (by, at) = (bureau.staff_id, ctx.clock.now());
        if !four_eyes::check::<support_sheets::Entity>(txn, id, &row.figures_sha256, by, at).await? {
            return Err(wrong_state(row.status, "复核"));
        }
        audit::record(ctx, txn, bureau.into(), "support_sheet.check", id.to_string(), told(&row)).await?;
        out(find(txn, id).await?)
    })
    .await
}

/// Freezes a checked sheet, by another officer than who checked it. If anything changed since, or the funds
/// may not pay for it any more, nothing happens.
pub async fn freeze(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: SupportSheetId,
) -> Result<Once<SupportSheetOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let row = find(txn, id).await?;
        if row.checked_by == Some(bureau.staff_id) && row.status == StatementStatus::Checked {
            let text = Text::new(
                "补助单须由复核人以外的另一名工作人员定稿。",
                "Another officer than who checked the sheet must freeze it.",
            );
            return Err(Problem::new(Code::Forbidden).detail(text));
        }
        let number = store::next_number(txn, row.kind, ctx.clock.today()).await?;
        let (by, at) = (bureau.staff_id, ctx.clock.now());
        if !four_eyes::freeze::<support_sheets::Entity>(txn, id, &number, by, at).await? {
            // As it is now: another may have been faster.
            return Err(wrong_state(find(txn, id).await?.status, "定稿"));
        }
        allow_funds(txn, row.fund_source, row.fund_category, ctx.clock.today()).await?;
        let (figures, paid) = now(ctx, txn, &row).await?;
        if figures.digest() != row.figures_sha256 {
            return Err(changed());
        }
        if row.kind == SupportKind::Incentive {
            store::keep_paid(txn, id, row.month, paid).await.map_err(|error| match violated(&error) {
                // Another centre's sheet was frozen in this moment, and pays for one of the children.
                Some(Constraint::SupportChildMonth) => changed(),
                _ => error.into(),
            })?;
        }
        let mut told = told(&row);
        told["number"] = json!(number);
        audit::record(ctx, txn, bureau.into(), "support_sheet.freeze", id.to_string(), told).await?;
        out(find(txn, id).await?)
    })
    .await
}

/// Takes a draft away, checked or not.
pub async fn discard(ctx: &Ctx, bureau: &Bureau, id: SupportSheetId) -> Result<()> {
    write_txn(&ctx.db, async |txn| {
        let row = find(txn, id).await?;
        if !four_eyes::discard::<support_sheets::Entity>(txn, id).await? {
            return Err(frozen_already());
        }
        Ok(audit::record(ctx, txn, bureau.into(), "support_sheet.discard", id.to_string(), told(&row)).await?)
    })
    .await
}

/// One sheet with its lines and its figures computed again.
pub async fn read(ctx: &Ctx, id: SupportSheetId) -> Result<SupportSheetDetailOut> {
    let db = ctx.db.reader();
    let row = find(db, id).await?;
    let (figures, evidence) = (stored(&row)?, kept(&row)?);
    let figures_sha256 = SupportFigures::of(row.kind, row.centre_id, &evidence).digest();
    let same = figures_sha256 == row.figures_sha256 && figures.digest() == row.figures_sha256;
    let same_now = agrees(ctx, db, &row).await?;
    Ok(SupportSheetDetailOut {
        class_names: serde_json::from_value(row.labels["classes"].clone()).map_err(Problem::internal)?,
        sheet: out(row)?,
        figures,
        rates: evidence.rates,
        recomputed: SupportRecomputedOut { figures_sha256, same, same_now },
    })
}

/// Sheets, newest first.
pub async fn page(ctx: &Ctx, query: &SupportSheetsQuery) -> Result<Page<SupportSheetOut>> {
    let filter = store::Filter {
        kind: query.kind,
        centre: query.centre_id,
        month: query.month.map(|month| month.0),
        status: query.status,
        differs: query.differs,
        after: query.cursor.as_ref().map(Cursor::unpack).transpose()?,
    };
    let found = store::page(ctx.db.reader(), filter, query.limit).await?;
    let page = Page::of(found, query.limit, |row| row.id, out);
    Ok(Page { items: page.items.into_iter().collect::<Result<_>>()?, next_cursor: page.next_cursor })
}

/// Every rate.
pub async fn rates(ctx: &Ctx) -> Result<SupportRatesOut> {
    let rows = store::rates(ctx.db.reader()).await?;
    Ok(SupportRatesOut { items: rows.into_iter().map(rate_out).collect() })
}

/// Sets a rate from a month on; the cap and the ages stay those of the item.
pub async fn add_rate(
    ctx: &Ctx,
    admin: &Bureau,
    key: &Idempotency,
    body: SupportRateIn,
) -> Result<Once<SupportRateOut>> {
    let SupportRateIn { item, rate_fen, from_month, source } = body;
    once(ctx, key, &admin.staff_id.to_string(), async |txn| {
        let known = store::rates(txn).await?;
        let last = known.iter().find(|rate| rate.item == item);
        let cap_fen = last.and_then(|rate| rate.cap_fen);
        let most = cap_fen.map_or(MOST_FEN, |cap| cap.0);
        if !(0..=most).contains(&rate_fen) {
            let text = Text::new(format!("补助标准须为 0 到 {most} 分。"), format!("A rate takes 0 to {most} fen."));
            return Err(Problem::field("rate_fen", "out_of_range", text));
        }
        let taken = known.iter().any(|rate| rate.item == item && rate.valid_from == from_month.0);
        if taken || store::is_frozen_from(txn, item, from_month.0).await? {
            return Err(has_a_rate());
        }
        let row = support_rates::Model {
            id: ctx.clock.id(),
            item,
            valid_from: from_month.0,
            rate_fen: Fen(rate_fen),
            cap_fen,
            through_months: last.and_then(|rate| rate.through_months),
            source: source.to_string(),
            staff_id: Some(admin.staff_id),
        };
        store::insert_rate(txn, row.clone()).await.map_err(|error| match violated(&error) {
            Some(Constraint::SupportRateFrom) => has_a_rate(),
            _ => error.into(),
        })?;
        let detail = json!({ "item": item, "rate_fen": rate_fen, "valid_from": row.valid_from });
        audit::record(ctx, txn, admin.into(), "support_rate.add", row.id.to_string(), detail).await?;
        Ok(rate_out(row))
    })
    .await
}

/// Operating support and rent relief have no rate until the bureau sets one.
fn check_rate(kind: SupportKind, evidence: &Evidence) -> Result<()> {
    let wanted = match kind {
        SupportKind::Incentive => return Ok(()),
        SupportKind::Operating => SupportItem::Operating,
        SupportKind::Rent => SupportItem::Rent,
    };
    if evidence.rates.iter().any(|rate| rate.item == wanted) {
        return Ok(());
    }
    let text = Text::new(
        format!("{}当月还没有补助标准，请先设定“{}”标准。", evidence.month, wanted.zh()),
        format!("There is no `{wanted}` rate for {}: set one first.", evidence.month),
    );
    Err(Problem::new(Code::WrongState).detail(text).fact("reason", "no_rate"))
}

/// Whether a sheet's figures are still those of attendance.
pub async fn agrees(ctx: &Ctx, db: &impl ConnectionTrait, row: &support_sheets::Model) -> Result<bool> {
    Ok(now(ctx, db, row).await?.0.digest() == row.figures_sha256)
}

/// The figures that a sheet would have now, and the children that it would pay for.
async fn now(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    row: &support_sheets::Model,
) -> Result<(SupportFigures, Vec<ChildId>)> {
    // What was frozen by former rules is held against them; a draft is made anew by those of now.
    let former = row.status == StatementStatus::Frozen && kept(row)?.inclusive.is_none();
    let of = Of { kind: row.kind, centre: row.centre_id, month: Month(row.month), sheet: Some(row.id), former };
    let (mut evidence, supported) = evidence(ctx, db, of).await?;
    if row.status == StatementStatus::Frozen {
        // Its rates are its own, and how many families had which ground is told as it was: a child that was erased
        // since has none any more.
        let kept = kept(row)?;
        (evidence.rates, evidence.reductions) = (kept.rates, kept.reductions);
    }
    Ok((SupportFigures::of(row.kind, row.centre_id, &evidence), supported))
}

async fn find(db: &impl ConnectionTrait, id: SupportSheetId) -> Result<support_sheets::Model> {
    store::one(db, id).await?.ok_or_else(|| Problem::new(Code::NotFound))
}

fn stored(row: &support_sheets::Model) -> Result<SupportFigures> {
    serde_json::from_value(row.figures.clone()).map_err(Problem::internal)
}

fn kept(row: &support_sheets::Model) -> Result<Evidence> {
    serde_json::from_value(row.evidence.clone()).map_err(Problem::internal)
}

fn told(row: &support_sheets::Model) -> serde_json::Value {
    json!({ "kind": row.kind, "month": row.month, "figures_sha256": row.figures_sha256, "total_fen": row.total_fen })
}

fn out(row: support_sheets::Model) -> Result<SupportSheetOut> {
    let supported = stored(&row)?.supported;
    Ok(SupportSheetOut {
        id: row.id,
        kind: row.kind,
        centre_id: row.centre_id,
        centre_name: row.labels["centre"].as_str().unwrap_or_default().to_owned(),
        month: Month(row.month),
        status: row.status,
        number: row.number,
        fund_source: row.fund_source,
        fund_category: row.fund_category,
        supported,
        total_fen: row.total_fen,
        figures_sha256: row.figures_sha256,
        drafted_at: Moment(row.drafted_at),
        drafted_by: row.drafted_by,
        checked_at: row.checked_at.map(Moment),
        checked_by: row.checked_by,
        frozen_at: row.frozen_at.map(Moment),
        frozen_by: row.frozen_by,
        differs_since: row.differs_since.map(Moment),
    })
}

fn rate_out(row: support_rates::Model) -> SupportRateOut {
    let support_rates::Model { id, item, valid_from, rate_fen, cap_fen, through_months, source, staff_id } = row;
    SupportRateOut { id, item, valid_from: Day(valid_from), rate_fen, cap_fen, through_months, source, staff_id }
}

fn changed() -> Problem {
    let text = Text::new(
        "起草之后出勤或补助标准有变化，请重新起草并复核。",
        "Attendance or rates changed since the draft: draft and check it again.",
    );
    Problem::new(Code::WrongState).detail(text).fact("reason", "figures_changed")
}

fn has_a_rate() -> Problem {
    let text = Text::new(
        "该月份已有补助标准，或已有定稿的补助单，请从以后的月份开始。",
        "That month has a rate, or a frozen sheet: take a later month.",
    );
    Problem::new(Code::WrongState).detail(text)
}

fn frozen_already() -> Problem {
    let text = Text::new("该补助单已定稿，不能再改。", "The sheet is frozen.");
    Problem::new(Code::StatementFrozen).detail(text)
}

fn wrong_state(present: StatementStatus, deed: &str) -> Problem {
    if present == StatementStatus::Frozen {
        return frozen_already();
    }
    let text = Text::new(format!("补助单当前为“{}”，不能{deed}。", present.zh()), format!("The sheet is {present}."));
    Problem::new(Code::WrongState).detail(text).fact("state", present)
}
