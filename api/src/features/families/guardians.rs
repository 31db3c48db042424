//! Handlers for guardians (and the public texts of consent).

use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::{StatusCode, header::CONTENT_LANGUAGE},
    patch, post, put,
    web::Data,
};
use entity::{ChildId, DocumentKind};

use super::{
    documents,
    documents_dto::{DocumentIn, DocumentOut},
    dto::{
        ChildIn, ChildOut, ChildPatch, ChildrenOut, ConsentTextsOut, ConsentTextsQuery, FamilyOut, PhoneIn, PhoneOut,
    },
    phone, service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Idempotency, Json, Path, PublicRefusals, Query, Refusals, address::ClientAddress, language},
    language::Language,
    state::Ctx,
};

/// Read the texts of consent
///
/// All items carry the same `version`, which names the whole set: today's, or the one asked for, so that a
/// family can read again what it agreed to. The wording is Chinese; with `Accept-Language: zh-Hant` in
/// traditional characters (`Content-Language` says which).
#[utoipa::path(tag = "family", params(ConsentTextsQuery), responses(
    (status = 200, description = "The texts", body = ConsentTextsOut), PublicRefusals))]
#[get("/consents")]
pub(super) async fn list_consents(req: HttpRequest, Query(query): Query<ConsentTextsQuery>) -> Result<HttpResponse> {
    let texts = service::texts(query.version.as_deref())?;
    let written = match language(req.headers()) {
        Language::Hant => Language::Hant,
        Language::Hans | Language::English => Language::Hans,
    };
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, written.tag())).json(texts.written(written)))
}

/// Read the family's account
///
/// With its children.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "The account", body = FamilyOut), Refusals))]
#[get("/me")]
pub(super) async fn me(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::me(&ctx, guardian.family_id).await?))
}

/// Verify the guardian's phone
///
/// Exchanges the code of WeChat's phone button for the number, which is kept sealed and shown masked. A
/// new number takes the place of the one before.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = PhoneIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Verified", body = PhoneOut), Refusals))]
#[post("/me/phone")]
pub(super) async fn verify_phone(
    ctx: Data<Ctx>,
    guardian: Guardian,
    address: ClientAddress,
    key: Idempotency,
    Json(body): Json<PhoneIn>,
) -> Result<HttpResponse> {
    Ok(phone::verify(&ctx, guardian.family_id, &address, &key, &body.code).await?.respond(StatusCode::OK))
}

/// Note a document of the guardian
///
/// A 台胞证 (台湾居民来往大陆通行证), in place of the one before. Its number isn't kept: a keyed hash, by which a desk
/// can tell whether a document that is shown at the door is the guardian's, and the last four digits to show.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = DocumentIn,
    params(("kind" = DocumentKind, Path, description = "What it is")),
    responses((status = 200, description = "Noted", body = DocumentOut), Refusals))]
#[put("/me/documents/{kind}")]
pub(super) async fn put_document(
    ctx: Data<Ctx>,
    guardian: Guardian,
    kind: Path<DocumentKind>,
    Json(body): Json<DocumentIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(documents::put(&ctx, guardian.family_id, kind.0, body).await?))
}

/// Forget a document of the guardian
///
/// At once.
#[utoipa::path(tag = "family", security(("bearer" = [])),
    params(("kind" = DocumentKind, Path, description = "What it is")),
    responses((status = 204, description = "Forgotten"), Refusals))]
#[delete("/me/documents/{kind}")]
pub(super) async fn delete_document(
    ctx: Data<Ctx>,
    guardian: Guardian,
    kind: Path<DocumentKind>,
) -> Result<HttpResponse> {
    documents::delete(&ctx, guardian.family_id, kind.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the family's children
///
/// In the order they were added.
#[utoipa::path(tag = "family", security(("bearer" = [])), responses(
    (status = 200, description = "The children", body = ChildrenOut), Refusals))]
#[get("/me/children")]
pub(super) async fn list_children(ctx: Data<Ctx>, guardian: Guardian) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(ChildrenOut { items: service::children_of(&ctx, guardian.family_id).await? }))
}

/// Add a child
///
/// Needs the guardian's consent to at least `booking` under the current texts; every purpose
/// listed is recorded. A child of the same name and birth date is refused with `CHILD_EXISTS` and
/// the `child_id` of the one that is there.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = ChildIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Added", body = ChildOut), Refusals))]
#[post("/me/children")]
pub(super) async fn add_child(
    ctx: Data<Ctx>,
    guardian: Guardian,
    key: Idempotency,
    Json(body): Json<ChildIn>,
) -> Result<HttpResponse> {
    Ok(service::add_child(&ctx, guardian.family_id, &key, body).await?.respond(StatusCode::CREATED))
}

/// Change a child
///
/// What is absent stays as it is. The birth date can't be changed, for it decides the class: another
/// one is refused.
#[utoipa::path(tag = "family", security(("bearer" = [])), request_body = ChildPatch,
    params(("id" = ChildId, Path, description = "The child")),
    responses((status = 200, description = "Changed", body = ChildOut), Refusals))]
#[patch("/me/children/{id}")]
pub(super) async fn change_child(
    ctx: Data<Ctx>,
    guardian: Guardian,
    id: Path<ChildId>,
    Json(body): Json<ChildPatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::change_child(&ctx, guardian.family_id, id.0, body).await?))
}
