//! What imports take and answer.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportTable {
    /// Centres, by name and township.
    Centres,
    /// Classes, by centre and name.
    Classes,
    /// Offers, by class and form of care.
    Offers,
    /// Carers of the register, by centre and name.
    Carers,
    /// Holidays and swapped working days, by date.
    Calendar,
    /// Populations of communities that are there, by code.
    Populations,
    /// Communities that are points, by code; those with an area come with the map.
    CommunityPoints,
}

impl ImportTable {
    /// Every table.
    pub const ALL: &'static [Self] = &[
        Self::Centres,
        Self::Classes,
        Self::Offers,
        Self::Carers,
        Self::Calendar,
        Self::CommunityPoints,
        Self::Populations,
    ];

    /// The word at the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Centres => "centres",
            Self::Classes => "classes",
            Self::Offers => "offers",
            Self::Carers => "carers",
            Self::Calendar => "calendar",
            Self::Populations => "populations",
            Self::CommunityPoints => "community_points",
        }
    }
}

/// How an import is read.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Only say what would happen; nothing is written.
    #[serde(default)]
    pub dry_run: bool,
    /// A word of the caller's, 8 to 64 letters, digits and hyphens, under which it reads how far this is
    /// (`GET /bureau/progress/{work}`) and calls it off.
    #[param(example = "import-3f9c2a")]
    pub work: Option<String>,
}

/// What an import did, or would do.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ImportOut {
    /// What was imported.
    pub table: ImportTable,
    /// Nothing was written.
    pub dry_run: bool,
    /// Rows read.
    pub rows: usize,
    /// Of them new.
    pub created: usize,
    /// Of them different from what was there.
    pub changed: usize,
    /// Of them as they were.
    pub unchanged: usize,
    /// Lines whose first cell begins with `# `: left out as notes, and none of `rows`.
    pub notes: usize,
}
