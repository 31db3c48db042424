//! Imports of tables. Every test begins on Monday 2 March 2026, 09:00.

use entity::{VisitStatus, audit_rows, calendar_days, carers, centres, classes, offers};
use harness::{Client, Reply, TestApp, day};
use reqwest::Method;
use rust_xlsxwriter::Workbook;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn send(client: &Client, path: &str, kind: &str, body: Vec<u8>) -> Reply {
    client.send_bytes(Method::POST, &format!("/bureau/imports/{path}"), Some(body), &[("Content-Type", kind)]).await
}

async fn csv(client: &Client, path: &str, text: &str) -> Reply {
    send(client, path, "text/csv", text.as_bytes().to_vec()).await
}

fn counts(out: &Value) -> (i64, i64, i64) {
    let n = |name: &str| out[name].as_i64().unwrap();
    (n("created"), n("changed"), n("unchanged"))
}

/// As a spreadsheet has it.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (line, row) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(*row) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(line, column, number).unwrap(),
                Err(_) => sheet.write_string(line, column, *cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

const CENTRES: &str = "机构名称,乡镇,类别,性质,地址,经度,纬度,坐标系,电话,备案状态,备案编号,普惠认定起,普惠文号,收费上限（元/月）\r\n\
    阳光园,东园镇,民办托育机构,民办,东园镇阳光路8号,118.80,24.89,wgs84,0595-1,已备案,托备1号,2026/1/1,台商5号,2600\r\n\
    邻里园,洛阳镇,社区托育点,公办,洛阳镇1号,118.73,24.94,wgs84,,,,,,\r\n";

#[tokio::test]
async fn whoever_writes_in_traditional_characters_is_understood_and_told_what_is_taken() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let table = "機構名稱,鄉鎮,類別,性質,地址,經度,緯度,備案狀態,泉台融合\r\n\
        繁體園,洛陽鎮,幼兒園托班,公辦,洛陽鎮2號,118.79,24.89,未備案,否\r\n";
    let hant = [("Content-Type", "text/csv"), ("Accept-Language", "zh-Hant")];
    let send = async |text: &str| {
        let body = Some(text.as_bytes().to_vec());
        officer.send_bytes(Method::POST, "/bureau/imports/centres", body, &hant).await
    };
    // Our words are told in traditional characters, what is to be sent as it is taken.
    let problem = send(&table.replace("公辦", "別的").replace("鎮,幼", "縣,幼")).await.invalid("rows[2].性质");
    let told = |field: &str| {
        let mut errors = problem["errors"].as_array().unwrap().iter();
        errors.find(|error| error["field"] == field).unwrap()["detail"].as_str().unwrap()
    };
    assert_eq!(told("rows[2].性质"), "第2行“性质”：須為以下之一：公办、民办。");
    assert!(told("rows[2].乡镇").starts_with("第2行“乡镇”：沒有這個乡镇，須為：洛阳镇、"), "{}", told("rows[2].乡镇"));
    assert_eq!(counts(&send(table).await.ok()), (1, 0, 0));
    assert_eq!(counts(&send(table).await.ok()), (0, 0, 1));
    let centre = centres::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!((&*centre.name, &*centre.township, &*centre.address), ("繁體園", "洛阳镇", "洛陽鎮2號"));
}

#[tokio::test]
async fn centres_are_entered_changed_and_left_alone_by_name_and_township() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let dry = csv(&officer, "centres?dry_run=true", CENTRES).await.ok();
    assert_eq!((counts(&dry), &dry["dry_run"], &dry["rows"]), ((2, 0, 0), &json!(true), &json!(2)));
    assert_eq!((app.count(centres::Entity).await, app.count(audit_rows::Entity).await), (0, 0));
    assert_eq!(counts(&csv(&officer, "centres", CENTRES).await.ok()), (2, 0, 0));
    assert_eq!(counts(&csv(&officer, "centres", CENTRES).await.ok()), (0, 0, 2), "the same file again");
    // Families find them at once.
    let found = app.anonymous().get("/centres?q=阳光园").await.ok();
    assert_eq!(found["items"][0]["inclusive"], true);
    // As a workbook; an empty cell leaves what is there.
    let rows: &[&[&str]] = &[
        &["乡镇", "机构名称 *", "类别", "性质", "地址", "经度", "纬度", "坐标系", "电话"],
        &["# 说明", "示例"],
        &["东园镇", "阳光园", "民办托育机构", "民办", "新地址9号", "118.8", "24.89", "wgs84", ""],
    ];
    assert_eq!(counts(&send(&officer, "centres", XLSX, workbook(rows)).await.ok()), (0, 1, 0));
    let stored = centres::Entity::find().order_by_asc(centres::Column::Id).all(app.db()).await.unwrap();
    let sun = stored.iter().find(|row| row.name == "阳光园").unwrap();
    assert_eq!((sun.address.as_str(), sun.phone.as_deref()), ("新地址9号", Some("0595-1")));
    assert_eq!(sun.inclusive_from, Some(day("2026-01-01")));
    // GBK, as Excel saves it.
    let gbk = encoding_rs::GBK.encode(&CENTRES.replace("洛阳镇1号", "洛阳镇2号")).0.into_owned();
    assert_eq!(counts(&send(&officer, "centres", "application/vnd.ms-excel", gbk).await.ok()), (0, 2, 0));
    let actions: Vec<String> =
        audit_rows::Entity::find().all(app.db()).await.unwrap().into_iter().map(|row| row.action).collect();
    let n = |action: &str| actions.iter().filter(|a| *a == action).count();
    assert_eq!((n("centre.add"), n("centre.edit"), n("table.import")), (2, 3, 4));
}

#[tokio::test]
async fn every_problem_is_named_by_row_and_column_and_nothing_is_written() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let text = "机构名称,乡镇,类别,性质,地址,经度,纬度,备案状态,收费上限（元/月）\r\n\
        好园,东园镇,民办托育机构,民办,地址,118.8,24.89,,\r\n\
        # 注释\r\n\
        坏园,别处镇,民办托育机构,民办,地址,118.8,24.89,,\r\n\
        坏园,东园镇,幼儿园,私立,地址,东经,24.89,,一千\r\n\
        ,东园镇,民办托育机构,民办,地址,24.89,118.8,,\r\n\
        反园,东园镇,民办托育机构,民办,地址,24.89,118.8,,\r\n\
        号园,东园镇,民办托育机构,民办,地址,118.8,24.89,已备案,\r\n\
        好园,东园镇,民办托育机构,民办,地址,118.8,24.89,,\r\n";
    let expected = [
        "rows[4].乡镇",
        "rows[5].类别",
        "rows[5].性质",
        "rows[5].经度",
        "rows[5].收费上限（元/月）",
        "rows[6].机构名称",
        "rows[6].经度",
        "rows[6].纬度",
        "rows[7].经度",
        "rows[7].纬度",
        "rows[8].备案编号",
        "rows[9]",
    ];
    for dry in ["true", "false"] {
        let problem = csv(&officer, &format!("centres?dry_run={dry}"), text).await.invalid("rows[9]");
        let errors = problem["errors"].as_array().unwrap();
        let fields: Vec<&str> = errors.iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, expected);
        assert_eq!(problem["problems"], expected.len());
        assert!(errors.iter().all(|e| e["detail"].as_str().unwrap().starts_with('第')), "{problem}");
    }
    assert_eq!((app.count(centres::Entity).await, app.count(audit_rows::Entity).await), (0, 0));
    csv(&officer, "centres", "名字,乡镇\r\nA,东园镇\r\n").await.invalid("rows[1].名字");
    csv(&officer, "centres", "").await.invalid("rows[1]");
    csv(&officer, "centres", CENTRES.lines().next().unwrap()).await.invalid("rows[1]");
    let many = format!("日期,类型,名称\r\n{}", "昨天,假,\r\n".repeat(700));
    let problem = csv(&officer, "calendar", &many).await.invalid("rows[2].日期");
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!((problem["problems"].as_u64(), errors.len()), (Some(2100), 501));
    assert!(errors[500]["detail"].as_str().unwrap().contains("1600"), "{}", errors[500]);
    // The first ones by row, though names are looked at after kinds, row by row.
    let late = format!(
        "社区编码,社区名称,乡镇,类型,经度,纬度,数据来源,数据日期\r\n{}",
        (0..600).map(|n| format!("{n},村,别处镇,城,118.8,24.89,公报,2026-01-01\r\n")).collect::<String>()
    );
    let problem = csv(&officer, "community_points", &late).await.invalid("rows[2].乡镇");
    let last = problem["errors"][499]["field"].as_str().unwrap().to_owned();
    assert_eq!((problem["problems"].as_u64(), &*last), (Some(1200), "rows[251].乡镇"));
    let long = format!("日期,类型,名称\r\n{}", "2026-10-01,法定节假日,国庆\r\n".repeat(2001));
    csv(&officer, "calendar", &long).await.invalid("rows[1]");
    let json = send(&officer, "centres", "application/json", b"{}".to_vec()).await;
    let told = json.problem(415, "UNSUPPORTED_MEDIA_TYPE")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains(".xlsx") && !told.contains("application/json"), "{told}");
    // A quote that swallows the rows behind it, cells under no title, members of the API, notes, places far away.
    let quoted = CENTRES.replacen("托备1号", "\"托备1号", 1);
    let told = csv(&officer, "centres", &quoted).await.invalid("body")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("第2行"), "{told}");
    let wide = CENTRES.replacen(",2600\r\n", ",2600,多\r\n", 1);
    csv(&officer, "centres", &wide).await.invalid("rows[2]");
    let names = format!("日期,类型,名称\r\n2026-10-01,法定节假日,{}\r\n2026-10-11,调休上班,没写\r\n", "长".repeat(61));
    let problem = csv(&officer, "calendar", &names).await.invalid("rows[2].名称");
    assert!(!problem["errors"].to_string().contains("名称”：name"), "{problem}");
    assert!(problem["errors"][1]["detail"].as_str().unwrap().contains("“按星期几开放”："), "{problem}");
    assert!(!problem["errors"][1]["detail"].as_str().unwrap().contains("works_as"), "{problem}");
    let noted = CENTRES.replacen("邻里园", "# 邻里园", 1);
    let dry = csv(&officer, "centres?dry_run=true", &noted).await.ok();
    assert_eq!((&dry["rows"], &dry["notes"]), (&json!(1), &json!(1)));
    let row = |name: &str, at: &str| format!("{name},东园镇,民办托育机构,民办,地址,{at},wgs84\r\n");
    let far = format!(
        "机构名称,乡镇,类别,性质,地址,经度,纬度,坐标系\r\n{}{}{}{}",
        row("甲", "118.80,24.89"),
        row("乙", "118.73,24.94"),
        row("丙", "118.78,24.9"),
        row("丁", "116.40,39.90")
    );
    csv(&officer, "centres", &far).await.invalid("rows[5].经度");
    let ole = [&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1][..], &[0; 64]].concat();
    let told = send(&officer, "centres", "application/vnd.ms-excel", ole).await.invalid("body");
    assert!(told["detail"].as_str().unwrap().contains(".xls "), "{told}");
    send(&officer, "centres", XLSX, b"PK".to_vec()).await.invalid("body");
    send(&officer, "centres", "text/csv", vec![0xff; 8]).await.invalid("body");
    csv(&officer, "people", "a\r\n").await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn cells_that_hold_no_value_are_told_and_nothing_of_them_is_kept() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let head = CENTRES.lines().next().unwrap().split(',').take(9);
    let row = "阳光园,东园镇,民办托育机构,民办,东园镇阳光路8号,118.80,24.89,wgs84,0595-1".split(',');
    for (column, (title, cell)) in (0_u16..).zip(head.zip(row)) {
        sheet.write_string(0, column, title).unwrap();
        for line in 1..4 {
            sheet.write_string(line, column, cell).unwrap();
        }
    }
    sheet.write_string(1, 0, "#REF!").unwrap();
    sheet.write_string(2, 0, "另一园").unwrap();
    sheet.write_formula(2, 8, rust_xlsxwriter::Formula::new("=A9").set_result("#N/A")).unwrap();
    sheet.write_number(3, 8, 350_521_199_001_011_234.0).unwrap();
    let problem = send(&officer, "centres", XLSX, book.save_to_buffer().unwrap()).await.invalid("rows[2].机构名称");
    let told = problem["errors"].as_array().unwrap().iter().map(|e| (e["field"].as_str(), e["code"].as_str()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (Some("rows[2].机构名称"), Some("cell_error")),
            (Some("rows[3].电话"), Some("cell_error")),
            (Some("rows[4].电话"), Some("digits_lost")),
        ]
    );
    assert!(problem["errors"][2]["detail"].as_str().unwrap().contains("请设为文本格式"));
    assert_eq!(app.count(centres::Entity).await, 0);
    // A hidden sheet isn't read, a hidden row is told.
    let mut book = Workbook::new();
    book.add_worksheet().set_hidden(true).write_string(0, 0, "别的").unwrap();
    let sheet = book.add_worksheet();
    for (column, (title, cell)) in (0_u16..).zip([("日期", "2026-10-01"), ("类型", "法定节假日"), ("名称", "国庆节")])
    {
        sheet.write_string(0, column, title).unwrap().write_string(1, column, cell).unwrap();
        sheet.write_string(2, column, cell.replace("01", "02")).unwrap();
    }
    sheet.set_row_hidden(2).unwrap();
    sheet.set_active(true);
    let problem = send(&officer, "calendar", XLSX, book.save_to_buffer().unwrap()).await.invalid("rows[3]");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
    assert_eq!(problem["errors"][0]["code"], "hidden");
    // A rule after the other, and what the API's own types refuse: all at once.
    let text = "机构名称,乡镇,类别,性质,地址,经度,纬度,电话,备案状态,普惠认定起,收费上限（元/月）\r\n\
        #1园,东园镇,民办托育机构,民办,地址,118.8,24.89,,,2026-01-01,\r\n";
    let text = text.replace("地址,118.8", &format!("{},118.8", "长".repeat(121)));
    let problem = csv(&officer, "centres", &text).await.invalid("rows[2].地址");
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    // A recognised centre is filed, and a filed one has a number.
    let expected =
        ["rows[2].地址", "rows[2].普惠文号", "rows[2].收费上限（元/月）", "rows[2].备案状态", "rows[2].备案编号"];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn classes_and_offers_follow_their_centres_and_keep_the_rules() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    csv(&officer, "centres", CENTRES).await.ok();
    let text = "机构名称,乡镇,班级名称,年龄段,托位数,保育人员数\r\n\
        阳光园,东园镇,托小一班,托小班,15,3\r\n阳光园,东园镇,托大班,托大班,20,3\r\n邻里园,洛阳镇,托小班,托小班,10,2\r\n";
    assert_eq!(counts(&csv(&officer, "classes", text).await.ok()), (3, 0, 0));
    assert_eq!(counts(&csv(&officer, "classes", text).await.ok()), (0, 0, 3));
    let fewer = text.replace("邻里园,洛阳镇,托小班,托小班,10,2", "邻里园,洛阳镇,托小班,托小班,8,2");
    assert_eq!(counts(&csv(&officer, "classes", &fewer).await.ok()), (0, 1, 2));
    for (from, to, field) in [
        ("托小班,15", "托小班,16", "rows[2].托位数"),
        ("托小班,15", "家庭托育,5", "rows[2].年龄段"),
        ("托小班,15", "乳儿班,10", "rows[2].年龄段"),
        ("阳光园,东园镇,托小一班", "无此园,东园镇,托小一班", "rows[2].机构名称"),
    ] {
        csv(&officer, "classes", &text.replacen(from, to, 1)).await.invalid(field);
    }
    let offers_text = "机构名称,乡镇,班级名称,服务形式,计价单位,价格（元）,餐费（元/天）,提前预约（分钟）,可预约天数,取消截止（分钟）,确认方式\r\n\
        阳光园,东园镇,托小一班,全日托,月,2600,15,0,90,120,即时确认\r\n阳光园,东园镇,托小一班,临时托,天,120,15.5,0,30,120,需机构确认\r\n";
    assert_eq!(counts(&csv(&officer, "offers", offers_text).await.ok()), (2, 0, 0));
    assert_eq!(counts(&csv(&officer, "offers", offers_text).await.ok()), (0, 0, 2));
    let stored = offers::Entity::find().all(app.db()).await.unwrap();
    assert!(stored.iter().any(|offer| offer.price_fen.0 == 260_000) && stored.iter().any(|o| o.meals_fen.0 == 1550));
    csv(&officer, "offers", &offers_text.replace("月,2600", "月,2600.01")).await.invalid("rows[2].价格（元）");
    csv(&officer, "offers", &offers_text.replace("月,2600", "小时,20")).await.invalid("rows[2].计价单位");
    csv(&officer, "offers", &offers_text.replace("托小一班,全日托", "无此班,全日托")).await.invalid("rows[2].班级名称");
    // All that is wrong with a row, though its centre isn't known.
    let wrong = text.replacen("阳光园,东园镇,托小一班,托小班,15,3", "无此园,东园镇,托小一班,托小班,16,3", 1);
    let problem = csv(&officer, "classes", &wrong).await.invalid("rows[2].托位数");
    assert_eq!(problem["problems"], 2, "{problem}");
    // What was imported can be booked.
    let family = app.family("import").await;
    let centre = centres::Entity::find().all(app.db()).await.unwrap().into_iter().find(|c| c.name == "阳光园").unwrap();
    let wish = json!({ "child_id": family.child(), "centre_id": centre.id, "care_type": "temporary",
        "start_date": "2026-03-03", "end_date": "2026-03-03" });
    let booked = family.client.post("/bookings", wish).await.created();
    assert_eq!(app.count(classes::Entity).await, 3);
    // Its place isn't taken away unseen.
    let none = fewer.replace("托小一班,托小班,15,3", "托小一班,托小班,15,0");
    if booked["status"] != "declined" {
        let problem = csv(&officer, "classes?dry_run=true", &none).await.invalid("rows[2].托位数");
        assert_eq!(problem["errors"][0]["code"], "over_capacity", "{problem}");
    }
}

#[tokio::test]
async fn carers_days_and_populations_are_imported() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let place = app.place().await;
    let name = &place.centre.name;
    let text = format!(
        "机构名称,乡镇,姓名,证书等级,证书编号,证书有效期至\r\n\
        {name},洛阳镇,王小芳,初级,Y000035050426000001,2027年3月1日\r\n{name},洛阳镇,李梅,无证,,\r\n"
    );
    assert_eq!(counts(&csv(&officer, "carers", &text).await.ok()), (2, 0, 0));
    assert_eq!(counts(&csv(&officer, "carers", &text).await.ok()), (0, 0, 2));
    let gained = text.replace("李梅,无证,,", "李梅,中级,Y2,");
    assert_eq!(counts(&csv(&officer, "carers", &gained).await.ok()), (0, 1, 1));
    csv(&officer, "carers", &text.replace("Y000035050426000001", "")).await.ok();
    csv(&officer, "carers", &text.replace("李梅,无证,,", "张三,初级,,")).await.invalid("rows[3].证书编号");
    assert_eq!(app.count(carers::Entity).await, 2);

    let family = app.a_family().await;
    app.visit(&place, &family, day("2026-03-05"), VisitStatus::Expected).await;
    let days = "日期,类型,名称,按星期几开放\r\n2026-10-01,法定节假日,国庆节,\r\n2026-10-10,调休上班,国庆节调休,4\r\n";
    assert_eq!(counts(&csv(&officer, "calendar", days).await.ok()), (2, 0, 0));
    assert_eq!(counts(&csv(&officer, "calendar", days).await.ok()), (0, 0, 2));
    csv(&officer, "calendar", "日期,类型,名称\r\n2026-03-05,法定节假日,植树节\r\n").await.invalid("rows[2].日期");
    csv(&officer, "calendar", "日期,类型,名称\r\n2026-03-01,法定节假日,过去\r\n").await.invalid("rows[2].日期");
    csv(&officer, "calendar", "日期,类型,名称\r\n2026-10-11,调休上班,没写\r\n").await.invalid("rows[2].按星期几开放");
    assert_eq!(app.count(calendar_days::Entity).await, 2);
    let page = app
        .anonymous()
        .get(&format!("/centres/{}/availability?start_date=2026-10-01&end_date=2026-10-01", place.id()))
        .await
        .ok();
    assert_eq!(page["days"][0]["reason"], "国庆节");

    let people =
        "社区编码,常住人口（人）,3岁以下（人）,数据来源,数据日期\r\n350521001001,5200,130,人口抽样调查,2026-01-01\r\n";
    csv(&officer, "populations", people).await.invalid("rows[2].社区编码");
    let properties = json!({ "code": "350521001001", "name": "锦绣社区", "township": "东园镇", "kind": "urban",
        "source": "测试", "as_of": "2025-01-01" });
    let feature = json!({ "type": "Feature", "properties": properties,
        "geometry": { "type": "Point", "coordinates": [118.79, 24.89] } });
    let map = json!({ "type": "FeatureCollection", "features": [feature] });
    officer.post("/bureau/imports/communities", map).await.ok();
    assert_eq!(counts(&csv(&officer, "populations", people).await.ok()), (0, 1, 0));
    assert_eq!(counts(&csv(&officer, "populations", people).await.ok()), (0, 0, 1));
    csv(&officer, "populations", &people.replace("2026-01-01", "2024-01-01")).await.invalid("rows[2].数据日期");
    csv(&officer, "populations", &people.replace(",130,", ",5201,")).await.invalid("rows[2].3岁以下（人）");
    // Points as a table; a place on the map isn't made of one.
    let points = "社区编码,社区名称,乡镇,类型,经度,纬度,坐标系,常住人口（人）,3岁以下（人）,数据来源,数据日期\r\n\
        350521001002,前头村,洛阳镇,村,118.70,24.95,wgs84,2100,60,人口抽样调查,2026-01-01\r\n\
        350521001003,桥南社区,洛阳镇,社区,118.71,24.95,,,,人口抽样调查,2026-01-01\r\n";
    assert_eq!(counts(&csv(&officer, "community_points", points).await.ok()), (2, 0, 0));
    assert_eq!(counts(&csv(&officer, "community_points", points).await.ok()), (0, 0, 2));
    let moved = points.replace("118.70,24.95,wgs84,2100,60", "118.72,24.95,wgs84,,");
    assert_eq!(counts(&csv(&officer, "community_points", &moved).await.ok()), (0, 1, 1));
    let wrong = points.replacen(
        "洛阳镇,村,118.70,24.95,wgs84,2100,60,人口抽样调查,2026-01-01",
        "别处镇,村,24.95,118.70,wgs84,60,2100,人口抽样调查,2030-01-01",
        1,
    );
    let problem = csv(&officer, "community_points", &wrong).await.invalid("rows[2].乡镇");
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["rows[2].乡镇", "rows[2].经度", "rows[2].3岁以下（人）", "rows[2].数据日期"]);
    for (from, to, field) in [
        ("洛阳镇,村", "别处镇,村", "rows[2].乡镇"),
        ("118.70,24.95", "24.95,118.70", "rows[2].经度"),
        (",2100,60,", ",60,2100,", "rows[2].3岁以下（人）"),
        (",60,人口抽样调查,2026-01-01", ",60,人口抽样调查,2025-01-01", "rows[2].数据日期"),
    ] {
        csv(&officer, "community_points", &points.replacen(from, to, 1)).await.invalid(field);
    }
    let square = json!([[[118.60, 24.90], [118.61, 24.90], [118.61, 24.91], [118.60, 24.91], [118.60, 24.90]]]);
    let properties = json!({ "code": "350521001009", "name": "有界社区", "township": "东园镇", "kind": "urban",
        "source": "测试", "as_of": "2025-01-01" });
    let feature = json!({ "type": "Feature", "properties": properties,
        "geometry": { "type": "Polygon", "coordinates": square } });
    officer
        .post("/bureau/imports/communities", json!({ "type": "FeatureCollection", "features": [feature] }))
        .await
        .ok();
    csv(&officer, "community_points", &points.replacen("350521001002", "350521001009", 1))
        .await
        .invalid("rows[2].经度");
    let kept = officer.get("/bureau/communities").await.ok();
    let village = kept["items"].as_array().unwrap().iter().find(|row| row["code"] == "350521001002").unwrap().clone();
    assert_eq!(
        (&village["residents"], &village["version"], &village["rural"]),
        (&json!(2100), &json!(2), &json!(true))
    );
    let community = kept;
    assert_eq!((&community["items"][0]["under3"], &community["items"][0]["version"]), (&json!(130), &json!(2)));
}

#[tokio::test]
async fn every_template_reads_as_a_table_without_rows_and_its_example_is_right() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    for table in ["centres", "classes", "offers", "carers", "calendar", "populations", "community_points"] {
        let path = format!("/bureau/imports/{table}/template");
        let template = officer.get(&format!("{path}.csv")).await;
        let text = String::from_utf8(template.bytes).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        csv(&officer, table, &text).await.invalid("rows[1]");
        let template = officer.get(&format!("{path}.xlsx")).await;
        send(&officer, table, XLSX, template.bytes).await.invalid("rows[1]");
        // The example, as somebody would leave it: what it says is right, but for what it refers to.
        let example = text.replace("# 示例 ", "");
        let reply = csv(&officer, &format!("{table}?dry_run=true"), &example).await;
        let refers = reply.body["errors"][0]["field"].as_str().unwrap_or("rows[3].");
        let known = ["rows[3].", "rows[3].机构名称", "rows[3].班级名称", "rows[3].社区编码"];
        assert!(known.contains(&refers), "{table}: {:#}", reply.body);
    }
}

#[tokio::test]
async fn the_same_import_twice_at_once_enters_each_centre_once() {
    let app = TestApp::spawn().await;
    let (one, two) = (app.officer().await, app.officer().await);
    let (a, b) = tokio::join!(csv(&one, "centres", CENTRES), csv(&two, "centres", CENTRES));
    let (a, b) = (counts(&a.ok()), counts(&b.ok()));
    assert!([(2, 0, 0), (0, 0, 2)].contains(&a) && a != b, "{a:?} {b:?}");
    assert_eq!(app.count(centres::Entity).await, 2);
}

#[tokio::test]
async fn an_import_is_watched_and_called_off_and_has_then_changed_nothing() {
    let app = TestApp::spawn().await;
    let (officer, other) = (app.officer().await, app.officer().await);
    let row = |n: usize| format!("园{n},东园镇,民办托育机构,民办,{n}号,118.80,24.89,wgs84\r\n");
    let many = format!("机构名称,乡镇,类别,性质,地址,经度,纬度,坐标系\r\n{}", (0..2000).map(row).collect::<String>());
    let import = csv(&officer, "centres?work=import-0001", &many);
    // Calls it off as soon as it is seen under way.
    let watch = async {
        loop {
            let seen = officer.get("/bureau/progress/import-0001").await;
            if seen.status == 200 && seen.body["total"] == 2000 {
                break seen.body;
            }
        }
    };
    let call_off = async {
        let seen = watch.await;
        other.get("/bureau/progress/import-0001").await.problem(404, "NOT_FOUND");
        assert_eq!(officer.delete("/bureau/progress/import-0001").await.status, 204);
        seen
    };
    let (imported, seen) = tokio::join!(import, call_off);
    assert_eq!((&seen["state"], &seen["work"]), (&json!("running"), &json!("import-0001")));
    imported.problem(409, "WORK_CANCELLED");
    assert_eq!(officer.get("/bureau/progress/import-0001").await.ok()["state"], "cancelled");
    assert_eq!((app.count(centres::Entity).await, app.count(audit_rows::Entity).await), (0, 0));
    // What was called off before its file had arrived doesn't begin; a dry run can be called off too.
    assert_eq!(officer.delete("/bureau/progress/import-0002").await.status, 204);
    csv(&officer, "centres?dry_run=true&work=import-0002", CENTRES).await.problem(409, "WORK_CANCELLED");
    // What has ended can't be.
    csv(&officer, "centres?work=import-0003", CENTRES).await.ok();
    let done = officer.get("/bureau/progress/import-0003").await.ok();
    assert_eq!((&done["state"], &done["done"], &done["total"]), (&json!("done"), &json!(2), &json!(2)));
    officer.delete("/bureau/progress/import-0003").await.problem(409, "WRONG_STATE");
    csv(&officer, "centres?work=short", CENTRES).await.invalid("work");
}
