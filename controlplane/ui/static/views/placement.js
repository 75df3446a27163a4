// Why a pod has no node yet: what it lacks, who is ahead, when it is tried next.
import { html } from "../html.js";
import { get, path } from "../api.js";
import { bytes, count, cpus, quantity } from "../format.js";
import { condition } from "../podstate.js";
import { usePolled } from "../polled.js";
import { Age, Command, Facts, NodeLink, PodLink, Rows, Section, quoted } from "../parts.js";

/** @param {{pod: any}} props */
export function Placement({ pod }) {
  const { name, namespace } = pod.metadata, at = path`/api/v1/namespaces/${namespace}/pods/${name}/placement`;
  const { value: p, error } = usePolled((stop) => get(at, stop), at);
  const c = condition(pod, "PodScheduled"), said = c?.status === "False" ? c.message : "Nothing has been said about it yet.";
  return html`<${Section} title="Why it is pending">
    <p class="why">${p?.message ?? said}</p>
    ${error && error.code !== 404 && html`<p class="dim">${error.message}</p>`}
    ${p && html`<div class="columns even">
      <${Facts} rows=${[
        ["State", p.state],
        ["Place in the queue", p.queue && html`${p.queue.position} of ${p.queue.length}${p.queue.ahead > 0 && html`; ahead: ${p.queue.firstAhead.map((/** @type {any} */ a) => html`<${PodLink} ns=${a.namespace} name=${a.name} /> `)}
          ${p.queue.ahead > p.queue.firstAhead.length && `and ${p.queue.ahead - p.queue.firstAhead.length} more`}`}`],
        ["Nearest", p.offers?.nearestMiss && html`<${NodeLink} name=${p.offers.nearestMiss.node} />, which lacks ${lacking(p.offers.nearestMiss.lacks)}`],
        ["Last attempt", p.lastAttempt && `number ${p.lastAttempt.number}${p.lastAttempt.failures ? `; ${count(p.lastAttempt.failures, "failure")} in a row: ${p.lastAttempt.trouble}` : ""}`],
        ["Next attempt", p.nextAttempt && html`when ${p.nextAttempt.when}${p.nextAttempt.at && `, at ${new Date(p.nextAttempt.at).toLocaleTimeString()}`}`],
        ["Task", p.task && html`<code>${p.task.id}</code> ${p.task.state} on <${NodeLink} name=${p.task.node} /> for <${Age} since=${p.task.since} />`],
      ]} />
      ${p.offers && html`<div><p>${p.offers.offering} of ${count(p.offers.nodes, "node")} ${p.offers.offering === 1 ? "has" : "have"} made an offer; the pod fits on ${p.offers.fits}.</p>
        <${Rows} label="Reasons" heads=${["Nodes", "Reason", "In detail"]} empty="No node refuses it." rows=${p.offers.reasons.map((/** @type {any} */ r) => [r.nodes, r.reason, r.detail])} /></div>`}
    </div><${Command}>${`kubectl get --raw ${quoted(at)}`}<//>`}
  <//>`;
}

/** @param {Record<string, string>} amounts */
const lacking = (amounts) => Object.entries(amounts).map(([k, v]) => (k === "cpu" ? `${cpus(quantity(v))} CPU` : `${bytes(quantity(v))} of ${k}`)).join(", ");
