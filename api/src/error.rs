//! The one error of the API: RFC 9457 `application/problem+json`, its codes, their statuses and
//! their texts in Chinese and English. The only file that names failure statuses.
//!
//! A refusal is made with its code (`Problem::new(Code::NoPlace)`), may get a more exact text, the
//! field at fault and facts for the client; the language and the request id are filled in by
//! [`crate::http::observe`] when the answer leaves.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue},
    },
};
use sea_orm::DbErr;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::language::Language;
pub use crate::language::Text;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:ident, $zh:literal, $en:literal;)*) => {
        /// Every stable code of a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name),* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// The word at the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $word),* } }
            /// Its HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode { match self { $(Self::$name => StatusCode::$status),* } }
            /// What to tell people who were told nothing more exact.
            #[must_use]
            pub const fn text(self) -> Text { match self { $(Self::$name => Text { zh: Cow::Borrowed($zh), en: Cow::Borrowed($en), entered: None }),* } }
        }
    };
}

codes! {
    NotSignedIn = "NOT_SIGNED_IN", UNAUTHORIZED, "请先登录后再试。", "Sign in first.";
    WrongCredentials = "WRONG_CREDENTIALS", UNAUTHORIZED, "用户名或密码不正确，请核对后重试。", "The user name or password is wrong.";
    Forbidden = "FORBIDDEN", FORBIDDEN, "您的账号没有这项操作的权限。", "Your account may not do this.";
    NotFound = "NOT_FOUND", NOT_FOUND, "没有找到您要的内容，请返回刷新后重试。", "There is nothing here under this address or id.";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED, "该地址不支持这种请求方法。", "This address doesn't take this method.";
    InvalidInput = "INVALID_INPUT", BAD_REQUEST, "填写的内容有误，请按提示修改。", "The request is not valid; see `errors`.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE, "请求内容须为 application/json。", "Send the body as application/json.";
    BodyTooLarge = "BODY_TOO_LARGE", PAYLOAD_TOO_LARGE, "提交的内容过大，请精简后重试。", "The body is too large.";
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS, "操作太频繁，请稍后再试。", "Too many requests; try again later.";
    AccountLocked = "ACCOUNT_LOCKED", TOO_MANY_REQUESTS, "连续登录失败次数过多，账号已暂时锁定，请稍后再试。", "Too many failed sign-ins; the account is locked for a while.";
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", UNPROCESSABLE_ENTITY, "同一个幂等键已用于另一项请求，请换一个新的键。", "This key was used for another request.";
    WxCodeInvalid = "WX_CODE_INVALID", UNPROCESSABLE_ENTITY, "微信登录凭证无效或已使用，请重新打开小程序登录。", "The WeChat code is invalid or was used; get a new one.";
    WechatNotBound = "WECHAT_NOT_BOUND", UNPROCESSABLE_ENTITY, "该微信尚未绑定工作人员账号，请用负责人或管理员发放的邀请码绑定。", "This WeChat account isn't bound to a staff account; bind it with an invitation.";
    WechatAlreadyBound = "WECHAT_ALREADY_BOUND", CONFLICT, "该微信或该工作人员账号已有绑定，请先解除原绑定。", "This WeChat account or this staff account is bound already; unbind it first.";
    InvitationInvalid = "INVITATION_INVALID", UNPROCESSABLE_ENTITY, "邀请码不正确、已使用或已过期，请联系负责人或管理员重新发放。", "The invitation is wrong, used or has expired; ask for a new one.";
    SecondFactorRequired = "SECOND_FACTOR_REQUIRED", UNAUTHORIZED, "请再输入验证器中的动态验证码（或备用恢复码）。", "Sign in again with `otp`: the code of your authenticator, or a recovery code.";
    SecondFactorInvalid = "SECOND_FACTOR_INVALID", UNPROCESSABLE_ENTITY, "动态验证码不正确或已使用，请等待下一个验证码再试。", "The code is wrong or was used; wait for the next one.";
    WxBusy = "WX_BUSY", SERVICE_UNAVAILABLE, "微信服务繁忙，请稍后再试。", "WeChat is busy; try again shortly.";
    ConsentRequired = "CONSENT_REQUIRED", UNPROCESSABLE_ENTITY, "请先阅读并同意儿童个人信息处理规则。", "The guardian's consent is needed first.";
    ChildExists = "CHILD_EXISTS", CONFLICT, "您已添加过同名同生日的孩子，无需重复添加，请到“我的孩子”查看。", "You have this child already (same name and birth date); see your children.";
    ConfirmationRequired = "CONFIRMATION_REQUIRED", CONFLICT, "该操作会带来所列后果，请确认后再提交。", "This has consequences: send it again with `confirm=true`.";
    AccountClosing = "ACCOUNT_CLOSING", CONFLICT, "该账号正在注销，注销前可恢复账号。", "This account is about to be erased; sign in with `restore` to keep it.";
    NoPlace = "NO_PLACE", CONFLICT, "所选日期的托位已满，请换个日期或机构。", "No place is left on these dates.";
    AgeClassMismatch = "AGE_CLASS_MISMATCH", UNPROCESSABLE_ENTITY, "孩子在托育当日的月龄不符合该班级的要求。", "On the day of care the child's age doesn't fit the class.";
    CentreClosed = "CENTRE_CLOSED", UNPROCESSABLE_ENTITY, "所选时间不在该机构的开放时间内，请另选时间。", "The centre isn't open then.";
    BookingsAffected = "BOOKINGS_AFFECTED", CONFLICT, "该调整影响已有预约，请先决定如何处理。", "Bookings are in the way; decide what becomes of them.";
    PickupNotAllowed = "PICKUP_NOT_ALLOWED", UNPROCESSABLE_ENTITY, "该接送人不在家长登记的名单中，请核对姓名，或请家长生成一次性接送码。", "The family hasn't named this person; ask the guardian for a one-time code.";
    PickupCodeInvalid = "PICKUP_CODE_INVALID", UNPROCESSABLE_ENTITY, "接送码不正确、已使用或已过期，请联系家长重新生成。", "The pick-up code is wrong, used or has expired; ask the guardian for a new one.";
    EmployerCodeInvalid = "EMPLOYER_CODE_INVALID", UNPROCESSABLE_ENTITY, "职工码不正确、已停用或已过期，请向单位核对。", "The employer's code is wrong, revoked or over; ask your employer.";
    BookingLimit = "BOOKING_LIMIT", CONFLICT, "进行中的预约已达上限，请先取消不需要的预约。", "As many bookings as a family may have are open; cancel one first.";
    VisitCodeInvalid = "VISIT_CODE_INVALID", UNPROCESSABLE_ENTITY, "不是有效的入园码，请让家长打开小程序的预约重新出示。", "This is not a valid code of a visit.";
    VisitCodeExpired = "VISIT_CODE_EXPIRED", UNPROCESSABLE_ENTITY, "入园码已过期，请让家长刷新后重新出示（截图无效）。", "The code has expired; ask the parent to refresh it.";
    PlaceFree = "PLACE_FREE", CONFLICT, "所选日期还有空位，无需候补，请直接预约。", "There is a place: book it, no need to wait.";
    AlreadyWaiting = "ALREADY_WAITING", CONFLICT, "孩子已在候补名单中，请到“我的候补”查看。", "The child is on this waiting list already.";
    NoOffer = "NO_OFFER", UNPROCESSABLE_ENTITY, "该机构暂不提供这种托育服务，请选择其他服务形式。", "The centre doesn't offer this form of care.";
    NoticeTooShort = "NOTICE_TOO_SHORT", UNPROCESSABLE_ENTITY, "距离开始时间太近，请选择更晚的时间。", "It is too late to book this time.";
    HorizonExceeded = "HORIZON_EXCEEDED", UNPROCESSABLE_ENTITY, "所选日期还未开放预约，请选择更近的日期。", "It is too early to book these dates.";
    ChildOverlap = "CHILD_OVERLAP", CONFLICT, "孩子在这段时间已有其他预约，请先取消或另选时间。", "The child is booked elsewhere at that time.";
    EntryCheckRequired = "ENTRY_CHECK_REQUIRED", UNPROCESSABLE_ENTITY, "首次入托前须核验健康检查和预防接种，请先登记核验结果。", "Record the entry check before the first visit.";
    CancelWindowClosed = "CANCEL_WINDOW_CLOSED", CONFLICT, "已过可取消时间，请直接联系机构。", "It is too late to cancel; call the centre.";
    WrongState = "WRONG_STATE", CONFLICT, "当前状态不能进行这项操作，请刷新后查看。", "Its present state doesn't allow this.";
    CampaignNotOpen = "CAMPAIGN_NOT_OPEN", CONFLICT, "该批次体验券当前不可领取。", "This campaign isn't giving out vouchers now.";
    CampaignSoldOut = "CAMPAIGN_SOLD_OUT", CONFLICT, "该批次体验券已领完，请关注下一批。", "All vouchers of this campaign are taken.";
    ClaimLimit = "CLAIM_LIMIT", CONFLICT, "孩子已领取过该批次体验券，请到“我的券”查看。", "The child already has a voucher of this campaign.";
    NotEligible = "NOT_ELIGIBLE", UNPROCESSABLE_ENTITY, "暂不符合条件。", "The conditions aren't met; see `reasons`.";
    FundRuleViolation = "FUND_RULE_VIOLATION", UNPROCESSABLE_ENTITY, "该资金来源不得用于此用途，请调整资金来源。", "This source of funds may not pay for this.";
    VoucherInvalid = "VOUCHER_INVALID", UNPROCESSABLE_ENTITY, "不是有效的托育体验券码，请让家长打开小程序重新出示。", "This is not a valid voucher code.";
    VoucherCodeExpired = "VOUCHER_CODE_EXPIRED", UNPROCESSABLE_ENTITY, "券码已过期，请让家长刷新后重新出示（截图无效）。", "The code has expired; ask the parent to refresh it.";
    VoucherRevoked = "VOUCHER_REVOKED", UNPROCESSABLE_ENTITY, "该体验券已作废，不能核销。", "The voucher was revoked.";
    VoucherNotStarted = "VOUCHER_NOT_STARTED", UNPROCESSABLE_ENTITY, "该体验券尚未到可使用日期。", "The voucher isn't valid yet.";
    VoucherExpired = "VOUCHER_EXPIRED", UNPROCESSABLE_ENTITY, "该体验券已过有效期，不能核销。", "The voucher has expired.";
    VoucherExhausted = "VOUCHER_EXHAUSTED", CONFLICT, "该体验券的天数已用完。", "All units of the voucher are used.";
    AlreadyRedeemedToday = "ALREADY_REDEEMED_TODAY", CONFLICT, "该儿童今天已核销过。", "Already redeemed today.";
    OfflineNotAllowed = "OFFLINE_NOT_ALLOWED", UNPROCESSABLE_ENTITY, "该批次体验券未开启离线核销，请联网后出示券码。", "Vouchers of this campaign can't be redeemed offline.";
    OfflineLimit = "OFFLINE_LIMIT", CONFLICT, "本机构当天的离线核销已达上限。", "The centre has reached its offline units of that day.";
    CentreNotAllowed = "CENTRE_NOT_ALLOWED", FORBIDDEN, "本机构不在该批次体验券的适用范围内，不能核销。", "This centre may not redeem vouchers of this campaign.";
    StatementFrozen = "STATEMENT_FROZEN", CONFLICT, "结算单已定稿，不能再改；请联系区民生保障局在下一期调整。", "The statement is frozen; the bureau can adjust the next one.";
    ComplaintNotAllowed = "COMPLAINT_NOT_ALLOWED", UNPROCESSABLE_ENTITY, "只能投诉孩子预约过或托育过的机构。", "Only a centre that you booked, or that cared for your child, can be complained about.";
    RatingNotAllowed = "RATING_NOT_ALLOWED", UNPROCESSABLE_ENTITY, "只有实际托育过的家庭可以评价，每次托育评价一次。", "Only a family that was cared for may rate, once a visit.";
    Unavailable = "UNAVAILABLE", SERVICE_UNAVAILABLE, "服务繁忙，请稍后再试。", "The service is busy; try again shortly.";
    Internal = "INTERNAL", INTERNAL_SERVER_ERROR, "服务出错了，我们已记录，请稍后再试。", "Something went wrong on our side.";
}

impl Code {
    /// The code of a failure that the framework answered itself.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let general = [
            Self::NotSignedIn,
            Self::Forbidden,
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::InvalidInput,
            Self::UnsupportedMediaType,
            Self::BodyTooLarge,
            Self::RateLimited,
            Self::Unavailable,
        ];
        let other = if status.is_client_error() { Self::InvalidInput } else { Self::Internal };
        general.into_iter().find(|code| code.status() == status).unwrap_or(other)
    }
}

/// One field at fault.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// Path of the field: `birth_date`, `sub.meals`.
    pub field: String,
    /// Stable word: `missing`, `too_long`, `out_of_range`, …
    pub code: &'static str,
    /// What is wrong.
    pub text: Text,
}

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    detail: Text,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) facts: Map<String, Value>,
    retry_after_s: Option<u32>,
}

/// The result of everything that may refuse.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// A refusal with the code's own text.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let retry_after_s = matches!(code, Code::WxBusy | Code::Unavailable | Code::RateLimited).then_some(2);
        Self { code, detail: code.text(), errors: Vec::new(), facts: Map::new(), retry_after_s }
    }

    /// `INVALID_INPUT` for one field.
    #[must_use]
    pub fn field(field: impl Into<String>, code: &'static str, text: Text) -> Self {
        Self::new(Code::InvalidInput).and_field(field, code, text)
    }

    /// Names a (further) field at fault; the first also becomes the detail of `INVALID_INPUT`.
    #[must_use]
    pub fn and_field(mut self, field: impl Into<String>, code: &'static str, text: Text) -> Self {
        if self.code == Code::InvalidInput && self.errors.is_empty() {
            self.detail = text.clone();
        }
        self.errors.push(FieldError { field: field.into(), code, text });
        self
    }

    /// A more exact text.
    #[must_use]
    pub fn detail(mut self, text: Text) -> Self {
        self.detail = text;
        self
    }

    /// A fact for the client, beside the standard members.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Serialize) -> Self {
        self.facts.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// When to try again (`Retry-After`).
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        self
    }

    /// Our own fault: the cause goes to the log, the client learns nothing of it.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(Code::Internal)
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// What people are told.
    #[must_use]
    pub const fn text(&self) -> &Text {
        &self.detail
    }

    /// The fields at fault.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.errors.iter().map(|error| error.field.as_str())
    }

    /// The same, each with what is wrong.
    pub fn faults(&self, language: Language) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.errors.iter().map(move |error| (error.field.as_str(), error.text.in_language(language)))
    }

    /// The body and headers in a language, under a request's id.
    #[must_use]
    pub fn render(&self, language: Language, request_id: &str) -> HttpResponse {
        let title = self.code.text();
        let mut r#type = format!("urn:quanxiangtuo:problem:{}", self.code.as_str());
        r#type.make_ascii_lowercase();
        let body = ProblemBody {
            r#type: &r#type,
            title: &title.in_language(language),
            status: self.code.status().as_u16(),
            detail: &self.detail.in_language(language),
            code: self.code.as_str(),
            request_id,
            errors: self
                .errors
                .iter()
                .map(|e| ProblemField { field: &e.field, code: e.code, detail: e.text.in_language(language) })
                .collect(),
            facts: &self.facts,
        };
        let mut response = HttpResponse::build(self.code.status());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        response.insert_header((CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())));
        if let Some(seconds) = self.retry_after_s {
            response.insert_header(("Retry-After", seconds.to_string()));
        }
        if self.code == Code::NotSignedIn {
            response.insert_header(("WWW-Authenticate", "Bearer"));
        }
        let mut bytes = Vec::with_capacity(512);
        match serde_json::to_writer(&mut bytes, &body) {
            Ok(()) => response.body(bytes),
            Err(_) => response.finish(),
        }
    }
}

/// A refusal (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// URN of the code.
    #[schema(example = "urn:quanxiangtuo:problem:no_place")]
    r#type: &'a str,
    /// What the code means, in general.
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// What is wrong here and what to do next; Chinese, or English by `Accept-Language: en`, in
    /// traditional characters by `zh-Hant`, `zh-TW` or `zh-HK`.
    detail: &'a str,
    /// Stable code.
    #[schema(example = "NO_PLACE")]
    code: &'a str,
    /// Also in the header `X-Request-Id` and in the log.
    request_id: &'a str,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField<'a>>,
    #[serde(flatten)]
    #[schema(value_type = Object, additional_properties = true, inline)]
    facts: &'a Map<String, Value>,
}

/// A field at fault.
#[derive(Serialize, ToSchema)]
pub struct ProblemField<'a> {
    /// Path of the field.
    #[schema(example = "birth_date")]
    field: &'a str,
    /// Stable word.
    #[schema(example = "out_of_range")]
    code: &'a str,
    /// What is wrong.
    #[schema(value_type = String)]
    detail: Cow<'a, str>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// The status alone: [`Problem::render`] writes the rest when the answer leaves and the request's
    /// language is known.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        if is_busy(&error) {
            tracing::warn!(%error, "database busy");
            return Self::new(Code::Unavailable);
        }
        // The kind and the database's own words; values were never part of the statement text.
        Self::internal(error)
    }
}

impl From<crate::platform::crypto::CryptoError> for Problem {
    fn from(error: crate::platform::crypto::CryptoError) -> Self {
        Self::internal(error)
    }
}

/// Time-outs of pool and lock, deadlocks, serialisation failures, a database that is away: worth
/// another try, so 503 and not 500.
fn is_busy(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    let text = error.to_string();
    [
        "database is locked",
        "deadlock detected",
        "could not serialize",
        "statement timeout",
        "terminating connection",
        "closed the connection",
        "Connection refused",
        "Broken pipe",
        "Connection reset",
        "error communicating with database",
        "at EOF",
        "unexpected end of file",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_a_client_or_server_failure_with_both_texts() {
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(!code.text().zh.is_ascii() && code.text().en.is_ascii(), "{code:?}");
        }
    }
}
