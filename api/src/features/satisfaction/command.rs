//! What the binary's subcommands print.

use super::{
    rollups::{self, Difference},
    snapshots,
};
use crate::platform::db::Db;

/// Differences that are named.
const SHOWN: usize = 20;

/// Recomputes every snapshot; an error names those that don't hold.
pub async fn verify(db: &Db) -> anyhow::Result<String> {
    let verdict = snapshots::verify(db.reader()).await.map_err(anyhow::Error::new)?;
    let (n, broken) = verdict;
    let named = broken.iter().map(|broken| {
        let why = if broken.changed { "the stored figures were changed" } else { "the ratings say otherwise" };
        format!("{} ({why})", broken.month.format("%Y-%m"))
    });
    let named: Vec<String> = named.collect();
    anyhow::ensure!(named.is_empty(), "not as it was: {}", named.join(", "));
    Ok(format!("{n} closed months are as the versions of the ratings say"))
}

/// Counts every roll-up again; an error names those that aren't what was counted, unless they are put right.
pub async fn recount(db: &Db, repair: bool) -> anyhow::Result<String> {
    rollups::fill(db).await?;
    let found = rollups::recount(db).await?;
    if found.is_empty() {
        return Ok("the roll-ups are what the ratings and the care say".to_owned());
    }
    let told = told(&found);
    anyhow::ensure!(repair, "{told}\nrun it with --repair to put them right");
    rollups::repair(db).await?;
    let left = rollups::recount(db).await?;
    anyhow::ensure!(left.is_empty(), "{told}\nand they can't be put right: tell the makers");
    Ok(format!("{told}\nput right"))
}

fn told(found: &[Difference]) -> String {
    let mut told = format!("{} rows of the roll-ups aren't what was counted:", found.len());
    for Difference { of, month, group, stored } in found.iter().take(SHOWN) {
        let which = if *stored { "stored, not counted" } else { "counted, not stored" };
        told.push_str(&format!("\n{of} {month} {group}: {which}"));
    }
    if found.len() > SHOWN {
        told.push_str("\n…");
    }
    told
}
