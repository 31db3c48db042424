//! Typed ids: a UUIDv7 inside, `prefix_` and 32 hexadecimal digits outside.

use std::{fmt, str::FromStr};

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};
use uuid::Uuid;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError {
    /// The prefix that was expected, e.g. `ctr`.
    pub expected: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id like {}_0192f0c1…", self.expected)
    }
}

impl std::error::Error for IdError {}

/// What every typed id can do; lets the clock mint any of them.
pub trait Id: Copy + From<Uuid> + Into<Uuid> {
    /// The text before the underscore.
    const PREFIX: &'static str;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
        pub struct $name(pub Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self { id.0 }
        }
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let bad = IdError { expected: $prefix };
                let hex = text.strip_prefix(concat!($prefix, "_")).ok_or(bad)?;
                if hex.len() != 32 { return Err(bad); }
                Uuid::try_parse(hex).map(Self).map_err(|_| bad)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(D::Error::custom)
            }
        }
        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .examples([serde_json::json!(concat!($prefix, "_0192f0c18a7c7d10b1c2d3e4f5a6b7c8"))])
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// A guardian's account with its children (入托家庭).
    FamilyId = "fam";
    /// A child of a family.
    ChildId = "chd";
    /// A consent given by a guardian.
    ConsentId = "cst";
    /// A staff account: carer, manager, officer or administrator.
    StaffId = "stf";
    /// A sign-in: the family of refresh tokens that follow from one.
    SessionId = "ses";
    /// A childcare centre (托育机构).
    CentreId = "ctr";
    /// A row of a centre's register (机构台账).
    RecordId = "rec";
    /// A carer's row in the register (保育人员).
    CarerId = "crr";
    /// A training of a carer (培训记录).
    TrainingId = "trn";
    /// A community or village (社区、村).
    CommunityId = "com";
    /// A class of a centre (班).
    ClassId = "cls";
    /// An offer: class × care type with its price and terms.
    OfferId = "ofr";
    /// A roster line: carers on duty in a class on a date.
    RosterId = "rst";
    /// A booking.
    BookingId = "bkg";
    /// One day of a booking.
    VisitId = "vis";
    /// A line of a booking's history.
    BookingEventId = "bev";
    /// Somebody who may take children home.
    PickupPersonId = "pup";
    /// A code by which an employer's staff prove that they are its own.
    EmployerCodeId = "emc";
    /// A family of a centre's staff or their relatives.
    TieId = "tie";
    /// A WeChat account that was bound to a staff account.
    FormerBindingId = "fbd";
    /// A place in the waiting list.
    WaitlistEntryId = "wtl";
    /// A place that was given back.
    FreedPlaceId = "frd";
    /// A notice to a family.
    NoticeId = "ntc";
    /// A calendar feed.
    CalendarFeedId = "cal";
    /// A campaign of trial vouchers (体验券批次).
    CampaignId = "cmp";
    /// A trial voucher (托育体验券).
    VoucherId = "vch";
    /// One unit redeemed (核销).
    RedemptionId = "rdm";
    /// The reversal of a redemption (撤销核销).
    ReversalId = "rvs";
    /// A scan that was refused (核销失败).
    RefusedScanId = "rfs";
    /// A scan made without network that couldn't be redeemed (离线核销冲突).
    OfflineConflictId = "ofc";
    /// A proposal to leave a rating out of the figures (评价剔除).
    RatingExclusionId = "rex";
    /// A key by which another system reads (访问密钥).
    AccessKeyId = "axk";
    /// A webhook (事件推送).
    WebhookId = "whk";
    /// One message to a webhook; its `webhook-id`.
    WebhookDeliveryId = "whd";
    /// A rule of funds (资金使用规则).
    FundRuleId = "fru";
    /// A statement (结算单).
    StatementId = "stm";
    /// A correction of a frozen statement (调整).
    AdjustmentId = "adj";
    /// A rating (评价).
    RatingId = "rtg";
    /// A past state of a rating.
    RatingVersionId = "rtv";
    /// A rating as its centre sees it: unlike its id it doesn't tell when it was given.
    RatingAliasId = "rta";
    /// A complaint (投诉).
    ComplaintId = "cpl";
    /// An event for families (活动).
    EventId = "evt";
    /// A family's sign-up for an event (活动报名).
    SignupId = "sgn";
    /// An article for families (文章).
    ArticleId = "art";
    /// A document of a guardian (证件).
    DocumentId = "doc";
    /// A request for guidance at home (入户指导申请).
    GuidanceId = "gdr";
    /// A line of the ledger of subscription credits.
    CreditEntryId = "cre";
    /// A text that is moderated.
    ModerationId = "mdr";
    /// An invitation of a staff member to bind a WeChat account.
    InvitationId = "inv";
    /// A look at whole names.
    DataLookId = "dlk";
    /// What remains of an erased account.
    ServedMarkId = "smk";
    /// A row of the audit log.
    AuditId = "aud";
    /// A figure of the plan that the bureau entered (规划基础数据).
    PlanInputId = "pin";
    /// A support sheet (补助单).
    SupportSheetId = "sup";
    /// A rate of support (补助标准).
    SupportRateId = "srt";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_round_trip_and_refuses_another_kind() {
        let id = CentreId(Uuid::from_u128(7));
        let text = id.to_string();
        assert_eq!(text.parse::<CentreId>(), Ok(id));
        assert!(text.parse::<ClassId>().is_err());
        assert!("ctr_7".parse::<CentreId>().is_err());
        assert!("ctr_00000000-0000-0000-0000-000000000007".parse::<CentreId>().is_err());
    }
}
