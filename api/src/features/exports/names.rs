//! What people call the ids of a table's rows: a sheet in which no centre can be read is none.

use std::{collections::HashMap, hash::Hash};

use entity::{CampaignId, CentreId, StaffId, StatementId, campaigns, centres, statements};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use crate::{
    error::Result,
    features::auth::staff,
    http::{Page, table::Cell},
    state::Ctx,
};

/// The ids of a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids {
    /// Where.
    pub centre: Option<CentreId>,
    /// Who.
    pub staff: Option<StaffId>,
    /// And who else.
    pub second: Option<StaffId>,
    /// Of which campaign.
    pub campaign: Option<CampaignId>,
    /// In which statement.
    pub statement: Option<StatementId>,
}

/// Their names; empty where there is no id, and the id where there is no name.
#[derive(Clone, Debug)]
pub struct Called {
    /// The centre, in service or not.
    pub centre: Cell,
    /// The account.
    pub staff: Cell,
    /// The other.
    pub second: Cell,
    /// The campaign.
    pub campaign: Cell,
    /// The statement's number.
    pub statement: Cell,
}

/// A page of items with the names of their ids, each kind read at once.
pub async fn called<T>(ctx: &Ctx, page: Page<T>, of: fn(&T) -> Ids) -> Result<Page<(T, Called)>> {
    let db = ctx.db.reader();
    let ids: Vec<Ids> = page.items.iter().map(of).collect();
    let staff = staff::names(ctx, &all(ids.iter().flat_map(|ids| [ids.staff, ids.second]))).await?;
    let named = all(ids.iter().map(|ids| ids.centre));
    let named: Vec<(CentreId, String)> = centres::Entity::find()
        .select_only()
        .columns([centres::Column::Id, centres::Column::Name])
        .filter(centres::Column::Id.is_in(named))
        .into_tuple()
        .all(db)
        .await?;
    let centres: HashMap<CentreId, String> = named.into_iter().collect();
    let named = all(ids.iter().map(|ids| ids.campaign));
    let named: Vec<(CampaignId, String)> = campaigns::Entity::find()
        .select_only()
        .columns([campaigns::Column::Id, campaigns::Column::Name])
        .filter(campaigns::Column::Id.is_in(named))
        .into_tuple()
        .all(db)
        .await?;
    let campaigns: HashMap<CampaignId, String> = named.into_iter().collect();
    let named = all(ids.iter().map(|ids| ids.statement));
    let named: Vec<(StatementId, Option<String>)> = statements::Entity::find()
        .select_only()
        .columns([statements::Column::Id, statements::Column::Number])
        .filter(statements::Column::Id.is_in(named))
        .into_tuple()
        .all(db)
        .await?;
    let statements = named.into_iter().filter_map(|(id, number)| Some((id, number?))).collect();
    let name = |ids: Ids| Called {
        centre: cell(&centres, ids.centre),
        staff: cell(&staff, ids.staff),
        second: cell(&staff, ids.second),
        campaign: cell(&campaigns, ids.campaign),
        statement: cell(&statements, ids.statement),
    };
    let items = page.items.into_iter().zip(ids.into_iter().map(name)).collect();
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// Each once.
fn all<I: Ord>(ids: impl Iterator<Item = Option<I>>) -> Vec<I> {
    let mut ids: Vec<I> = ids.flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn cell<I: Eq + Hash + ToString>(names: &HashMap<I, String>, id: Option<I>) -> Cell {
    id.map_or(Cell::Empty, |id| Cell::Text(names.get(&id).cloned().unwrap_or_else(|| id.to_string())))
}
