// The frame around the views, and who looks.
import { html, render, useEffect, useState } from "./html.js";
import { Refused, post, session } from "./api.js";
import { useRoute } from "./route.js";
import { Questions } from "./parts.js";
import { Health } from "./views/health.js";
import { Mesos } from "./views/mesos.js";
import { Node } from "./views/node.js";
import { Nodes } from "./views/nodes.js";
import { Overview } from "./views/overview.js";
import { Pod } from "./views/pod.js";
import { Pods } from "./views/pods.js";
import { Queue } from "./views/queue.js";
import { Service, Services } from "./views/services.js";
import { Volumes } from "./views/volumes.js";
import { Workload } from "./views/workload.js";
import { Workloads } from "./views/workloads.js";

const views = [["", "Overview"], ["pods", "Pods"], ["nodes", "Nodes"], ["queue", "Queue"], ["services", "Services"], ["workloads", "Workloads"], ["volumes", "Volumes"], ["mesos", "Mesos"], ["health", "Health"]];

/** @param {{at: import("./route.js").Route}} props */
function View({ at: { parts, query } }) {
  const [kind = "", a = "", b = "", c = ""] = parts, key = parts.join("/");
  switch (kind) {
    case "": return html`<${Overview} />`;
    case "pods": return b ? html`<${Pod} key=${key} ns=${a} name=${b} query=${query} />` : html`<${Pods} query=${query} />`;
    case "nodes": return a ? html`<${Node} key=${key} name=${a} />` : html`<${Nodes} />`;
    case "queue": return html`<${Queue} />`;
    case "services": return b ? html`<${Service} key=${key} ns=${a} name=${b} />` : html`<${Services} query=${query} />`;
    case "workloads": return c ? html`<${Workload} key=${key} kind=${a} ns=${b} name=${c} />` : html`<${Workloads} query=${query} />`;
    case "volumes": return html`<${Volumes} query=${query} />`;
    case "mesos": return html`<${Mesos} />`;
    case "health": return html`<${Health} />`;
  }
  return html`<h1>No such page</h1><p>The address leads nowhere.</p>`;
}

/** @typedef {{name: string, groups: string[]}} User */

/** Asks who looks. It fails if that is nobody. @returns {Promise<User>} */
async function whoami() {
  const review = await post("/apis/authentication.k8s.io/v1/selfsubjectreviews", { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1" });
  const { username, groups } = review.status.userInfo;
  return { name: username, groups: groups ?? [] };
}

function App() {
  const at = useRoute();
  const [user, setUser] = useState(/** @type {User | null} */ (null));
  const [failure, setFailure] = useState(/** @type {Error | null} */ (null));
  const look = () => whoami().then((u) => (setUser(u), setFailure(null)), setFailure);
  useEffect(() => void look(), []);
  useEffect(() => { // what is not a matter of who looks may be over soon
    if (!failure || failure instanceof Refused && failure.code === 401) return;
    const again = setTimeout(look, 2000);
    return () => clearTimeout(again);
  }, [failure]);
  useEffect(() => { // a token expires
    const out = () => (setUser(null), setFailure(new Refused(401, "")));
    addEventListener("unauthorized", out);
    return () => removeEventListener("unauthorized", out);
  }, []);
  useEffect(() => {
    const name = views.find(([id]) => id === (at.parts[0] ?? ""))?.[1];
    document.title = [at.parts[1] && at.parts.at(-1), name, "Kubernetes on Mesos"].filter(Boolean).join(" · ");
  }, [at]);
  if (!user) {
    if (!failure) return html`<main class="alone"><p role="status">Loading…</p></main>`;
    return html`<${SignIn} failure=${failure} again=${look} />`;
  }
  const leave = () => {
    session.signOut();
    location.reload();
  };
  return html`<a class="skip" href="#main" onClick=${(/** @type {Event} */ e) => (e.preventDefault(), document.getElementById("main")?.focus())}>To the content</a>
    <header><span class="brand">Kubernetes on Mesos</span>
      <nav aria-label="Views">${views.map(([id, title]) => html`<a key=${id} href=${"#/" + id} aria-current=${(at.parts[0] ?? "") === id ? "page" : undefined}>${title}</a>`)}</nav>
      <span class="who" title=${user.groups.join(", ")}>${user.name}${session.token && html` <button type="button" class="quiet" onClick=${leave}>Sign out</button>`}</span></header>
    <main id="main" tabindex="-1"><${View} at=${at} /></main>
    <${Questions} />`;
}

/** @param {{failure: Error, again: () => void}} props */
function SignIn({ failure, again }) {
  const unknown = failure instanceof Refused && failure.code === 401;
  const submit = (/** @type {any} */ e) => {
    e.preventDefault();
    session.signIn(new FormData(e.target).get("token")?.toString() ?? "");
    again();
  };
  if (!unknown) return html`<main class="alone"><h1>Kubernetes on Mesos</h1><p role="alert" class="trouble">${failure.message}</p><button type="button" onClick=${again}>Try again</button></main>`;
  return html`<main class="alone"><h1>Kubernetes on Mesos</h1>
    <form onSubmit=${submit}>
      <label>Token<input name="token" type="password" autocomplete="off" required autofocus /></label>
      ${session.token && html`<p role="alert" class="trouble">The server does not accept this token: it may have expired.</p>`}
      <button type="submit">Sign in</button>
      <p class="dim">What the page shows and does is what the token's account may see and do. The token stays in this tab and is forgotten with it. One is made by</p>
      <code class="block">kubectl create token ACCOUNT -n NAMESPACE</code>
    </form></main>`;
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
