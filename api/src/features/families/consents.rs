//! The texts of consent: versioned as a set, one text a purpose, compiled in.

use entity::ConsentPurpose;

/// The version of the present set; consents name it.
pub const VERSION: &str = "2026-11";

/// Title and text of each purpose.
pub const TEXTS: &[(ConsentPurpose, &str, &str)] = &[
    (
        ConsentPurpose::Booking,
        "预约托育服务",
        "为办理预约、入托和接送登记，我们处理孩子的称呼、出生日期和所在乡镇。称呼加密保存，仅向您预约的机构展示。您可随时撤回同意并删除。",
    ),
    (
        ConsentPurpose::HealthProof,
        "入托健康证明",
        "首次全日托或半日托前，机构须核验健康检查和预防接种情况。我们只记录是否核验及日期，不保存证明材料。",
    ),
    (ConsentPurpose::Location, "位置检索", "为查找15分钟托育服务圈内的机构，检索时使用您的位置，用后即弃，不保存。"),
    (ConsentPurpose::Ratings, "服务评价", "您的评分计入满意度统计；评语经审核后匿名展示，机构看不到评价人。"),
    (ConsentPurpose::Messages, "消息提醒", "通过微信订阅消息提醒预约、核销和到期，内容只含孩子的称呼。"),
    (
        ConsentPurpose::Reductions,
        "托育费减免",
        "为计算托育费减免，我们记录您声明的三孩、计生特殊家庭或残疾儿童情况，仅用于计费和机构奖补核算。不同意不影响预约。",
    ),
];
