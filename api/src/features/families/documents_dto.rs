//! What the guardian's documents take and answer.

use entity::DocumentKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Line, Moment};

/// A document to note.
#[derive(Deserialize, ToSchema)]
pub struct DocumentIn {
    /// Its number; of a 台胞证 eight digits, or ten of an older one. Never kept: only a hash, and the last four
    /// digits to show.
    #[schema(example = "01234567")]
    pub number: Line<20>,
    /// The guardian agrees that it is noted, to tell who takes the child home.
    pub agreed: bool,
}

/// A document that was noted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentOut {
    /// What it is.
    pub kind: DocumentKind,
    /// Its name.
    #[schema(example = "台湾居民来往大陆通行证")]
    pub name: &'static str,
    /// Its last four digits.
    #[schema(example = "****4567")]
    pub masked: String,
    /// When it was noted.
    pub noted_at: Moment,
}

/// Whether a document is the guardian's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentCheck {
    /// It is the one that the guardian noted.
    Matches,
    /// It is another.
    Differs,
    /// The guardian noted none of the kind.
    NotNoted,
}

impl DocumentCheck {
    /// The word at the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Differs => "differs",
            Self::NotNoted => "not_noted",
        }
    }
}
