//! The texts of notices.

use entity::NoticeKind;
use serde_json::Value;

use crate::{error::Text, language::Language};

/// The text as it is written in a language; what others entered stays as it is.
#[must_use]
pub fn text_in(language: Language, kind: NoticeKind, facts: &Value) -> String {
    let entered = ["centre_name", "reason", "event", "place"];
    let entered = entered.map(|name| facts[name].as_str().unwrap_or_default().to_owned());
    let text = entered.into_iter().fold(Text::new(text(kind, facts), ""), Text::keeping);
    text.in_language(language).into_owned()
}

/// The text of a notice from its facts; what is missing is left out.
#[must_use]
pub fn text(kind: NoticeKind, facts: &Value) -> String {
    let fact = |name: &str| facts[name].as_str().unwrap_or_default();
    let (centre, care, date) = (fact("centre_name"), fact("care"), fact("date"));
    let because = match fact("reason") {
        "" => String::new(),
        reason => format!("原因：{reason}。"),
    };
    match kind {
        NoticeKind::BookingConfirmed => format!("{centre}已确认您{date}起的{care}预约，请按时送托。"),
        NoticeKind::BookingDeclined => {
            format!("{centre}未能接受您{date}起的{care}预约。{because}请选择其他日期或机构。")
        }
        NoticeKind::BookingLapsed => {
            format!("{centre}未在期限内确认您{date}起的{care}预约，预约已失效，请重新预约或选择其他机构。")
        }
        NoticeKind::OfferLapsed => format!("{centre}{date}起的{care}候补托位超时未接受，已让给其他家庭。"),
        NoticeKind::BookingCancelled => {
            format!("{centre}取消了您{date}起的{care}预约，未发生的费用不收取。{because}如有疑问请联系机构。")
        }
        NoticeKind::DaysCancelled => {
            format!("{centre}取消了您{care}预约中的部分日期（{date}），不收取当日费用。{because}其余日期不变。")
        }
        NoticeKind::PlaceOffered => {
            format!("您候补的{centre}{date}起的{care}有空位了，请在{}前接受，超时将让给其他家庭。", fact("until"))
        }
        NoticeKind::WaitEnded => {
            format!("您候补的{centre}{date}起的{care}班级已停办，候补已结束，请改选其他班级或机构。")
        }
        NoticeKind::VisitTomorrow => {
            format!("{date} {}–{}在{centre}有{care}，请按时送托；如不能来请提前请假。", fact("from"), fact("to"))
        }
        NoticeKind::VoucherExpiring => {
            format!("您的托育体验券还有{}天未使用，有效期至{date}，请尽快预约使用。", facts["units_left"])
        }
        NoticeKind::VoucherClaimed => {
            format!("您已领取托育体验券，共{}天，有效期至{date}，请预约托育并到园出示券码。", facts["units_left"])
        }
        NoticeKind::UnitUsed => {
            format!("{date}在{centre}使用了一天托育体验券，还剩{}天。如非本人使用，请联系机构。", facts["units_left"])
        }
        NoticeKind::ComplaintAnswered => {
            format!("您{date}对{centre}的投诉已答复，请到“我的投诉”查看，并告诉我们是否满意。")
        }
        NoticeKind::GuidanceAssigned => format!("您申请的入户指导已安排在{date}，由{centre}上门，请安排家长在家。"),
        NoticeKind::GuidanceAnswered if facts["lapsed"] == true => {
            format!("很抱歉，您{date}申请的入户指导未能安排，申请已自动结束；如仍需要，请重新申请。")
        }
        NoticeKind::GuidanceAnswered => format!("您{date}申请的入户指导已有答复，请到“入户指导”查看。"),
        NoticeKind::EventPlace => {
            let (event, place) = (fact("event"), fact("place"));
            format!(
                "您候补的活动“{event}”有名额了，已为您报名：{date} {}，{place}。如不能参加请及时取消。",
                fact("from")
            )
        }
        NoticeKind::EventMoved => {
            let (event, place) = (fact("event"), fact("place"));
            format!("您报名的活动“{event}”安排有变：{date} {}，{place}。如不能参加请及时取消。", fact("from"))
        }
        NoticeKind::EventCancelled => {
            format!("您报名的{date}活动“{}”已取消。{because}请关注其他活动。", fact("event"))
        }
        NoticeKind::TieProposed => format!(
            "{centre}于{date}登记您的家庭为其工作人员或亲属；经区民生保障局核实后，您的评价将不计入该机构的满意度。如不属实，请到“我的关系”提出异议。"
        ),
        NoticeKind::TieConfirmed => {
            let heard = if facts["contested"] == true { "已收到您的异议。经核对，" } else { "" };
            format!(
                "{heard}区民生保障局于{date}核实您的家庭为{centre}的工作人员或亲属，今后您的评价不计入该机构的满意度。如不属实，请到“我的关系”提出异议。"
            )
        }
        NoticeKind::TieRefused => format!(
            "区民生保障局于{date}对{centre}登记的工作人员或亲属关系不予认定，今后您的评价照常计入该机构的满意度。{because}详情请到“我的关系”查看。"
        ),
        NoticeKind::TieEnded => format!(
            "区民生保障局于{date}认定您的家庭与{centre}的工作人员或亲属关系已结束，此后的托育评价照常计入。{because}详情请到“我的关系”查看。"
        ),
        NoticeKind::RatingInvitation => format!("{date}在{centre}的{care}已结束，请为今天的服务打分。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_has_a_text_that_ends_as_a_sentence() {
        let facts = json!({ "centre_name": "甲园", "care": "全日托", "date": "2026-03-03", "reason": "停电",
            "from": "08:00", "to": "17:00", "until": "11:00", "units_left": 3 });
        for kind in NoticeKind::ALL {
            let text = text(*kind, &facts);
            assert!(text.ends_with('。') && text.contains("2026-03-03"), "{text}");
        }
    }
}
