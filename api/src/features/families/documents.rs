//! The guardian's documents (project 11: 台胞证, 台湾居民来往大陆通行证), by which a desk can tell who takes a child
//! home. A number is never kept: a keyed hash to compare with, and its last four digits, sealed, to show.

use entity::{DocumentKind, FamilyId, family_documents};
use sea_orm::ConnectionTrait;

use super::{
    documents_dto::{DocumentCheck, DocumentIn, DocumentOut},
    rules, store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    http::Moment,
    platform::db::write_txn,
    state::Ctx,
};

/// Where the last digits live.
pub const TAIL_PLACE: &str = "family_documents.tail";
/// What hashes of numbers are bound to.
const NUMBER_PLACE: &str = "family_documents.number";

/// With the family in it, so that equal numbers of different families don't show.
fn hash(ctx: &Ctx, family: FamilyId, kind: DocumentKind, number: &str) -> Vec<u8> {
    ctx.keys.lookup_hash(NUMBER_PLACE, &format!("{family}\0{kind}\0{number}"))
}

/// Notes a document, in place of the one before.
pub(super) async fn put(ctx: &Ctx, family: FamilyId, kind: DocumentKind, body: DocumentIn) -> Result<DocumentOut> {
    let DocumentIn { number, agreed } = body;
    rules::check_document(kind, &number)?;
    if !agreed {
        let text = Text::new(
            "请同意登记证件：我们只保存校验值和末四位，供机构交接孩子时核对，您可随时删除。",
            "Agree that the document is noted: only a hash and the last four digits are kept, to tell who takes the \
             child home; delete it at any time.",
        );
        return Err(Problem::new(Code::ConsentRequired).detail(text.clone()).and_field("agreed", "required", text));
    }
    let tail: String = number.chars().skip(number.chars().count().saturating_sub(4)).collect();
    let row = family_documents::Model {
        id: ctx.clock.id(),
        family_id: family,
        kind,
        number_hash: hash(ctx, family, kind, &number),
        tail_sealed: ctx.keys.seal(TAIL_PLACE, tail.as_bytes()),
        noted_at: ctx.clock.now(),
    };
    write_txn(&ctx.db, async |txn| {
        store::lock_family(txn, family).await?;
        store::delete_document(txn, family, kind).await?;
        store::insert_document(txn, row.clone()).await?;
        out(ctx, &row)
    })
    .await
}

/// Forgets a document.
pub(super) async fn delete(ctx: &Ctx, family: FamilyId, kind: DocumentKind) -> Result<()> {
    let gone = store::delete_document(ctx.db.writer(), family, kind).await?;
    if gone { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
}

/// The account is erased: all of them go.
pub async fn forget(db: &impl ConnectionTrait, family: FamilyId) -> Result<()> {
    Ok(store::delete_documents(db, family).await?)
}

/// What the family is shown.
pub(super) async fn own(ctx: &Ctx, family: FamilyId) -> Result<Vec<DocumentOut>> {
    store::documents(ctx.db.reader(), family).await?.iter().map(|row| out(ctx, row)).collect()
}

/// Whether a document that somebody shows is the guardian's.
pub async fn check(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    family: FamilyId,
    kind: DocumentKind,
    number: &str,
) -> Result<DocumentCheck> {
    let shown = hash(ctx, family, kind, number);
    let noted = store::documents(db, family).await?.into_iter().find(|row| row.kind == kind);
    Ok(match noted {
        None => DocumentCheck::NotNoted,
        Some(row) if row.number_hash == shown => DocumentCheck::Matches,
        Some(_) => DocumentCheck::Differs,
    })
}

/// A document as it is shown and exported.
pub fn out(ctx: &Ctx, row: &family_documents::Model) -> Result<DocumentOut> {
    let family_documents::Model { id: _, family_id: _, kind, number_hash: _, tail_sealed, noted_at } = row;
    let masked = format!("****{}", ctx.keys.open_text(TAIL_PLACE, tail_sealed)?);
    Ok(DocumentOut { kind: *kind, name: kind.zh(), masked, noted_at: Moment(*noted_at) })
}
