//! From draft to frozen: what two officers do to a statement and to a sheet of support.

use entity::{StaffId, StatementStatus};

use super::super::{
    fields::Fields,
    shell::Shell,
    table::Cell,
    values::{Names, minute},
    view::View,
};
use crate::http::Moment;

/// Where it stands.
pub(super) struct Life {
    pub(super) status: StatementStatus,
    pub(super) checked_by: Option<StaffId>,
    /// Who looks.
    pub(super) me: StaffId,
    /// Whether its figures are still those of the rows.
    pub(super) same: bool,
}

/// Its state, in a word with a colour.
pub(super) fn state(shell: &Shell, status: StatementStatus) -> Cell {
    let class = if status == StatementStatus::Frozen { "good" } else { "wait" };
    Cell::Mark(class, shell.word(status.zh(), status.as_str()))
}

/// When a step was made, and by whom.
pub(super) fn step(names: &Names, at: Option<Moment>, by: Option<StaffId>) -> String {
    at.map_or_else(|| "—".to_owned(), |at| format!("{} {}", minute(at), names.get(by)))
}

/// What may be done next, and by whom; forms to `check`, `freeze` and `discard` below `here`.
pub(super) fn steps(shell: &Shell, view: View, here: &str, life: &Life) -> View {
    let t = |zh, en| shell.t(zh, en);
    let discard = Fields::post(shell, format!("{here}/discard"), t("作废草稿", "Discard"))
        .ask(t("草稿将被删除，确定吗？", "The draft will be gone. Discard it?"));
    let view = if life.same || life.status == StatementStatus::Frozen {
        view
    } else {
        view.text("数据已有变化，请重新起草。", "Something changed since: draft it again.")
    };
    match life.status {
        StatementStatus::Draft => {
            view.form(Fields::post(shell, format!("{here}/check"), t("复核通过", "Check"))).form(discard)
        }
        StatementStatus::Checked if life.checked_by == Some(life.me) => {
            view.text("须由另一名工作人员定稿。", "Another officer freezes it.").form(discard)
        }
        StatementStatus::Checked => view
            .form(
                Fields::post(shell, format!("{here}/freeze"), t("定稿", "Freeze"))
                    .ask(t("定稿后不能再改，确定吗？", "It never changes again. Freeze it?")),
            )
            .form(discard),
        StatementStatus::Frozen => view,
    }
}
