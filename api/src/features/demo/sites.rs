//! The centres of the demonstration, spread over the district's four townships. Names are marked
//! 「（演示）」; the one centre that the plan names (project 11) carries its name and no past care or
//! ratings, for invented figures don't belong under a real name.

use entity::{Band, CareType, CentreKind, Filed, MinuteOfDay, Ownership};

use super::site::{Site, daily, monthly};

/// The centre of `carer` and `manager`.
pub(super) const DESK: &str = "dongyuan-neighbourhood";
/// The centre of `carer2`: filed and inclusive, but not in the campaign.
pub(super) const OUTSIDE: &str = "experimental-kindergarten";
/// The centre that families are least content with.
pub(super) const WEAK: &str = "zhangban-garden";
/// The centre with too few answers for a rate.
pub(super) const FEW: &str = "dongyuan-family";

use Band::{Family, Infant, Mixed, ToddlerBig, ToddlerSmall};
use CareType::{FullDay, HalfDay, Temporary};
use Ownership::{Private, Public};

const ALL: &[CareType] = CareType::ALL;
const LONG: (MinuteOfDay, MinuteOfDay) = (MinuteOfDay::hm(7, 30), MinuteOfDay::hm(18, 0));
const SHORT: (MinuteOfDay, MinuteOfDay) = (MinuteOfDay::hm(8, 0), MinuteOfDay::hm(17, 30));
const EVENING: (MinuteOfDay, MinuteOfDay) = (MinuteOfDay::hm(7, 30), MinuteOfDay::hm(19, 0));

/// What most centres are, so that the list below says what is special.
const PLAIN: Site = Site {
    key: "",
    name: "",
    kind: CentreKind::Community,
    ownership: Public,
    township: "东园镇",
    address: "",
    at: (0.0, 0.0),
    filed: Filed::Filed,
    cap: Some(2600),
    tariff: daily(100, 55, 18, 120, 15),
    classes: &[(ToddlerSmall, 15, 3), (ToddlerBig, 20, 3)],
    care: ALL,
    hours: LONG,
    saturdays: false,
    by_request: false,
    insured: Some(200),
    medical: Some(150),
    families: 5,
    intro: "",
};

/// The list.
pub(super) const SITES: &[Site] = &[
    Site {
        key: DESK,
        name: "东园镇“党建+”邻里中心托育点（演示）",
        kind: CentreKind::PartyNeighbourhood,
        address: "东园镇邻里中心一层（演示地址）",
        at: (118.7942, 24.8952),
        classes: &[(Infant, 10, 4), (ToddlerSmall, 15, 3), (ToddlerBig, 20, 3)],
        families: 11,
        intro: "嵌入邻里中心的普惠托育点，提供全日托、半日托、计时托、临时托。演示数据。",
        ..PLAIN
    },
    Site {
        key: "risheng-baoli",
        name: "日升保利托育园",
        kind: CentreKind::Private,
        ownership: Private,
        address: "泉州台商投资区（演示坐标，非实际地址）",
        at: (118.7890, 24.8960),
        cap: Some(3000),
        tariff: monthly(2600, 70, 22, 150, 18),
        classes: &[(Infant, 9, 3), (ToddlerSmall, 15, 3), (ToddlerBig, 20, 3)],
        saturdays: true,
        insured: Some(320),
        medical: Some(280),
        families: 0,
        intro: "实施方案项目11的泉台融合托育园。此处的班级、价格、时间和坐标均为演示数据，以机构公布为准。",
        ..PLAIN
    },
    Site {
        key: "dongyuan-community",
        name: "东园镇锦绣社区托育点（演示）",
        address: "东园镇锦绣社区服务中心（演示地址）",
        at: (118.7925, 24.8895),
        tariff: daily(96, 52, 16, 110, 15),
        hours: SHORT,
        medical: Some(12),
        intro: "社区内的小型托育点，步行可达。演示数据。",
        ..PLAIN
    },
    Site {
        key: OUTSIDE,
        name: "台商投资区实验幼儿园托班（演示）",
        kind: CentreKind::Kindergarten,
        address: "东园镇学府路（演示地址）",
        at: (118.7975, 24.8960),
        tariff: monthly(1900, 50, 16, 110, 16),
        classes: &[(ToddlerSmall, 15, 3), (ToddlerBig, 20, 3), (ToddlerBig, 20, 3)],
        care: &[FullDay, HalfDay, Temporary],
        hours: SHORT,
        intro: "幼托一体化园所，托班与小班衔接。演示数据。",
        ..PLAIN
    },
    Site {
        key: FEW,
        name: "小海豚家庭托育点（演示）",
        kind: CentreKind::Family,
        ownership: Private,
        address: "东园镇海悦小区（演示地址）",
        at: (118.7872, 24.8910),
        cap: None,
        tariff: daily(130, 75, 25, 160, 20),
        classes: &[(Family, 5, 2)],
        by_request: true,
        medical: None,
        families: 3,
        intro: "家庭式照护，最多收托5名婴幼儿。演示数据。",
        ..PLAIN
    },
    Site {
        key: "district-centre",
        name: "区婴幼儿照护服务中心（演示）",
        kind: CentreKind::Public,
        address: "东园镇行政服务片区（演示地址）",
        at: (118.7950, 24.9010),
        tariff: monthly(2000, 52, 16, 110, 15),
        classes: &[(Infant, 10, 4), (Infant, 9, 3), (ToddlerSmall, 15, 3), (ToddlerBig, 20, 3), (Mixed, 18, 4)],
        saturdays: true,
        insured: Some(300),
        families: 8,
        intro: "公办示范托育中心，兼做从业人员实训。演示数据。",
        ..PLAIN
    },
    Site {
        key: "haijiang-staff",
        name: "海江产业园职工托育园（演示）",
        kind: CentreKind::Employer,
        address: "东园镇海江产业园（演示地址）",
        at: (118.8060, 24.8990),
        tariff: daily(90, 50, 16, 105, 15),
        classes: &[(ToddlerSmall, 15, 3), (Mixed, 18, 4)],
        care: &[FullDay, HalfDay, Temporary],
        hours: EVENING,
        insured: Some(20),
        intro: "本园区职工优先，余位向社会开放。演示数据。",
        ..PLAIN
    },
    Site {
        key: "luoyang-neighbourhood",
        name: "洛阳镇“党建+”邻里中心托育点（演示）",
        kind: CentreKind::PartyNeighbourhood,
        township: "洛阳镇",
        address: "洛阳镇邻里中心二层（演示地址）",
        at: (118.7300, 24.9440),
        classes: &[(Infant, 6, 2), (ToddlerSmall, 15, 3), (ToddlerBig, 14, 2)],
        families: 6,
        intro: "零租金场地引入专业机构运营。演示数据。",
        ..PLAIN
    },
    Site {
        key: "luoyang-community",
        name: "洛阳镇桥畔社区托育点（演示）",
        township: "洛阳镇",
        address: "洛阳镇桥畔社区（演示地址）",
        at: (118.7375, 24.9390),
        tariff: daily(92, 50, 15, 105, 14),
        classes: &[(ToddlerSmall, 10, 2), (Mixed, 15, 3)],
        hours: SHORT,
        insured: Some(-15),
        intro: "临近洛阳江的社区托育点。演示数据。",
        ..PLAIN
    },
    Site {
        key: "luoyang-kindergarten",
        name: "洛阳镇中心幼儿园托班（演示）",
        kind: CentreKind::Kindergarten,
        township: "洛阳镇",
        address: "洛阳镇文教路（演示地址）",
        at: (118.7340, 24.9475),
        tariff: monthly(1800, 48, 15, 100, 15),
        classes: &[(ToddlerBig, 20, 3), (ToddlerBig, 20, 3)],
        care: &[FullDay, HalfDay],
        hours: SHORT,
        intro: "镇中心幼儿园开设的托大班。演示数据。",
        ..PLAIN
    },
    Site {
        key: "baiqi-neighbourhood",
        name: "百崎回族乡“党建+”邻里中心托育点（演示）",
        kind: CentreKind::PartyNeighbourhood,
        township: "百崎回族乡",
        address: "百崎回族乡邻里中心（演示地址）",
        at: (118.7420, 24.8830),
        classes: &[(ToddlerSmall, 15, 3), (Mixed, 18, 4)],
        intro: "设清真餐食。演示数据。",
        ..PLAIN
    },
    Site {
        key: "baiqi-lakeside",
        name: "百崎湖畔托育园（演示）",
        kind: CentreKind::Private,
        ownership: Private,
        township: "百崎回族乡",
        address: "百崎回族乡湖畔路（演示地址）",
        at: (118.7480, 24.8865),
        cap: Some(3000),
        tariff: monthly(2500, 68, 20, 140, 18),
        classes: &[(Infant, 9, 3), (ToddlerSmall, 15, 3), (ToddlerBig, 20, 3)],
        hours: EVENING,
        saturdays: true,
        by_request: true,
        intro: "普惠性民办园，有户外活动场。演示数据。",
        ..PLAIN
    },
    Site {
        key: "zhangban-community",
        name: "张坂镇滨海社区托育点（演示）",
        township: "张坂镇",
        address: "张坂镇滨海社区（演示地址）",
        at: (118.8350, 24.8740),
        tariff: daily(88, 48, 15, 100, 14),
        classes: &[(ToddlerSmall, 15, 3), (ToddlerBig, 14, 2)],
        intro: "社区老年食堂与托育点共用厨房。演示数据。",
        ..PLAIN
    },
    Site {
        key: "zhangban-public",
        name: "张坂镇公办托育中心（演示）",
        kind: CentreKind::Public,
        township: "张坂镇",
        address: "张坂镇中心路（演示地址）",
        at: (118.8400, 24.8780),
        tariff: monthly(1900, 50, 15, 105, 15),
        classes: &[(Infant, 9, 3), (ToddlerSmall, 15, 3), (ToddlerBig, 20, 3)],
        families: 6,
        intro: "镇属公办托育中心。演示数据。",
        ..PLAIN
    },
    Site {
        key: "zhangban-staff",
        name: "智谷产业园员工托育园（演示）",
        kind: CentreKind::Employer,
        ownership: Private,
        township: "张坂镇",
        address: "张坂镇智谷产业园（演示地址）",
        at: (118.8520, 24.8690),
        filed: Filed::Pending,
        cap: None,
        tariff: daily(110, 60, 20, 130, 16),
        classes: &[(Mixed, 18, 4)],
        hours: EVENING,
        by_request: true,
        insured: None,
        medical: None,
        families: 3,
        intro: "备案办理中，仅收本园区员工子女。演示数据。",
        ..PLAIN
    },
    Site {
        key: WEAK,
        name: "张坂镇童心苑托育园（演示）",
        kind: CentreKind::Private,
        ownership: Private,
        township: "张坂镇",
        address: "张坂镇海城路（演示地址）",
        at: (118.8290, 24.8790),
        cap: None,
        tariff: monthly(3600, 95, 30, 190, 22),
        classes: &[(Infant, 6, 2), (ToddlerSmall, 15, 3), (ToddlerBig, 20, 3)],
        saturdays: true,
        insured: Some(90),
        medical: None,
        families: 6,
        intro: "民办营利性托育园。演示数据。",
        ..PLAIN
    },
];
