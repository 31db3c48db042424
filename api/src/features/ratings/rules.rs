//! Pure rules about ratings.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    ExclusionAction, ExclusionStatus, RedemptionId, RedemptionStatus, TextStatus, VisitId, VisitStatus,
    rating_exclusions, ratings,
};

use super::dto::{RatingPatch, RatingSubPatch};
use crate::{
    error::{Code, Problem, Result, Text},
    http::Month,
};

/// Why the answer of a family tied to the centre stays out of its figures.
pub const TIED: &str = "staff_or_relative";
/// Why an answer that two officers took out stays out.
pub const BY_OFFICERS: &str = "by_officers";
/// Why the answer about a voucher day that was reversed stays out for good: nobody was cared for.
pub const WITHOUT_CARE: &str = "care_reversed";
/// A rating may be changed for this long (`domain.md`, Ratings).
pub const EDITABLE_FOR: TimeDelta = TimeDelta::days(30);

/// What is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// One day of a booking.
    Visit(VisitId),
    /// One voucher day.
    Redemption(RedemptionId),
}

/// The one occasion that a request names.
pub fn occasion(visit: Option<VisitId>, redemption: Option<RedemptionId>) -> Result<Occasion> {
    match (visit, redemption) {
        (Some(visit), None) => Ok(Occasion::Visit(visit)),
        (None, Some(redemption)) => Ok(Occasion::Redemption(redemption)),
        (None, None) => Err(Problem::field(
            "visit_id",
            "missing",
            Text::new("请选择要评价的托育记录：visit_id 或 redemption_id。", "Name a visit_id or a redemption_id."),
        )),
        (Some(_), Some(_)) => Err(Problem::field(
            "redemption_id",
            "conflict",
            Text::new("visit_id 与 redemption_id 只能填写一个。", "Name only one of visit_id and redemption_id."),
        )),
    }
}

/// A visit is rated once the child was checked out.
pub fn visit_happened(status: VisitStatus) -> Result<()> {
    if status == VisitStatus::Left {
        return Ok(());
    }
    Err(Problem::new(Code::RatingNotAllowed).detail(Text::new(
        format!("这次托育的状态是“{}”，孩子离园后才能评价。", status.zh()),
        "Only a visit that was checked out can be rated.",
    )))
}

/// A voucher day is rated unless it was reversed.
pub fn redemption_happened(status: RedemptionStatus) -> Result<()> {
    if status == RedemptionStatus::Redeemed {
        return Ok(());
    }
    Err(Problem::new(Code::RatingNotAllowed).detail(Text::new(
        "这次核销已冲正，没有实际托育，不能评价。",
        "This redemption was reversed: it can't be rated.",
    )))
}

/// An answer about a voucher day that was reversed since isn't changed any more, if no other care stands.
pub fn still_about_care(rating: &ratings::Model, has_care: bool) -> Result<()> {
    if !has_care || rating.excluded_for.as_deref() == Some(WITHOUT_CARE) {
        return redemption_happened(RedemptionStatus::Reversed);
    }
    Ok(())
}

/// Rated before: the rating can only be changed.
#[must_use]
pub fn rated_before() -> Problem {
    Problem::new(Code::RatingNotAllowed).detail(Text::new(
        "这次托育已评价过，30天内可在“我的评价”中修改。",
        "This occasion was rated before; change that rating instead, within 30 days.",
    ))
}

/// The last instant at which a rating may be changed.
#[must_use]
pub fn editable_until(created_at: DateTime<Utc>) -> DateTime<Utc> {
    created_at + EDITABLE_FOR
}

/// Whether a rating may still be changed.
pub fn check_editable(created_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    if now <= editable_until(created_at) {
        return Ok(());
    }
    Err(Problem::new(Code::WrongState).detail(Text::new(
        "评价提交已超过30天，不能再修改。新的托育结束后可以再次评价。",
        "The rating is older than 30 days and can't be changed; the next visit can be rated anew.",
    )))
}

/// The period of a date of care: the first day of its month.
#[must_use]
pub fn period(care_date: NaiveDate) -> NaiveDate {
    Month::of(care_date).0
}

/// The rating after a change; `None` if nothing differs. A changed text waits for moderation
/// again; the version rises.
#[must_use]
pub fn changed(before: &ratings::Model, patch: RatingPatch, now: DateTime<Utc>) -> Option<ratings::Model> {
    let RatingPatch { level, sub, text } = patch;
    let RatingSubPatch { environment, carers, meals, safety, communication } = sub.unwrap_or_default();
    let score = |new: Option<Option<super::dto::Level>>, old: Option<i32>| match new {
        Some(new) => new.map(|level| level.0),
        None => old,
    };
    let mut after = before.clone();
    after.level = level.map_or(before.level, |level| level.0);
    after.environment = score(environment, before.environment);
    after.carers = score(carers, before.carers);
    after.meals = score(meals, before.meals);
    after.safety = score(safety, before.safety);
    after.communication = score(communication, before.communication);
    if let Some(text) = text {
        after.text = text.map(crate::http::Paragraph::into_inner);
    }
    if after == *before {
        return None;
    }
    if after.text != before.text {
        after.text_status = TextStatus::Pending;
    }
    after.version = before.version + 1;
    after.updated_at = now;
    Some(after)
}

/// Only a counted rating can be left out, and only what officers left out can be counted again: the answer of
/// a family of the centre's staff is out by a rule, not by a decision, as long as the family is `tied`, or was
/// then; one whose care was taken back is out for good.
pub fn may_become(rating: &ratings::Model, action: ExclusionAction, (tied, has_care): (bool, bool)) -> Result<()> {
    let without_care = Text::new(
        "该评价对应的核销已冲正，没有实际托育，不能恢复。",
        "The redemption that it is about was reversed: there was no care.",
    );
    let text = match (action, rating.excluded_for.as_deref()) {
        (ExclusionAction::Exclude, None) => return Ok(()),
        (ExclusionAction::Include, Some(WITHOUT_CARE)) => without_care,
        (ExclusionAction::Include, Some(_)) if !has_care => without_care,
        (ExclusionAction::Include, Some(BY_OFFICERS)) => return Ok(()),
        (ExclusionAction::Include, Some(TIED)) if !tied => return Ok(()),
        (ExclusionAction::Exclude, Some(_)) => {
            Text::new("该评价已不计入统计，无需再剔除。", "The rating is out of the figures already.")
        }
        (ExclusionAction::Include, None) => Text::new("该评价已计入统计，无需恢复。", "The rating counts already."),
        (ExclusionAction::Include, Some(_)) => Text::new(
            "机构人员及亲属的评价按规定不计入统计，不能恢复；如关系登记有误，请先在“关系核实”中不予认定。",
            "Answers of the centre's staff and their relatives never count; refuse the tie first if it isn't so.",
        ),
    };
    Err(Problem::new(Code::WrongState).detail(text).fact("excluded_for", rating.excluded_for.as_deref()))
}

/// A rating has one open proposal at a time.
#[must_use]
pub fn proposed_before() -> Problem {
    let text = Text::new(
        "该评价已有待复核的申请，请先由另一位工作人员复核。",
        "A proposal about this rating waits for another officer.",
    );
    Problem::new(Code::WrongState).detail(text)
}

/// Why an officer couldn't decide a proposal.
#[must_use]
pub fn not_decided(proposal: &rating_exclusions::Model) -> Problem {
    if proposal.status == ExclusionStatus::Proposed {
        let text = Text::new(
            "不能复核自己提出的申请，请由另一位工作人员复核。",
            "Who proposed can't decide: another officer must.",
        );
        return Problem::new(Code::Forbidden).detail(text);
    }
    let status = proposal.status;
    let text =
        Text::new(format!("该申请当前为“{}”，不能再复核。", status.zh()), format!("The proposal is {status} already."));
    Problem::new(Code::WrongState).detail(text).fact("state", status)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn rating() -> ratings::Model {
        let id = Uuid::nil();
        let date: NaiveDate = "2026-03-02".parse().unwrap();
        ratings::Model {
            id: id.into(),
            family_id: id.into(),
            child_id: id.into(),
            centre_id: id.into(),
            visit_id: Some(id.into()),
            redemption_id: None,
            care_type: entity::CareType::FullDay,
            care_date: date,
            month: period(date),
            level: 4,
            environment: Some(5),
            carers: None,
            meals: None,
            safety: None,
            communication: None,
            text: Some("好".to_owned()),
            text_status: TextStatus::Shown,
            excluded_for: None,
            version: 1,
            created_at: at("2026-03-02T10:00:00Z"),
            updated_at: at("2026-03-02T10:00:00Z"),
        }
    }

    fn patch(json: &str) -> RatingPatch {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn exactly_one_occasion_is_named() {
        let (visit, redemption) = (VisitId(Uuid::nil()), RedemptionId(Uuid::nil()));
        assert_eq!(occasion(Some(visit), None).unwrap(), Occasion::Visit(visit));
        assert_eq!(occasion(None, Some(redemption)).unwrap(), Occasion::Redemption(redemption));
        assert_eq!(occasion(None, None).unwrap_err().code(), Code::InvalidInput);
        assert_eq!(occasion(Some(visit), Some(redemption)).unwrap_err().code(), Code::InvalidInput);
    }

    #[test]
    fn only_care_that_happened_is_rated() {
        for status in VisitStatus::ALL {
            assert_eq!(visit_happened(*status).is_ok(), *status == VisitStatus::Left, "{status}");
        }
        assert!(redemption_happened(RedemptionStatus::Redeemed).is_ok());
        assert!(redemption_happened(RedemptionStatus::Reversed).is_err());
    }

    #[test]
    fn a_rating_is_editable_to_the_last_instant_of_thirty_days() {
        let given = at("2026-03-02T10:00:00Z");
        assert!(check_editable(given, at("2026-04-01T10:00:00Z")).is_ok());
        assert_eq!(check_editable(given, at("2026-04-01T10:00:00.001Z")).unwrap_err().code(), Code::WrongState);
    }

    #[test]
    fn a_change_keeps_what_is_absent_and_removes_what_is_null() {
        let now = at("2026-03-03T10:00:00Z");
        let after = changed(&rating(), patch(r#"{"level":2,"sub":{"environment":null,"meals":3}}"#), now).unwrap();
        assert_eq!((after.level, after.environment, after.meals), (2, None, Some(3)));
        assert_eq!((after.text.as_deref(), after.text_status), (Some("好"), TextStatus::Shown));
        assert_eq!((after.version, after.updated_at), (2, now));
        let after = changed(&rating(), patch(r#"{"text":"不好"}"#), now).unwrap();
        assert_eq!(after.text_status, TextStatus::Pending);
        assert_eq!(changed(&rating(), patch(r#"{"text":null}"#), now).unwrap().text, None);
        assert!(changed(&rating(), patch(r#"{"level":4,"text":"好"}"#), now).is_none());
        assert!(changed(&rating(), patch("{}"), now).is_none());
    }
}
