//! Pages of a centre's staff: for a phone at the door and a tablet on the wall.

mod affected;
mod bookings;
mod centre;
mod classes;
mod corrections;
mod guidance;
mod hours;
mod ratings;
mod roster;
mod scan;
mod statements;
mod today;
mod visits;

use actix_web::web::ServiceConfig;

use super::sign_in;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    sign_in::routes(cfg);
    cfg.service(today::desk_today)
        .service(visits::desk_visit_check_in)
        .service(visits::desk_visit_leave)
        .service(visits::desk_check_document)
        .service(visits::desk_visit_check_out)
        .service(visits::desk_visit_absent)
        .service(visits::desk_entry_check)
        .service(corrections::desk_visit)
        .service(corrections::desk_visit_correct)
        .service(scan::desk_scan)
        .service(scan::desk_scan_preview)
        .service(scan::desk_scan_redeem)
        .service(scan::desk_redemption_reverse)
        .service(bookings::desk_bookings)
        .service(bookings::desk_booking_answer)
        .service(bookings::desk_waitlist)
        .service(centre::desk_centre)
        .service(centre::desk_centre_change)
        .service(classes::desk_classes)
        .service(classes::desk_class_add)
        .service(classes::desk_class_change)
        .service(classes::desk_class_close)
        .service(classes::desk_offer_set)
        .service(hours::desk_hours)
        .service(hours::desk_week_set)
        .service(hours::desk_week_clear)
        .service(hours::desk_day_set)
        .service(hours::desk_day_clear)
        .service(roster::desk_roster)
        .service(roster::desk_roster_set)
        .service(roster::desk_conflicts)
        .service(guidance::desk_guidance)
        .service(guidance::desk_answer_guidance)
        .service(ratings::desk_ratings)
        .service(ratings::desk_rating_reply)
        .service(ratings::desk_reply_withdraw)
        .service(statements::desk_statements)
        .service(statements::desk_statement);
}
