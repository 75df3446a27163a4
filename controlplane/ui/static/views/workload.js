// One controller of pods: how far it is, its pods; scale and restart.
import { html, useMemo, useState } from "../html.js";
import { resource, useLive } from "../live.js";
import { counts, kinds, progress } from "../workloadstate.js";
import { patch, path, request } from "../api.js";
import { selects } from "../format.js";
import { Age, Command, Facts, Loaded, Rows, Section, State, Trouble, ask, labels, quoted } from "../parts.js";
import { Events } from "./events.js";
import { PodList } from "./podlist.js";

/** @typedef {import("../workloadstate.js").Kind} Kind */

/** @param {{kind: string, ns: string, name: string}} props */
export function Workload({ kind: of, ns, name }) {
  const kind = kinds.find((k) => k.resource === of) ?? kinds[0];
  const [found, pods] = useLive(resource(kind.base, kind.resource, ns, { fieldSelector: `metadata.name=${name}` }), resource("/api/v1", "pods", ns));
  const object = found.all[0];
  const own = useMemo(() => pods.all.filter((p) => object && belongs(p, kind, object)), [pods.all, object]);
  if (!object) return html`<h1>${name}</h1><${Trouble} of=${[found]} /><${Loaded} of=${[found]}>${!found.error && html`<p>There is no ${kind.kind} ${name} in namespace ${ns}.</p>`}<//>`;
  const { metadata: m, spec, status = {} } = object, [state, tone] = progress({ kind, object });
  const template = spec.template ?? spec.jobTemplate?.spec?.template;
  return html`
    <div class="head"><h1>${name}</h1><span class="dim">${kind.kind}</span><${State} tone=${tone}>${state}<//>
      <span class="actions">${kind.scales && html`<button type="button" onClick=${() => askScale(kind, object)}>Scale…</button>`}
      ${kind.restarts && html`<button type="button" onClick=${() => askRestart(kind, object)}>Restart…</button>`}</span></div>
    <${Trouble} of=${[found, pods]} />
    <div class="columns">
      <div>
        <${Section} title="Pods"><${Loaded} of=${[pods]}><${PodList} pods=${own} label="Pods of this controller" empty="It has no pods." /><//><//>
        <${Section} title="Conditions"><${Rows} label="Conditions" heads=${["Condition", "Is", "Since", "Message"]} empty="It reports none."
          rows=${(status.conditions ?? []).map((/** @type {any} */ c) => [c.type, c.status, html`<${Age} since=${c.lastTransitionTime} />`, c.message])} /><//>
        <${Section} title="Events"><${Events} ns=${ns} selector=${`involvedObject.uid=${m.uid}`} /><//>
      </div>
      <${Section} title="Facts"><${Facts} rows=${[
        ["Namespace", ns],
        ["Ready", counts({ kind, object })?.join(" of ")],
        ["Images", (template?.spec?.containers ?? []).map((/** @type {any} */ c) => c.image).join(", ")],
        ["Strategy", spec.strategy?.type ?? spec.updateStrategy?.type],
        ["Schedule", spec.schedule],
        ["Created", html`<${Age} since=${m.creationTimestamp} /> ago`],
        ["Revision", m.annotations?.["deployment.kubernetes.io/revision"]],
        ["Labels", labels(m.labels)],
      ]} /><//>
    </div>
    <${Command}>${`kubectl describe ${kind.short} ${quoted(name)} -n ${quoted(ns)}`}<//>`;
}

/** @param {any} pod @param {Kind} kind @param {any} object */
function belongs(pod, kind, object) {
  const owner = pod.metadata.ownerReferences?.find((/** @type {any} */ o) => o.controller);
  if (kind.kind === "Deployment") return owner?.kind === "ReplicaSet" && selects(object.spec.selector, pod.metadata.labels);
  if (kind.kind === "CronJob") return owner?.kind === "Job" && owner.name.startsWith(object.metadata.name + "-");
  return owner?.uid === object.metadata.uid;
}

/** @param {Kind} kind @param {any} object */
const at = ({ base, resource }, { metadata: { namespace, name } }) => base + path`/namespaces/${namespace}/` + resource + path`/${name}`;

/** @param {Kind} kind @param {any} object */
function askScale(kind, object) {
  const { name, namespace } = object.metadata;
  let wanted = String(object.spec.replicas ?? 1);
  ask({
    title: `Scale ${name}`,
    text: html`<${Number} first=${wanted} changed=${(/** @type {string} */ n) => (wanted = n)} />`,
    command: `kubectl scale ${kind.short} ${quoted(name)} -n ${quoted(namespace)} --replicas N`,
    label: "Scale",
    act: () => {
      if (!/^\d{1,6}$/.test(wanted)) throw new Error("That is not a number of pods.");
      return patch(at(kind, object) + "/scale", { spec: { replicas: +wanted } });
    },
  });
}

/** @param {{first: string, changed: (n: string) => void}} props */
function Number({ first, changed }) {
  const [n, set] = useState(first);
  const input = (/** @type {any} */ e) => (set(e.target.value), changed(e.target.value));
  return html`<label>Pods<input type="number" min="0" value=${n} onInput=${input} autofocus /></label><p class="dim">There are ${first} now.</p>`;
}

/** @param {Kind} kind @param {any} object */
function askRestart(kind, object) {
  const { name, namespace } = object.metadata;
  ask({
    title: `Restart ${name}`,
    text: "Its pods are replaced one after another, as its strategy says.",
    command: `kubectl rollout restart ${kind.short} ${quoted(name)} -n ${quoted(namespace)}`,
    label: "Restart",
    act: () => request("PATCH", at(kind, object), {
      type: "application/strategic-merge-patch+json",
      body: { spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() } } } } },
    }),
  });
}
