//! Use cases of the plan's figures.

use entity::{PlanInputCode, PlanInputId, plan_inputs};
use serde_json::json;

use super::{
    dto::{
        PlanInputHistoryQuery, PlanInputIn, PlanInputKindOut, PlanInputOut, PlanInputWithdrawIn, PlanInputsOut,
        PlanInputsQuery,
    },
    rules, store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau, directory},
    http::{Cursor, Day, Idempotency, Line, Moment, Once, Page, once},
    platform::constraint::{Constraint, violated},
    state::Ctx,
};

/// Every figure with the version that counts.
pub async fn list(ctx: &Ctx, query: &PlanInputsQuery) -> Result<PlanInputsOut> {
    let (on, now) = (query.on.map_or_else(|| ctx.clock.today(), |day| day.0), ctx.clock.now());
    let rows = store::known(ctx.db.reader()).await?;
    let townships = ctx.catalogue.townships();
    let mut items = Vec::new();
    for code in PlanInputCode::ALL {
        let of: Vec<&str> =
            if rules::of_a_township(*code) { townships.iter().map(String::as_str).collect() } else { vec![""] };
        items.extend(of.into_iter().map(|township| PlanInputKindOut {
            code: *code,
            name: code.zh(),
            unit: rules::unit(*code),
            township: named(township),
            stand_in: rules::is_stand_in(*code),
            current: rules::in_force(&rows, *code, township, on, now).cloned().map(out),
        }));
    }
    Ok(PlanInputsOut { on: Day(on), items })
}

/// Enters a figure as another version.
pub async fn add(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, body: PlanInputIn) -> Result<Once<PlanInputOut>> {
    let PlanInputIn { code, township, value, as_of, source } = body;
    rules::check(code, value, as_of.0, ctx.clock.today())?;
    let township = check_township(ctx, code, township)?;
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        // Held: whoever enters or withdraws a figure at once comes after, and sees this one.
        directory::store::lock_townships(txn).await?;
        let mut rows = store::known(txn).await?;
        let row = plan_inputs::Model {
            id: ctx.clock.id(),
            code,
            version: store::last_version(txn, code, &township).await? + 1,
            township: township.clone(),
            value,
            as_of: as_of.0,
            source: source.to_string(),
            staff_id: bureau.staff_id,
            created_at: ctx.clock.now(),
            withdrawn_at: None,
            withdrawn_by: None,
            withdrawn_reason: None,
        };
        let before = rows.clone();
        rows.push(row.clone());
        rules::check_parts(&before, &rows, code, ctx.clock.now())?;
        store::insert(txn, row.clone()).await.map_err(|error| match violated(&error) {
            // Two entered the same figure at once: the later one looks first what the other entered.
            Some(Constraint::PlanInputVersion) => entered_meanwhile(),
            _ => error.into(),
        })?;
        let detail = json!({ "code": code, "township": &row.township, "version": row.version, "value": value,
            "as_of": row.as_of });
        audit::record(ctx, txn, bureau.into(), "plan_input.add", row.id.to_string(), detail).await?;
        Ok(out(row))
    })
    .await
}

/// Withdraws a version.
pub async fn withdraw(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: PlanInputId,
    body: PlanInputWithdrawIn,
) -> Result<Once<PlanInputOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let found = async || store::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound));
        directory::store::lock_townships(txn).await?;
        let row = found().await?;
        let (before, now) = (store::known(txn).await?, ctx.clock.now());
        let gone = |row: &plan_inputs::Model| {
            if row.id == id { plan_inputs::Model { withdrawn_at: Some(now), ..row.clone() } } else { row.clone() }
        };
        if row.withdrawn_at.is_none() {
            rules::check_parts(&before, &before.iter().map(gone).collect::<Vec<_>>(), row.code, now)?;
        }
        if !store::withdraw(txn, id, (bureau.staff_id, ctx.clock.now()), &body.reason).await? {
            let text = Text::new("该数据已撤回，不能重复撤回。", "The figure was withdrawn before.");
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        let detail = json!({ "code": row.code, "version": row.version, "reason": &*body.reason });
        audit::record(ctx, txn, bureau.into(), "plan_input.withdraw", id.to_string(), detail).await?;
        Ok(out(found().await?))
    })
    .await
}

/// The versions of a figure.
pub async fn history(ctx: &Ctx, code: PlanInputCode, query: &PlanInputHistoryQuery) -> Result<Page<PlanInputOut>> {
    let before = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let township = query.township.as_deref();
    let found = store::history(ctx.db.reader(), code, township, query.limit, before).await?;
    Ok(Page::of(found, query.limit, |row| row.id, out))
}

fn check_township(ctx: &Ctx, code: PlanInputCode, township: Option<Line<20>>) -> Result<String> {
    let refused = |word, zh: String, en: String| Err(Problem::field("township", word, Text::new(zh, en)));
    match (rules::of_a_township(code), township) {
        (false, None) => Ok(String::new()),
        (false, Some(_)) => refused(
            "not_for_this_input",
            format!("“{}”是全区数据，不能填写乡镇。", code.zh()),
            format!("`{code}` is the district's: leave the township out."),
        ),
        (true, None) => refused("missing", "请填写乡镇。".to_owned(), "Name the township.".to_owned()),
        (true, Some(township)) => {
            let known = ctx.catalogue.townships();
            if known.iter().any(|name| **name == *township) {
                return Ok(township.into_inner());
            }
            refused(
                "unknown",
                format!("没有这个乡镇，请从{}中选择。", known.join("、")),
                format!("Unknown township; take one of {}.", known.join(", ")),
            )
        }
    }
}

fn entered_meanwhile() -> Problem {
    let text = Text::new(
        "另一名工作人员刚刚录入了同一数据，请查看后再录入。",
        "Somebody else just entered this figure: look at it first.",
    );
    Problem::new(Code::WrongState).detail(text)
}

fn named(township: &str) -> Option<String> {
    (!township.is_empty()).then(|| township.to_owned())
}

fn out(row: plan_inputs::Model) -> PlanInputOut {
    let plan_inputs::Model {
        id,
        code,
        township,
        version,
        value,
        as_of,
        source,
        staff_id,
        created_at,
        withdrawn_at,
        withdrawn_by,
        withdrawn_reason,
    } = row;
    PlanInputOut {
        id,
        code,
        township: named(&township),
        version,
        value,
        as_of: Day(as_of),
        source,
        staff_id,
        created_at: Moment(created_at),
        withdrawn_at: withdrawn_at.map(Moment),
        withdrawn_by,
        withdrawn_reason,
    }
}
