//! Where personal data lies: every table that belongs to a family or a child, and every sealed column. A
//! test walks the schema and fails for a table or column that isn't named here.

/// A table with rows of a family or a child.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The list of the export that holds its rows, or why none does.
    pub exported: Exported,
    /// What erasing the account does to its rows.
    pub erased: &'static str,
}

/// Whether a family gets the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// In this list of the export.
    In(&'static str),
    /// Not, and why.
    Not(&'static str),
}

const fn table(name: &'static str, list: &'static str, erased: &'static str) -> Table {
    Table { name, exported: Exported::In(list), erased }
}

/// Every such table. The erasure itself is in the service and store of this feature.
pub const TABLES: &[Table] = &[
    table("families", "account", "openid, nickname, phone and township are written over; the row stays, closed"),
    table("family_documents", "documents", "deleted"),
    table(
        "children",
        "children",
        "names, allergies and declarations go, the day of birth becomes the first of its month",
    ),
    table("consents", "consents", "withdrawn; kept as proof, without a name"),
    table(
        "bookings",
        "bookings",
        "reasons and the grounds of reductions go; days, care and prices stay for the figures",
    ),
    table("visits", "visits", "who collected the child goes; the attendance stays"),
    table("booking_events", "booking_events", "reasons go"),
    table("pickup_codes", "pickup_codes", "deleted"),
    table("entry_checks", "entry_checks", "deleted"),
    table("waitlist_entries", "waiting_list", "withdrawn; holds days and care only"),
    table("vouchers", "vouchers", "revoked if still usable; stays in the ledger"),
    table("redemptions", "redemptions", "the desk's answer loses the name; stays in the ledger"),
    table("redemption_reversals", "redemption_reversals", "the reason goes; stays in the ledger"),
    table("ratings", "ratings", "the text goes, the score stays"),
    table("rating_versions", "rating_versions", "scores only; stay"),
    table("complaints", "complaints", "withdrawn if unanswered; the words and the answer go"),
    table("notices", "notices", "deleted"),
    table("event_signups", "event_signups", "withdrawn if to come; a number and persons stay for the figures"),
    table("guidance_requests", "guidance_requests", "withdrawn if live, which deletes the address; the answer goes"),
    table("credit_entries", "credit_entries", "deleted"),
    Table { name: "message_credits", exported: Exported::Not("the sums of credit_entries"), erased: "deleted" },
    Table {
        name: "moderations",
        exported: Exported::Not("verdicts about texts, which stand with the ratings"),
        erased: "forgets whose text it was; the text itself is gone",
    },
    table("pickup_persons", "pickup_persons", "deleted"),
    table("centre_ties", "centre_ties", "deleted; what it excluded stays excluded by the rating's own mark"),
    Table {
        name: "former_bindings",
        exported: Exported::Not("until when a WeChat account was a staff account's, as a keyed hash; nobody's family"),
        erased: "deleted; what it excluded stays excluded by the rating's own mark",
    },
    table("employer_families", "employers", "deleted; the code's count stays"),
    table("calendar_feeds", "calendar_feeds", "deleted"),
    table("sessions", "sign_ins", "deleted, with their refresh tokens"),
    table(
        "served_marks",
        "former_vouchers",
        "released: a keyed hash that belongs to nobody until the openid comes back",
    ),
    table("data_looks", "access_log", "deleted; the audit row stays, which names a visit"),
    Table {
        name: "idempotency_keys",
        exported: Exported::Not("answers given before, of what is exported as it is now"),
        erased: "deleted, those to staff about the family too",
    },
    Table {
        name: "satisfaction_served",
        exported: Exported::Not("in which months a centre served the family, which its visits and redemptions tell"),
        erased: "stays for the figures, as the attendance does",
    },
    Table {
        name: "rating_traces",
        exported: Exported::Not(
            "a keyed hash that tells only whether two ratings of a centre and day came from one device",
        ),
        erased: "deleted",
    },
    Table {
        name: "satisfaction_marks",
        exported: Exported::Not("that a day of care is yet to be counted, for seconds"),
        erased: "counted and deleted within seconds",
    },
    Table {
        name: "support_child_months",
        exported: Exported::Not("by which sheet a centre was supported for a month; the attendance is in visits"),
        erased: "an id and a month stay, so that no centre is paid twice; the child behind the id is gone",
    },
    Table {
        name: "audit_reasons",
        exported: Exported::Not("the officers' grounds, which reversals and answers to complaints tell"),
        erased: "the text and the key of its digest go; the digest stays in the chain",
    },
];

/// Sealed columns: table, the columns of its key, the column. What a value is bound to is
/// `table.column` without `_sealed`.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    /// The table.
    pub table: &'static str,
    /// Its key.
    pub key: &'static [&'static str],
    /// Whether the key is a UUID, or texts.
    pub uuid: bool,
    /// The column.
    pub column: &'static str,
    /// The column that values are bound to: another's, where they move between two.
    pub bound_to: &'static str,
}

impl Sealed {
    /// What values of the column are bound to.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}.{}", self.table, self.bound_to.trim_end_matches("_sealed"))
    }
}

const fn sealed(table: &'static str, key: &'static [&'static str], column: &'static str) -> Sealed {
    Sealed { table, key, uuid: true, column, bound_to: column }
}

/// Every sealed column, in the order in which they are sealed anew.
pub const SEALED: &[Sealed] = &[
    sealed("families", &["id"], "openid_sealed"),
    sealed("families", &["id"], "nickname_sealed"),
    sealed("families", &["id"], "phone_sealed"),
    sealed("family_documents", &["id"], "tail_sealed"),
    sealed("children", &["id"], "name_sealed"),
    sealed("children", &["id"], "legal_name_sealed"),
    sealed("children", &["id"], "allergies_sealed"),
    sealed("complaints", &["id"], "text_sealed"),
    sealed("complaints", &["id"], "answer_sealed"),
    sealed("guidance_requests", &["id"], "address_sealed"),
    sealed("guidance_requests", &["id"], "answer_sealed"),
    sealed("audit_reasons", &["audit_id"], "text_sealed"),
    sealed("staff", &["id"], "name_sealed"),
    sealed("carers", &["id"], "name_sealed"),
    sealed("carers", &["id"], "certificate_no_sealed"),
    sealed("second_factors", &["staff_id"], "secret_sealed"),
    sealed("webhooks", &["id"], "secret_sealed"),
    // The secret before a rotation.
    Sealed { bound_to: "secret_sealed", ..sealed("webhooks", &["id"], "former_sealed") },
    sealed("visits", &["id"], "collected_by_sealed"),
    sealed("redemptions", &["id"], "answer_sealed"),
    sealed("pickup_persons", &["id"], "name_sealed"),
    sealed("pickup_codes", &["visit_id"], "name_sealed"),
    sealed("manual_codes", &["voucher_id"], "code_sealed"),
    Sealed { table: "code_keys", key: &["id"], uuid: false, column: "secret_sealed", bound_to: "secret_sealed" },
    Sealed {
        table: "idempotency_keys",
        key: &["account", "route", "key"],
        uuid: false,
        column: "answer_sealed",
        bound_to: "answer_sealed",
    },
];
