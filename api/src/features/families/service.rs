//! Use cases of the family's account.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{ChildId, ConsentPurpose, FamilyId, ModeratedKind, TextStatus, children, consents as consent_rows};
use sea_orm::{
    ActiveValue::{Set, Unchanged},
    DbErr,
};

use super::{
    consents::{self, VERSION, covers_allergies, renewal_needed},
    dto::{ChildIn, ChildOut, ChildPatch, ConsentIn, ConsentOut, ConsentTextOut, ConsentTextsOut, FamilyOut},
    rules, store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::moderation::{self, service::Written},
    http::{Idempotency, Moment, Once, once},
    platform::{
        constraint::{Constraint, violated},
        crypto::Keyring,
        db::write_txn,
        hant::spelled,
    },
    state::Ctx,
};

pub use super::names::{lock_name, masked_for_staff, name_for_staff, names, show_name};

/// Where sealed names live; used by every feature that shows a child.
pub const NAME_PLACE: &str = "children.name";
/// Where sealed names of the register live.
pub const LEGAL_NAME_PLACE: &str = "children.legal_name";
/// Where sealed allergies live.
pub const ALLERGIES_PLACE: &str = "children.allergies";

/// The texts of a version, or today's.
pub fn texts(version: Option<&str>) -> Result<ConsentTextsOut> {
    let version = version.unwrap_or(VERSION);
    let items = consents::of(version).ok_or_else(|| Problem::new(Code::NotFound))?.into_iter();
    let item = |(purpose, title, text)| ConsentTextOut {
        purpose,
        version: version.to_owned(),
        title,
        text,
        required: purpose == ConsentPurpose::Booking,
    };
    Ok(ConsentTextsOut { items: items.map(item).collect() })
}

/// The account and its children.
pub async fn me(ctx: &Ctx, family: FamilyId) -> Result<FamilyOut> {
    let row = store::family_row(ctx.db.reader(), family).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let phone = super::phone::shown(ctx, &row)?;
    let created_at = Moment(row.created_at);
    let (documents, children) = (super::documents::own(ctx, family).await?, children_of(ctx, family).await?);
    Ok(FamilyOut { id: row.id, created_at, phone, documents, children })
}

/// The family's children.
pub async fn children_of(ctx: &Ctx, family: FamilyId) -> Result<Vec<ChildOut>> {
    let rows = store::children(ctx.db.reader(), family).await?;
    let consents = store::consents(ctx.db.reader(), family).await?;
    let expected = store::expected(ctx.db.reader(), family).await?;
    rows.into_iter().map(|row| child_out(ctx, row, &consents).map(|child| asked(child, &expected))).collect()
}

/// Asks for the name in the register of a child that is expected at a centre.
fn asked(child: ChildOut, expected: &[ChildId]) -> ChildOut {
    ChildOut { legal_name_needed: child.legal_name.is_none() && expected.contains(&child.id), ..child }
}

/// Adds a child under the guardian's consent.
pub async fn add_child(
    ctx: &Ctx,
    family: FamilyId,
    idempotency: &Idempotency,
    body: ChildIn,
) -> Result<Once<ChildOut>> {
    let ChildIn { name, legal_name, birth_date, township, third_child, special_family, disabled, allergies, consent } =
        body;
    rules::check_birth_date(birth_date.0, ctx.clock.today())?;
    let township = check_township(ctx, &township)?;
    let purposes = check_consent(consent.as_ref())?;
    if third_child || special_family || disabled {
        check_declared(&purposes)?;
    }
    if allergies.is_some() && !purposes.contains(&ConsentPurpose::HealthProof) {
        return Err(allergies_need_consent());
    }
    let now = ctx.clock.now();
    let hash = name_hash(&ctx.keys, family, &name);
    let child = children::Model {
        id: ctx.clock.id(),
        family_id: family,
        name_sealed: ctx.keys.seal(NAME_PLACE, name.as_bytes()),
        name_hash: Some(hash.clone()),
        legal_name_sealed: legal_name.map(|name| ctx.keys.seal(LEGAL_NAME_PLACE, name.as_bytes())),
        birth_date: birth_date.0,
        township,
        third_child,
        special_family,
        disabled,
        created_at: now,
        removed_at: None,
        allergies_sealed: allergies.map(|text| ctx.keys.seal(ALLERGIES_PLACE, text.as_bytes())),
        erased_at: None,
        name_version: 1,
        name_status: TextStatus::Pending,
    };
    let given: Vec<_> = purposes.into_iter().map(|purpose| consent_row(ctx, family, child.id, purpose)).collect();
    let added = once(ctx, idempotency, &family.to_string(), async |txn| {
        store::insert_child(txn, child.clone().into(), given.clone()).await.map_err(exists)?;
        moderation::submit(ctx, txn, called(&child)).await?;
        child_out(ctx, child, &given)
    })
    .await;
    match added {
        Err(problem) => Err(which(ctx, problem, (family, &hash, birth_date.0)).await),
        added => added,
    }
}

/// A consent under today's texts.
pub fn consent_row(ctx: &Ctx, family: FamilyId, child: ChildId, purpose: ConsentPurpose) -> consent_rows::Model {
    consent_rows::Model {
        id: ctx.clock.id(),
        family_id: family,
        child_id: child,
        purpose,
        version: VERSION.to_owned(),
        given_at: ctx.clock.now(),
        withdrawn_at: None,
    }
}

fn allergies_need_consent() -> Problem {
    consent_required(
        "consent.purposes",
        "填写过敏情况须同意新版的“入托健康证明”。",
        "Allergies take consent to `health_proof` under today's texts.",
    )
}

/// What a family declares to pay less is sensitive, so it takes a consent of its own.
fn check_declared(purposes: &BTreeSet<ConsentPurpose>) -> Result<()> {
    if purposes.contains(&ConsentPurpose::Reductions) {
        return Ok(());
    }
    Err(consent_required(
        "consent.purposes",
        "申报三孩、计生特殊家庭或残疾儿童须同意“托育费减免”。",
        "Declaring a ground for reductions takes consent to `reductions`.",
    ))
}

/// Changes a child's names, township or grounds for reductions.
pub async fn change_child(ctx: &Ctx, family: FamilyId, id: ChildId, patch: ChildPatch) -> Result<ChildOut> {
    let ChildPatch { name, legal_name, township, third_child, special_family, disabled, .. } = patch;
    let ChildPatch { allergies, consent, birth_date, .. } = patch;
    let more = match &consent {
        Some(consent) => current(consent)?,
        None => BTreeSet::new(),
    };
    let township = township.map(|township| check_township(ctx, &township)).transpose()?;
    // Of the child as it would be; known once its row was read.
    let mut same = None;
    let changed = write_txn(&ctx.db, async |txn| {
        let found = store::lock_child(txn, family, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        if let Some(day) = birth_date {
            rules::check_same_birth_date(day.0, found.birth_date)?;
        }
        let mut row = children::ActiveModel { id: Unchanged(id), ..Default::default() };
        let mut after = found;
        let mut renamed = false;
        if let Some(name) = name {
            let hash = name_hash(&ctx.keys, family, &name);
            row.name_hash = Set(Some(hash.clone()));
            same = Some((hash, after.birth_date));
            renamed = ctx.keys.open_text(NAME_PLACE, &after.name_sealed).ok().as_deref() != Some(&*name);
            after.name_sealed = ctx.keys.seal(NAME_PLACE, name.as_bytes());
            row.name_sealed = Set(after.name_sealed.clone());
        }
        if renamed {
            (after.name_version, after.name_status) = (after.name_version + 1, TextStatus::Pending);
            (row.name_version, row.name_status) = (Set(after.name_version), Set(after.name_status));
        }
        if let Some(name) = legal_name {
            after.legal_name_sealed = Some(ctx.keys.seal(LEGAL_NAME_PLACE, name.as_bytes()));
            row.legal_name_sealed = Set(after.legal_name_sealed.clone());
        }
        if let Some(township) = township {
            after.township = township;
            row.township = Set(after.township.clone());
        }
        let mut consents = store::consents(txn, family).await?;
        // Given under an older text it stands, but the new one is agreed to as well.
        let unchanged = |c: &&consent_rows::Model| c.child_id == id && !renewal_needed(c.purpose, &c.version);
        let present: BTreeSet<_> = consents.iter().filter(unchanged).map(|c| c.purpose).collect();
        let fresh: Vec<_> = more.difference(&present).map(|purpose| consent_row(ctx, family, id, *purpose)).collect();
        consents.extend(fresh.iter().cloned());
        if let Some(allergies) = allergies {
            let covers = |c: &consent_rows::Model| {
                c.child_id == id && c.purpose == ConsentPurpose::HealthProof && covers_allergies(&c.version)
            };
            if allergies.is_some() && !consents.iter().any(covers) {
                return Err(allergies_need_consent());
            }
            after.allergies_sealed = allergies.map(|text| ctx.keys.seal(ALLERGIES_PLACE, text.as_bytes()));
            row.allergies_sealed = Set(after.allergies_sealed.clone());
        }
        if [third_child, special_family, disabled].contains(&Some(true)) {
            let agreed = consents.iter().filter(|c| c.child_id == id).map(|c| c.purpose).collect();
            check_declared(&agreed)?;
        }
        if let Some(declared) = third_child {
            after.third_child = declared;
            row.third_child = Set(declared);
        }
        if let Some(declared) = special_family {
            after.special_family = declared;
            row.special_family = Set(declared);
        }
        if let Some(declared) = disabled {
            after.disabled = declared;
            row.disabled = Set(declared);
        }
        if sea_orm::ActiveModelTrait::is_changed(&row) {
            store::update_child(txn, row).await.map_err(exists)?;
        }
        if renamed {
            moderation::submit(ctx, txn, called(&after)).await?;
        }
        store::insert_consents(txn, fresh).await?;
        let expected = store::expected(txn, family).await?;
        Ok(asked(child_out(ctx, after, &consents)?, &expected))
    })
    .await;
    match (changed, same) {
        (Err(problem), Some((hash, birth))) => Err(which(ctx, problem, (family, &hash, birth)).await),
        (changed, _) => changed,
    }
}

fn called(child: &children::Model) -> Written {
    Written {
        kind: ModeratedKind::Nickname,
        subject: child.id.0,
        version: child.name_version,
        family: Some(child.family_id),
    }
}

/// By which a family's children of one name are known as such. With the family in it, so that
/// equal names of different families don't show.
pub fn name_hash(keys: &Keyring, family: FamilyId, name: &str) -> Vec<u8> {
    keys.lookup_hash(NAME_PLACE, &format!("{family}\0{name}"))
}

/// The family has this child already.
fn exists(error: DbErr) -> Problem {
    if violated(&error) == Some(Constraint::ChildOfFamily) { Problem::new(Code::ChildExists) } else { error.into() }
}

/// Adds to `CHILD_EXISTS` the child that is there. Asked after the transaction, for PostgreSQL
/// answers nothing more in one that failed.
async fn which(ctx: &Ctx, problem: Problem, (family, hash, birth): (FamilyId, &[u8], NaiveDate)) -> Problem {
    if problem.code() != Code::ChildExists {
        return problem;
    }
    match store::same_child(ctx.db.reader(), family, hash, birth).await {
        Ok(Some(id)) => problem.fact("child_id", id),
        Ok(None) => problem,
        Err(error) => error.into(),
    }
}

/// The township as the district writes it.
fn check_township(ctx: &Ctx, township: &str) -> Result<String> {
    let known = ctx.catalogue.townships();
    if let Some(name) = spelled(township, known.iter().map(String::as_str)) {
        return Ok(name.to_owned());
    }
    let list = known.join("、");
    let text = Text::new(format!("township 须为以下之一：{list}。"), format!("township must be one of: {list}."));
    let text = known.iter().fold(text, |text, name| text.keeping(name));
    Err(Problem::field("township", "unknown_value", text))
}

fn consent_required(field: &str, zh: &'static str, en: &'static str) -> Problem {
    Problem::new(Code::ConsentRequired).and_field(field, "required", Text::new(zh, en)).fact("version", VERSION)
}

fn check_consent(consent: Option<&ConsentIn>) -> Result<BTreeSet<ConsentPurpose>> {
    let Some(consent) = consent else {
        let zh = "请先阅读并同意儿童个人信息处理规则。";
        return Err(consent_required("consent", zh, "Give the guardian's consent."));
    };
    let purposes = current(consent)?;
    if !purposes.contains(&ConsentPurpose::Booking) {
        let zh = "添加孩子须同意“预约托育服务”。";
        return Err(consent_required("consent.purposes", zh, "Consent to `booking` is required."));
    }
    Ok(purposes)
}

/// The purposes agreed to, if the texts were those of today.
fn current(consent: &ConsentIn) -> Result<BTreeSet<ConsentPurpose>> {
    check_version("consent.version", &consent.version)?;
    Ok(consent.purposes.iter().copied().collect())
}

fn check_version(field: &str, version: &str) -> Result<()> {
    if version == VERSION {
        return Ok(());
    }
    let zh = "同意书已更新，请阅读新版后再同意。";
    Err(consent_required(field, zh, "These texts are not the current version."))
}

/// Refuses a consent to other texts than today's.
pub fn current_version(version: &str) -> Result<()> {
    check_version("version", version)
}

/// Whether a centre may record the health check: not after the family took that consent back, nor of a
/// child that was taken away.
pub async fn allow_health_record(txn: &impl sea_orm::ConnectionTrait, child: ChildId) -> Result<()> {
    if store::is_removed(txn, child).await? {
        return Err(Problem::new(Code::NotFound));
    }
    if store::took_back(txn, child, ConsentPurpose::HealthProof).await? {
        let text = Text::new(
            "家长已撤回“入托健康证明”的同意，请家长在小程序中重新同意后再登记。",
            "The family withdrew its consent to `health_proof`; ask it to give it again.",
        );
        return Err(Problem::new(Code::ConsentRequired).detail(text).fact("purpose", ConsentPurpose::HealthProof));
    }
    Ok(())
}

fn child_out(ctx: &Ctx, row: children::Model, consents: &[consent_rows::Model]) -> Result<ChildOut> {
    let given: Vec<_> = consents.iter().filter(|c| c.child_id == row.id).collect();
    // Rows of one instant come in any order.
    let purposes: BTreeSet<_> = given.iter().map(|c| c.purpose).collect();
    Ok(ChildOut {
        id: row.id,
        name: ctx.keys.open_text(NAME_PLACE, &row.name_sealed)?,
        name_hidden: row.name_status == TextStatus::Hidden,
        name_status: row.name_status,
        legal_name: row
            .legal_name_sealed
            .as_deref()
            .map(|sealed| ctx.keys.open_text(LEGAL_NAME_PLACE, sealed))
            .transpose()?,
        birth_date: row.birth_date,
        age_months: rules::age_months(row.birth_date, ctx.clock.today()),
        township: row.township,
        third_child: row.third_child,
        special_family: row.special_family,
        disabled: row.disabled,
        legal_name_needed: false,
        allergies: row
            .allergies_sealed
            .as_deref()
            .map(|sealed| ctx.keys.open_text(ALLERGIES_PLACE, sealed))
            .transpose()?,
        consent: ConsentOut {
            version: given.last().map(|c| c.version.clone()).unwrap_or_default(),
            purposes: purposes.into_iter().collect(),
        },
    })
}
