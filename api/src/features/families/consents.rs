//! The texts of consent: versioned as a set, one text a purpose, compiled in. A set that was published is
//! never changed: another text is another set, and consents to older ones stay valid for what
//! those said.

use entity::ConsentPurpose;

/// The version of the present set; consents name it.
pub const VERSION: &str = "2026-12";

/// Purpose, title and text.
pub type Item = (ConsentPurpose, &'static str, &'static str);

/// Title and text of each purpose in the present set.
pub const TEXTS: &[Item] = &[
    (
        ConsentPurpose::Booking,
        "预约托育服务",
        "为办理预约、入托和接送登记，我们处理孩子的称呼、出生日期和所在乡镇。称呼加密保存，仅向您预约的机构展示；机构确需查看完整姓名时须注明原因，您可在“查看记录”中看到。您可随时撤回同意并删除。",
    ),
    (
        ConsentPurpose::HealthProof,
        "入托健康证明",
        "首次全日托或半日托前，机构须核验健康检查和预防接种情况。我们只记录是否核验及日期，不保存证明材料。您可填写孩子的过敏情况，加密保存，仅在托育当日向机构展示。撤回同意后这些内容立即删除。",
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

/// Every version and its texts, the present one first; purposes whose text didn't change stand in the
/// first set only, with the versions that they hold for.
const CHANGED: &[(&str, &[Item])] = &[
    (VERSION, &[]),
    (
        "2026-11",
        &[
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
        ],
    ),
];

/// The first version whose text of `health_proof` speaks of allergies.
pub const ALLERGIES_SINCE: &str = "2026-12";

/// The texts of a version, if there was one.
#[must_use]
pub fn of(version: &str) -> Option<Vec<Item>> {
    let (_, changed) = CHANGED.iter().find(|(known, _)| *known == version)?;
    let of_then = |item: &Item| *changed.iter().find(|(purpose, ..)| *purpose == item.0).unwrap_or(item);
    Some(TEXTS.iter().map(of_then).collect())
}

/// Whether the text agreed to is another one today.
#[must_use]
pub fn renewal_needed(purpose: ConsentPurpose, version: &str) -> bool {
    let text = |items: Vec<Item>| items.into_iter().find(|(of, ..)| *of == purpose).map(|(_, _, text)| text);
    of(version).and_then(text) != of(VERSION).and_then(text)
}

/// Whether a consent to `health_proof` under this version covers allergies. Versions sort as texts.
#[must_use]
pub fn covers_allergies(version: &str) -> bool {
    version >= ALLERGIES_SINCE
}

/// The heading of a purpose.
#[must_use]
pub fn title(purpose: ConsentPurpose) -> &'static str {
    TEXTS.iter().find(|(of, ..)| *of == purpose).map_or("", |(_, title, _)| title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_a_text_for_every_purpose() {
        for (version, _) in CHANGED {
            let texts = of(version).unwrap();
            assert!(ConsentPurpose::ALL.iter().all(|purpose| texts.iter().any(|(of, ..)| of == purpose)), "{version}");
        }
        assert_eq!(of("2020-01"), None);
    }

    #[test]
    fn only_a_changed_text_is_agreed_to_again() {
        assert!(renewal_needed(ConsentPurpose::HealthProof, "2026-11"));
        assert!(!renewal_needed(ConsentPurpose::Ratings, "2026-11"));
        assert!(!renewal_needed(ConsentPurpose::HealthProof, VERSION));
        assert!(renewal_needed(ConsentPurpose::Ratings, "2020-01"), "a text that nobody knows any more");
        assert!(covers_allergies(VERSION) && !covers_allergies("2026-11"));
    }
}
