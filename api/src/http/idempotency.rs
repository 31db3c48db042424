//! `Idempotency-Key`: the first answer is stored in the transaction of its effect; the same key and
//! request again gets that answer with `Idempotent-Replayed: true`. A duplicate that comes while
//! the first is still running waits for it on the key's row.
//!
//! A form of a page carries its key in a field ([`FORM_FIELD`]): a form that is sent twice is done once.
//!
//! Scope: account and route. A request is its path, query and body: a key used for another is refused. Refusals are rolled back and so not stored.

use std::{
    cell::Cell,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header::CONTENT_TYPE},
};
use data_encoding::BASE64URL_NOPAD;
use entity::{
    FamilyId,
    idempotency_keys::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, TryInsertResult,
    sea_query::Expr,
};
use serde::{Serialize, de::DeserializeOwned};

use super::observe::Body;
use crate::{
    error::{Code, Problem, Result, Text},
    platform::{
        crypto::{random_bytes, sha256},
        db::write_txn,
    },
    state::Ctx,
};

/// The field of a form that makes it known again.
pub const FORM_FIELD: &str = "once";
/// The field that says of which sign-in a form is.
const SIGN_IN_FIELD: &str = "csrf";

/// A word for a form that is drawn: whoever sends it twice, as it is, sends one request.
#[must_use]
pub fn word_of_a_form() -> String {
    BASE64URL_NOPAD.encode(&random_bytes::<12>())
}

/// The key of a form as it was sent, and what it says. What was changed in it makes another request: who goes back in
/// the browser finds the same form, and may send it again with other words. The word of the sign-in is no part of it:
/// what waited for the network may be sent under the next.
fn key_of_form(req: &HttpRequest) -> Option<(String, Vec<u8>)> {
    let mime = req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if mime.split(';').next().is_none_or(|mime| mime.trim() != "application/x-www-form-urlencoded") {
        return None;
    }
    let body = Body::of(req);
    let word = form_urlencoded::parse(&body).find(|(name, _)| name == FORM_FIELD)?.1;
    let plain = (8..=32).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
    let said = form_urlencoded::parse(&body).filter(|(name, _)| name != SIGN_IN_FIELD);
    let said = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish().into_bytes();
    let digest = sha256(&[&said]);
    plain.then(|| (format!("{word}.{}", BASE64URL_NOPAD.encode(&digest[..16])), said))
}

/// That a request was found done before: on the request, for who draws the page that follows.
#[derive(Clone, Debug, Default)]
pub struct DoneBefore(Arc<AtomicBool>);

impl DoneBefore {
    /// Whether it was.
    #[must_use]
    pub fn of(req: &HttpRequest) -> bool {
        req.extensions().get::<Self>().is_some_and(|done| done.0.load(Ordering::Relaxed))
    }
}

const PLACE: &str = "idempotency_keys.answer";

/// The key of a request, if it has one.
#[derive(Clone, Debug)]
pub struct Idempotency {
    key: Option<Key>,
    about: Cell<Option<FamilyId>>,
    before: DoneBefore,
}

#[derive(Clone, Debug)]
struct Key {
    route: String,
    key: String,
    fingerprint: Vec<u8>,
}

impl FromRequest for Idempotency {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

impl Idempotency {
    /// Whether the request has a key.
    #[must_use]
    pub const fn given(&self) -> bool {
        self.key.is_some()
    }

    /// The answer to come holds words of a family, or about it: it is forgotten when the family is erased.
    /// Called inside the work of [`once`] by what answers staff; a family's own answers are known by their
    /// account.
    pub fn about(&self, family: FamilyId) {
        self.about.set(Some(family));
    }

    fn of(req: &HttpRequest) -> Result<Self> {
        let before = req.extensions().get::<DoneBefore>().cloned().unwrap_or_default();
        req.extensions_mut().insert(before.clone());
        let given = req.headers().get("Idempotency-Key").map(|value| value.to_str().unwrap_or("").to_owned());
        let given = given.map(|key| (key, Body::of(req).to_vec()));
        let Some((key, body)) = given.or_else(|| key_of_form(req)) else {
            return Ok(Self { key: None, about: Cell::default(), before });
        };
        if !(8..=64).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Problem::field(
                "Idempotency-Key",
                "out_of_range",
                Text::new(
                    "Idempotency-Key 须为 8 到 64 个可见字符。",
                    "Idempotency-Key takes 8 to 64 visible characters.",
                ),
            ));
        }
        let route = format!("{} {}", req.method(), req.match_pattern().unwrap_or_default());
        // The query too: `?coord=` or `?dry_run=` makes another request of the same body.
        let path = req.uri().path_and_query().map_or("", |path| path.as_str());
        let fingerprint = sha256(&[path.as_bytes(), b"\n", &body]);
        Ok(Self { key: Some(Key { route, key, fingerprint }), about: Cell::default(), before })
    }
}

/// The outcome of a write: done now, or found done before.
#[derive(Debug)]
pub enum Once<T> {
    /// Done now.
    First(T),
    /// The stored body of the first answer.
    Again(Vec<u8>),
}

impl<T: Serialize> Once<T> {
    /// The answer; the stored one is marked as replayed.
    pub fn respond(self, status: StatusCode) -> HttpResponse {
        match self {
            Self::First(body) => HttpResponse::build(status).json(body),
            Self::Again(body) => HttpResponse::build(status)
                .insert_header(("Idempotent-Replayed", "true"))
                .content_type("application/json")
                .body(body),
        }
    }
}

impl<T: DeserializeOwned> Once<T> {
    /// The answer, made now or before. A page shows what is shown once to whoever sends the same form again:
    /// the first answer may never have arrived.
    pub fn answer(self) -> Result<T> {
        match self {
            Self::First(body) => Ok(body),
            Self::Again(body) => serde_json::from_slice(&body).map_err(Problem::internal),
        }
    }
}

/// Runs `work` in a write transaction, at most once per key of `account` (a prefixed id).
pub async fn once<T: Serialize>(
    ctx: &Ctx,
    idempotency: &Idempotency,
    account: &str,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T>,
) -> Result<Once<T>> {
    let Some(key) = &idempotency.key else {
        return write_txn(&ctx.db, work).await.map(Once::First);
    };
    write_txn(&ctx.db, async |txn| {
        if !begin(ctx, txn, key, account).await? {
            let answer = replay(ctx, txn, key, account).await?;
            idempotency.before.0.store(true, Ordering::Relaxed);
            return Ok(Once::Again(answer));
        }
        let value = work(txn).await?;
        let body = serde_json::to_vec(&value).map_err(Problem::internal)?;
        Entity::update_many()
            .col_expr(Column::AnswerSealed, Expr::value(ctx.keys.seal(PLACE, &body)))
            .col_expr(Column::FamilyId, Expr::value(idempotency.about.get()))
            .filter(Column::Account.eq(account))
            .filter(Column::Route.eq(&key.route))
            .filter(Column::Key.eq(&key.key))
            .exec(txn)
            .await?;
        Ok(Once::First(value))
    })
    .await
}

/// An answer to be kept under its request's key, when it is known before the key is taken.
#[derive(Debug)]
pub struct Answered {
    key: Key,
    account: String,
    body: Vec<u8>,
}

impl Idempotency {
    /// The answer `value` under this key of `account`; `None` without a key.
    pub fn answered(&self, account: &str, value: &impl Serialize) -> Option<Answered> {
        let key = self.key.clone()?;
        // What serialises once serialises again: an answer is refused there, not here.
        let body = serde_json::to_vec(value).ok()?;
        Some(Answered { key, account: account.to_owned(), body })
    }
}

/// Takes keys and keeps their answers at once, in the transaction of their effects. One that another
/// request has is an error that ends them all.
pub async fn keep_answers(ctx: &Ctx, txn: &DatabaseTransaction, answers: Vec<Answered>) -> Result<(), DbErr> {
    if answers.is_empty() {
        return Ok(());
    }
    let rows = answers.into_iter().map(|Answered { key, account, body }| ActiveModel {
        answer_sealed: Set(Some(ctx.keys.seal(PLACE, &body))),
        ..row(ctx, &key, &account)
    });
    Entity::insert_many(rows).exec_without_returning(txn).await.map(drop)
}

fn row(ctx: &Ctx, key: &Key, account: &str) -> ActiveModel {
    ActiveModel {
        account: Set(account.to_owned()),
        route: Set(key.route.clone()),
        key: Set(key.key.clone()),
        fingerprint: Set(key.fingerprint.clone()),
        answer_sealed: Set(None),
        family_id: Set(None),
        created_at: Set(ctx.clock.now()),
    }
}

/// Takes the key; false if another request has it. On PostgreSQL the insert waits for a running
/// holder to commit or roll back.
async fn begin(ctx: &Ctx, txn: &DatabaseTransaction, key: &Key, account: &str) -> Result<bool> {
    let inserted = Entity::insert(row(ctx, key, account))
        .on_conflict_do_nothing_on([Column::Account, Column::Route, Column::Key])
        .exec_without_returning(txn)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

async fn replay(ctx: &Ctx, txn: &DatabaseTransaction, key: &Key, account: &str) -> Result<Vec<u8>> {
    let row = Entity::find_by_id((account.to_owned(), key.route.clone(), key.key.clone()))
        .one(txn)
        .await?
        .ok_or_else(|| Problem::new(Code::Unavailable))?;
    if row.fingerprint != key.fingerprint {
        return Err(Problem::new(Code::IdempotencyKeyReused));
    }
    let sealed = row.answer_sealed.ok_or_else(|| Problem::internal("an idempotency key without its answer"))?;
    Ok(ctx.keys.open(PLACE, &sealed)?)
}
