//! Which centres take trial vouchers now.

use std::collections::HashSet;

use entity::{CentreId, CentreKind};
use sea_orm::{ConnectionTrait, DbErr};

use super::{index::Spot, store};
use crate::platform::clock::Clock;

/// Where vouchers of running campaigns can be used.
#[derive(Clone, Debug, Default)]
pub struct VoucherScope {
    /// A running campaign takes every filed and inclusive centre.
    everywhere: bool,
    /// Kinds of centre that running campaigns take.
    kinds: Vec<CentreKind>,
    /// Centres that running campaigns name.
    named: HashSet<CentreId>,
}

impl VoucherScope {
    /// Whether a centre takes vouchers: named by a running campaign or covered by one for all, and
    /// filed and inclusive as every redemption requires.
    #[must_use]
    pub(super) fn covers(&self, spot: &Spot<'_>) -> bool {
        spot.fit_for_vouchers()
            && (self.everywhere || self.kinds.contains(&spot.kind()) || self.named.contains(&spot.id()))
    }

    /// As the campaigns stand now.
    pub(super) async fn load(db: &impl ConnectionTrait, clock: &Clock) -> Result<Self, DbErr> {
        let running = store::running_campaigns(db, clock.now()).await?;
        let naming = running.iter().filter(|campaign| !campaign.all_centres).map(|campaign| campaign.id).collect();
        let named = store::named_centres(db, naming).await?.into_iter().collect();
        let of_kinds = || running.iter().filter(|campaign| campaign.all_centres).map(|campaign| &campaign.centre_kinds);
        let kinds = of_kinds().flatten().flat_map(|kinds| kinds.0.iter().copied()).collect();
        let everywhere = of_kinds().any(Option::is_none);
        Ok(Self { everywhere, kinds, named })
    }
}
