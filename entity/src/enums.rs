//! The closed lists of the domain. Stored and sent as the `snake_case` word; a CHECK in the
//! migration holds the same list.

use sea_orm::{DeriveActiveEnum, EnumIter, prelude::StringLen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal / $zh:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
        #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))")]
        // Not `rename = $word`: utoipa can't read a word that comes from a macro, and a test holds
        // both spellings together.
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* #[sea_orm(string_value = $word)] $variant),*
        }
        impl $name {
            /// Every word of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The word as stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),* } }
            /// The term in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str { match self { $(Self::$variant => $zh),* } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = crate::ValueError;
            fn from_str(s: &str) -> Result<Self, crate::ValueError> {
                match s { $($word => Ok(Self::$variant),)* _ => Err(crate::ValueError(concat!("expected one of: " $(, $word, " ")*))) }
            }
        }
    )*
        #[cfg(test)]
        #[test]
        fn the_api_stores_and_sends_the_same_words() {
            use utoipa::PartialSchema as _;
            $(
                let words: Vec<&str> = $name::ALL.iter().map(|v| v.as_str()).collect();
                assert_eq!(serde_json::to_value($name::ALL).unwrap(), serde_json::json!(words));
                assert_eq!(serde_json::to_value($name::schema()).unwrap()["enum"], serde_json::json!(words));
            )*
        }
    };
}

words! {
    /// Who runs a centre and where (projects 1 to 4 of the plan).
    CentreKind {
        PartyNeighbourhood = "party_neighbourhood" / "党建+邻里中心托育点",
        Community = "community" / "社区托育点",
        Employer = "employer" / "用人单位办托",
        Kindergarten = "kindergarten" / "幼儿园托班",
        Private = "private" / "民办托育机构",
        Public = "public" / "公办托育机构",
        Family = "family" / "家庭托育点",
    }
    /// What a community is.
    CommunityKind { Urban = "urban" / "社区", Village = "village" / "村" }
    /// Who owns a centre; another fact than its kind.
    Ownership { Public = "public" / "公办", Private = "private" / "民办" }
    /// Registration with the health authority (国卫办人口发〔2019〕25号).
    Filed {
        None = "none" / "未备案", Pending = "pending" / "备案中", Filed = "filed" / "已备案",
        Changed = "changed" / "备案变更中", Revoked = "revoked" / "备案注销",
    }
    /// What a row of a centre's register is (projects 2, 4 and 7 to 10 of the plan).
    RecordKind {
        Insurance = "insurance" / "商业保险", MedicalContract = "medical_contract" / "医育签约",
        GuidanceVisit = "guidance_visit" / "巡回指导", SafetyPackage = "safety_package" / "安防补助包",
        Device = "device" / "智能设备", Utility = "utility" / "水电优惠", Employer = "employer" / "用人单位办托",
    }
    /// Which of its kind: a safety package (安防“五大包”), a device, or what is had at a household's price.
    RecordItem {
        Kitchen = "kitchen" / "明厨亮灶改建包", Fire = "fire" / "托育园消防包",
        Physical = "physical" / "实体防护包", Technical = "technical" / "技术防护包", Guards = "guards" / "人防安全包",
        Bracelet = "bracelet" / "宝宝手环", Video = "video" / "视频监控", OtherDevice = "other_device" / "其他设备",
        Water = "water" / "用水", Electricity = "electricity" / "用电",
    }
    /// A carer's certificate (保育师国家职业技能标准: 五级/初级工 to 一级/高级技师).
    Certificate {
        None = "none" / "无证", Junior = "junior" / "初级", Intermediate = "intermediate" / "中级",
        Senior = "senior" / "高级", Technician = "technician" / "技师",
        SeniorTechnician = "senior_technician" / "高级技师",
    }
    /// Whom a centre takes (project 2): the employer's own staff only, them first, or all.
    Admits { OwnStaff = "own_staff" / "仅限本单位职工", OwnFirst = "own_first" / "本单位职工优先", All = "all" / "面向社会" }
    /// Families whose fees a centre may reduce (project 5).
    ReductionKind {
        ThirdChild = "third_child" / "三孩", SpecialFamily = "special_family" / "计生特殊家庭", Disabled = "disabled" / "残疾儿童",
    }
    /// What two officers decide about a rating.
    ExclusionAction { Exclude = "exclude" / "剔除", Include = "include" / "恢复计入" }
    /// How far they are.
    ExclusionStatus { Proposed = "proposed" / "待复核", Confirmed = "confirmed" / "已生效", Rejected = "rejected" / "已驳回" }
    /// How far a message to another system is.
    DeliveryStatus { Pending = "pending" / "待送达", Delivered = "delivered" / "已送达", Dead = "dead" / "已停止重试" }
    /// How far a complaint is.
    ComplaintStatus {
        Open = "open" / "待受理", Assigned = "assigned" / "办理中", Answered = "answered" / "已答复",
        Closed = "closed" / "已办结", Withdrawn = "withdrawn" / "已撤回",
    }
    /// What an event is (project 13).
    EventKind {
        PolicyTalk = "policy_talk" / "政策宣讲", Lecture = "lecture" / "育儿讲座",
        ParentsClass = "parents_class" / "家长课堂", FamilyDay = "family_day" / "亲子活动",
    }
    /// How far an event is.
    EventStatus { Draft = "draft" / "草稿", Published = "published" / "已发布", Cancelled = "cancelled" / "已取消" }
    /// How far a sign-up for an event is.
    SignupStatus {
        Waiting = "waiting" / "候补中", SignedUp = "signed_up" / "已报名", Attended = "attended" / "已到场",
        Withdrawn = "withdrawn" / "已取消",
    }
    /// What an article is about.
    ArticleKind { Policy = "policy" / "政策解读", Parenting = "parenting" / "育儿知识" }
    /// How far an article is.
    ArticleStatus { Draft = "draft" / "草稿", Published = "published" / "已发布", Withdrawn = "withdrawn" / "已撤下" }
    /// What a guardian's document is (project 11).
    DocumentKind { MainlandTravelPermit = "mainland_travel_permit" / "台湾居民来往大陆通行证" }
    /// What guidance at home is about.
    GuidanceTopic {
        Feeding = "feeding" / "喂养与辅食", Sleep = "sleep" / "睡眠与作息", Development = "development" / "生长发育",
        Adaptation = "adaptation" / "入托适应", Safety = "safety" / "居家安全", Other = "other" / "其他",
    }
    /// How far a request for guidance is.
    GuidanceStatus {
        Open = "open" / "待安排", Assigned = "assigned" / "已安排", Done = "done" / "已完成",
        Declined = "declined" / "未能安排", Withdrawn = "withdrawn" / "已撤回",
    }
    /// What a family is told.
    NoticeKind {
        BookingConfirmed = "booking_confirmed" / "预约已确认", BookingDeclined = "booking_declined" / "预约未能接受",
        BookingLapsed = "booking_lapsed" / "预约超时失效", OfferLapsed = "offer_lapsed" / "候补托位已失效",
        BookingCancelled = "booking_cancelled" / "机构取消预约", DaysCancelled = "days_cancelled" / "机构取消部分日期",
        PlaceOffered = "place_offered" / "候补有空位", VisitTomorrow = "visit_tomorrow" / "明日托育提醒",
        VoucherExpiring = "voucher_expiring" / "体验券即将到期", WaitEnded = "wait_ended" / "候补已结束",
        VoucherClaimed = "voucher_claimed" / "体验券领取成功",
        UnitUsed = "unit_used" / "体验券核销提醒", RatingInvitation = "rating_invitation" / "邀请评价",
        ComplaintAnswered = "complaint_answered" / "投诉已答复",
        GuidanceAssigned = "guidance_assigned" / "入户指导已安排", GuidanceAnswered = "guidance_answered" / "入户指导已答复",
        EventPlace = "event_place" / "活动候补成功", EventMoved = "event_moved" / "活动安排有变",
        EventCancelled = "event_cancelled" / "活动已取消",
        TieProposed = "tie_proposed" / "机构登记亲属关系", TieConfirmed = "tie_confirmed" / "亲属关系已核实",
        TieRefused = "tie_refused" / "亲属关系不予认定", TieEnded = "tie_ended" / "亲属关系已结束",
    }
    /// What became of a notice that is also sent as a WeChat message.
    MessageStatus {
        Waiting = "waiting" / "待发送", Sent = "sent" / "已发送", NoCredit = "no_credit" / "用户未订阅",
        NoConsent = "no_consent" / "未同意接收", Dead = "dead" / "发送失败", Obsolete = "obsolete" / "已不适用",
    }
    /// What a family is to a centre at which its answers don't count.
    Tie { Staff = "staff" / "本园工作人员", Relative = "relative" / "工作人员亲属" }
    /// How far a tie is: a family's own word counts, a centre's once an officer confirms it.
    TieStatus {
        Declared = "declared" / "家庭申报", Proposed = "proposed" / "机构登记，待核实",
        Confirmed = "confirmed" / "已核实", Refused = "refused" / "不予认定",
    }
    /// A class's age band (国卫人口发〔2019〕58号; `family`: 家庭托育点管理办法(试行)).
    Band {
        Infant = "infant" / "乳儿班", ToddlerSmall = "toddler_small" / "托小班",
        ToddlerBig = "toddler_big" / "托大班", Mixed = "mixed" / "混合编班", Family = "family" / "家庭托育",
    }
    /// The four forms of care (托育服务形式).
    CareType {
        FullDay = "full_day" / "全日托", HalfDay = "half_day" / "半日托",
        Hourly = "hourly" / "计时托", Temporary = "temporary" / "临时托",
    }
    /// What an offer's price is for.
    OfferUnit { Day = "day" / "天", HalfDay = "half_day" / "半天", Hour = "hour" / "小时", Month = "month" / "月" }
    /// Whether a booking is confirmed at once or by the centre.
    Confirmation { Instant = "instant" / "即时确认", Request = "request" / "需机构确认" }
    /// Which of the two half-day windows.
    Half { Morning = "morning" / "上午", Afternoon = "afternoon" / "下午" }
    /// A day of the bureau's calendar.
    CalendarKind { Holiday = "holiday" / "法定节假日", Workday = "workday" / "调休上班" }
    /// Life of a booking.
    BookingStatus {
        Pending = "pending" / "待确认", Confirmed = "confirmed" / "已确认", Completed = "completed" / "已完成",
        Declined = "declined" / "已婉拒", Lapsed = "lapsed" / "超时未确认", Cancelled = "cancelled" / "已取消",
    }
    /// Life of a visit.
    VisitStatus {
        Expected = "expected" / "待入园", InCare = "in_care" / "在园", Left = "left" / "已离园",
        Absent = "absent" / "请假", NoShow = "no_show" / "未到", Cancelled = "cancelled" / "已取消",
    }
    /// Life of a place in the waiting list.
    WaitlistStatus {
        Waiting = "waiting" / "候补中", Offered = "offered" / "待接受", Accepted = "accepted" / "已接受",
        Lapsed = "lapsed" / "超时未接受", Withdrawn = "withdrawn" / "已退出", Over = "over" / "已过期",
    }
    /// Life of a campaign.
    CampaignStatus { Draft = "draft" / "草稿", Open = "open" / "发放中", Paused = "paused" / "暂停发放", Closed = "closed" / "已结束" }
    /// Whose money pays for a campaign.
    FundSource {
        Central = "central" / "中央财政", Province = "province" / "省级财政", City = "city" / "市级财政",
        District = "district" / "区级财政", Township = "township" / "乡镇财政",
    }
    /// What the money is for (the plan's annex: positive list, neither, negative list).
    FundCategory {
        VenueReuse = "venue_reuse" / "盘活利用现有场地", Incentive = "incentive" / "激励性奖补",
        Training = "training" / "培训从业人员", Guidance = "guidance" / "开展技术指导",
        Digital = "digital" / "提升数字化服务水平", SafetyEquipment = "safety_equipment" / "配备安防设施",
        RentRelief = "rent_relief" / "减免租金", Publicity = "publicity" / "宣传推广",
        Construction = "construction" / "基本建设", FamilyAllowance = "family_allowance" / "向家庭和个人直接发放育儿补贴",
        PlaceSubsidy = "place_subsidy" / "向托育机构直接发放托位建设补助",
        OperatingSubsidy = "operating_subsidy" / "向托育机构直接发放运营补助", Debt = "debt" / "偿还举办人或单位相关债务",
        StaffPay = "staff_pay" / "人员劳务、工资、福利、津补贴等费用",
        AuditUnresolved = "audit_unresolved" / "审计、督查发现问题未有效整改的项目",
        DoubleCentral = "double_central" / "已从其他渠道获得中央财政资金支持的项目",
    }
    /// Life of a voucher, as stored. `expired` is a matter of dates and is derived on reading.
    VoucherStatus { Active = "active" / "可使用", Used = "used" / "已用完", Expired = "expired" / "已过期", Revoked = "revoked" / "已作废" }
    /// A redemption counts until a second row reverses it.
    RedemptionStatus { Redeemed = "redeemed" / "已核销", Reversed = "reversed" / "已冲正" }
    /// Life of a statement: checked by one officer, frozen by another.
    StatementStatus { Draft = "draft" / "草稿", Checked = "checked" / "已复核", Frozen = "frozen" / "已定稿" }
    /// What became of an offline scan that couldn't be redeemed.
    ConflictStatus { Open = "open" / "待处理", Paid = "paid" / "已认定补付", Dismissed = "dismissed" / "不予补付" }
    /// What a staff account may do.
    StaffRole { Carer = "carer" / "保育人员", Manager = "manager" / "园所负责人", Officer = "officer" / "民生保障局工作人员", Admin = "admin" / "系统管理员" }
    /// Whether an account may sign in.
    AccountStatus { Active = "active" / "正常", Closed = "closed" / "已停用" }
    /// Separate purposes of consent (个人信息保护法 第二十九、三十一条).
    ConsentPurpose {
        Booking = "booking" / "预约托育服务", HealthProof = "health_proof" / "入托健康证明",
        Location = "location" / "位置检索", Ratings = "ratings" / "服务评价", Messages = "messages" / "消息提醒",
        Reductions = "reductions" / "托育费减免",
    }
    /// What happened to a family's subscription credits (订阅消息授权).
    CreditKind {
        Granted = "granted" / "已授权", Refused = "refused" / "未授权", Blocked = "blocked" / "已拒收",
        Spent = "spent" / "已使用", Failed = "failed" / "发送失败",
    }
    /// What kind of text is moderated.
    ModeratedKind { Rating = "rating" / "评价", Reply = "reply" / "回复", Complaint = "complaint" / "投诉", Nickname = "nickname" / "称呼" }
    /// Life of a moderation: WeChat is asked, perhaps an officer decides.
    ModerationStatus {
        Waiting = "waiting" / "待检测", Review = "review" / "待人工审核", Passed = "passed" / "已通过",
        Hidden = "hidden" / "不展示", Stale = "stale" / "已被修改",
    }
    /// Why staff look at a child's whole name (个人信息保护法 第六条: for a definite purpose).
    LookReason {
        Emergency = "emergency" / "紧急情况", Handover = "handover" / "入离园核对",
        HealthCare = "health_care" / "健康照护", Complaint = "complaint" / "处理投诉",
    }
    /// Figures of the plan that no centre can know; a price is in fen.
    PlanInputCode {
        Residents = "residents" / "常住人口数", UnderThrees = "under_threes" / "3岁以下婴幼儿数",
        Income = "income" / "月人均可支配收入", RuralIncome = "rural_income" / "农村月人均可支配收入",
        Workplaces = "workplaces" / "用人单位、园区、楼宇总数",
        WorkplacesWithCare = "workplaces_with_care" / "已覆盖托育服务的用人单位、园区、楼宇数",
        YearStartPlaces = "year_start_places" / "年初托位数", YearStartPublicPlaces = "year_start_public_places" / "年初公办托位数",
        Carers = "carers" / "保育人员数", CertifiedCarers = "certified_carers" / "持初级及以上保育师证人数",
        Communities = "communities" / "社区（村）总数", CommunitiesCovered = "communities_covered" / "已覆盖托育服务的社区（村）数",
        RuralTownship = "rural_township" / "是否农村乡镇（1是，0否）",
    }
    /// What a centre is supported with (projects 5 and 6).
    SupportKind { Incentive = "incentive" / "托育服务激励", Operating = "operating" / "运营补助", Rent = "rent" / "租金补助" }
    /// What has a rate of support.
    SupportItem {
        Infant = "infant" / "乳儿班", ToddlerSmall = "toddler_small" / "托小班", Mixed = "mixed" / "混合编班（2岁以下）",
        ReducedFee = "reduced_fee" / "减免托育费的儿童",
        Operating = "operating" / "运营补助", Rent = "rent" / "租金补助",
    }
    /// The plan's indicators (规划指标).
    IndicatorCode {
        // serde's snake_case takes no underscore before digits by itself.
        #[allow(non_camel_case_types, reason = "the word has an underscore before its digits")]
        PlacesPer_1000People = "places_per_1000_people" / "每千人口3岁以下托位数",
        #[allow(non_camel_case_types, reason = "the word has an underscore before its digits")]
        PlacesPer_1000Under3 = "places_per_1000_under3" / "每千名3岁以下婴幼儿托位数",
        GuidanceSigned = "guidance_signed" / "医疗机构签约指导率", Under2Places = "under2_places" / "2岁以下托位占比",
        CertifiedCarers = "certified_carers" / "持初级及以上保育师证占比",
        PriceToIncome = "price_to_income" / "平均价格占人均可支配收入", InclusivePlaces = "inclusive_places" / "普惠托位占比",
        CommunityCoverage = "community_coverage" / "社区托育服务覆盖率",
        WorkplaceCoverage = "workplace_coverage" / "用人单位、园区、楼宇覆盖率",
        RuralPriceToIncome = "rural_price_to_income" / "农村平均价格占农村人均可支配收入",
        PlaceUse = "place_use" / "托位实际使用率", Satisfaction = "satisfaction" / "入托家庭满意度",
        PublicCentres = "public_centres" / "公办机构占比", PublicPlaces = "public_places" / "公办托位占比",
        NewPublicPlaces = "new_public_places" / "新增公办托位占新增托位比例",
    }
    /// Which side of its target an indicator must be on.
    Comparison { AtLeast = "at_least" / "不低于", AtMost = "at_most" / "不高于" }
    /// Whether a rating's text may be shown. The score counts at once, whatever this says.
    TextStatus { Pending = "pending" / "待审核", Shown = "shown" / "已展示", Hidden = "hidden" / "不展示" }
}

impl StaffRole {
    /// Carers and managers belong to a centre; officers and administrators to the bureau.
    #[must_use]
    pub const fn at_a_centre(self) -> bool {
        matches!(self, Self::Carer | Self::Manager)
    }
}

impl VisitStatus {
    /// The visits that hold a place: a told absence and a cancellation give it back.
    pub const HOLDING: [Self; 4] = [Self::Expected, Self::InCare, Self::Left, Self::NoShow];
}
