// The framework in Mesos: connection, agents, offers, tasks.
import { html, useEffect, useState } from "../html.js";
import { get, request } from "../api.js";
import { by, samples, total } from "../metrics.js";
import { age } from "../format.js";
import { Age, Command, Facts, NodeLink, Rows, Section, State } from "../parts.js";

const every = 3000;

/** @typedef {{facts?: any, figures?: import("../metrics.js").Sample[], errors: string[]}} Answer */

/** What framework_runner says, asked again and again: it is no object that could be watched. @returns {Answer} */
export function useMesos() {
  const [answer, setAnswer] = useState(/** @type {Answer} */ ({ errors: [] }));
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const ask = async () => {
      const metrics = request("GET", "/metrics", { accept: "text/plain", signal: stop.signal }).then((r) => r.text());
      const [facts, text] = await Promise.allSettled([get("/mesos", stop.signal), metrics]);
      if (stop.signal.aborted) return;
      setAnswer({
        facts: facts.status === "fulfilled" ? facts.value : undefined,
        figures: text.status === "fulfilled" ? samples(text.value, "kubernetes_mesos_") : undefined,
        errors: [facts, text].flatMap((r) => (r.status === "rejected" ? [r.reason.message] : [])),
      });
      timer = setTimeout(ask, every);
    };
    ask();
    return () => (stop.abort(), clearTimeout(timer));
  }, []);
  return answer;
}

export function Mesos() {
  const { facts, figures, errors } = useMesos();
  return html`<h1>Mesos</h1>
    ${errors.length > 0 && html`<div class="trouble" role="alert">${errors.map((e) => html`<p>${e}</p>`)}</div>`}
    ${!facts && !figures && !errors.length && html`<p class="dim" role="status">Loading…</p>`}
    <div class="columns even">
      ${facts && html`<${Section} title="Framework"><${Facts} rows=${[
        ["Connection", html`<${State} tone=${facts.connected ? "good" : "bad"}>${facts.connected ? "subscribed" : "not subscribed"} for <${Age} since=${facts.since} /><//>`],
        ["Master", facts.master && `${facts.master}${facts.masterVersion ? `, Mesos ${facts.masterVersion}` : ""}`],
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
      rows=${facts.agents.map((/** @type {any} */ a) => [html`<code>${a.id}</code>`, html`<${NodeLink} name=${a.node} />`, html`<${State} tone=${a.lost ? "bad" : "good"}>${a.lost ? "lost" : "known"}<//>`, a.executor ? "runs" : "none", a.offers, a.tasks])} /><//>`}
    ${figures && html`<${Section} title="Calls and updates"><div class="columns even">
      <${Rows} label="Calls" heads=${["Call to Mesos", "Taken"]} empty="No calls yet." rows=${by(figures, "calls_total", "type")} />
      <${Rows} label="Status updates" heads=${["Status update", "Received"]} empty="No updates yet." rows=${by(figures, "status_updates_total", "state")} /></div><//>`}
    <${Command}>kubectl get --raw /mesos && kubectl get --raw /metrics<//>`;
}
