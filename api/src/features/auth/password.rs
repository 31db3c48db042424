//! Staff passwords: argon2id, hashed and checked on a blocking thread.

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc::PasswordHash};

use crate::error::{Problem, Result};

/// The PHC string of a password.
pub async fn hash(password: String) -> Result<String> {
    run(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(Problem::internal)
    })
    .await?
}

/// Whether `password` is the one that was hashed. Without a hash (no such account) it takes as
/// long and says no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    // A hash of nothing in particular, so that unknown names take as long as known ones.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$bm9ib2R5LW5vYm9keS1ub2JvZHktbm9ib2R5LW5vYm8";
    run(move || {
        let known = hash.is_some();
        let text = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&text).map_err(Problem::internal)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await?
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    actix_web::web::block(work).await.map_err(Problem::internal)
}
