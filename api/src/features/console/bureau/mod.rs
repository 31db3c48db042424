//! Pages of officers: a file a subject. A page is a dozen lines of the API's handler and the parts that show
//! what it answers.

mod account;
mod article;
mod articles;
mod attention;
mod audit;
mod calendar;
mod campaign;
mod campaign_form;
mod campaigns;
mod carers;
mod centre_form;
mod centres;
mod complaints;
mod conflicts;
mod coverage;
mod event;
mod events;
mod four_eyes;
mod funds;
pub(super) mod guidance;
mod imports;
mod indicator_words;
mod indicators;
mod keys;
mod map;
mod messages;
mod moderation;
mod overview;
mod plan_inputs;
mod ratings;
mod redemptions;
mod registers;
mod satisfaction;
mod satisfaction_months;
mod signals;
mod staff;
mod statement;
mod statements;
mod support;
mod support_sheet;
mod ties;
mod webhooks;

use actix_web::web::ServiceConfig;

use super::sign_in;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    sign_in::routes(cfg);
    cfg.service(overview::bureau_overview)
        .service(satisfaction::bureau_satisfaction)
        .service(satisfaction_months::bureau_satisfaction_months);
    account::routes(cfg);
    articles::routes(cfg);
    article::routes(cfg);
    audit::routes(cfg);
    calendar::routes(cfg);
    campaigns::routes(cfg);
    campaign::routes(cfg);
    carers::routes(cfg);
    // `/centres/new` before `/centres/{id}`.
    centre_form::routes(cfg);
    centres::routes(cfg);
    complaints::routes(cfg);
    conflicts::routes(cfg);
    coverage::routes(cfg);
    guidance::routes(cfg);
    imports::routes(cfg);
    indicators::routes(cfg);
    messages::routes(cfg);
    moderation::routes(cfg);
    plan_inputs::routes(cfg);
    ratings::routes(cfg);
    ties::routes(cfg);
    registers::routes(cfg);
    signals::routes(cfg);
    staff::routes(cfg);
    statements::routes(cfg);
    statement::routes(cfg);
    support::routes(cfg);
    support_sheet::routes(cfg);
    events::routes(cfg);
    event::routes(cfg);
    funds::routes(cfg);
    redemptions::routes(cfg);
    keys::routes(cfg);
    webhooks::routes(cfg);
}
