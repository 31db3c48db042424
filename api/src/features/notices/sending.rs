//! Sends notices as WeChat messages, after the commit that wrote them, at least once.
//!
//! An attempt is claimed by one conditional update that also moves the row's next attempt beyond a
//! lease, so that of several replicas one sends; a process that is killed between WeChat's answer and
//! the mark leaves the row to be sent again when the lease is over. The mark counts only for the attempt
//! that made it.

use chrono::{TimeDelta, Utc};
use entity::{MessageStatus, NoticeId, NoticeKind, notices};
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::{
    dto::{MessageOut, MessagesQuery},
    message, sending_store as store, still,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit,
        auth::{Bureau, service::OPENID_PLACE},
        credits,
    },
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::{
        db::write_txn,
        wechat::{Call, Class, Message, Sent, WeChatError},
    },
    state::Ctx,
};

/// Longer than a call to WeChat with a new token may take.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// What only we can mend is not tried again sooner.
const TILL_MENDED: TimeDelta = TimeDelta::minutes(10);
/// Read at once.
const BATCH: u64 = 200;
/// Under way at once, of one process.
const AT_ONCE: usize = 8;

/// What became of a row that was due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Another replica has it, or is to have it.
    Lost,
    /// It has an end.
    Ended,
    /// It is tried again later.
    Later,
}

/// Sends what is due; how many rows came to an end.
pub async fn send_due(ctx: &Ctx) -> Result<u64> {
    let mut ended = give_up(ctx).await?;
    // While WeChat is left alone nothing is claimed, so that attempts aren't used up by waiting.
    let held_back = || ctx.wechat.held_back().iter().any(|call| matches!(call, Call::Message | Call::Token));
    while !held_back() && !ctx.stopping.begun() {
        let due = store::due(ctx.db.reader(), ctx.clock.now(), BATCH).await?;
        let (send, drop): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.agreed);
        let dropped = store::without_consent(ctx.db.writer(), drop.iter().map(|due| due.notice.id).collect()).await?;
        let steps: Vec<Result<Step>> =
            stream::iter(send).map(|due| send_one(ctx, due)).buffer_unordered(AT_ONCE).collect().await;
        let steps = steps.into_iter().collect::<Result<Vec<_>>>()?;
        ended += dropped + steps.iter().filter(|step| **step == Step::Ended).count() as u64;
        // Every other step moved a row out of what is due.
        if dropped == 0 && steps.iter().all(|step| *step == Step::Lost) {
            break;
        }
    }
    Ok(ended)
}

/// Messages that wait for an attempt.
pub async fn waiting(ctx: &Ctx) -> Result<u64> {
    Ok(store::count_waiting(ctx.db.reader()).await?)
}

/// How many of them wait because WeChat refuses our settings, whichever replica found it out.
pub async fn misconfigured(ctx: &Ctx) -> Result<u64> {
    Ok(store::count_misconfigured(ctx.db.reader()).await?)
}

/// How long the oldest one has waited, in seconds.
pub async fn oldest(ctx: &Ctx) -> Result<i64> {
    let at = store::oldest_waiting(ctx.db.reader()).await?;
    Ok(at.map_or(0, |at| (ctx.clock.now() - at).num_seconds().max(0)))
}

async fn give_up(ctx: &Ctx) -> Result<u64> {
    let now = ctx.clock.now();
    if !store::any_too_late(ctx.db.reader(), now).await? {
        return Ok(0);
    }
    let dead = store::too_late(ctx.db.writer(), now).await?;
    for _ in 0..dead {
        ctx.metrics.event("message_too_late");
    }
    Ok(dead)
}

async fn send_one(ctx: &Ctx, due: store::Due) -> Result<Step> {
    // What was sent must be written down, so a process that is stopping claims nothing more.
    if ctx.stopping.begun() {
        return Ok(Step::Lost);
    }
    let (now, notice) = (ctx.clock.now(), &due.notice);
    if !store::claim(ctx.db.writer(), notice, now, now + LEASE).await? {
        return Ok(Step::Lost);
    }
    let attempt = notice.send_attempts + 1;
    let kind: NoticeKind = notice.kind.parse().map_err(Problem::internal)?;
    if !still::holds(ctx.db.reader(), kind, notice, now).await? {
        return end(ctx, notice, MessageStatus::Obsolete, None).await;
    }
    let Some(template) = ctx.settings.wechat_templates.of(kind) else {
        return end(ctx, notice, MessageStatus::Dead, Some("no template".to_owned())).await;
    };
    let openid = ctx.keys.open_text(OPENID_PLACE, &due.openid_sealed)?;
    let fields = message::fields(template, kind, &notice.facts, notice.at);
    let page = format!("{}?notice={}", ctx.settings.wechat_message_page, notice.id);
    let message = Message { openid: &openid, template_id: &template.id, page: &page, fields: &fields };
    match ctx.wechat.send(&ctx.kv, &message).await {
        Ok(Sent::Taken) => end(ctx, notice, MessageStatus::Sent, None).await,
        Ok(Sent::NoCredit) => no_credit(ctx, notice, &template.id).await,
        Err(error) => failed(ctx, notice, attempt, &error).await,
    }
}

async fn failed(ctx: &Ctx, notice: &notices::Model, attempt: i32, error: &WeChatError) -> Result<Step> {
    ctx.metrics.event(match error.class {
        Class::Token => "message_failed_token",
        Class::Caller => "message_failed_caller",
        Class::Limited => "message_failed_limited",
        Class::Pace => "message_failed_pace",
        Class::Policy => "message_failed_policy",
        Class::Configuration => "message_failed_configuration",
    });
    let pause = message::pause(attempt, rand::random());
    let pause = match (error.class, error.retry_after) {
        // Sending it again is no use.
        (Class::Caller | Class::Policy, _) => return end(ctx, notice, MessageStatus::Dead, Some(error.brief())).await,
        (Class::Configuration, _) => pause.max(TILL_MENDED),
        (_, Some(wait)) => pause.max(TimeDelta::from_std(wait).unwrap_or(pause)),
        (_, None) => pause,
    };
    store::later(ctx.db.writer(), notice, ctx.clock.now() + pause, error.brief()).await?;
    Ok(Step::Later)
}

/// Ends a message that WeChat refused for want of credit, and enters that none is left.
async fn no_credit(ctx: &Ctx, notice: &notices::Model, template_id: &str) -> Result<Step> {
    let ended = write_txn(&ctx.db, async |txn| {
        let ended = store::end(txn, notice, MessageStatus::NoCredit, None, None).await?;
        if ended {
            credits::refused(ctx, txn, notice.family_id, template_id).await?;
        }
        Ok::<_, Problem>(ended)
    })
    .await?;
    if !ended {
        return Ok(Step::Lost);
    }
    ctx.metrics.event("message_no_credit");
    Ok(Step::Ended)
}

async fn end(ctx: &Ctx, notice: &notices::Model, status: MessageStatus, error: Option<String>) -> Result<Step> {
    let now = ctx.clock.now();
    let sent_at = (status == MessageStatus::Sent).then_some(now);
    if !store::end(ctx.db.writer(), notice, status, error, sent_at).await? {
        return Ok(Step::Lost);
    }
    ctx.metrics.event(match status {
        MessageStatus::Sent => "message_sent",
        MessageStatus::Dead => "message_dead",
        MessageStatus::Obsolete => "message_obsolete",
        MessageStatus::Waiting | MessageStatus::NoConsent | MessageStatus::NoCredit => return Ok(Step::Ended),
    });
    Ok(Step::Ended)
}

/// A page of messages, the newest first.
pub async fn page(ctx: &Ctx, query: &MessagesQuery) -> Result<Page<MessageOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::page(ctx.db.reader(), query.status, query.kind, after, query.limit).await?;
    let page = Page::of(rows, query.limit, |row| row.id, |row| out(ctx, row));
    Ok(Page { items: page.items.into_iter().collect::<Result<_>>()?, next_cursor: page.next_cursor })
}

/// Sends a dead message again, as long as what it tells is news.
pub async fn retry(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: NoticeId) -> Result<Once<MessageOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let find = async || store::find(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound));
        let before = find().await?;
        let now = ctx.clock.now();
        let kind: NoticeKind = before.kind.parse().map_err(Problem::internal)?;
        // Its own time: whoever asks for it later doesn't make it news again.
        let until = message::worth_until(kind, &before.facts, before.at);
        if before.send_status == Some(MessageStatus::Dead) && until <= now {
            let text = Text::new(
                "该消息内容已过时，不再发送；家长可在小程序的消息列表中查看。",
                "What the message tells is over; the family reads it in the program's own list.",
            );
            return Err(Problem::new(Code::WrongState).detail(text).fact("state", before.send_status));
        }
        if !store::revive(txn, id, now, until).await? {
            let status = before.send_status;
            let text = Text::new(
                "只有发送失败的消息可以重新发送，请刷新后查看。",
                "Only a message that is dead can be sent again.",
            );
            return Err(Problem::new(Code::WrongState).detail(text).fact("state", status));
        }
        let detail = json!({ "kind": kind, "attempts": before.send_attempts, "error": before.send_error });
        audit::record(ctx, txn, bureau.into(), "message.retry", id.to_string(), detail).await?;
        out(ctx, find().await?)
    })
    .await
}

fn out(ctx: &Ctx, row: notices::Model) -> Result<MessageOut> {
    let kind: NoticeKind = row.kind.parse().map_err(Problem::internal)?;
    let template = ctx.settings.wechat_templates.of(kind);
    let status = row.send_status.ok_or_else(|| Problem::internal("a notice that is no message"))?;
    let moment = |at: Option<chrono::DateTime<Utc>>| at.map(Moment);
    Ok(MessageOut {
        id: row.id,
        kind,
        status,
        fields: template.map(|template| message::shown(message::fields(template, kind, &row.facts, row.at))),
        written_at: Moment(row.at),
        attempts: row.send_attempts,
        next_attempt_at: moment(row.send_after.filter(|_| status == MessageStatus::Waiting)),
        expires_at: moment(row.send_until),
        sent_at: moment(row.sent_at),
        error: row.send_error,
    })
}
