// Where services lead.

/** Addresses behind a service. @param {any} service @param {any[]} slices @returns {{address: string, ready: boolean, node?: string, pod?: string, ports: string}[]} */
export function endpoints(service, slices) {
  const { name, namespace } = service.metadata;
  return slices
    .filter((s) => s.metadata.namespace === namespace && s.metadata.labels?.["kubernetes.io/service-name"] === name)
    .flatMap((s) => (s.endpoints ?? []).map((/** @type {any} */ e) => ({
      address: e.addresses?.[0] ?? "", ready: e.conditions?.ready !== false, node: e.nodeName,
      pod: e.targetRef?.kind === "Pod" ? e.targetRef.name : undefined,
      ports: (s.ports ?? []).map((/** @type {any} */ p) => p.port).join(", "),
    })));
}

/** Whether it works. @param {any} service @param {any[]} slices @returns {[string, import("./podstate.js").Tone]} */
export function serviceState(service, slices) {
  if (service.spec.type === "ExternalName") return [`leads to ${service.spec.externalName}`, "idle"];
  const all = endpoints(service, slices), ready = all.filter((e) => e.ready).length;
  if (service.spec.type === "LoadBalancer" && !service.status?.loadBalancer?.ingress?.length) return ["has no address outside", "bad"];
  if (ready > 0) return [`${ready} of ${all.length} ready`, ready === all.length ? "good" : "busy"];
  return [all.length ? `none of ${all.length} ready` : "leads nowhere", service.spec.selector || all.length ? "bad" : "idle"];
}

/** @param {any} service */
export const ports = (service) => (service.spec.ports ?? []).map((/** @type {any} */ p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ""}/${p.protocol ?? "TCP"}`).join(", ");

/** Addresses from outside of the cluster. @param {any} service */
export const outside = (service) => [...(service.status?.loadBalancer?.ingress ?? []).map((/** @type {any} */ i) => i.ip ?? i.hostname), ...(service.spec.externalIPs ?? [])].join(", ");
