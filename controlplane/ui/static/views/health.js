// Whether the control plane works, and what objects and events say is wrong.
import { html, useMemo } from "../html.js";
import { resource, useLive } from "../live.js";
import { usePolled } from "../polled.js";
import { problems } from "../problems.js";
import { progress } from "../workloadstate.js";
import { serviceState } from "../endpoints.js";
import { get } from "../api.js";
import { Age, Command, Link, Loaded, Rows, Section, State, Trouble } from "../parts.js";
import { seen } from "./events.js";
import { ProblemList } from "./problemlist.js";
import { useWorkloads } from "./workloads.js";

export function Health() {
  const [nodes, pods, claims, services, slices, events] = useLive(resource("/api/v1", "nodes"), resource("/api/v1", "pods"), resource("/api/v1", "persistentvolumeclaims"),
    resource("/api/v1", "services"), resource("/apis/discovery.k8s.io/v1", "endpointslices"), resource("/api/v1", "events", "", { fieldSelector: "type=Warning" }));
  const [workloads, collections] = useWorkloads("");
  const wrong = useMemo(() => [...problems({ nodes: nodes.all, pods: pods.all, claims: claims.all }), ...ofWorkloads(workloads), ...ofServices(services.all, slices.all)],
    [nodes.all, pods.all, claims.all, services.all, slices.all, workloads]);
  const recent = useMemo(() => [...events.all].sort((a, b) => Date.parse(seen(b)) - Date.parse(seen(a))).slice(0, 100), [events.all]);
  return html`<h1>Health</h1><${Trouble} of=${[nodes, pods, claims, services, events, ...collections]} />
    <${Section} title="Control plane"><${Components} /><//>
    <${Loaded} of=${[nodes, pods]}><${Section} title="Problems"><${ProblemList} problems=${wrong} /><//><//>
    <${Section} title="Warnings of the last hour"><${Loaded} of=${[events]}><${Rows} label="Warnings" heads=${["Last", "Times", "About", "Reason", "Message"]} empty="There are none."
      rows=${recent.map((e) => [html`<${Age} since=${seen(e)} />`, e.series?.count ?? e.count ?? 1, about(e.involvedObject), e.reason, html`<span class="message">${e.message}</span>`])} /><//><//>
    <${Command}>kubectl get events -A --field-selector type=Warning<//>`;
}

/** The parts of framework_runner: they are asked, for they are no objects. */
function Components() {
  const { value, error } = usePolled((stop) => get("/api/v1/componentstatuses", stop), "");
  if (error) return html`<p class="trouble" role="alert">${error.message}</p>`;
  if (!value) return html`<p class="dim" role="status">Asking…</p>`;
  return html`<ul class="plain">${value.items.map((/** @type {any} */ c) => {
    const healthy = c.conditions?.find((/** @type {any} */ k) => k.type === "Healthy");
    return html`<li key=${c.metadata.name}><${State} tone=${healthy?.status === "True" ? "good" : "bad"}>${c.metadata.name}<//> ${healthy?.status === "True" ? "" : healthy?.error ?? healthy?.message}</li>`;
  })}</ul>`;
}

/** @param {any} o */
function about({ kind, name, namespace }) {
  if (kind === "Pod") return html`<${Link} to=${["pods", namespace, name]}>Pod ${name}<//>`;
  return kind === "Node" ? html`<${Link} to=${["nodes", name]}>Node ${name}<//>` : `${kind} ${name}`;
}

/** @param {import("../workloadstate.js").Workload[]} workloads @returns {import("../problems.js").Problem[]} */
const ofWorkloads = (workloads) => workloads.filter((w) => progress(w)[1] === "bad").map((w) => ({
  what: `${w.kind.kind} ${w.object.metadata.name}`, at: ["workloads", w.kind.resource, w.object.metadata.namespace, w.object.metadata.name], text: progress(w)[0], since: w.object.metadata.creationTimestamp,
}));

/** @param {any[]} services @param {any[]} slices @returns {import("../problems.js").Problem[]} */
const ofServices = (services, slices) => services.filter((s) => serviceState(s, slices)[1] === "bad").map((s) => ({
  what: `Service ${s.metadata.name}`, at: ["services", s.metadata.namespace, s.metadata.name], text: serviceState(s, slices)[0], since: s.metadata.creationTimestamp,
}));
