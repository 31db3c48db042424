//! What the progress of projects 1 and 3 is at the API.

use entity::{CentreId, CentreKind, Filed};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit};

/// Which page of centres.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectsQuery {
    /// Centres at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// The progress.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectsOut {
    /// The day it is of.
    pub on: Day,
    /// What is counted: centres in service that have a class with places and are filed or being filed.
    pub tasks: Vec<ProjectTaskOut>,
    /// The centres that count, by id.
    pub centres: Vec<ProjectCentreOut>,
    /// Pass as `cursor` for the next page of centres; null on the last.
    pub next_cursor: Option<String>,
}

/// A count of a project against its target.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectTaskOut {
    /// The project's number in the plan.
    #[schema(example = 1)]
    pub project: i32,
    /// A stable word.
    #[schema(example = "places")]
    pub task: &'static str,
    /// In Chinese.
    #[schema(example = "党建+邻里中心和社区托育点的托位数")]
    pub name: &'static str,
    /// Counted.
    #[schema(example = 68)]
    pub count: i64,
    /// To be reached.
    #[schema(example = 80)]
    pub target: i64,
    /// Whether it is.
    pub met: bool,
    /// Townships without a site, of the task that wants one in each.
    pub missing_townships: Vec<String>,
}

/// A centre that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectCentreOut {
    /// The centre.
    pub id: CentreId,
    /// Its name.
    pub name: String,
    /// The project it counts for.
    #[schema(example = 1)]
    pub project: i32,
    /// What it is.
    pub kind: CentreKind,
    /// Its township.
    pub township: String,
    /// Its registration.
    pub filed: Filed,
    /// Places of its active classes.
    pub places: i64,
    /// When it was entered.
    pub entered_on: Day,
}
