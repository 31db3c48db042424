//! Looks at whole names: for a visit near today, for a reason of a closed list, with an audit row and a
//! line for the family in the same transaction.

use chrono::TimeDelta;
use entity::{ConsentPurpose, DataLookId, FamilyId, LookReason, VisitId, VisitStatus, data_looks, visits};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::super::{
    dto::{LookOut, LooksQuery, RevealedOut},
    store::looks as store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit,
        auth::Desk,
        families::{
            consents::covers_allergies,
            phone::PHONE_PLACE,
            service::{ALLERGIES_PLACE, LEGAL_NAME_PLACE, name_for_staff},
            store as families,
        },
    },
    http::{
        Cursor, Moment, Page,
        ratelimit::{REVEAL, limit},
    },
    language::Word,
    platform::db::write_txn,
    state::Ctx,
};

fn not_now(zh: impl Into<std::borrow::Cow<'static, str>>, en: &'static str) -> Problem {
    Problem::new(Code::WrongState).detail(Text::new(zh, en))
}

/// Shows the whole name behind a visit, the child's day of birth, the guardian's phone, and on the day of
/// care the child's allergies.
pub async fn reveal(ctx: &Ctx, desk: &Desk, id: VisitId, reason: LookReason) -> Result<RevealedOut> {
    limit(ctx, &REVEAL, &desk.staff_id.to_string()).await?;
    write_txn(&ctx.db, async |txn| {
        let visit = store::visit(txn, desk.centre_id, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let (today, days) = (ctx.clock.today(), ctx.settings.reveal_days);
        if (visit.date - today).abs() > TimeDelta::days(i64::from(days)) {
            let zh = format!("只能查看前后{days}天内托育的孩子，如确有需要请联系家长。");
            return Err(not_now(zh, "The visit is too far from today."));
        }
        if matches!(visit.status, VisitStatus::Cancelled | VisitStatus::Absent) {
            return Err(not_now("该次托育不进行，不能查看。", "The visit doesn't take place."));
        }
        let child = store::lock_child(txn, visit.child_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let cared_for_today = visit.date == today;
        let allergies = match child.allergies_sealed.as_deref().filter(|_| cared_for_today) {
            Some(sealed) => {
                let agreed = families::versions_agreed(txn, child.id, ConsentPurpose::HealthProof).await?;
                let covered = agreed.iter().any(|version| covers_allergies(version));
                covered.then(|| ctx.keys.open_text(ALLERGIES_PLACE, sealed)).transpose()?
            }
            None => None,
        };
        let legal_name = child.legal_name_sealed.as_deref();
        let legal_name = legal_name.map(|sealed| ctx.keys.open_text(LEGAL_NAME_PLACE, sealed)).transpose()?;
        let account = families::family_row(txn, visit.family_id).await?;
        let phone = account.and_then(|row| row.phone_sealed);
        let phone = phone.map(|sealed| ctx.keys.open_text(PHONE_PLACE, &sealed)).transpose()?;
        let mut fields = vec!["name", "birth_date"];
        fields.extend(legal_name.is_some().then_some("legal_name"));
        fields.extend(phone.is_some().then_some("phone"));
        fields.extend(allergies.is_some().then_some("allergies"));
        noted(ctx, txn, desk, &visit, reason, &fields).await?;
        Ok(RevealedOut {
            visit_id: id,
            child_id: child.id,
            name: name_for_staff(&ctx.keys, &child.name_sealed, child.name_status)?,
            legal_name,
            birth_date: child.birth_date,
            phone,
            allergies,
        })
    })
    .await
}

/// Writes down that the desk saw something whole for a reason, for the audit and for the family.
pub async fn noted(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    desk: &Desk,
    visit: &visits::Model,
    reason: LookReason,
    fields: &[&str],
) -> Result<()> {
    let look = data_looks::Model {
        id: ctx.clock.id(),
        family_id: visit.family_id,
        child_id: visit.child_id,
        visit_id: visit.id,
        centre_id: desk.centre_id,
        staff_id: desk.staff_id,
        role: desk.role,
        reason,
        fields: fields.join(","),
        at: ctx.clock.now(),
    };
    store::insert(txn, look).await?;
    let detail = json!({ "reason": reason, "fields": fields });
    Ok(audit::record(ctx, txn, desk.into(), "visit.reveal", visit.id.to_string(), detail).await?)
}

/// Who looked, for the family: centre and role, never the person.
pub async fn page(ctx: &Ctx, family: FamilyId, query: LooksQuery) -> Result<Page<LookOut>> {
    let LooksQuery { limit, cursor } = query;
    let after: Option<DataLookId> = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::of_family(ctx.db.reader(), family, after, limit.plus_one()).await?;
    let out = |row: data_looks::Model| LookOut {
        id: row.id,
        at: Moment(row.at),
        child_id: row.child_id,
        visit_id: row.visit_id,
        centre_id: row.centre_id,
        centre_name: ctx.catalogue.centre(row.centre_id).map(|plan| plan.row.name.clone()),
        role: row.role,
        reason: row.reason,
        reason_label: Word(row.reason.zh()),
        fields: row.fields.split(',').map(str::to_owned).collect(),
    };
    Ok(Page::of(rows, limit, |row| row.id, out))
}
