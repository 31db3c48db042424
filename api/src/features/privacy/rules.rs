//! How long personal data is kept, and why. Pure: the settings give the days, [`super::service::retention`]
//! counts and erases.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ConsentPurpose;

use crate::config::Settings;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Accounts that nobody used.
    InactiveAccounts,
    /// Accounts whose family asked for erasure.
    LeavingAccounts,
    /// Children without consent to `booking`.
    RemovedChildren,
    /// Notices.
    Notices,
    /// Refused scans.
    RefusedScans,
    /// Sign-ins.
    Sessions,
    /// Ended refresh tokens.
    RefreshTokens,
    /// First answers by idempotency key.
    Answers,
    /// Manual codes.
    ManualCodes,
    /// Pick-up codes.
    PickupCodes,
    /// People taken off the pick-up list.
    PickupPersons,
    /// Ended calendar links.
    CalendarFeeds,
    /// Looks at whole names.
    Looks,
    /// What remains of erased accounts.
    ServedMarks,
    /// Hashes of the devices that ratings came from.
    RatingTraces,
    /// Hashes of the WeChat accounts that were bound to a centre's staff.
    FormerBindings,
}

impl Rule {
    /// Every rule with an end, in the order of the report.
    pub const ALL: [Self; 16] = [
        Self::InactiveAccounts,
        Self::LeavingAccounts,
        Self::RemovedChildren,
        Self::Notices,
        Self::RefusedScans,
        // Tokens first: what none leads to any more is forgotten in the same turn.
        Self::RefreshTokens,
        Self::Sessions,
        Self::Answers,
        Self::ManualCodes,
        Self::PickupCodes,
        Self::PickupPersons,
        Self::CalendarFeeds,
        Self::Looks,
        Self::ServedMarks,
        Self::RatingTraces,
        Self::FormerBindings,
    ];

    /// Stable word, and what it is about.
    #[must_use]
    pub const fn named(self) -> (&'static str, &'static str) {
        match self {
            Self::InactiveAccounts => ("inactive_accounts", "长期未使用的家庭账号"),
            Self::LeavingAccounts => ("leaving_accounts", "申请注销的家庭账号"),
            Self::RemovedChildren => ("removed_children", "撤回同意后移除的孩子信息"),
            Self::Notices => ("notices", "家庭通知"),
            Self::RefusedScans => ("refused_scans", "核销失败记录"),
            Self::Sessions => ("sessions", "登录记录"),
            Self::RefreshTokens => ("refresh_tokens", "已失效的登录凭证"),
            Self::Answers => ("idempotency_keys", "重复请求的首次应答"),
            Self::ManualCodes => ("manual_codes", "过期的手工券码"),
            Self::PickupCodes => ("pickup_codes", "过期的一次性接送码"),
            Self::PickupPersons => ("pickup_persons", "已移除的接送人"),
            Self::CalendarFeeds => ("calendar_feeds", "已停用的日历链接"),
            Self::Looks => ("data_looks", "完整信息查看记录"),
            Self::ServedMarks => ("served_marks", "已注销账号的领券标记（加密哈希）"),
            Self::RatingTraces => ("rating_traces", "评价来源设备的加密哈希（按机构按日，不可跨机构跨日关联）"),
            Self::FormerBindings => ("former_bindings", "机构账号解除微信绑定的记录（加密哈希）"),
        }
    }

    /// For how many days.
    #[must_use]
    pub const fn days(self, settings: &Settings) -> u32 {
        match self {
            Self::InactiveAccounts => settings.retention_inactive_account_days,
            Self::LeavingAccounts => settings.erasure_wait_days,
            Self::RemovedChildren => settings.retention_removed_child_days,
            Self::Notices => settings.retention_notice_days,
            Self::RefusedScans => settings.retention_refused_scan_days,
            Self::Sessions => settings.retention_session_days,
            Self::Answers => settings.retention_answer_days,
            Self::ManualCodes => 0,
            Self::RefreshTokens | Self::PickupCodes | Self::PickupPersons | Self::CalendarFeeds => {
                settings.retention_leftover_days
            }
            Self::Looks => settings.retention_look_days,
            Self::ServedMarks | Self::FormerBindings => settings.retention_served_mark_days,
            Self::RatingTraces => settings.rating_trace_days,
        }
    }

    /// Why so long.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::InactiveAccounts => "孩子满三岁后即不再需要托育服务（个人信息保护法第十九条：最短必要时间）",
            Self::LeavingAccounts => "留出反悔时间，期间可恢复账号（个人信息保护法第四十七条、第五十条）",
            Self::RemovedChildren => "留出时间处理未结清的托育费用和投诉",
            Self::Notices => "供家庭查阅一年内的预约和体验券通知",
            Self::RefusedScans => "结算年度及其后一年内可供核对",
            Self::Sessions => "用于发现异常登录",
            Self::RefreshTokens => "用于识别被盗用的登录凭证",
            Self::Answers => "供网络中断后重发同一请求",
            Self::ManualCodes => "五分钟后失效，不再需要",
            Self::PickupCodes | Self::PickupPersons => "供核对近期的接送情况",
            Self::CalendarFeeds => "供核对近期的链接使用情况",
            Self::Looks => "供家庭了解谁查看过孩子的完整信息（网络安全法第二十一条：日志留存不少于六个月）",
            Self::ServedMarks => "防止同一家庭重复领取体验券，不含可识别身份的信息",
            Self::FormerBindings => "机构人员对在职期间托育的评价不计入本机构满意度，不含可识别身份的信息",
            Self::RatingTraces => "供人工核查同一设备代评，核查期满即无必要（个人信息保护法第十九条：最短必要时间）",
        }
    }

    /// What happens at the end.
    #[must_use]
    pub const fn then(self) -> &'static str {
        match self {
            Self::InactiveAccounts => "关闭账号，等待期满后删除个人信息",
            Self::LeavingAccounts | Self::RemovedChildren => "删除个人信息，统计和台账去标识后保留",
            _ => "删除",
        }
    }

    /// The instant before which its rows are due, seen from `now`.
    #[must_use]
    pub fn before(self, settings: &Settings, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            // Its own deadline is in the row.
            Self::LeavingAccounts => now,
            _ => now - TimeDelta::days(i64::from(self.days(settings))),
        }
    }
}

/// What is kept without end, and why: word, what, reason.
pub const KEPT: &[(&str, &str, &str)] = &[
    ("ledgers", "体验券、核销、结算和调整台账", "财政资金台账须可审计；账号注销后不含姓名和微信标识"),
    ("care", "预约和托育出勤记录", "奖补核算和服务统计的依据；账号注销后不含姓名，出生日期只保留到月"),
    ("ratings", "满意度评分及其版本", "已发布的满意度须可复算；账号注销后删除评语"),
    ("complaints", "投诉办理记录", "服务监督和统计的依据；账号注销后删除投诉内容和答复内容"),
    (
        "guidance",
        "入户指导办理记录",
        "服务统计的依据；办结或撤回后立即删除地址，期望日期过后30天无人上门的也删除；账号注销后删除答复内容",
    ),
    ("consents", "同意与撤回记录", "证明处理个人信息取得了同意（个人信息保护法第十四条）；不含姓名"),
    ("audit_rows", "工作人员操作审计", "哈希链须完整可验证；内容不含个人信息"),
    ("location", "家庭位置", "仅用于当次检索，不保存，没有可删除的记录"),
];

/// What follows from withdrawing a consent, for the family.
#[must_use]
pub const fn follows(purpose: ConsentPurpose) -> &'static str {
    match purpose {
        ConsentPurpose::Booking => {
            "撤回后将移除该孩子：未完成的预约和候补立即取消，未使用的体验券作废，孩子的信息在保留期满后删除。"
        }
        ConsentPurpose::HealthProof => {
            "撤回后立即删除过敏信息和机构登记的入托查验结果；下次全日托或半日托前须重新同意并由机构查验。"
        }
        ConsentPurpose::Location => {
            "撤回后请不要再授权位置；我们不保存位置，没有需要删除的记录。可按乡镇或名称查找机构。"
        }
        ConsentPurpose::Ratings => {
            "撤回后立即不再展示您的评语，也不能提交新的评价；已计入统计的评分不含身份信息，予以保留。"
        }
        ConsentPurpose::Messages => "撤回后立即停止发送微信订阅消息；通知仍可在小程序内查看。",
        ConsentPurpose::Reductions => "撤回后立即删除所申报的减免情况，之后的预约不再减免；已有预约的价格不变。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_named_once_and_its_time_lies_in_the_past() {
        let settings = Settings::with(&[]).unwrap();
        let now = "2026-03-02T01:00:00Z".parse().unwrap();
        let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.named().0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rule::ALL.len());
        assert!(Rule::ALL.iter().all(|rule| rule.before(&settings, now) <= now));
        assert_eq!(Rule::Notices.before(&settings, now), "2025-03-01T01:00:00Z".parse::<DateTime<Utc>>().unwrap());
    }

    #[test]
    fn every_purpose_says_what_follows() {
        assert!(ConsentPurpose::ALL.iter().all(|purpose| follows(*purpose).ends_with('。')));
    }
}
