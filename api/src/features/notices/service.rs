//! Writing and reading notices.

use entity::{ChildId, FamilyId, MessageStatus, NoticeKind, bookings, notices};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    dto::{NoticeOut, NoticesQuery, NoticesReadIn},
    message, rules, store,
};
use crate::{
    error::{Problem, Result, Text},
    http::{Cursor, Moment, Page},
    language::Language,
    state::Ctx,
};

/// A notice, in the transaction of what it tells; once a kind and subject.
pub async fn tell(ctx: &Ctx, txn: &impl ConnectionTrait, notice: Notice) -> Result<()> {
    Ok(store::insert(txn, vec![row(ctx, notice)]).await?)
}

/// Several notices in one statement.
pub async fn tell_all(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    notices: impl IntoIterator<Item = Notice>,
) -> Result<(), sea_orm::DbErr> {
    store::insert(txn, notices.into_iter().map(|notice| row(ctx, notice)).collect()).await
}

/// Whether notices of a kind are also sent as messages.
#[must_use]
pub fn is_sent(ctx: &Ctx, kind: NoticeKind) -> bool {
    ctx.settings.wechat_templates.of(kind).is_some()
}

/// What to tell whom.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Whom.
    pub family: FamilyId,
    /// The child it concerns: its consent to `messages` decides whether it is also sent. Of what concerns the
    /// family, a child for which it agreed to `messages`, if there is one.
    pub child: Option<ChildId>,
    /// What.
    pub kind: NoticeKind,
    /// About what: a prefixed id, perhaps with a date. Once a kind and subject.
    pub subject: String,
    /// Ids, dates and times for the text; nothing about the child.
    pub facts: Value,
}

pub(super) fn row(ctx: &Ctx, notice: Notice) -> notices::Model {
    let Notice { family, child, kind, subject, facts } = notice;
    let now = ctx.clock.now();
    let sent = is_sent(ctx, kind);
    notices::Model {
        child_id: child,
        send_status: sent.then_some(MessageStatus::Waiting),
        send_after: sent.then_some(now),
        send_until: sent.then(|| message::worth_until(kind, &facts, now)),
        send_attempts: 0,
        send_error: None,
        sent_at: None,
        id: ctx.clock.id(),
        family_id: family,
        kind: kind.as_str().to_owned(),
        subject,
        facts,
        at: now,
        read_at: None,
    }
}

/// A notice about a booking; `more` are further facts.
pub async fn about_booking(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    kind: NoticeKind,
    booking: &bookings::Model,
    more: Value,
) -> Result<()> {
    let plan = ctx.catalogue.centre(booking.centre_id);
    let mut facts = json!({
        "booking_id": booking.id, "centre_id": booking.centre_id, "care_type": booking.care_type,
        "centre_name": plan.map(|plan| plan.row.name.clone()), "care": booking.care_type.zh(),
        "date": booking.start_date, "reason": booking.reason,
    });
    let mut subject = booking.id.to_string();
    if let (Value::Object(facts), Value::Object(more)) = (&mut facts, more) {
        // Days of one booking may be cancelled again and again.
        if let Some(Value::String(date)) = more.get("date") {
            subject = format!("{subject}/{date}");
        }
        facts.extend(more);
    }
    let (family, child) = (booking.family_id, Some(booking.child_id));
    tell(ctx, txn, Notice { family, child, kind, subject, facts }).await
}

/// A page of the family's notices, the newest first.
pub async fn page(ctx: &Ctx, family: FamilyId, language: Language, query: NoticesQuery) -> Result<Page<NoticeOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let unread = query.unread.unwrap_or(false);
    let rows = store::page(ctx.db.reader(), family, unread, after, query.limit).await?;
    let shown = rows.into_iter().map(|row| out(row, language)).collect::<Result<Vec<_>>>()?;
    Ok(Page::of(shown, query.limit, |notice| notice.id, |notice| notice))
}

fn out(row: notices::Model, language: Language) -> Result<NoticeOut> {
    let kind: NoticeKind = row.kind.parse().map_err(Problem::internal)?;
    Ok(NoticeOut {
        id: row.id,
        kind,
        title: Text::new(kind.zh(), "").in_language(language).into_owned().into(),
        text: rules::text_in(language, kind, &row.facts),
        facts: row.facts,
        at: Moment(row.at),
        read_at: row.read_at.map(Moment),
    })
}

/// The family has read its notices up to one.
pub async fn read(ctx: &Ctx, family: FamilyId, body: NoticesReadIn) -> Result<()> {
    store::read(ctx.db.writer(), family, body.until, ctx.clock.now()).await?;
    Ok(())
}
