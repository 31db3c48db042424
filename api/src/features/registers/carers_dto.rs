//! What registers take and answer: carers and their trainings.

use chrono::NaiveDate;
use entity::{CarerId, CentreId, Certificate, TrainingId, carer_trainings};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    http::{Cursor, Day, Limit, Line, Whole, nullable},
    language::Word,
};

/// A carer to enter.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CarerIn {
    /// As on the certificate; once a centre.
    #[schema(example = "王小芳")]
    pub name: Line<40>,
    /// The certificate's level.
    pub certificate: Certificate,
    /// Its number; needed of every level.
    #[schema(example = "Y000035050426000001")]
    pub certificate_no: Option<Line<40>>,
    /// Its last day, if it ends.
    pub certificate_until: Option<Day>,
    /// When somebody saw it; absent: today.
    pub checked_on: Option<Day>,
}

/// Changes to a carer; what is absent stays, null removes.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct CarerPatch {
    /// As on the certificate; once a centre.
    pub name: Option<Line<40>>,
    /// The certificate's level.
    pub certificate: Option<Certificate>,
    /// Its number.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Line<40>>)]
    pub certificate_no: Option<Option<Line<40>>>,
    /// Its last day, if it ends.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Day>)]
    pub certificate_until: Option<Option<Day>>,
    /// When somebody saw it.
    pub checked_on: Option<Day>,
    /// The first day on which the carer doesn't work there any more; null: works there still.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Day>)]
    pub left_on: Option<Option<Day>>,
}

/// Which carers.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CarersQuery {
    /// Only of this centre.
    pub centre_id: Option<CentreId>,
    /// Only of this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Only those with a certificate that is valid today (or only others).
    pub certified: Option<bool>,
    /// Those who have left, instead of those who work there.
    #[serde(default)]
    pub left: bool,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Which of the centre's own carers.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeskCarersQuery {
    /// Those who have left, instead of those who work there.
    #[serde(default)]
    pub left: bool,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A carer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CarerOut {
    /// Id.
    pub id: CarerId,
    /// The centre.
    pub centre_id: CentreId,
    /// Its name.
    pub centre_name: String,
    /// The carer's name.
    pub name: String,
    /// The certificate's level.
    pub certificate: Certificate,
    /// In Chinese.
    #[schema(example = "初级")]
    pub label: Word,
    /// Its number.
    pub certificate_no: Option<String>,
    /// Its last day, if it ends.
    pub certificate_until: Option<NaiveDate>,
    /// Has one that is valid today: counts for 持初级及以上保育师证占比.
    pub certified: bool,
    /// When somebody saw it.
    pub checked_on: NaiveDate,
    /// The first day on which the carer doesn't work there any more.
    pub left_on: Option<NaiveDate>,
    /// Hours of training in this calendar year.
    #[schema(example = 24)]
    pub hours_this_year: i64,
}

/// A carer with trainings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CarerDetailOut {
    /// The carer.
    #[serde(flatten)]
    pub carer: CarerOut,
    /// The latest 100, the latest first.
    pub trainings: Vec<TrainingOut>,
}

/// A training to enter.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct TrainingIn {
    /// When it ended.
    #[schema(example = "2026-01-18")]
    pub held_on: Day,
    /// How long, in whole hours.
    #[schema(example = 16)]
    pub hours: Whole<1, 1000>,
    /// What about.
    #[schema(example = "婴幼儿急救与意外伤害处置")]
    pub topic: Line<100>,
}

/// A training.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrainingOut {
    /// Id.
    pub id: TrainingId,
    /// When it ended.
    pub held_on: NaiveDate,
    /// How long, in hours.
    #[schema(example = 16)]
    pub hours: i32,
    /// What about.
    pub topic: String,
}

impl From<carer_trainings::Model> for TrainingOut {
    fn from(row: carer_trainings::Model) -> Self {
        let carer_trainings::Model { id, carer_id: _, held_on, hours, topic, staff_id: _, created_at: _ } = row;
        Self { id, held_on, hours, topic }
    }
}
