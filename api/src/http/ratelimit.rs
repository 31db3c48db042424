//! Rate limits: so many in a window per subject, counted in the key-value store, so that all
//! replicas share the numbers. A store that is away lets requests through: a limit protects, it
//! is not the truth.

use std::time::Duration;

use crate::{
    config::Switch,
    error::{Code, Problem, Result},
    state::Ctx,
};

/// A limit: its name in the store, how many, and in what time.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Short and unique.
    pub name: &'static str,
    /// At most this many…
    pub most: u64,
    /// …in this many seconds.
    pub seconds: u64,
}

/// Counts one for `subject`; refuses with `RATE_LIMITED` and `Retry-After` beyond the rule.
pub async fn limit(ctx: &Ctx, rule: Rule, subject: &str) -> Result<()> {
    if ctx.settings.rate_limits == Switch::Off {
        return Ok(());
    }
    let key = format!("limit:{}:{subject}", rule.name);
    match ctx.kv.count(&key, Duration::from_secs(rule.seconds)).await {
        Ok((n, left)) if n > rule.most => {
            Err(Problem::new(Code::RateLimited).retry_after(left.as_secs().saturating_add(1)))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::warn!(%error, rule = rule.name, "rate limit not counted");
            Ok(())
        }
    }
}
