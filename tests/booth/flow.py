"""One respondent's browser, driven beneath the screens: the session of client/src/booth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from cli.respondents import Respondents
from mpcengine.protocol.canonical import JSON
from tests.booth.survey import OpenSurvey
from tests.booth.window import Window
from tests.end_to_end.harness import QUIET, one_question

# Opens a session beside the one of the screens, or says why there is none.
_OPEN = """async ([module, surveyId]) => {
  const { openSession } = await import(module);
  window.steps = [];
  try {
    window.flow = await openSession({
      relay: location.origin,
      surveyId,
      page: location.href.split("#")[0],
      language: document.documentElement.lang,
    });
    return null;
  } catch (error) {
    return { code: error.code, node: error.node, where: error.where, canRetry: error.canRetry };
  }
}"""
_CALL = """async ([method, given]) => {
  const flow = window.flow;
  const told = ["send", "correct", "resume", "deliver"].includes(method);
  if (told) given.push((step) => window.steps.push([step.step, step.node ?? "", step.state]));
  try {
    const isCalled = typeof flow[method] === "function";
    return { found: (isCalled ? await flow[method](...given) : flow[method]) ?? null };
  } catch (error) {
    if (!("canRetry" in error)) throw error;
    const { code, node, where, canRetry } = error;
    return { error: code, node, where, canRetry };
  }
}"""
# Everything a page of this origin can keep anything in.
KEPT = """async () => {
  const databases = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    databases[name] = {};
    for (const shelf of database.objectStoreNames) {
      const store = database.transaction(shelf).objectStore(shelf);
      const asked = [store.getAllKeys(), store.getAll()].map(
        (request) =>
          new Promise((resolve) => {
            request.onsuccess = () => resolve(request.result);
          }),
      );
      const [keys, values] = await Promise.all(asked);
      keys.forEach((key, at) => { databases[name][key] = Object.keys(values[at]).sort(); });
    }
    database.close();
  }
  return {
    databases,
    session: { ...sessionStorage },
    local: { ...localStorage },
    caches: await caches.keys(),
    cookies: document.cookie,
    files: (await Array.fromAsync((await navigator.storage.getDirectory()).keys())).length,
  };
}"""
# What a tab goes through: at one point everything stands still for ever (the tab is about to be
# closed), or the network is away from there on until it is put back.
_BREAK = """(point) => {
  const [kind, number, when, how] = point.split(" ");
  let puts = 0, posts = 0;
  let tell;
  window.broken = new Promise((resolve) => { tell = resolve; });
  window.isAway = false;
  const never = () => new Promise(() => {});
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...given) {
    const isHere = kind === "put" && ++puts === Number(number);
    if (!isHere) return put.apply(this, given);
    // What calls this sets its own handlers first.
    queueMicrotask(() => {
      this.transaction.oncomplete = when === "after" ? () => tell() : null;
      if (when === "before") setTimeout(tell);
    });
    if (when === "before") return {};
    return put.apply(this, given);
  };
  const real = window.fetch;
  window.fetch = async (url, more) => {
    const isHere = kind === "post" && more?.method === "POST" && ++posts === Number(number);
    if (window.isAway) throw new TypeError("away");
    if (!isHere) return real(url, more);
    const answer = when === "after" ? await real(url, more) : null;
    await answer?.arrayBuffer();
    tell();
    if (how === "close") return never();
    window.isAway = true;
    throw new TypeError("away");
  };
}"""


@dataclass(slots=True, kw_only=True)
class Asked:
    """A published survey and the browsers of the people who answer it."""

    survey: OpenSurvey
    browser: Browser
    people: "list[Person]" = field(default_factory=list)

    def person(self, place: int, window: Window | None = None) -> "Person":
        """Return somebody with the code at ``place``, in her own browser or a given one."""
        own = window or Window(self.browser.new_context(), self.survey.origins, self.codes)
        self.people.append(Person(asked=self, place=place, window=own, page=own.page))
        return self.people[-1]

    @property
    def codes(self) -> list[str]:
        return self.survey.codes

    def leave(self) -> None:
        """Close every browser that was opened; nothing may have gone wrong in any."""
        for window in {id(one.window): one.window for one in self.people}.values():
            window.check()
            window.context.close()

    def others(self, pick: str, first: int, count: int) -> None:
        """Let people from ``first`` on answer without a browser."""
        respondents = Respondents(
            federation=self.survey.federation, manifest=self.survey.manifest
        )
        with QUIET.counting("", count) as counter:
            tickets = respondents.tickets(self.codes[first : first + count], counter)
            respondents.send(tickets, [{"pick": pick}] * count, counter)

    def result(self) -> JSON:
        """Close the survey and return its result."""
        self.survey.close()
        return self.survey.result()


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a code and a browser; ``page`` is the tab she looks at."""

    asked: Asked
    place: int
    window: Window
    page: Page

    @property
    def code(self) -> str:
        return self.asked.codes[self.place]

    def open(self, point: str = "") -> "Person":
        """Open the link in a new tab, in which everything breaks off at ``point``."""
        self.page = self.window.tab()
        self.page.set_default_timeout(60_000)
        self.page.goto(self.asked.survey.link(self.place))
        if point:
            self.page.evaluate(_BREAK, point)
        assert self.begin() is None
        return self

    def begin(self) -> dict[str, Any] | None:
        """Open a session in the newest tab; return why there is none."""
        manifest = self.asked.survey.manifest
        module = f"/booth/{manifest.booth.release}/booth/session.js"
        given = [module, manifest.survey_id]
        found: dict[str, Any] | None = self.page.evaluate(_OPEN, given)
        return found

    def call(self, method: str, *given: object) -> Any:
        """Return what a method or getter of the session gives; an error is a dictionary."""
        found = self.page.evaluate(_CALL, [method, list(given)])
        return found.get("found", found)

    def start(self, method: str, *given: object) -> None:
        """Call a method of the session without waiting; ``end`` waits."""
        self.page.evaluate(
            f"(all) => {{ window.going = ({_CALL})(all); }}", [method, list(given)]
        )

    def end(self) -> Any:
        """Return what the call that was started gives."""
        found = self.page.evaluate("() => window.going")
        return found.get("found", found)

    def send(self, answers: Mapping[str, JSON]) -> Any:
        return self.call("send", dict(answers), self.code)

    def go_on(self, answers: Mapping[str, JSON]) -> Any:
        """Do what the screens offer whoever comes back: send, or send again, or nothing."""
        state = self.state
        if state == "sealed":
            return self.call("resume")
        if state == "sent":
            return {"receipt": self.call("receipt")}
        return self.send(answers)

    def wait_broken(self) -> None:
        """Return once everything has broken off."""
        self.page.evaluate("() => window.broken")

    def back(self) -> None:
        """Bring the network back."""
        self.page.evaluate(
            "() => { window.isAway = false; dispatchEvent(new Event('online')); }"
        )

    @property
    def state(self) -> str:
        return str(self.call("state"))

    @property
    def steps(self) -> list[list[str]]:
        found: list[list[str]] = self.page.evaluate("() => window.steps")
        return found

    @property
    def kept(self) -> dict[str, Any]:
        """Return everything this tab's origin keeps."""
        found: dict[str, Any] = self.page.evaluate(KEPT)
        return found

    @property
    def attempt(self) -> list[str]:
        """Return the names of what is kept of the attempt; empty if nothing is."""
        found: list[str] = self.kept["databases"].get(self.database, {}).get("attempt", [])
        return found

    @property
    def database(self) -> str:
        """The name of the one database of this survey."""
        return f"drempel/{self.asked.survey.manifest.survey_id}"

    def fate(self) -> Any:
        return self.call("confirmations")


def options_survey(*options: str, min_count: int = 1) -> JSON:
    """Return a survey of one required question."""
    return one_question(options, min_count=min_count).to_json()
