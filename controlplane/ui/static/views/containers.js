// The containers of a pod.
import { html } from "../html.js";
import { Age, Facts, Link, State } from "../parts.js";
import { clock } from "../format.js";

/** @param {{pod: any}} props */
export function Containers({ pod }) {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const containers = [...(pod.spec.initContainers ?? []).map((/** @type {any} */ c) => ({ ...c, init: true })), ...pod.spec.containers];
  return html`<ul class="cards">${containers.map((c) => html`<${Container} key=${c.name} pod=${pod} container=${c} status=${statuses.find((s) => s.name === c.name) ?? {}} />`)}</ul>`;
}

/** @param {{pod: any, container: any, status: any}} props */
function Container({ pod, container: c, status }) {
  const at = ["pods", pod.metadata.namespace, pod.metadata.name], last = status.lastState?.terminated;
  return html`<li>
    <div class="head"><h3>${c.name}</h3>${c.init && html`<span class="dim">init</span>`}<${Now} status=${status} />
      <span class="actions"><${Link} to=${at} query=${{ tab: "logs", container: c.name }}>logs<//>
      ${status.state?.running && html`<${Link} to=${at} query=${{ tab: "shell", container: c.name }}>shell<//>`}</span></div>
    <${Facts} rows=${[
      ["Image", html`<code>${c.image}</code>`],
      ["Message", status.state?.waiting?.message ?? status.state?.terminated?.message],
      ["Requests", amounts(c.resources?.requests)],
      ["Limits", amounts(c.resources?.limits)],
      ["Ports", (c.ports ?? []).map((/** @type {any} */ p) => `${p.containerPort}/${p.protocol ?? "TCP"}${p.hostPort ? ` on the host's ${p.hostPort}` : ""}`).join(", ")],
      ["Restarts", status.restartCount || undefined],
      ["Ended last", last && `${last.reason ?? "Error"}, exit code ${last.exitCode}, ${clock(last.finishedAt)}`],
    ]} /></li>`;
}

/** @param {{status: any}} props */
function Now({ status }) {
  const { waiting, running, terminated } = status.state ?? {};
  if (running) return html`<${State} tone=${status.ready ? "good" : "busy"}>running for <${Age} since=${running.startedAt} />${status.ready ? "" : ", not ready"}<//>`;
  if (terminated) return html`<${State} tone=${terminated.exitCode === 0 ? "idle" : "bad"}>${terminated.reason ?? "ended"}, exit code ${terminated.exitCode}<//>`;
  return html`<${State} tone=${/BackOff|Err|Invalid/.test(waiting?.reason ?? "") ? "bad" : "busy"}>${waiting?.reason ?? "not started"}<//>`;
}

/** @param {Record<string, string> | undefined} of */
const amounts = (of) => Object.entries(of ?? {}).map(([k, v]) => `${k} ${v}`).join(", ");
