"""The page /map in a real browser, at the width of a phone and of a desktop: what it draws is what the
API says, a tap moves the origin, and nothing comes from another host.

    python browser.py http://127.0.0.1:8080 [folder for pictures]

Prints a line a check and, last, how many passed and failed.
"""

import json
import math
import re
import sys
import time
import urllib.parse
import urllib.request

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
SIZES = {"390": (390, 844), "1280": (1280, 900)}
CHINESE = re.compile("[\u4e00-\u9fff]")

# Before anything of the page runs: what the policy stopped, and how often a position was asked for.
WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (e) => window.stopped.push(e.violatedDirective + " " + e.blockedURI));
window.positions = 0;
const ask = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
navigator.geolocation.getCurrentPosition = (...all) => { window.positions += 1; ask(...all); };
"""


class Page:
    """A page that notes what it asks for and what goes wrong."""

    def __init__(self, browser, base, size, language="zh-CN", path="/map", **more):
        self.base = base
        width, height = size
        self.context = browser.new_context(viewport={"width": width, "height": height}, locale=language,
                                           has_touch=width < 600, device_scale_factor=1, **more)
        self.page = self.context.new_page()
        self.requests, self.troubles = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("requestfailed", lambda request: "ERR_ABORTED" in str(request.failure) or self.troubles.append(request.url))
        self.page.add_init_script(WATCH)
        self.page.goto(base + path)
        self.shown(1)

    def until(self, condition):
        """Waits for it. Playwright's own wait evaluates text inside the page, which the policy forbids."""
        deadline = time.monotonic() + 20
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"never: {condition}; the page says {self.texts('#status')}"
            self.page.wait_for_timeout(20)

    def shown(self, times):
        """Waits until the answer number `times` is drawn."""
        self.until(f"Number(document.body.dataset.shown || 0) >= {times}")

    def times(self):
        return int(self.page.evaluate("document.body.dataset.shown"))

    def next(self, act):
        """Does something and waits for what it draws; gives the query of the circle."""
        before = self.times()
        act()
        self.shown(before + 1)
        return self.circle()

    def circle(self):
        url = [url for url in self.requests if "/api/v1/circle?" in url][-1]
        return {key: values[0] for key, values in urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).items()}

    def count(self, selector):
        return self.page.locator(selector).count()

    def texts(self, selector):
        return self.page.locator(selector).all_inner_texts()

    def clean(self):
        """Nothing from elsewhere, nothing stopped, nothing complained of."""
        own = self.base + "/"
        elsewhere = [url for url in self.requests if not url.startswith(own)]
        assert not elsewhere, f"asked another host: {elsewhere}"
        assert not self.troubles, f"the console says: {self.troubles}"
        stopped = self.page.evaluate("window.stopped")
        assert not stopped, f"the policy stopped: {stopped}"
        wide = self.page.evaluate("[document.scrollingElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], f"wider than the window: {wide}"

    def close(self):
        self.context.close()


def answer(base, path):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.load(opener.open(base + path, timeout=30))


def metres(a, b):
    north = (float(a["lat"]) - float(b["lat"])) * 111195
    east = (float(a["lng"]) - float(b["lng"])) * 111195 * math.cos(math.radians(float(a["lat"])))
    return east, north


def draws(browser, base, size):
    page = Page(browser, base, size)
    circle = answer(base, "/api/v1/circle?" + urllib.parse.urlencode(page.circle()))
    role = lambda role: [f for f in circle["features"] if f["properties"]["role"] == role]
    assert page.count("#map path.area") == len(role("area")) == 3, page.count("#map path.area")
    names = [f["properties"]["name"] for f in role("centre")]
    assert names and page.count("#map circle.dot.in") == len(names), names
    listed = [text.split("\n")[0] for text in page.texts("#centres .centre strong")]
    assert [text.replace("普惠", "") for text in listed] == names, (listed, names)
    box = page.page.locator("#map").bounding_box()
    for area in page.page.locator("#map path.area").all():
        drawn = area.bounding_box()
        assert drawn["width"] > 40 and drawn["height"] > 40, drawn
        assert box["x"] <= drawn["x"] and drawn["x"] + drawn["width"] <= box["x"] + box["width"], (box, drawn)
    assert f"{len(names)}家" in page.texts("#status")[0] and "估算" in page.texts("#status")[0], page.texts("#status")
    towns = page.page.locator("#place optgroup").evaluate_all("all => all.map(one => one.label)")
    assert sorted(towns) == sorted(["东园镇", "洛阳镇", "百崎回族乡", "张坂镇"]), towns

    # Those of the pages after the first are there too: here the server is asked for few at a time.
    def few(route):
        route.fulfill(json=answer(base, route.request.url.removeprefix(base).replace("limit=100", "limit=7")))

    page.page.route("**/api/v1/centres?*", few)
    page.page.reload()
    page.shown(1)
    centres = answer(base, "/api/v1/centres?limit=100")["items"]
    assert len(centres) > 7, "or there is one page only"
    page.until(f"document.querySelectorAll('#place optgroup option').length === {len(centres)}")
    page.clean()
    page.close()


def taps(browser, base, size):
    page = Page(browser, base, size)
    before = page.circle()
    box = page.page.locator("#map").bounding_box()
    tap = page.page.touchscreen.tap if size[0] < 600 else page.page.mouse.click
    # A third of the way up, an eighth to the right: nothing stands there in the demonstration.
    x, y = box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.25
    after = page.next(lambda: tap(x, y))
    east, north = metres(after, before)
    assert east > 50 and north > 100, (east, north)
    assert page.page.locator("#place").input_value() == "", "no longer at a place of the list"
    # By keyboard: a hundred metres north.
    page.page.locator("#map").focus()
    moved = page.next(lambda: page.page.keyboard.press("ArrowUp"))
    east, north = metres(moved, after)
    assert abs(north - 100) < 1 and abs(east) < 1, (east, north)
    page.clean()
    page.close()


def chooses(browser, base, size):
    page = Page(browser, base, size)
    first = page.page.locator("#centres .centre").first
    first.focus()
    page.page.keyboard.press("Enter")
    assert first.get_attribute("aria-pressed") == "true"
    chosen = page.page.locator("#map circle.chosen")
    assert chosen.count() == 1 and chosen.get_attribute("data-id") == first.get_attribute("data-id")
    query = page.next(lambda: page.page.locator("#mode").select_option("drive"))
    assert (query["mode"], query["minutes"]) == ("drive", "5,10,15"), query
    driven = page.count("#centres .centre")
    query = page.next(lambda: page.page.get_by_label("30", exact=True).check())
    assert query["minutes"] == "10,20,30", query
    assert page.count("#centres .centre") > driven > 0
    query = page.next(lambda: page.page.locator("#mode").select_option("pushchair"))
    assert (query["mode"], query["pushchair"]) == ("walk", "true"), query
    other = page.page.locator("#place option").last.get_attribute("value")
    before = page.circle()
    after = page.next(lambda: page.page.locator("#place").select_option(other))
    assert max(map(abs, metres(after, before))) > 500
    nameless = page.page.evaluate("""[...document.querySelectorAll("button, select, input, a, svg[tabindex]")]
        .filter((e) => !(e.innerText || e.getAttribute("aria-label") || (e.labels && e.labels.length))).length""")
    assert nameless == 0, f"{nameless} controls without a name"
    page.clean()
    page.close()


def tells_the_nearest(browser, base, size):
    page = Page(browser, base, size)
    page.page.get_by_label("5", exact=True).check()
    page.shown(2)
    page.page.locator("#map").focus()
    # Three kilometres to the south nobody has a centre.
    for _ in range(30):
        page.next(lambda: page.page.keyboard.press("ArrowDown"))
        if page.count("#centres .centre") == 0:
            break
    assert page.count("#nearest .centre") == 3 and page.page.locator("#nearest").is_visible()
    assert "最近的一家" in page.texts("#none")[0], page.texts("#none")
    page.clean()
    page.close()


def says_what_is_estimated(browser, base, size):
    """With ways of an engine that draws no area, and names that are hard to draw."""
    page = Page(browser, base, size)
    whole = "一二三四五六七八九十一二三\U00020bb7"
    names = ["（全在括号里）", whole + "W" * 300]

    def altered(route):
        circle = answer(base, route.request.url.removeprefix(base))
        centres = [f["properties"] for f in circle["features"] if f["properties"]["role"] == "centre"]
        for centre in centres:
            centre["method"] = "network"
        for centre, name in zip(centres, names):
            centre["name"] = name
        route.fulfill(json=circle)

    page.page.route("**/api/v1/circle?*", altered)
    page.next(lambda: page.page.locator("#mode").select_option("cycle"))
    status = page.texts("#status")[0]
    assert "时间按路网计算，范围按直线距离估算" in status, status
    for at, label in enumerate(["（全在括号里）", whole]):
        page.page.locator("#centres .centre").nth(at).click()
        words = page.page.locator("#map text.word").all_text_contents()
        assert label in words, words
    page.clean()
    page.close()


def finds_the_position_on_a_tap_only(browser, base, size):
    position = {"longitude": 118.7345, "latitude": 24.9431}
    page = Page(browser, base, size, geolocation=position, permissions=["geolocation"])
    assert page.page.evaluate("window.positions") == 0
    query = page.next(lambda: page.page.locator("#locate").click())
    assert page.page.evaluate("window.positions") == 1
    assert (query["lng"], query["lat"], query["coord"]) == ("118.734500", "24.943100", "wgs84"), query
    assert "118." not in page.page.url, "where somebody stands is not in the address"
    page.clean()
    page.close()
    page = Page(browser, base, size, permissions=[])
    page.page.locator("#locate").click()
    page.until("document.getElementById('status').textContent.includes('没有获得位置')")
    page.clean()
    page.close()


def speaks_english(browser, base, size):
    for page in [Page(browser, base, size, path="/map?lang=en"), Page(browser, base, size, language="en-GB")]:
        assert page.page.evaluate("document.documentElement.lang") == "en"
        own = page.texts("h1, h2, label, legend, button:not(.centre), #help, #status, .centre > span")
        own = [text for text in own if CHINESE.search(text)]
        assert not own and "Quanxiangtuo" in page.page.title(), own
        page.clean()
        page.close()


def stops_what_is_foreign(browser, base, size):
    """That the checks above see what they look for."""
    page = Page(browser, base, size)
    page.page.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)")
    page.page.evaluate("""() => { const s = document.createElement("script"); s.textContent = "window.ran = 1";
        document.body.append(s); }""")
    page.until("window.stopped.length >= 2")
    assert page.page.evaluate("window.ran") is None
    try:
        page.clean()
    except AssertionError:
        page.close()
        return
    raise AssertionError("a foreign request and script went unseen")


CHECKS = [draws, taps, chooses, tells_the_nearest, says_what_is_estimated,
          finds_the_position_on_a_tap_only, speaks_english, stops_what_is_foreign]


def picture(browser, base, name, size, folder):
    page = Page(browser, base, size)
    page.until("document.fonts.status === 'loaded'")
    page.page.screenshot(path=f"{folder}/map-{name}.png")
    page.close()


def main(base, folder=None):
    passed = failed = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for name, size in SIZES.items():
            if folder:
                picture(browser, base, name, size, folder)
                continue
            for check in CHECKS:
                try:
                    check(browser, base, size)
                    passed += 1
                    print(f"browser, {name} px: {check.__name__} ... ok", flush=True)
                except Exception as error:  # noqa: BLE001: whatever it is, the check failed
                    failed += 1
                    print(f"browser, {name} px: {check.__name__} ... FAILED: {type(error).__name__} {error}", flush=True)
        browser.close()
    if not folder:
        print(f"browser: {passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
