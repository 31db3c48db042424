//! The marks of a centre's page, with the days on which somebody saw what they say. A search shows some of them
//! without those days.

use chrono::NaiveDate;
use entity::{Filed, centres};
use serde::Serialize;
use utoipa::ToSchema;

use super::card::BADGES;
use crate::{features::registers::marks::Marks, language::Word};

/// A mark that tells parents something was checked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BadgeOut {
    /// Stable word.
    #[schema(example = "inclusive")]
    pub code: &'static str,
    /// In Chinese, in traditional characters by `Accept-Language: zh-Hant`.
    #[schema(example = "普惠")]
    pub label: Word,
    /// Good until, if it ends.
    pub until: Option<NaiveDate>,
    /// When the bureau saw the document, of `inclusive`, `filed` and `cross_strait` the day on which it last entered or
    /// saw them, of `certified_carers` the day of the check that is longest ago; on the centre's page only, and absent
    /// where nobody noted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<NaiveDate>,
    /// Of `certified_carers`: how many of the carers at work have a certificate that is valid today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Of `certified_carers`: how many carers are at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<i64>,
}

/// On a centre's page only: a public one with safety packages (安防“五大包”, project 9), guidance on two days of the
/// year (project 10), bracelets or video (project 8).
const ON_THE_PAGE: [(&str, &str); 3] =
    [("safety", "安防升级"), ("guided_twice", "本年健康指导两次"), ("devices", "智能设备")];

/// The badges of a centre's row, with when they were checked, and what no card has room for.
pub(super) fn badges_of(row: &centres::Model, marks: Marks, today: NaiveDate) -> Vec<BadgeOut> {
    let dated = |until: Option<NaiveDate>| until.filter(|until| *until >= today).map(Some);
    let checked = [
        (row.inclusive_on(today).then_some(row.inclusive_until), marks.inclusive),
        ((row.filed == Filed::Filed).then_some(None), marks.filed),
        (dated(row.insured_until), marks.insured),
        (dated(row.medical_until), marks.medical),
        (row.cross_strait.then_some(None), marks.label),
        (marks.safety.map(|_| None), marks.safety),
        (marks.guided_twice.map(|_| None), marks.guided_twice),
        (marks.devices.map(|_| None), marks.devices),
    ];
    let badge = |((code, label), (until, checked_on)): (_, (Option<_>, _))| {
        until.map(|until| BadgeOut { code, label: Word(label), until, checked_on, number: None, of: None })
    };
    let carers = marks.carers.filter(|of| of.certified > 0).map(|of| BadgeOut {
        code: "certified_carers",
        label: Word("保育师持证"),
        until: None,
        checked_on: Some(of.checked_on),
        number: Some(of.certified),
        of: Some(of.carers),
    });
    BADGES.into_iter().chain(ON_THE_PAGE).zip(checked).filter_map(badge).chain(carers).collect()
}
