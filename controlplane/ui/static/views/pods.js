// All pods, by what one looks for.
import { html, useMemo } from "../html.js";
import { Refused } from "../api.js";
import { resource, useLive } from "../live.js";
import { podState, podTone, podProblem, readyCount, restarts } from "../podstate.js";
import { count, matches } from "../format.js";
import { Age, Command, Loaded, NodeLink, PodLink, State, Trouble, quoted } from "../parts.js";
import { Table } from "../table.js";
import { Choice, Filters, Search, tally } from "./filters.js";

/** @type {import("../table.js").Column<any>[]} */
const columns = [
  { title: "Name", by: (p) => p.metadata.name, cell: (p) => html`<${PodLink} ns=${p.metadata.namespace} name=${p.metadata.name} />`, kind: "name" },
  { title: "Namespace", by: (p) => p.metadata.namespace, kind: "wide" },
  { title: "State", by: podState, cell: (p) => html`<${State} tone=${podTone(p)}>${podState(p)}<//>`, kind: "stated" },
  { title: "Ready", by: (p) => readyCount(p)[0], cell: (p) => readyCount(p).join("/"), kind: "small" },
  { title: "Restarts", by: restarts, kind: "small wide" },
  { title: "Node", by: (p) => p.spec.nodeName ?? "", cell: (p) => html`<${NodeLink} name=${p.spec.nodeName} />`, kind: "wide" },
  { title: "Age", by: (p) => -Date.parse(p.metadata.creationTimestamp), cell: (p) => html`<${Age} since=${p.metadata.creationTimestamp} />`, kind: "small" },
  { title: "What is wrong", by: podProblem, cell: (p) => html`<span title=${podProblem(p)}>${podProblem(p)}</span>`, kind: "wide why" },
];

/** @param {{query: Record<string, string>}} props */
export function Pods({ query }) {
  const { ns = "", q = "", labels = "", state = "", node = "" } = query;
  const [pods] = useLive(resource("/api/v1", "pods", ns));
  const shown = useMemo(
    () => pods.all.filter((p) => (!q || p.metadata.name.includes(q)) && (!state || podState(p) === state) && (!node || p.spec.nodeName === node) && matches(p.metadata.labels, labels)),
    [pods.all, q, state, node, labels],
  );
  const states = useMemo(() => tally(pods.all.map(podState)), [pods.all]);
  const nodes = useMemo(() => tally(pods.all.map((p) => p.spec.nodeName).filter(Boolean)), [pods.all]);
  return html`<div class="list">
    <div class="head"><h1>Pods</h1><span class="dim" role="status">${shown.length === pods.all.length ? count(shown.length, "pod") : `${shown.length} of ${count(pods.all.length, "pod")}`}</span></div>
    <${Filters}>
      <${Search} label="Name" name="q" value=${q} />
      <${Search} label="Namespace" name="ns" value=${ns} late />
      <${Search} label="Labels" name="labels" value=${labels} hint="app=web,tier!=db" />
      <${Choice} label="State" name="state" value=${state} words=${states} />
      <${Choice} label="Node" name="node" value=${node} words=${nodes} />
    <//>
    <${Trouble} of=${[pods]} />
    ${pods.error instanceof Refused && pods.error.code === 403 && !ns && html`<p>Those who may look at one namespace type its name above.</p>`}
    <${Loaded} of=${[pods]}>
      <${Table} label="Pods" columns=${columns} rows=${shown} id=${(/** @type {any} */ p) => p.metadata.uid} empty=${pods.all.length ? "No pod is like that." : "There are no pods."} />
    <//>
    <${Command}>${"kubectl get pods -o wide" + (ns ? ` -n ${quoted(ns)}` : " -A") + (labels ? ` -l ${quoted(labels)}` : "") + (node ? ` --field-selector ${quoted("spec.nodeName=" + node)}` : "")}<//>
  </div>`;
}
