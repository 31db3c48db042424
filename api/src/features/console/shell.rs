//! What every page has around it: who is signed in, the language, the way through the console.

use std::convert::Infallible;

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    dev::Payload,
    http::header::{LOCATION, REFERER},
    web::Data,
};
use askama::Template;
use futures_util::future::{Ready, ready};

use super::table::{FIND, FIRST_ROW};
use crate::{
    error::{Problem, Result, Text},
    features::auth::{cookie, dto::Role},
    http::language,
    language::Language,
    platform::hant,
    state::Ctx,
};

/// Which console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    /// Officers'.
    Bureau,
    /// A centre's staff's.
    Desk,
}

impl Area {
    /// Of a path.
    pub(super) fn of(path: &str) -> Self {
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        if path.starts_with("/desk") { Self::Desk } else { Self::Bureau }
    }

    /// Whether it is officers'.
    pub(super) const fn is_bureau(self) -> bool {
        matches!(self, Self::Bureau)
    }

    /// Its first page.
    pub(super) const fn home(self) -> &'static str {
        match self {
            Self::Bureau => "/bureau",
            Self::Desk => "/desk",
        }
    }

    /// That of a role.
    pub(super) const fn of_role(role: Role) -> Self {
        match role {
            Role::Officer | Role::Admin => Self::Bureau,
            Role::Carer | Role::Manager | Role::Guardian => Self::Desk,
        }
    }
}

/// A page of the way: where, and its name in both languages.
pub(super) struct Way {
    pub(super) href: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
}

const fn way(href: &'static str, zh: &'static str, en: &'static str) -> Way {
    Way { href, zh, en }
}

const BUREAU: &[Way] = &[
    way("/bureau", "总览", "Overview"),
    way("/bureau/satisfaction", "满意度", "Satisfaction"),
    way("/bureau/indicators", "规划指标", "Indicators"),
    way("/bureau/plan-inputs", "基础数据", "Figures of the plan"),
    way("/bureau/coverage", "服务圈", "Circle"),
    way("/bureau/campaigns", "体验券", "Vouchers"),
    way("/bureau/redemptions", "核销", "Redemptions"),
    way("/bureau/statements", "结算", "Settlement"),
    way("/bureau/support", "补助", "Support"),
    way("/bureau/funds", "资金规则", "Funds"),
    way("/bureau/events", "活动", "Events"),
    way("/bureau/complaints", "投诉", "Complaints"),
    way("/bureau/guidance", "入户指导", "Guidance at home"),
    way("/bureau/articles", "文章", "Articles"),
    way("/bureau/moderation", "审核", "Moderation"),
    way("/bureau/ratings", "评价", "Ratings"),
    way("/bureau/centres", "机构", "Centres"),
    way("/bureau/registers", "台账", "Registers"),
    way("/bureau/imports", "导入", "Imports"),
    way("/bureau/signals", "异常提示", "Signals"),
    way("/bureau/conflicts", "离线冲突", "Offline conflicts"),
    way("/bureau/messages", "消息", "Messages"),
    way("/bureau/calendar", "日历", "Calendar"),
    way("/bureau/staff", "人员", "Staff"),
    way("/bureau/audit", "操作日志", "Audit"),
    way("/bureau/keys", "访问密钥", "Access keys"),
    way("/bureau/webhooks", "数据推送", "Webhooks"),
    way("/bureau/account", "我的账号", "My account"),
];

/// Administrators' alone, of the bureau's ways.
const ADMINISTRATORS: &[&str] = &["/bureau/keys", "/bureau/webhooks"];

const DESK: &[Way] = &[
    way("/desk", "今日", "Today"),
    way("/desk/scan", "扫码", "Scan"),
    way("/desk/bookings", "预约", "Bookings"),
    way("/desk/waitlist", "候补", "Waiting list"),
    way("/desk/centre", "本机构", "The centre"),
    way("/desk/classes", "班级与价格", "Classes and prices"),
    way("/desk/hours", "开放时间", "Hours"),
    way("/desk/roster", "排班", "Roster"),
    way("/desk/conflicts", "冲突", "Conflicts"),
    way("/desk/guidance", "入户指导", "Guidance at home"),
    way("/desk/statements", "结算单", "Statements"),
    way("/desk/ratings", "评价", "Ratings"),
];

/// Managers' alone, of the desk's ways.
const MANAGERS: &[&str] = &["/desk/ratings"];

/// See the module. Anybody has one; it says nothing about what the caller may do.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    pub(super) language: Language,
    pub(super) english: bool,
    pub(super) area: Area,
    path: String,
    query: String,
    /// Who is signed in, if somebody is.
    pub(super) role: Option<Role>,
    /// The account, and the centre of a carer or manager; empty without.
    pub(super) account: String,
    pub(super) centre: String,
    /// What forms carry; empty without a sign-in.
    pub(super) csrf: String,
    /// The page that a form was sent from, if this answers one: its own address can't be asked for again.
    from: Option<String>,
}

impl Shell {
    /// Of a request.
    pub(super) fn of(req: &HttpRequest) -> Self {
        let chosen = req.cookie(LANGUAGE);
        let language = chosen.map_or_else(|| language(req.headers()), |cookie| of_word(cookie.value()));
        let (area, path) = (Area::of(req.path()), req.path().to_owned());
        let held = req.app_data::<Data<Ctx>>().and_then(|ctx| Some((ctx, cookie::held(ctx, req)?)));
        let (role, csrf) = match &held {
            Some((ctx, claims)) => (Some(claims.role), cookie::csrf(ctx, claims.sid)),
            None => (None, String::new()),
        };
        let account = held.as_ref().map(|(_, claims)| claims.sub.clone()).unwrap_or_default();
        let centre = held.and_then(|(_, claims)| claims.ctr).map(|id| id.to_string()).unwrap_or_default();
        let from = (!req.method().is_safe()).then(|| former(req).unwrap_or_else(|| area.home().to_owned()));
        let (english, query) = (language.is_english(), req.query_string().to_owned());
        Self { language, english, area, path, query, role, account, centre, csrf, from }
    }

    /// Whether the page answers a form: no address shows it again.
    pub(super) const fn answers_a_form(&self) -> bool {
        self.from.is_some()
    }

    /// The same for somebody whose sign-in is over, whatever the cookie says.
    pub(super) fn without_sign_in(self) -> Self {
        Self { role: None, account: String::new(), centre: String::new(), csrf: String::new(), ..self }
    }

    /// The same for somebody who has just signed in.
    pub(super) fn signed_in(&self, role: Role, csrf: String) -> Self {
        Self { role: Some(role), csrf, ..self.clone() }
    }

    /// One of two texts of ours.
    pub(super) fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::English => en,
            Language::Hans => zh,
            Language::Hant => hant::known(zh),
        }
    }

    /// The same of texts that were made now.
    pub(super) fn told(&self, text: &Text) -> String {
        text.in_language(self.language).into_owned()
    }

    /// The page, whatever is asked of it.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The page's own address.
    pub(super) fn here(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// Whether the page is asked for as it is, without a query.
    pub(super) fn is_plain(&self) -> bool {
        self.query.is_empty()
    }

    /// What the query says of a name.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    }

    /// The page's own address with some of its query otherwise; without what was just done.
    pub(super) fn with(&self, changes: &[(&str, &str)]) -> String {
        let kept = form_urlencoded::parse(self.query.as_bytes())
            .filter(|(name, _)| name != "done" && !changes.iter().any(|(changed, _)| changed == name));
        let new = changes.iter().filter(|(_, value)| !value.is_empty());
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).extend_pairs(new.copied()).finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    /// What the query filters by: the rest says which page, in which order, and what was just done.
    pub(super) fn filter_pairs(&self) -> Vec<(String, String)> {
        let rest = ["cursor", "limit", "sort", "done", "as", "table", FIND, FIRST_ROW];
        let kept = form_urlencoded::parse(self.query.as_bytes())
            .filter(|(name, value)| !value.is_empty() && !rest.contains(&&**name))
            // Of a page's second table.
            .filter(|(name, _)| !name.ends_with("_cursor") && !name.ends_with("_row"));
        kept.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    /// The same as a query.
    pub(super) fn filters(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.filter_pairs()).finish()
    }

    /// Some of its query, for another address.
    pub(super) fn only(&self, names: &[&str]) -> String {
        let kept = form_urlencoded::parse(self.query.as_bytes())
            .filter(|(name, value)| names.contains(&&**name) && !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }

    /// A word of a closed list: its Chinese term, or the word of the API with spaces.
    pub(super) fn word(&self, zh: &str, word: &str) -> String {
        if self.english { word.replace('_', " ") } else { self.t(zh, zh).to_owned() }
    }

    /// Whether a centre's manager is signed in: carers read what managers change.
    pub(super) fn manages(&self) -> bool {
        self.role == Some(Role::Manager)
    }

    /// Whether an administrator is signed in: officers read what administrators change.
    pub(super) fn administers(&self) -> bool {
        self.role == Some(Role::Admin)
    }

    pub(super) const fn lang(&self) -> &'static str {
        self.language.tag()
    }

    /// The ways that lead anywhere for who is signed in.
    pub(super) fn ways(&self) -> Vec<&'static Way> {
        let (ways, kept, keeps) = match self.area {
            Area::Bureau => (BUREAU, ADMINISTRATORS, self.administers()),
            Area::Desk => (DESK, MANAGERS, self.manages()),
        };
        ways.iter().filter(|way| keeps || !kept.contains(&way.href)).collect()
    }

    /// Whether a way leads to this page or one below it.
    pub(super) fn is_here(&self, way: &Way) -> bool {
        self.path == way.href || (way.href != self.area.home() && self.path.starts_with(&format!("{}/", way.href)))
    }

    /// The other languages: where to choose them, their tags, what they call themselves. The answer to a form has
    /// no address: the page of the form is shown.
    pub(super) fn languages(&self) -> Vec<(String, &'static str, &'static str)> {
        let back = self.from.clone().unwrap_or_else(|| self.here());
        let back = form_urlencoded::byte_serialize(back.as_bytes()).collect::<String>();
        let others = LANGUAGES.iter().filter(|(_, language, _)| *language != self.language);
        let way = |(word, language, name): &(&str, Language, &'static str)| {
            (format!("/console/language?to={word}&back={back}"), language.tag(), *name)
        };
        others.map(way).collect()
    }

    /// What was done before the page was asked for again, if it says so.
    pub(super) fn done(&self) -> Option<&'static str> {
        let done = form_urlencoded::parse(self.query.as_bytes()).find(|(name, _)| name == "done")?.1;
        Some(match &*done {
            "saved" => self.t("已保存。", "Saved."),
            "sent" => self.t("已提交。", "Submitted."),
            "matches" => self.t("证件号码一致。", "It is the guardian's document."),
            "differs" => {
                self.t("证件号码与家长登记的不一致，请核实身份。", "It isn't the document that the guardian noted.")
            }
            "not_noted" => self.t("家长没有登记台胞证。", "The guardian noted no such document."),
            "checked-in" => self.t("已签到。", "Checked in."),
            "again" => self.t(
                "这份表单之前已提交成功，没有重复执行。确需再做一次的，请刷新页面后再填写。",
                "This form was sent before and is done; nothing was done twice. To do it once more, load the page anew.",
            ),
            "ended" => self.t("已结束。", "Ended."),
            _ => return None,
        })
    }
}

impl FromRequest for Shell {
    type Error = Infallible;
    type Future = Ready<std::result::Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

/// Answers a page.
pub(super) fn show(page: &impl Template) -> Result<HttpResponse> {
    let body = page.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body))
}

/// After something was done: the page is asked for anew, so that a reload does nothing twice. `done` is a
/// word of [`Shell`]'s list, or empty.
pub(super) fn see(path: &str, done: &str) -> HttpResponse {
    let joint = if path.contains('?') { '&' } else { '?' };
    let path = if done.is_empty() { path.to_owned() } else { format!("{path}{joint}done={done}") };
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// An address of ours, from a query: nobody is sent elsewhere.
pub(super) fn own<'a>(path: Option<&'a str>, or: &'a str) -> &'a str {
    let ours = |path: &&str| {
        ["/bureau", "/desk"]
            .iter()
            .any(|area| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])))
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    path.filter(ours).unwrap_or(or)
}

/// The page of ours that a request comes from, as the browser says.
pub(super) fn former(req: &HttpRequest) -> Option<String> {
    let page = req.headers().get(REFERER)?.to_str().ok()?;
    let path = format!("/{}", page.split_once("://")?.1.split_once('/')?.1);
    (own(Some(&path), "") == path).then_some(path)
}

const LANGUAGE: &str = "language";

/// Words of the cookie, and what the languages call themselves.
const LANGUAGES: [(&str, Language, &str); 3] =
    [("zh", Language::Hans, "简体"), ("hant", Language::Hant, "繁體"), ("en", Language::English, "English")];

fn of_word(word: &str) -> Language {
    LANGUAGES.iter().find(|(known, ..)| *known == word).map_or(Language::Hans, |(_, language, _)| *language)
}

/// Remembers the language for a year, and goes back.
pub(super) fn remember_language(req: &HttpRequest, to: &str, back: Option<&str>) -> HttpResponse {
    let to = LANGUAGES.iter().map(|(word, ..)| *word).find(|word| *word == to).unwrap_or("zh");
    let secure = req.connection_info().scheme() == "https";
    let cookie = Cookie::build(LANGUAGE, to)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(Duration::days(365))
        .finish();
    let mut response = see(own(back, "/bureau"), "");
    // A cookie of ours can't fail to be written.
    let _ = response.add_cookie(&cookie);
    response
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for path in ["/bureau", "/bureau/satisfaction?by=centre", "/desk/scan", "/desk?date=2026-03-02"] {
            assert_eq!(own(Some(path), "/bureau"), path);
        }
        for path in
            ["//evil.example", "https://evil.example", "/desks", "/bureau\\evil", "/bureau/\r\nx: y", "/api/v1/me"]
        {
            assert_eq!(own(Some(path), "/bureau"), "/bureau", "{path}");
        }
    }
}
