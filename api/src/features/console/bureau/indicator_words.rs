//! What the program itself calls the numbers of the indicators, in the reader's language. Figures of closed months
//! are kept with the Chinese of their day; what an officer entered stays as it is.

use entity::PlanInputCode;

use super::super::shell::Shell;
use crate::features::indicators::dto::IndicatorSource;

const NUMBERS: &[(&str, &str)] = &[
    ("托位数", "places"),
    ("公办托位数", "public places"),
    ("普惠托位数", "inclusive places"),
    ("乳儿班、托小班托位数", "places for under-twos"),
    ("本年新增托位", "new places this year"),
    ("本年新增公办托位", "new public places this year"),
    ("机构数", "centres"),
    ("公办机构数", "public centres"),
    ("签约机构数", "centres with a medical contract"),
    ("持证保育人员数", "certified carers"),
    ("保育人员数", "carers"),
    ("全日托月均价（分）", "mean price of a month of full-day care"),
    ("农村全日托月均价（分）", "mean price of a month of full-day care in rural townships"),
    ("社区（村）名单", "communities on the list"),
    ("步行15分钟内有已备案机构的社区（村）", "communities with a filed centre within 15 minutes on foot"),
    ("当月在托儿童（全日托、半日托）", "children in full-day or half-day care this month"),
];

/// Those whose months stand behind them.
const OF_MONTHS: &[(&str, &str)] = &[("满意及以上评价", "satisfied answers"), ("有效评价", "valid answers")];

/// What says that a township is rural: yes or no, and no figure.
const RURAL: &str = "农村乡镇：";

/// Whether it is yes or no.
pub(super) fn is_a_word(source: &IndicatorSource) -> bool {
    source.what.starts_with(RURAL)
}

/// What a number is.
pub(super) fn what(shell: &Shell, source: &IndicatorSource) -> String {
    let what = source.what.as_str();
    if let Some((zh, en)) = NUMBERS.iter().find(|(zh, _)| *zh == what) {
        // Pages show yuan.
        return shell.t(zh.trim_end_matches("（分）"), en).to_owned();
    }
    if let Some(code) = PlanInputCode::ALL.iter().find(|code| code.zh() == what) {
        return shell.word(code.zh(), code.as_str());
    }
    if let Some(township) = what.strip_prefix(RURAL) {
        return format!("{}{township}", shell.t("农村乡镇：", "rural township: "));
    }
    for (zh, en) in OF_MONTHS {
        let months = what.strip_prefix(zh).and_then(|rest| rest.strip_prefix('（')?.strip_suffix('）'));
        if let Some((from, to)) = months.and_then(|months| months.split_once('至')) {
            return format!("{} ({from} – {to})", shell.t(zh, en));
        }
    }
    what.to_owned()
}

/// Where it stands.
pub(super) fn source(shell: &Shell, source: &IndicatorSource) -> String {
    match source.source.as_str() {
        "本系统统计" => shell.t("本系统统计", "counted by this program").to_owned(),
        "保育人员台账" => shell.t("保育人员台账", "the register of carers").to_owned(),
        entered => entered.to_owned(),
    }
}

/// The same on one line, with its day.
pub(super) fn line(shell: &Shell, of: &IndicatorSource) -> String {
    let (what, source, day) = (what(shell, of), source(shell, of), of.as_of.0);
    if shell.english { format!("{what}: {source} ({day})") } else { format!("{what}：{source}（{day}）") }
}

/// In which other way an indicator is counted.
pub(super) fn basis(shell: &Shell, basis: &str) -> String {
    let (zh, en) = match basis {
        "attendance" => ("另按出勤计", "by attendance"),
        "guided_twice" => ("签约且本年已指导两次及以上", "with a contract and guided twice this year"),
        _ => ("另按在托计", "by enrolment"),
    };
    shell.t(zh, en).to_owned()
}
