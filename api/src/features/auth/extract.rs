//! Who calls, as types: a handler that takes a [`Guardian`] can't be reached by staff, one that
//! takes a [`Desk`] only by staff of a centre, with that centre's id in hand. Which roles may call
//! the operation is said in [`permissions`], and asked here.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web::Data};
use entity::{CentreId, FamilyId, SessionId, StaffId, StaffRole};

use super::{
    cookie,
    dto::Role,
    limits::Checked,
    permissions::{self, Extra},
    session,
    token::Claims,
};
use crate::{
    error::{Code, Problem, Result},
    state::Ctx,
};

/// Anyone with a live token.
#[derive(Debug)]
pub struct SignedIn {
    /// What the token says.
    pub claims: Claims,
}

/// A parent.
#[derive(Clone, Copy, Debug)]
pub struct Guardian {
    /// The family that the account is.
    pub family_id: FamilyId,
}

/// Staff of a centre.
#[derive(Clone, Copy, Debug)]
pub struct Desk {
    /// Who.
    pub staff_id: StaffId,
    /// Of which centre: the only one whose rows this caller may touch.
    pub centre_id: CentreId,
    /// Carer or manager.
    pub role: StaffRole,
}

/// Anyone with a staff account, of a centre or of the bureau: for what concerns the account itself.
#[derive(Clone, Copy, Debug)]
pub struct Staff {
    /// Who.
    pub staff_id: StaffId,
    /// Of a carer or manager.
    pub centre_id: Option<CentreId>,
    /// What the account may do.
    pub role: StaffRole,
    /// The session that calls.
    pub session_id: SessionId,
}

/// Officers and administrators of the bureau.
#[derive(Clone, Copy, Debug)]
pub struct Bureau {
    /// Who.
    pub staff_id: StaffId,
    /// Officer or administrator.
    pub role: StaffRole,
}

/// An extractor from checked claims; someone of another role gets `FORBIDDEN`.
trait FromClaims: Sized {
    fn from_claims(claims: &Claims) -> Result<Self>;
}

fn forbidden<T>(_: T) -> Problem {
    Problem::new(Code::Forbidden)
}

impl FromClaims for SignedIn {
    fn from_claims(claims: &Claims) -> Result<Self> {
        Ok(Self { claims: claims.clone() })
    }
}

impl FromClaims for Guardian {
    fn from_claims(claims: &Claims) -> Result<Self> {
        match claims.role {
            Role::Guardian => Ok(Self { family_id: claims.sub.parse().map_err(forbidden)? }),
            _ => Err(forbidden(())),
        }
    }
}

impl FromClaims for Desk {
    fn from_claims(claims: &Claims) -> Result<Self> {
        let role = match claims.role {
            Role::Carer => StaffRole::Carer,
            Role::Manager => StaffRole::Manager,
            _ => return Err(forbidden(())),
        };
        let centre_id = claims.ctr.ok_or(()).map_err(forbidden)?;
        Ok(Self { staff_id: claims.sub.parse().map_err(forbidden)?, centre_id, role })
    }
}

impl FromClaims for Staff {
    fn from_claims(claims: &Claims) -> Result<Self> {
        let role = match claims.role {
            Role::Carer => StaffRole::Carer,
            Role::Manager => StaffRole::Manager,
            Role::Officer => StaffRole::Officer,
            Role::Admin => StaffRole::Admin,
            Role::Guardian => return Err(forbidden(())),
        };
        Ok(Self {
            staff_id: claims.sub.parse().map_err(forbidden)?,
            centre_id: claims.ctr,
            role,
            session_id: claims.sid,
        })
    }
}

impl FromClaims for Bureau {
    fn from_claims(claims: &Claims) -> Result<Self> {
        let role = match claims.role {
            Role::Officer => StaffRole::Officer,
            Role::Admin => StaffRole::Admin,
            _ => return Err(forbidden(())),
        };
        Ok(Self { staff_id: claims.sub.parse().map_err(forbidden)?, role })
    }
}

impl Desk {
    /// Refuses whoever may not do this within the operation.
    pub fn may(&self, extra: Extra) -> Result<()> {
        extra.check(self.role)
    }
}

impl Bureau {
    /// Refuses whoever may not do this within the operation.
    pub fn may(&self, extra: Extra) -> Result<()> {
        extra.check(self.role)
    }
}

impl Staff {
    /// Refuses carers: a second factor is for those who decide.
    pub fn decides(&self) -> Result<()> {
        if self.role == StaffRole::Carer { Err(forbidden(())) } else { Ok(()) }
    }
}

impl SignedIn {
    /// The session of the token.
    #[must_use]
    pub const fn session_id(&self) -> SessionId {
        self.claims.sid
    }
}

fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn)
}

/// Who the token says the caller is. The role is checked before the session is asked for: that
/// waits, and meanwhile another extractor would answer that the body is wrong.
async fn caller<T: FromClaims>(req: HttpRequest) -> Result<T> {
    let ctx = req.app_data::<Data<Ctx>>().ok_or_else(|| Problem::internal("no context"))?;
    let claims = claims(ctx, &req)?;
    let session = claims.sid;
    permissions::check(req.match_name(), claims.role)?;
    let caller = T::from_claims(&claims)?;
    if session::is_live(ctx, session).await? { Ok(caller) } else { Err(not_signed_in()) }
}

/// What the token of a request says, if it is ours and hasn't ended.
pub(super) fn claims(ctx: &Ctx, req: &HttpRequest) -> Result<Arc<Claims>> {
    if let Some(Checked(claims)) = req.extensions().get::<Checked>() {
        return claims.clone().ok_or_else(not_signed_in);
    }
    let claims = match bearer(req) {
        Some(token) => ctx.tokens.verify(&ctx.keys, token, ctx.clock.now()),
        None => cookie::claims(ctx, req),
    };
    claims.ok_or_else(not_signed_in)
}

/// The token or key of a request.
pub(super) fn bearer(req: &HttpRequest) -> Option<&str> {
    let (scheme, token) = req.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A guardian whose token is ours, but whose session wasn't asked for yet.
#[derive(Debug)]
pub struct Knock {
    /// The family that the account is.
    pub family_id: FamilyId,
    session: SessionId,
}

impl Knock {
    /// Who the token of a request says the caller is, if it is a guardian's.
    #[must_use]
    pub fn of(ctx: &Ctx, req: &HttpRequest) -> Option<Self> {
        let claims = claims(ctx, req).ok()?;
        let family_id = Guardian::from_claims(&claims).ok()?.family_id;
        Some(Self { family_id, session: claims.sid })
    }

    /// Whether the session still stands.
    pub async fn stands(&self, ctx: &Ctx) -> bool {
        session::is_live(ctx, self.session).await.unwrap_or(false)
    }
}

macro_rules! extractors {
    ($($name:ident),*) => {$(
        impl FromRequest for $name {
            type Error = Problem;
            type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                Box::pin(caller(req.clone()))
            }
        }
    )*};
}

extractors!(SignedIn, Guardian, Desk, Staff, Bureau);
