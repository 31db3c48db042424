//! What fields of forms are called and how they are filled in, for a form that is drawn again where its own page isn't
//! at hand: refused before anybody read it, or sent after the end of the sign-in. All that was typed can be read and
//! corrected; a field that nobody knows here stands under its own name.

use entity::{
    Admits, ArticleKind, Band, CalendarKind, CentreKind, Certificate, Confirmation, EventKind, Filed, FundCategory,
    FundSource, OfferUnit, Ownership, PlanInputCode, RecordKind, StaffRole, SupportItem, SupportKind,
};

use super::{
    fields::{Choice, Fields, choices},
    shell::Shell,
    values::{WEEKDAYS, centres},
};
use crate::{
    error::{Problem, Text},
    state::Ctx,
};

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    Line,
    Long,
    Date,
    Month,
    Time,
    At,
    Number,
    /// It goes along unseen: which page it was, what is already known of it, a file.
    Unseen,
}

use As::{At, Date, Line, Long, Month, Number, Time, Unseen};

#[rustfmt::skip]
const KNOWN: &[(&str, As, &str, &str)] = &[
    ("active", Line, "可预约", "Can be booked"),
    ("address", Line, "地址", "Address"),
    ("admits", Line, "收托对象", "Takes"),
    ("age_grace_months", Number, "超龄宽限（月）", "Months past the upper age"),
    ("amount", Line, "金额（元）", "Amount (yuan)"),
    ("amount_fen", Line, "金额（元）", "Amount (yuan)"),
    ("answer", Long, "答复", "Answer"),
    ("as_of", Date, "数据日期", "As of"),
    ("band", Line, "年龄段", "Age band"),
    ("campaign", Unseen, "", ""),
    ("campaign_id", Line, "体验券批次编号", "Campaign"),
    ("carers", Number, "常设保育人员", "Carers"),
    ("centre", Unseen, "", ""),
    ("centre_id", Line, "机构", "Centre"),
    ("centre_ids[]", Line, "指定机构（不选：所有已备案普惠机构）", "Centres (none: every filed inclusive one)"),
    ("centre_kinds[]", Line, "适用机构类型（不选：全部）", "Kinds of centre (none: all)"),
    ("certificate", Line, "保育师证", "Certificate"),
    ("certificate_no", Line, "证书编号", "Its number"),
    ("certificate_until", Date, "证书有效期至", "Certificate until"),
    ("checked_in_at", At, "签到时间", "Came"),
    ("checked_on", Date, "核验日期", "Checked on"),
    ("checked_out_at", At, "接回时间", "Left"),
    ("claim_from", At, "领取开始", "Claims from"),
    ("claim_until", At, "领取截止", "Claims until"),
    ("clause", Long, "条款", "The clause"),
    ("code", Line, "数据", "Figure"),
    ("collected_by", Line, "接回人", "With whom"),
    ("confirmation", Line, "确认方式", "Confirmation"),
    ("cross_strait", Line, "泉台融合标识", "Cross-strait label"),
    ("cutoff_minutes", Number, "取消截止（开始前分钟）", "Cancellation (minutes before)"),
    ("date", Date, "日期", "Day"),
    ("decision", Line, "受影响的预约", "Visits in the way"),
    ("description", Long, "给家长的说明", "Text for parents"),
    ("document", Line, "文件与条目", "Document and article"),
    ("ends_at", At, "结束", "Ends"),
    ("events[]", Line, "推送哪些事件", "What to tell of"),
    ("expires_at", At, "到期", "Ends"),
    ("face_value_fen", Line, "每天面值（元）", "Worth of a day (yuan)"),
    ("file", Unseen, "", ""),
    ("filed", Line, "备案", "Filing"),
    ("filed_no", Line, "备案号", "Number of the filing"),
    ("filed_on", Date, "备案核验日期", "Filing seen on"),
    ("first_time_only[]", Line, "领取对象", "Who may claim"),
    ("from", Line, "开始", "From"),
    ("from_month", Month, "自哪个月起", "From the month"),
    ("fund_category", Line, "资金用途", "Spent on"),
    ("fund_source", Line, "资金来源", "Money of"),
    ("handing_over", Unseen, "", ""),
    ("held_on", Date, "结束日期", "Ended on"),
    ("horizon_days", Number, "可预约天数", "Days ahead"),
    ("hours", Number, "学时", "Hours"),
    ("inclusive_doc", Line, "普惠认定文号", "Document of the recognition"),
    ("inclusive_from", Date, "普惠认定起", "Inclusive from"),
    ("inclusive_until", Date, "普惠认定止", "Inclusive until"),
    ("instead_of", Unseen, "", ""),
    ("intro", Long, "简介", "Introduction"),
    ("item", Line, "项目", "Item"),
    ("kept_full_day", Number, "全日托保留托位", "Kept for full days"),
    ("kind", Line, "类型", "Kind"),
    ("inclusive_on", Date, "普惠认定核验日期", "Recognition seen on"),
    ("label", Line, "用途", "What it is for"),
    ("label_on", Date, "泉台融合标识核验日期", "Label seen on"),
    ("left_on", Date, "自哪天起不在岗", "From which day on"),
    ("location.coord", Line, "坐标系", "System of the point"),
    ("location.lat", Line, "纬度", "Latitude"),
    ("location.lng", Line, "经度", "Longitude"),
    ("max_age_months", Number, "月龄上限", "Months of age at most"),
    ("meals", Line, "餐费（元/天）", "Meals (yuan a day)"),
    ("min_age_months", Number, "月龄下限", "Months of age at least"),
    ("min_minutes", Number, "最短（分钟）", "Shortest (minutes)"),
    ("month", Month, "月份", "Month"),
    ("more_centres", Long, "另加机构（每行一个编号）", "More centres, an id a line"),
    ("name", Line, "名称", "Name"),
    ("note", Long, "说明", "Note"),
    ("notice_minutes", Number, "至少提前（分钟）", "Notice (minutes)"),
    ("number", Line, "编号", "Number"),
    ("offline_daily_units", Number, "每机构每日离线核销上限", "Units a centre may redeem offline a day"),
    ("other_centre", Line, "或者其他机构", "Or another centre"),
    ("others_days", Number, "对外提前预约天数", "Others book days ahead"),
    ("outcome", Line, "结果", "Outcome"),
    ("ownership", Line, "性质", "Ownership"),
    ("party", Line, "单位", "Party"),
    ("passed_on", Date, "体检合格日期", "Passed health check on"),
    ("persons_max", Number, "每户最多（人）", "Persons of a family at most"),
    ("phone", Line, "电话", "Telephone"),
    ("pickup_code", Line, "接送码", "One-time code"),
    ("place", Line, "地点", "Where"),
    ("places", Number, "名额（托位、人数）", "Places"),
    ("price", Line, "价格（元）", "Price (yuan)"),
    ("price_cap_fen", Line, "限价（元/月）", "Price cap (yuan a month)"),
    ("quantity", Number, "数量", "How many"),
    ("quota", Number, "发放总数（张）", "Vouchers in all"),
    ("rate_fen", Line, "标准（元）", "Rate (yuan)"),
    ("reason", Long, "理由", "Reason"),
    ("redemption_id", Line, "核销编号", "Redemption"),
    ("request_id", Unseen, "", ""),
    ("role", Line, "角色", "Role"),
    ("scopes[]", Line, "可读取", "May read"),
    ("seen", Unseen, "", ""),
    ("signup_until", At, "报名截止", "Sign-ups until"),
    ("source", Line, "来源", "Source"),
    ("starts_at", At, "开始", "Begins"),
    ("status", Line, "状态", "State"),
    ("successor_of", Line, "接替的密钥编号", "The key that it follows"),
    ("table", Unseen, "", ""),
    ("text", Long, "文字", "Text"),
    ("title", Line, "标题", "Title"),
    ("to", Line, "结束（或上门的机构、人员）", "To, or who comes"),
    ("topic", Line, "内容", "About"),
    ("township", Line, "乡镇", "Township"),
    ("townships[]", Line, "适用乡镇（不选：全部）", "Townships (none: all)"),
    ("unit", Line, "计价单位", "Unit"),
    ("units_per_voucher", Number, "每张天数", "Days of a voucher"),
    ("until", Date, "截止日期", "Until"),
    ("url", Line, "网址", "Address"),
    ("vaccinated", Line, "已按月龄完成接种", "Vaccinations complete"),
    ("valid_days", Number, "领取后有效天数", "Days of validity"),
    ("valid_from", Date, "起始日（有效期首日）", "From"),
    ("valid_until", Date, "截止日（有效期末日）", "Until"),
    ("value", Line, "数值", "Value"),
    ("version", Unseen, "", ""),
    ("visit_on", Date, "上门日期", "On"),
    ("work", Unseen, "", ""),
    ("works_as", Line, "调休上班日按哪天开放", "A swapped day opens as on"),
];

/// Ticks that a browser doesn't send when they are empty, by the beginning and the end of the form's address.
const TICKS: &[(&str, &str, &[&str])] = &[
    ("/bureau/campaigns", "", &["first_time_only[]", "townships[]", "centre_kinds[]"]),
    ("/bureau/centres", "centres", &["cross_strait"]),
    ("/bureau/centres", "/edit", &["cross_strait"]),
    ("/desk/classes/", "_day", &["active"]),
    ("/desk/classes/", "/hourly", &["active"]),
    ("/desk/classes/", "/temporary", &["active"]),
    ("/desk/children/", "/entry-check", &["vaccinated"]),
];
const ALONE: &[&str] = &["active", "cross_strait", "vaccinated"];

/// What a field is called, and how it is filled in. Counted ones are days of a week and lines of a roster.
pub(super) fn called(shell: &Shell, name: &str) -> Option<(String, As)> {
    if let Some((_, kind, zh, en)) = KNOWN.iter().find(|(known, ..)| *known == name) {
        return Some((shell.t(zh, en).to_owned(), *kind));
    }
    let (of, end) = name.rsplit_once('_')?;
    let (end, kind) = match end {
        "from" => (shell.t("开始", "from"), Time),
        "to" => (shell.t("结束", "to"), Time),
        "carers" => (shell.t("人数", "carers"), Number),
        _ => return None,
    };
    let count = |letter| of.strip_prefix(letter).and_then(|n: &str| n.parse::<usize>().ok());
    let of = match of {
        "morning" => shell.t("上午", "Morning").to_owned(),
        "afternoon" => shell.t("下午", "Afternoon").to_owned(),
        _ => match (count('d').and_then(|n| WEEKDAYS.get(n.wrapping_sub(1))), count('l')) {
            (Some((zh, en)), _) => shell.t(zh, en).to_owned(),
            (None, Some(n)) => shell.told(&Text::new(format!("第{}行", n + 1), format!("Line {}", n + 1))),
            (None, None) => return None,
        },
    };
    Some((format!("{of} {end}"), kind))
}

/// The closed list that a field of a form is chosen from.
fn listed(ctx: &Ctx, shell: &Shell, path: &str, name: &str, value: &str) -> Option<Vec<Choice>> {
    macro_rules! of {
        ($words:ty) => {
            Some(choices(shell, <$words>::ALL.iter().map(|word| (word.as_str(), word.zh(), word.as_str() == value))))
        };
    }
    let t = |zh, en| shell.t(zh, en).to_owned();
    let some = |list: &[(&str, &'static str, &'static str)]| {
        Some(list.iter().map(|(word, zh, en)| ((*word).to_owned(), t(zh, en), *word == value)).collect())
    };
    match name {
        "admits" => of!(Admits),
        "band" => of!(Band),
        "centre_kinds[]" => of!(CentreKind),
        "certificate" => of!(Certificate),
        "code" => of!(PlanInputCode),
        "confirmation" => of!(Confirmation),
        "filed" => of!(Filed),
        "fund_category" => of!(FundCategory),
        "fund_source" => of!(FundSource),
        "ownership" => of!(Ownership),
        "role" => of!(StaffRole),
        "unit" => of!(OfferUnit),
        "item" if path.starts_with("/bureau/support") => of!(SupportItem),
        "kind" if path.starts_with("/bureau/articles") => of!(ArticleKind),
        "kind" if path.starts_with("/bureau/calendar") => of!(CalendarKind),
        "kind" if path.starts_with("/bureau/events") => of!(EventKind),
        "kind" if path.starts_with("/bureau/support") => of!(SupportKind),
        "kind" if path.ends_with("/records") => of!(RecordKind),
        "kind" if path.starts_with("/bureau/centres") => of!(CentreKind),
        "township" | "townships[]" => {
            let known = ctx.catalogue.townships();
            Some(known.iter().map(|name| (name.clone(), name.clone(), name == value)).collect())
        }
        "centre_id" => centres(ctx, "—", value.parse().ok()).ok(),
        "centre_ids[]" => centres(ctx, "—", None).ok().map(|all| all.into_iter().skip(1).collect()),
        "decision" if !path.starts_with("/bureau/conflicts") => some(&[
            ("", "有预约时先提示我", "tell me first"),
            ("keep", "保留预约，照常托育", "they stand"),
            ("cancel", "取消预约，不收费", "they are cancelled and not charged"),
        ]),
        "first_time_only[]" => some(&[("true", "仅限首次入托家庭", "Families new to care only")]),
        "location.coord" => some(&[
            ("gcj02", "GCJ-02（高德、腾讯、微信）", "GCJ-02 (Amap, Tencent, WeChat)"),
            ("wgs84", "WGS-84（GPS、天地图）", "WGS-84 (GPS)"),
            ("bd09", "BD-09（百度）", "BD-09 (Baidu)"),
        ]),
        "outcome" => some(&[("done", "已上门完成", "somebody came"), ("declined", "不能上门", "nobody comes")]),
        "works_as" => {
            let days = (1..).zip(WEEKDAYS).map(|(n, (zh, en))| (n.to_string(), t(zh, en), n.to_string() == value));
            Some(std::iter::once((String::new(), "—".to_owned(), value.is_empty())).chain(days).collect())
        }
        _ => None,
    }
}

/// One field of a form as it was sent: its name, and what was typed or ticked.
type Sent = (String, Vec<String>);

/// What was ticked more than once is one field.
fn gathered(path: &str, typed: &[(String, String)]) -> Vec<Sent> {
    let mut sent: Vec<Sent> = Vec::new();
    for (name, value) in typed {
        match sent.iter_mut().find(|(known, _)| known == name && name.ends_with("[]")) {
            Some((_, values)) => values.push(value.clone()),
            None => sent.push((name.clone(), vec![value.clone()])),
        }
    }
    let ticks = TICKS.iter().filter(|(begins, ends, _)| path.starts_with(begins) && path.ends_with(ends));
    for name in ticks.flat_map(|(.., names)| names.iter()) {
        if !sent.iter().any(|(known, _)| known == name) {
            sent.push(((*name).to_owned(), Vec::new()));
        }
    }
    sent
}

/// The form as it was sent, to be read, corrected and sent again; nothing where nothing of it is to be seen.
pub(super) fn form(
    ctx: &Ctx,
    shell: &Shell,
    path: &str,
    typed: &[(String, String)],
    problem: Option<&Problem>,
) -> Option<Fields> {
    let mut form = Fields::post(shell, path, shell.t("修改后重新提交", "Send it again"))
        .legend(shell.t("您填写的内容", "What you typed"));
    let mut seen = false;
    for (name, values) in gathered(path, typed) {
        let value = values.first().cloned().unwrap_or_default();
        let (label, kind) = called(shell, &name).unwrap_or_else(|| (name.clone(), Line));
        if kind == Unseen {
            form = form.sent(name, "", As::Unseen, value);
            continue;
        }
        seen = true;
        form = match listed(ctx, shell, path, &name, &value) {
            _ if ALONE.contains(&&*name) => form.sent_tick(name, &label, !value.is_empty()),
            Some(mut list) if name.ends_with("[]") => {
                for (word, _, chosen) in &mut list {
                    *chosen = values.contains(word);
                }
                form.sent_ticks(name, &label, with_those(list, &values))
            }
            None if name.ends_with("[]") => form.sent_ticks(name, &label, with_those(Vec::new(), &values)),
            Some(mut list) => {
                if value.is_empty() && !list.iter().any(|(word, ..)| word.is_empty()) {
                    list.insert(0, (String::new(), "—".to_owned(), true));
                }
                form.sent_choice(name, &label, with_those(list, &[value]))
            }
            None => {
                let kind = if value.contains('\n') { Long } else { kind };
                form.sent(name, &label, kind, value)
            }
        };
    }
    if let Some(problem) = problem {
        form = form.marked(shell, problem);
    }
    seen.then_some(form)
}

/// A list, with what was chosen and isn't in it.
fn with_those(mut list: Vec<Choice>, chosen: &[String]) -> Vec<Choice> {
    for word in chosen {
        if !list.iter().any(|(known, ..)| known == word) {
            list.push((word.clone(), word.clone(), true));
        }
    }
    list
}

/// The same to be read: what each field is called, and what was typed or chosen.
pub(super) fn read(ctx: &Ctx, shell: &Shell, path: &str, typed: &[(String, String)]) -> Vec<(String, String)> {
    let facts = gathered(path, typed).into_iter().filter_map(|(name, values)| {
        let (label, kind) = called(shell, &name).unwrap_or_else(|| (name.clone(), Line));
        let of = |value: &String| {
            let list = listed(ctx, shell, path, &name, value).unwrap_or_default();
            list.into_iter().find(|(word, ..)| word == value).map_or_else(|| value.clone(), |(_, label, _)| label)
        };
        let said = values.iter().map(of).filter(|said| !said.is_empty()).collect::<Vec<_>>().join("、");
        (kind != Unseen && !said.is_empty()).then_some((label, said))
    });
    facts.collect()
}
