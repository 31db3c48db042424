//! Rows as the export writes them. Each model is taken apart by name, so that a new column must be
//! thought of here: hashes and staff ids are left out, sealed texts are opened.

use entity::{
    CentreId, FamilyId, booking_events, bookings, calendar_feeds, centre_ties, children, consents, credit_entries,
    data_looks, employer_families, entry_checks, event_signups, families, notices, pickup_codes, pickup_persons,
    redemption_reversals, redemptions, served_marks, sessions, visits, vouchers, waitlist_entries,
};
use serde_json::{Value, json};

use crate::{error::Result, http::Moment, state::Ctx};

pub(super) type At = Option<chrono::DateTime<chrono::Utc>>;

pub(super) fn at(instant: At) -> Value {
    json!(instant.map(Moment))
}

pub(super) fn open(ctx: &Ctx, place: &str, sealed: Option<&[u8]>) -> Result<Option<String>> {
    Ok(sealed.map(|sealed| ctx.keys.open_text(place, sealed)).transpose()?)
}

pub(super) fn centre(ctx: &Ctx, id: CentreId) -> Value {
    json!({ "id": id, "name": ctx.catalogue.centre(id).map(|plan| plan.row.name.clone()) })
}

/// `family`, `centre` or `system` of an actor.
fn who(actor: &str, family: FamilyId) -> &'static str {
    match actor {
        actor if actor == family.to_string() => "family",
        "system" => "system",
        _ => "centre",
    }
}

pub(super) fn family(ctx: &Ctx, row: families::Model) -> Result<Value> {
    let families::Model {
        id,
        openid_hash: _,
        openid_sealed,
        nickname_sealed,
        township,
        status,
        created_at,
        missed_on,
        erase_at,
        erased_at: _,
        seen_on,
        phone_sealed,
        phone_hash: _,
        phone_verified_at,
    } = row;
    Ok(json!({
        "id": id, "openid": open(ctx, "families.openid", Some(&openid_sealed))?,
        "nickname": open(ctx, "families.nickname", nickname_sealed.as_deref())?, "township": township,
        "status": status, "created_at": Moment(created_at), "missed_on": missed_on, "erase_at": at(erase_at),
        "seen_on": seen_on, "phone": open(ctx, "families.phone", phone_sealed.as_deref())?,
        "phone_verified_at": at(phone_verified_at),
    }))
}

pub(super) fn child(ctx: &Ctx, row: children::Model) -> Result<Value> {
    let children::Model {
        id,
        family_id: _,
        name_sealed,
        name_hash: _,
        legal_name_sealed,
        birth_date,
        township,
        third_child,
        special_family,
        disabled,
        created_at,
        removed_at,
        allergies_sealed,
        erased_at,
        name_version: _,
        name_status,
    } = row;
    Ok(json!({
        "id": id, "name": open(ctx, "children.name", Some(&name_sealed))?, "name_status": name_status,
        "legal_name": open(ctx, "children.legal_name", legal_name_sealed.as_deref())?,
        "allergies": open(ctx, "children.allergies", allergies_sealed.as_deref())?, "birth_date": birth_date,
        "township": township, "third_child": third_child, "special_family": special_family, "disabled": disabled,
        "created_at": Moment(created_at), "removed_at": at(removed_at), "erased_at": at(erased_at),
    }))
}

pub(super) fn consent(row: consents::Model) -> Value {
    let consents::Model { id, family_id: _, child_id, purpose, version, given_at, withdrawn_at } = row;
    json!({
        "id": id, "child_id": child_id, "purpose": purpose, "version": version, "given_at": Moment(given_at),
        "withdrawn_at": at(withdrawn_at),
    })
}

pub(super) fn booking(ctx: &Ctx, row: bookings::Model) -> Value {
    let bookings::Model {
        id,
        family_id: _,
        child_id,
        centre_id,
        class_id,
        care_type,
        status,
        start_date,
        end_date,
        total_fen,
        price_lines,
        voucher_id,
        replaces_id,
        confirm_by,
        offer_until,
        cutoff_minutes,
        reason,
        created_at,
        updated_at,
    } = row;
    json!({
        "id": id, "child_id": child_id, "centre": centre(ctx, centre_id), "class_id": class_id,
        "care_type": care_type, "status": status, "start_date": start_date, "end_date": end_date,
        "total_fen": total_fen, "price_lines": price_lines, "voucher_id": voucher_id, "replaces_id": replaces_id,
        "confirm_by": at(confirm_by), "offer_until": at(offer_until), "cutoff_minutes": cutoff_minutes,
        "reason": reason, "created_at": Moment(created_at), "updated_at": Moment(updated_at),
    })
}

pub(super) fn visit(ctx: &Ctx, row: visits::Model) -> Result<Value> {
    let visits::Model {
        id,
        booking_id,
        family_id: _,
        child_id,
        centre_id,
        class_id,
        care_type,
        date,
        from_min,
        to_min,
        status,
        checked_in_at,
        checked_out_at,
        amount_fen,
        with_voucher,
        late_told_at,
        collected_by_sealed,
        reminded_at,
        invited_at,
    } = row;
    Ok(json!({
        "id": id, "booking_id": booking_id, "child_id": child_id, "centre_id": centre_id, "class_id": class_id,
        "care_type": care_type, "date": date, "from": from_min, "to": to_min, "status": status,
        "checked_in_at": at(checked_in_at), "checked_out_at": at(checked_out_at), "amount_fen": amount_fen,
        "with_voucher": with_voucher, "late_told_at": at(late_told_at), "reminded_at": at(reminded_at),
        "invited_at": at(invited_at),
        "collected_by": open(ctx, "visits.collected_by", collected_by_sealed.as_deref())?,
    }))
}

pub(super) fn event(family: FamilyId, row: booking_events::Model) -> Value {
    let booking_events::Model { id, booking_id, visit_id, at, actor, status, reason, detail } = row;
    json!({
        "id": id, "booking_id": booking_id, "visit_id": visit_id, "at": Moment(at), "by": who(&actor, family),
        "status": status, "reason": reason, "detail": detail,
    })
}

pub(super) fn pickup_code(ctx: &Ctx, row: pickup_codes::Model) -> Result<Value> {
    let pickup_codes::Model { visit_id, code_hash: _, name_sealed, expires_at, used_at } = row;
    Ok(json!({
        "visit_id": visit_id, "name": open(ctx, "pickup_codes.name", Some(&name_sealed))?,
        "expires_at": Moment(expires_at), "used_at": at(used_at),
    }))
}

pub(super) fn entry_check(ctx: &Ctx, row: &entry_checks::Model) -> Value {
    let entry_checks::Model { centre_id, child_id, passed_on, vaccinated, staff_id: _, recorded_at } = *row;
    json!({
        "centre": centre(ctx, centre_id), "child_id": child_id, "passed_on": passed_on, "vaccinated": vaccinated,
        "recorded_at": Moment(recorded_at),
    })
}

pub(super) fn waiting(ctx: &Ctx, row: waitlist_entries::Model) -> Value {
    let waitlist_entries::Model {
        id,
        family_id: _,
        child_id,
        centre_id,
        care_type,
        start_date,
        end_date,
        wish,
        status,
        booking_id,
        created_at,
        updated_at,
    } = row;
    json!({
        "id": id, "child_id": child_id, "centre": centre(ctx, centre_id), "care_type": care_type,
        "start_date": start_date, "end_date": end_date, "wish": wish, "status": status, "booking_id": booking_id,
        "created_at": Moment(created_at), "updated_at": Moment(updated_at),
    })
}

pub(super) fn voucher(row: &vouchers::Model) -> Value {
    let vouchers::Model {
        id,
        campaign_id,
        family_id: _,
        child_id,
        first_time_family_id,
        units_total,
        units_used,
        valid_from,
        valid_until,
        status,
        claimed_at,
        revoked_at,
        reminded_at,
    } = *row;
    json!({
        "id": id, "campaign_id": campaign_id, "child_id": child_id, "first_time": first_time_family_id.is_some(),
        "units_total": units_total, "units_used": units_used, "valid_from": valid_from, "valid_until": valid_until,
        "status": status, "claimed_at": Moment(claimed_at), "revoked_at": at(revoked_at),
        "reminded_at": at(reminded_at),
    })
}

pub(super) fn redemption(ctx: &Ctx, row: &redemptions::Model) -> Value {
    let redemptions::Model {
        id,
        voucher_id,
        campaign_id,
        family_id: _,
        child_id,
        centre_id,
        staff_id: _,
        visit_id,
        care_type,
        service_date,
        redeemed_at,
        request_id: _,
        code_hash: _,
        face_value_fen,
        answer_sealed: _,
        status,
        device: _,
        statement_id,
        uploaded_at,
    } = *row;
    json!({
        "id": id, "voucher_id": voucher_id, "campaign_id": campaign_id, "child_id": child_id,
        "centre": centre(ctx, centre_id), "visit_id": visit_id, "care_type": care_type,
        "service_date": service_date, "redeemed_at": Moment(redeemed_at), "face_value_fen": face_value_fen,
        "status": status, "settled": statement_id.is_some(), "uploaded_at": at(uploaded_at),
    })
}

pub(super) fn reversal(row: redemption_reversals::Model) -> Value {
    let redemption_reversals::Model { id, redemption_id, staff_id: _, centre_id, reason, reversed_at } = row;
    let by = if centre_id.is_some() { "centre" } else { "bureau" };
    json!({
        "id": id, "redemption_id": redemption_id, "by": by, "reason": reason, "reversed_at": Moment(reversed_at),
    })
}

pub(super) fn notice(row: notices::Model) -> Value {
    let notices::Model {
        id,
        family_id: _,
        kind,
        subject,
        facts,
        at: told,
        read_at,
        child_id,
        send_status,
        send_after: _,
        send_until: _,
        send_attempts: _,
        send_error: _,
        sent_at,
    } = row;
    json!({
        "id": id, "kind": kind, "subject": subject, "facts": facts, "at": Moment(told), "read_at": at(read_at),
        "child_id": child_id, "message": send_status, "sent_at": at(sent_at),
    })
}

pub(super) fn credit(row: credit_entries::Model) -> Value {
    let credit_entries::Model { id, family_id: _, template_id, kind, message_id, error_code, at: told, happened_at } =
        row;
    json!({
        "id": id, "template_id": template_id, "kind": kind, "message_id": message_id, "error_code": error_code,
        "at": Moment(told), "happened_at": at(happened_at),
    })
}

pub(super) fn pickup_person(ctx: &Ctx, row: pickup_persons::Model) -> Result<Value> {
    let pickup_persons::Model { id, family_id: _, name_sealed, relation, created_at, removed_at } = row;
    Ok(json!({
        "id": id, "name": open(ctx, "pickup_persons.name", Some(&name_sealed))?, "relation": relation,
        "created_at": Moment(created_at), "removed_at": at(removed_at),
    }))
}

pub(super) fn tie(ctx: &Ctx, family: FamilyId, row: centre_ties::Model) -> Value {
    let centre_ties::Model {
        id,
        family_id: _,
        centre_id,
        tie,
        declared_by,
        since,
        ended_at,
        status,
        reason,
        contest,
        contest_open,
        contested_at,
        decided_by: _,
        decided_at,
        decision,
    } = row;
    json!({
        "id": id, "centre": centre(ctx, centre_id), "tie": tie, "declared_by": who(&declared_by, family),
        "since": Moment(since), "ended_at": at(ended_at), "status": status, "reason": reason, "contest": contest,
        "contest_open": contest_open, "contested_at": at(contested_at), "decided_at": at(decided_at),
        "decision": decision,
    })
}

pub(super) fn employer(ctx: &Ctx, row: &employer_families::Model) -> Value {
    let employer_families::Model { family_id: _, centre_id, code_id: _, since } = *row;
    json!({ "centre": centre(ctx, centre_id), "since": Moment(since) })
}

pub(super) fn feed(row: &calendar_feeds::Model) -> Value {
    let calendar_feeds::Model { id, family_id: _, centre_id: _, staff_id: _, token_hash: _, created_at, revoked_at } =
        *row;
    json!({ "id": id, "created_at": Moment(created_at), "revoked_at": at(revoked_at) })
}

pub(super) fn sign_in(row: sessions::Model) -> Value {
    let sessions::Model { id, family_id: _, staff_id: _, created_at, revoked_at, revoked_for } = row;
    json!({ "id": id, "at": Moment(created_at), "ended_at": at(revoked_at), "ended_for": revoked_for })
}

pub(super) fn mark(row: served_marks::Model) -> Value {
    let served_marks::Model { id: _, mark: _, campaign_id, birth_month, family_id: _, at } = row;
    json!({ "campaign_id": campaign_id, "birth_month": birth_month, "erased_at": Moment(at) })
}

pub(super) fn look(ctx: &Ctx, row: data_looks::Model) -> Value {
    let data_looks::Model { id, family_id: _, child_id, visit_id, centre_id, staff_id: _, role, reason, fields, at } =
        row;
    json!({
        "id": id, "child_id": child_id, "visit_id": visit_id, "centre": centre(ctx, centre_id), "role": role,
        "reason": reason, "fields": fields.split(',').collect::<Vec<_>>(), "at": Moment(at),
    })
}

pub(super) fn signup(row: &event_signups::Model) -> Value {
    let event_signups::Model { id, event_id, family_id: _, number, persons, status, created_at, updated_at } = *row;
    json!({
        "id": id, "event_id": event_id, "number": number, "persons": persons, "status": status,
        "created_at": Moment(created_at), "updated_at": Moment(updated_at),
    })
}
