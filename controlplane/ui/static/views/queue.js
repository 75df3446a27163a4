// Pods that wait for a node, and whether one that is pasted would have to.
import { html, useMemo, useState } from "../html.js";
import { resource, useLive } from "../live.js";
import { condition, waits } from "../podstate.js";
import { allocatable, requests, takenByNode } from "../resources.js";
import { bytes, count, cpus } from "../format.js";
import { get, path, request } from "../api.js";
import { usePolled } from "../polled.js";
import { Age, Command, Link, Loaded, PodLink, Section, Trouble } from "../parts.js";
import { Table } from "../table.js";

/** @type {import("../table.js").Column<any>[]} */
const columns = [
  { title: "Place", by: (w) => w.place, kind: "small" },
  { title: "Pod", by: (w) => w.pod.metadata.name, cell: (w) => html`<${PodLink} ns=${w.pod.metadata.namespace} name=${w.pod.metadata.name} />`, kind: "name" },
  { title: "Namespace", by: (w) => w.pod.metadata.namespace, kind: "wide" },
  { title: "Priority", by: (w) => w.pod.spec.priority ?? 0, kind: "small wide" },
  { title: "Waits", by: (w) => -Date.parse(w.pod.metadata.creationTimestamp), cell: (w) => html`<${Age} since=${w.pod.metadata.creationTimestamp} />`, kind: "small" },
  { title: "CPU", by: (w) => requests(w.pod).cpu, cell: (w) => cpus(requests(w.pod).cpu), kind: "small wide" },
  { title: "Memory", by: (w) => requests(w.pod).memory, cell: (w) => bytes(requests(w.pod).memory), kind: "small wide" },
  { title: "Reason", by: (w) => w.reason, cell: (w) => html`<span title=${w.reason}>${w.reason}</span>`, kind: "broad" },
];

export function Queue() {
  const [pods, nodes] = useLive(resource("/api/v1", "pods"), resource("/api/v1", "nodes"));
  const { value: queue, error } = usePolled((stop) => get("/placement/queue", stop), "");
  const rows = useMemo(() => inOrder(pods.all.filter((p) => waits(p) && !p.spec.schedulingGates?.length), queue?.items), [pods.all, queue]);
  const gated = useMemo(() => pods.all.filter((p) => waits(p) && p.spec.schedulingGates?.length).length, [pods.all]);
  return html`<div class="head"><h1>Queue</h1><span class="dim" role="status">${rows.length ? `${count(rows.length, "pod waits", "pods wait")} for a node` : "No pod waits for a node."}</span></div>
    <${Trouble} of=${[pods, nodes]} />
    <${Loaded} of=${[pods]}>${rows.length > 0 && html`<div class="half"><${Table} label="Queue" columns=${columns} rows=${rows} id=${(/** @type {any} */ w) => w.pod.metadata.uid} empty="No pod waits." /></div>`}<//>
    ${gated > 0 && html`<p class="dim"><${Link} to=${["pods"]} query=${{ state: "SchedulingGated" }}>${count(gated, "other")}<//> must not be placed yet: they have scheduling gates.</p>`}
    ${error && error.code !== 404 && html`<p class="dim">Their order is not known, and shown by priority and age: ${error.message}</p>`}
    <${DryRun} nodes=${nodes.all} pods=${pods.all} />
    <${Command}>kubectl get --raw /placement/queue<//>`;
}

/**
 * The pods with their places: as the framework has them, and those that it leaves alone last.
 * @param {any[]} pods @param {any[]} [queue]
 */
function inOrder(pods, queue = []) {
  const known = new Map(queue.map((w) => [w.uid, w]));
  const place = (/** @type {any} */ p) => known.get(p.metadata.uid)?.position ?? Infinity;
  const created = (/** @type {any} */ p) => Date.parse(p.metadata.creationTimestamp);
  const sorted = [...pods].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)) || (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || created(a) - created(b));
  return sorted.map((pod, i) => {
    const waiting = known.get(pod.metadata.uid);
    const next = waiting?.nextAttempt ? ` It is tried again at ${new Date(waiting.nextAttempt).toLocaleTimeString()}.` : "";
    return { pod, place: i + 1, reason: (waiting?.message || (condition(pod, "PodScheduled")?.message ?? "nothing has been said about it yet")) + next };
  });
}

/** @param {{nodes: any[], pods: any[]}} props */
function DryRun({ nodes, pods }) {
  const [answer, setAnswer] = useState(/** @type {{pod?: any, warnings?: string[], error?: string}} */ ({}));
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {any} */ e) => {
    e.preventDefault();
    const fields = new FormData(e.target), text = String(fields.get("pod")), ns = String(fields.get("ns")) || "default";
    setBusy(true);
    try {
      const type = text.trimStart().startsWith("{") ? "application/json" : "application/yaml";
      const done = await request("POST", path`/api/v1/namespaces/${ns}/pods` + "?dryRun=All&fieldValidation=Strict", { text, type });
      setAnswer({ pod: await done.json(), warnings: warnings(done.headers.get("Warning")) });
    } catch (e) {
      setAnswer({ error: /** @type {Error} */ (e).message });
    } finally {
      setBusy(false);
    }
  };
  const free = useMemo(() => answer.pod && rooms(answer.pod, nodes, pods), [answer, nodes, pods]);
  return html`<${Section} title="Would this pod fit?">
    <form onSubmit=${submit}>
      <label class="over">A pod as YAML or JSON. Nothing is created.<textarea name="pod" rows="8" required spellcheck=${false} placeholder=${"apiVersion: v1\nkind: Pod\nmetadata: {name: try}\nspec:\n  containers:\n  - {name: main, image: nginx, resources: {requests: {cpu: 500m, memory: 1Gi}}}"}></textarea></label>
      <div class="filters"><label>Namespace<input name="ns" value="default" /></label><button type="submit" disabled=${busy}>Try</button></div>
    </form>
    <div role="status">
      ${answer.error && html`<p class="trouble">${answer.error}</p>`}
      ${answer.warnings?.map((w) => html`<p class="trouble">${w}</p>`)}
      ${free && html`<p>The API server accepts it. By amounts, node selector and cordons it fits on ${free.filter((/** @type {Room} */ r) => !r.lacks).length} of ${count(free.length, "node")} now.</p>
        <ul class="plain">${free.slice(0, 50).map((/** @type {Room} */ r) => html`<li key=${r.name}><${Link} to=${["nodes", r.name]}>${r.name}<//> ${r.lacks ? `lacks ${r.lacks}` : "has room"}</li>`)}</ul>`}
    </div><//>`;
}

/** The texts of a Warning header. @param {string | null} header */
const warnings = (header) => [...(header ?? "").matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map((m) => m[1].replace(/\\(.)/g, "$1"));

/** @typedef {{name: string, lacks: string}} Room */

/** What each node lacks for a pod, or "". @param {any} pod @param {any[]} nodes @param {any[]} pods @returns {Room[]} */
function rooms(pod, nodes, pods) {
  const wants = requests(pod), taken = takenByNode(pods);
  return nodes.map((node) => {
    const name = node.metadata.name, has = allocatable(node), used = taken.get(name) ?? { cpu: 0, memory: 0, pods: 0 };
    const lacks = [];
    if (node.spec.unschedulable) lacks.push("permission: it is cordoned");
    for (const [k, v] of Object.entries(pod.spec.nodeSelector ?? {})) if (node.metadata.labels?.[k] !== v) lacks.push(`the label ${k}=${v}`);
    if (used.cpu + wants.cpu > has.cpu + 1e-9) lacks.push(`${cpus(used.cpu + wants.cpu - has.cpu)} CPU`);
    if (used.memory + wants.memory > has.memory) lacks.push(`${bytes(used.memory + wants.memory - has.memory)} of memory`);
    if (used.pods + 1 > has.pods) lacks.push("a place for one more pod");
    return { name, lacks: lacks.join(", ") };
  });
}
