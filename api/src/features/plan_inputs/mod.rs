//! Figures of the plan that no centre can know (规划基础数据): residents, incomes, workplaces and the like,
//! entered by the bureau with the day they are of and where they stand.
//!
//! Promises: nothing is overwritten: another figure is another version; a wrong one is withdrawn with a
//! reason and stays in the history; each write is audited. What counts on a day is the figure of the
//! latest day up to it, of these the latest version ([`rules::in_force`]).

mod bureau;
pub mod dto;
pub mod rules;
pub mod service;
mod store;

pub use store::known;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::list_plan_inputs)
        .service(bureau::add_plan_input)
        .service(bureau::list_plan_input_history)
        .service(bureau::withdraw_plan_input);
}
