//! Use cases of registers: rows ([`records`]), [`carers`], and [`warnings`]. Whoever changes a centre's
//! rows holds the centre, so that what follows from them follows from all of them.

pub mod carers;
pub mod records;
pub mod warnings;
