//! Campaigns by kind of centre, with an offline desk or not, and revoked as a whole; centres whose
//! vouchers are suspended; the rules of funds as data with dates.

use sea_orm_migration::prelude::*;

use crate::columns::*;

const SOURCES: &[&str] = &["central", "province", "city", "district", "township"];
const DOCUMENT: &str = "《中央财政资金使用正负面清单》第二条（负面清单）";
/// The negative list of the plan's annex.
const NEGATIVE_LIST: [(&str, &str); 8] = [
    ("construction", "中央财政资金不得用于基本建设"),
    ("family_allowance", "中央财政资金不得用于向家庭和个人直接发放育儿补贴"),
    ("place_subsidy", "中央财政资金不得用于向托育机构直接发放托位建设补助"),
    ("operating_subsidy", "中央财政资金不得用于向托育机构直接发放运营补助"),
    ("debt", "中央财政资金不得用于偿还托育机构举办人或单位相关债务"),
    ("staff_pay", "中央财政资金不得用于人员劳务、工资、福利、津补贴等费用发放"),
    ("audit_unresolved", "中央财政资金不得用于涉及审计、督查等发现问题未有效整改的项目"),
    ("double_central", "中央财政资金不得用于已从中央基建投资等其他渠道获得中央财政资金支持的项目"),
];

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            opt(json("centre_kinds")),
            opt(int("offline_daily_units")),
            opt(instant("revoked_at")),
            opt(date("revoked_on")),
        ] {
            add(manager, "campaigns", column).await?;
        }
        add(manager, "centres", opt(instant("vouchers_suspended_at"))).await?;
        let rules = table("fund_rules")
            .col(id())
            .col(word("fund_source", SOURCES))
            .col(text("fund_category"))
            .col(date("valid_from"))
            .col(opt(date("valid_until")))
            .col(text("clause"))
            .col(text("document"))
            .to_owned();
        create(manager, [rules], []).await?;
        let columns = ["id", "fund_source", "fund_category", "valid_from", "valid_until", "clause", "document"];
        let mut seeds = Query::insert();
        seeds.into_table(Alias::new("fund_rules")).columns(columns.map(Alias::new));
        let in_force = sea_orm_migration::sea_orm::prelude::Date::from_ymd_opt(2024, 1, 1);
        for (n, (category, clause)) in (1_u128..).zip(NEGATIVE_LIST) {
            let id = sea_orm_migration::sea_orm::prelude::Uuid::from_u128(n);
            seeds.values_panic([
                id.into(),
                "central".into(),
                category.into(),
                in_force.into(),
                Option::<sea_orm_migration::sea_orm::prelude::Date>::None.into(),
                clause.into(),
                DOCUMENT.into(),
            ]);
        }
        manager.execute(seeds).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["fund_rules"]).await?;
        remove(manager, "centres", "vouchers_suspended_at").await?;
        for column in ["revoked_on", "revoked_at", "offline_daily_units", "centre_kinds"] {
            remove(manager, "campaigns", column).await?;
        }
        Ok(())
    }
}
