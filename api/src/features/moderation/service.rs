//! Use cases of moderation. Locks are taken in one order: the subject, then its moderations.

use std::collections::HashMap;

use entity::{FamilyId, ModeratedKind, ModerationId, ModerationStatus, moderations};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;
use uuid::Uuid;

use super::{
    dto::{ModerationOut, ModerationQuery},
    rules::{self, Next},
    store::{self, Verdict},
    subjects,
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        audit,
        auth::{self, Bureau},
        ratings,
    },
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::{db::write_txn, wechat::WeChatError},
    state::Ctx,
};

/// Texts looked at in one turn.
const BATCH: u64 = 50;

/// A text to be moderated.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// What kind.
    pub kind: ModeratedKind,
    /// What has it.
    pub subject: Uuid,
    /// Rises with every change of the subject.
    pub version: i32,
    /// Who wrote it; WeChat is asked in their name. Without one an officer decides.
    pub family: Option<FamilyId>,
}

/// Has a text moderated, in the transaction that writes it and under the subject's lock. What was
/// thought of the text before it counts no more.
pub async fn submit(ctx: &Ctx, txn: &impl ConnectionTrait, text: Written) -> Result<(), DbErr> {
    let Written { kind, subject, version, family } = text;
    withdraw(ctx, txn, kind, subject).await?;
    let now = ctx.clock.now();
    let row = moderations::Model {
        id: ctx.clock.id(),
        kind,
        subject_id: subject,
        version,
        family_id: family,
        status: if family.is_some() { ModerationStatus::Waiting } else { ModerationStatus::Review },
        attempts: 0,
        next_at: now,
        label: None,
        staff_id: None,
        reason: None,
        created_at: now,
        decided_at: None,
    };
    store::insert(txn, row).await
}

/// The subject's text is gone, or another: what was thought of it counts no more.
pub async fn withdraw(ctx: &Ctx, txn: &impl ConnectionTrait, kind: ModeratedKind, subject: Uuid) -> Result<(), DbErr> {
    store::make_stale(txn, kind, subject, ctx.clock.now()).await
}

/// The background job of each replica: asks WeChat about what is due; how many texts it judged.
pub async fn check_due(ctx: &Ctx) -> Result<u64> {
    let mut done = 0;
    for row in store::due(ctx.db.reader(), ctx.clock.now(), BATCH).await? {
        let lease = ctx.clock.now() + rules::LEASE;
        // Another replica may have it by now.
        if !write_txn(&ctx.db, async |txn| store::claim(txn, &row, lease).await).await? {
            continue;
        }
        match check(ctx, row).await? {
            Next::Becomes(..) => done += 1,
            // WeChat is away, or held back: the others wait for the next turn too.
            Next::Again => break,
        }
    }
    Ok(done)
}

async fn check(ctx: &Ctx, row: moderations::Model) -> Result<Next> {
    let next = match ask(ctx, &row).await? {
        Some(outcome) => rules::next(&outcome),
        // The author is gone.
        None => Next::Becomes(ModerationStatus::Review, None),
    };
    match next {
        Next::Becomes(status, label) => {
            let verdict = Verdict { status, label, staff_id: None, reason: None, at: ctx.clock.now() };
            write_txn(&ctx.db, async |txn| take(txn, &row, &[ModerationStatus::Waiting], verdict).await).await?;
            ctx.metrics.event(match status {
                ModerationStatus::Passed => "text_passed",
                ModerationStatus::Hidden => "text_hidden",
                _ => "text_to_review",
            });
        }
        Next::Again => {
            let at = ctx.clock.now() + rules::pause(row.attempts + 1, rand::random());
            write_txn(&ctx.db, async |txn| store::postpone(txn, row.id, at).await).await?;
        }
    }
    Ok(next)
}

/// WeChat's opinion; nothing if there is nobody in whose name it could be asked. The text is read after
/// the row: should it be a newer one, the row is stale and the verdict goes nowhere.
async fn ask(
    ctx: &Ctx,
    row: &moderations::Model,
) -> Result<Option<Result<crate::platform::wechat::TextCheck, WeChatError>>> {
    let Some(family) = row.family_id else { return Ok(None) };
    let found = subjects::texts(ctx, ctx.db.reader(), row.kind, vec![row.subject_id]).await?;
    let openid = auth::service::openid_of(ctx, ctx.db.reader(), family).await?;
    match (found.into_iter().next(), openid) {
        (Some((_, text)), Some(openid)) => Ok(Some(ctx.wechat.check_text(&ctx.kv, &openid, &text).await)),
        _ => Ok(None),
    }
}

/// Puts a verdict in force, unless the text is another by now or was decided; tells whether it did.
async fn take(
    txn: &impl ConnectionTrait,
    row: &moderations::Model,
    from: &[ModerationStatus],
    verdict: Verdict,
) -> Result<bool> {
    subjects::lock(txn, row).await?;
    let status = verdict.status;
    if !store::decide(txn, row.id, from, verdict).await? {
        return Ok(false);
    }
    if matches!(status, ModerationStatus::Passed | ModerationStatus::Hidden) {
        subjects::show(txn, row, status == ModerationStatus::Passed).await?;
    }
    Ok(true)
}

/// An officer passes or refuses a text.
pub async fn decide(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    id: ModerationId,
    status: ModerationStatus,
    reason: &str,
) -> Result<Once<ModerationOut>> {
    let now = ctx.clock.now();
    once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        let row = store::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        subjects::lock(txn, &row).await?;
        // Again: until now the text could change.
        let row = store::lock(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        rules::check_decision(row.status, status)?;
        let (staff, reason) = (Some(bureau.staff_id), Some(reason.to_owned()));
        let verdict = Verdict { status, label: row.label, staff_id: staff, reason, at: now };
        if !take(txn, &row, &[row.status], verdict).await? {
            return Err(Problem::new(Code::WrongState));
        }
        let action = if status == ModerationStatus::Passed { "moderation.pass" } else { "moderation.refuse" };
        let subject = subjects::name(row.kind, row.subject_id);
        let detail = json!({ "subject": subject, "version": row.version, "from": row.status });
        audit::record(ctx, txn, bureau.into(), action, id.to_string(), detail).await?;
        let row = store::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let texts = subjects::texts(ctx, txn, row.kind, vec![row.subject_id]).await?;
        Ok(out(row, &texts.into_iter().collect()))
    })
    .await
}

/// A page of texts, the newest first.
pub async fn page(ctx: &Ctx, query: ModerationQuery) -> Result<Page<ModerationOut>> {
    let after: Option<ModerationId> = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let status = query.status.unwrap_or(ModerationStatus::Review);
    let db = ctx.db.reader();
    let rows = store::page(db, status, query.kind, after, query.limit).await?;
    let mut texts = HashMap::new();
    for kind in ModeratedKind::ALL {
        let subjects: Vec<_> = rows.iter().filter(|row| row.kind == *kind).map(|row| row.subject_id).collect();
        if !subjects.is_empty() {
            texts.extend(subjects::texts(ctx, db, *kind, subjects).await?);
        }
    }
    Ok(Page::of(rows, query.limit, |row| row.id, |row| out(row, &texts)))
}

fn out(row: moderations::Model, texts: &HashMap<Uuid, String>) -> ModerationOut {
    let readable = subjects::readable(&row);
    ModerationOut {
        id: row.id,
        kind: row.kind,
        subject: subjects::name(row.kind, row.subject_id),
        text: readable.then(|| texts.get(&row.subject_id).cloned()).flatten(),
        status: row.status,
        label: row.label,
        staff_id: row.staff_id,
        reason: row.reason,
        created_at: Moment(row.created_at),
        decided_at: row.decided_at.map(Moment),
    }
}

/// Texts written before there was moderation join it; how many.
pub async fn adopt(ctx: &Ctx) -> Result<u64> {
    let mut adopted = 0;
    for (id, family) in ratings::service::texts_without_moderation(ctx.db.reader(), BATCH).await? {
        write_txn(&ctx.db, async |txn| {
            // Under its lock, so that the version is the present one.
            let version = ratings::service::pending_version(txn, id).await?;
            // Another replica, or an edit, may have been faster.
            if let Some(version) = version
                && !store::is_known(txn, ModeratedKind::Rating, id.0).await?
            {
                let text = Written { kind: ModeratedKind::Rating, subject: id.0, version, family: Some(family) };
                submit(ctx, txn, text).await?;
            }
            Ok::<_, Problem>(())
        })
        .await?;
        adopted += 1;
    }
    Ok(adopted)
}

/// Texts that WeChat should have been asked about by now.
pub async fn waiting(ctx: &Ctx) -> Result<u64, DbErr> {
    store::count_due(ctx.db.reader(), ctx.clock.now()).await
}
