// All nodes, and what is left on them.
import { html, useMemo } from "../html.js";
import { resource, useLive } from "../live.js";
import { agent, attributes, nodeState } from "../nodestate.js";
import { allocatable, kinds, nothing, takenByNode } from "../resources.js";
import { count } from "../format.js";
import { Age, Bar, Command, Loaded, NodeLink, State, Trouble } from "../parts.js";
import { Table } from "../table.js";

export function Nodes() {
  const [nodes, pods] = useLive(resource("/api/v1", "nodes"), resource("/api/v1", "pods"));
  const taken = useMemo(() => takenByNode(pods.all), [pods.all]);
  /** @type {import("../table.js").Column<any>[]} */
  const columns = [
    { title: "Name", by: (n) => n.metadata.name, cell: (n) => html`<${NodeLink} name=${n.metadata.name} />`, kind: "host" },
    { title: "State", by: (n) => nodeState(n)[0], cell: (n) => html`<${State} tone=${nodeState(n)[1]}>${nodeState(n)[0]}<//>`, kind: "stated" },
    ...kinds.map(([kind, title, show]) => {
      const amount = (/** @type {any} */ n) => (taken.get(n.metadata.name) ?? nothing)[kind];
      return {
        title, kind: "metered" + (kind === "cpu" ? "" : " wide"),
        by: (/** @type {any} */ n) => amount(n) / (allocatable(n)[kind] || 1),
        cell: (/** @type {any} */ n) => html`<${Bar} label=${`${title} requested on ${n.metadata.name}`} taken=${amount(n)} of=${allocatable(n)[kind]} show=${show} />`,
      };
    }),
    { title: "Attributes", by: (n) => attributes(n).join(" "), kind: "wide" },
    { title: "Agent", by: (n) => agent(n, "id") ?? "", cell: (n) => html`<code title=${agent(n, "id")}>${agent(n, "id")?.replace(/^.*-/, "…")}</code>`, kind: "small wide" },
    { title: "Age", by: (n) => -Date.parse(n.metadata.creationTimestamp), cell: (n) => html`<${Age} since=${n.metadata.creationTimestamp} />`, kind: "small wide" },
  ];
  return html`<div class="list">
    <div class="head"><h1>Nodes</h1><span class="dim">${count(nodes.all.length, "node")}; bars show what pods request of what nodes have</span></div>
    <${Trouble} of=${[nodes, pods]} />
    <${Loaded} of=${[nodes]}><${Table} label="Nodes" columns=${columns} rows=${nodes.all} version=${taken} id=${(/** @type {any} */ n) => n.metadata.uid}
      empty="There are no nodes: no Mesos agent has offered anything yet. See Mesos." /><//>
    <${Command}>kubectl get nodes -o wide<//>
  </div>`;
}
