// The web pages in a real browser, on a running cluster. The test of e2e that starts the
// cluster, with the objects named here, runs this.
//
// UI_LOCAL and UI_SECURE are the URLs of both ports. UI_STRANGER is a token of an account
// without rights, UI_VIEWER of one that may look at the namespace default. With
// UI_SCREENSHOTS, a folder, it writes pictures there.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const { UI_LOCAL: local, UI_SECURE: secure, UI_STRANGER: stranger, UI_VIEWER: viewer, UI_SCREENSHOTS: pictures } = process.env;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const views = ["Overview", "Pods", "Nodes", "Queue", "Services", "Workloads", "Volumes", "Mesos", "Health"];
const depends = ["color-contrast", "scrollable-region-focusable"]; // rules that depend on colours or width
const patience = 20_000;

let browser, complaints, asked;

before(async () => {
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
});
after(() => browser?.close());

/** Opens a page that notes what goes wrong in it, and whom it asks. */
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, ignoreHTTPSErrors: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  complaints = [];
  asked = new Set();
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => m.type() === "error" && !/status of 40[0139]|WebSocket connection/.test(m.text()) && complaints.push(m.text()));
  page.on("dialog", (d) => complaints.push(`a dialog: ${d.message()}`));
  page.on("request", (r) => asked.add(new URL(r.url()).origin));
  await page.goto(url);
  return page;
}

async function close(page) {
  await page.context().close();
  assert.deepEqual(complaints, []);
}

/** Writes a picture, in the format that is smallest for text. */
async function picture(page, name) {
  if (!pictures) return;
  const png = await page.screenshot(), blank = await browser.newPage();
  const webp = await blank.evaluate(async (url) => {
    const image = await createImageBitmap(await (await fetch(url)).blob()), canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.85).split(",")[1];
  }, "data:image/png;base64," + png.toString("base64"));
  await blank.close();
  writeFileSync(join(pictures, name + ".webp"), Buffer.from(webp, "base64"));
}

/** Goes to a view. A failure says what is there instead. */
async function view(page, name) {
  try {
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name }).click();
  } catch (e) {
    throw new Error(`there is no link to ${name}; the page says: ${await page.locator("body").innerText()}; ${complaints.join("; ")}`, { cause: e });
  }
}

/** Fails if axe finds something serious, by all its rules or these. */
async function accessible(page, what, rules) {
  const { violations } = await page.evaluate((values) => globalThis.axe.run(document, { resultTypes: ["violations"], ...(values && { runOnly: { type: "rule", values } }) }), rules);
  const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
  assert.deepEqual(serious.map((v) => `${what}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" ")}`), []);
}

/** Asks the API, past the pages. */
async function api(method, path, body) {
  const answer = await fetch(local + path, { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  return { code: answer.status, body: await answer.json() };
}

const pods = "/api/v1/namespaces/default/pods";
const pod = (name, rest = {}) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, ...rest }, spec: { schedulingGates: [{ name: "example.com/wait" }], containers: [{ name: "c", image: "none" }] } });

const settled = (page) => page.waitForFunction(() => !document.body.innerText.includes("Loading…"), null, { timeout: patience });

for (const [scheme, width] of [["light", 1200], ["dark", 360]]) {
  test(`every view is there and accessible, ${scheme}, ${width} pixels wide`, async () => {
    const page = await open(local + "/ui/", { colorScheme: scheme, viewport: { width, height: 760 } });
    const look = async (name) => {
      await settled(page);
      await accessible(page, name, scheme === "dark" ? depends : undefined);
      await picture(page, name.toLowerCase() + (scheme === "dark" ? "-narrow-dark" : ""));
    };
    await inject(page);
    for (const name of views) {
      await view(page, name);
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await look(name);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the window`);
    }
    await view(page, "Pods");
    await page.getByLabel("Name", { exact: true }).fill("talker");
    await page.getByRole("link", { name: "talker" }).click();
    await page.getByText("Started", { exact: true }).waitFor();
    await look("Pod");
    for (const tab of ["Logs", "Shell", "YAML"]) {
      await page.getByRole("link", { name: tab, exact: true }).click();
      if (tab === "Logs") await page.getByText("line 2").waitFor();
      if (tab === "Shell") await page.getByText("connected", { exact: true }).waitFor();
      await look(tab);
    }
    await view(page, "Nodes");
    await page.getByRole("row").nth(1).getByRole("link").first().click();
    await page.getByRole("button", { name: "Drain…" }).click();
    await page.getByRole("dialog").waitFor();
    await accessible(page, "a question");
    await page.getByRole("button", { name: "Cancel" }).click();
    await look("Node");
    assert.deepEqual([...asked], [local]);
    await close(page);
  });
}

/** axe is put in by the debugger: the pages themselves load nothing of others. */
async function inject(page) {
  await page.evaluate(readFileSync(axe, "utf8"));
}

test("why a pod is pending is found from the overview, by what is visible", async () => {
  const page = await open(local + "/ui/");
  await page.getByRole("link", { name: "Pod big" }).click();
  await page.getByRole("heading", { name: "Why it is pending" }).waitFor();
  await page.getByText(/Insufficient cpu/).first().waitFor();
  await page.getByText(/lack/).first().waitFor();
  await page.getByText("Place in the queue").waitFor();
  await picture(page, "pending");
  await close(page);
});

test("changes appear within half a second among a thousand pods", async () => {
  const page = await open(local + "/ui/#/pods");
  await page.getByText(/^1\d{3} pods$/).waitFor();
  assert.ok((await page.locator("tbody tr").count()) < 100, "all rows are drawn");
  await page.getByLabel("Name", { exact: true }).fill("live-");
  const took = [], names = [0, 1, 2, 3, 4].map((i) => `live-${Date.now().toString(36)}-${i}`);
  for (const name of names) {
    assert.equal((await api("POST", pods, pod(name))).code, 201);
    const began = Date.now();
    await page.getByRole("link", { name }).waitFor();
    took.push(Date.now() - began);
  }
  assert.equal((await api("DELETE", `${pods}/${names[0]}`)).code, 200);
  await page.getByRole("link", { name: names[0] }).waitFor({ state: "detached" });
  const median = took.sort((a, b) => a - b)[2];
  console.log(`changes appeared after ${took.join(", ")} ms`);
  assert.ok(median <= 500, `the median is ${median} ms`);
  await close(page);
});

test("a log is followed, and what is in it stays text", async () => {
  const page = await open(local + "/ui/#/pods/default/talker");
  await page.getByRole("link", { name: "Logs", exact: true }).click();
  const log = page.getByLabel("Log", { exact: true });
  const last = async () => Number((await log.innerText()).match(/line (\d+)/g)?.at(-1)?.slice(5) ?? 0);
  await page.getByText("following").waitFor();
  await page.waitForFunction(() => /line \d+/.test(document.querySelector(".log")?.textContent ?? ""));
  const now = await last();
  await page.waitForFunction((n) => document.querySelector(".log")?.textContent?.includes(`line ${n}`), now + 2);
  assert.match(await log.innerText(), /<img src=x onerror=/);
  assert.equal(await log.locator("img").count(), 0);
  await close(page);
});

test("a shell answers", async () => {
  const shows = (what) => page.waitForFunction((re) => new RegExp(re, "s").test(document.querySelector(".screen")?.textContent ?? ""), what)
    .catch(async (e) => assert.fail(`${e.message}: the screen has ${JSON.stringify(await page.locator(".screen").textContent())}`));
  const page = await open(local + "/ui/#/pods/default/talker?tab=shell");
  await page.getByText("connected", { exact: true }).waitFor();
  const screen = page.getByRole("textbox", { name: "Shell" });
  await shows("[#$]\\s*$");
  await screen.pressSequentially("echo $((6*7))x");
  await screen.press("Backspace");
  await screen.press("Enter");
  await shows("\\n42\\n.*[#$]\\s*$");
  await screen.pressSequentially("garbage");
  await screen.press("Control+c");
  await screen.pressSequentially("exit");
  await screen.press("Enter");
  await page.getByText("the shell has ended").waitFor();
  await close(page);
});

test("deleting asks first, with the command, and shows the outcome", async () => {
  await api("POST", pods, pod("victim"));
  const page = await open(local + "/ui/#/pods/default/victim");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("dialog").getByText("kubectl delete pod victim -n default").waitFor();
  await page.keyboard.press("Escape");
  assert.equal((await api("GET", `${pods}/victim`)).code, 200);
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete the pod" }).click();
  await page.getByText("There is no pod victim").waitFor();
  assert.equal((await api("GET", `${pods}/victim`)).code, 404);
  await close(page);
});

test("a controller is scaled, and a node cordoned", async () => {
  const page = await open(local + "/ui/");
  await view(page, "Workloads");
  await page.getByRole("link", { name: "web" }).click();
  await page.getByRole("button", { name: "Scale…" }).click();
  await page.getByRole("spinbutton").fill("2");
  await page.getByRole("button", { name: "Scale", exact: true }).click();
  await page.getByText("2 of 2").waitFor();
  await view(page, "Nodes");
  await page.getByRole("row").nth(1).getByRole("link").first().click();
  for (const action of ["Cordon", "Uncordon"]) {
    await page.getByRole("button", { name: `${action}…`, exact: true }).click();
    await page.getByRole("button", { name: `${action} the node` }).click();
    await page.getByRole("button", { name: action === "Cordon" ? "Uncordon…" : "Cordon…", exact: true }).waitFor();
  }
  await close(page);
});

test("a pasted pod is tried and not made", async () => {
  const page = await open(local + "/ui/");
  await view(page, "Queue");
  const field = page.getByRole("textbox", { name: /A pod as YAML/ });
  await field.fill("apiVersion: v1\nkind: Pod\nmetadata: {name: trial}\nspec:\n  containers:\n  - {name: c, image: none, resources: {requests: {cpu: 1000}}}\n");
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText(/fits on 0 of/).waitFor();
  await page.getByText(/lacks 99\d.* CPU/).first().waitFor();
  await field.fill("apiVersion: v1\nkind: Pod\nmetadata: {name: trial}\nspec:\n  contaners: []\n");
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText(/unknown field "spec.contaners"/).waitFor();
  assert.equal((await api("GET", `${pods}/trial`)).code, 404);
  await close(page);
});

test("names, labels and messages of strangers stay text", async () => {
  const page = await open(local + "/ui/#/pods/default/hostile");
  await page.getByText("<script>", { exact: false }).first().waitFor();
  await page.getByRole("link", { name: "YAML" }).click();
  await page.getByText("onerror=").first().waitFor();
  for (const address of ["pods/default/..%2F..%2F..%2Fapis", "pods/%00/%3Cimg%20src%3Dx%3E", "nodes/%E0%A4%A", "pods?q=%3Cimg src=x onerror=alert(1)%3E&ns=../../x"]) {
    await page.goto(`${local}/ui/#/${address}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  }
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
  assert.deepEqual([...asked], [local]);
  await page.context().close();
  assert.deepEqual(complaints.filter((c) => !c.includes("status of 40")), []);
});

test("the secure port asks for a token, and shows what its account may see", async () => {
  let page = await open(secure + "/ui/");
  await page.getByLabel("Token").fill("nonsense");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("does not accept this token").waitFor();
  await inject(page);
  await accessible(page, "signing in");
  await picture(page, "token");
  await page.getByLabel("Token").fill(stranger);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(/cannot list resource "pods"/).first().waitFor();
  assert.equal(await page.getByText("Nothing is wrong").count(), 0); // what is not known is not said
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  const other = await page.context().newPage();
  await other.goto(secure + "/ui/");
  await other.getByLabel("Token").waitFor(); // another tab does not know it
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  await close(page);

  page = await open(secure + "/ui/#/pods?ns=default");
  await page.getByLabel("Token").fill(viewer);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "talker" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete the pod" }).click();
  await page.getByText(/cannot delete resource "pods"/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Logs", exact: true }).click();
  await page.getByText(/line \d/).first().waitFor(); // over a socket with the token
  await page.getByRole("link", { name: "Shell", exact: true }).click();
  await page.getByText(/may not have the right/).waitFor();
  await close(page);
});

test("another site can link to the pages, and nothing else", async () => {
  const foreign = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end(`<a href="${local}/ui/">to the pages</a>`));
  await new Promise((up) => foreign.listen(0, "127.0.0.1", up));
  try {
    const page = await open(`http://localhost:${foreign.address().port}/`);
    const made = JSON.stringify(pod("forged"));
    const outcome = await page.evaluate(async ([url, body, api]) => {
      const results = [];
      for (const options of [{ method: "POST", body, mode: "no-cors" }, { method: "POST", body, headers: { "Content-Type": "application/json" } }, { method: "GET" }]) {
        results.push(await fetch(url, options).then((r) => r.type, () => "refused"));
      }
      results.push(await new Promise((done) => {
        const s = new WebSocket(`${api.replace("http", "ws")}/api/v1/pods?watch=1`);
        s.onopen = () => done("opened");
        s.onerror = () => done("refused");
      }));
      return results;
    }, [local + pods, made, local]);
    assert.deepEqual(outcome, ["opaque", "refused", "refused", "refused"]);
    assert.equal((await api("GET", `${pods}/forged`)).code, 404);
    await page.getByRole("link").click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.context().close();
  } finally {
    foreign.close();
  }
});

test("the keyboard is enough", async () => {
  const page = await open(local + "/ui/");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "To the content");
  for (let i = 0; i < 4 && (await focused()) !== "Pods"; i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pods" }).waitFor();
  await page.getByRole("button", { name: "State" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("columnheader", { name: "State" }).and(page.locator("[aria-sort=ascending]")).waitFor();
  await close(page);
});

test("what is shown as YAML means the same to the API server", async () => {
  const page = await open(local + "/ui/");
  const texts = ["", "yes", "No", "null", "~", "1e3", "0x1F", "017", "1:30", "2001-01-01", ".inf", "a: b", "a:", ":", "- x", "-", "# c", "a #b", " lead", "trail ", "two\nlines", "ends\n", "ends\n\n",
    "\nbegins", "  deep\n a", "\ttab", "a\tb", "a\rb", "'q\"", "\\", "\u00e9\u4e16\ud83d\ude00", "\u2028", "\u0000\u0007\u007f\u0085", "@x", "%x", "*a", "&b", "!t", "|", ">", "{}", "[x]", "=", "<<", "?", "? a", "a, b", "true, false"];
  const data = Object.fromEntries(texts.map((t, i) => [`k${i}`, t]));
  const text = await page.evaluate(async (object) => {
    const { yaml } = await import(document.querySelector("link[rel=stylesheet]").href.replace("style.css", "yaml.js"));
    return yaml(object);
  }, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "yaml", finalizers: [], labels: { on: "off", "8": "8" }, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "1", controller: true }] }, immutable: false, data });
  const answer = await fetch(`${local}/api/v1/namespaces/default/configmaps?dryRun=All&fieldValidation=Strict`, { method: "POST", body: text, headers: { "Content-Type": "application/yaml" } });
  const back = await answer.json();
  assert.equal(answer.status, 201, back.message);
  assert.deepEqual(back.data, data);
  assert.deepEqual(back.metadata.labels, { on: "off", 8: "8" });
  await close(page);
});
