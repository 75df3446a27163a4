// Services, and whether they lead to anything.
import { html, useMemo } from "../html.js";
import { resource, useLive } from "../live.js";
import { endpoints, outside, ports, serviceState } from "../endpoints.js";
import { count } from "../format.js";
import { Age, Command, Facts, Link, Loaded, NodeLink, PodLink, Rows, Section, State, Trouble, labels, quoted } from "../parts.js";
import { Table } from "../table.js";
import { Events } from "./events.js";
import { Filters, Search } from "./filters.js";

/** @param {string} [ns] */
const useSlices = (ns) => useLive(resource("/api/v1", "services", ns), resource("/apis/discovery.k8s.io/v1", "endpointslices", ns));

/** @param {{query: Record<string, string>}} props */
export function Services({ query: { ns = "", q = "" } }) {
  const [services, slices] = useSlices(ns);
  const shown = useMemo(() => services.all.filter((s) => s.metadata.name.includes(q)), [services.all, q]);
  /** @type {import("../table.js").Column<any>[]} */
  const columns = [
    { title: "Name", by: (s) => s.metadata.name, cell: (s) => html`<${Link} to=${["services", s.metadata.namespace, s.metadata.name]}>${s.metadata.name}<//>`, kind: "name" },
    { title: "Namespace", by: (s) => s.metadata.namespace, kind: "wide" },
    { title: "Endpoints", by: (s) => serviceState(s, slices.all)[0], cell: (s) => html`<${State} tone=${serviceState(s, slices.all)[1]}>${serviceState(s, slices.all)[0]}<//>`, kind: "stated" },
    { title: "Type", by: (s) => s.spec.type, kind: "wide" },
    { title: "Address", by: (s) => s.spec.clusterIP ?? "" },
    { title: "Outside", by: outside, kind: "wide" },
    { title: "Ports", by: ports },
    { title: "Age", by: (s) => -Date.parse(s.metadata.creationTimestamp), cell: (s) => html`<${Age} since=${s.metadata.creationTimestamp} />`, kind: "small wide" },
  ];
  return html`<div class="list">
    <div class="head"><h1>Services</h1><span class="dim" role="status">${count(shown.length, "service")}</span></div>
    <${Filters}><${Search} label="Name" name="q" value=${q} /><${Search} label="Namespace" name="ns" value=${ns} late /><//>
    <${Trouble} of=${[services, slices]} />
    <${Loaded} of=${[services]}><${Table} label="Services" columns=${columns} rows=${shown} version=${slices.all} id=${(/** @type {any} */ s) => s.metadata.uid} empty="There are no services." /><//>
    <${Command}>${`kubectl get services ${ns ? `-n ${quoted(ns)}` : "-A"}`}<//>
  </div>`;
}

/** @param {{ns: string, name: string}} props */
export function Service({ ns, name }) {
  const [services, slices] = useSlices(ns);
  const service = services.find((s) => s.metadata.name === name);
  if (!service) return html`<h1>${name}</h1><${Trouble} of=${[services]} /><${Loaded} of=${[services]}>${!services.error && html`<p>There is no service ${name} in namespace ${ns}.</p>`}<//>`;
  const { metadata: m, spec } = service, [state, tone] = serviceState(service, slices.all);
  return html`<div class="head"><h1>${name}</h1><span class="dim">Service</span><${State} tone=${tone}>${state}<//></div>
    <${Trouble} of=${[services, slices]} />
    <div class="columns"><div>
      <${Section} title="Endpoints"><${Rows} label="Endpoints" heads=${["Address", "Ports", "State", "Pod", "Node"]}
        empty=${spec.selector ? "No pod matches its selector, or none has an address yet." : "It has no selector: somebody else has to say where it leads."}
        rows=${endpoints(service, slices.all).map((e) => [e.address, e.ports, html`<${State} tone=${e.ready ? "good" : "busy"}>${e.ready ? "ready" : "not ready"}<//>`, e.pod && html`<${PodLink} ns=${ns} name=${e.pod} />`, e.node && html`<${NodeLink} name=${e.node} />`])} /><//>
      <${Section} title="Events"><${Events} ns=${ns} selector=${`involvedObject.uid=${m.uid}`} /><//></div>
      <${Section} title="Facts"><${Facts} rows=${[
        ["Namespace", ns], ["Type", spec.type], ["Addresses", (spec.clusterIPs ?? []).join(", ")], ["Outside", outside(service)], ["Ports", ports(service)],
        ["Selector", spec.selector && html`<${Link} to=${["pods"]} query=${{ ns, labels: Object.entries(spec.selector).map(([k, v]) => `${k}=${v}`).join(",") }}>${Object.entries(spec.selector).map(([k, v]) => `${k}=${v}`).join(", ")}<//>`],
        ["Created", html`<${Age} since=${m.creationTimestamp} /> ago`], ["Labels", labels(m.labels)],
      ]} /><//></div>
    <${Command}>${`kubectl get endpointslices -n ${quoted(ns)} -l ${quoted("kubernetes.io/service-name=" + name)}`}<//>`;
}
