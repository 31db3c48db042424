//! The people of the city: families, desks, campaigns and vouchers.

use anyhow::Context as _;
use chrono::{Days, Months, TimeDelta};
use entity::{
    AccountStatus, CampaignId, CampaignStatus, CentreId, ChildId, ConsentPurpose, FamilyId, Fen, FundCategory,
    FundSource, SessionId, StaffId, StaffRole, VoucherId, VoucherStatus, campaigns, children, consents, families,
    sessions, staff, vouchers,
};
use quanxiangtuo::features::{
    auth::{
        dto::{Role, UserOut},
        service::OPENID_PLACE,
        token,
    },
    families::service::NAME_PLACE,
};

use crate::seed::{Desk, Parent, Seed};

const TOWNSHIPS: [&str; 4] = ["洛阳镇", "东园镇", "张坂镇", "百崎回族乡"];
/// Tokens outlive the run.
const TOKEN_MINUTES: u32 = 60;
/// Desks that redeem.
const DESKS: usize = 100;

impl Seed<'_> {
    /// Families with one child of 15 months and a live session each.
    pub(crate) async fn parents(&mut self, n: usize) -> anyhow::Result<Vec<(Parent, FamilyId)>> {
        let (mut family_rows, mut child_rows, mut consent_rows, mut session_rows) = (vec![], vec![], vec![], vec![]);
        let mut parents = Vec::with_capacity(n);
        for i in 0..n {
            let family: FamilyId = self.clock.id();
            let child: ChildId = self.clock.id();
            let session: SessionId = self.clock.id();
            let openid = family.to_string();
            family_rows.push(families::Model {
                id: family,
                openid_hash: self.keys.lookup_hash(OPENID_PLACE, &openid),
                openid_sealed: self.keys.seal(OPENID_PLACE, openid.as_bytes()),
                nickname_sealed: None,
                township: None,
                status: AccountStatus::Active,
                created_at: self.now,
                missed_on: None,
                phone_sealed: None,
                phone_hash: None,
                phone_verified_at: None,
                erase_at: None,
                erased_at: None,
                seen_on: None,
            });
            child_rows.push(children::Model {
                id: child,
                family_id: family,
                name_sealed: self.keys.seal(NAME_PLACE, "小满".as_bytes()),
                name_hash: None,
                legal_name_sealed: None,
                birth_date: self.today - Months::new(15) - Days::new((i % 20) as u64),
                township: TOWNSHIPS[i % TOWNSHIPS.len()].to_owned(),
                third_child: false,
                special_family: false,
                disabled: false,
                created_at: self.now,
                removed_at: None,
                allergies_sealed: None,
                erased_at: None,
                name_version: 1,
                name_status: entity::TextStatus::Shown,
            });
            consent_rows.push(consents::Model {
                id: self.clock.id(),
                family_id: family,
                child_id: child,
                purpose: ConsentPurpose::Booking,
                version: "2026-11".to_owned(),
                given_at: self.now,
                withdrawn_at: None,
            });
            session_rows.push(self.session(session, Some(family), None));
            let user = UserOut { id: family.to_string(), role: Role::Guardian, centre_id: None };
            parents.push((Parent { token: self.token(&user, session)?, child }, family));
        }
        self.insert(family_rows).await.context("families")?;
        self.insert(child_rows).await.context("children")?;
        self.insert(consent_rows).await.context("consents")?;
        self.insert(session_rows).await.context("sessions")?;
        Ok(parents)
    }

    fn token(&self, user: &UserOut, session: SessionId) -> anyhow::Result<String> {
        Ok(token::issue(&self.keys, user, session, self.now, TOKEN_MINUTES)?)
    }

    fn session(&self, id: SessionId, family_id: Option<FamilyId>, staff_id: Option<StaffId>) -> sessions::Model {
        sessions::Model { id, family_id, staff_id, created_at: self.now, revoked_at: None, revoked_for: None }
    }

    /// An officer at the API and at the console.
    pub(crate) async fn officer(&self) -> anyhow::Result<Desk> {
        let (id, session): (StaffId, SessionId) = (self.clock.id(), self.clock.id());
        self.insert(vec![self.account(id, "bench".to_owned(), StaffRole::Officer, None)]).await?;
        self.insert(vec![self.session(session, None, Some(id))]).await?;
        let user = UserOut { id: id.to_string(), role: Role::Officer, centre_id: None };
        let life = token::ConsoleLife { idle_minutes: TOKEN_MINUTES, hours: 10 };
        let cookie = token::issue_console(&self.keys, &user, session, self.now, life)?;
        Ok(Desk { token: self.token(&user, session)?, cookie })
    }

    fn account(&self, id: StaffId, username: String, role: StaffRole, centre_id: Option<CentreId>) -> staff::Model {
        staff::Model {
            id,
            username,
            // No password has this hash: these accounts are used by token only.
            password_hash: "none".to_owned(),
            role,
            centre_id,
            name_sealed: self.keys.seal("staff.name", "前台".as_bytes()),
            status: AccountStatus::Active,
            failed_attempts: 0,
            locked_until: None,
            created_at: self.now,
        }
    }

    pub(crate) async fn desks(&mut self, centres: &[CentreId]) -> anyhow::Result<Vec<String>> {
        let (mut staff_rows, mut session_rows, mut tokens) = (vec![], vec![], vec![]);
        for (i, centre) in centres.iter().take(DESKS).enumerate() {
            let (id, session): (StaffId, SessionId) = (self.clock.id(), self.clock.id());
            staff_rows.push(self.account(id, format!("bench{i}"), StaffRole::Carer, Some(*centre)));
            session_rows.push(self.session(session, None, Some(id)));
            let user = UserOut { id: id.to_string(), role: Role::Carer, centre_id: Some(*centre) };
            tokens.push(self.token(&user, session)?);
        }
        self.insert(staff_rows).await.context("staff")?;
        self.insert(session_rows).await.context("sessions of staff")?;
        Ok(tokens)
    }

    pub(crate) async fn campaign(&mut self, name: &str, quota: usize, claimed: usize) -> anyhow::Result<CampaignId> {
        self.campaign_for(name, quota, claimed, true).await
    }

    /// Not only for first-time families: the same ones rush in each round.
    pub(crate) async fn open_to_all(&mut self, name: &str, quota: usize, claimed: usize) -> anyhow::Result<CampaignId> {
        self.campaign_for(name, quota, claimed, false).await
    }

    async fn campaign_for(
        &mut self,
        name: &str,
        quota: usize,
        claimed: usize,
        first_time_only: bool,
    ) -> anyhow::Result<CampaignId> {
        let row = campaigns::Model {
            id: self.clock.id(),
            name: name.to_owned(),
            description: "每券含十五天免费托育，限未满三岁婴幼儿。".to_owned(),
            quota: i32::try_from(quota)?,
            claimed: i32::try_from(claimed)?,
            units_per_voucher: 15,
            face_value_fen: Fen(8_000),
            claim_from: self.now - TimeDelta::days(1),
            claim_until: self.now + TimeDelta::days(30),
            valid_from: None,
            valid_until: None,
            valid_days: Some(60),
            min_age_months: Some(6),
            max_age_months: Some(35),
            first_time_only,
            all_centres: true,
            centre_kinds: None,
            offline_daily_units: None,
            fund_source: FundSource::District,
            fund_category: FundCategory::Incentive,
            status: CampaignStatus::Open,
            created_at: self.now,
            revoked_at: None,
            revoked_on: None,
        };
        let id = row.id;
        self.insert(vec![row]).await.context("campaign")?;
        Ok(id)
    }

    pub(crate) async fn vouchers(
        &mut self,
        campaign_id: CampaignId,
        holders: Vec<(Parent, FamilyId)>,
    ) -> anyhow::Result<Vec<(Parent, VoucherId)>> {
        let rows: Vec<_> = holders
            .iter()
            .map(|(parent, family)| vouchers::Model {
                id: self.clock.id(),
                campaign_id,
                family_id: *family,
                child_id: parent.child,
                first_time_family_id: Some(*family),
                units_total: 15,
                units_used: 0,
                valid_from: self.today - Days::new(1),
                valid_until: self.today + Days::new(60),
                status: VoucherStatus::Active,
                claimed_at: self.now,
                revoked_at: None,
                reminded_at: None,
            })
            .collect();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        self.insert(rows).await.context("vouchers")?;
        Ok(holders.into_iter().map(|(parent, _)| parent).zip(ids).collect())
    }
}
