//! The guardian's phone, through WeChat's phone button.

use entity::{FamilyId, families};

use super::{dto::PhoneOut, rules::masked_phone, store};
use crate::{
    error::{Code, Problem, Result, Text},
    features::auth::service::OPENID_PLACE,
    http::{
        Idempotency, Moment, Once,
        address::ClientAddress,
        once,
        ratelimit::{PHONE, PHONE_ADDRESS, give_back, limit},
    },
    platform::wechat::{Class, PhoneNumber, WeChatError},
    state::Ctx,
};

/// Where sealed phones live.
pub const PHONE_PLACE: &str = "families.phone";

/// Exchanges the button's code and keeps the number.
pub(super) async fn verify(
    ctx: &Ctx,
    family: FamilyId,
    address: &ClientAddress,
    idempotency: &Idempotency,
    code: &str,
) -> Result<Once<PhoneOut>> {
    let account = family.to_string();
    limit(ctx, &PHONE, &account).await?;
    limit(ctx, &PHONE_ADDRESS, &address.0).await?;
    let row = store::family_row(ctx.db.reader(), family).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let openid = ctx.keys.open_text(OPENID_PLACE, &row.openid_sealed)?;
    // Outside the transaction: nobody waits for WeChat with a lock in hand.
    let asked = ctx.wechat.phone(&ctx.kv, code, &openid).await;
    // Whoever is told to try again later must be able to: only what WeChat judged counts.
    if asked.as_ref().is_err_and(|error| !matches!(error.class, Class::Caller | Class::Policy)) {
        give_back(ctx, &PHONE, &account).await;
        give_back(ctx, &PHONE_ADDRESS, &address.0).await;
    }
    let number = match asked {
        Ok(number) => as_kept(&number),
        // A repeated request must get the first answer, although its code is used up.
        Err(error) if idempotency.given() => {
            return once(ctx, idempotency, &account, async |_| Err(refusal(error))).await;
        }
        Err(error) => return Err(refusal(error)),
    };
    let now = ctx.clock.now();
    let kept = (ctx.keys.seal(PHONE_PLACE, number.as_bytes()), ctx.keys.lookup_hash(PHONE_PLACE, &number));
    let done = once(ctx, idempotency, &account, async |txn| {
        if !store::set_phone(txn, family, kept, now).await? {
            return Err(Problem::new(Code::NotFound));
        }
        Ok(PhoneOut { masked: masked_phone(&number), verified_at: Moment(now) })
    })
    .await?;
    if let Once::First(_) = done {
        ctx.metrics.event("phone_verified");
    }
    Ok(done)
}

fn refusal(error: WeChatError) -> Problem {
    if error.class != Class::Caller {
        return error.into();
    }
    let text = Text::new(
        "手机号授权码无效、已使用或已过期，请重新点击“获取手机号”。",
        "The phone button's code is invalid, used or over; tap the button again.",
    );
    Problem::from(error).detail(text.clone()).and_field("code", "invalid", text)
}

/// Numbers of the mainland as people write them, others with their country's code.
fn as_kept(phone: &PhoneNumber) -> String {
    match phone.country_code.as_str() {
        "86" => phone.number.clone(),
        code => format!("+{code}{}", phone.number),
    }
}

/// What the family is shown of its phone.
pub(super) fn shown(ctx: &Ctx, row: &families::Model) -> Result<Option<PhoneOut>> {
    let (Some(sealed), Some(at)) = (&row.phone_sealed, row.phone_verified_at) else { return Ok(None) };
    let phone = ctx.keys.open_text(PHONE_PLACE, sealed)?;
    Ok(Some(PhoneOut { masked: masked_phone(&phone), verified_at: Moment(at) }))
}
