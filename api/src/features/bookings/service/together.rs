//! Bookings that come at once are made in one transaction.
//!
//! Only those that go well, and that nothing but the facts of [`store::facts_of_each`] decides. One that
//! anything stands against, or whose batch was given up, is looked at again by itself in [`super::book`],
//! where the reason is told. So a batch is never half done, and no booking is refused because of another
//! that came to nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entity::{ClassId, FamilyId, children};
use sea_orm::DatabaseTransaction;

use super::{
    super::{
        dto::{BookingIn, BookingOut},
        rules::stays::Wish,
        store::{self, About},
    },
    book::{Draft, Taking, draft},
    consider::{MadeOut, consider_plain, make_out},
};
use crate::{
    error::{Problem, Result},
    features::{
        centres::{
            CentrePlan,
            store::{self as centre_store, Held},
        },
        families::store as family_store,
    },
    http::{Idempotency, keep_answers},
    platform::{batch::Batcher, db::write_txn},
    state::Ctx,
};

/// Bookings of one worker that wait to be made together.
pub type Together = Batcher<Asked, Option<BookingOut>>;

/// A booking to make.
#[derive(Debug)]
pub struct Asked {
    family: FamilyId,
    idempotency: Idempotency,
    body: BookingIn,
}

/// The booking if it was made; `None` if the wish has to be looked at by itself.
pub(super) async fn book(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    body: &BookingIn,
) -> Option<BookingOut> {
    let asked = Asked { family, idempotency: idempotency.clone(), body: body.clone() };
    let work = || {
        let ctx = ctx.clone();
        async move |batch: Vec<Asked>| {
            let done = write_txn(&ctx.db, async |txn| book_all(&ctx, txn, &batch).await).await;
            done.unwrap_or_else(|_: Problem| batch.iter().map(|_| None).collect())
        }
    };
    ctx.bookings.submit(asked, work).await?
}

/// A wish of a batch, by its place in it, and what it comes to.
struct Candidate {
    at: usize,
    child: children::Model,
    /// The centre by which it was made out: the catalogue may hold a newer one by now.
    plan: Arc<CentrePlan>,
    made_out: MadeOut,
    classes: Vec<ClassId>,
}

async fn book_all(ctx: &Ctx, txn: &DatabaseTransaction, batch: &[Asked]) -> Result<Vec<Option<BookingOut>>> {
    let mut answers: Vec<Option<BookingOut>> = batch.iter().map(|_| None).collect();
    let candidates = candidates(ctx, txn, batch).await?;
    if candidates.is_empty() {
        return Ok(answers);
    }
    let mut classes: Vec<ClassId> = candidates.iter().flat_map(|wish| wish.classes.iter().copied()).collect();
    classes.sort_unstable();
    classes.dedup();
    let rows = centre_store::lock_classes(txn, &classes).await?;
    let abouts: Vec<About<'_>> = candidates.iter().filter_map(|wish| about(batch, wish)).collect();
    let facts = store::facts_of_each(txn, &abouts).await?;
    let mut taken: HashMap<ClassId, Vec<Held>> = HashMap::new();
    let (mut drafts, mut kept) = (Vec::new(), Vec::new());
    for (Candidate { at, child, plan, made_out, classes }, mut facts) in candidates.into_iter().zip(facts) {
        let Asked { family, idempotency, body } = &batch[at];
        // What the batch took before.
        facts.held.extend(classes.iter().filter_map(|class| taken.get(class)).flatten());
        let Some(seen) = consider_plain(ctx, body, child, plan, made_out, &rows, facts) else { continue };
        let Ok(made) = draft(ctx, *family, body, seen, Taking::default()) else { continue };
        let out = made.out(ctx);
        kept.extend(idempotency.answered(&family.to_string(), &out));
        for held in made.held() {
            taken.entry(held.class_id).or_default().push(held);
        }
        drafts.push(made);
        answers[at] = Some(out);
    }
    if !drafts.is_empty() {
        Draft::write(txn, ctx, drafts).await?;
        keep_answers(ctx, txn, kept).await?;
    }
    Ok(answers)
}

/// The wishes that could go ahead, their children locked: one of each family, for what is counted of a
/// family counts the first.
async fn candidates(ctx: &Ctx, txn: &DatabaseTransaction, batch: &[Asked]) -> Result<Vec<Candidate>> {
    let mut families = HashSet::new();
    let first = |asked: &&Asked| families.insert(asked.family);
    let of: Vec<_> = batch.iter().filter(first).map(|asked| (asked.family, asked.body.child_id)).collect();
    let children = family_store::lock_children(txn, &of).await?;
    let made_out = |child: children::Model| {
        let same = |asked: &Asked| asked.family == child.family_id && asked.body.child_id == child.id;
        let at = batch.iter().position(same)?;
        let body = &batch[at].body;
        let plan = ctx.catalogue.centre(body.centre_id)?;
        let wish = Wish::of(&body.asked()).ok()?;
        let made_out = make_out(ctx, body, &wish, &child, &plan).ok()?;
        Some(Candidate { at, classes: made_out.classes(), child, plan, made_out })
    };
    // In the order they came: who asked first is served first.
    let mut candidates: Vec<Candidate> = children.into_iter().filter_map(made_out).collect();
    candidates.retain(|wish| wish.made_out.dates().is_some());
    candidates.sort_by_key(|wish| wish.at);
    Ok(candidates)
}

fn about<'a>(batch: &[Asked], wish: &'a Candidate) -> Option<About<'a>> {
    let Asked { family, body, .. } = &batch[wish.at];
    let dates = wish.made_out.dates()?;
    Some(About { centre: body.centre_id, family: *family, child: wish.child.id, classes: &wish.classes, dates })
}
