//! Reasons that staff gave for a deed about a child: free text beside the chain of the audit log, which
//! holds its digest only, so that it can go when the child is erased.
use sea_orm::entity::prelude::*;

use crate::{AuditId, ChildId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_reasons")]
pub struct Model {
    /// The row of the audit log.
    #[sea_orm(primary_key, auto_increment = false)]
    pub audit_id: AuditId,
    pub child_id: ChildId,
    /// The text; absent once the child is erased.
    pub text_sealed: Option<Vec<u8>>,
    /// Key of the digest, so that an erased text can't be guessed from it; goes with the text.
    pub salt: Option<Vec<u8>>,
}
crate::plain_table!();
