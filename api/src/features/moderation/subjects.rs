//! What has texts to moderate: how a text is read, and how a verdict reaches it. A further kind gets
//! its arm in each of the functions.

use entity::{ModeratedKind, RatingId, moderations};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{error::Result, features::ratings};

/// The present texts of these subjects, with their ids.
pub(super) async fn texts(
    db: &impl ConnectionTrait,
    kind: ModeratedKind,
    subjects: Vec<Uuid>,
) -> Result<Vec<(Uuid, String)>> {
    match kind {
        ModeratedKind::Rating => {
            let ids = subjects.into_iter().map(RatingId).collect();
            let found = ratings::service::texts(db, ids).await?;
            Ok(found.into_iter().map(|(id, text)| (id.0, text)).collect())
        }
        // No feature writes these yet.
        ModeratedKind::Reply | ModeratedKind::Complaint | ModeratedKind::Nickname => Ok(Vec::new()),
    }
}

/// Locks the subject, so that its text stays as it is until the transaction ends.
pub(super) async fn lock(db: &impl ConnectionTrait, row: &moderations::Model) -> Result<()> {
    match row.kind {
        ModeratedKind::Rating => ratings::service::lock_text(db, RatingId(row.subject_id)).await,
        ModeratedKind::Reply | ModeratedKind::Complaint | ModeratedKind::Nickname => Ok(()),
    }
}

/// Shows or hides the subject's text, under its lock.
pub(super) async fn show(db: &impl ConnectionTrait, row: &moderations::Model, shown: bool) -> Result<()> {
    match row.kind {
        ModeratedKind::Rating => ratings::service::show_text(db, RatingId(row.subject_id), shown).await,
        ModeratedKind::Reply | ModeratedKind::Complaint | ModeratedKind::Nickname => Ok(()),
    }
}

/// The subject's id as the API writes it.
pub(super) fn name(kind: ModeratedKind, subject: Uuid) -> String {
    match kind {
        ModeratedKind::Rating => RatingId(subject).to_string(),
        ModeratedKind::Reply | ModeratedKind::Complaint | ModeratedKind::Nickname => subject.simple().to_string(),
    }
}
