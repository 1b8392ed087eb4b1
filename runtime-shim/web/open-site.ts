import type { Definition } from "../../lib/definition.ts";
import type { AnyHandler } from "../../lib/handler.ts";
import type { WebServerContext } from "../../lib/web/web-app.ts";
import { toWebSpec } from "../../lib/web/web-spec.ts";
import { EndpointSite } from "./endpoint-site.ts";
import type { OnFailed } from "./failed-requests.ts";
import { findFreePort } from "./free-port.ts";
import { openAppSite } from "./node-site.ts";
import { docsOf } from "./openapi.ts";
import { ProxySite } from "./proxy-site.ts";
import type { Route } from "./router.ts";
import { waitForPort } from "./wait-for-port.ts";
import type { Site } from "./web-server.ts";

export interface OpenSiteOptions {
  readonly definition: Definition;
  /** The handler of the function, or a method of the object that its container has entered. */
  readonly handler: (method: string | undefined) => AnyHandler;
  /** Its servers listen where they find room: others of this machine may have their port. */
  readonly sharesPorts: boolean;
  readonly onFailed: OnFailed;
}

/**
 * Makes what answers the requests of a container: resolves once it can.
 * @throws InvalidError where a factory gives no web app, and what user code throws
 */
export async function openSite(options: OpenSiteOptions): Promise<Site | undefined> {
  const { definition, handler, onFailed } = options;
  const { web, kind, name } = definition;
  if (web === undefined) return undefined;
  const subject = `${kind === "cls" ? "class" : "function"} "${name}"`;
  switch (web.kind) {
    case "app":
      return await openAppSite(handler(web.target) as never, { subject, onFailed }); // Checked by what it gives.
    case "asgi":
    case "wsgi":
      // Written in Python: their agents answer for them.
      return undefined;
    case "server":
      return await openServer(web.port, options);
    case "endpoints": {
      const routes = web.routes.map((route): Route => {
        const run = handler(route.target) as Route["run"]; // What it takes, the schemas say.
        return { ...route, run, takesInput: route.target !== undefined };
      });
      // Schemas are written out for docs alone.
      const spec = web.hasDocs ? toWebSpec(web) : null;
      const pages = spec?.kind === "endpoints" ? docsOf(spec, name) : new Map();
      return new EndpointSite(routes, pages, onFailed);
    }
  }
}

async function openServer(port: number, options: OpenSiteOptions): Promise<Site> {
  const start = options.handler(undefined) as (context: WebServerContext) => unknown; // As app.webServer types it.
  // One that does not ask where it may listen listens where it says.
  const isAsking = start.length > 0;
  const listens = options.sharesPorts && isAsking ? await findFreePort() : port;
  await start({ port: listens });
  await waitForPort(listens);
  return new ProxySite(listens, options.onFailed);
}
