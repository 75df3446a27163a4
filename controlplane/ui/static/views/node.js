// One node: its agent, what is left, its pods; cordon and drain.
import { html, useMemo } from "../html.js";
import { resource, useLive } from "../live.js";
import { agent, attributes, nodeState } from "../nodestate.js";
import { allocatable, kinds, nothing, takenByNode } from "../resources.js";
import { patch, path } from "../api.js";
import { count } from "../format.js";
import { Age, Bar, Command, Facts, Link, Loaded, Section, State, Trouble, ask, labels, quoted } from "../parts.js";
import { drain, toEvict } from "../drain.js";
import { Events } from "./events.js";
import { PodList } from "./podlist.js";

/** @param {{name: string}} props */
export function Node({ name }) {
  const [nodes, pods] = useLive(resource("/api/v1", "nodes"), resource("/api/v1", "pods"));
  const here = useMemo(() => pods.all.filter((p) => p.spec.nodeName === name), [pods.all, name]);
  const node = nodes.find((n) => n.metadata.name === name);
  if (!node) {
    return html`<h1>${name}</h1><${Trouble} of=${[nodes]} /><${Loaded} of=${[nodes]}>${!nodes.error && html`<p>There is no node ${name}. Its agent may have left the cluster.</p>
      <${Section} title="Events"><${Events} selector=${`involvedObject.kind=Node,involvedObject.name=${name}`} /><//>`}<//>`;
  }
  const [state, tone] = nodeState(node), taken = takenByNode(here).get(name) ?? nothing, cordoned = node.spec.unschedulable;
  return html`
    <div class="head"><h1>${name}</h1><${State} tone=${tone}>${state}<//>
      <span class="actions"><button type="button" onClick=${() => askCordon(name, !cordoned)}>${cordoned ? "Uncordon…" : "Cordon…"}</button>
      <button type="button" class="danger" onClick=${() => askDrain(name, here)}>Drain…</button></span></div>
    <${Trouble} of=${[nodes, pods]} />
    <div class="columns">
      <div>
        <${Section} title="Requested by pods"><div class="meters">${kinds.map(([kind, title, show]) => html`<div key=${kind}><span>${title}</span>
          <${Bar} label=${title} taken=${taken[kind]} of=${allocatable(node)[kind]} show=${show} /></div>`)}</div><//>
        <${Section} title="Pods" aside=${html`<${Link} to=${["pods"]} query=${{ node: name }}>as a list<//>`}><${PodList} pods=${here} label="Pods of this node" node=${false} empty="No pod is on this node." /><//>
        <${Section} title="Events"><${Events} selector=${`involvedObject.kind=Node,involvedObject.name=${name}`} /><//>
      </div>
      <div>
        <${Section} title="Conditions"><${Facts} rows=${(node.status?.conditions ?? []).map((/** @type {any} */ c) => [c.type, html`<span title=${c.message}>${c.status === "True" ? "yes" : c.status === "False" ? "no" : "unknown"} for <${Age} since=${c.lastTransitionTime} />${(c.type === "Ready") !== (c.status === "True") && html`: ${c.message}`}</span>`])} /><//>
        <${Section} title="Facts"><${Facts} rows=${[
          ["Mesos agent", html`<code>${agent(node, "id")}</code>`],
          ["Agent's address", agent(node, "address")],
          ["Agent's host", agent(node, "hostname")],
          ["Ports offered", agent(node, "ports")],
          ["Attributes", attributes(node).join(", ")],
          ["Addresses", (node.status?.addresses ?? []).map((/** @type {any} */ a) => a.address).join(", ")],
          ["Pod addresses", (node.spec.podCIDRs ?? []).join(", ")],
          ["Taints", (node.spec.taints ?? []).map((/** @type {any} */ t) => `${t.key}${t.value ? `=${t.value}` : ""}:${t.effect}`).join(", ")],
          ["Kubelet", node.status?.nodeInfo?.kubeletVersion],
          ["Runtime", node.status?.nodeInfo?.containerRuntimeVersion],
          ["Created", html`<${Age} since=${node.metadata.creationTimestamp} /> ago`],
          ["Labels", labels(node.metadata.labels)],
        ]} /><//>
      </div>
    </div>
    <${Command}>${`kubectl describe node ${quoted(name)}`}<//>`;
}

/** @param {string} name @param {boolean} on */
const askCordon = (name, on) => ask({
  title: `${on ? "Cordon" : "Uncordon"} ${name}`,
  text: on ? "No more pods are placed on it. Those that run there stay." : "Pods may be placed on it again.",
  command: `kubectl ${on ? "cordon" : "uncordon"} ${quoted(name)}`,
  label: on ? "Cordon the node" : "Uncordon the node",
  act: () => patch(path`/api/v1/nodes/${name}`, { spec: { unschedulable: on || null } }),
});

/** @param {string} name @param {any[]} here */
function askDrain(name, here) {
  const evicted = toEvict(here), alone = evicted.filter((p) => !p.metadata.ownerReferences?.some((/** @type {any} */ o) => o.controller));
  ask({
    title: `Drain ${name}`,
    text: html`<p>The node is cordoned, and ${count(evicted.length, "pod")} ${evicted.length === 1 ? "is" : "are"} evicted, as far as their disruption budgets permit. Pods of daemon sets stay. Data in emptyDir volumes is lost.</p>
      ${alone.length > 0 && html`<p><strong>Nothing makes ${count(alone.length, "of them", "of them")} again</strong>: ${alone.slice(0, 10).map((p) => p.metadata.name).join(", ")}${alone.length > 10 && ", …"}</p>`}`,
    command: `kubectl drain ${quoted(name)} --ignore-daemonsets --delete-emptydir-data${alone.length ? " --force" : ""}`,
    label: "Drain the node",
    act: (say, stop) => drain(name, say, stop),
  });
}
