// One pod: what it does and why, its logs, a shell in it, its YAML.
import { html } from "../html.js";
import { resource, useLive } from "../live.js";
import { podProblem, podState, podTone, readyCount, restarts, waits } from "../podstate.js";
import { count } from "../format.js";
import { path, remove } from "../api.js";
import { Age, Command, Facts, Link, Loaded, NodeLink, Section, State, Trouble, ask, labels, quoted } from "../parts.js";
import { yaml } from "../yaml.js";
import { Containers } from "./containers.js";
import { Events } from "./events.js";
import { Logs } from "./logs.js";
import { Placement } from "./placement.js";
import { Shell } from "./shell.js";

const tabs = [["", "Overview"], ["logs", "Logs"], ["shell", "Shell"], ["yaml", "YAML"]];

/** @param {{ns: string, name: string, query: Record<string, string>}} props */
export function Pod({ ns, name, query }) {
  const [pods] = useLive(resource("/api/v1", "pods", ns, { fieldSelector: `metadata.name=${name}` }));
  const pod = pods.all[0];
  const tab = query.tab ?? "";
  if (!pod) {
    return html`<h1>${name}</h1><${Trouble} of=${[pods]} /><${Loaded} of=${[pods]}>${!pods.error &&
      html`<p>There is no pod ${name} in namespace ${ns}. It may have been deleted: its events may still be there.</p>
      <${Events} ns=${ns} selector=${`involvedObject.kind=Pod,involvedObject.name=${name}`} />`}<//>`;
  }
  return html`
    <div class="head"><h1>${name}</h1><${State} tone=${podTone(pod)}>${podState(pod)}<//>
      <span class="actions"><button type="button" class="danger" onClick=${() => askDelete(pod)}>Delete…</button></span></div>
    <p class="sentence">${sentence(pod)}</p>
    <${Trouble} of=${[pods]} />
    <nav class="tabs" aria-label="About this pod">${tabs.map(([id, title]) => html`<a key=${id} href=${tabURL(ns, name, id)} aria-current=${id === tab ? "page" : undefined}>${title}</a>`)}</nav>
    ${tab === "logs" ? html`<${Logs} key=${pod.metadata.uid} pod=${pod} container=${query.container} />`
      : tab === "shell" ? html`<${Shell} key=${pod.metadata.uid} pod=${pod} container=${query.container} />`
      : tab === "yaml" ? html`<pre class="text" tabindex="0">${yaml({ apiVersion: "v1", kind: "Pod", ...pod })}</pre><${Command}>${`kubectl get pod ${quoted(name)} -n ${quoted(ns)} -o yaml`}<//>`
      : html`<${About} pod=${pod} />`}`;
}

/** @param {string} ns @param {string} name @param {string} tab */
const tabURL = (ns, name, tab) => `#/pods/${encodeURIComponent(ns)}/${encodeURIComponent(name)}${tab ? `?tab=${tab}` : ""}`;

/** What the pod does, in a line. @param {any} pod */
function sentence(pod) {
  const { status = {}, spec, metadata } = pod, problem = podProblem(pod);
  const because = problem ? html`: ${problem}` : ".";
  if (metadata.deletionTimestamp) return html`It is being deleted, on ${where(spec)}.`;
  if (waits(pod)) return html`It has waited for a node for <${Age} since=${metadata.creationTimestamp} />${because}`;
  if (status.phase === "Succeeded") return html`All its containers have ended well, on ${where(spec)}.`;
  if (status.phase === "Failed") return html`It has failed, on ${where(spec)}${because}`;
  const [ready, all] = readyCount(pod);
  return html`On ${where(spec)} for <${Age} since=${status.startTime ?? metadata.creationTimestamp} />; ${ready} of ${count(all, "container")} ready, ${count(restarts(pod), "restart")}${because}`;
}

/** @param {any} spec */
const where = (spec) => (spec.nodeName ? html`<${NodeLink} name=${spec.nodeName} />` : "no node");

/** @param {{pod: any}} props */
function About({ pod }) {
  const { metadata: m, spec, status = {} } = pod, owner = (m.ownerReferences ?? []).find((/** @type {any} */ o) => o.controller);
  return html`
    ${waits(pod) && html`<${Placement} pod=${pod} />`}
    <div class="columns">
      <div>
        <${Section} title="Containers"><${Containers} pod=${pod} /><//>
        <${Section} title="Events"><${Events} ns=${m.namespace} selector=${`involvedObject.uid=${m.uid}`} /><//>
      </div>
      <${Section} title="Facts"><${Facts} rows=${[
        ["Namespace", html`<${Link} to=${["pods"]} query=${{ ns: m.namespace }}>${m.namespace}<//>`],
        ["Node", spec.nodeName && html`<${NodeLink} name=${spec.nodeName} />`],
        ["Address", (status.podIPs ?? []).map((/** @type {any} */ a) => a.ip).join(", ")],
        ["Created", html`<${Age} since=${m.creationTimestamp} /> ago`],
        ["Belongs to", owner && html`<${Link} to=${["workloads"]} query=${{ q: owner.name }}>${owner.kind} ${owner.name}<//>`],
        ["Service account", spec.serviceAccountName],
        ["Priority", spec.priority],
        ["Restart policy", spec.restartPolicy],
        ["Quality of service", status.qosClass],
        ["Volumes", (spec.volumes ?? []).map((/** @type {any} */ v) => v.name).join(", ")],
        ["Labels", labels(m.labels)],
      ]} /><//>
    </div>
    <${Command}>${`kubectl describe pod ${quoted(m.name)} -n ${quoted(m.namespace)}`}<//>`;
}

/** @param {any} pod */
function askDelete(pod) {
  const { name, namespace, uid, ownerReferences = [] } = pod.metadata;
  ask({
    title: `Delete pod ${name}`,
    text: ownerReferences.length ? `Its containers are stopped. ${ownerReferences[0].kind} ${ownerReferences[0].name} makes another one in its place.` : "Its containers are stopped. Nothing makes another one in its place.",
    command: `kubectl delete pod ${quoted(name)} -n ${quoted(namespace)}`,
    label: "Delete the pod",
    act: () => remove(path`/api/v1/namespaces/${namespace}/pods/${name}`, { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid } }),
  });
}
