//! Consents: what was given, giving, withdrawing. A withdrawal holds in the transaction that writes it,
//! and every use of the data asks the rows, so it holds everywhere at once.

use entity::{ChildId, ConsentPurpose, FamilyId, children, consents};

use super::{
    super::{
        dto::{ConsentWithdrawnOut, GivenConsentOut, GivenConsentsOut},
        rules,
        store::erasure as store,
    },
    leaving,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::families::{
        consents as texts,
        service::{consent_row, current_version},
        store as families,
    },
    http::Moment,
    platform::db::write_txn,
    state::Ctx,
};

fn out(child: ChildId, purpose: ConsentPurpose, rows: &[consents::Model]) -> GivenConsentOut {
    let of_it = || rows.iter().filter(|row| row.child_id == child && row.purpose == purpose);
    let live = of_it().filter(|row| row.withdrawn_at.is_none()).max_by_key(|row| (row.given_at, row.id));
    let last = of_it().max_by_key(|row| (row.given_at, row.id));
    let shown = live.or(last);
    GivenConsentOut {
        child_id: child,
        purpose,
        title: texts::title(purpose),
        given: live.is_some(),
        required: purpose == ConsentPurpose::Booking,
        version: live.map(|row| row.version.clone()),
        renewal_needed: live.is_some_and(|row| texts::renewal_needed(purpose, &row.version)),
        given_at: shown.map(|row| Moment(row.given_at)),
        withdrawn_at: shown.and_then(|row| row.withdrawn_at).map(Moment),
        withdrawal: rules::follows(purpose),
    }
}

/// What the family agreed to, child by child.
pub async fn given(ctx: &Ctx, family: FamilyId) -> Result<GivenConsentsOut> {
    let children = families::children(ctx.db.reader(), family).await?;
    let rows = families::all_consents(ctx.db.reader(), family).await?;
    let of_child = |child: &children::Model| {
        let id = child.id;
        ConsentPurpose::ALL.iter().map(|purpose| out(id, *purpose, &rows)).collect::<Vec<_>>()
    };
    let items: Vec<_> = children.iter().flat_map(of_child).collect();
    Ok(GivenConsentsOut {
        current_version: texts::VERSION,
        renewal_needed: items.iter().any(|item| item.renewal_needed),
        items,
    })
}

/// Agrees to one purpose under today's texts; given before under the same text, nothing changes.
pub async fn give(
    ctx: &Ctx,
    family: FamilyId,
    child: ChildId,
    purpose: ConsentPurpose,
    version: &str,
) -> Result<GivenConsentOut> {
    current_version(version)?;
    write_txn(&ctx.db, async |txn| {
        let found = families::lock_child(txn, family, child).await?;
        found.ok_or_else(|| Problem::new(Code::NotFound))?;
        let mut rows = families::all_consents(txn, family).await?;
        let same = |row: &consents::Model| {
            row.child_id == child
                && row.purpose == purpose
                && row.version == texts::VERSION
                && row.withdrawn_at.is_none()
        };
        if !rows.iter().any(same) {
            let row = consent_row(ctx, family, child, purpose);
            families::insert_consents(txn, vec![row.clone()]).await?;
            rows.push(row);
        }
        Ok(out(child, purpose, &rows))
    })
    .await
}

/// Takes a consent back, with all that rested on it; `booking` only when the consequences were
/// confirmed, for then the child goes.
pub async fn withdraw(
    ctx: &Ctx,
    family: FamilyId,
    child: ChildId,
    purpose: ConsentPurpose,
    confirmed: bool,
) -> Result<ConsentWithdrawnOut> {
    let withdrawal = rules::follows(purpose);
    if purpose == ConsentPurpose::Booking {
        let removed = leaving::remove_child(ctx, family, child, confirmed).await?;
        return Ok(ConsentWithdrawnOut { purpose, withdrawal, removed: Some(removed) });
    }
    write_txn(&ctx.db, async |txn| {
        let found = families::lock_child(txn, family, child).await?;
        found.ok_or_else(|| Problem::new(Code::NotFound))?;
        if store::withdraw(txn, child, Some(purpose), ctx.clock.now()).await? == 0 {
            let text = Text::new("该项同意当前未生效，无需撤回。", "This consent isn't in force.");
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        match purpose {
            // What was answered before shows what goes.
            ConsentPurpose::HealthProof => {
                store::erase_health(txn, child).await?;
                store::forget_answers(txn, family).await?;
            }
            ConsentPurpose::Reductions => {
                store::erase_declared(txn, child).await?;
                store::forget_answers(txn, family).await?;
            }
            // Texts of ratings are shown, and messages sent, only while the consent stands.
            _ => {}
        }
        Ok(())
    })
    .await?;
    ctx.metrics.event("consent_withdrawn");
    Ok(ConsentWithdrawnOut { purpose, withdrawal, removed: None })
}
