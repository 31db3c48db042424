//! What `quanxiangtuo indicators` does, in words for operators.

use std::fmt::Write as _;

use super::snapshots::{self, Fault, Revised};
use crate::state::Ctx;

/// Makes and counts every closed month again; an error names those that don't hold.
pub async fn verify(ctx: &Ctx) -> anyhow::Result<String> {
    let (n, broken) = snapshots::verify(ctx).await.map_err(anyhow::Error::new)?;
    let named = broken.iter().map(|(month, fault)| {
        let why = match fault {
            Fault::Changed => "what is stored was changed",
            Fault::Figures => "the figures don't follow from what was counted",
            Fault::Facts => "the journals say otherwise",
        };
        format!("{} ({why})", month.format("%Y-%m"))
    });
    let named: Vec<String> = named.collect();
    anyhow::ensure!(named.is_empty(), "not as it was: {}", named.join(", "));
    Ok(format!("{n} closed months of the indicators are as they were counted"))
}

/// Keeps what is due, and says what would be another figure now.
pub async fn recompute(ctx: &Ctx) -> anyhow::Result<String> {
    let (taken, revised) = snapshots::recompute(ctx).await.map_err(anyhow::Error::new)?;
    let mut out = format!("{taken} closed months kept now\n");
    let value = |parts: Option<i64>| parts.map_or("-".to_owned(), |parts| (parts as f64 / 10_000.0).to_string());
    for Revised { month, kept, now } in &revised {
        let (code, kept, now) = (kept.code, value(kept.parts), value(now.parts));
        writeln!(out, "{} {code}: kept {kept}, now {now}", month.format("%Y-%m"))?;
    }
    if revised.is_empty() {
        out.push_str("every kept figure is what is known now\n");
    }
    Ok(out.trim_end().to_owned())
}
