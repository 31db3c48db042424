//! Who may do what: the one table of permissions.
//!
//! Every operation that needs a sign-in is named in [`table`], by the name of its handler (which is its
//! `operationId`), with the roles that may call it. [`check`] is asked by the extractors of
//! [`super::extract`], before anything else: no handler that takes a caller is reached past it, and
//! an operation that isn't in the table is refused to everyone. `openapi.yaml` says the same as
//! `x-roles`; a test holds the two, and the running server, against each other.
//!
//! What depends on more than the operation (whose account, how long ago) is an [`Extra`] below.

mod outreach;
mod pages;
mod table;

use std::{collections::HashMap, sync::LazyLock};

use entity::StaffRole;

use self::{
    outreach::OUTREACH,
    pages::PAGES,
    table::{ADMIN, MANAGER, SCOPES, TABLE},
};
use super::{access_key, dto::Role, scope::Scope};
use crate::error::{Code, Problem, Result, Text};

/// A set of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < roles.len() {
            bits |= 1 << roles[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// Whether a role is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// The roles, from the family's to the administrator's.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.has(*role))
    }
}

/// What some may within an operation that others may call too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extra(Roles);

/// Close, reopen and sign out accounts of the bureau; officers do it for those of centres only.
pub const BUREAU_ACCOUNTS: Extra = Extra(ADMIN);
/// Put right what happened at the desk longer ago than a carer may.
pub const LATE_CORRECTIONS: Extra = Extra(MANAGER);

impl Extra {
    /// Refuses whoever may not.
    pub(super) fn check(self, role: StaffRole) -> Result<()> {
        if self.0.has(role.into()) { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
    }
}

static BY_OPERATION: LazyLock<HashMap<&str, Roles>> = LazyLock::new(|| named().collect());

fn named() -> impl Iterator<Item = (&'static str, Roles)> {
    TABLE.iter().chain(OUTREACH).copied()
}

static PAGE_ROLES: LazyLock<HashMap<&str, Roles>> = LazyLock::new(|| PAGES.iter().copied().collect());

/// Who may call an operation, if it needs a sign-in.
#[must_use]
pub fn roles(operation: &str) -> Option<Roles> {
    BY_OPERATION.get(operation).copied()
}

/// The scope that an operation of other systems needs, if it is one.
#[must_use]
pub fn scope(operation: &str) -> Option<Scope> {
    SCOPES.iter().find(|(name, _)| *name == operation).map(|(_, scope)| *scope)
}

/// Every operation of other systems.
pub fn exchange_operations() -> impl Iterator<Item = &'static str> {
    SCOPES.iter().map(|(operation, _)| *operation)
}

/// Refuses a key without the operation's scope, and every key where the table doesn't name it.
pub(super) fn check_scope(operation: Option<&str>, scopes: &str) -> Result<()> {
    let Some(scope) = operation.and_then(scope) else {
        tracing::error!(operation, "an operation of other systems isn't in the table of permissions");
        return Err(Problem::new(Code::Forbidden));
    };
    if access_key::has(scopes, scope) {
        return Ok(());
    }
    let text = Text::new(
        format!("该访问密钥没有“{}”权限，请联系签发方。", scope.as_str()),
        format!("The access key lacks the scope {}.", scope.as_str()),
    );
    Err(Problem::new(Code::Forbidden).detail(text))
}

/// Every operation of the table.
pub fn operations() -> impl Iterator<Item = &'static str> {
    named().map(|(operation, _)| operation)
}

/// Every page of the consoles and every form of theirs, with who may open or send it.
pub fn pages() -> impl Iterator<Item = (&'static str, Roles)> {
    PAGES.iter().copied()
}

/// Refuses a role that may not call the operation, and everyone where the table doesn't name it.
pub(super) fn check(operation: Option<&str>, role: Role) -> Result<()> {
    let Some(roles) = operation.and_then(|operation| roles(operation).or_else(|| PAGE_ROLES.get(operation).copied()))
    else {
        tracing::error!(operation, "an operation with a caller isn't in the table of permissions");
        return Err(Problem::new(Code::Forbidden));
    };
    if roles.has(role) { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_is_named_once() {
        assert_eq!(named().count(), BY_OPERATION.len());
        assert_eq!(PAGES.len(), PAGE_ROLES.len());
        assert!(PAGES.iter().all(|(page, _)| roles(page).is_none()));
    }

    #[test]
    fn what_the_table_does_not_name_is_refused_to_all() {
        for role in Role::ALL {
            assert!(check(Some("no_such_operation"), *role).is_err() && check(None, *role).is_err());
            assert!(check(Some("sign_out"), *role).is_ok());
            assert_eq!(check(Some("add_fund_rule"), *role).is_ok(), *role == Role::Admin);
        }
    }
}
