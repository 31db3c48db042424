//! What staff wrote about a child in their own words: it may name it.

use entity::{
    ChildId, audit_reasons, bookings, offline_conflicts, rating_exclusions, ratings, redemption_reversals, redemptions,
    vouchers,
};
use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait as _,
    sea_query::Expr,
};

/// What a line of a price says of a reduction once nobody need know on what ground it was.
const REDUCED: &str = "托育费减免";

/// Prices keep the reduction and lose its ground: a disability, a third child.
pub(in super::super) async fn blank_grounds(db: &impl ConnectionTrait, child: ChildId) -> Result<(), DbErr> {
    let own = bookings::Entity::find().filter(bookings::Column::ChildId.eq(child));
    for booking in own.all(db).await? {
        let mut lines = booking.price_lines;
        let reduced = lines.as_array_mut().into_iter().flatten().filter(|line| line["code"] == "reduction");
        let mut changed = false;
        for line in reduced {
            line["label"] = REDUCED.into();
            changed = true;
        }
        if changed {
            let row =
                bookings::ActiveModel { id: Unchanged(booking.id), price_lines: Set(lines), ..Default::default() };
            bookings::Entity::update(row).exec(db).await?;
        }
    }
    Ok(())
}

/// Writes over the reasons of reversals, exclusions and decisions, and forgets those of the audit log.
pub(in super::super) async fn blank_reasons(
    db: &impl ConnectionTrait,
    child: ChildId,
    gone: &str,
) -> Result<(), DbErr> {
    let units = redemptions::Entity::find().filter(redemptions::Column::ChildId.eq(child));
    let units = units.select_only().column(redemptions::Column::Id).into_query();
    redemption_reversals::Entity::update_many()
        .col_expr(redemption_reversals::Column::Reason, Expr::value(gone))
        .filter(redemption_reversals::Column::RedemptionId.in_subquery(units))
        .exec(db)
        .await?;
    let rated = ratings::Entity::find().filter(ratings::Column::ChildId.eq(child));
    let rated = rated.select_only().column(ratings::Column::Id).into_query();
    rating_exclusions::Entity::update_many()
        .col_expr(rating_exclusions::Column::Reason, Expr::value(gone))
        .filter(rating_exclusions::Column::RatingId.in_subquery(rated))
        .exec(db)
        .await?;
    let held = vouchers::Entity::find().filter(vouchers::Column::ChildId.eq(child));
    let held = held.select_only().column(vouchers::Column::Id).into_query();
    offline_conflicts::Entity::update_many()
        .col_expr(offline_conflicts::Column::Note, Expr::value(gone))
        .filter(offline_conflicts::Column::VoucherId.in_subquery(held))
        .filter(offline_conflicts::Column::Note.is_not_null())
        .exec(db)
        .await?;
    audit_reasons::Entity::update_many()
        .col_expr(audit_reasons::Column::TextSealed, Expr::value(Option::<Vec<u8>>::None))
        .col_expr(audit_reasons::Column::Salt, Expr::value(Option::<Vec<u8>>::None))
        .filter(audit_reasons::Column::ChildId.eq(child))
        .exec(db)
        .await
        .map(drop)
}
