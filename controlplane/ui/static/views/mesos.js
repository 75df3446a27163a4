// The framework in Mesos: connection, agents, offers, tasks.
import { html } from "../html.js";
import { get, request } from "../api.js";
import { by, samples, total } from "../metrics.js";
import { age } from "../format.js";
import { usePolled } from "../polled.js";
import { Age, Command, Facts, NodeLink, Rows, Section, State } from "../parts.js";

/** The facts and the figures, and what is wrong with either. @param {AbortSignal} stop */
async function load(stop) {
  const metrics = request("GET", "/metrics", { accept: "text/plain", signal: stop }).then((r) => r.text());
  const [facts, text] = await Promise.allSettled([get("/mesos", stop), metrics]);
  return {
    facts: facts.status === "fulfilled" ? facts.value : undefined,
    figures: text.status === "fulfilled" ? samples(text.value, "kubernetes_mesos_") : undefined,
    errors: [facts, text].flatMap((r) => (r.status === "rejected" ? [r.reason.message] : [])),
  };
}

export function Mesos() {
  const { facts, figures, errors = [] } = usePolled(load, "").value ?? {};
  return html`<h1>Mesos</h1>
    ${errors.length > 0 && html`<div class="trouble" role="alert">${errors.map((e) => html`<p>${e}</p>`)}</div>`}
    ${!facts && !figures && !errors.length && html`<p class="dim" role="status">Loading…</p>`}
    <div class="columns even">
      ${facts && html`<${Section} title="Framework"><${Facts} rows=${[
        ["Connection", html`<${State} tone=${facts.connected ? "good" : "bad"}>${facts.connected ? "subscribed" : "not subscribed"} for <${Age} since=${facts.since} /><//>`],
        ["Master", facts.master && html`<${Outside} to=${facts.masterURL}>${facts.master}<//>${facts.masterVersion && `, Mesos ${facts.masterVersion}`}`],
        ["Framework id", facts.framework && html`<code>${facts.framework}</code>`],
        ["Name", facts.name], ["Role", facts.role], ["User", facts.user], ["Principal", facts.principal], ["Leader's host", facts.hostname],
      ]} /><//>`}
      ${figures && html`<div>
        <${Section} title="Offers"><${Facts} rows=${[
          ["Held now", total(figures, "offers_held")],
          ["Asked for", total(figures, "offers_suppressed") ? "no: no pod waits" : "yes"],
          ...by(figures, "offers_total", "fate").map(([fate, n]) => [`${fate[0].toUpperCase()}${fate.slice(1)}`, n]),
          ["Last word of Mesos", `${age(Date.now() - 1000 * total(figures, "last_event_seconds"))} ago`],
        ]} /><//>
        <${Section} title="Tasks"><${Facts} rows=${[
          ...by(figures, "tasks", "state"),
          ["Pods that wait", total(figures, "pods_waiting")],
          ...by(figures, "launch_failures_total", "reason").map(([reason, n]) => [`Failed: ${reason}`, n]),
        ]} /><//></div>`}
    </div>
    ${facts && html`<${Section} title="Agents"><${Rows} label="Agents" heads=${["Agent", "Node", "State", "Executor", "Offers held", "Tasks"]} empty="Mesos has offered nothing yet. It may have no agents, none with resources for the role, or none of those that -machines names."
      rows=${facts.agents.map((/** @type {any} */ a) => [html`<${Outside} to=${`${facts.masterURL}/#/agents/${encodeURIComponent(a.id)}`}><code>${a.id}</code><//>`, html`<${NodeLink} name=${a.node} />`, html`<${State} tone=${a.lost ? "bad" : "good"}>${a.lost ? "lost" : "known"}<//>`, a.executor ? "runs" : "none", a.offers, a.tasks])} /><//>`}
    ${figures && html`<${Section} title="Calls and updates"><div class="columns even">
      <${Rows} label="Calls" heads=${["Call to Mesos", "Taken"]} empty="No calls yet." rows=${by(figures, "calls_total", "type")} />
      <${Rows} label="Status updates" heads=${["Status update", "Received"]} empty="No updates yet." rows=${by(figures, "status_updates_total", "state")} /></div><//>`}
    <${Command}>kubectl get --raw /mesos && kubectl get --raw /metrics<//>`;
}

/** A link to Mesos' own pages. @param {{to: string, children?: any}} props */
const Outside = ({ to, children }) => (/^https?:/.test(to) ? html`<a href=${to} target="_blank" rel="noreferrer">${children}</a>` : children);
