// Controllers of pods.
import { html, useMemo } from "../html.js";
import { resource, useLive } from "../live.js";
import { counts, kinds, progress } from "../workloadstate.js";
import { count } from "../format.js";
import { Age, Command, Link, Loaded, State, Trouble, quoted } from "../parts.js";
import { Table } from "../table.js";
import { Filters, Search } from "./filters.js";

/** @typedef {import("../workloadstate.js").Workload} Workload */

/** @param {Workload} w */
const link = ({ kind, object: { metadata: { namespace, name } } }) => html`<${Link} to=${["workloads", kind.resource, namespace, name]}>${name}<//>`;

/** @type {import("../table.js").Column<Workload>[]} */
const columns = [
  { title: "Name", by: (w) => w.object.metadata.name, cell: link, kind: "name" },
  { title: "Kind", by: (w) => w.kind.kind },
  { title: "Namespace", by: (w) => w.object.metadata.namespace, kind: "wide" },
  { title: "Ready", by: (w) => counts(w)?.[0] ?? 0, cell: (w) => counts(w)?.join("/"), kind: "small" },
  { title: "State", by: (w) => progress(w)[0], cell: (w) => html`<${State} tone=${progress(w)[1]}>${progress(w)[0]}<//>`, kind: "broad" },
  { title: "Age", by: (w) => -Date.parse(w.object.metadata.creationTimestamp), cell: (w) => html`<${Age} since=${w.object.metadata.creationTimestamp} />`, kind: "small wide" },
];

/** All controllers that no other one owns. @param {string} ns @returns {[Workload[], import("../live.js").Collection[]]} */
export function useWorkloads(ns) {
  const all = useLive(...kinds.map((k) => resource(k.base, k.resource, ns)));
  const objects = all.map((c) => c.all);
  const found = useMemo(() => objects.flatMap((list, i) => list
    .filter((object) => !object.metadata.ownerReferences?.some((/** @type {any} */ o) => o.controller))
    .map((object) => ({ kind: kinds[i], object }))), objects);
  return [found, all];
}

/** @param {{query: Record<string, string>}} props */
export function Workloads({ query: { ns = "", q = "" } }) {
  const [all, collections] = useWorkloads(ns);
  const shown = useMemo(() => all.filter((w) => w.object.metadata.name.includes(q) || q.startsWith(w.object.metadata.name + "-")), [all, q]);
  return html`<div class="list">
    <div class="head"><h1>Workloads</h1><span class="dim" role="status">${count(shown.length, "controller")}</span></div>
    <${Filters}><${Search} label="Name" name="q" value=${q} /><${Search} label="Namespace" name="ns" value=${ns} late /><//>
    <${Trouble} of=${collections} />
    <${Loaded} of=${collections}><${Table} label="Workloads" columns=${columns} rows=${shown} id=${(/** @type {Workload} */ w) => w.object.metadata.uid} empty="There are no controllers." /><//>
    <${Command}>${`kubectl get deployments,statefulsets,daemonsets,replicasets,rc,jobs,cronjobs ${ns ? `-n ${quoted(ns)}` : "-A"}`}<//>
  </div>`;
}
