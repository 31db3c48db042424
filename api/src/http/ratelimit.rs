//! Rate limits: so many in a window per subject, the same numbers on all replicas. The one table of
//! them is below.
//!
//! An *exact* rule is counted in the key-value store at each call: for what is guessed at or costs
//! money. Any other is counted in this process and told to the store in lots of a fortieth of the
//! limit, beside the request: the usual call costs no round trip. A burst that outruns the store waits for
//! it, so that a replica lets through at most a twentieth more than the rule says. A window begins with
//! its first call.
//!
//! A store that is away lets exact rules through, and leaves the others to each process by itself: a
//! limit protects, it is not the truth.
//!
//! Every counted answer says how the caller stands: `RateLimit-Policy` and `RateLimit` as in
//! draft-ietf-httpapi-ratelimit-headers, `Retry-After` with `RATE_LIMITED`.

use std::{cell::RefCell, fmt::Write as _, time::Duration};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::counters::{Sync, Tell};
use crate::{
    config::Switch,
    error::{Code, Problem, Result},
    state::Ctx,
};

/// A limit: its name in the store and in the headers, how many, and in what time.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Short and unique.
    pub name: &'static str,
    /// At most this many…
    pub most: u64,
    /// …in this many seconds.
    pub seconds: u64,
    /// Counted in the store at each call.
    pub exact: bool,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $most:literal in $seconds:literal s, $exact:literal;)*) => {
        $($(#[$doc])* pub const $name: Rule = Rule { name: $word, most: $most, seconds: $seconds, exact: $exact };)*
        /// The whole table.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    // Sign-in.
    /// Sign-ins and refreshes from an address.
    SIGN_IN_ADDRESS = "sign-in", 60 in 60 s, true;
    /// Passwords tried for one user name.
    SIGN_IN_STAFF = "sign-in-staff", 20 in 60 s, true;
    /// WeChat accounts bound to staff accounts from an address.
    BIND_ADDRESS = "wechat-bind", 10 in 60 s, true;
    /// Codes of a second factor tried by an account that is signed in.
    SECOND_FACTOR = "second-factor", 10 in 900 s, true;
    /// Invitations made by a manager or an administrator.
    INVITE = "staff-invite", 60 in 3600 s, true;
    // Phone numbers: each costs money at WeChat.
    /// Phone numbers fetched by a family: a guardian has one.
    PHONE = "phone", 5 in 600 s, true;
    /// Phone numbers fetched from an address, which many families share (a mobile network's gateway).
    PHONE_ADDRESS = "phone-address", 120 in 600 s, true;
    // Personal data.
    /// Exports of a family: each reads every table.
    EXPORT = "export", 6 in 3600 s, true;
    /// Looks at whole names by a member of staff: nobody needs the whole class's at once.
    REVEAL = "reveal", 20 in 600 s, true;
    /// Children looked for by name by a member of staff: a morning's worth, not the alphabet.
    NAME_SEARCH = "name-search", 60 in 600 s, true;
    // Texts that officers must read.
    /// Complaints filed by a family.
    COMPLAINT = "complaint", 10 in 3600 s, true;
    /// Documents that staff compare with a guardian's.
    DOCUMENT_CHECK = "document-check", 10 in 600 s, true;
    /// Requests of a family for guidance at home.
    GUIDANCE = "guidance", 10 in 3600 s, true;
    // What is dear to reckon.
    /// Imports of communities by an officer, dry runs too.
    IMPORT = "import", 30 in 600 s, true;
    /// Questions of an officer what a site would bring: each may ask a routing engine ten times.
    WHAT_IF = "what-if", 30 in 60 s, true;
    // Codes that could be guessed.
    /// Manual codes of vouchers typed by a member of staff; a QR code can't be guessed.
    MANUAL_CODE = "manual-code", 5 in 60 s, true;
    /// Pick-up codes typed by a member of staff.
    PICKUP_CODE = "pickup-code", 5 in 60 s, true;
    /// Employers' codes typed by a family.
    EMPLOYER_CODE = "employer-code", 5 in 60 s, true;
    // Codes that are shown.
    /// Codes of vouchers and visits shown to a family; a phone asks twice a minute.
    SHOWN_CODE = "code", 60 in 60 s, false;
    // Claims.
    /// Claims of a family: it has few children, and a form is sent again at most so often.
    CLAIM_FAMILY = "claim", 20 in 60 s, true;
    /// Claims from an address: many families share one (a network's gateway, a housing estate).
    CLAIM_ADDRESS = "claim-address", 1200 in 60 s, false;
    // Scans.
    /// Vouchers looked at or redeemed by a member of staff.
    SCAN = "scan", 60 in 60 s, false;
    // Everything.
    /// Reads of an account.
    READ = "read", 600 in 60 s, false;
    /// Writes of an account.
    WRITE = "write", 120 in 60 s, false;
    /// Calls without a sign-in from an address; many families share one.
    PUBLIC = "public", 6000 in 60 s, false;
    /// Calls of an access key.
    EXCHANGE = "exchange", 600 in 60 s, false;
    /// Reads of a calendar feed from an address: guessing a link is hopeless, reading one is slow.
    CALENDAR = "calendar", 60 in 60 s, true;
}

/// How a caller stands with a rule after a call.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    rule: Rule,
    left: u64,
    reset_s: u64,
}

tokio::task_local! {
    static COUNTED: RefCell<Vec<Standing>>;
}

/// Runs a request and tells with which rules it was counted.
pub async fn watched<T>(work: impl Future<Output = T>) -> (T, Vec<Standing>) {
    COUNTED
        .scope(RefCell::default(), async {
            let done = work.await;
            (done, COUNTED.with(RefCell::take))
        })
        .await
}

/// Counts one for `subject`; refuses with `RATE_LIMITED` and `Retry-After` beyond the rule.
pub async fn limit(ctx: &Ctx, rule: &Rule, subject: &str) -> Result<()> {
    if ctx.settings.rate_limits == Switch::Off {
        return Ok(());
    }
    if !rule.exact {
        return nearby(ctx, rule, subject).await;
    }
    let key = key(rule, subject);
    match ctx.kv.count(&key, 1, Duration::from_secs(rule.seconds)).await {
        Ok((n, left)) => judge(rule, n, left),
        Err(error) => {
            tracing::warn!(%error, rule = rule.name, "rate limit not counted");
            Ok(())
        }
    }
}

/// Takes back one that was counted by an exact rule: what was asked for was not had, through no fault of
/// the caller. A store that is away keeps it counted.
pub async fn give_back(ctx: &Ctx, rule: &Rule, subject: &str) {
    if ctx.settings.rate_limits == Switch::On
        && let Err(error) = ctx.kv.uncount(&key(rule, subject), 1).await
    {
        tracing::debug!(%error, rule = rule.name, "not taken back");
    }
}

/// Counts one in this process; the store is told beside the request, and only in a burst before it.
pub async fn nearby(ctx: &Ctx, rule: &Rule, subject: &str) -> Result<()> {
    if ctx.settings.rate_limits == Switch::Off {
        return Ok(());
    }
    let (n, left, tell) = ctx.counters.count(rule, subject);
    match tell {
        Tell::Nothing => {}
        Tell::Beside(sync) => tell_beside(ctx, rule, subject, sync),
        Tell::First(sync) => {
            // The pool's own time-out bounds the wait.
            match ctx.kv.count(&key(rule, subject), sync.lot, Duration::from_secs(rule.seconds)).await {
                // Its own place in the store's count: here others are counted that wait behind it.
                Ok((total, left)) => {
                    sync.told(total, left);
                    return judge(rule, total, left);
                }
                Err(_) => sync.failed(),
            }
        }
    }
    judge(rule, n, left)
}

fn tell_beside(ctx: &Ctx, rule: &Rule, subject: &str, sync: Sync) {
    let (kv, key, window) = (ctx.kv.clone(), key(rule, subject), Duration::from_secs(rule.seconds));
    let name = rule.name;
    actix_web::rt::spawn(async move {
        match kv.count(&key, sync.lot, window).await {
            Ok((total, left)) => sync.told(total, left),
            Err(error) => {
                tracing::debug!(%error, rule = name, "rate limit counted by this process alone");
                sync.failed();
            }
        }
    });
}

fn key(rule: &Rule, subject: &str) -> String {
    format!("limit:{}:{subject}", rule.name)
}

fn judge(rule: &Rule, n: u64, left: Duration) -> Result<()> {
    let reset_s = u64::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1);
    let standing = Standing { rule: *rule, left: rule.most.saturating_sub(n), reset_s };
    // Outside a request nobody is told.
    let _ = COUNTED.try_with(|counted| counted.borrow_mut().push(standing));
    if n > rule.most { Err(Problem::new(Code::RateLimited).retry_after(reset_s)) } else { Ok(()) }
}

/// What the rules are.
pub(super) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How the caller stands.
pub(super) const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Writes the two headers, a rule after the other.
pub fn say(headers: &mut HeaderMap, counted: &[Standing]) {
    if counted.is_empty() {
        return;
    }
    let (mut policy, mut limit) = (String::with_capacity(48), String::with_capacity(48));
    for Standing { rule, left, reset_s } in counted {
        let comma = if policy.is_empty() { "" } else { ", " };
        let _ = write!(policy, "{comma}\"{}\";q={};w={}", rule.name, rule.most, rule.seconds);
        let _ = write!(limit, "{comma}\"{}\";r={left};t={reset_s}", rule.name);
    }
    for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_a_name_of_its_own_that_a_header_can_hold() {
        for (i, rule) in RULES.iter().enumerate() {
            assert!(rule.most > 0 && rule.seconds > 0);
            assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.name);
            assert!(RULES[..i].iter().all(|other| other.name != rule.name), "{}", rule.name);
        }
    }

    #[test]
    fn the_headers_name_every_rule_that_counted() {
        let mut headers = HeaderMap::new();
        let standing = |rule, left| Standing { rule, left, reset_s: 30 };
        say(&mut headers, &[standing(WRITE, 119), standing(CLAIM_FAMILY, 0)]);
        assert_eq!(headers.get(POLICY).unwrap(), "\"write\";q=120;w=60, \"claim\";q=20;w=60");
        assert_eq!(headers.get(LIMIT).unwrap(), "\"write\";r=119;t=30, \"claim\";r=0;t=30");
    }
}
