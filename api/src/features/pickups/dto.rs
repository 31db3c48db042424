//! What families and desks send and get.

use entity::{DocumentKind, PickupPersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    features::families::documents_dto::DocumentCheck,
    http::{Line, Moment},
};

/// Somebody who may take the family's children home.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PickupPersonIn {
    /// As on the person's papers: the desk compares.
    #[schema(example = "林秀英")]
    pub name: Line<40>,
    /// What the person is to the child.
    #[schema(example = "奶奶")]
    pub relation: Line<20>,
}

/// Somebody who may take the family's children home.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PickupPersonOut {
    /// Id.
    pub id: PickupPersonId,
    /// Name.
    #[schema(example = "林秀英")]
    pub name: String,
    /// What the person is to the child.
    #[schema(example = "奶奶")]
    pub relation: String,
}

/// Who may take a child home, besides the guardian.
#[derive(Debug, Serialize, ToSchema)]
pub struct PickupPersonsOut {
    /// In the order they were named.
    pub items: Vec<PickupPersonOut>,
}

/// For whom a one-time code is.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PickupCodeIn {
    /// The name of who comes: recorded when the code is shown.
    #[schema(example = "王建国")]
    pub name: Line<40>,
}

/// A one-time code.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PickupCodeOut {
    /// Six digits, to be shown at the desk.
    #[schema(example = "604913")]
    pub code: String,
    /// For whom.
    pub name: String,
    /// The end of the day of the visit.
    pub expires_at: Moment,
}

/// A document that somebody shows at the door.
#[derive(Deserialize, ToSchema)]
pub struct DocumentCheckIn {
    /// What it is.
    pub kind: DocumentKind,
    /// Its number.
    #[schema(example = "01234567")]
    pub number: Line<20>,
}

/// Whether it is the guardian's.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct DocumentCheckOut {
    /// Nothing else of the guardian's document is told.
    pub result: DocumentCheck,
}
