"""The consoles /bureau and /desk in a real browser, at the width of a phone and of a desktop: a voucher goes from
the officer's campaign to the family's screen, the desk's camera and the officer's table; a lost network redeems
once; everything by keyboard; axe-core finds nothing serious.

    python consoles.py http://127.0.0.1:8080 [folder for pictures]

Prints a line a check and, last, how many passed and failed.
"""

import base64
import io
import itertools
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request

import openpyxl
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from browser import ARGUMENTS, SIZES

PASSWORD = "tuoyu-demo-2026"
TODAY = "2026-03-02"
WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (e) => window.stopped.push(e.violatedDirective + " " + e.blockedURI));
"""
NAMES = itertools.count(1)
# A picture of the code, twice a camera's usual size of it, as luma of a frame.
FRAME = """async (png) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const context = canvas.getContext("2d");
  context.fillStyle = "#999";
  context.fillRect(0, 0, 640, 480);
  context.drawImage(image, 160, 80, 320, 320);
  const { data } = context.getImageData(0, 0, 640, 480);
  let luma = "";
  for (let i = 0; i < data.length; i += 4) luma += String.fromCharCode(data[i]);
  return btoa(luma);
}"""


class Api:
    """A caller of the API."""

    def __init__(self, base, path, body):
        self.base, self.token = base, None
        self.user = self.post(path, body)
        self.token = self.user["access_token"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + "/api/v1" + path, method=method)
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        data = None
        if body is not None:
            request.add_header("Content-Type", "application/json")
            data = json.dumps(body).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            answer = opener.open(request, data, timeout=30)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from None
        return answer.read()

    def get(self, path):
        return json.loads(self.call("GET", path))

    def post(self, path, body):
        return json.loads(self.call("POST", path, body))


def staff(base, name):
    return Api(base, "/auth/staff", {"username": name, "password": PASSWORD})


class Family:
    """A family with a child and a voucher of a campaign that an officer has just opened."""

    def __init__(self, base):
        name = f"consoles{next(NAMES)}"
        self.api = Api(base, "/auth/wechat", {"code": f"dev:{name}"})
        consent = {"version": "2026-12", "purposes": ["booking", "ratings"]}
        child = {"name": "小米", "birth_date": "2024-09-02", "township": "洛阳镇", "consent": consent}
        self.child = self.api.post("/me/children", child)["id"]

    def claims(self, base):
        officer = staff(base, "officer")
        campaign = officer.post("/bureau/campaigns", {
            "name": "浏览器检查批次", "description": "每张券15天。", "quota": 10, "units_per_voucher": 15,
            "face_value_fen": 8000, "claim_from": "2026-03-01T00:00:00+08:00", "claim_until": "2026-06-01T00:00:00+08:00",
            "valid_days": 90, "first_time_only": False, "fund_source": "district", "fund_category": "publicity"})
        officer.post(f"/bureau/campaigns/{campaign['id']}/open", {})
        self.voucher = self.api.post(f"/campaigns/{campaign['id']}/vouchers", {"child_id": self.child})["id"]
        return self

    def code(self):
        return self.api.get(f"/vouchers/{self.voucher}/code")["code"]

    def used(self):
        return self.api.get(f"/vouchers/{self.voucher}")["units_used"]

    def comes_today(self, base, begins, ends):
        centre = staff(base, "carer").user["user"]["centre_id"]
        return self.api.post("/bookings", {"child_id": self.child, "centre_id": centre, "care_type": "temporary",
                                           "start_date": TODAY, "from": begins, "to": ends})


class Console:
    """A page of a console that notes what goes wrong."""

    def __init__(self, browser, base, size, area, user, **more):
        self.base, self.area = base, area
        width, height = size
        self.context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN",
                                           has_touch=width < 600, device_scale_factor=1, **more)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15000)
        self.requests, self.troubles, self.code = [], [], None
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.add_init_script(WATCH)
        self.page.goto(f"{base}/{area}")
        if user:
            self.page.fill("#username", user)
            self.page.fill("#password", PASSWORD)
            self.page.click("main button")
            self.page.wait_for_url(f"{base}/{area}")

    def until(self, condition, seconds=20):
        """Waits for it. Playwright's own wait evaluates text inside the page, which the policy forbids."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"never: {condition}; {self.page.inner_text('main')[:400]}"
            self.page.wait_for_timeout(50)

    def waiting(self):
        return json.loads(self.page.evaluate("localStorage.getItem('quanxiangtuo.waiting')") or "[]")

    def clean(self):
        """Nothing from elsewhere, nothing stopped, no error, nothing wider than the window."""
        elsewhere = [url for url in self.requests if not url.startswith((self.base + "/", "blob:"))]
        assert not elsewhere, f"asked another host: {elsewhere}"
        assert not self.troubles, f"the page says: {self.troubles}"
        stopped = self.page.evaluate("window.stopped")
        assert not stopped, f"the policy stopped: {stopped}"
        wide = self.page.evaluate("[document.scrollingElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], f"{self.page.url} is wider than the window: {wide}"
        assert not [url for url in self.requests if self.code and self.code in url], "codes travel in bodies only"

    def close(self):
        self.context.close()


def scans_with_the_camera(play, browser, base, size):
    family = Family(base).claims(base)
    blank = browser.new_page()
    png = family.api.call("GET", f"/vouchers/{family.voucher}/code.png")
    luma = base64.b64decode(blank.evaluate(FRAME, base64.b64encode(png).decode()))
    blank.close()
    with tempfile.NamedTemporaryFile(suffix=".y4m") as video:
        video.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + 10 * (b"FRAME\n" + luma + b"\x80" * (640 * 480 // 2)))
        video.flush()
        camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                  f"--use-file-for-fake-video-capture={video.name}"]
        own = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS + camera)
        desk = Console(own, base, size, "desk", "carer")
        desk.page.goto(base + "/desk/scan")
        desk.page.click("#camera")
        desk.page.wait_for_selector("#redeem:visible")
        looked = desk.page.inner_text("#answer")
        assert "可以核销" in looked and "剩余15天" in looked and "小*" in looked, looked
        assert family.used() == 0, "a look changes nothing"
        desk.page.click("#redeem")
        desk.page.wait_for_selector("#answer.good")
        answer = desk.page.inner_text("#answer")
        assert "核销成功" in answer and "剩余14天" in answer, answer
        assert family.used() == 1 and desk.waiting() == []
        desk.until("document.querySelector('#live .visit details') !== null")
        # The same code is still before the camera: nothing more happens until the next is asked for.
        desk.page.click("#next")
        desk.page.wait_for_timeout(700)
        assert desk.page.inner_text("#answer") == "" and family.used() == 1
        desk.clean()
        desk.close()
        own.close()


def redeems_once_after_a_lost_network(_, browser, base, size):
    family = Family(base).claims(base)
    desk = Console(browser, base, size, "desk", "carer")
    desk.page.goto(base + "/desk/scan")
    # As a hand scanner does: it types where the cursor stands, and ends with Enter.
    desk.until("document.activeElement.id === 'code'")
    desk.code = family.code()
    desk.page.keyboard.type(desk.code)
    desk.page.keyboard.press("Enter")
    desk.until("!['', '正在查询…'].includes(document.querySelector('#answer').innerText)")
    assert desk.page.is_visible("#redeem"), desk.page.inner_text("#answer")

    def loses_the_answer(route):
        route.fetch()
        route.abort()

    desk.page.route("**/api/v1/desk/redemptions", loses_the_answer)
    desk.page.click("#redeem")
    desk.page.wait_for_selector("#answer.wait")
    desk.context.set_offline(True)
    desk.page.wait_for_selector("#queue:visible")
    assert "等待发送，券码有效至" in desk.page.inner_text("#queue") and "小*" in desk.page.inner_text("#queue")
    kept = desk.waiting()
    assert len(kept) == 1 and kept[0]["text"] == desk.code and kept[0]["state"] == "waiting", kept
    assert family.used() == 1, "the server had it"
    # The page is opened again while nothing gets through yet; another code is looked at meanwhile.
    desk.page.route("**/api/v1/desk/redemptions", lambda route: route.abort())
    desk.context.set_offline(False)
    desk.page.reload()
    desk.page.wait_for_selector("#queue:visible")
    assert desk.waiting()[0]["id"] == kept[0]["id"]
    second = Family(base).claims(base)
    desk.page.keyboard.type(second.code())
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("#redeem:visible")
    desk.page.unroute_all()
    # What waited is told in its own list, and never takes the place of what is looked at.
    desk.page.wait_for_selector("#queue li.good")
    assert "剩余15天" in desk.page.inner_text("#answer") and desk.page.is_visible("#redeem"), desk.page.inner_text("#answer")
    assert family.used() == 1, "once"
    # Signing out with nothing waiting asks nothing; what was read is tapped away.
    desk.page.click("#queue button")
    assert desk.waiting() == [] and not desk.page.is_visible("#queue")
    # Two wait; the first is refused, and that stays until somebody has read it.
    desk.page.route("**/api/v1/desk/redemptions", lambda route: route.abort())
    desk.page.click("#redeem")
    desk.page.wait_for_selector("#answer.wait")
    second.api.call("GET", f"/vouchers/{second.voucher}")
    staff(base, "officer").post(f"/bureau/vouchers/{second.voucher}/revoke", {"reason": "浏览器检查"})
    third = Family(base).claims(base)
    # The next code overtakes what stands there, whatever has the focus.
    desk.page.evaluate("document.activeElement.blur()")
    desk.page.keyboard.type(third.code())
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("#redeem:visible")
    desk.page.click("#redeem")
    desk.page.wait_for_selector("#answer.wait")
    assert [one["state"] for one in desk.waiting()] == ["waiting", "waiting"]
    # Who leaves now is asked first.
    asked = []
    desk.page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    desk.page.locator("form[action='/desk/sign-out'] button").click()
    assert asked and "2项等待发送" in asked[0], asked
    desk.page.unroute_all()
    desk.page.wait_for_selector("#answer.good")
    assert "未核销" in desk.page.inner_text("#queue li.bad"), desk.page.inner_text("#queue")
    assert (second.used(), third.used()) == (0, 1)
    desk.page.reload()
    assert "未核销" in desk.page.inner_text("#queue li.bad"), "it stays"
    desk.page.click("#queue li.bad button")
    stored = desk.page.evaluate("JSON.stringify(localStorage)")
    assert stored == "{}", stored
    # Refused is an answer too: it isn't sent again.
    desk.page.keyboard.type(family.code())
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("#answer.bad")
    # A visit's own code checks the child in; where the answer is lost it waits in the list while the next family is
    # looked at, and is done once.
    booking = family.comes_today(base, "11:00", "12:00")
    shown = family.api.get(f"/bookings/{booking['id']}/visits/{booking['visits'][0]['id']}/code")
    desk.page.click("#next")
    desk.until("document.activeElement.id === 'code'")
    desk.page.route("**/api/v1/desk/check-ins", loses_the_answer)
    desk.page.keyboard.type(shown["code"])
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("#answer.wait")
    desk.page.click("#next")
    assert [one["kind"] for one in desk.waiting() if one["state"] == "waiting"] == ["check-in"], desk.waiting()
    desk.page.unroute_all()
    told = desk.page.wait_for_selector("#queue li.good").inner_text()
    assert "已提交" in told and "签到" in told, told
    assert family.api.get(f"/bookings/{booking['id']}")["visits"][0]["status"] == "in_care"
    assert desk.page.inner_text("#answer") == ""
    desk.page.click("#queue li.good button")
    assert desk.waiting() == []
    desk.clean()
    desk.close()


def officers_read_what_families_say(_, browser, base, size):
    family = Family(base).claims(base)
    answers = "() => Number([...document.querySelectorAll('.facts div')].find((d) => d.innerText.includes('有效评价')).querySelector('dd').innerText)"
    bureau = Console(browser, base, size, "bureau", "officer")
    before = bureau.page.evaluate(answers)
    carer = staff(base, "carer")
    redeemed = carer.post("/desk/redemptions", {"code": family.code(), "request_id": f"browser-{family.voucher}"})
    family.api.post("/ratings", {"redemption_id": redeemed["id"], "level": 5})
    # The page remembers its figures for two seconds.
    bureau.page.wait_for_timeout(2100)
    bureau.page.reload()
    assert bureau.page.evaluate(answers) == before + 1
    bureau.page.goto(base + "/bureau/satisfaction?by=township")
    table = bureau.page.get_by_role("region", name="按乡镇").first
    shown = table.locator("tbody tr").evaluate_all("rows => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()))")
    href = bureau.page.locator("a[href*='satisfaction.xlsx'][href*='by=township']").first.get_attribute("href")
    answer = bureau.context.request.get(base + href)
    assert answer.ok, answer.text()
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body())).worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[16] == "乡镇" and row[0] != "overall"]
    percent = lambda rate: "—" if rate is None else f"{rate * 100:.2f}%"
    written = [[str(row[1]), str(row[4]), str(row[5]), percent(row[6])] for row in rows]
    assert written and [row[:4] for row in shown] == written, (shown, written)
    imports_a_table(bureau, base)
    goes_back_and_sends_again(bureau, base)
    bureau.clean()
    bureau.close()


def goes_back_and_sends_again(bureau, base):
    """Who goes back finds the form that was sent: sent again it is done once, and says so."""
    titles = lambda: [one["title"] for one in staff(base, "officer").get("/bureau/articles?limit=100")["items"]]
    bureau.page.goto(base + "/bureau/articles/new")
    title = f"返回检查{next(NAMES)}"
    bureau.page.fill("input[name=title]", title)
    bureau.page.fill("textarea[name=text]", "第一段")
    bureau.page.click("main button")
    bureau.page.wait_for_url("**?done=saved")
    bureau.page.go_back()
    assert bureau.page.input_value("input[name=title]") == title
    bureau.page.click("main button")
    bureau.page.wait_for_url("**?done=again")
    assert "没有重复执行" in bureau.page.inner_text("main") and titles().count(title) == 1


def imports_a_table(bureau, base):
    """As the browser itself packs a form with a file."""
    def upload(text):
        bureau.page.goto(base + "/bureau/imports")
        bureau.page.select_option("select[name=table]", "calendar")
        file = {"name": "节假日.csv", "mimeType": "text/csv", "buffer": text.encode()}
        bureau.page.set_input_files("input[type=file]", file)
        with bureau.page.expect_navigation():
            bureau.page.get_by_role("button", name="检查").click()
        return bureau.page.inner_text("main")

    assert "没有写入任何数据" in upload("日期,类型,名称\n昨天,法定节假日,国庆\n")
    row = bureau.page.get_by_role("region", name="问题清单").locator("tbody tr").first
    assert row.locator("td").nth(0).inner_text() == "2" and row.locator("td").nth(1).inner_text() == "日期"
    assert "检查通过" in upload("日期,类型,名称\n2026-10-01,法定节假日,国庆\n")
    bureau.page.get_by_role("button", name="确认导入").click()
    bureau.page.wait_for_url("**/bureau/imports?done=saved")
    # Called off while it is looked through.
    row = "园{n},东园镇,民办托育机构,民办,{n}号,118.80,24.89,wgs84\n"
    many = "机构名称,乡镇,类别,性质,地址,经度,纬度,坐标系\n" + "".join(row.format(n=n) for n in range(2000))
    bureau.page.goto(base + "/bureau/imports")
    bureau.page.select_option("select[name=table]", "centres")
    bureau.page.set_input_files("input[type=file]", {"name": "机构.csv", "mimeType": "text/csv", "buffer": many.encode()})
    # In the moment in which it is sent: Playwright's own click waits until the answer is there.
    bureau.page.evaluate("addEventListener('submit', () => setTimeout(() => document.querySelector('#work button').click()))")
    bureau.page.get_by_role("button", name="检查").click()
    bureau.page.get_by_text("操作已取消").first.wait_for()


def works_by_keyboard_and_by_itself(_, browser, base, size):
    for begins, ends in [("10:00", "12:00"), ("10:30", "12:30"), ("11:00", "13:00")]:
        Family(base).comes_today(base, begins, ends)
    desk = Console(browser, base, size, "desk", None)
    focused = lambda: desk.page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")

    def tab_to(what):
        for _ in range(80):
            desk.page.keyboard.press("Tab")
            if what(focused()):
                ring = desk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert ring != "none", "the focus is seen"
                return
        raise AssertionError("not reached by keyboard")

    tab_to(lambda at: at == "username")
    desk.page.keyboard.type("carer")
    tab_to(lambda at: at == "password")
    desk.page.keyboard.type(PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(base + "/desk")
    tab_to(lambda at: at.startswith("签到"))
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/desk?done=saved")
    assert "已保存" in desk.page.inner_text("main")
    there = desk.page.locator(".visit", has_text="在园").count()
    assert there >= 1
    # A lost network keeps what is done, and the page comes back by itself.
    desk.context.set_offline(True)
    desk.page.locator("button", has_text="签到").first.click()
    desk.page.wait_for_selector("#queue:visible")
    assert "签到" in desk.page.inner_text("#queue") and desk.page.url.startswith(base + "/desk")
    desk.context.set_offline(False)
    desk.page.wait_for_selector("#queue li.good")
    desk.until(f"[...document.querySelectorAll('.visit')].filter((v) => v.innerText.includes('在园')).length === {there + 1}")
    desk.page.click("#queue li.good button")
    # Somebody else books: the page shows it by itself, unless somebody is typing.
    other = Family(base)
    before = desk.page.locator(".visit").count()
    other.comes_today(base, "14:00", "16:00")
    desk.page.locator(".visit summary").first.click()
    desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    desk.page.wait_for_timeout(500)
    assert desk.page.locator(".visit").count() == before, "nothing moves under who is typing"
    desk.page.locator(".visit summary").first.click()
    # Nobody's doing: the sign-in ends as if the page hadn't asked.
    with desk.page.expect_request(lambda request: request.headers.get("x-refresh") == "1"):
        desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    desk.until(f"document.querySelectorAll('.visit').length === {before + 1}")
    # When it has ended, no name stays on the screen.
    desk.context.clear_cookies()
    desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    desk.page.wait_for_url("**/desk/sign-in?*")
    desk.clean()
    desk.close()


# After ` > `: the page that the first of such links leads to.
PAGES = {
    ("bureau", "admin"): ["/bureau", "/bureau/satisfaction", "/bureau/articles", "/bureau/articles/new", "/bureau/guidance",
                          "/bureau/indicators", "/bureau/indicators/satisfaction",
                          "/bureau/plan-inputs", "/bureau/plan-inputs/residents",
                          "/bureau/registers", "/bureau/registers/records", "/bureau/imports",
                          # Whatever the first of a list leads to.
                          "/bureau/centres?state=all > tbody a", "/bureau/centres > tbody a > a[href*='/carers/']",
                          "/bureau/support", "/bureau/support > main td a", "/bureau/support/rates",
                          "/bureau/events", "/bureau/events > main td a", "/bureau/events/new", "/bureau/funds",
                          "/bureau/redemptions", "/bureau/redemptions/refused", "/bureau/keys", "/bureau/webhooks",
                          "/bureau/adjustments"],
    ("desk", "manager"): ["/desk", f"/desk?date=2026-03-03", "/desk/scan", "/desk/bookings", "/desk/bookings?status=confirmed",
                          "/desk/waitlist", "/desk/centre", "/desk/classes", "/desk/hours", "/desk/roster", "/desk/conflicts",
                          "/desk/ratings", "/desk/statements", "/desk/statements/nothing", "/desk/guidance"],
}


def is_readable_by_all(_, browser, base, size):
    officer, centre = staff(base, "officer"), staff(base, "carer").user["user"]["centre_id"]
    officer.post("/bureau/support-sheets", {"kind": "incentive", "centre_id": centre, "month": "2026-02", "fund_source": "district"})
    officer.post("/bureau/events", {"kind": "lecture", "title": "育儿讲座", "text": "请带疫苗本。", "place": "文化站", "places": 30,
                                    "starts_at": "2026-03-20T15:00:00+08:00", "ends_at": "2026-03-20T17:00:00+08:00"})
    found = []
    for (area, user), paths in PAGES.items():
        console = Console(browser, base, size, area, user)
        for path in paths:
            path, *links = path.split(" > ")
            console.page.goto(base + path)
            for link in links:
                console.page.goto(base + console.page.locator(link).first.get_attribute("href"))
            console.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            console.clean()
            for one in Axe().run(console.page).response["violations"]:
                if one["impact"] in ("serious", "critical"):
                    found.append(f"{path}: {one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}")
        console.page.goto(f"{base}/console/language?to=en&back=/{area}")
        assert console.page.evaluate("document.documentElement.lang") == "en"
        console.page.goto(f"{base}/console/language?to=hant&back=/{area}")
        assert console.page.evaluate("document.documentElement.lang") == "zh-Hant"
        console.close()
    page = Console(browser, base, size, "desk", None)
    found += [f"sign-in: {one['id']}" for one in Axe().run(page.page).response["violations"]
              if one["impact"] in ("serious", "critical")]
    page.close()
    assert not found, "\n".join(found)


CHECKS = [scans_with_the_camera, redeems_once_after_a_lost_network, officers_read_what_families_say,
          works_by_keyboard_and_by_itself, is_readable_by_all]


OFFICERS_PAGES = [("overview", "/bureau"), ("satisfaction", "/bureau/satisfaction?by=township"),
                  ("indicators", "/bureau/indicators"), ("coverage", "/bureau/coverage"), ("centres", "/bureau/centres"),
                  ("statements", "/bureau/statements")]


def pictures(browser, base, folder):
    family = Family(base).claims(base)
    for begins, ends in [("10:00", "12:00"), ("14:00", "16:30")]:
        Family(base).comes_today(base, begins, ends)
    for name, size in SIZES.items():
        desk = Console(browser, base, size, "desk", "carer")
        if name == "390":
            desk.page.locator("button", has_text="签到").first.click()
            desk.page.goto(base + "/desk")
        desk.page.screenshot(path=f"{folder}/desk-{name}.png")
        if name == "390":
            desk.page.goto(base + "/desk/scan")
            desk.page.fill("#code", family.code())
            desk.page.keyboard.press("Enter")
            desk.page.click("#redeem")
            desk.page.wait_for_selector("#answer.good")
            desk.until("document.querySelector('#live .visit') !== null")
            desk.page.screenshot(path=f"{folder}/desk-scan-{name}.png")
        desk.close()
    bureau = Console(browser, base, SIZES["1280"], "bureau", "officer")
    for name, path in OFFICERS_PAGES:
        bureau.page.goto(base + path)
        bureau.page.screenshot(path=f"{folder}/bureau-{name}-1280.png")
    bureau.close()


def main(base, folder=None):
    passed = failed = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        if folder:
            pictures(browser, base, folder)
            browser.close()
            return 0
        for name, size in SIZES.items():
            for check in CHECKS:
                try:
                    check(play, browser, base, size)
                    passed += 1
                    print(f"consoles, {name} px: {check.__name__} ... ok", flush=True)
                except Exception as error:  # noqa: BLE001: whatever it is, the check failed
                    failed += 1
                    print(f"consoles, {name} px: {check.__name__} ... FAILED: {type(error).__name__} {error}", flush=True)
        browser.close()
    print(f"consoles: {passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
