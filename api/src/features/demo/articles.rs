//! Articles of the demonstration: what the district's plan and the national standards say, in our own words.

use chrono::{Days, NaiveDate};
use entity::{ArticleKind, ArticleStatus, MinuteOfDay, StaffId, article_versions, articles};

use super::{mint, site::founded};
use crate::{features::articles::service, platform::clock::instant_at};

const PLAN: &str = "泉州台商投资区普惠托育服务发展示范项目实施方案（征求意见稿）";

/// Kind, title, text, source, and how many days ago it was published; absent: a draft.
const ARTICLES: [(ArticleKind, &str, &str, &str, Option<u64>); 4] = [
    (
        ArticleKind::Policy,
        "普惠托育示范项目给家庭带来什么",
        "按照实施方案，到2025年末，全区每千人口拥有3岁以下婴幼儿托位4.6个，普惠托位占六成，社区托育服务覆盖率达到六成，\
         托育服务平均价格占居民人均可支配收入的比重降至35%。\n\n\
         各乡镇至少建成一个“党建+”邻里中心或社区托育点，新增托位不少于80个；幼儿园新增或改扩建托位90个。\n\n\
         入托家庭的满意度目标是90%。请在每次托育后为机构打分，您的评价不会告诉机构是谁写的。",
        PLAN,
        Some(40),
    ),
    (
        ArticleKind::Policy,
        "四种托育服务怎么选",
        "全日托：工作日全天照护，适合父母都上班的家庭。\n\n\
         半日托：上午或下午，适合刚开始适应集体生活的孩子。\n\n\
         计时托：按半小时预约，适合临时办事。\n\n\
         临时托：一到五个连续开放日，当天也可以预约。\n\n\
         在小程序里打开“15分钟托育服务圈”，可以看到步行可达的机构、价格和空余托位。",
        PLAN,
        Some(25),
    ),
    (
        ArticleKind::Parenting,
        "入托前要做哪些准备",
        "入托前请带孩子到医疗卫生机构做健康检查，并按月龄完成预防接种；机构核验后孩子才能开始全日托或半日托。\n\n\
         离开机构三个月以上再回来，需要重新检查。\n\n\
         请提前告诉老师孩子的过敏情况和作息习惯，并登记可以接孩子的家人，最多五位。",
        "国卫人口发〔2019〕58号；托幼机构卫生保健管理办法",
        Some(10),
    ),
    (
        ArticleKind::Parenting,
        "乳儿班、托小班、托大班有什么不同",
        "乳儿班收6至12个月的孩子，每班不超过10人；托小班收12至24个月，不超过15人；托大班收24至36个月，不超过20人。\n\n\
         保育人员与孩子的比例分别不低于1:3、1:5、1:7。月龄按托育当天计算。",
        "国卫人口发〔2019〕58号",
        None,
    ),
];

/// The articles, and their first versions.
pub(super) fn rows(officer: StaffId, today: NaiveDate) -> (Vec<articles::Model>, Vec<article_versions::Model>) {
    let article = |(kind, title, text, source, ago): (ArticleKind, &str, &str, &str, Option<u64>)| {
        let written = instant_at(today - Days::new(ago.unwrap_or(2) + 1), MinuteOfDay::hm(15, 0));
        let published = ago.map(|days| instant_at(today - Days::new(days), MinuteOfDay::hm(9, 30)));
        articles::Model {
            id: mint::id(founded(), &format!("article/{title}")),
            kind,
            title: title.to_owned(),
            text: text.to_owned(),
            source: Some(source.to_owned()),
            status: if published.is_some() { ArticleStatus::Published } else { ArticleStatus::Draft },
            version: 1,
            published_at: published,
            created_by: officer,
            created_at: written,
            changed_at: written,
        }
    };
    let rows: Vec<_> = ARTICLES.into_iter().map(article).collect();
    let versions = rows.iter().map(|row| service::version(row, officer)).collect();
    (rows, versions)
}
