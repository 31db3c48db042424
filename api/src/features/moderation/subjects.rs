//! What has texts to moderate: how a text is read, and how a verdict reaches it. A further kind gets
//! its arm in each of the functions.

use entity::{ChildId, ComplaintId, ModeratedKind, RatingId, moderations};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    error::Result,
    features::{
        complaints, families,
        ratings::{self, replies},
    },
    state::Ctx,
};

/// The present texts of these subjects, with their ids.
pub(super) async fn texts(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    kind: ModeratedKind,
    subjects: Vec<Uuid>,
) -> Result<Vec<(Uuid, String)>> {
    Ok(match kind {
        ModeratedKind::Rating => of(ratings::service::texts(db, ids(subjects)).await?),
        ModeratedKind::Reply => of(replies::texts(db, ids(subjects)).await?),
        ModeratedKind::Complaint => of(complaints::texts(ctx, db, ids(subjects)).await?),
        ModeratedKind::Nickname => of(families::service::names(ctx, db, ids(subjects)).await?),
    })
}

fn ids<T: From<Uuid>>(subjects: Vec<Uuid>) -> Vec<T> {
    subjects.into_iter().map(T::from).collect()
}

fn of<T: Into<Uuid>>(texts: Vec<(T, String)>) -> Vec<(Uuid, String)> {
    texts.into_iter().map(|(id, text)| (id.into(), text)).collect()
}

/// Locks the subject, so that its text stays as it is until the transaction ends.
pub(super) async fn lock(db: &impl ConnectionTrait, row: &moderations::Model) -> Result<()> {
    match row.kind {
        // A reply changes under its rating's lock.
        ModeratedKind::Rating | ModeratedKind::Reply => ratings::service::lock_text(db, RatingId(row.subject_id)).await,
        ModeratedKind::Complaint => complaints::lock_text(db, ComplaintId(row.subject_id)).await,
        ModeratedKind::Nickname => families::service::lock_name(db, ChildId(row.subject_id)).await,
    }
}

/// Shows or hides the subject's text, under its lock.
pub(super) async fn show(db: &impl ConnectionTrait, row: &moderations::Model, shown: bool) -> Result<()> {
    match row.kind {
        ModeratedKind::Rating => ratings::service::show_text(db, RatingId(row.subject_id), shown).await,
        ModeratedKind::Reply => replies::show_text(db, RatingId(row.subject_id), shown).await,
        ModeratedKind::Complaint => complaints::show_text(db, ComplaintId(row.subject_id), shown).await,
        ModeratedKind::Nickname => families::service::show_name(db, ChildId(row.subject_id), shown).await,
    }
}

/// The subject's id as the API writes it: of a reply its rating's.
pub(super) fn name(kind: ModeratedKind, subject: Uuid) -> String {
    match kind {
        ModeratedKind::Rating | ModeratedKind::Reply => RatingId(subject).to_string(),
        ModeratedKind::Complaint => ComplaintId(subject).to_string(),
        ModeratedKind::Nickname => ChildId(subject).to_string(),
    }
}

/// Whether officers read a text in this state. What a child is called concerns them only while they are
/// to decide, or WeChat refused it.
pub(super) const fn readable(row: &moderations::Model) -> bool {
    use entity::ModerationStatus::{Hidden, Passed, Review, Stale, Waiting};
    match row.status {
        Stale => false,
        Review | Hidden => true,
        Waiting | Passed => !matches!(row.kind, ModeratedKind::Nickname),
    }
}
