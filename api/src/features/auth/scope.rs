//! What an access key may read: a closed list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A scope of an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Scope {
    /// Centres and their places.
    #[serde(rename = "centres:read")]
    Centres,
    /// Bookings.
    #[serde(rename = "bookings:read")]
    Bookings,
    /// Visits.
    #[serde(rename = "visits:read")]
    Visits,
    /// Redemptions and their reversals.
    #[serde(rename = "redemptions:read")]
    Redemptions,
    /// Figures of satisfaction.
    #[serde(rename = "statistics:read")]
    Statistics,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] =
        &[Self::Centres, Self::Bookings, Self::Visits, Self::Redemptions, Self::Statistics];

    /// The word at the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Centres => "centres:read",
            Self::Bookings => "bookings:read",
            Self::Visits => "visits:read",
            Self::Redemptions => "redemptions:read",
            Self::Statistics => "statistics:read",
        }
    }

    /// In Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Centres => "机构与托位",
            Self::Bookings => "预约",
            Self::Visits => "托育记录",
            Self::Redemptions => "核销",
            Self::Statistics => "满意度统计",
        }
    }

    /// As stored: words with a space between, in the list's order.
    #[must_use]
    pub fn pack(scopes: &[Self]) -> String {
        let words: Vec<&str> = Self::ALL.iter().filter(|scope| scopes.contains(scope)).map(|s| s.as_str()).collect();
        words.join(" ")
    }

    /// The scopes of a stored list; a word that is no longer known gives nothing.
    pub fn unpack(words: &str) -> impl Iterator<Item = Self> {
        words.split(' ').filter_map(|word| Self::ALL.iter().copied().find(|scope| scope.as_str() == word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_stored_and_sent_as_the_same_words() {
        let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        assert_eq!(serde_json::to_value(Scope::ALL).unwrap(), serde_json::json!(words));
        let stored = Scope::pack(&[Scope::Visits, Scope::Centres, Scope::Visits]);
        assert_eq!(stored, "centres:read visits:read");
        assert_eq!(Scope::unpack(&stored).collect::<Vec<_>>(), [Scope::Centres, Scope::Visits]);
        assert_eq!(Scope::unpack("wishes:read").count(), 0);
    }
}
