//! Townships, centres, hours, calendar, class rules, classes, rosters, offers.

use sea_orm_migration::prelude::*;

use crate::columns::*;

const BANDS: &[&str] = &["infant", "toddler_small", "toddler_big", "mixed", "family"];
pub(crate) const CARE_TYPES: &[&str] = &["full_day", "half_day", "hourly", "temporary"];

fn times(from: &'static str, to: &'static str) -> sea_query::Expr {
    Expr::col(Alias::new(from))
        .gte(0)
        .and(Expr::col(Alias::new(to)).lte(1440))
        .and(Expr::col(Alias::new(from)).lt(Expr::col(Alias::new(to))))
}

step!(
    |manager| {
        create(
            manager,
            [
                table("townships").col(text("name").primary_key()).col(int("sort")).to_owned(),
                table("centres")
                    .col(id())
                    .col(text("name"))
                    .col(word(
                        "kind",
                        &[
                            "party_neighbourhood",
                            "community",
                            "employer",
                            "kindergarten",
                            "private",
                            "public",
                            "family",
                        ],
                    ))
                    .col(word("ownership", &["public", "private"]))
                    .col(text("address"))
                    .col(text("township"))
                    .col(double("lng").check(Expr::col(Alias::new("lng")).between(-180.0, 180.0)))
                    .col(double("lat").check(Expr::col(Alias::new("lat")).between(-90.0, 90.0)))
                    .col(opt(text("phone")))
                    .col(text("intro"))
                    .col(word("filed", &["none", "pending", "filed", "changed", "revoked"]))
                    .col(opt(text("filed_no")))
                    .col(opt(date("inclusive_from")))
                    .col(opt(date("inclusive_until")))
                    .col(opt(text("inclusive_doc")))
                    .col(opt(big("price_cap_fen")))
                    .col(int("morning_from"))
                    .col(int("morning_to"))
                    .col(int("afternoon_from"))
                    .col(int("afternoon_to"))
                    .col(int("age_grace_months"))
                    .col(opt(date("insured_until")))
                    .col(opt(date("medical_until")))
                    .col(boolean("cross_strait"))
                    .col(boolean("demo"))
                    .col(boolean("active"))
                    .col(big("version"))
                    .col(instant("changed_at"))
                    .col(instant("created_at"))
                    .check(times("morning_from", "morning_to"))
                    .check(times("afternoon_from", "afternoon_to"))
                    .foreign_key(&mut refers("township", "townships", "name"))
                    .to_owned(),
                table("centre_hours")
                    .col(uuid("centre_id"))
                    .col(int("weekday").check(Expr::col(Alias::new("weekday")).between(1, 7)))
                    .col(int("opens"))
                    .col(int("closes"))
                    .primary_key(&mut primary(&["centre_id", "weekday"]))
                    .check(times("opens", "closes"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("centre_days")
                    .col(uuid("centre_id"))
                    .col(date("date"))
                    .col(opt(int("opens")))
                    .col(opt(int("closes")))
                    .col(text("reason"))
                    .primary_key(&mut primary(&["centre_id", "date"]))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("calendar_days")
                    .col(date("date").primary_key())
                    .col(word("kind", &["holiday", "workday"]))
                    .col(opt(int("works_as")))
                    .col(text("name"))
                    .to_owned(),
                table("class_rules")
                    .col(word("band", BANDS))
                    .col(date("valid_from"))
                    .col(int("min_months"))
                    .col(int("max_months"))
                    .col(int("max_places"))
                    .col(int("per_carer").check(Expr::col(Alias::new("per_carer")).gt(0)))
                    .col(text("source"))
                    .primary_key(&mut primary(&["band", "valid_from"]))
                    .to_owned(),
                table("classes")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(text("name"))
                    .col(word("band", BANDS))
                    .col(int("places").check(Expr::col(Alias::new("places")).between(0, 100)))
                    .col(int("carers").check(Expr::col(Alias::new("carers")).between(0, 100)))
                    .col(boolean("active"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .to_owned(),
                table("rosters")
                    .col(id())
                    .col(uuid("class_id"))
                    .col(date("date"))
                    .col(int("from_min"))
                    .col(int("to_min"))
                    .col(int("carers").check(Expr::col(Alias::new("carers")).between(0, 100)))
                    .check(times("from_min", "to_min"))
                    .foreign_key(&mut refers("class_id", "classes", "id"))
                    .to_owned(),
                table("offers")
                    .col(id())
                    .col(uuid("centre_id"))
                    .col(uuid("class_id"))
                    .col(word("care_type", CARE_TYPES))
                    .col(word("unit", &["day", "half_day", "hour", "month"]))
                    .col(big("price_fen").check(Expr::col(Alias::new("price_fen")).gte(0)))
                    .col(big("meals_fen").check(Expr::col(Alias::new("meals_fen")).gte(0)))
                    .col(int("min_minutes"))
                    .col(int("notice_minutes"))
                    .col(int("horizon_days"))
                    .col(int("cutoff_minutes"))
                    .col(word("confirmation", &["instant", "request"]))
                    .col(boolean("active"))
                    .foreign_key(&mut refers("centre_id", "centres", "id"))
                    .foreign_key(&mut refers("class_id", "classes", "id"))
                    .to_owned(),
            ],
            [
                index("centres_changed_at", "centres", &["changed_at"]),
                index("classes_centre", "classes", &["centre_id"]),
                index("rosters_class_date", "rosters", &["class_id", "date"]),
                index("offers_centre", "offers", &["centre_id"]),
                unique("offers_class_care_type", "offers", &["class_id", "care_type"]),
            ],
        )
        .await?;
        // The law's table (国卫人口发〔2019〕58号; the family row: 家庭托育点管理办法(试行) 2023) and
        // the district's townships: data that every installation starts from.
        let mut rules = Query::insert();
        rules.into_table(Alias::new("class_rules")).columns(
            ["band", "valid_from", "min_months", "max_months", "max_places", "per_carer", "source"].map(Alias::new),
        );
        const LAW: &str = "国卫人口发〔2019〕58号";
        for (band, min, max, places, ratio, source) in [
            ("infant", 6, 12, 10, 3, LAW),
            ("toddler_small", 12, 24, 15, 5, LAW),
            ("toddler_big", 24, 36, 20, 7, LAW),
            ("mixed", 18, 36, 18, 5, "国卫人口发〔2019〕58号; 师生比为假定值"),
            ("family", 0, 36, 5, 3, "家庭托育点管理办法(试行) 2023"),
        ] {
            rules.values_panic([
                band.into(),
                Expr::value("2019-10-08").cast_as(Alias::new(
                    if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Sqlite {
                        "text"
                    } else {
                        "date"
                    },
                )),
                min.into(),
                max.into(),
                places.into(),
                ratio.into(),
                source.into(),
            ]);
        }
        manager.execute(rules).await?;
        let mut townships = Query::insert();
        townships.into_table(Alias::new("townships")).columns(["name", "sort"].map(Alias::new));
        for (sort, name) in ["洛阳镇", "东园镇", "张坂镇", "百崎回族乡"].into_iter().enumerate() {
            townships.values_panic([name.into(), (sort as i32 + 1).into()]);
        }
        manager.execute(townships).await
    },
    drops
        & [
            "offers",
            "rosters",
            "classes",
            "class_rules",
            "calendar_days",
            "centre_days",
            "centre_hours",
            "centres",
            "townships"
        ]
);
